"""One history: a seed, a plan, and what the checks found. The same seed gives the same history."""

from __future__ import annotations

import asyncio
import gc
import hashlib
import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch
from uuid import UUID

from engine_container.engine import process as engine_process
from engine_container.engine import publishing, replica, snapshot_keeper
from engine_container.gateway import barrier
from engine_container.gateway import parts as gateway_parts
from engine_container.publisher import snapshots, topics
from engine_container.web import background, probes
from functions.history import handler as history_handler
from functions.settlement import handler as settlement_handler
from functions.settlement import service as settlement
from functions.withdrawals import service as payout_service
from mycrypto import database, ids, outbox
from mycrypto.contracts.commands import SetSymbol, encode_record
from mycrypto.ledger import CUSTODY_BANK, CUSTODY_HOT, Kind
from mycrypto.ledger.crossing import Crossing, into_trading
from mycrypto.withdrawals import payouts
from mycrypto_local.pump import worker
from tests.simulation import bucket, group_clients, plan
from tests.simulation.broker import COMMANDS
from tests.simulation.checks import money, public, trading
from tests.simulation.clients import FUNDS, TRADERS, Memory, Trader, user_of
from tests.simulation.functions import quiet
from tests.simulation.loop import EPOCH, Deadlock, VirtualLoop, virtual
from tests.simulation.parts import ConnectionLost
from tests.simulation.plan import Fault
from tests.simulation.platform import Platform
from tests.simulation.world import World

HEALED_SECONDS = 20.0
"""So long after the last fault everything has to work again."""
AGAIN_SECONDS = 1.0
"""After so long everything that failed has been tried again: the longest pause between two tries is half a second."""
QUIET_SECONDS = 0.4
"""Since the last command, of ticks there is one a second: then its events are everywhere."""
LOOK_EVERY = timedelta(seconds=1)
"""Between two looks at a payout, in place of two minutes."""
RARELY = 0.02
"""Of a function's transactions, also without a fault of the plan."""
SMALL_PARTS = 4
"""Events of a record, where results are to come in many."""


class _NoCollector:
    """An engine's settings of the collector are for a process of its own."""

    @staticmethod
    def collect() -> int:
        return 0

    disable = freeze = collect


class _Clock(datetime):
    """For what asks the time of day by itself."""

    @classmethod
    def now(cls, tz: Any = None) -> datetime:  # type: ignore[override]
        return datetime.fromtimestamp(EPOCH + asyncio.get_running_loop().time(), tz or UTC)


@asynccontextmanager
async def _no_port(*_: object) -> AsyncIterator[None]:
    yield


@dataclass
class Outcome:
    seed: int
    faults: list[Fault]
    wrong: list[str]
    mark: str
    """The same for the same history."""
    answers: int

    def __str__(self) -> str:
        return "\n".join([f"seed {self.seed}", *(f"  {fault}" for fault in self.faults), *(f"  -> {text}" for text in self.wrong)])


def _world() -> World:
    loop = asyncio.get_running_loop()
    assert isinstance(loop, VirtualLoop)
    world: World = loop.world
    return world


def _connect(dsn: str, secret_name: str = "", *, application: str = "") -> Any:
    return _world().server.connect(dsn, secret_name, application=application)


