"""A partition as a log: append to its end, read on from a place, ask where it begins and ends.

There is no retry and no producer id in here. Each append that fails is answered for above, where repeating is harmless: the gateway repeats
commands under the same ids, the engine looks at how far its log has come, and readers of events go by their numbers.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import Final, NamedTuple

from engine_container.logs import wire
from engine_container.logs.broker import Address, Connection, connect, connect_to_leader
from engine_container.logs.connection import BrokerSettings
from engine_container.logs.ports import LogRecord, LogUnavailableError
from engine_container.logs.wire import Api, PartitionRequests

REQUEST_SECONDS_MAX: Final = 4
READ_WAIT_MS: Final = 500
READ_BYTES_MAX: Final = 1024 * 1024
BATCH_BYTES_MAX: Final = 900_000
"""Of payloads in one batch: with their headers they stay below what a broker takes by default, 1 MB."""


class _Partition:
    """A connection to the leader, made when it is needed and thrown away after any failure; only then is the leader asked for again."""

    def __init__(self, settings: BrokerSettings, topic: str, partition: int) -> None:
        self._settings = settings
        self._topic = topic
        self._partition = partition
        self._requests = PartitionRequests(topic, partition)
        self._connection: Connection | None = None
        self._leader: Address | None = None

    async def open(self) -> None:
        """Connect ahead of the first request. Raises :class:`LogUnavailableError`."""
        await self._connected()

    async def _connected(self) -> Connection:
        if self._connection is None or not self._connection.is_open:
            try:
                await self._connect()
            except OSError as error:
                raise self._failure(error) from error
        if self._connection is None:  # closed while it was being made
            raise LogUnavailableError(f"{self._topic}: the connection was closed")
        return self._connection

    async def _connect(self) -> None:
        self._lost()
        if self._leader is None:
            self._connection, self._leader = await connect_to_leader(self._settings, self._topic, self._partition)
        else:
            self._connection = await connect(self._settings, *self._leader)

    def _lost(self) -> None:
        """The connection has ended, and what was asked on it has no answer."""

    def _failure(self, error: Exception) -> LogUnavailableError:
        self.close()
        self._leader = None
        return LogUnavailableError(f"{self._topic}: {str(error) or repr(error)}")

    def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()


class Appended(NamedTuple):
    """Where the records of an append are: from offset ``first`` on, before ``next``. With records of another writer between
    them the distance is more than their count.
    """

    first: int
    next: int


class PartitionWriter(_Partition):
    async def append(self, payloads: Sequence[bytes]) -> Appended:
        """Append in this order, or not at all from some place on; durable on all replicas in sync when it returns.

        Raises :class:`LogUnavailableError`, outcome unknown: what the log holds is to be read then.
        """
        connection = await self._connected()
        first = next_offset = -1
        try:
            # Each part waits for the answer to the one before: sent together, a broker that refuses the first may take the second.
            for part in _parts(payloads):
                batch = wire.record_batch(part, time.time_ns() // 1_000_000)
                body = self._requests.produce(batch, REQUEST_SECONDS_MAX * 1_000)
                offset = self._requests.produce_answer(await connection.request(Api.PRODUCE, body, REQUEST_SECONDS_MAX))
                first = offset if first < 0 else first
                next_offset = offset + len(part)
        except OSError as error:
            raise self._failure(error) from error
        except asyncio.CancelledError:
            self.close()  # nothing else may follow a part whose answer is not known
            raise
        return Appended(first, next_offset)


def _parts(payloads: Sequence[bytes]) -> list[Sequence[bytes]]:
    """Cut by size; nearly always one."""
    if sum(map(len, payloads)) <= BATCH_BYTES_MAX:
        return [payloads]
    parts: list[Sequence[bytes]] = []
    part: list[bytes] = []
    room = BATCH_BYTES_MAX
    for payload in payloads:
        if part and len(payload) > room:
            parts.append(part)
            part, room = [], BATCH_BYTES_MAX
        part.append(payload)
        room -= len(payload)
    return [*parts, part]


class PartitionEnds(_Partition):
    """Asks where the log begins and ends, on a connection of its own: on a reader's it would wait behind the reading."""

    async def begin(self) -> int:
        """The first offset that is kept."""
        return await self._offset(wire.EARLIEST)

    async def end(self) -> int:
        """The offset that the next record will get."""
        return await self._offset(wire.LATEST)

    async def _offset(self, moment: int) -> int:
        connection = await self._connected()
        try:
            answer = await connection.request(Api.LIST_OFFSETS, self._requests.offset_at(moment), REQUEST_SECONDS_MAX)
            return self._requests.offset_answer(answer)
        except OSError as error:
            raise self._failure(error) from error


class PartitionReader(_Partition):
    """Asks for the next records as soon as it has some: while they are worked on, the broker already waits with the question."""

    def __init__(self, settings: BrokerSettings, topic: str, partition: int) -> None:
        super().__init__(settings, topic, partition)
        self.position = 0
        """The offset that is read next."""
        self._asked: asyncio.Future[bytes] | None = None

    def seek(self, offset: int) -> None:
        """Read on from here."""
        if offset != self.position:
            self._asked = None  # the answer under way is about another place
        self.position = offset

    async def read(self) -> list[LogRecord]:
        """The next records; waits a little for the first and may come back with none. Raises :class:`LogUnavailableError`."""
        connection = await self._connected()
        try:
            answer = await (self._asked or self._ask(connection))
            self._asked = None
            found = wire.records(self._requests.fetch_answer(answer), self.position)
            if found:
                self.position = found[-1][0] + 1
            self._ask(connection)
        except OSError as error:
            raise self._failure(error) from error
        except asyncio.CancelledError:
            self.close()  # the answer under way is lost with who waited for it
            raise
        return [LogRecord(offset, payload, time_ms) for offset, time_ms, payload in found]

    def _ask(self, connection: Connection) -> asyncio.Future[bytes]:
        body = self._requests.fetch(self.position, READ_WAIT_MS, READ_BYTES_MAX)
        self._asked = connection.request(Api.FETCH, body, REQUEST_SECONDS_MAX)
        return self._asked

    def _lost(self) -> None:
        self._asked = None

    def close(self) -> None:
        self._asked = None
        super().close()
