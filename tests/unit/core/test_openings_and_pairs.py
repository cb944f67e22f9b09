"""What must hold however trading comes to a point: pairs shrink together, nothing opens crossed, no stop is passed over."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from engine_container.core.codec.record import apply_record
from engine_container.core.codec.snapshot_codec import dump, load
from engine_container.core.machine import observe_print
from mycrypto.contracts import commands as c
from mycrypto.contracts import events as e
from mycrypto.contracts.trading import OrderStatus, SelfTradePrevention, SymbolStatus
from tests.unit.core.trading_desk import SYMBOL, Desk, of, units

DECREMENT = SelfTradePrevention.DECREMENT


@pytest.fixture
def desk() -> Desk:
    desk = Desk(notional_min=0)
    for name in ("ann", "bob", "cem", "dan"):
        desk.fund(name, BTC="50", USDT="100000")
    desk.trade_at("100")
    return desk


def oco(desk: Desk, price: str = "105", stop: str = "95", side: str = "SELL", quantity: str = "10", **limit: Any) -> dict[str, int]:
    """The numbers of ann's limit leg and stop leg."""
    stop_leg = {"kind": "STOP_LIMIT", "price": stop} if desk.symbol.status == SymbolStatus.AUCTION else {"kind": "STOP"}
    legs = (
        desk.order("ann", side, quantity, price, self_trade_prevention=DECREMENT, **limit),
        desk.order("ann", side, quantity, **stop_leg, stop_price=stop),
    )
    first = desk.state.next_seq
    desk.do(c.PlaceOco(desk.new_id(), *legs))
    return {"limit": first, "stop": first + 1}


def left(desk: Desk, numbers: dict[str, int]) -> list[int]:
    orders = [desk.state.orders.find(number) for number in numbers.values()]
    return [int(order.open * order.account.symbol.lot) for order in orders if order is not None]


# the legs of an OCO


