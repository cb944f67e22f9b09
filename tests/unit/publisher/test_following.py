"""What the publisher tells the cache, and of itself, depends on whether it knows what is true now."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any, cast

import pytest
from redis.asyncio import Redis

from engine_container.logs.ports import LogRecord
from engine_container.publisher import process
from engine_container.publisher.envelopes import Message
from engine_container.publisher.market_cache import MarketCache
from engine_container.publisher.process import Publisher
from engine_container.publisher.settings import PublisherSettings
from engine_container.views.projection import Projection
from mycrypto.contracts.events import decode_record
from tests.unit.gateway.memory_logs import MemoryEvents
from tests.unit.publisher.test_envelopes import Market
from tests.waiting import until


class Slowly(MemoryEvents):
    """Gives one record at a time, and waits before each until it is let."""

    def __init__(self) -> None:
        super().__init__()
        self.let = asyncio.Semaphore(0)

    async def read(self) -> list[LogRecord]:
        if self.position < len(self.records):
            await self.let.acquire()
            self.position += 1
            return [LogRecord(self.position - 1, self.records[self.position - 1])]
        return await super().read()


class Topics:
    async def open(self) -> int:
        return 0

    async def publish(self, messages: Sequence[Message], next_offset: int) -> int:
        return len(messages)

    async def close(self) -> None:
        pass


class Cache:
    """The part of Redis that is written to; ``keys`` are those of the last writes."""

    def __init__(self) -> None:
        self.keys: set[str] = set()
        self._before: list[bytes | None] = []

    async def ping(self) -> bool:
        return True

    @asynccontextmanager
    async def pipeline(self, *, transaction: bool) -> AsyncIterator[Cache]:
        yield self

    def set(self, key: str, value: bytes, *, px: int, get: bool) -> None:
        self._before.append(b"an older one" if key in self.keys else None)
        self.keys.add(key)

    def delete(self, key: str) -> None:
        self.keys.add(key)

    zadd: Callable[[Cache, str, dict[bytes, int]], None] = lambda self, key, _: self.keys.add(key)

    async def execute(self) -> list[bytes | None]:
        before, self._before = self._before, []
        return before

    async def aclose(self) -> None:
        pass


def test_nothing_is_told_as_new_before_the_end_of_the_log_and_while_it_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "TICKER_SECONDS", 0.0)
    monkeypatch.setattr(process, "BOOK_SECONDS", 0.01)

    async def scenario() -> None:
        log, cache, topics = Slowly(), Cache(), Topics()
        log.records = list(Market().engine.log.records)
        parts: dict[str, Any] = {"event_log": log, "topics": topics, "cache": cache}
        publisher = Publisher(PublisherSettings(kafka_bootstrap_servers="127.0.0.1:1", redis_url="redis://127.0.0.1:1"), **parts)
        await publisher.start()
        try:
            log.let.release()
            await until(lambda: "BTC/USDT" in publisher.views.books)
            await until(lambda: publisher.checks()["redis"] == "ok")
            await asyncio.sleep(0.1)
            assert publisher.checks()["event-log"] == "catching up"
            assert cache.keys == set()
            for _ in log.records:
                log.let.release()
            await until(lambda: publisher.checks()["event-log"] == "ok")
            await until(lambda: cache.keys == {"orderbook:BTCUSDT", "ticker:BTCUSDT"})
            log.broken = True
            await until(lambda: publisher.checks()["event-log"] == "not reachable")
            await asyncio.sleep(0.05)
            cache.keys.clear()
            await asyncio.sleep(0.1)
            assert cache.keys == set(), "a ticker of a time before is not written as one of now"
            log.broken = False
            await until(lambda: "ticker:BTCUSDT" in cache.keys)
        finally:
            await publisher.stop()

    asyncio.run(scenario())


def test_books_that_were_wiped_are_there_again_without_a_change() -> None:
    async def scenario() -> None:
        market = Market()
        views, cache = Projection(), Cache()
        for payload in market.engine.log.records:
            views.apply(decode_record(payload))
        writer = MarketCache(cast("Redis", cache))
        await writer.write_books(views)
        await writer.write_tickers(views)
        await writer.write_books(views)
        await writer.write_tickers(views)
        assert await writer.write_books(views) == 0, "what is there is not written again"
        cache.keys.clear()
        await writer.write_tickers(views)
        assert await writer.write_books(views) == 1
        assert cache.keys == {"orderbook:BTCUSDT", "ticker:BTCUSDT"}

    asyncio.run(scenario())