def _patches(seed: int) -> Iterator[Any]:
    """What is outside of a process, replaced by what is simulated."""
    chance = Random(seed ^ 0x5EED)
    yield patch.object(engine_process, "gc", _NoCollector)
    yield patch("engine_container.emission._write", lambda _: None)
    yield patch.object(probes, "listening", _no_port)
    yield patch.object(barrier, "new_uuid_bytes", lambda: chance.randbytes(16))
    yield patch.object(ids, "os", SimpleNamespace(urandom=chance.randbytes))
    for forking in (snapshot_keeper, snapshots):
        yield patch.object(forking, "start", bucket.start)
        yield patch.object(forking, "answer", bucket.answer)
    yield patch.object(snapshot_keeper, "Gate", bucket.Gate)
    for storing in (snapshots, gateway_parts):
        yield patch.object(storing, "store_at", lambda _bucket, _folder, prefix: _world().bucket.store(prefix))
    for consuming in (topics, worker):
        yield patch.object(consuming, "AIOKafkaConsumer", group_clients.Consumer)
    yield patch.object(topics, "AIOKafkaProducer", group_clients.Producer)
    yield patch.object(background, "signal", SimpleNamespace(raise_signal=lambda _: None, SIGTERM=15))
    yield patch.object(database, "connect", _connect)
    yield patch.object(outbox._Attempts, "send", lambda self, destination, rows, _: self._sender.send(destination, rows))
    for handler in (settlement_handler, history_handler):
        yield patch.object(handler, "logger", quiet())
        yield patch.object(handler, "meter", quiet())
    yield patch.object(settlement_handler, "_resources", lambda: _world().functions.resources)
    yield patch.object(history_handler, "_database", lambda: _world().functions.db)
    yield patch.object(settlement, "datetime", _Clock)
    for looking in (payouts, payout_service):
        yield patch.object(looking, "LOOK_EVERY", LOOK_EVERY)
    if seed % 3 == 0:
        yield patch.object(replica, "EVENTS_PER_RECORD_MAX", SMALL_PARTS)
        yield patch.object(publishing, "PER_APPEND_MAX", 1)


