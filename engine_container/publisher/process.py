"""The publisher: follows the event log and tells the rest of the world, in Redis and on the public topics."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Sequence
from typing import Final

import redis.exceptions
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from engine_container import emission
from engine_container.logs.connection import BrokerSettings
from engine_container.logs.kafka_events import KafkaEventLog
from engine_container.logs.ports import EventLog, LogRecord, LogUnavailableError
from engine_container.logs.start_point import NewestSnapshot
from engine_container.metrics import Counter, Reading
from engine_container.paper.worker import PaperTrading
from engine_container.publisher.envelopes import EnvelopeMaker, Message
from engine_container.publisher.figures import Figures
from engine_container.publisher.mailing import Mailing
from engine_container.publisher.mails import MailMaker
from engine_container.publisher.market_cache import BOOK_SECONDS, TICKER_SECONDS, MarketCache
from engine_container.publisher.price_alerts import PriceAlerts
from engine_container.publisher.settings import PublisherSettings
from engine_container.publisher.snapshots import SnapshotSaver
from engine_container.publisher.topics import PublicTopics
from engine_container.trade_database import pool
from engine_container.views.observer import Observers
from engine_container.views.projection import GapError, Projection
from engine_container.views.snapshot import Cover
from engine_container.web import probes
from engine_container.web.background import Background
from mycrypto import telemetry
from mycrypto.contracts.events import decode_record
from mycrypto.health import Readiness, alive
from mycrypto.outbox import SqsSender

RETRY_SECONDS: Final = 0.5
REST_SECONDS: Final = 0.02
"""Between two reads. What comes meanwhile is read, published and noted together: four requests at the broker for all of it, not for each
order, whose way leads through the same broker.
"""
GAP_SECONDS: Final = 5.0
REDIS_TIMEOUT_SECONDS: Final = 0.5
RECENT_MS: Final = 60_000
CONNECTIONS_MAX: Final = 3
"""To the trade database: one for paper trading, one for price alerts, and one to ask whether it still answers."""
PUBLISHED: Final = Counter("publisher_messages_total")
CACHE_FAILURES: Final = Counter("publisher_cache_failures_total")


class Publisher:
    """Start it, and it follows the log until it is stopped."""

    def __init__(
        self,
        settings: PublisherSettings,
        *,
        event_log: EventLog | None = None,
        topics: PublicTopics | None = None,
        cache: Redis | None = None,
    ) -> None:
        broker = BrokerSettings(settings.kafka_bootstrap_servers, settings.kafka_auth, settings.aws_region, settings.service_name)
        self.settings = settings
        self.logger = telemetry.logger(settings.service_name)
        self._log = event_log or KafkaEventLog(broker, settings.shard)
        self._topics = topics or PublicTopics(broker, settings.shard)
        self._redis = cache or Redis.from_url(
            settings.redis_url,
            socket_timeout=REDIS_TIMEOUT_SECONDS,
            socket_connect_timeout=REDIS_TIMEOUT_SECONDS,
            retry=Retry(NoBackoff(), 1),
        )
        self._cache = MarketCache(self._redis)
        self._maker = EnvelopeMaker(settings.shard)
        self._figures = Figures(lambda: self.views)
        url = settings.trade_database_url
        self._trade_pool = pool(url, settings.trade_database_secret_name, connections_max=CONNECTIONS_MAX) if url else None
        self._mails = MailMaker(settings.shard, lambda: self.views)
        sender = SqsSender(settings.stage) if settings.mails == "on" else None
        self._mailing = Mailing(sender, self.logger) if sender else None
        self._alerts = PriceAlerts(self._trade_pool, sender, self.logger) if self._trade_pool and sender else None
        self._observer = Observers(self._maker, self._figures, *([self._mails] if self._mailing else []))
        self._saver = SnapshotSaver(settings, self.logger)
        self.views = Projection(self._observer)
        self._offset: int | None = None
        self._said = 0
        """The offset that a restart would publish from."""
        self._states = {"event-log": "starting", "public-topics": "starting", "redis": "starting"}
        self._paper = PaperTrading(self._trade_pool, settings.shard, self.logger) if self._trade_pool else None
        self._background = Background(self.logger)
        emission.define(
            self.logger.handlers[0], healthy=lambda: not (self.missing() or self.failed()), watermark=lambda: self.views.watermark
        )
        Reading("dependency_up", lambda: {(name,): int(state == "ok") for name, state in self.checks().items()})

    async def start(self) -> None:
        self._background.start(self._follow(), self._keep_cache())
        self._background.start(emission.emit(self.settings.service_name, self.settings.metrics_seconds))
        if self._trade_pool is not None:
            await self._trade_pool.open(wait=False)
        self._background.start(*(part.run() for part in (self._paper, self._mailing, self._alerts) if part is not None))

    async def stop(self) -> None:
        await self._background.stop()
        await self._saver.finish(self.views)
        await self._topics.close()
        await self._log.close()
        await self._redis.aclose()
        if self._trade_pool is not None:
            await self._trade_pool.close(timeout=1)

    async def _follow(self) -> None:
        """From a snapshot or the log's beginning, because what an order looks like is known from its first event; published is only what
        is missing.
        """
        publish_from = self._said = await self._open_topics()
        begun = False
        while True:
            try:
                if not begun:
                    await self._begin(publish_from)
                    begun = True
                await self._log.open(self._offset)
                end = await self._log.end()
                self._states["event-log"] = "catching up"
                while True:
                    records = await self._log.read()
                    if not records or records[-1].offset + 1 >= end:
                        self._states["event-log"] = "ok"
                    if records:
                        await self._publish(self._apply(records, publish_from), records[-1].offset + 1)
                        self._offset = records[-1].offset + 1
                        self._saver.look(self.views, records[-1])
                        await asyncio.sleep(REST_SECONDS)
                    elif self._offset is not None and self._said < self._safe(self._offset):
                        await self._publish([], self._offset)
            except LogUnavailableError as error:
                self._states["event-log"] = "not reachable"
                self.logger.warning("the event log is not reachable: %s", error)
                await asyncio.sleep(RETRY_SECONDS)
            except GapError as error:
                self._states["event-log"] = str(error)
                self.logger.critical("the event log cannot be followed: %s", error)
                await asyncio.sleep(GAP_SECONDS)  # so that /ready shows it; then the process starts again from the log
                raise

    async def _begin(self, publish_from: int) -> None:
        """What comes before the snapshot must have been published."""

        async def judge(cover: Cover) -> str:
            late = cover.next_offset > publish_from
            return f"it is of offset {cover.next_offset}, published is all before {publish_from}" if late else ""

        source = NewestSnapshot(self._saver.store, self.settings.shard, self._observer, self.logger, judge)
        beginning = await source.begin(self._log, empty=False)
        self.views, self._offset = beginning.projection, beginning.offset
        self._figures.remember(self.views.trades)

    def _apply(self, records: Sequence[LogRecord], publish_from: int) -> list[Message]:
        """Take the records in. A gap in the log ends the process: it starts again from the log, never from what it believes."""
        for record in records:
            self._figures.counting = record.offset >= publish_from
            self.views.apply(decode_record(record.payload))
            if record.offset < publish_from:
                self._maker.take()
                self._mails.take()
        self.views.orders.evict(self.views.watermark, self.views.time_ms - RECENT_MS)
        self.views.trades.evict(self.views.watermark, self.views.time_ms - RECENT_MS)
        if self._mailing is not None:
            self._mailing.add(self._mails.take(), records[0].offset)
        return self._maker.take()

    async def _publish(self, messages: Sequence[Message], next_offset: int) -> None:
        while True:
            said = self._safe(next_offset)
            try:
                PUBLISHED.add(await self._topics.publish(messages, said))
            except LogUnavailableError as error:
                self._states["public-topics"] = "not reachable"
                self.logger.warning("the public topics are not reachable: %s", error)
                await self._open_topics()
            else:
                self._said = said
                return

    def _safe(self, offset: int) -> int:
        return offset if self._mailing is None else self._mailing.safe(offset)

    async def _open_topics(self) -> int:
        while True:
            try:
                publish_from = await self._topics.open()
            except LogUnavailableError as error:
                self._states["public-topics"] = "not reachable"
                self.logger.warning("the public topics are not reachable: %s", error)
                await asyncio.sleep(RETRY_SECONDS)
            else:
                self._states["public-topics"] = "ok"
                return publish_from

    async def _keep_cache(self) -> None:
        tickers_due = 0.0
        while True:
            try:
                if self._states["event-log"] != "ok":
                    await self._redis.ping()  # what was true some time ago is not told as new; tickers end by themselves
                else:
                    await self._cache.write_books(self.views)
                    if time.monotonic() >= tickers_due:
                        await self._cache.write_tickers(self.views)
                        tickers_due = time.monotonic() + TICKER_SECONDS
            except (redis.exceptions.RedisError, OSError) as error:
                CACHE_FAILURES.add()
                if self._states["redis"] != "not reachable":
                    self.logger.warning("redis is not reachable: %s", error)
                self._states["redis"] = "not reachable"
                self._cache.forget()
                await asyncio.sleep(RETRY_SECONDS)
            else:
                self._states["redis"] = "ok"
                await asyncio.sleep(BOOK_SECONDS)

    def checks(self) -> dict[str, str]:
        """Every dependency by name: ``ok`` or what is wrong."""
        parts = (("paper-trading", self._paper), ("mail-queue", self._mailing), ("price-alerts", self._alerts))
        return self._states | {name: part.state for name, part in parts if part is not None}

    def missing(self) -> list[str]:
        """Every dependency that does not answer, by name."""
        return [name for name, state in self.checks().items() if state != "ok"]

    def failed(self) -> bool:
        """Whether the work has ended without a request to stop."""
        return self._background.failed


async def serve(publisher: Publisher) -> None:
    """Run it with its probes until SIGTERM or SIGINT."""
    settings = publisher.settings

    async def health() -> probes.Answer:
        failed = publisher.failed()
        return 503 if failed else 200, alive(settings.service_name, "failed" if failed else "ok")

    async def ready() -> probes.Answer:
        state = Readiness.of(publisher.checks(), publisher.missing())
        return state.http_status, state

    stopping = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stopping.set)
    async with probes.listening(probes.application({"/health": health, "/ready": ready}), settings.bind_host, settings.port):
        await publisher.start()
        try:
            await stopping.wait()
        finally:
            await publisher.stop()
