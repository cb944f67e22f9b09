"""One history: a seed, a plan, and what the checks found. The same seed gives the same history."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from random import Random
from unittest.mock import patch

from engine_container.engine import process as engine_process
from engine_container.gateway import barrier
from engine_container.web import probes
from mycrypto.contracts.commands import encode_record
from tests.simulation import checks, plan
from tests.simulation.broker import Broker, Redis
from tests.simulation.clients import TRADERS, Memory, Trader
from tests.simulation.loop import Deadlock, VirtualLoop, virtual
from tests.simulation.plan import Fault
from tests.simulation.platform import ConnectionLost, Platform

HEALED_SECONDS = 30.0
"""So long after the last fault everything has to work again."""


class _NoCollector:
    """An engine's settings of the collector are for a process of its own."""

    @staticmethod
    def collect() -> int:
        return 0

    disable = freeze = collect


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


@contextmanager
def _stage(seed: int) -> Iterator[tuple[VirtualLoop, Random]]:
    ids = Random(seed ^ 0x5EED)
    logging.disable(logging.CRITICAL)
    with ExitStack() as stack:
        stack.callback(logging.disable, logging.NOTSET)
        stack.enter_context(patch.object(engine_process, "gc", _NoCollector))
        stack.enter_context(patch("engine_container.emission._write", lambda _: None))
        stack.enter_context(patch.object(probes, "listening", _no_port))
        stack.enter_context(patch.object(barrier, "new_uuid_bytes", lambda: ids.randbytes(16)))
        loop = stack.enter_context(virtual(Random(seed ^ 0x100F)))
        yield loop, Random(seed)


def run(seed: int, faults: list[Fault] | None = None) -> Outcome:
    with _stage(seed) as (loop, random):
        chosen = plan.make(random)
        return loop.run_until_complete(_live(loop, seed, chosen if faults is None else faults))


async def _live(loop: VirtualLoop, seed: int, faults: list[Fault]) -> Outcome:
    broker = Broker(loop, Random(seed ^ 0xB20CE2))
    await broker.append(broker.commands, [encode_record(checks.setup_commands())])
    platform = Platform(loop, broker, Redis(loop))
    memory = Memory()
    wrong: list[str] = []
    traders = [Trader(platform, memory, number, Random(seed * 31 + number)) for number in TRADERS]
    try:
        async with asyncio.TaskGroup() as work:
            work.create_task(platform.suffer(faults))
            for trader in traders:
                work.create_task(trader.trade())
        wrong += await _heal(platform)
        if not wrong:
            wrong += _look(platform, memory)
    except Deadlock:
        wrong.append("nothing can run any more")
    finally:
        platform.kill_all()
    answers = len(memory.placed) + len(memory.missing) + len(memory.ended)
    said = (round(loop.now, 6), len(broker.commands), len(broker.events), sorted(memory.placed.items()), sorted(memory.missing), wrong)
    return Outcome(seed, faults, wrong, hashlib.sha256(repr(said).encode()).hexdigest(), answers)


async def _heal(platform: Platform) -> list[str]:
    """Every gateway answers a question about everything on the log, and no engine has given up."""
    await asyncio.sleep(4.0)  # what was late has arrived
    for name, running in platform.gateways.items():
        try:
            async with asyncio.timeout(HEALED_SECONDS):
                while True:
                    try:
                        if await running.ask(lambda gateway: gateway.barrier.passed(5.0)):
                            break
                    except ConnectionLost:
                        pass
                    await asyncio.sleep(0.1)
        except TimeoutError:
            return [f"{name} does not work again after {HEALED_SECONDS:g} s"]
    await asyncio.sleep(1.0)
    return [f"{name}: {engine.engine.failure}" for name, engine in platform.engines.items() if engine.engine.failure]


def _look(platform: Platform, memory: Memory) -> list[str]:
    broker = platform.broker
    replica, expected = checks.replay(broker)
    truth = checks.truth_of(expected)
    wrong = [
        *checks.event_log_is_the_replay(broker, expected),
        *checks.answers_are_true(broker, memory, truth),
        *checks.balances_add_up(replica),
    ]
    for running in platform.gateways.values():
        wrong += checks.views_are_the_core(running.gateway.views, truth, replica)
    return wrong


def shrink(found: Outcome) -> Outcome:
    """The same seed with as few faults as it still fails with."""
    best = found
    for fault in list(found.faults):
        fewer = run(found.seed, [other for other in best.faults if other is not fault])
        if fewer.wrong:
            best = fewer
    return best
