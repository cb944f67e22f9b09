"""The routes of the REST API: which need no access token. Everything else under the two prefixes goes through the authorizer."""

from __future__ import annotations

import dataclasses
from typing import Final

from infra import names

JWKS_PATH: Final = "/api/auth/.well-known/jwks.json"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """A path of the API. Every method goes to the function, so that a wrong one gets the function's 405 and not the gateway's 403."""

    path: str
    function: str
    public: bool


def _public(function: str, *paths: str) -> tuple[Route, ...]:
    return tuple(Route(path=path, function=function, public=True) for path in paths)


ROUTES: Final = (
    *_public(
        names.FUNCTION_AUTH,
        "/api/auth/health",
        "/api/auth/health/ready",
        JWKS_PATH,
        "/api/auth/openapi.json",
        "/api/auth/register",
        "/api/auth/login",
        "/api/auth/verify-email",
        "/api/auth/resend-verification",
        "/api/auth/refresh",
        "/api/auth/2fa/verify",  # takes a challenge token in the middle of a login; the function checks an access token itself
        "/api/auth/password/reset",
        "/api/auth/password/reset/confirm",
    ),
    # below a path that is a resource of its own, only what is named there is sure to be found
    Route(path="/api/auth/password", function=names.FUNCTION_AUTH, public=False),
    Route(path="/api/auth/2fa/{proxy+}", function=names.FUNCTION_AUTH, public=False),
    Route(path="/api/auth/{proxy+}", function=names.FUNCTION_AUTH, public=False),
    *_public(
        names.FUNCTION_WALLET,
        "/api/wallet/health",
        "/api/wallet/health/ready",
        "/api/wallet/openapi.json",
        "/api/wallet/webhooks/{proxy+}",  # signed by the sender instead
    ),
    Route(path="/api/wallet/{proxy+}", function=names.FUNCTION_WALLET, public=False),
)
