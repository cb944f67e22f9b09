"""Engines over logs in memory, and commands to fill the logs with."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from aws_lambda_powertools import Logger

from engine_container.engine.process import Engine
from engine_container.engine.replica import Replica
from engine_container.engine.settings import EngineSettings
from engine_container.snapshot_store import SnapshotStore
from mycrypto.contracts import commands as c
from mycrypto.contracts.trading import OrderType, Side, TimeInForce
from mycrypto.money import UNITS_PER_ONE
from tests.unit.engine.memory_logs import Logs, MemorySink, MemorySource
from tests.waiting import WAIT_SECONDS_MAX

ANN, BOB = b"a" * 16, b"b" * 16
SYMBOL = "BTC/USDT"


class Ids:
    def __init__(self) -> None:
        self.count = 0

    def __call__(self) -> bytes:
        self.count += 1
        return self.count.to_bytes(16, "big")


class SwitchedLease:
    """Held or not as the test says."""

    epoch = 0

    def __init__(self, *, held: bool = True) -> None:
        self.held = held
        self.given_up = False

    def announce_at(self, address: str) -> None:
        """There are no epochs, so nothing is announced."""

    async def hold(self) -> bool:
        return self.held

    async def give_up(self) -> None:
        self.given_up = True


def engine(
    logs: Logs, *, held: bool = True, store: SnapshotStore | None = None, snapshot_records: int = 20_000
) -> tuple[Engine, SwitchedLease]:
    lease = SwitchedLease(held=held)
    settings = EngineSettings("unused", snapshot_dir="set" if store else "", port=0, snapshot_records=snapshot_records)
    log = Logger(service=f"test-{id(lease)}", level=logging.CRITICAL)
    return Engine(settings, MemorySource(logs), MemorySink(logs), lease, lambda: store, log), lease


def fill(logs: Logs, orders: int = 40) -> None:
    new = Ids()
    new.count = 10_000 * (len(logs.commands) + 1)
    if not logs.commands:
        lot = UNITS_PER_ONE // 1_000
        logs.put(c.SetSymbol(new(), SYMBOL, "BTC", "USDT", UNITS_PER_ONE // 100, lot, lot, 100 * UNITS_PER_ONE))
        for user in (ANN, BOB):
            logs.put(c.SetUser(new(), user, 0, 0, 0), *(c.Credit(new(), user, asset, 10**14, new()) for asset in ("BTC", "USDT")))
    for place in range(orders):
        side = Side(place % 2)
        user = ANN if side is Side.BUY else BOB
        price = (100 + place % 3) * UNITS_PER_ONE
        logs.put(
            c.PlaceOrder(new(), user, SYMBOL, side, OrderType.LIMIT, TimeInForce.GTC, UNITS_PER_ONE, price),
            c.PlaceOrder(new(), user, SYMBOL, side, OrderType.LIMIT, TimeInForce.GTC, UNITS_PER_ONE, price),
        )


def run(work: Callable[[], Awaitable[None]]) -> None:
    asyncio.run(_bounded(work))


async def _bounded(work: Callable[[], Awaitable[None]]) -> None:
    async with asyncio.timeout(2 * WAIT_SECONDS_MAX):
        await work()


def expected_seqs(logs: Logs) -> list[int]:
    replica = Replica(0)
    for record in logs.commands:
        replica.process(record)
    return list(range(1, replica.state.next_seq))
