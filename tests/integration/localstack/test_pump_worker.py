"""The pump on a real broker: every record is handed over, what is done is committed, and two mappings do not wait for each other."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import Any
from uuid import uuid4

import pytest
from kafka import KafkaAdminClient, KafkaProducer
from kafka.admin import NewTopic

from mycrypto_local.pump.document import Record
from mycrypto_local.pump.invoker import FunctionFailedError
from mycrypto_local.pump.sources import EventSource
from mycrypto_local.pump.worker import Worker
from tests.waiting import until


class Function:
    """Remembers the offsets it took; refuses while it is told to."""

    def __init__(self) -> None:
        self.taken: list[int] = []
        self.broken = False

    async def invoke(self, function: str, event: dict[str, Any]) -> None:
        if self.broken:
            raise FunctionFailedError("broken")
        self.taken += [entry["offset"] for entries in event["records"].values() for entry in entries]

    async def give_up(self, queue: str, function: str, records: Sequence[Record], tries: int) -> None:
        raise AssertionError("these mappings give nothing up")


@pytest.fixture
def topic(kafka: str) -> str:
    name = f"pump-{uuid4().hex[:8]}"
    client = KafkaAdminClient(bootstrap_servers=kafka)
    try:
        client.create_topics([NewTopic(name, 1, 1)], wait_for_metadata=True)
    finally:
        client.close()
    return name


@pytest.fixture
def send(kafka: str, topic: str) -> Iterator[Callable[[int], None]]:
    """Append so many records and wait until they are on the log."""
    with KafkaProducer(bootstrap_servers=kafka) as producer:

        def append(count: int) -> None:
            for future in [producer.send(topic, b"x", partition=0) for _ in range(count)]:
                future.get(30)

        yield append


async def stop(task: asyncio.Task[None]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


def test_records_arrive_once_through_a_restart_and_a_broken_neighbour(kafka: str, topic: str, send: Callable[[int], None]) -> None:
    async def run() -> None:
        sound, broken = Function(), Function()
        broken.broken = True
        worker = Worker(EventSource(function="sound", topic=topic, batch_size=7), sound, kafka)
        neighbour = Worker(EventSource(function="broken", topic=topic), broken, kafka)
        await asyncio.to_thread(send, 20)
        tasks = [asyncio.create_task(worker.run()), asyncio.create_task(neighbour.run())]

        async def sound_is_done() -> bool:
            return await worker.lag() == 0

        async def neighbour_has_failed() -> bool:
            return neighbour.trouble.failures > 0

        await until(sound_is_done)
        await until(neighbour_has_failed)
        assert sound.taken == list(range(20))
        assert (broken.taken, await neighbour.lag(), neighbour.trouble.error) == ([], 20, "broken")
        await stop(tasks[0])
        await asyncio.to_thread(send, 5)
        again = Worker(worker.source, sound, kafka)
        tasks[0] = asyncio.create_task(again.run())

        async def all_is_done() -> bool:
            return await again.lag() == 0

        await until(all_is_done)
        assert sound.taken == list(range(25))  # what was committed did not come again
        broken.broken = False

        async def neighbour_is_done() -> bool:
            return await neighbour.lag() == 0

        await until(neighbour_is_done)
        assert broken.taken == list(range(25))
        assert neighbour.trouble.failures == 0
        for task in tasks:
            await stop(task)

    asyncio.run(run())
