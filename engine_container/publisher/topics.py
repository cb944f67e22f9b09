"""The public topics on Kafka: what was written last, and writing on from there without loss and in order.

How far publishing has come is read from the topics themselves: the last envelope of each partition. Every message of a partition that
comes after it is missing, every other one is there. The committed offset of the group only saves reading the whole log into envelopes again,
and covers partitions whose last envelope has outlived its retention.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Final

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError, MessageSizeTooLargeError
from aiokafka.partitioner import murmur2

from engine_container.logs.connection import BrokerSettings, client_options
from engine_container.logs.ports import LogUnavailableError
from engine_container.publisher.envelopes import ORDER_TOPIC, TRADE_TOPIC, Message, position_of
from mycrypto.contracts.events import TOPIC as EVENTS_TOPIC

PARTITIONS: Final = 12
REQUEST_TIMEOUT_MS: Final = 10_000
_TAIL_SECONDS_MAX: Final = 10
_CLOSE_SECONDS_MAX: Final = 2
_POSITIVE: Final = 0x7FFFFFFF
BATCH_BYTES_MAX: Final = 512 * 1024

_Place = tuple[str, int]
"""Topic and partition."""


def partition_of(key: bytes) -> int:
    """The partition that Kafka's own clients choose for a key."""
    return int((murmur2(key) & _POSITIVE) % PARTITIONS)


class PublicTopics:
    def __init__(self, settings: BrokerSettings, shard: int) -> None:
        self._settings = settings
        self._group = f"publisher-{shard}"
        self._events = TopicPartition(EVENTS_TOPIC, shard)
        self._producer: AIOKafkaProducer | None = None
        self._consumer: AIOKafkaConsumer | None = None
        self._written: dict[_Place, int] = {}

    async def open(self) -> int:
        """Connect and find the end of what was written; returns the event log's offset from which on anything may be missing."""
        await self.close()
        try:
            self._consumer = AIOKafkaConsumer(**client_options(self._settings), group_id=self._group, enable_auto_commit=False)
            await self._consumer.start()
            committed = await self._consumer.committed(self._events)
            await self._find_ends(self._consumer)
            self._producer = AIOKafkaProducer(
                **client_options(self._settings),
                acks="all",
                enable_idempotence=True,
                request_timeout_ms=REQUEST_TIMEOUT_MS,
                max_batch_size=BATCH_BYTES_MAX,
            )
            await self._producer.start()
        except (KafkaError, OSError, TimeoutError) as error:
            await self.close()
            raise LogUnavailableError(f"public topics: {error!r}") from error
        return int(committed or 0)

    async def _find_ends(self, consumer: AIOKafkaConsumer) -> None:
        partitions = [TopicPartition(topic, number) for topic in (ORDER_TOPIC, TRADE_TOPIC) for number in range(PARTITIONS)]
        consumer.assign(partitions)
        first = await consumer.beginning_offsets(partitions)
        ends = await consumer.end_offsets(partitions)
        wanted = [partition for partition in partitions if ends[partition] > first[partition]]
        self._written = {}
        if wanted:
            consumer.assign(wanted)
            for partition in wanted:
                consumer.seek(partition, ends[partition] - 1)
            async with asyncio.timeout(_TAIL_SECONDS_MAX):
                for partition in wanted:
                    record = await consumer.getone(partition)
                    self._written[partition.topic, partition.partition] = position_of(record.value)
        consumer.assign([self._events])

    async def publish(self, messages: Sequence[Message], next_offset: int) -> int:
        """Write what is not there yet, in order, then note the event log's next offset. Returns how many were written.

        Raises :class:`LogUnavailableError`; call :meth:`open` and publish the same messages again then.
        """
        producer, consumer = self._producer, self._consumer
        if producer is None or consumer is None:
            raise LogUnavailableError("the public topics are not open")
        try:
            missing: dict[_Place, list[Message]] = {}
            for message in messages:
                place = (message.topic, partition_of(message.key))
                if message.position > self._written.get(place, 0):
                    missing.setdefault(place, []).append(message)
            await self._write_all(producer, missing)
            await consumer.commit({self._events: next_offset})
        except (KafkaError, OSError, TimeoutError) as error:
            await self.close()
            raise LogUnavailableError(f"public topics: {error!r}") from error
        return sum(map(len, missing.values()))

    async def _write_all(self, producer: AIOKafkaProducer, missing: Mapping[_Place, Sequence[Message]]) -> None:
        try:
            async with asyncio.TaskGroup() as work:
                for place, messages in missing.items():
                    work.create_task(self._write(producer, place, messages))
        except ExceptionGroup as failures:
            raise failures.exceptions[0] from failures

    async def _write(self, producer: AIOKafkaProducer, place: _Place, messages: Sequence[Message]) -> None:
        """One batch of a partition is under way at a time: were the next one sent before, a broker that refuses the first may take it, and
        what a partition holds is known by its last envelope alone.
        """
        topic, partition = place
        waiting = deque(messages)
        while waiting:
            batch = producer.create_batch()
            position = 0
            while waiting and batch.append(key=waiting[0].key, value=waiting[0].value, timestamp=None) is not None:
                position = waiting.popleft().position
            if not position:
                raise MessageSizeTooLargeError(f"an envelope of {len(waiting[0].value)} bytes")
            batch.close()
            await (await producer.send_batch(batch, topic, partition=partition))
            self._written[place] = position

    async def close(self) -> None:
        producer, self._producer = self._producer, None
        consumer, self._consumer = self._consumer, None
        for client in (producer, consumer):
            if client is not None:
                try:
                    async with asyncio.timeout(_CLOSE_SECONDS_MAX):
                        await client.stop()
                except (KafkaError, OSError, TimeoutError):
                    continue
