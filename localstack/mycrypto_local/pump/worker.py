"""One mapping at work: a consumer group of its own, committed only after success."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Sequence
from typing import Final

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from mycrypto_local.pump.delivery import Delivery, Trouble
from mycrypto_local.pump.document import Record, batches
from mycrypto_local.pump.invoker import Invoker
from mycrypto_local.pump.sources import EventSource

POLL_MS: Final = 500
RESTART_SECONDS: Final = 1.0
DAY_MS: Final = 24 * 3600 * 1000
log = logging.getLogger("pump")


class Worker:
    """Runs until cancelled; a broker that goes away is waited for."""

    def __init__(self, source: EventSource, invoker: Invoker, bootstrap: str) -> None:
        self.source = source
        self.trouble = Trouble()
        self.delivered = 0
        self._invoker = invoker
        self._bootstrap = bootstrap
        self._consumer: AIOKafkaConsumer | None = None
        self._done: dict[TopicPartition, int] = {}

    async def run(self) -> None:
        """Consume for ever."""
        while True:
            try:
                await self._consume()
            except KafkaError as error:
                self.trouble.note(f"Kafka: {error!r}")
                log.warning("%s: %r", self.source.name, error)
            await asyncio.sleep(RESTART_SECONDS)

    async def lag(self) -> int | None:
        """Records on the log that are not done with; None while the broker does not say."""
        consumer = self._consumer
        if consumer is None or not consumer.assignment():
            return None
        try:
            ends = await consumer.end_offsets(consumer.assignment())
            done = [self._done[each] if each in self._done else await consumer.position(each) for each in ends]
            return int(sum(ends.values()) - sum(done))
        except KafkaError:
            return None

    async def _consume(self) -> None:
        consumer = AIOKafkaConsumer(
            self.source.topic,
            bootstrap_servers=self._bootstrap,
            client_id=self.source.group,
            group_id=self.source.group,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            max_poll_interval_ms=DAY_MS,  # a function may fail for hours; that is no reason to lose the partition
        )
        await consumer.start()
        self._done.clear()
        self._consumer = consumer
        try:
            while True:
                found = await consumer.getmany(timeout_ms=POLL_MS, max_records=self.source.batch_size)
                for partition, records in found.items():
                    await self._hand_over(partition, await self._filled(partition, records))
        finally:
            self._consumer = None
            await consumer.stop()

    async def _filled(self, partition: TopicPartition, records: list[Record]) -> list[Record]:
        """Wait for the window's end or a full batch."""
        ends = time.monotonic() + self.source.window_seconds
        assert self._consumer is not None
        while len(records) < self.source.batch_size and (left := ends - time.monotonic()) > 0:
            more = await self._consumer.getmany(partition, timeout_ms=int(left * 1000), max_records=self.source.batch_size - len(records))
            records += more.get(partition, [])
        return records

    async def _hand_over(self, partition: TopicPartition, records: Sequence[Record]) -> None:
        async def committed(done: Sequence[Record]) -> None:
            assert self._consumer is not None
            after = done[-1].offset + 1
            await self._consumer.commit({partition: after})
            self._done[partition] = after
            self.delivered += len(done)

        self._done.setdefault(partition, records[0].offset)  # the consumer's own position is already behind what it has fetched
        delivery = Delivery(self.source, self._invoker, self._bootstrap, committed, self.trouble)
        for batch in batches(records, self.source.batch_size):
            await delivery.deliver(batch)
