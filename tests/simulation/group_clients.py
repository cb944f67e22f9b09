"""In the place of aiokafka's consumer and producer, for the parts that use them: the public topics and the pump. Over the simulated broker."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from aiokafka import TopicPartition
from aiokafka.errors import KafkaConnectionError, KafkaTimeoutError

from tests.simulation.broker import Broker, Fate
from tests.simulation.loop import VirtualLoop

GIVEN_UP_SECONDS = 2.0
GATHERING_SECONDS = (0.001, 0.03, 0.1)
"""How long a poller takes from the first record to its batch, so that batches are of one record and of many."""


def _world() -> Any:
    loop = asyncio.get_running_loop()
    assert isinstance(loop, VirtualLoop)
    return loop.world


async def _trip(broker: Broker) -> None:
    """There or back. Raises KafkaConnectionError."""
    await asyncio.sleep(broker.random.uniform(0.0002, 0.003))
    waited = 0.0
    while broker.stopped and waited < GIVEN_UP_SECONDS:
        await asyncio.sleep(0.1)
        waited += 0.1
    if broker.away or broker.stopped:
        raise KafkaConnectionError("the broker is away")


@dataclass(frozen=True)
class Record:
    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes
    timestamp_type: int = 1
    headers: tuple[tuple[str, bytes], ...] = ()


class Consumer:
    """One member of a group at most is alive, so that a group has no more to it than what it has committed."""

    def __init__(self, *topics: str, group_id: str, auto_offset_reset: str = "latest", **_: Any) -> None:
        self._broker: Broker = _world().broker
        self._group = group_id
        self._assigned = [TopicPartition(topic, 0) for topic in topics]
        self._positions: dict[TopicPartition, int] = {}

    async def start(self) -> None:
        await _trip(self._broker)

    async def stop(self) -> None:
        return

    def assign(self, partitions: Iterable[TopicPartition]) -> None:
        self._assigned = list(partitions)

    def assignment(self) -> set[TopicPartition]:
        return set(self._assigned)

    def seek(self, partition: TopicPartition, offset: int) -> None:
        self._positions[partition] = offset

    async def committed(self, partition: TopicPartition) -> int | None:
        await _trip(self._broker)
        return self._broker.committed.get((self._group, tuple(partition)))

    async def commit(self, offsets: Mapping[TopicPartition, int]) -> None:
        await _trip(self._broker)
        for partition, offset in offsets.items():
            self._broker.committed[self._group, tuple(partition)] = offset
        await _trip(self._broker)

    async def beginning_offsets(self, partitions: Iterable[TopicPartition]) -> dict[TopicPartition, int]:
        await _trip(self._broker)
        return dict.fromkeys(partitions, 0)

    async def end_offsets(self, partitions: Iterable[TopicPartition]) -> dict[TopicPartition, int]:
        await _trip(self._broker)
        return {partition: len(self._broker.log(tuple(partition))) for partition in partitions}

    async def getone(self, partition: TopicPartition) -> Record:
        await _trip(self._broker)
        place = await self.position(partition)
        while place >= len(self._broker.log(tuple(partition))):
            await asyncio.sleep(0.05)
            await _trip(self._broker)
        self._positions[partition] = place + 1
        return self._record(partition, place)

    async def getmany(self, *partitions: TopicPartition, timeout_ms: int, max_records: int) -> dict[TopicPartition, list[Record]]:
        (partition,) = partitions or self._assigned
        await _trip(self._broker)
        place = await self.position(partition)
        await self._broker.beyond(tuple(partition), place, timeout_ms / 1_000)
        await asyncio.sleep(self._broker.random.choice(GATHERING_SECONDS))
        end = min(len(self._broker.log(tuple(partition))), place + max_records)
        self._positions[partition] = end
        return {partition: [self._record(partition, each) for each in range(place, end)]} if end > place else {}

    async def position(self, partition: TopicPartition) -> int:
        if partition not in self._positions:
            self._positions[partition] = self._broker.committed.get((self._group, tuple(partition)), 0)
        return self._positions[partition]

    def _record(self, partition: TopicPartition, offset: int) -> Record:
        log = self._broker.log(tuple(partition))
        return Record(partition.topic, partition.partition, offset, log.times[offset], log.keys[offset], log.payloads[offset])


class Batch:
    def __init__(self) -> None:
        self.records: list[tuple[bytes, bytes]] = []

    def append(self, *, key: bytes, value: bytes, timestamp: int | None) -> object | None:
        if len(self.records) >= 5:
            return None
        self.records.append((key, value))
        return self

    def close(self) -> None:
        return


class Producer:
    """Sends a batch again within its time, under the same number; when that is over the outcome is unknown."""

    def __init__(self, **_: Any) -> None:
        self._broker: Broker = _world().broker

    async def start(self) -> None:
        await _trip(self._broker)

    async def stop(self) -> None:
        return

    def create_batch(self) -> Batch:
        return Batch()

    async def send_batch(self, batch: Batch, topic: str, *, partition: int) -> Awaitable[int]:
        return asyncio.get_running_loop().create_task(self._send(batch, (topic, partition)))

    async def _send(self, batch: Batch, place: tuple[str, int]) -> int:
        broker = self._broker
        await _trip(broker)
        keys, payloads = [key for key, _ in batch.records], [value for _, value in batch.records]
        fate = broker.fate(place)
        if fate is Fate.REFUSED:
            raise KafkaConnectionError("refused")
        if fate is Fate.LATE:
            # no longer under way than the client waits: what comes after that the broker drops with the connection
            await asyncio.sleep(broker.random.uniform(0.05, 0.5))
        first = broker.append(place, payloads, keys)
        if fate is Fate.LOST:
            raise KafkaTimeoutError
        await _trip(broker)
        return first
