"""Two logs and a lease that are as slow and as unreliable as the plan says: the ports of engine and gateway over lists in memory.

An append may lose its answer (it is on the log, its sender is told of a failure), may be late (it comes onto the log after its sender has
given up), or may be refused. A broker that is away refuses everything.
"""

from __future__ import annotations

import asyncio
from random import Random

from engine_container.engine.following import Following
from engine_container.engine.ports import BEGINNING, Reached
from engine_container.engine.replica import CommandRecord
from engine_container.logs.ports import LogRecord, LogUnavailableError
from tests.simulation.loop import CURRENT, VirtualLoop

EPOCH_MS = 1_800_000_000_000
READ_SECONDS = 0.5
READ_MAX = 20


class Broker:
    """What survives everything. Chances are per append."""

    def __init__(self, loop: VirtualLoop, random: Random) -> None:
        self.loop = loop
        self.random = random
        self.commands: list[CommandRecord] = []
        self.events: list[bytes] = []
        self.away = False
        self.lost_answers = self.late = self.refused = 0.0
        self._grown = asyncio.Event()

    async def trip(self) -> None:
        """There or back. Raises LogUnavailableError."""
        await asyncio.sleep(self.random.uniform(0.0002, 0.004))
        if self.away:
            raise LogUnavailableError("the broker is away")

    async def append(self, log: list[bytes] | list[CommandRecord], payloads: list[bytes]) -> int:
        """The offset of the first; raises LogUnavailableError with all three outcomes possible."""
        await self.trip()
        fate = self.random.random()
        if fate < self.refused:
            raise LogUnavailableError("refused")
        if fate < self.refused + self.late:
            delay = self.random.uniform(0.05, 3.0)
            token = CURRENT.set(None)  # it is on its way, whatever becomes of its sender
            self.loop.call_later(delay, self._land, log, payloads)
            CURRENT.reset(token)
            await asyncio.sleep(self.random.uniform(0, 0.1))
            raise LogUnavailableError("no answer in time")
        first = self._land(log, payloads)
        if fate < self.refused + self.late + self.lost_answers:
            raise LogUnavailableError("the answer was lost")
        await self.trip()
        return first

    def _land(self, log: list[bytes] | list[CommandRecord], payloads: list[bytes]) -> int:
        first = len(log)
        for payload in payloads:
            if log is self.commands:
                self.commands.append(CommandRecord(len(self.commands), self.now_ms(), payload))
            else:
                self.events.append(payload)
        self._grown.set()
        self._grown = asyncio.Event()
        return first

    def now_ms(self) -> int:
        return EPOCH_MS + int(self.loop.now * 1_000)

    async def beyond(self, log: list[bytes] | list[CommandRecord], place: int) -> None:
        """Wait a little until the log is longer than this."""
        await self.trip()
        if len(log) <= place:
            try:
                async with asyncio.timeout(READ_SECONDS):
                    await self._grown.wait()
            except TimeoutError:
                return
        await self.trip()


class Source:
    """The engine's reader of commands."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self.place = 0

    async def open(self, offset: int) -> None:
        await self._broker.trip()
        self.place = offset

    async def read(self) -> list[CommandRecord]:
        await self._broker.beyond(self._broker.commands, self.place)
        records = self._broker.commands[self.place : self.place + READ_MAX]
        self.place += len(records)
        return records

    async def begin(self) -> int:
        await self._broker.trip()
        return 0

    async def end(self) -> int:
        await self._broker.trip()
        return len(self._broker.commands)

    async def close(self) -> None:
        return


class Sink:
    """The engine's writer of events; it follows the log as the real one does."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self._following = Following()

    @property
    def reached(self) -> Reached:
        return self._following.reached

    def follow_from(self, place: Reached) -> None:
        self._following.reached = place

    async def published(self) -> int:
        await self._broker.trip()
        following = self._following
        if following.reached == BEGINNING:
            following.reached = Reached(0, 1)
        for offset in range(following.reached.offset, len(self._broker.events)):
            following.take(offset, self._broker.events[offset])
        return following.reached.next_seq

    async def append(self, payloads: list[bytes]) -> None:
        first = await self._broker.append(self._broker.events, payloads)
        self._following.appended(first, first + len(payloads), payloads)

    async def append_command(self, payload: bytes) -> None:
        await self._broker.append(self._broker.commands, [payload])

    async def close(self) -> None:
        return


class Commands:
    """The gateway's writer of commands."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker

    async def open(self) -> None:
        await self._broker.trip()

    async def append(self, payload: bytes) -> None:
        await self._broker.append(self._broker.commands, [payload])

    async def close(self) -> None:
        return


class Events:
    """The gateway's reader of events."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self.place = 0

    async def open(self, offset: int | None) -> None:
        await self._broker.trip()
        self.place = offset or 0

    async def read(self) -> list[LogRecord]:
        await self._broker.beyond(self._broker.events, self.place)
        found = self._broker.events[self.place : self.place + READ_MAX]
        records = [LogRecord(self.place + index, payload) for index, payload in enumerate(found)]
        self.place += len(records)
        return records

    async def end(self) -> int:
        await self._broker.trip()
        return len(self._broker.events)

    async def close(self) -> None:
        return


class Redis:
    """Of it only the lease: who holds it, and until when. ``away``: nobody can say, and everybody publishes."""

    def __init__(self, loop: VirtualLoop) -> None:
        self.loop = loop
        self.holder: tuple[str, float] | None = None
        self.away = False

    def wipe(self) -> None:
        self.holder = None


class Lease:
    def __init__(self, redis: Redis, owner: str, seconds: float) -> None:
        self._redis = redis
        self._owner = owner
        self._seconds = seconds

    async def hold(self) -> bool:
        await asyncio.sleep(0.0005)
        redis = self._redis
        if redis.away:
            return True
        if redis.holder is not None and redis.holder[0] != self._owner and redis.holder[1] > redis.loop.now:
            return False
        redis.holder = (self._owner, redis.loop.now + self._seconds)
        return True

    async def give_up(self) -> None:
        if self._redis.holder is not None and self._redis.holder[0] == self._owner:
            self._redis.holder = None
