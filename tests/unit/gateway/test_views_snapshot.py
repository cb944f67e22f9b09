"""Views that begin with a snapshot and read on are the views that have read everything; and which snapshots are not to be used."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from pathlib import Path

import msgspec
import pytest

from engine_container.logs.feed import Feed
from engine_container.logs.start_point import NewestSnapshot
from engine_container.snapshot_store import FolderStore, SnapshotError, keep, name_of
from engine_container.views import snapshot
from engine_container.views.balances import Balance
from engine_container.views.held import HeldImage
from engine_container.views.minutes import MinutesImage
from engine_container.views.observer import Observer
from engine_container.views.orders import Order, OrdersImage
from engine_container.views.projection import Projection
from engine_container.views.snapshot import Cover, Image, Listing, anchor_of, pack, read_cover, unpack
from engine_container.views.trades import OwnFill, TradeRecord, TradesImage
from mycrypto.contracts.events import SymbolChanged, Trade, UserChanged, decode_record
from tests.unit.gateway.core_engine import CoreEngine
from tests.unit.gateway.memory_logs import MemoryEvents
from tests.unit.gateway.test_views_follow_core import SYMBOL, USERS, Flow

logger = logging.getLogger(__name__)


class Market:
    """A core under a random flow, its event log, and views that have read all of it."""

    def __init__(self, seed: int) -> None:
        self.flow = Flow(seed)
        self.log = MemoryEvents()
        self.engine = CoreEngine(self.log)
        self.views = Projection()
        for command in self.flow.opening():
            self.engine.carry_out([command])
        self.read_on(self.views)

    def read_on(self, views: Projection) -> None:
        for payload in self.log.records:
            views.apply(decode_record(payload))

    def trade(self, steps: int) -> None:
        for _ in range(steps):
            live = [order.number for order in self.views.orders.all() if not order.is_final]
            payload = self.engine.carry_out([self.flow.next(live) for _ in range(self.flow.random.randint(1, 3))])
            if payload is not None:
                self.views.apply(decode_record(payload))

    def forget(self, age_ms: int) -> None:
        """As if a history had everything."""
        before_ms = self.views.time_ms - age_ms
        self.views.orders.evict(self.views.watermark, before_ms)
        self.views.trades.evict(self.views.watermark, before_ms)

    def snapshot(self) -> bytes:
        return pack(self.views, 0, len(self.log.records), anchor_of(self.log.records[-1]))


def everything(views: Projection) -> bytes:
    """All that views know, less what a snapshot leaves to be derived."""
    return pack(views, 0, 0, b"")


@pytest.mark.parametrize("seed", range(4))
def test_a_snapshot_and_the_rest_of_the_log_are_the_whole_log(seed: int) -> None:
    market = Market(seed)
    market.trade(250)
    market.forget(100)
    begun = unpack(read_cover(market.snapshot(), 0))
    assert everything(begun) == everything(market.views)
    market.trade(250)
    market.read_on(begun)
    assert everything(begun) == everything(market.views)
    for user in USERS:
        assert [fill.record.number for fill in begun.trades.own(user)] == [fill.record.number for fill in market.views.trades.own(user)]
        assert [order.number for order in begun.orders.of(user)] == [order.number for order in market.views.orders.of(user)]
    for order in market.views.orders.all():
        known = begun.orders.by_client_id(order.user_id, order.client_order_id)
        meant = market.views.orders.by_client_id(order.user_id, order.client_order_id)
        assert (known and known.number) == (meant and meant.number)
    for mine, theirs in zip(begun.books[SYMBOL].sides, market.views.books[SYMBOL].sides, strict=True):
        assert mine.prices == theirs.prices
        assert mine.top(1_000) == theirs.top(1_000)
    market.forget(0)
    begun.orders.evict(begun.watermark, begun.time_ms)
    begun.trades.evict(begun.watermark, begun.time_ms)
    assert everything(begun) == everything(market.views)
    assert begun.orders.evicted_seq > 0


def test_a_fill_and_its_trade_are_in_memory_once() -> None:
    market = Market(0)
    market.trade(200)
    begun = unpack(read_cover(market.snapshot(), 0))
    shared = [fill.record is begun.trades.get(fill.record.number) for order in begun.orders.all() for fill in order.fills]
    assert shared
    assert all(shared)


def test_damaged_and_foreign_files_are_refused() -> None:
    market = Market(0)
    file = market.snapshot()
    for bad in (b"", file[:-1], file[:100] + b"x" + file[101:], b"MCSNAP1\n" + file[8:]):
        with pytest.raises(SnapshotError):
            read_cover(bad, 0)
    with pytest.raises(SnapshotError, match="of shard 0, not format 6 of shard 1"):
        read_cover(file, 1)
    cover = read_cover(file, 0)
    with pytest.raises(SnapshotError):
        unpack(msgspec.structs.replace(cover, body=cover.body[:-9]))


def test_a_change_of_what_is_in_a_snapshot_is_another_format() -> None:
    """When this fails, raise ``snapshot.FORMAT`` and put the new fingerprint here: older files are then passed over, not misread."""
    views = (Cover, Listing, Image, Order, OrdersImage, OwnFill, TradeRecord, TradesImage, Balance, MinutesImage, HeldImage)
    kinds = (*views, Trade, SymbolChanged, UserChanged)
    fields = ";".join(f"{kind.__name__}:{','.join(kind.__struct_fields__)}" for kind in kinds)
    assert (snapshot.FORMAT, hashlib.sha256(fields.encode()).hexdigest()[:12]) == (6, "f201bd836444")


class Start:
    """A reader that begins with what is in a folder."""

    def __init__(self, folder: Path, log: MemoryEvents, judge: str = "") -> None:
        async def verdict(_: Cover) -> str:
            return judge

        self.store = FolderStore(folder)
        self.log = log
        self.source = NewestSnapshot(lambda: self.store, 0, Observer(), logger, verdict)

    def offset(self) -> int | None:
        return asyncio.run(self.source.begin(self.log, empty=False)).offset


def test_the_newest_snapshot_that_fits_the_log_is_where_reading_begins(tmp_path: Path) -> None:
    market = Market(1)
    start = Start(tmp_path, market.log)
    assert start.offset() is None
    market.trade(50)
    first = len(market.log.records)
    keep(start.store, name_of(first), market.snapshot())
    market.trade(50)
    assert start.offset() == first
    second = len(market.log.records)
    keep(start.store, name_of(second), market.snapshot())
    market.trade(5)
    assert start.offset() == second
    assert Start(tmp_path, market.log, judge="the history is behind").offset() is None
    start.store.write(name_of(second), market.snapshot()[:-1])
    assert start.offset() == first, "a damaged one is passed over"
    other = Market(2)
    other.trade(100)
    assert Start(tmp_path, other.log).offset() is None, "another log has another record before that place"
    assert Start(tmp_path, MemoryEvents()).offset() is None, "the log is shorter than the snapshot says"


def test_a_store_that_cannot_be_reached_costs_time_only() -> None:
    def gone() -> FolderStore:
        raise OSError("no route")

    source = NewestSnapshot(gone, 0, Observer(), logger)
    assert asyncio.run(source.begin(MemoryEvents(), empty=False)).offset is None


def test_a_feed_reads_only_the_rest_and_goes_back_to_the_beginning_on_a_gap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine_container.logs.feed.RESYNC_SECONDS", 0)
    market = Market(3)
    market.trade(50)
    start = Start(tmp_path, market.log)
    place = len(market.log.records)
    keep(start.store, name_of(place), market.snapshot())
    market.trade(50)

    async def follow() -> None:
        feed = Feed(market.log, start.source, logger)
        reading = asyncio.create_task(feed.run())
        try:
            assert await feed.sync(5)
            assert market.log.opened_at == [place - 1, place]
            assert everything(feed.projection) == everything(market.views)
            lost = market.log.records.pop()
            market.trade(5)
            for _ in range(6_000):
                if len(market.log.opened_at) >= 3:
                    break
                await asyncio.sleep(0.01)
            assert feed.resyncs
            market.log.records.insert(len(market.log.records) - 1, lost)
        finally:
            reading.cancel()

    asyncio.run(follow())
    assert market.log.opened_at[2] is None
