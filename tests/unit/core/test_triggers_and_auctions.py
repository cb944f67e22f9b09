"""Conditional orders, OCO pairs and auctions, each rule with its figures."""

from __future__ import annotations

import pytest

from mycrypto.contracts import commands as c
from mycrypto.contracts import events as e
from mycrypto.contracts.trading import SymbolStatus
from tests.unit.core.trading_desk import START_MS, Desk, codes, of, units


@pytest.fixture
def desk() -> Desk:
    desk = Desk()
    for name in ("ann", "bob", "cem"):
        desk.fund(name, BTC="10", USDT="1000000")
    return desk


# conditional orders


def test_stops_fire_in_order_of_entry_after_the_command(desk: Desk) -> None:
    desk.trade_at("50000")
    for name, stop in (("ann", "49000"), ("bob", "49500")):
        desk.place(name, "SELL", "0.1", kind="STOP", stop_price=stop)
    desk.place("cem", "BUY", "1", "48900")
    desk.fund("dan", BTC="1")
    events = desk.place("dan", "SELL", "0.1", "48900", tif="IOC")
    assert [event.user_id for event in of(e.OrderTriggered, events)] == [desk.user("ann"), desk.user("bob")]
    assert [event.taker_user for event in of(e.Trade, events)] == [desk.user(name) for name in ("dan", "ann", "bob")]


def test_a_cascade_is_bounded_and_goes_on_with_the_next_command(desk: Desk) -> None:
    desk.trade_at("50000")
    desk.do(c.SetUser(desk.new_id(), desk.user("ann"), 0, 0, 0))
    for _ in range(150):
        desk.place("ann", "SELL", "0.001", kind="STOP", stop_price="49000")
    desk.place("cem", "BUY", "1", "48900")
    desk.fund("dan", BTC="1")
    first = desk.place("dan", "SELL", "0.1", "48900", tif="IOC")
    assert len(of(e.OrderTriggered, first)) == 100
    assert len(of(e.OrderTriggered, desk.passes(1))) == 50
    assert desk.balance("ann", "BTC")[1] == 0


def test_a_stop_buy_locks_for_its_trigger_and_the_band(desk: Desk) -> None:
    desk.trade_at("50000")
    desk.place("ann", "BUY", "0.1", kind="STOP", stop_price="51000")
    assert desk.balance("ann", "USDT")[1] == units("5615.61")  # 0.1 x 51,000 x 1.1 and 0.1 %


def test_an_oco_locks_once_and_the_first_to_fill_cancels_the_other(desk: Desk) -> None:
    desk.trade_at("50000")
    limit = desk.order("ann", "SELL", "10", "52000")
    stop = desk.order("ann", "SELL", "10", kind="STOP", stop_price="49000")
    events = desk.do(c.PlaceOco(desk.new_id(), limit, stop))
    assert len(of(e.OrderAccepted, events)) == 2
    assert desk.balance("ann", "BTC") == (0, units("10"))
    filled = desk.place("bob", "BUY", "1", "52000")
    assert [event.reason for event in of(e.OrderClosed, filled)] == ["OCO", ""]
    assert desk.balance("ann", "BTC") == (0, units("9"))


def test_cancel_replace_places_nothing_when_the_cancel_is_refused(desk: Desk) -> None:
    number = desk.number("ann", "BUY", "0.1", "50000")
    replacement = desk.order("ann", "BUY", "0.1", "49000")
    events = desk.do(c.ReplaceOrder(desk.new_id(), number, "", replacement))
    assert of(e.OrderClosed, events)[0].reason == "REPLACED"
    assert of(e.OrderAccepted, events)[0].price == units("49000")
    again = desk.do(c.ReplaceOrder(desk.new_id(), number, "", desk.order("ann", "BUY", "0.1", "48000")))
    assert codes(again) == ["ORDER_004"]
    assert of(e.OrderAccepted, again) == []


# auction


def test_an_auction_crosses_at_the_price_of_greatest_volume(desk: Desk) -> None:
    desk.trade_at("100")
    desk.status(SymbolStatus.HALTED)
    desk.status(SymbolStatus.AUCTION, START_MS + 1_000)
    for name, side, quantity, price in (
        ("ann", "BUY", "3", "102"),
        ("bob", "BUY", "2", "100"),
        ("cem", "SELL", "2", "98"),
        ("bob", "SELL", "2", "101"),
        ("cem", "SELL", "5", "103"),
    ):
        assert of(e.Trade, desk.place(name, side, quantity, price)) == []
    assert codes(desk.place("ann", "BUY", "1", kind="MARKET")) == ["MARKET_CLOSED"]
    events = desk.passes(1_000)
    trades = of(e.Trade, events)
    assert {trade.price for trade in trades} == {units("101")}
    assert sum(trade.quantity for trade in trades) == units("3")
    assert of(e.SymbolChanged, events)[0].status is SymbolStatus.ACTIVE
    assert desk.symbol.bids.best is not None
    assert desk.symbol.asks.best is not None
    assert desk.symbol.bids.best.key < -desk.symbol.asks.best.key


def test_ties_of_an_auction_go_to_the_smallest_imbalance_then_to_the_last_price(desk: Desk) -> None:
    desk.trade_at("104")
    desk.status(SymbolStatus.HALTED)
    desk.status(SymbolStatus.AUCTION)
    desk.place("ann", "BUY", "1", "105")
    desk.place("bob", "SELL", "1", "101")
    trades = of(e.Trade, desk.status(SymbolStatus.ACTIVE))
    assert [trade.price for trade in trades] == [units("105")]  # 101 and 105 trade the same, 105 is nearer to 104
    assert desk.state.totals["BTC"].units == sum(
        sum(desk.balance(name, "BTC")) for name in ("ann", "bob", "cem", "seed seller", "seed buyer")
    )
