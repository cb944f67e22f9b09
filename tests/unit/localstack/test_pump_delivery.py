"""The pump hands every record over, in order, and commits only what was taken."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mycrypto_local.pump.delivery import Delivery
from mycrypto_local.pump.document import DOCUMENT_BYTES_MAX, Record, batches, msk_event, size
from mycrypto_local.pump.invoker import FunctionFailedError, NotInvokedError
from mycrypto_local.pump.sources import SOURCES, EventSource


@dataclass(frozen=True)
class Sent:
    offset: int
    value: bytes | None = b"v"
    key: bytes | None = None
    topic: str = "engine-events"
    partition: int = 0
    timestamp: int = 1_700_000_000_000
    timestamp_type: int = 0
    headers: Sequence[tuple[str, bytes]] = ()


def offsets(event: dict[str, Any]) -> list[int]:
    return [entry["offset"] for entries in event["records"].values() for entry in entries]


@dataclass
class Function:
    """Takes events, except where ``refuses`` says so."""

    refuses: Callable[[list[int]], Exception | None] = lambda _: None
    calls: list[list[int]] = field(default_factory=list)
    taken: list[int] = field(default_factory=list)
    dead: list[list[int]] = field(default_factory=list)

    async def invoke(self, function: str, event: dict[str, Any]) -> None:
        numbers = offsets(event)
        self.calls.append(numbers)
        if error := self.refuses(numbers):
            raise error
        self.taken += numbers

    async def give_up(self, queue: str, function: str, records: Sequence[Record], tries: int) -> None:
        self.dead.append([record.offset for record in records])


def deliver(function: Function, source: EventSource, count: int) -> list[int]:
    """Deliver so many records; the offsets that were committed, in order."""
    committed: list[int] = []

    async def commit(records: Sequence[Record]) -> None:
        committed.extend(record.offset for record in records)

    async def no_pause(_seconds: float) -> None:
        return

    asyncio.run(Delivery(source, function, "b:9092", commit, sleep=no_pause).deliver([Sent(number) for number in range(count)]))
    return committed


FOR_EVER = EventSource(function="f", topic="engine-events")
THREE_TIMES = EventSource(function="f", topic="t", retries_max=2, dead_letter_queue="dlq")


def test_one_invocation_when_all_is_well() -> None:
    function = Function()
    assert deliver(function, FOR_EVER, 5) == [0, 1, 2, 3, 4]
    assert function.calls == [[0, 1, 2, 3, 4]]


def test_an_emulator_that_is_away_is_waited_for_with_the_whole_batch() -> None:
    answers = iter([NotInvokedError("away")] * 50 + [None])
    function = Function(refuses=lambda _: next(answers))
    assert deliver(function, THREE_TIMES, 3) == [0, 1, 2]
    assert function.calls == [[0, 1, 2]] * 51
    assert function.dead == []


@given(count=st.integers(1, 40), poison=st.integers(0, 39))
def test_a_bad_record_holds_up_only_those_after_it_until_it_is_understood(count: int, poison: int) -> None:
    """Cut in two again and again, the good ones before it are taken and committed; it is tried until it passes."""
    tries = 0

    def refuses(numbers: list[int]) -> Exception | None:
        nonlocal tries
        if poison not in numbers:
            return None
        tries += len(numbers) == 1
        return None if tries > 5 else FunctionFailedError("no")

    function = Function(refuses=refuses)
    assert deliver(function, FOR_EVER, count) == list(range(count))
    assert function.taken == list(range(count))
    assert function.dead == []


def test_a_bad_record_is_given_up_where_the_mapping_says_so() -> None:
    function = Function(refuses=lambda numbers: FunctionFailedError("no") if 2 in numbers else None)
    assert deliver(function, THREE_TIMES, 4) == [0, 1, 2, 3]
    assert function.taken == [0, 1, 3]
    assert function.dead == [[2]]
    assert function.calls.count([2]) == 3


def test_without_cutting_the_batch_is_one_fate() -> None:
    source = EventSource(function="f", topic="t", bisect_on_error=False, retries_max=0, dead_letter_queue="dlq")
    function = Function(refuses=lambda _: FunctionFailedError("no"))
    assert deliver(function, source, 3) == [0, 1, 2]
    assert (function.calls, function.dead) == ([[0, 1, 2]], [[0, 1, 2]])


def test_ledger_history_and_archive_give_nothing_up_and_do_not_wait_for_each_other() -> None:
    assert {source.function for source in SOURCES} == {f"mycrypto-local-{name}" for name in ("settlement", "history", "archive")}
    assert all(source.retries_max == -1 for source in SOURCES)
    assert len({source.group for source in SOURCES}) == len(SOURCES)


@given(st.lists(st.integers(0, 900_000), max_size=60), st.integers(1, 20))
def test_batches_keep_order_and_both_limits(sizes: list[int], batch_size: int) -> None:
    records = [Sent(number, b"x" * length) for number, length in enumerate(sizes)]
    cut = list(batches(records, batch_size))
    assert [record for batch in cut for record in batch] == records
    for batch in cut:
        assert len(batch) <= batch_size
        assert len(batch) == 1 or sum(map(size, batch)) <= DOCUMENT_BYTES_MAX


def test_the_event_is_the_one_that_msk_sends() -> None:
    records = [Sent(7, b"\x00\xff", b"k", headers=[("h", b"ab")]), Sent(8, None, timestamp_type=1), Sent(3, partition=2)]
    event = msk_event(records, "b-1:9092")
    assert event["eventSource"] == "aws:kafka"
    assert event["bootstrapServers"] == "b-1:9092"
    assert list(event["records"]) == ["engine-events-0", "engine-events-2"]
    first, second = event["records"]["engine-events-0"]
    assert first == {
        "topic": "engine-events",
        "partition": 0,
        "offset": 7,
        "timestamp": 1_700_000_000_000,
        "timestampType": "CREATE_TIME",
        "key": base64.b64encode(b"k").decode(),
        "value": base64.b64encode(b"\x00\xff").decode(),
        "headers": [{"h": [97, 98]}],
    }
    assert (second["timestampType"], second["value"], "key" in second) == ("LOG_APPEND_TIME", None, False)


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.name)
def test_topics_of_the_mappings_exist(source: EventSource) -> None:
    from mycrypto_local.parts.kafka import TOPICS

    assert source.topic in {topic.name for topic in TOPICS}
