"""A gateway on a real trade database, with a live market behind it and the filling of paper orders."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import httpx
import msgspec
import psycopg

from engine_container.paper.filling import Filling, Step
from engine_container.paper.rules import BAR_MS
from engine_container.trade_database import TradePool, pool
from functions.history import service as history
from mycrypto.contracts.events import decode_record
from mycrypto.contracts.trading import Side
from mycrypto.money import UNITS_PER_ONE
from mycrypto.security import keys
from tests.integration.conftest import EngineLog
from tests.unit.gateway.conftest import Harness, NothingOnItsWay, running

if TYPE_CHECKING:
    from tests.integration.conftest import TestDatabase

ONE = UNITS_PER_ONE
ALICE, BOB = uuid4(), uuid4()
BALANCES = "/api/v1/account/balances?mode=paper"


@dataclass
class Desk:
    """The gateway, the live market behind it, and the filling of paper orders."""

    harness: Harness
    market: EngineLog
    filling: Filling
    history: psycopg.Connection
    pool: TradePool

    async def call(self, method: str, path: str, body: object = None, *, user: UUID = ALICE) -> httpx.Response:
        return await self.harness.call(method, path, body, user=user)

    async def place(self, body: dict[str, Any], *, user: UUID = ALICE) -> Any:
        answer = await self.call("POST", "/api/v1/orders", body, user=user)
        assert answer.status_code == 201, answer.text
        return answer.json()["order"]

    async def order(self, placed: Any) -> Any:
        return (await self.call("GET", f"/api/v1/orders/{placed['id']}")).json()

    async def balances(self, user: UUID = ALICE) -> dict[str, tuple[str, str]]:
        rows = (await self.call("GET", BALANCES, user=user)).json()["data"]
        return {row["asset"]: (row["available"], row["locked"]) for row in rows}

    async def trade(self, price: int, *, bars_on: int = 0) -> int:
        """A trade on the live market, now or some bars later; gateway and history receive it. Returns the trade's number."""
        market = self.market
        market.time_ms = max(market.time_ms, time.time_ns() // 1_000_000) + bars_on * BAR_MS
        maker, taker = uuid4(), uuid4()
        for user in (maker, taker):
            market.balances[user, "BTC"] = [ONE, 0]
            market.balances[user, "USDT"] = [100_000 * ONE, 0]
        number = market.take(taker, market.rest(maker, Side.SELL, price * ONE, ONE // 10), ONE // 10)
        records = market.take_records()
        with self.history.transaction():
            history.project(self.history, 0, records)
        for record in records:
            self.harness.events.add(record)
        await self.harness.settle()
        return number

    async def fill(self) -> Step:
        return await self.filling.step()


@asynccontextmanager
async def open_desk(trade_database: TestDatabase, folder: Path) -> AsyncIterator[Desk]:
    stored = keys.generate("2026-01-01T00:00:00Z", bits=2048)
    signing = keys.signing_key({"keys": [msgspec.to_builtins(stored)]})
    key_file = folder / "jwks.json"
    key_file.write_bytes(msgspec.json.encode(keys.publish({signing.kid: signing.public_key})))
    url = trade_database.dsn("trade_engine_app")
    connection = trade_database.connect("trade_engine_app")
    async with running(signing, key_file, trade_database_url=url) as harness:
        harness.gateway.barrier = NothingOnItsWay()
        listed = harness.events.records[0]
        with connection.transaction():
            history.project(connection, 0, [decode_record(listed)])
        async with pool(url, connections_max=2) as connections:
            yield Desk(harness, EngineLog("BTC/USDT", seq=harness.engine.seq), Filling(connections, 0), connection, connections)


Scenario = Callable[[Desk], Coroutine[Any, Any, None]]
Play = Callable[[Scenario], None]
