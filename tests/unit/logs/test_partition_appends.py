"""A large append goes out in parts: in order, or not at all from some place on, whatever the broker does with any of them."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Callable
from typing import Any

import pytest

from engine_container.logs import partition, wire
from engine_container.logs.broker import Address, Connection
from engine_container.logs.connection import BrokerSettings
from engine_container.logs.partition import BATCH_BYTES_MAX, Appended, PartitionWriter
from engine_container.logs.ports import LogUnavailableError
from engine_container.logs.wire import Api

TOPIC = b"engine-events"
NOT_ENOUGH_REPLICAS = 19
PAYLOADS = [bytes([number]) * (BATCH_BYTES_MAX // 2 + 1) for number in range(5)]
"""Each in a part of its own."""

Verdict = Callable[[int], tuple[bool, int | None]]
"""Of the request with a number: whether the broker takes its records, and with which code it answers (``None``: it goes away)."""


class Broker:
    """Carries out the requests of a connection in their order, as a real one; answers come a turn of the loop later."""

    def __init__(self, verdict: Verdict) -> None:
        self.records: list[bytes] = []
        self.requests = 0
        self.is_open = True
        self.verdict = verdict

    def request(self, api: Api, body: bytes, seconds_max: float) -> asyncio.Future[bytes]:
        del api, seconds_max
        self.requests += 1
        taken, code = self.verdict(self.requests)
        first = len(self.records)
        if taken:
            at = body.index(TOPIC) + len(TOPIC) + 4 + 4
            self.records += [payload for _, _, payload in wire.records(body[at + 4 :], 0)]
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[bytes] = loop.create_future()
        if code is None:
            loop.call_soon(answer.set_exception, ConnectionError("gone"))
        else:
            head = struct.pack(">ih", 1, len(TOPIC)) + TOPIC + struct.pack(">ii", 1, 0)
            loop.call_soon(answer.set_result, head + struct.pack(">hqqq", code, -1 if code else first, -1, 0) + struct.pack(">i", 0))
        return answer

    def close(self) -> None:
        self.is_open = False


def appended(monkeypatch: pytest.MonkeyPatch, verdict: Verdict) -> tuple[Broker, Appended | None]:
    broker = Broker(verdict)

    async def connect(*_: Any) -> tuple[Connection, Address]:
        return broker, ("b-1", 9098)  # type: ignore[return-value]

    monkeypatch.setattr(partition, "connect_to_leader", connect)

    async def work() -> Appended | None:
        writer = PartitionWriter(BrokerSettings("unused"), TOPIC.decode(), 0)
        try:
            return await writer.append(PAYLOADS)
        except LogUnavailableError:
            return None

    return broker, asyncio.run(work())


def test_all_parts_are_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    broker, place = appended(monkeypatch, lambda _: (True, 0))
    assert (broker.records, place, broker.requests) == (PAYLOADS, Appended(0, 5), 5)


@pytest.mark.parametrize("failing", range(1, 6))
@pytest.mark.parametrize(("taken", "code"), [(False, NOT_ENOUGH_REPLICAS), (True, 20), (True, None), (False, None)])
def test_after_a_part_that_failed_nothing_is_sent(monkeypatch: pytest.MonkeyPatch, failing: int, taken: bool, code: int | None) -> None:
    broker, place = appended(monkeypatch, lambda number: (taken, code) if number == failing else (True, 0))
    assert place is None
    assert broker.requests == failing
    assert broker.records == PAYLOADS[: failing if taken else failing - 1]
    assert not broker.is_open


def test_an_append_that_is_given_up_lets_nothing_follow_on_its_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    broker = Broker(lambda _: (True, 0))

    async def connect(*_: Any) -> tuple[Connection, Address]:
        return broker, ("b-1", 9098)  # type: ignore[return-value]

    monkeypatch.setattr(partition, "connect_to_leader", connect)

    async def work() -> None:
        appending = asyncio.create_task(PartitionWriter(BrokerSettings("unused"), TOPIC.decode(), 0).append(PAYLOADS))
        while not broker.requests:  # noqa: ASYNC110 - what is waited for knows of no event
            await asyncio.sleep(0)
        appending.cancel()
        await asyncio.gather(appending, return_exceptions=True)
        assert not broker.is_open
        assert broker.requests == 1

    asyncio.run(work())