@contextmanager
def _uncollected() -> Iterator[None]:
    """The collector looks at a history when it is over: while it lives there is little to find, and all of it would be walked again and again."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.collect(0)
        if enabled:
            gc.enable()


@contextmanager
def _stage(seed: int) -> Iterator[tuple[VirtualLoop, Random]]:
    logging.disable(logging.CRITICAL)
    with ExitStack() as stack:
        stack.callback(logging.disable, logging.NOTSET)
        for each in _patches(seed):
            stack.enter_context(each)
        loop = stack.enter_context(virtual(Random(seed ^ 0x100F)))
        yield loop, Random(seed)


def run(seed: int, faults: list[Fault] | None = None) -> Outcome:
    with _uncollected(), _stage(seed) as (loop, random):
        chosen = plan.make(random)
        return loop.run_until_complete(_live(loop, seed, chosen if faults is None else faults))


def _begin(world: World) -> None:
    """A market, and traders whose money came in as it does later."""
    lot = 10**5
    symbol = SetSymbol(b"s" * 16, "BTC/TRY", "BTC", "TRY", 10**6, lot, lot, 10**12, maker_fee_ppm=1_000, taker_fee_ppm=2_000)
    world.broker.append(COMMANDS, [encode_record([symbol])])
    functions = world.functions
    with functions.db.transaction() as connection:
        for number in TRADERS:
            for asset, source in (("BTC", CUSTODY_HOT), ("TRY", CUSTODY_BANK)):
                user, transfer = UUID(bytes=user_of(number)), ids.new_uuid()
                crossing = Crossing(
                    transfer_id=transfer, user_id=user, currency=asset, amount=FUNDS, kind=Kind.DEPOSIT,
                    reference=("DEPOSIT_REQUEST", transfer), why="opening balance",
                )  # fmt: skip
                into_trading(connection, crossing, source=source, moment=functions.now())
    functions.flush()


async def _live(loop: VirtualLoop, seed: int, faults: list[Fault]) -> Outcome:
    world = World(loop, seed)
    _begin(world)
    world.server.deaths = world.server.lost_commits = RARELY
    platform = Platform(loop, world)
    memory = Memory()
    wrong: list[str] = []
    traders = [Trader(platform, memory, number, Random(seed * 31 + number)) for number in TRADERS]
    try:
        async with asyncio.TaskGroup() as work:
            work.create_task(platform.suffer(faults))
            for trader in traders:
                work.create_task(trader.trade())
        wrong += await _heal(platform, memory)
        if not wrong:
            wrong += _look(platform, memory)
    except Deadlock:
        wrong.append("nothing can run any more")
    except BaseExceptionGroup as errors:  # a client met what no client may meet
        wrong += [repr(error) for error in errors.exceptions]
    finally:
        platform.kill_all()
    said = (round(loop.now, 6), len(world.broker.commands), len(world.broker.events), sorted(memory.placed.items()), memory.missing, wrong)
    return Outcome(seed, faults, wrong, hashlib.sha256(repr(said).encode()).hexdigest(), memory.count)


async def _heal(platform: Platform, memory: Memory) -> list[str]:
    """Every gateway answers a question about everything on the log, no engine has given up, and all consumers have everything."""
    await asyncio.sleep(AGAIN_SECONDS)
    for name, running in platform.gateways.items():
        if not await _in_time(running, platform):
            return [f"{name} does not work again after {HEALED_SECONDS:g} s"]
    world = platform.world
    deadline = platform.loop.now + HEALED_SECONDS
    while waiting := _unfinished(world, memory, platform.loop.now):
        if platform.loop.now > deadline:
            return [f"after {HEALED_SECONDS:g} s: {waiting}"]
        await asyncio.sleep(0.1)
    return [f"{name}: {engine.engine.failure}" for name, engine in platform.engines.items() if engine.engine.failure]


async def _in_time(running: Any, platform: Platform) -> bool:
    deadline = platform.loop.now + HEALED_SECONDS
    while platform.loop.now < deadline:
        try:
            if await running.ask(lambda gateway: gateway.barrier.passed(5.0)):
                return True
        except ConnectionLost:
            pass
        await asyncio.sleep(0.1)
    return False


def _unfinished(world: World, memory: Memory, now: float) -> str:
    """What still goes on; "" when everything has come to rest."""
    tables = world.server.tables
    ends = len(world.broker.events)
    if world.broker.loop.late:
        return "something late is still to arrive"
    if memory.reported != world.bank.received.keys() or not world.bank.settled():
        return "the bank is not done"
    if memory.beside:
        return "a report or a question is under way"
    if any(not row["sent"] for row in tables.outbox.values()):
        return "the outbox holds messages"
    if any(transfer["status"] == "ASKED" for transfer in tables.transfers.values()):
        return "a transfer is not answered"
    if any(row.status in {"APPROVED", "PROCESSING", "PENDING"} for row in tables.withdrawals.values()):
        return "a withdrawal is under way"
    for group in ("mycrypto-local-settlement-engine-events", "mycrypto-local-history-engine-events", "publisher-0"):
        if world.broker.committed.get((group, ("engine-events", 0)), 0) < ends:
            return f"{group} has not read everything"
    return "commands are under way" if world.broker.commands.arrived[-1] > now - QUIET_SECONDS else ""


def _look(platform: Platform, memory: Memory) -> list[str]:
    world = platform.world
    truth = trading.Truth(world.broker, world.bucket)
    wrong = [
        *trading.event_log_is_the_replay(world.broker, truth),
        *trading.answers_are_true(world.broker, memory, truth),
        *trading.no_order_twice(truth),
        *trading.snapshots_are_the_core(world.bucket, truth),
        *money.consumers_have_everything(world, truth),
        *money.ledger_adds_up(world),
        *money.wallets_are_the_engine(world, truth),
        *money.nothing_is_on_its_way(world),
        *money.deposits_arrived_once(world, memory),
        *money.withdrawals_are_paid_or_given_back(world, memory),
        *money.custody_is_what_the_bank_has(world),
        *money.history_is_the_core(world, truth),
        *public.topics_are_whole(world, truth),
        *public.books_are_shown(world, truth),
    ]
    for running in platform.gateways.values():
        wrong += trading.views_are_the_core(running.gateway.views, truth)
        wrong += trading.announcements_were_true(running.gateway.feed)
    return wrong


def shrink(found: Outcome) -> Outcome:
    """The same seed with as few faults as it still fails with."""
    best = found
    for fault in list(found.faults):
        fewer = run(found.seed, [other for other in best.faults if other is not fault])
        if fewer.wrong:
            best = fewer
    return best
