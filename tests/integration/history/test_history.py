"""Orders and trades in the trade database."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg import Connection

from functions.history import service
from mycrypto.contracts import events
from mycrypto.contracts.trading import OrderStatus, OrderType, Side, SymbolStatus, TimeInForce
from mycrypto.ids import trading_uuid
from mycrypto.money import to_numeric
from mycrypto.projection import SequenceGapError

if TYPE_CHECKING:
    from tests.integration.conftest import EngineLog, TestDatabase

ONE = 10**8


@pytest.fixture
def rich(engine_log: EngineLog) -> tuple[UUID, UUID]:
    """A buyer and a seller who can pay for everything."""
    users = (uuid4(), uuid4())
    for user in users:
        engine_log.balances[user, "TRY"] = [10**9 * ONE, 0]
        engine_log.balances[user, "BTC"] = [10**6 * ONE, 0]
    return users


def project(connection: Connection, records: Sequence[events.EventRecord]) -> service.Outcome:
    with connection.transaction():
        return service.project(connection, 0, records)


def order(connection: Connection, number: int) -> dict[str, Any]:
    with connection.cursor(row_factory=psycopg.rows.dict_row) as cursor:
        row = cursor.execute("SELECT * FROM orders WHERE number = %s", (number,)).fetchone()
    assert row is not None
    return row


def test_an_order_lives_through_several_batches(trade_database: TestDatabase, engine_log: EngineLog, rich: tuple[UUID, UUID]) -> None:
    connection, (buyer, seller) = trade_database.connect("trade_engine_app"), rich
    offer = engine_log.rest(seller, Side.SELL, 100 * ONE, 3 * ONE)
    project(connection, engine_log.take_records())
    row = order(connection, offer.number)
    assert row["order_id"] == trading_uuid(offer.created_ms, offer.number)
    assert (row["status"], row["side"], row["order_type"], row["time_in_force"]) == ("OPEN", "SELL", "LIMIT", "GTC")
    assert (row["quantity"], row["price"], row["filled_quantity"], row["average_price"]) == (3, 100, 0, None)
    engine_log.take(buyer, offer, ONE)
    project(connection, engine_log.take_records())
    number = engine_log.take(buyer, offer, ONE // 2)
    engine_log.cancel(offer)
    outcome = project(connection, engine_log.take_records())
    assert outcome.missing == 0
    row = order(connection, offer.number)
    assert (row["status"], row["reason"], row["filled_quantity"], row["filled_value"]) == ("CANCELLED", "USER", Decimal("1.5"), 150)
    assert (row["average_price"], row["fee"]) == (100, Decimal("0.075"))
    assert row["cancelled_at"] == row["updated_at"] > row["created_at"]
    taker = order(connection, number - 1)
    assert (taker["status"], taker["filled_quantity"], taker["fee"], taker["price"]) == ("FILLED", Decimal("0.5"), Decimal("0.05"), None)
    with connection.cursor(row_factory=psycopg.rows.dict_row) as cursor:
        trades = cursor.execute("SELECT * FROM trades ORDER BY number").fetchall()
    assert len(trades) == 2
    assert trades[1]["trade_id"] == trading_uuid(engine_log.time_ms - 1, number)
    assert (trades[1]["buyer_user_id"], trades[1]["seller_user_id"], trades[1]["is_buyer_maker"]) == (buyer, seller, False)
    assert (trades[1]["seller_order_id"], trades[1]["buyer_order_number"]) == (row["order_id"], number - 1)
    assert (trades[1]["value"], trades[1]["buyer_fee"], trades[1]["seller_fee"], trades[1]["fee_asset"]) == (
        50,
        Decimal("0.05"),
        Decimal("0.025"),
        "TRY",
    )


def test_rows_lie_in_their_month_and_day(trade_database: TestDatabase, engine_log: EngineLog, rich: tuple[UUID, UUID]) -> None:
    now = datetime.now(UTC)
    engine_log.time_ms = int(now.timestamp() * 1000)
    offer = engine_log.rest(rich[1], Side.SELL, 100 * ONE, ONE)
    engine_log.take(rich[0], offer, ONE)
    project(trade_database.connect("trade_engine_app"), engine_log.take_records())
    admin = trade_database.connect()
    for table, partition, count in (("orders", f"orders_{now:%Y_%m}", 2), ("trades", f"trades_{now:%Y_%m_%d}", 1)):
        assert admin.execute(f"SELECT tableoid::regclass::text, count(*) FROM {table} GROUP BY 1").fetchall() == [(partition, count)]


def test_what_is_repeated_counts_once_and_a_gap_stops(trade_database: TestDatabase, engine_log: EngineLog, rich: tuple[UUID, UUID]) -> None:
    connection, (buyer, seller) = trade_database.connect("trade_engine_app"), rich
    offer = engine_log.rest(seller, Side.SELL, 100 * ONE, 3 * ONE)
    first = engine_log.take_records()
    engine_log.take(buyer, offer, ONE)
    second = engine_log.take_records()
    with pytest.raises(SequenceGapError):
        project(connection, second)
    project(connection, first)
    project(connection, first + second)
    project(connection, first + second)
    assert order(connection, offer.number)["filled_value"] == 100
    assert connection.execute("SELECT consumer, shard, seq FROM projection_watermark").fetchall() == [("history", 0, engine_log.seq)]
    reader = trade_database.connect("trade_engine_readonly")
    assert reader.execute("SELECT seq FROM projection_watermark WHERE consumer = 'history' AND shard = 0").fetchone() == (engine_log.seq,)


def test_a_final_order_stays_as_it_is_even_without_a_watermark(
    trade_database: TestDatabase, engine_log: EngineLog, rich: tuple[UUID, UUID]
) -> None:
    """Replaying the whole log over the rows changes nothing (invariant 8)."""
    connection, (buyer, seller) = trade_database.connect("trade_engine_app"), rich
    offer = engine_log.rest(seller, Side.SELL, 100 * ONE, 3 * ONE)
    engine_log.take(buyer, offer, ONE)
    engine_log.cancel(offer)
    open_offer = engine_log.rest(seller, Side.SELL, 100 * ONE, 3 * ONE)
    engine_log.take(buyer, open_offer, ONE)
    records = engine_log.take_records()
    project(connection, records)
    before = connection.execute("SELECT * FROM orders ORDER BY number").fetchall()
    connection.execute("UPDATE projection_watermark SET seq = 0")
    for record in records:
        project(connection, [record])
    assert connection.execute("SELECT * FROM orders ORDER BY number").fetchall() == before


def test_refused_orders_are_kept_with_their_reason_however_strange(trade_database: TestDatabase, engine_log: EngineLog) -> None:
    connection, user = trade_database.connect("trade_engine_app"), uuid4()
    for symbol, quantity, price, code in (
        ("BTC/TRY", 5 * ONE, ONE, "WALLET_001"),
        ("X" * 60, 0, 0, "ORDER_001"),
        ("BTC/TRY", 10**18 - 1, 10**18 - 1, "ORDER_002"),
    ):
        engine_log.emit(
            events.OrderRejected(
                user.bytes, "c" * 100, symbol, Side.BUY, OrderType.LIMIT, TimeInForce.FOK, quantity, price, 0, 0, code, {"required": 5}
            )
        )
    project(connection, engine_log.take_records())
    rows = connection.execute("SELECT status, reason, reason_details FROM orders ORDER BY number").fetchall()
    assert rows == [("REJECTED", code, {"required": 5}) for code in ("WALLET_001", "ORDER_001", "ORDER_002")]


def test_stops_amendments_and_markets_by_value(trade_database: TestDatabase, engine_log: EngineLog) -> None:
    connection, user = trade_database.connect("trade_engine_app"), uuid4().bytes
    expires = 1_800_000_000_000
    stop = engine_log.emit(
        events.OrderAccepted(
            user, "s", "BTC/TRY", Side.SELL, OrderType.STOP_LIMIT, TimeInForce.GTD, ONE, 90 * ONE, 0, True, 95 * ONE, ONE // 2, 0, 0,
            expires, OrderStatus.PENDING_TRIGGER,
        )
    )  # fmt: skip
    created = engine_log.time_ms
    market = engine_log.emit(
        events.OrderAccepted(
            user, "m", "BTC/TRY", Side.BUY, OrderType.MARKET, TimeInForce.IOC, 0, 0, 50 * ONE, False, 0, 0, 0, 0, 0, OrderStatus.OPEN
        ),
        events.OrderClosed(engine_log.seq + 1, engine_log.time_ms + 1, user, "BTC/TRY", OrderStatus.CANCELLED, "IOC", 0, 0),
    )
    project(connection, engine_log.take_records())
    waiting = order(connection, stop)
    assert (waiting["status"], waiting["stop_price"], waiting["display_quantity"], waiting["post_only"]) == (
        "PENDING_TRIGGER",
        95,
        Decimal("0.5"),
        True,
    )
    assert waiting["expires_at"] == datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=expires)
    assert (order(connection, market)["quote_quantity"], order(connection, market)["status"]) == (50, "CANCELLED")
    engine_log.emit(events.OrderTriggered(stop, created, user, "BTC/TRY", 94 * ONE))
    engine_log.emit(events.OrderAmended(stop, created, user, "BTC/TRY", 2 * ONE, 91 * ONE, kept_place=False))
    project(connection, engine_log.take_records())
    fired = order(connection, stop)
    assert (fired["status"], fired["quantity"], fired["price"]) == ("OPEN", 2, 91)
    assert fired["triggered_at"] is not None


def test_symbols_are_as_last_said(trade_database: TestDatabase, engine_log: EngineLog) -> None:
    connection = trade_database.connect("trade_engine_app")
    for status in (SymbolStatus.ACTIVE, SymbolStatus.HALTED):
        engine_log.emit(
            events.SymbolChanged(
                "BTC/TRY", "BTC", "TRY", ONE // 100, ONE // 10_000, ONE // 10_000, 100 * ONE, 100 * ONE, 1_000, 500, 1_000, 1_000, 300_000,
                -1, -1, status, "", 0,
            )
        )  # fmt: skip
    project(connection, engine_log.take_records())
    assert connection.execute("SELECT symbol, status, tick_size, band_bps FROM symbols").fetchall() == [
        ("BTC/TRY", "HALTED", Decimal("0.01"), 1_000)
    ]


def test_a_change_of_an_order_that_is_not_there_is_counted(trade_database: TestDatabase, engine_log: EngineLog) -> None:
    engine_log.emit(events.OrderClosed(999, 1_000, uuid4().bytes, "BTC/TRY", OrderStatus.CANCELLED, "USER", 0, ONE))
    assert project(trade_database.connect("trade_engine_app"), engine_log.take_records()).missing == 1


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    steps=st.lists(st.tuples(st.integers(1, 999), st.integers(1, 9), st.integers(0, 99), st.integers(0, 99)), min_size=1, max_size=15),
    cuts=st.lists(st.tuples(st.integers(1, 9), st.integers(1, 2)), min_size=1, max_size=10),
)
def test_any_cut_of_the_log_gives_the_same_history(
    trade_database: TestDatabase,
    engine_log: EngineLog,
    rich: tuple[UUID, UUID],
    steps: list[tuple[int, int, int, int]],
    cuts: list[tuple[int, int]],
) -> None:
    """Batches of any size, some of them twice: each order's fills are the sum of its trades."""
    connection, (buyer, seller) = trade_database.kept("trade_engine_app"), rich
    offers = []
    for price, quantity, which, how_much in steps:
        offers.append(engine_log.rest(seller, Side.SELL, price * ONE // 100, quantity * ONE))
        chosen = offers[which % len(offers)]
        if chosen.filled < chosen.quantity:
            engine_log.take(buyer, chosen, (1 + how_much % ((chosen.quantity - chosen.filled) // ONE)) * ONE)
    records = engine_log.take_records()
    start = turn = 0
    while start < len(records):
        size, times = cuts[turn % len(cuts)]
        for _ in range(times):
            project(connection, records[start : start + size])
        start, turn = start + size, turn + 1
    for offer in offers:
        row = order(connection, offer.number)
        assert row["filled_quantity"] == to_numeric(offer.filled)
        assert row["status"] == ("FILLED" if offer.filled == offer.quantity else "PARTIALLY_FILLED" if offer.filled else "OPEN")
    unlike = connection.execute(
        """SELECT o.number FROM orders o LEFT JOIN (
                  SELECT order_id, sum(value) AS value, sum(fee) AS fee FROM (
                         SELECT buyer_order_id AS order_id, value, buyer_fee AS fee FROM trades
                         UNION ALL SELECT seller_order_id, value, seller_fee FROM trades) both_sides GROUP BY order_id) t USING (order_id)
            WHERE o.filled_value <> coalesce(t.value, 0) OR o.fee <> coalesce(t.fee, 0)"""
    ).fetchall()
    assert unlike == []
