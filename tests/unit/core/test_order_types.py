"""Order types and times in force: what each does, against a book of a few orders at round prices."""

from __future__ import annotations

from typing import Any

import pytest

from mycrypto.contracts import commands as c
from mycrypto.contracts import events as e
from mycrypto.contracts.trading import OrderStatus, OrderType, SelfTradePrevention
from tests.unit.core.trading_desk import START_MS, Desk, codes, of, units

CONDITIONAL = ("STOP", "STOP_LIMIT", "TAKE_PROFIT", "TAKE_PROFIT_LIMIT")


@pytest.fixture
def desk() -> Desk:
    desk = Desk(band_bps=0, notional_min=0)
    for name in ("ann", "bob", "cem"):
        desk.fund(name, BTC="10", USDT="1000000")
    return desk


def traded(events: list[Any]) -> list[tuple[int, int]]:
    """Price and quantity of each trade, in whole coins."""
    return [(trade.price // units("1"), trade.quantity // units("1")) for trade in of(e.Trade, events)]


def closed(events: list[Any]) -> list[tuple[str, str]]:
    return [(event.status.name, event.reason) for event in of(e.OrderClosed, events)]


def resting(desk: Desk) -> list[int]:
    """The best price of each side that has one."""
    return [abs(int(side.best.key)) * desk.symbol.tick for side in (desk.symbol.bids, desk.symbol.asks) if side.best is not None]


# market orders


def test_a_market_order_takes_the_best_prices_first_and_what_is_left_is_cancelled(desk: Desk) -> None:
    for price in ("102", "100", "101"):
        desk.place("bob", "SELL", "1", price)
    events = desk.place("ann", "BUY", "5", kind="MARKET")
    assert traded(events) == [(100, 1), (101, 1), (102, 1)]
    assert closed(events)[-1] == ("CANCELLED", "NO_LIQUIDITY")
    assert of(e.OrderClosed, events)[-1].filled == units("3")


@pytest.mark.parametrize(
    ("side", "value", "filled", "left"),
    [("BUY", "250", 2, ("999749.799", "12")), ("SELL", "250", 2, ("1000249.75", "8")), ("BUY", "200", 2, ("999799.8", "12"))],
)
def test_a_market_order_by_value_trades_whole_lots_within_it(desk: Desk, side: str, value: str, filled: int, left: tuple[str, str]) -> None:
    """A BUY pays its fee on top of the value, a SELL out of it."""
    price = "125" if value == "250" else "100"
    desk.list_symbol(lot=units("1"), quantity_min=units("1"), band_bps=0, notional_min=0)
    desk.place("bob", "BUY" if side == "SELL" else "SELL", "5", price)
    events = desk.place("ann", side, "0", kind="MARKET", quote_quantity=value)
    assert sum(quantity for _, quantity in traded(events)) == filled
    fee = units(value) // 1_000
    spent = units("1000000") + (units(value) - fee if side == "SELL" else -units(value) - fee)
    assert desk.balance("ann", "USDT") == (spent, 0)
    assert desk.balance("ann", "BTC") == (units(left[1]), 0)


def test_a_value_that_buys_no_lot_is_refused_with_what_one_costs(desk: Desk) -> None:
    desk.list_symbol(lot=units("1"), quantity_min=units("1"))
    desk.place("bob", "SELL", "5", "100")
    rejected = of(e.OrderRejected, desk.place("ann", "BUY", "0", kind="MARKET", quote_quantity="99"))[0]
    assert (rejected.code, rejected.details) == ("MIN_NOTIONAL", {"required": units("100"), "notional": units("99")})


# conditional orders


@pytest.mark.parametrize(
    ("kind", "side", "stop", "not_yet", "fires_at"),
    [
        ("STOP", "SELL", "95", "96", "95"),
        ("STOP", "BUY", "105", "104", "105"),
        ("STOP_LIMIT", "SELL", "95", "96", "94"),
        ("STOP_LIMIT", "BUY", "105", "104", "106"),
        ("TAKE_PROFIT", "SELL", "105", "104", "105"),
        ("TAKE_PROFIT", "BUY", "95", "96", "95"),
        ("TAKE_PROFIT_LIMIT", "SELL", "105", "104", "106"),
        ("TAKE_PROFIT_LIMIT", "BUY", "95", "96", "94"),
    ],
)
def test_a_conditional_order_waits_for_its_trigger(desk: Desk, kind: str, side: str, stop: str, not_yet: str, fires_at: str) -> None:
    desk.trade_at("100")
    limit = {"price": "100"} if kind.endswith("LIMIT") else {}
    events = desk.place("ann", side, "1", kind=kind, stop_price=stop, **limit)
    assert of(e.OrderAccepted, events)[0].status is OrderStatus.PENDING_TRIGGER
    assert resting(desk) == []
    locked = desk.balance("ann", "BTC" if side == "SELL" else "USDT")[1]
    assert locked > 0
    for price in (not_yet, fires_at):
        desk.fund("seed seller", BTC="1")
        desk.fund("seed buyer", USDT="200")
        desk.place("seed seller", "SELL", "0.1", price)
        events = desk.place("seed buyer", "BUY", "0.1", price, tif="IOC")
        assert [event.price for event in of(e.OrderTriggered, events)] == ([units(price)] if price == fires_at else [])
    if limit:  # rests at its limit now, funds locked for exactly that
        assert resting(desk) == [units("100")]
        assert desk.balance("ann", "BTC" if side == "SELL" else "USDT")[1] == units("1" if side == "SELL" else "100.1")
    else:  # no maker to trade with: ended, all funds free
        assert closed(events)[-1] == ("CANCELLED", "NO_LIQUIDITY")
        assert desk.balance("ann", "BTC" if side == "SELL" else "USDT")[1] == 0


@pytest.mark.parametrize(("kind", "side", "stop"), [("STOP", "SELL", "101"), ("STOP", "BUY", "99"), ("TAKE_PROFIT", "SELL", "99")])
def test_a_trigger_that_is_past_already_fires_on_entry(desk: Desk, kind: str, side: str, stop: str) -> None:
    desk.trade_at("100")
    desk.place("bob", "BUY", "1", "98")
    desk.place("bob", "SELL", "1", "102")
    events = desk.place("ann", side, "1", kind=kind, stop_price=stop)
    assert len(of(e.OrderTriggered, events)) == 1
    assert traded(events) == [(98 if side == "SELL" else 102, 1)]


def prints(desk: Desk, *prices: str) -> list[Any]:
    """Trades at these prices between two others; the events of the last."""
    events: list[Any] = []
    for price in prices:
        desk.fund("seed seller", BTC="1")
        desk.fund("seed buyer", USDT="200")
        desk.place("seed seller", "SELL", "0.1", price)
        events = desk.place("seed buyer", "BUY", "0.1", price, tif="IOC")
    return events


@pytest.mark.parametrize(
    ("side", "activation", "before", "fires"),
    [
        ("SELL", "0", ("110", "105", "99.01"), "99"),  # 110 x 0.9
        ("BUY", "0", ("90", "95", "98.99"), "99"),  # 90 x 1.1
        ("SELL", "120", ("110", "99", "120", "108.01"), "108"),  # tracks from 120 on: a fall before is nothing to it
        ("BUY", "80", ("90", "99", "80", "87.99"), "88"),
    ],
)
def test_a_trailing_stop_follows_the_price_and_fires_at_its_distance(
    desk: Desk, side: str, activation: str, before: tuple[str, ...], fires: str
) -> None:
    desk.trade_at("100")
    desk.place("ann", side, "1", kind="TRAILING_STOP", trail_bps=1_000, activation_price=activation)
    for price in before:
        assert of(e.OrderTriggered, prints(desk, price)) == [], price
    assert len(of(e.OrderTriggered, prints(desk, fires))) == 1
    assert desk.balance("ann", "BTC")[1] == desk.balance("ann", "USDT")[1] == 0


@pytest.mark.parametrize("kind", CONDITIONAL)
def test_a_waiting_order_expires_and_can_be_cancelled(desk: Desk, kind: str) -> None:
    desk.trade_at("100")
    limit = {"price": "100"} if kind.endswith("LIMIT") else {}
    stop = "95" if kind.startswith("STOP") else "105"
    desk.place("ann", "SELL", "1", kind=kind, stop_price=stop, tif="GTD", expires_ms=desk.now + 10, **limit)
    number = desk.number("ann", "SELL", "1", kind=kind, stop_price=stop, **limit)
    assert desk.balance("ann", "BTC") == (units("8"), units("2"))
    assert closed(desk.passes(10)) == [("EXPIRED", "EXPIRED")]
    assert closed(desk.cancel("ann", number)) == [("CANCELLED", "USER")]
    assert desk.balance("ann", "BTC") == (units("10"), 0)


# OCO


def oco(desk: Desk, **legs: Any) -> tuple[int, int]:
    """Ann's take-profit at 110 and stop at 90, for one coin."""
    first = desk.state.next_seq
    limit = desk.order("ann", "SELL", "1", "110", client_order_id="limit")
    stop = desk.order("ann", "SELL", "1", kind="STOP", stop_price="90", client_order_id="stop", **legs)
    events = desk.do(c.PlaceOco(desk.new_id(), limit, stop))
    numbers = [first + place for place, event in enumerate(events) if isinstance(event, e.OrderAccepted)]
    return numbers[0], numbers[1]


@pytest.mark.parametrize("way", ["fill", "part fill", "stop", "cancel limit", "cancel stop"])
def test_when_one_leg_of_an_oco_goes_the_other_is_cancelled(desk: Desk, way: str) -> None:
    desk.trade_at("100")
    limit, stop = oco(desk)
    assert desk.balance("ann", "BTC") == (units("9"), units("1"))
    if way == "cancel limit":
        events = desk.cancel("ann", limit)
        ended = [("CANCELLED", "USER"), ("CANCELLED", "OCO")]
    elif way == "cancel stop":
        events = desk.cancel("ann", stop)
        ended = [("CANCELLED", "USER"), ("CANCELLED", "OCO")]
    elif way == "stop":
        events = prints(desk, "90")
        ended = [("CANCELLED", "OCO"), ("CANCELLED", "NO_LIQUIDITY")]
        assert [event.order for event in of(e.OrderTriggered, events)] == [stop]
    else:
        events = desk.place("bob", "BUY", "1" if way == "fill" else "0.25", "110", tif="IOC")
        ended = [("CANCELLED", "OCO"), *([("FILLED", "")] if way == "fill" else [])]
    own = [(event.status.name, event.reason) for event in of(e.OrderClosed, events) if event.user_id == desk.user("ann")]
    assert own == ended
    left = {"fill": ("9", "0"), "part fill": ("9", "0.75")}.get(way, ("10", "0"))
    assert desk.balance("ann", "BTC") == (units(left[0]), units(left[1]))


def test_both_legs_of_an_oco_are_refused_or_none(desk: Desk) -> None:
    desk.trade_at("100")
    limit = desk.order("dan", "SELL", "1", "110")
    stop = desk.order("dan", "SELL", "1", kind="STOP", stop_price="90")
    assert codes(desk.do(c.PlaceOco(desk.new_id(), limit, stop))) == ["WALLET_001", "WALLET_001"]
    other = desk.order("dan", "BUY", "1", kind="STOP", stop_price="90")
    assert codes(desk.do(c.PlaceOco(desk.new_id(), limit, other))) == ["INVALID_ORDER", "INVALID_ORDER"]
    assert resting(desk) == []


# iceberg


def test_an_iceberg_shows_a_part_and_queues_again_with_every_refill(desk: Desk) -> None:
    iceberg = desk.number("ann", "SELL", "5", "100", display_quantity="1")
    plain = desk.number("bob", "SELL", "1", "100")
    trades = of(e.Trade, desk.place("cem", "BUY", "3", "100", tif="IOC"))
    assert [(trade.maker_order, trade.quantity) for trade in trades] == [
        (iceberg, units("1")), (plain, units("1")), (iceberg, units("1")),
    ]  # fmt: skip
    assert desk.balance("ann", "BTC")[1] == units("3")


def test_an_iceberg_takes_with_its_full_size(desk: Desk) -> None:
    desk.place("bob", "SELL", "4", "100")
    events = desk.place("ann", "BUY", "5", "100", display_quantity="1")
    assert traded(events) == [(100, 4)]
    desk.place("cem", "BUY", "1", "100")  # queues behind the shown part, before the hidden rest
    desk.place("ann", "BUY", "1", "100", display_quantity="0.5")
    makers = [trade.maker_user for trade in of(e.Trade, desk.place("bob", "SELL", "2.5", "100"))]
    assert makers == [desk.user("ann"), desk.user("cem"), desk.user("ann")]


# post-only, IOC, FOK, DAY, GTD


def test_a_post_only_order_rests_or_is_refused_with_the_best_price(desk: Desk) -> None:
    desk.place("bob", "SELL", "1", "100")
    rejected = of(e.OrderRejected, desk.place("ann", "BUY", "1", "101", post_only=True))[0]
    assert (rejected.code, rejected.details) == ("POST_ONLY_WOULD_TRADE", {"price": units("101"), "best": units("100")})
    assert of(e.OrderAccepted, desk.place("ann", "BUY", "1", "99.99", post_only=True))


def test_fill_or_kill_looks_at_the_whole_depth(desk: Desk) -> None:
    desk.do(c.SetUser(desk.new_id(), desk.user("bob"), 0, 0, 0))
    for step in range(150):
        desk.place("bob", "SELL", "0.01", str(100 + step))
    rejected = of(e.OrderRejected, desk.place("ann", "BUY", "1.51", "300", tif="FOK"))[0]
    assert (rejected.code, rejected.details) == ("FOK_NOT_FILLABLE", {"quantity": units("1.51"), "fillable": units("1.5")})
    assert len(of(e.Trade, desk.place("ann", "BUY", "1.5", "300", tif="FOK"))) == 150


def test_fill_or_kill_does_not_count_own_orders_that_would_be_removed(desk: Desk) -> None:
    desk.place("ann", "SELL", "1", "100")
    desk.place("bob", "SELL", "1", "101")
    order = {"tif": "FOK", "self_trade_prevention": SelfTradePrevention.CANCEL_MAKER}
    assert codes(desk.place("ann", "BUY", "2", "101", **order)) == ["FOK_NOT_FILLABLE"]
    assert traded(desk.place("ann", "BUY", "1", "101", **order)) == [(101, 1)]


def test_an_ioc_order_never_rests(desk: Desk) -> None:
    desk.place("bob", "SELL", "1", "100")
    events = desk.place("ann", "BUY", "2", "100", tif="IOC")
    assert traded(events) == [(100, 1)]
    assert closed(events)[-1] == ("CANCELLED", "IOC")
    assert desk.balance("ann", "USDT")[1] == 0


def test_a_day_order_ends_with_the_utc_day(desk: Desk) -> None:
    desk.place("ann", "BUY", "1", "100", tif="DAY")
    rest_of_day = 16 * 3_600_000
    assert START_MS % 86_400_000 + rest_of_day == 86_400_000
    assert closed(desk.passes(rest_of_day - 1)) == []
    assert closed(desk.passes(1)) == [("EXPIRED", "EXPIRED")]


def test_time_never_goes_back(desk: Desk) -> None:
    desk.passes(10_000)
    desk.now -= 5_000
    assert codes(desk.place("ann", "BUY", "1", "100", tif="GTD", expires_ms=START_MS + 9_000)) == ["INVALID_ORDER"]
    assert of(e.OrderAccepted, desk.place("ann", "BUY", "1", "100", tif="GTD", expires_ms=START_MS + 10_001))


def test_every_type_is_known(desk: Desk) -> None:
    assert {kind.name for kind in OrderType} == {*CONDITIONAL, "LIMIT", "MARKET", "TRAILING_STOP"}
