"""Bank, signer and nodes over HTTP. Every request is signed as their webhooks are, with the secret that is shared with that partner."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, Final, TypeVar

import httpx
import msgspec

from mycrypto.security import signature

T = TypeVar("T")

TIMEOUT_SECONDS: Final = 10.0
INSUFFICIENT_FUNDS: Final = "INSUFFICIENT_FUNDS"
"""The reason of a refusal that coins or money would end."""
KEY_HEADER: Final = "Idempotency-Key"


class AwayError(Exception):
    """There is no usable answer. What was asked for may have happened or not."""


class RefusedError(Exception):
    """The other party will not do it. Nothing has happened."""


class Partner:
    """``client`` has the partner's address as its base."""

    def __init__(self, client: httpx.Client, secret: str) -> None:
        self._client = client
        self._secret = secret

    def call(
        self, method: str, path: str, kind: type[T], *, key: str = "", body: object = None, query: Mapping[str, str] | None = None
    ) -> T | None:
        """``None`` for 404. Raises AwayError where nothing is known, RefusedError for 422."""
        content = b"" if body is None else msgspec.json.encode(body)
        headers = {signature.HEADER: signature.sign(self._secret, content, int(time.time()))}
        if body is not None:
            headers["Content-Type"] = "application/json"
        if key:
            headers[KEY_HEADER] = key
        try:
            answer = self._client.request(method, path, content=content, headers=headers, params=query)
            if answer.status_code == httpx.codes.NOT_FOUND and method == "GET":
                return None
            if answer.status_code == httpx.codes.UNPROCESSABLE_ENTITY:
                raise RefusedError(_reason(answer))
            if not answer.is_success:
                raise AwayError(f"{method} {path} answered {answer.status_code}")
            return msgspec.json.decode(answer.content, type=kind)
        except (httpx.HTTPError, msgspec.MsgspecError) as error:
            raise AwayError(f"{method} {path}: {error!r}") from error


def _reason(answer: httpx.Response) -> str:
    try:
        document: Any = answer.json()
        return str(document.get("reason", ""))[:200] or "REFUSED"
    except (ValueError, AttributeError):
        return "REFUSED"


def known(answer: T | None) -> T:
    """An answer that must be there. Raises AwayError."""
    if answer is None:
        raise AwayError("the answer is empty")
    return answer


def client(url: str) -> httpx.Client:
    """A client of a partner. No proxy of the environment, no redirects: the address is the operator's."""
    return httpx.Client(base_url=url.rstrip("/") + "/", timeout=TIMEOUT_SECONDS, follow_redirects=False, trust_env=False)
