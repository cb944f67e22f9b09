"""The facade before a gateway with the real core behind it: two funded users, a book, and keys that sign."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID, uuid4

import httpx
import msgspec
import pytest

from engine_container.gateway.binance.app import Facade
from mycrypto.contracts import commands as c
from mycrypto.security import api_keys, keys
from mycrypto.security.api_keys import Scope
from mycrypto.security.sealing import Sealer
from mycrypto.security.tokens import Role, Tier
from tests.unit.gateway.conftest import Harness, running
from tests.unit.gateway.core_engine import CoreEngine
from tests.unit.gateway.memory_logs import MemoryEvents

ALICE: Final = UUID("018f0000-0000-7000-8000-00000000000a")
BOB: Final = UUID("018f0000-0000-7000-8000-00000000000b")
SECRET: Final = "s3cret"
SEALER: Final = Sealer([bytes(32)], api_keys.PURPOSE)
UNIT: Final = 100_000_000


def stored_key(name: str) -> dict[str, str]:
    """In the place of Secrets Manager: the key that secrets are sealed with."""
    return {"key": base64.b64encode(bytes(32)).decode()} if name.endswith("two-factor") else {}


@pytest.fixture(autouse=True)
def _sealing_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mycrypto.secrets.get", stored_key)


class Spot:
    """A client of the facade: ``h`` is the gateway behind it."""

    def __init__(self, h: Harness, facade: Facade, core: CoreEngine, client: httpx.AsyncClient) -> None:
        self.h = h
        self.facade = facade
        self.core = core
        self.client = client

    def publish(self, key_id: str, user: UUID, *scopes: Scope, public_key: str = "", ips: tuple[str, ...] = ()) -> None:
        sealed = SEALER.seal(SECRET, key_id)
        key = api_keys.PublishedApiKey(key_id, sealed, user, "a@example.com", (Role.USER,), Tier.FREE, 1, scopes, ips, None, public_key)
        self.h.redis.values[api_keys.redis_key(key_id)] = msgspec.json.encode(key)
        self.h.redis.values[api_keys.COMPLETE_KEY] = b"1"

    async def ask(self, method: str, path: str, **params: Any) -> httpx.Response:
        return await self.client.request(method, path, params=params)

    async def get(self, path: str, **params: Any) -> Any:
        answer = await self.ask("GET", path, **params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def signed(
        self,
        method: str,
        path: str,
        *,
        key: str = "alice",
        body: bool | str = False,
        sign: Callable[[str], str] | None = None,
        **params: Any,
    ) -> httpx.Response:
        text = urlencode({"timestamp": time.time_ns() // 1_000_000, **params})
        signature = (sign or hmac_of)(text)
        text += "&" + urlencode({"signature": signature})
        headers = {"X-MBX-APIKEY": key}
        if body:
            headers["Content-Type"] = body if isinstance(body, str) else "application/x-www-form-urlencoded"
            return await self.client.request(method, path, content=text.encode(), headers=headers)
        return await self.client.request(method, f"{path}?{text}", headers=headers)

    async def must(self, method: str, path: str, **params: Any) -> Any:
        answer = await self.signed(method, path, **params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def place(self, side: str = "BUY", kind: str = "LIMIT", *, key: str = "alice", **params: Any) -> Any:
        if kind == "LIMIT":
            params.setdefault("timeInForce", "GTC")
        return await self.must("POST", "/api/v3/order", key=key, symbol="BTCTRY", side=side, type=kind, **params)

    async def refused(self, method: str, path: str, **params: Any) -> tuple[int, int, str]:
        """Status, code and text of a refusal."""
        answer = await self.signed(method, path, **params)
        problem = answer.json()
        return answer.status_code, problem["code"], problem["msg"]


def hmac_of(text: str) -> str:
    return hmac.new(SECRET.encode(), text.encode(), hashlib.sha256).hexdigest()


Scenario = Callable[[Spot], Coroutine[Any, Any, None]]


def funded() -> CoreEngine:
    core = CoreEngine(MemoryEvents())
    core.time_ms = time.time_ns() // 1_000_000 - 60_000
    core.carry_out([c.SetRules(uuid4().bytes, c.RULES_LATEST)])
    core.carry_out(
        [
            c.SetSymbol(
                uuid4().bytes, name, base, quote, 1_000_000, 10_000, 10_000, 100 * UNIT, 10 * UNIT, 1_000, 500, 1_000, breaker_bps=0
            )
            for name, base, quote in (("BTC/TRY", "BTC", "TRY"), ("ETH/TRY", "ETH", "TRY"))
        ]
    )
    core.carry_out(
        [
            c.Credit(uuid4().bytes, user.bytes, asset, amount * UNIT, uuid4().bytes)
            for user in (ALICE, BOB)
            for asset, amount in (("TRY", 900_000), ("BTC", 100))
        ]
    )
    return core


@asynccontextmanager
async def spot(signing_key: keys.SigningKey, key_file: Path, **changes: Any) -> AsyncIterator[Spot]:
    core = funded()
    async with running(signing_key, key_file, core=core, **changes) as h:
        facade = Facade(h.gateway)
        async with httpx.AsyncClient(transport=httpx.ASGITransport(facade), base_url="http://spot") as client:
            found = Spot(h, facade, core, client)
            found.publish("alice", ALICE, Scope.READ, Scope.TRADE)
            found.publish("bob", BOB, Scope.READ, Scope.TRADE)
            yield found


@pytest.fixture
def trade(signing_key: keys.SigningKey, key_file: Path) -> Callable[..., None]:
    """Runs a coroutine function against a facade that lists BTC/TRY and ETH/TRY."""

    def run(scenario: Scenario, **changes: Any) -> None:
        async def all_of_it() -> None:
            async with spot(signing_key, key_file, **changes) as found:
                await scenario(found)

        asyncio.run(all_of_it())

    return run
