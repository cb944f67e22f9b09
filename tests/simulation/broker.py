"""A Kafka broker in memory: it keeps partitions, speaks the protocol's bytes, and is as slow and unreliable as the plan says.

An append may be refused, may lose its answer (it is on the log, and the connection is gone), or may be late (the connection is gone, and
it comes onto the log some time later). A broker that is away refuses connections; one that is stopped holds them without an answer.
"""

from __future__ import annotations

import asyncio
import struct
from bisect import bisect_right
from collections.abc import Callable, Sequence
from enum import Enum
from random import Random
from typing import Any

from aiokafka.record.memory_records import MemoryRecords

from engine_container.logs import wire
from engine_container.logs.wire import Api
from mycrypto.contracts import commands, events
from tests.simulation.loop import EPOCH, NO_PROCESS, VirtualLoop

Place = tuple[str, int]
"""Topic and partition."""
COMMANDS: Place = (commands.TOPIC, 0)
EVENTS: Place = (events.TOPIC, 0)
BATCHES_MAX = 8
"""In one answer: readers have to come again."""
REFUSALS = (6, 7, 19, 56)
STORAGE_ERROR = 56


class Fate(Enum):
    """What becomes of an append."""

    DONE = 0
    REFUSED = 1
    LATE = 2
    LOST = 3


class Log:
    """A partition. ``arrived`` is the loop's time of each record."""

    def __init__(self) -> None:
        self.payloads: list[bytes] = []
        self.keys: list[bytes | None] = []
        self.times: list[int] = []
        self.arrived: list[float] = []
        self.batches: list[bytes] = []
        self.starts: list[int] = []
        self.waiting: list[asyncio.Future[None]] = []

    def __len__(self) -> int:
        return len(self.payloads)

    def batches_from(self, offset: int) -> bytes:
        first = max(0, bisect_right(self.starts, offset) - 1)
        return b"".join(self.batches[first : first + BATCHES_MAX]) if offset < len(self.payloads) else b""


def _wake(reader: asyncio.Future[None]) -> None:
    if not reader.done():
        reader.set_result(None)


class Broker:
    """What survives everything. Chances are per append. ``ahead_ms``: of its clock."""

    def __init__(self, loop: VirtualLoop, random: Random) -> None:
        self.loop = loop
        self.random = random
        self.logs: dict[Place, Log] = {}
        self.committed: dict[tuple[str, Place], int] = {}
        """What consumer groups have noted."""
        self.away = self.stopped = self.full = self.events_full = False
        self.lost_answers = self.late = self.refused = 0.0
        self.ahead_ms = 0

    @property
    def commands(self) -> Log:
        return self.log(COMMANDS)

    @property
    def events(self) -> Log:
        return self.log(EVENTS)

    def log(self, place: Place) -> Log:
        found = self.logs.get(place)
        if found is None:
            found = self.logs[place] = Log()
        return found

    def now_ms(self) -> int:
        return EPOCH * 1_000 + int(self.loop.now * 1_000) + self.ahead_ms

    def fate(self, place: Place) -> Fate:
        if self.full or (self.events_full and place == EVENTS):
            return Fate.REFUSED
        drawn = self.random.random()
        if drawn < self.refused:
            return Fate.REFUSED
        if drawn < self.refused + self.late:
            return Fate.LATE
        return Fate.LOST if drawn < self.refused + self.late + self.lost_answers else Fate.DONE

    def append(self, place: Place, payloads: Sequence[bytes], keys: Sequence[bytes | None] = ()) -> int:
        """The offset of the first."""
        log = self.log(place)
        first = len(log)
        batch = bytearray(wire.record_batch(payloads, self.now_ms()))
        struct.pack_into(">q", batch, 0, first)
        log.batches.append(bytes(batch))
        log.starts.append(first)
        log.payloads += payloads
        log.keys += keys or [None] * len(payloads)
        log.times += [self.now_ms()] * len(payloads)
        log.arrived += [self.loop.now] * len(payloads)
        waiting, log.waiting = log.waiting, []
        for reader in waiting:
            _wake(reader)
        return first

    async def beyond(self, place: Place, offset: int, seconds: float) -> None:
        """Wait a little until the partition is longer than this."""
        log = self.log(place)
        if len(log) > offset:
            return
        grown = self.loop.create_future()
        log.waiting.append(grown)
        timer = self.loop.call_later(seconds, _wake, grown)
        await grown
        timer.cancel()

    def once_beyond(self, place: Place, offset: int, seconds: float, then: Callable[[], None]) -> None:
        """Call it when the partition is longer than this, or after so long: as ``beyond``, without a task, because most requests are such."""
        log = self.log(place)
        if len(log) > offset:
            then()
            return

        def woken(_: asyncio.Future[None]) -> None:
            timer.cancel()
            then()

        grown = self.loop.create_future()
        log.waiting.append(grown)
        timer = self.loop.call_later(seconds, _wake, grown)
        grown.add_done_callback(woken, context=NO_PROCESS)


