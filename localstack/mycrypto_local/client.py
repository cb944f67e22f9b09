"""A client of the public API, as a trader's program would write one: demo, traffic and the end-to-end tests use it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from types import TracebackType
from typing import Any, Final, Self
from uuid import uuid4

import aiohttp
import msgspec

JSON = dict[str, Any]
Query = dict[str, str | int]

REQUEST_SECONDS_MAX: Final = 65
"""More than a turn and an answer take at the front door of one machine, so that its reason is heard."""
MONEY_PATHS: Final = ("/api/wallet/deposit/fiat", "/api/wallet/withdraw/fiat", "/api/wallet/withdraw/crypto")
"""A POST there carries a key, so it may be sent again."""
POLL_SECONDS: Final = 0.05
RETRY_SECONDS: Final = 0.2
PATIENCE_SECONDS: Final = 120.0
"""How long those who are patient wait for a part that is being restarted."""


class ApiError(Exception):
    """An answer of 400 and above; ``problem`` is its problem+json document."""

    def __init__(self, method: str, path: str, status: int, problem: JSON) -> None:
        self.status = status
        self.problem = problem
        self.code = str(problem.get("code", ""))
        super().__init__(f"{method} {path} answered {status} {self.code}: {problem.get('detail', problem)}")


@dataclass(slots=True)
class Call:
    """One request as it was made, for those who measure."""

    method: str
    path: str
    status: int
    milliseconds: float


@dataclass(slots=True)
class Api:
    """The HTTP API behind one base URL. One instance is one program: it keeps connections and may be used concurrently."""

    base_url: str
    connections_max: int = 64
    calls: list[Call] = field(default_factory=list)
    keep_calls: bool = False
    patience_seconds: float = 0
    waits_for_limits: bool = False
    """A request that came too soon (429) is sent again when its limit allows it, while the patience lasts."""
    _session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(
            base_url=self.base_url,
            connector=aiohttp.TCPConnector(limit=self.connections_max),
            timeout=aiohttp.ClientTimeout(total=REQUEST_SECONDS_MAX),
        )
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._session is not None:
            await self._session.close()

    @property
    def session(self) -> aiohttp.ClientSession:
        if self._session is None:
            raise RuntimeError("use 'async with Api(...)'")
        return self._session

    @contextmanager
    def patient(self) -> Iterator[None]:
        """For what is not to fail because a part is just restarting: :const:`PATIENCE_SECONDS` for each request meanwhile."""
        usual, self.patience_seconds = self.patience_seconds, PATIENCE_SECONDS
        try:
            yield
        finally:
            self.patience_seconds = usual

    async def request(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        token: str = "",
        headers: dict[str, str] | None = None,
        query: Query | None = None,
        repeatable: bool = False,
        keyed: bool = True,
    ) -> Any:
        """Send one request and return its decoded body; raises :class:`ApiError` for a refusal.

        While ``patience_seconds`` last, a part that is just restarting (503, no connection) is waited for; an unknown outcome (504,
        a broken connection, no answer) is asked for again where that is safe: reads, cancels, orders with a client_order_id, and what the caller says is ``repeatable``. Where money moves, a request has a key of its own, unless it is not to be ``keyed``.
        """
        sent = dict(headers or {})
        if token:
            sent["Authorization"] = f"Bearer {token}"
        if keyed and method == "POST" and path in MONEY_PATHS:
            sent.setdefault("Idempotency-Key", str(uuid4()))
            repeatable = True
        data = None
        if body is not None:
            data = msgspec.json.encode(body)
            sent["Content-Type"] = "application/json"
        repeatable = repeatable or method in {"GET", "DELETE"} or (isinstance(body, dict) and bool(body.get("client_order_id")))
        deadline = time.monotonic() + self.patience_seconds
        while True:
            started = time.perf_counter()
            try:
                async with self.session.request(method, path, data=data, headers=sent, params=query) as response:
                    raw = await response.read()
            except (aiohttp.ClientError, TimeoutError) as error:
                # A refused connection carried nothing; after any other break only what may be repeated is sent again.
                if time.monotonic() > deadline or not (repeatable or isinstance(error, aiohttp.ClientConnectorError)):
                    raise
                await asyncio.sleep(RETRY_SECONDS)
                continue
            if self.keep_calls:
                self.calls.append(Call(method, path, response.status, (time.perf_counter() - started) * 1_000))
            again = response.status == HTTPStatus.SERVICE_UNAVAILABLE or (response.status == HTTPStatus.GATEWAY_TIMEOUT and repeatable)
            too_soon = self.waits_for_limits and response.status == HTTPStatus.TOO_MANY_REQUESTS
            if (again or too_soon) and time.monotonic() < deadline:
                await asyncio.sleep(float(response.headers.get("Retry-After", RETRY_SECONDS)) if too_soon else RETRY_SECONDS)
                continue
            decoded = _decode(raw)
            if response.status >= HTTPStatus.BAD_REQUEST:
                raise ApiError(method, path, response.status, decoded if isinstance(decoded, dict) else {"detail": decoded})
            return decoded

    async def mails(self, address: str) -> list[JSON]:
        """Mails to an address, newest first (stage local only)."""
        answer = await self.request("GET", "/local/mail", query={"to": address})
        mails: list[JSON] = answer["data"] if isinstance(answer, dict) else answer
        return mails


def _decode(raw: bytes) -> Any:
    if not raw:
        return {}
    try:
        return msgspec.json.decode(raw)
    except msgspec.DecodeError:
        return raw.decode(errors="replace")


@dataclass(slots=True)
class Trader:
    """A registered user of the platform with what the program must remember of it."""

    api: Api
    email: str
    password: str
    user_id: str = ""
    access_token: str = ""
    refresh_token: str = ""

    async def register(self) -> JSON:
        body = {"email": self.email, "password": self.password, "terms_accepted": True, "kvkk_consent_accepted": True}
        answer: JSON = await self.api.request("POST", "/api/auth/register", body)
        self.user_id = answer["user"]["id"]
        return answer

    async def verify_email(self, *, seconds_max: float = 60) -> JSON:
        """Wait for the mail and confirm its token."""
        deadline = time.monotonic() + seconds_max
        while True:
            for mail in await self.api.mails(self.email):
                token = _token_of(str(mail.get("text") or mail.get("html") or ""))
                if token:
                    answer: JSON = await self.api.request("POST", "/api/auth/verify-email", {"token": token})
                    return answer
            if time.monotonic() > deadline:
                raise TimeoutError(f"no verification mail for {self.email} within {seconds_max:.0f} s")
            await asyncio.sleep(POLL_SECONDS)

    async def login(self) -> JSON:
        body = {"email": self.email, "password": self.password}
        answer: JSON = await self.api.request("POST", "/api/auth/login", body, repeatable=True)
        self.access_token = answer["access_token"]
        self.refresh_token = answer["refresh_token"]
        self.user_id = answer["user"]["id"]
        return answer

    async def refresh(self) -> JSON:
        answer: JSON = await self.api.request("POST", "/api/auth/refresh", {"refresh_token": self.refresh_token})
        self.access_token = answer["access_token"]
        self.refresh_token = answer.get("refresh_token", self.refresh_token)
        return answer

    async def call(self, method: str, path: str, body: object = None, query: Query | None = None, *, repeatable: bool = False) -> Any:
        """A request in the user's name."""
        return await self.api.request(method, path, body, token=self.access_token, query=query, repeatable=repeatable)

    async def place(self, **order: object) -> JSON:
        answer: JSON = await self.call("POST", "/api/v1/orders", order)
        return answer

    async def cancel(self, order_id: str) -> JSON:
        answer: JSON = await self.call("DELETE", f"/api/v1/orders/{order_id}")
        return answer

    async def wallet_balance(self, currency: str) -> JSON:
        answer: JSON = await self.call("GET", f"/api/wallet/balance/{currency}")
        return answer

    async def trading_balance(self, currency: str) -> JSON:
        """The balance as the engine sees it, zeros if it has never seen any."""
        answer = await self.call("GET", "/api/v1/account/balances")
        for row in answer["data"]:
            if row["asset"] == currency:
                return {name: row[name] for name in ("asset", "available", "locked", "total")}
        return {"asset": currency, "available": "0", "locked": "0", "total": "0"}


def _token_of(text: str) -> str:
    """The verification token (64 hex characters) in the text of a mail, or ""."""
    marker = "token="
    start = text.find(marker)
    if start < 0:
        return ""
    token = text[start + len(marker) : start + len(marker) + 64]
    return token if len(token) == 64 and all(letter in "0123456789abcdef" for letter in token) else ""
