"""Writing on the public topics: what a partition holds is known by its last envelope, so nothing may pass what was refused."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from aiokafka.errors import KafkaTimeoutError, TopicAuthorizationFailedError
from aiokafka.producer.message_accumulator import BatchBuilder

from engine_container.logs.connection import BrokerSettings
from engine_container.logs.ports import LogUnavailableError
from engine_container.publisher.envelopes import ORDER_TOPIC, Message
from engine_container.publisher.topics import BATCH_BYTES_MAX, PublicTopics, partition_of

KEYS = (b"one", b"two")
SIZE = BATCH_BYTES_MAX // 3
MESSAGES = [Message(ORDER_TOPIC, KEYS[place % 2], place + 1, f"{place:05}".encode().ljust(SIZE, b".")) for place in range(16)]


class Producer:
    """``refuses``: the number of the batch that is not taken."""

    def __init__(self, refuses: int, error: Exception) -> None:
        self.refuses, self.error = refuses, error
        self.batches = 0
        self.under_way: set[int] = set()
        self.taken: dict[int, list[int]] = {}
        self._sizes: dict[int, int] = {}

    def create_batch(self) -> Any:
        return BatchBuilder(BATCH_BYTES_MAX, 0)

    async def send_batch(self, batch: Any, topic: str, *, partition: int) -> asyncio.Future[None]:
        assert topic == ORDER_TOPIC
        assert partition not in self.under_way, "a batch was sent before the one in front of it was answered"
        self.under_way.add(partition)
        self.batches += 1
        refused = self.batches == self.refuses
        answer: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        def settle() -> None:
            self.under_way.discard(partition)
            if refused:
                answer.set_exception(self.error)
            else:
                self.taken.setdefault(partition, []).append(batch.record_count())
                answer.set_result(None)

        asyncio.get_running_loop().call_later(0.001, settle)
        return answer

    async def stop(self) -> None:
        return


class Consumer:
    def __init__(self) -> None:
        self.committed: list[int] = []

    async def commit(self, offsets: dict[Any, int]) -> None:
        self.committed += offsets.values()

    async def stop(self) -> None:
        return


@pytest.mark.parametrize("refuses", range(1, 9))
@pytest.mark.parametrize("error", [KafkaTimeoutError(), TopicAuthorizationFailedError("order-events")])
def test_nothing_of_a_partition_follows_a_batch_that_was_refused(refuses: int, error: Exception) -> None:
    async def work() -> None:
        topics = PublicTopics(BrokerSettings("unused"), 0)
        producer, consumer = Producer(refuses, error), Consumer()
        topics._producer, topics._consumer = producer, consumer
        with pytest.raises(LogUnavailableError):
            await topics.publish(MESSAGES, 9)
        assert consumer.committed == []
        for key in KEYS:
            own = [message.position for message in MESSAGES if message.key == key]
            count = sum(producer.taken.get(partition_of(key), []))
            assert topics._written.get((ORDER_TOPIC, partition_of(key)), 0) <= (own[count - 1] if count else 0)

    asyncio.run(work())


def test_all_is_written_in_order_and_noted() -> None:
    async def work() -> None:
        topics = PublicTopics(BrokerSettings("unused"), 0)
        producer, consumer = Producer(0, KafkaTimeoutError()), Consumer()
        topics._producer, topics._consumer = producer, consumer
        assert await topics.publish(MESSAGES, 9) == len(MESSAGES)
        assert consumer.committed == [9]
        assert {key: sum(producer.taken[partition_of(key)]) for key in KEYS} == dict.fromkeys(KEYS, 8)
        assert await topics.publish(MESSAGES, 10) == 0

    asyncio.run(work())
