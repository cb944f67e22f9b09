"""The two logs on Kafka: one partition each, no consumer group."""

from __future__ import annotations

from typing import Final

from engine_container.engine.following import Following
from engine_container.engine.ports import BEGINNING, EventLogHoleError, Reached
from engine_container.engine.replica import CommandRecord
from engine_container.logs.connection import BrokerSettings
from engine_container.logs.partition import PartitionEnds, PartitionReader, PartitionWriter
from engine_container.logs.ports import LogUnavailableError
from mycrypto.contracts import commands, events

SHORT_LOOKS_MAX: Final = 50
"""So often a log that ends before what was read of it is asked again: a new leader knows its end a moment later."""


class KafkaCommandSource:
    """Reads ``engine-commands``."""

    def __init__(self, settings: BrokerSettings, shard: int) -> None:
        self._reader = PartitionReader(settings, commands.TOPIC, shard)
        self._ends = PartitionEnds(settings, commands.TOPIC, shard)

    async def open(self, offset: int) -> None:
        await self._reader.open()
        self._reader.seek(offset)

    async def read(self) -> list[CommandRecord]:
        return [CommandRecord(record.offset, record.time_ms, record.payload) for record in await self._reader.read()]

    async def begin(self) -> int:
        return await self._ends.begin()

    async def end(self) -> int:
        return await self._ends.end()

    async def close(self) -> None:
        self._reader.close()
        self._ends.close()


class KafkaEventSink:
    """Appends to ``engine-events``, acknowledged by all replicas."""

    def __init__(self, settings: BrokerSettings, shard: int) -> None:
        self._writer = PartitionWriter(settings, events.TOPIC, shard)
        self._commands = PartitionWriter(settings, commands.TOPIC, shard)
        self._reader = PartitionReader(settings, events.TOPIC, shard)
        self._ends = PartitionEnds(settings, events.TOPIC, shard)
        self._following = Following()
        self._granted = False
        """Whether the place to begin with was given, not read by this process."""
        self._short_looks = 0

    @property
    def reached(self) -> Reached:
        return self._following.reached

    def follow_from(self, place: Reached) -> None:
        self._following.reached = place
        self._granted = place != BEGINNING

    async def published(self) -> int:
        begin, end = await self._ends.begin(), await self._ends.end()
        self._check_place(begin, end)
        try:
            await self._follow(begin, end)
        except EventLogHoleError:
            if not self._granted:
                raise
            self.follow_from(BEGINNING)  # the place may be one of another log: only what was read counts
            await self._follow(begin, end)
        return max(self.reached.next_seq, 1)

    def _check_place(self, begin: int, end: int) -> None:
        place = self.reached.offset
        if place > end and not self._granted and self._short_looks < SHORT_LOOKS_MAX:
            self._short_looks += 1
            raise LogUnavailableError(f"{events.TOPIC}: it ends at offset {end}, and was read up to {place}")
        self._short_looks = 0
        if not begin <= place <= end:
            self.follow_from(BEGINNING)

    async def _follow(self, begin: int, end: int) -> None:
        reader, following = self._reader, self._following
        if following.reached == BEGINNING and begin == 0:
            following.reached = Reached(0, 1)  # nothing was dropped, so it begins with the first event
        place = max(begin, following.reached.offset)
        if reader.position != place:
            reader.seek(place)
        while reader.position < end:
            for record in await reader.read():
                following.take(record.offset, record.payload)

    async def append(self, payloads: list[bytes]) -> None:
        first, next_offset = await self._writer.append(payloads)
        self._following.appended(first, next_offset, payloads)

    async def append_command(self, payload: bytes) -> None:
        await self._commands.append([payload])

    async def close(self) -> None:
        for part in (self._writer, self._commands, self._reader, self._ends):
            part.close()
