"""The bank, the signer and the nodes over HTTP. Every request is signed as the webhooks are, with the secret shared with that partner."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, Final, TypeVar

import httpx
import msgspec

from functions.withdrawals.ports import AwayError, Booking, Instruction, NetworkFee, Payment, RefusedError, Seen, Signed, Spending
from mycrypto.security import signature

T = TypeVar("T")

TIMEOUT_SECONDS: Final = 10.0
KEY_HEADER: Final = "Idempotency-Key"


class _Partner:
    """``client`` has the partner's address as its base."""

    def __init__(self, client: httpx.Client, secret: str) -> None:
        self._client = client
        self._secret = secret

    def _call(
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


def _known(answer: T | None) -> T:
    if answer is None:
        raise AwayError("the answer is empty")
    return answer


class _Bookings(msgspec.Struct):
    data: list[Booking]


class HttpBank(_Partner):
    def pay(self, key: str, instruction: Instruction) -> Payment:
        return _known(self._call("POST", "payments", Payment, key=key, body=instruction))

    def find(self, key: str) -> Payment | None:
        return self._call("GET", "payments", Payment, query={"key": key})

    def bookings(self, key: str) -> list[Booking]:
        return _known(self._call("GET", "statement", _Bookings, query={"key": key})).data


class _Signed(msgspec.Struct):
    raw: bytes
    tx_hash: str


class _Broadcast(msgspec.Struct):
    tx_hash: str


class _Fees(msgspec.Struct):
    data: list[NetworkFee]


class _Raw(msgspec.Struct):
    raw: bytes


class HttpChain(_Partner):
    """The signer and the nodes, behind one address."""

    def sign(self, key: str, spending: Spending) -> Signed:
        answer = _known(self._call("POST", "signatures", _Signed, key=key, body=spending))
        if not answer.raw or not answer.tx_hash:
            raise AwayError("the signer gave no transaction")
        return Signed(answer.raw, answer.tx_hash)

    def broadcast(self, currency: str, raw: bytes) -> None:
        self._call("POST", f"{currency}/transactions", _Broadcast, body=_Raw(raw))

    def find(self, currency: str, tx_hash: str) -> Seen | None:
        return self._call("GET", f"{currency}/transactions/{tx_hash}", Seen)

    def fees(self) -> list[NetworkFee]:
        return _known(self._call("GET", "fees", _Fees)).data


def client(url: str) -> httpx.Client:
    """A client of a partner. No proxy of the environment, no redirects: the address is the operator's."""
    return httpx.Client(base_url=url.rstrip("/") + "/", timeout=TIMEOUT_SECONDS, follow_redirects=False, trust_env=False)
