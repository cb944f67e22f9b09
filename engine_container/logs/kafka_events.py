"""The event log on Kafka: one partition, read from any offset, without a consumer group."""

from __future__ import annotations

import asyncio
from typing import Final

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from engine_container.logs.connection import BrokerSettings, client_options
from engine_container.logs.ports import LogRecord, LogUnavailableError
from mycrypto.contracts.events import TOPIC

RECORDS_PER_READ_MAX: Final = 500
READ_WAIT_MS: Final = 500
_FETCH_BYTES_MAX: Final = 4 * 1024 * 1024
_CLOSE_SECONDS_MAX: Final = 2


class KafkaEventLog:
    def __init__(self, settings: BrokerSettings, shard: int) -> None:
        self._settings = settings
        self._partition = TopicPartition(TOPIC, shard)
        self._consumer: AIOKafkaConsumer | None = None

    async def open(self, offset: int | None) -> None:
        await self.close()
        consumer = AIOKafkaConsumer(
            **client_options(self._settings),
            group_id=None,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            fetch_max_wait_ms=READ_WAIT_MS,
            max_partition_fetch_bytes=_FETCH_BYTES_MAX,
            retry_backoff_ms=50,
        )
        try:
            await self._start(consumer, offset)
        except (KafkaError, OSError, TimeoutError) as error:
            await consumer.stop()
            raise LogUnavailableError(f"{TOPIC}: {error!r}") from error
        except BaseException:
            await consumer.stop()
            raise
        self._consumer = consumer

    async def _start(self, consumer: AIOKafkaConsumer, offset: int | None) -> None:
        await consumer.start()
        if TOPIC not in await consumer.topics():
            raise LogUnavailableError(f"the topic {TOPIC} does not exist yet")
        consumer.assign([self._partition])
        if offset is None:
            await consumer.seek_to_beginning(self._partition)
        else:
            consumer.seek(self._partition, offset)

    @property
    def _open_consumer(self) -> AIOKafkaConsumer:
        if self._consumer is None:
            raise LogUnavailableError(f"{TOPIC} is not open")
        return self._consumer

    async def read(self) -> list[LogRecord]:
        try:
            batches = await self._open_consumer.getmany(self._partition, timeout_ms=READ_WAIT_MS, max_records=RECORDS_PER_READ_MAX)
        except (KafkaError, OSError) as error:
            raise LogUnavailableError(f"{TOPIC}: {error!r}") from error
        return [LogRecord(record.offset, record.value) for records in batches.values() for record in records if record.value is not None]

    async def end(self) -> int:
        try:
            offsets = await self._open_consumer.end_offsets([self._partition])
        except (KafkaError, OSError, TimeoutError) as error:
            raise LogUnavailableError(f"{TOPIC}: {error!r}") from error
        return int(offsets[self._partition])

    async def close(self) -> None:
        consumer, self._consumer = self._consumer, None
        if consumer is not None:
            try:
                await asyncio.wait_for(consumer.stop(), _CLOSE_SECONDS_MAX)
            except (KafkaError, OSError, TimeoutError):
                return
