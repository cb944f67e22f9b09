"""The event log on Kafka: one partition, read from any offset, without a consumer group."""

from __future__ import annotations

from engine_container.logs.connection import BrokerSettings
from engine_container.logs.partition import PartitionEnds, PartitionReader
from engine_container.logs.ports import LogRecord
from mycrypto.contracts.events import TOPIC


class KafkaEventLog:
    def __init__(self, settings: BrokerSettings, shard: int) -> None:
        self._reader = PartitionReader(settings, TOPIC, shard)
        self._ends = PartitionEnds(settings, TOPIC, shard)

    async def open(self, offset: int | None) -> None:
        await self._reader.open()
        self._reader.seek(max(await self._ends.begin(), offset or 0))

    async def read(self) -> list[LogRecord]:
        return await self._reader.read()

    async def end(self) -> int:
        return await self._ends.end()

    async def close(self) -> None:
        self._reader.close()
        self._ends.close()
