"""A feed that hears of records before the log has them has the views of one that reads the log alone, and believes nothing that the log does not bear out."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine_container.logs import feed as module
from engine_container.logs.feed import Beginning, Feed
from engine_container.views.projection import Projection
from mycrypto.contracts.events import EventRecord, decode_record
from tests.unit.gateway.memory_logs import MemoryEvents
from tests.unit.gateway.test_views_snapshot import Market, everything
from tests.waiting import until

TIME_PLACE = 4


class Empty:
    async def begin(self, _log: object, *, empty: bool) -> Beginning:
        return Beginning(Projection())


def follow(script: Callable[[Feed, MemoryEvents, list[EventRecord]], Awaitable[None]], begun: list[bytes]) -> Feed:
    """Run a script against a feed that has read what the log had at the beginning."""

    async def run() -> Feed:
        log = MemoryEvents()
        log.records = list(begun)
        heard: list[EventRecord] = []
        feed = Feed(log, Empty(), logging.getLogger(__name__), lambda record, _: heard.append(record))
        reading = asyncio.create_task(feed.run())
        try:
            assert await feed.sync(5)
            heard.clear()
            await script(feed, log, heard)
        finally:
            reading.cancel()
        return feed

    return asyncio.run(run())


def made(steps: int) -> tuple[list[bytes], list[bytes], Projection]:
    """The records of a market at its opening, those of some steps after it, and the views of both."""
    market = Market(4)
    opening = len(market.log.records)
    market.trade(steps)
    return market.log.records[:opening], market.log.records[opening:], market.views


BEGUN, RECORDS, VIEWS = made(30)


@given(st.lists(st.tuples(st.sampled_from(["announce", "append"]), st.integers(0, 3)), max_size=40), st.randoms(use_true_random=False))
def test_whatever_is_announced_late_lost_or_twice_the_views_are_those_of_the_log(moves: list[tuple[str, int]], chance: Any) -> None:
    async def script(feed: Feed, log: MemoryEvents, heard: list[EventRecord]) -> None:
        announced = appended = 0
        for what, count in moves:
            for _ in range(count):
                if what == "announce" and announced < len(RECORDS):
                    if chance.random() < 0.8:
                        feed.announced_record(RECORDS[announced])
                    if chance.random() < 0.1:
                        feed.announced_record(RECORDS[max(0, announced - 2)])
                    announced += 1
                elif what == "append" and appended < len(RECORDS):
                    log.records.append(RECORDS[appended])
                    appended += 1
            await asyncio.sleep(0)
        log.records += RECORDS[appended:]
        assert await feed.sync(5)
        assert [record.first_seq for record in heard] == [decode_record(payload).first_seq for payload in RECORDS], "each once, in order"

    feed = follow(script, BEGUN)
    assert everything(feed.projection) == everything(VIEWS)
    assert feed.resyncs == 0
    assert not feed._unconfirmed
    assert feed._waiting_bytes == sum(len(payload) for _, payload in feed._early)


def test_what_comes_next_is_applied_before_the_log_has_it_and_not_again() -> None:
    async def script(feed: Feed, log: MemoryEvents, heard: list[EventRecord]) -> None:
        for payload in RECORDS:
            feed.announced_record(payload)
        assert everything(feed.projection) == everything(VIEWS)
        assert len(heard) == len(RECORDS)
        log.records += RECORDS
        assert await feed.sync(5)
        assert len(heard) == len(RECORDS)

    assert follow(script, BEGUN).announced == len(RECORDS)


def test_what_is_ahead_waits_for_the_records_before_it() -> None:
    async def script(feed: Feed, log: MemoryEvents, heard: list[EventRecord]) -> None:
        for payload in RECORDS[2:]:
            feed.announced_record(payload)
        assert not heard
        log.records += RECORDS[:2]
        await until(lambda: len(heard) == len(RECORDS))

    assert everything(follow(script, BEGUN).projection) == everything(VIEWS)


def otherwise(payload: bytes) -> bytes:
    parts = msgspec.msgpack.decode(payload, type=list[Any])
    parts[TIME_PLACE] += 1
    return msgspec.msgpack.encode(parts)


def test_a_log_that_says_otherwise_is_the_truth_and_announcements_are_not_believed_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "RESYNC_SECONDS", 0)

    async def script(feed: Feed, log: MemoryEvents, _heard: list[EventRecord]) -> None:
        feed.announced_record(otherwise(RECORDS[0]))
        log.records += RECORDS
        await until(lambda: bool(feed.resyncs) and feed.ready)
        before = feed.projection.watermark
        feed.announced_record(RECORDS[-1])
        assert feed.projection.watermark == before

    feed = follow(script, BEGUN)
    assert everything(feed.projection) == everything(VIEWS)
    assert feed.contradicted


def test_an_announcement_that_cannot_be_applied_costs_the_views_and_not_the_truth(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "RESYNC_SECONDS", 0)

    async def script(feed: Feed, log: MemoryEvents, _heard: list[EventRecord]) -> None:
        with monkeypatch.context() as patch:
            patch.setattr(Projection, "apply", lambda *_: 1 / 0)
            feed.announced_record(RECORDS[0])
        assert not feed.ready
        log.records += RECORDS
        await until(lambda: bool(feed.resyncs) and feed.ready)

    assert everything(follow(script, BEGUN).projection) == everything(VIEWS)


def test_what_waits_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ANNOUNCED_BYTES_MAX", len(RECORDS[0]) + len(RECORDS[1]) + 1)

    async def script(feed: Feed, log: MemoryEvents, heard: list[EventRecord]) -> None:
        for payload in RECORDS:
            feed.announced_record(payload)
        assert 2 <= len(heard) < len(RECORDS)
        log.records += RECORDS
        assert await feed.sync(5)
        assert len(heard) == len(RECORDS)

    follow(script, BEGUN)


def test_bytes_that_are_no_record_are_passed_over() -> None:
    async def script(feed: Feed, _log: MemoryEvents, heard: list[EventRecord]) -> None:
        feed.announced_record(b"\xc1")
        assert not heard
        assert feed.ready

    follow(script, BEGUN)
