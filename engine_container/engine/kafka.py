"""The two logs on Kafka: one partition each, assigned by hand, no consumer group."""

from __future__ import annotations

import asyncio
from typing import Any, Final

import msgspec
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError

from engine_container.engine.replica import CommandRecord
from engine_container.logs.connection import BrokerSettings, client_options
from engine_container.logs.ports import LogUnavailableError
from mycrypto.contracts import commands, events

READ_WAIT_MS: Final = 500
RECORDS_PER_READ_MAX: Final = 2_000
FETCH_BYTES_MAX: Final = 8 * 1024 * 1024
REQUEST_TIMEOUT_MS: Final = 4_000
RECORD_BYTES_MAX: Final = 1_000_000
TAIL_RECORDS: Final = 50
"""How many of the last event records are read to find the end: an engine that lost its lease unaware may have written old ones last."""
_CLOSE_SECONDS_MAX: Final = 2

_FAILURES: Final = (KafkaError, OSError, TimeoutError)


async def _closed(client: Any) -> None:
    try:
        await asyncio.wait_for(client.stop(), _CLOSE_SECONDS_MAX)
    except _FAILURES:
        return


async def _consumer(settings: BrokerSettings, partition: TopicPartition) -> AIOKafkaConsumer:
    consumer = AIOKafkaConsumer(
        **client_options(settings),
        group_id=None,
        enable_auto_commit=False,
        auto_offset_reset="none",
        fetch_max_wait_ms=READ_WAIT_MS,
        max_partition_fetch_bytes=FETCH_BYTES_MAX,
        request_timeout_ms=REQUEST_TIMEOUT_MS * 2,
        retry_backoff_ms=50,
    )
    try:
        await consumer.start()
        exists = partition.topic in await consumer.topics()
        if exists:
            consumer.assign([partition])
    except _FAILURES as error:
        await _closed(consumer)
        raise LogUnavailableError(f"{partition.topic}: {error!r}") from error
    except BaseException:
        await _closed(consumer)
        raise
    if not exists:
        await _closed(consumer)
        raise LogUnavailableError(f"the topic {partition.topic} does not exist yet")
    return consumer


class KafkaCommandSource:
    """Reads ``engine-commands``."""

    def __init__(self, settings: BrokerSettings, shard: int) -> None:
        self._settings = settings
        self._partition = TopicPartition(commands.TOPIC, shard)
        self._client: AIOKafkaConsumer | None = None

    async def open(self, offset: int) -> None:
        client = await self._connected()
        client.seek(self._partition, offset)

    async def _connected(self) -> AIOKafkaConsumer:
        if self._client is None:
            self._client = await _consumer(self._settings, self._partition)
        return self._client

    async def read(self) -> list[CommandRecord]:
        try:
            client = await self._connected()
            batches = await client.getmany(self._partition, timeout_ms=READ_WAIT_MS, max_records=RECORDS_PER_READ_MAX)
        except _FAILURES as error:
            await self.close()
            raise LogUnavailableError(f"{commands.TOPIC}: {error!r}") from error
        return [CommandRecord(record.offset, record.timestamp, record.value or b"") for rows in batches.values() for record in rows]

    async def end(self) -> int:
        try:
            client = await self._connected()
            return int((await client.end_offsets([self._partition]))[self._partition])
        except _FAILURES as error:
            await self.close()
            raise LogUnavailableError(f"{commands.TOPIC}: {error!r}") from error

    async def close(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            await _closed(client)


class KafkaEventSink:
    """Appends to ``engine-events`` with an idempotent producer, acknowledged by all replicas.

    After any failure the clients are thrown away: a producer whose batch expired has a hole in its sequence.
    """

    def __init__(self, settings: BrokerSettings, shard: int) -> None:
        self._settings = settings
        self._shard = shard
        self._partition = TopicPartition(events.TOPIC, shard)
        self._producer: AIOKafkaProducer | None = None
        self._consumer: AIOKafkaConsumer | None = None
        self._seen_end = -1
        self._published = 1

    async def published(self) -> int:
        try:
            if self._consumer is None:
                self._consumer = await _consumer(self._settings, self._partition)
                self._seen_end = -1
            end = int((await self._consumer.end_offsets([self._partition]))[self._partition])
            if end == self._seen_end:
                return self._published
            begin = int((await self._consumer.beginning_offsets([self._partition]))[self._partition])
            self._published = await self._last_seq(self._consumer, begin, end)
            self._seen_end = end
        except _FAILURES as error:
            await self.close()
            raise LogUnavailableError(f"{events.TOPIC}: {error!r}") from error
        return self._published

    async def _last_seq(self, consumer: AIOKafkaConsumer, begin: int, end: int) -> int:
        start = max(begin, end - TAIL_RECORDS)
        latest = 1
        consumer.seek(self._partition, start)
        position = start
        while position < end:
            batches = await consumer.getmany(self._partition, timeout_ms=READ_WAIT_MS)
            for record in batches.get(self._partition, ()):
                position = record.offset + 1
                try:
                    latest = max(latest, events.decode_record(record.value).next_seq)
                except msgspec.DecodeError as error:
                    raise LogUnavailableError(f"{events.TOPIC}: offset {record.offset} holds no event record: {error}") from error
            if not batches:
                position = max(position, int(await consumer.position(self._partition)))
        return latest

    async def append(self, payloads: list[bytes]) -> None:
        try:
            producer = await self._connected()
            sent = [await producer.send(events.TOPIC, payload, partition=self._shard) for payload in payloads]
            await asyncio.gather(*sent)
        except _FAILURES as error:
            await self.close()
            raise LogUnavailableError(f"{events.TOPIC}: {error!r}") from error

    async def append_command(self, payload: bytes) -> None:
        try:
            producer = await self._connected()
            await producer.send_and_wait(commands.TOPIC, payload, partition=self._shard)
        except _FAILURES as error:
            raise LogUnavailableError(f"{commands.TOPIC}: {error!r}") from error

    async def _connected(self) -> AIOKafkaProducer:
        if self._producer is not None:
            return self._producer
        producer = AIOKafkaProducer(
            **client_options(self._settings),
            acks="all",
            enable_idempotence=True,
            linger_ms=0,
            request_timeout_ms=REQUEST_TIMEOUT_MS,
            retry_backoff_ms=50,
            max_request_size=RECORD_BYTES_MAX,
            max_batch_size=256 * 1024,
        )
        try:
            await producer.start()
        except BaseException:
            await _closed(producer)
            raise
        self._producer = producer
        return producer

    async def close(self) -> None:
        producer, self._producer = self._producer, None
        consumer, self._consumer = self._consumer, None
        for client in (producer, consumer):
            if client is not None:
                await _closed(client)
