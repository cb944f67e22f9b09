"""The load generator, a process of its own: operations by a schedule that no answer holds up, and how long each took from the moment it was due.

Because the time counts from when an operation was due and not from when it could be sent, what waits behind a slow answer is slow as well: that is the
correction for coordinated omission, and nothing is made up. An operation without an answer counts with the time that it has waited.
"""

from __future__ import annotations

import asyncio
import gc
import time
from collections import deque
from dataclasses import dataclass
from multiprocessing.connection import Connection as Pipe
from typing import Final

import uvloop
from hdrh.histogram import HdrHistogram

from tests.load.kinds import Kind, Target, Work, work
from tests.load.rules import due

GRACE_SECONDS: Final = 5.0
"""After a step, for what is still under way."""
LOOK_SECONDS: Final = 0.0005
"""The generator looks no more often for what is due."""
HISTOGRAM: Final = (1, 600_000_000, 3)
"""Microseconds: the least, the greatest, and the digits that count."""
PERCENTILES: Final = {"p50": 50.0, "p90": 90.0, "p99": 99.0, "p99.9": 99.9, "max": 100.0}


@dataclass(frozen=True)
class Wanted:
    """A step that is asked of the generator. ``rate`` in what the kind counts, which is ``per`` times as much as operations."""

    kind: Kind
    target: Target
    rate: float
    seconds: float


@dataclass(frozen=True)
class Measured:
    """What came of it; latencies in milliseconds."""

    operations: int
    good: int
    achieved: float
    latencies: dict[str, float]
    busy: float
    """Of one core."""


class Tally:
    """Answers as they come; judged when the step is over, which costs nothing meanwhile."""

    def __init__(self, deadline: float) -> None:
        self.microseconds: list[int] = []
        self.good = 0
        self.in_time = 0
        """Of the good ones."""
        self._deadline = deadline

    def note(self, intended: float, good: bool) -> None:
        now = time.perf_counter()
        self.microseconds.append(int((now - intended) * 1e6))
        self.good += good
        self.in_time += good and now <= self._deadline


def percentiles(microseconds: list[int]) -> dict[str, float]:
    """In milliseconds."""
    histogram = HdrHistogram(*HISTOGRAM)
    for value in microseconds:
        histogram.record_value(min(max(value, HISTOGRAM[0]), HISTOGRAM[1]))
    found = histogram.get_percentile_to_value_dict(list(PERCENTILES.values()))
    return {name: found[share] / 1_000 for name, share in PERCENTILES.items()}


async def hold(made: Work, rate: float, seconds: float, patience: float, grace: float = GRACE_SECONDS) -> tuple[Tally, int]:
    """``rate`` operations a second. Returns the answers, those in time that came before ``patience`` had passed after the end, and how many operations
    there were.
    """
    count = max(1, round(rate * seconds))
    started = time.perf_counter() + 0.05
    tally, late, under_way = Tally(started + seconds + patience), deque[int](), dict[int, float]()

    def send(number: int) -> None:
        under_way[number] = due(started, rate, number)

        def done(good: bool) -> None:
            tally.note(under_way.pop(number), good)
            if late and made.ready():
                send(late.popleft())

        made.send(number, done)

    number = 0
    while number < count:
        now = time.perf_counter()
        while number < count and due(started, rate, number) <= now:
            if not late and made.ready():
                send(number)
            else:
                late.append(number)
            number += 1
        if number < count:
            await asyncio.sleep(max(due(started, rate, number) - time.perf_counter(), LOOK_SECONDS))
    end = time.perf_counter() + grace
    while (late or under_way) and time.perf_counter() < end:
        if late and made.ready():
            send(late.popleft())
        await asyncio.sleep(0.01)
    now = time.perf_counter()
    tally.microseconds += [int((now - due(started, rate, each)) * 1e6) for each in (*late, *under_way)]
    return tally, count


async def step(wanted: Wanted) -> Measured:
    made = work(wanted.kind, wanted.target)
    await made.open()
    gc.collect()
    gc.freeze()
    began, processor = time.perf_counter(), time.process_time()
    tally, count = await hold(made, wanted.rate / wanted.kind.per, wanted.seconds, wanted.kind.limits.p99_ms / 1_000)
    busy = (time.process_time() - processor) / (time.perf_counter() - began)
    made.close()
    return Measured(count, tally.good, wanted.rate * tally.in_time / count, percentiles(tally.microseconds), busy)


def serve(pipe: Pipe) -> None:
    """The process: a step for each that is asked for, until it is told ``None``."""
    while (wanted := pipe.recv()) is not None:
        try:
            pipe.send(uvloop.run(step(wanted)))
        except Exception as error:  # noqa: BLE001 - the run says what it was, and ends
            pipe.send(repr(error))
