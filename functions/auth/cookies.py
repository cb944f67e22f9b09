"""The refresh token of our own pages, and the token of a trusted device: in cookies that no script reads, instead of in the answer.

A page asks for it with ``"session": "cookie"``. Only a page of the same origin gets it: a request without the header ``X-MyCrypto-Web: 1``, which
no form can send, or from another site, is refused.
"""

from __future__ import annotations

from typing import Final

import msgspec

from functions.auth import trusted_devices
from functions.auth.models import LoginRequest, PageSession, RefreshRequest, SecondFactorNeeded, TokenPair
from mycrypto.errors import ProblemError, invalid
from mycrypto.http.request import Reply, Request
from mycrypto.security.tokens import REFRESH_LIFE_S, invalid_token

NAME: Final = "__Secure-mc_refresh"
DEVICE_NAME: Final = "__Secure-mc_device"
PAGE_HEADER: Final = "X-MyCrypto-Web"
_ATTRIBUTES: Final = "HttpOnly; Secure; SameSite=Strict; Path=/api/auth"
CLEARED: Final = {"Set-Cookie": f"{NAME}=; {_ATTRIBUTES}; Max-Age=0"}
IN_COOKIE: Final = "cookie"


def is_page(request: Request) -> bool:
    """Whether a page of this origin asks."""
    return request.header(PAGE_HEADER) == "1" and (request.header("sec-fetch-site") or "same-origin") == "same-origin"


def require_page(request: Request, keeping: str) -> None:
    """Raises FORBIDDEN where a cookie is asked for by anybody but a page of this origin."""
    if keeping == IN_COOKIE and not is_page(request):
        raise ProblemError("FORBIDDEN", f"a session in a cookie is for pages of this origin, which send {PAGE_HEADER}: 1")


def answered(outcome: TokenPair | SecondFactorNeeded, keeping: str) -> Reply:
    """The outcome of a log-in; a pair leaves without its refresh token where that goes into the cookie."""
    if keeping != IN_COOKIE or not isinstance(outcome, TokenPair):
        return Reply(outcome)
    cookies = [f"{NAME}={outcome.refresh_token}; {_ATTRIBUTES}; Max-Age={REFRESH_LIFE_S}"]
    if outcome.device_token is not msgspec.UNSET:
        cookies.append(f"{DEVICE_NAME}={outcome.device_token}; {_ATTRIBUTES}; Max-Age={int(trusted_devices.LIFE.total_seconds())}")
    return Reply(PageSession(outcome.access_token, outcome.expires_in, outcome.user), headers={"Set-Cookie": cookies})


def _values(request: Request, wanted: str) -> list[str]:
    parts = (part.strip().partition("=") for part in (request.header("cookie") or "").split(";"))
    return [value for name, _, value in parts if name == wanted]


def device_token(request: Request, body: LoginRequest) -> str:
    """What a trusted device shows: a page its cookie, anybody else what the body says."""
    if body.session != IN_COOKIE:
        return body.device_token
    found = _values(request, DEVICE_NAME)
    return found[0] if len(found) == 1 else ""


def completed(request: Request, body: RefreshRequest) -> RefreshRequest:
    """The request with the token of its cookie. Raises FORBIDDEN, VALIDATION_ERROR where neither or both are given, INVALID_TOKEN without a cookie."""
    if body.session != IN_COOKIE:
        if body.refresh_token is msgspec.UNSET:
            raise invalid("refresh_token", "is required")
        return body
    require_page(request, body.session)
    if body.refresh_token is not msgspec.UNSET:
        raise invalid("refresh_token", "is not taken where the session is kept in a cookie")
    found = _values(request, NAME)
    if len(found) != 1 or not found[0]:
        raise invalid_token("there is no cookie of a session" if not found else "the cookie of the session is not one")
    return RefreshRequest(found[0], session=body.session)
