"""The command log on Kafka: acknowledged by all replicas, no linger, one append in flight."""

from __future__ import annotations

from engine_container.logs.connection import BrokerSettings
from engine_container.logs.partition import PartitionWriter
from mycrypto.contracts.commands import TOPIC


class KafkaCommandLog:
    """Appends to the partition of one shard."""

    def __init__(self, settings: BrokerSettings, shard: int) -> None:
        self._writer = PartitionWriter(settings, TOPIC, shard)

    async def open(self) -> None:
        await self._writer.open()

    async def append(self, payload: bytes) -> None:
        await self._writer.append([payload])

    async def close(self) -> None:
        self._writer.close()