_TOPIC_AND_PARTITION = struct.Struct(">ii")
_KEY_AND_VERSION = struct.Struct(">hh")
_SIZE = struct.Struct(">h")
_PRODUCE, _FETCH, _LIST_OFFSETS, _METADATA = (api.value for api in (Api.PRODUCE, Api.FETCH, Api.LIST_OFFSETS, Api.METADATA))


def _text(data: bytes, at: int) -> tuple[str, int]:
    (size,) = struct.unpack_from(">h", data, at)
    return data[at + 2 : at + 2 + size].decode(), at + 2 + size


class Refused(Exception):  # noqa: N818 - of the protocol
    """The connection ends without an answer."""


class Conversation:
    """Answers the requests of one connection, one after the other."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker

    def take(self, request: bytes, then: Callable[[bytes], None]) -> None:
        """A request without its length; ``then`` is called with the answer, with correlation id and without length. Raises :class:`Refused`."""
        api, (name_size,) = _KEY_AND_VERSION.unpack_from(request), _SIZE.unpack_from(request, 8)
        correlation, body = request[4:8], request[10 + name_size :]
        if api == _FETCH:
            self._fetch(body, lambda answer: then(correlation + answer))
        else:
            then(correlation + self._of(api, body))

    def _of(self, api: tuple[int, int], body: bytes) -> bytes:
        if api == _PRODUCE:
            return self._produce(body)
        if api == _LIST_OFFSETS:
            place, address, at = _address(body, 4)
            (moment,) = struct.unpack_from(">q", body, at)
            return address + struct.pack(">hqq", 0, -1, 0 if moment == wire.EARLIEST else len(self._broker.log(place)))
        if api == _METADATA:
            return _metadata(_text(body, 4)[0])
        raise Refused

    def _produce(self, body: bytes) -> bytes:
        place, address, at = _address(body, 8)
        payloads = [record.value for batch in _batches(body[at + 4 :]) for record in batch]
        broker = self._broker
        fate = broker.fate(place)
        if fate is Fate.REFUSED:
            code = STORAGE_ERROR if broker.full or broker.events_full else broker.random.choice(REFUSALS)
            return address + struct.pack(">hqqqi", code, -1, -1, 0, 0)
        if fate is Fate.LATE:
            broker.loop.arrive_late(broker.random.uniform(0.05, 3.0), broker.append, place, payloads)
            raise Refused
        first = broker.append(place, payloads)
        if fate is Fate.LOST:
            raise Refused
        return address + struct.pack(">hqqqi", 0, first, broker.now_ms(), 0, 0)

    def _fetch(self, body: bytes, then: Callable[[bytes], None]) -> None:
        (wait_ms,) = struct.unpack_from(">i", body, 4)
        place, address, at = _address(body, 17)
        (offset,) = struct.unpack_from(">q", body, at)
        log = self._broker.log(place)
        if offset > len(log):
            then(struct.pack(">i", 0) + address + struct.pack(">hqqii", 1, -1, -1, -1, 0))
            return

        def answer() -> None:
            found = log.batches_from(offset)
            then(struct.pack(">i", 0) + address + struct.pack(">hqqii", 0, len(log), len(log), -1, len(found)) + found)

        self._broker.once_beyond(place, offset, wait_ms / 1_000, answer)


def _batches(data: bytes) -> list[list[Any]]:
    found = []
    reader = MemoryRecords(data)
    while reader.has_next():
        found.append(list(reader.next_batch()))
    return found


def _address(body: bytes, at: int) -> tuple[Place, bytes, int]:
    """The partition that a request is about, the bytes that say so, and where they end."""
    topic, after = _text(body, at + 4)
    _, partition = _TOPIC_AND_PARTITION.unpack_from(body, after)
    end = after + _TOPIC_AND_PARTITION.size
    return (topic, partition), body[at:end], end


def _metadata(topic: str) -> bytes:
    name, host = topic.encode(), b"broker"
    broker = struct.pack(">i", 1) + struct.pack(">h", len(host)) + host + struct.pack(">ih", 9092, -1)
    partition = struct.pack(">hiiiiii", 0, 0, 1, 1, 1, 1, 1)
    topics = struct.pack(">ih", 1, 0) + struct.pack(">h", len(name)) + name + struct.pack(">bi", 0, 1) + partition
    return struct.pack(">ii", 0, 1) + broker + struct.pack(">hi", -1, 1) + topics