@pytest.mark.parametrize("way", ["at rest", "on entry", "in an auction", "an iceberg", "a market order", "a fired stop", "a buy"])
def test_prevention_takes_as_much_off_both_legs(desk: Desk, way: str) -> None:
    if way == "on entry":
        desk.place("ann", "BUY", "4", "105")
        numbers = oco(desk)
    elif way == "in an auction":
        desk.status(SymbolStatus.AUCTION)
        numbers = oco(desk)
        desk.place("ann", "BUY", "4", "105", self_trade_prevention=DECREMENT)
        desk.status(SymbolStatus.ACTIVE)
    elif way == "a buy":
        numbers = oco(desk, "95", "105", "BUY")
        desk.place("ann", "SELL", "4", "95", self_trade_prevention=DECREMENT)
    else:
        numbers = oco(desk, **({"display_quantity": "3"} if way == "an iceberg" else {}))
        if way == "a market order":
            desk.place("ann", "BUY", "4", kind="MARKET", tif="IOC", self_trade_prevention=DECREMENT)
        elif way == "a fired stop":
            desk.place("ann", "BUY", "4", kind="STOP", stop_price="101", self_trade_prevention=DECREMENT)
            desk.place("bob", "SELL", "1", "101")
            desk.place("cem", "BUY", "1", "101")
        else:
            desk.place("ann", "BUY", "4", "105", self_trade_prevention=DECREMENT)
    assert left(desk, numbers) == [units("6"), units("6")]
    asset, need = ("USDT", units("6") * 1155 // 10 + units("0.6") * 1155 // 10**3) if way == "a buy" else ("BTC", units("6"))
    assert desk.balance("ann", asset)[1] >= need
    assert sum(desk.balance("ann", "BTC")) >= units("50")


def test_the_stop_leg_sells_no_more_than_is_left_and_all_that_was_freed_may_go(desk: Desk) -> None:
    numbers = oco(desk)
    events = desk.place("ann", "BUY", "4", "105", self_trade_prevention=DECREMENT)
    amended = of(e.OrderAmended, events)
    assert [(event.order, event.quantity, event.kept_place) for event in amended if event.order in numbers.values()] == [
        (numbers["limit"], units("6"), True),
        (numbers["stop"], units("6"), True),
    ]
    free = desk.balance("ann", "BTC")[0]
    assert free == units("44")
    desk.do(c.Debit(desk.new_id(), desk.user("ann"), "BTC", free, desk.new_id()))
    desk.place("bob", "BUY", "20", "95")
    trades = of(e.Trade, desk.place("cem", "SELL", "1", "95"))
    assert sum(trade.quantity for trade in trades if trade.taker_order == numbers["stop"]) == units("6")
    assert desk.balance("ann", "BTC") == (0, 0)


def test_a_leg_that_prevention_takes_whole_ends_the_pair(desk: Desk) -> None:
    oco(desk, quantity="3")
    closed = of(e.OrderClosed, desk.place("ann", "BUY", "4", "105", self_trade_prevention=DECREMENT))
    assert [(event.reason, event.remaining) for event in closed] == [("SELF_TRADE_PREVENTION", units("3")), ("OCO", units("3"))]
    assert desk.balance("ann", "BTC") == (units("50"), 0)


def test_a_leg_made_smaller_on_entry_is_what_fires_at_once(desk: Desk) -> None:
    """The limit leg loses four lots to an own bid, then the stop leg's trigger is met already: it sells six."""
    desk.place("ann", "BUY", "4", "99")
    desk.place("bob", "BUY", "20", "97")
    numbers = oco(desk, "99", "100")
    closed = [order for order in (desk.state.orders.find(number) for number in numbers.values()) if order is not None]
    assert closed == []
    assert desk.balance("ann", "BTC") == (units("44"), 0)


def test_logs_of_the_rules_before_replay_as_they_happened() -> None:
    desk = Desk(version=2, notional_min=0)
    desk.fund("ann", BTC="50", USDT="100000")
    desk.trade_at("100")
    numbers = oco(desk)
    desk.place("ann", "BUY", "4", "105", self_trade_prevention=DECREMENT)
    assert left(desk, numbers) == [units("6"), units("10")]


# openings


def edges(desk: Desk) -> tuple[int, int]:
    bids, asks = desk.symbol.bids.best, desk.symbol.asks.best
    return (int(bids.key) if bids is not None else 0), (-int(asks.key) if asks is not None else 10**12)


@pytest.mark.parametrize("how", ["at an operator's word", "by itself"])
@pytest.mark.parametrize("mode", [mode for mode in SelfTradePrevention if mode is not SelfTradePrevention.ALLOW])
def test_an_auction_never_opens_crossed_and_trades_at_one_price(desk: Desk, mode: SelfTradePrevention, how: str) -> None:
    desk.status(SymbolStatus.AUCTION, desk.now + 1_000)
    for who, side, quantity, price in (
        ("ann", "BUY", "10", "105"),
        ("bob", "BUY", "1", "101"),
        ("cem", "SELL", "1", "99"),
        ("dan", "SELL", "5", "100"),
        ("cem", "BUY", "3", "102"),
        ("ann", "SELL", "10", "95"),
        ("dan", "BUY", "2", "100"),
    ):
        desk.place(who, side, quantity, price, self_trade_prevention=mode)
    events = desk.passes(1_000) if how == "by itself" else desk.status(SymbolStatus.ACTIVE)
    trades = of(e.Trade, events)
    assert desk.symbol.status == SymbolStatus.ACTIVE
    assert len({trade.price for trade in trades}) <= 1
    assert all(trade.maker_user != trade.taker_user for trade in trades)
    bid, ask = edges(desk)
    assert bid < ask


def test_an_order_that_prevention_ends_takes_no_part_in_the_auction(desk: Desk) -> None:
    """ann's later ask would set the price at 95 against her own bid; without it the price is that of the others."""
    desk.status(SymbolStatus.AUCTION)
    desk.place("ann", "BUY", "10", "105")
    desk.place("bob", "BUY", "1", "101")
    desk.place("cem", "SELL", "1", "99")
    desk.place("dan", "SELL", "5", "100")
    last = desk.number("ann", "SELL", "10", "95")
    events = desk.status(SymbolStatus.ACTIVE)
    assert [(event.order, event.reason) for event in of(e.OrderClosed, events) if event.status is OrderStatus.CANCELLED] == [
        (last, "SELF_TRADE_PREVENTION")
    ]
    assert {trade.price for trade in of(e.Trade, events)} == {units("105")}
    assert sum(trade.quantity for trade in of(e.Trade, events)) == units("6")


# conditions that hold when trading starts


@pytest.mark.parametrize("opening", ["no trade", "a trade at the last price", "a trade at another price", "by itself", "a print"])
@pytest.mark.parametrize("kind", ["STOP_LIMIT", "TAKE_PROFIT_LIMIT"])
def test_a_trigger_that_is_met_when_trading_starts_fires_then(desk: Desk, kind: str, opening: str) -> None:
    desk.status(SymbolStatus.AUCTION, desk.now + 1_000)
    stop = {"STOP_LIMIT": "101", "TAKE_PROFIT_LIMIT": "99"}[kind]
    number = desk.number("ann", "SELL", "1", "100", kind=kind, stop_price=stop)
    if opening.startswith("a trade"):
        price = "100" if opening.endswith("last price") else "100.5"
        desk.place("bob", "BUY", "1", price)
        desk.place("cem", "SELL", "1", price)
    if opening == "a print":
        observe_print(desk.state, SYMBOL, units("100.5"))
    events = desk.passes(1_000) if opening == "by itself" else desk.status(SymbolStatus.ACTIVE)
    assert [event.order for event in of(e.OrderTriggered, events)] == [number]
    assert not desk.symbol.waiting


def test_a_trigger_that_only_the_price_before_the_auction_met_waits(desk: Desk) -> None:
    desk.status(SymbolStatus.AUCTION)
    desk.place("ann", "SELL", "1", "99", kind="STOP_LIMIT", stop_price="100")
    desk.place("bob", "BUY", "1", "103")
    desk.place("cem", "SELL", "1", "103")
    assert not of(e.OrderTriggered, desk.status(SymbolStatus.ACTIVE))


def test_the_stop_leg_of_an_oco_from_a_call_phase_fires_at_the_opening(desk: Desk) -> None:
    desk.status(SymbolStatus.AUCTION)
    legs = desk.order("ann", "SELL", "1", "110"), desk.order("ann", "SELL", "1", "95", kind="STOP_LIMIT", stop_price="101")
    desk.do(c.PlaceOco(desk.new_id(), *legs))
    events = desk.status(SymbolStatus.ACTIVE)
    assert len(of(e.OrderTriggered, events)) == 1
    assert [event.reason for event in of(e.OrderClosed, events)] == ["OCO"]
    assert desk.balance("ann", "BTC")[1] == units("1")


def test_a_snapshot_amid_a_cascade_goes_on_as_the_log_does(desk: Desk) -> None:
    """Orders that are cancelled while they wait for their turn take none: a snapshot does not have them."""
    desk.fund("eve", BTC="50")
    for name in ("ann", "eve"):
        desk.do(c.SetUser(desk.new_id(), desk.user(name), 0, 0, 0))
    for count in range(700):
        desk.place("ann" if count % 2 else "eve", "SELL", "0.01", "101", kind="STOP_LIMIT", stop_price="99")
    desk.place("bob", "BUY", "1", "99")
    desk.place("cem", "SELL", "1", "99")
    desk.do(c.CancelAll(desk.new_id(), desk.user("ann")))
    restored = load(msgspec.msgpack.decode(msgspec.msgpack.encode(dump(desk.state))))
    turns = 0
    while desk.symbol.waiting:
        assert apply_record(restored, [c.Tick(b"")], desk.now) == apply_record(desk.state, [c.Tick(b"")], desk.now)
        assert dump(restored) == dump(desk.state)
        turns += 1
    assert turns > 1


# a status that ends


@pytest.mark.parametrize("status", [SymbolStatus.HALTED, SymbolStatus.MAINTENANCE, SymbolStatus.AUCTION])
@pytest.mark.parametrize("end", [-1, 0, 1])
def test_an_end_that_is_no_time_to_come_is_refused_and_cancels_nothing(desk: Desk, status: SymbolStatus, end: int) -> None:
    number = desk.number("ann", "BUY", "1", "99")
    events = desk.status(status, 1 if end < 0 else desk.now + end)
    if end > 0:
        assert of(e.SymbolChanged, events)
        return
    assert [(event.code, event.details["field"]) for event in of(e.CommandRefused, events)] == [("VALIDATION_ERROR", "estimated_resume")]
    assert desk.symbol.status == SymbolStatus.ACTIVE
    assert desk.state.orders.find(number) is not None
