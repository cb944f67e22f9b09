"""The two logs on Kafka: one partition each, no consumer group."""

from __future__ import annotations

from typing import Final

import msgspec

from engine_container.engine.replica import CommandRecord
from engine_container.logs.connection import BrokerSettings
from engine_container.logs.partition import PartitionEnds, PartitionReader, PartitionWriter
from engine_container.logs.ports import LogUnavailableError
from mycrypto.contracts import commands, events

TAIL_RECORDS: Final = 50
"""How many of the last event records are read to find the end: an engine that lost its lease unaware may have written old ones last."""


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
        self._tail = PartitionReader(settings, events.TOPIC, shard)
        self._ends = PartitionEnds(settings, events.TOPIC, shard)
        self._seen_end = -1
        self._published = 1

    async def published(self) -> int:
        end = await self._ends.end()
        if end != self._seen_end:
            self._published = await self._last_seq(await self._ends.begin(), end)
            self._seen_end = end
        return self._published

    async def _last_seq(self, begin: int, end: int) -> int:
        tail = self._tail
        tail.seek(max(begin, end - TAIL_RECORDS))
        latest = 1
        try:
            while tail.position < end:
                for record in await tail.read():
                    try:
                        latest = max(latest, events.decode_record(record.payload).next_seq)
                    except msgspec.DecodeError as error:
                        raise LogUnavailableError(f"{events.TOPIC}: offset {record.offset} holds no event record: {error}") from error
        finally:
            tail.close()
        return latest

    async def append(self, payloads: list[bytes]) -> None:
        await self._writer.append(payloads)

    async def append_command(self, payload: bytes) -> None:
        await self._commands.append([payload])

    async def close(self) -> None:
        for part in (self._writer, self._commands, self._tail, self._ends):
            part.close()
