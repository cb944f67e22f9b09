"""What an order may say beyond its figures, from version 4 of the rules on: its fee within its value, refused where its stop price is reached, amended
by its total quantity. Before, the engine passes over all three as older engines do.
"""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from engine_container.core.codec.snapshot_codec import dump, load
from mycrypto.contracts import commands as c
from mycrypto.contracts import events as e
from mycrypto.contracts.trading import OrderStatus
from mycrypto.money import parse_amount as units
from tests.unit.core.trading_desk import Desk, codes, of


def desk_with_offers(version: int = c.RULES_LATEST, **offers: str) -> Desk:
    """Prices with the quantities that are offered at them, as ``p100="1"``; the last price is 100."""
    desk = Desk(version)
    desk.trade_at("100.00")
    desk.fund("bob", BTC="100", USDT="100000")
    for price, quantity in offers.items():
        desk.place("bob", "SELL", quantity, f"{price[1:]}.00")
    return desk


def by_value(desk: Desk, value: str, **more: Any) -> list[Any]:
    return desk.place("ann", "BUY", "0", kind="MARKET", tif=more.pop("tif", "IOC"), quote_quantity=value, **more)


def spent(trades: list[e.Trade]) -> int:
    return sum(trade.price * trade.quantity // units("1") + trade.taker_fee for trade in trades)


def test_a_purchase_for_the_whole_balance_pays_its_fee_out_of_it() -> None:
    desk = desk_with_offers(p100="5", p101="5")
    desk.fund("ann", USDT="1000")
    assert codes(by_value(desk, "1000")) == ["WALLET_001"]
    made = by_value(desk, "1000", fee_included=True)
    trades = of(e.Trade, made)
    assert units("999") < spent(trades) <= units("1000")
    (closed,) = [event for event in of(e.OrderClosed, made) if event.user_id == desk.user("ann")]
    assert (closed.status, closed.remaining) == (OrderStatus.FILLED, 0)


def test_what_is_paid_is_never_more_than_the_value_over_several_levels() -> None:
    desk = desk_with_offers(p100="1", p101="1", p102="1", p103="9")
    desk.fund("ann", USDT="100000")
    trades = of(e.Trade, by_value(desk, "350", fee_included=True))
    assert [trade.price for trade in trades] == [units(price) for price in ("100", "101", "102", "103")]
    assert units("349") < spent(trades) <= units("350")


def test_a_book_that_ends_first_leaves_the_rest_of_the_value() -> None:
    desk = desk_with_offers(p100="1")
    desk.fund("ann", USDT="1000")
    assert codes(by_value(desk, "1000", fee_included=True, tif="FOK")) == ["FOK_NOT_FILLABLE"]
    (closed,) = [event for event in of(e.OrderClosed, by_value(desk, "1000", fee_included=True)) if event.user_id == desk.user("ann")]
    assert (closed.reason, closed.filled) == ("NO_LIQUIDITY", units("1"))


def test_a_value_that_buys_no_lot_with_its_fee_is_refused_with_what_one_costs() -> None:
    desk = desk_with_offers()
    desk.list_symbol(notional_min=0)
    desk.place("bob", "SELL", "1", "100.00")
    desk.fund("ann", USDT="1000")
    (refused,) = by_value(desk, "0.01", fee_included=True)
    assert (refused.code, refused.details["required"]) == ("MIN_NOTIONAL", units("0.01001"))
    assert len(of(e.Trade, by_value(desk, "0.01001", fee_included=True))) == 1


@pytest.mark.parametrize(
    ("order", "code"),
    [
        ({"side": "SELL", "quantity": "0", "kind": "MARKET", "tif": "IOC", "quote_quantity": "50", "fee_included": True}, "INVALID_ORDER"),
        ({"side": "BUY", "quantity": "1", "kind": "MARKET", "tif": "IOC", "fee_included": True}, "INVALID_ORDER"),
        ({"side": "BUY", "quantity": "1", "price": "99.00", "fee_included": True}, "INVALID_ORDER"),
        ({"side": "BUY", "quantity": "1", "price": "99.00", "refused_if_reached": True}, "INVALID_ORDER"),
        ({"side": "SELL", "quantity": "1", "kind": "TRAILING_STOP", "trail_bps": 10, "refused_if_reached": True}, "INVALID_ORDER"),
        ({"side": "SELL", "quantity": "1", "kind": "STOP", "stop_price": "100.00", "refused_if_reached": True}, "STOP_PRICE_REACHED"),
        ({"side": "BUY", "quantity": "1", "kind": "STOP", "stop_price": "100.00", "refused_if_reached": True}, "STOP_PRICE_REACHED"),
        ({"side": "SELL", "quantity": "1", "kind": "TAKE_PROFIT", "stop_price": "99.00", "refused_if_reached": True}, "STOP_PRICE_REACHED"),
        ({"side": "BUY", "quantity": "1", "kind": "TAKE_PROFIT", "stop_price": "101.00", "refused_if_reached": True}, "STOP_PRICE_REACHED"),
    ],
)
def test_an_option_in_the_wrong_place_and_a_reached_stop_are_refused(order: dict[str, Any], code: str) -> None:
    desk = desk_with_offers(p110="1")
    assert codes(desk.place("bob", **order)) == [code]
    assert desk.symbol.waiting == {}


def test_a_stop_that_is_not_reached_waits_and_one_without_the_option_fires_at_once() -> None:
    desk = desk_with_offers()
    assert desk.number("bob", "SELL", "1", kind="STOP", stop_price="99.99", refused_if_reached=True) in desk.symbol.waiting
    assert of(e.OrderTriggered, desk.place("bob", "SELL", "1", kind="STOP", stop_price="100.00"))


def test_nothing_is_reached_before_the_first_trade() -> None:
    desk = Desk()
    desk.fund("bob", BTC="10")
    assert desk.number("bob", "SELL", "1", kind="STOP", stop_price="99.99", refused_if_reached=True) in desk.symbol.waiting


def test_a_pair_with_a_reached_stop_is_refused_whole() -> None:
    desk = desk_with_offers()
    limit = desk.order("bob", "SELL", "1", "110.00", post_only=True)
    stop = desk.order("bob", "SELL", "1", kind="STOP", stop_price="100.00", refused_if_reached=True)
    assert codes(desk.do(c.PlaceOco(desk.new_id(), limit, stop))) == ["STOP_PRICE_REACHED", "STOP_PRICE_REACHED"]
    assert desk.symbol.waiting == {}


def open_of(desk: Desk, number: int) -> int:
    order = desk.state.orders.find(number)
    assert order is not None
    return int(order.open * desk.symbol.lot)


def amend_total(desk: Desk, number: int, total: str, quantity: str = "0") -> list[Any]:
    return desk.do(c.AmendOrder(desk.new_id(), desk.user("bob"), number, "", units(quantity), 0, units(total)))


def test_a_fill_that_comes_before_an_amendment_by_total_takes_from_the_rest() -> None:
    desk = desk_with_offers()
    number = desk.number("bob", "SELL", "10", "101.00")
    desk.fund("ann", USDT="10000")
    desk.place("ann", "BUY", "4", "101.00", tif="IOC")
    (amended,) = of(e.OrderAmended, amend_total(desk, number, "7"))
    assert (amended.quantity, amended.kept_place) == (units("7"), True)
    assert open_of(desk, number) == units("3")
    assert codes(amend_total(desk, number, "4")) == ["INVALID_ORDER"]
    assert codes(amend_total(desk, number, "6", quantity="2")) == ["INVALID_ORDER"]
    assert codes(desk.do(c.AmendOrder(desk.new_id(), desk.user("bob"), number, total_quantity=-1))) == ["INVALID_ORDER"]
    assert open_of(desk, number) == units("3")


def test_before_version_4_nothing_of_it_counts() -> None:
    desk = desk_with_offers(3, p100="50")
    desk.fund("ann", USDT="1000")
    assert codes(by_value(desk, "1000", fee_included=True)) == ["WALLET_001"]
    number = desk.number("bob", "SELL", "10", "101.00")
    (amended,) = of(e.OrderAmended, amend_total(desk, number, "7"))
    assert amended.quantity == units("10")
    assert of(e.OrderTriggered, desk.place("bob", "SELL", "1", kind="STOP", stop_price="100.00", refused_if_reached=True))


def test_the_same_again_is_answered_and_another_option_is_another_order() -> None:
    desk = desk_with_offers(p100="5")
    desk.fund("ann", USDT="1000")
    first = desk.order("ann", "BUY", "0", kind="MARKET", tif="IOC", quote_quantity="100", fee_included=True, client_order_id="mine")
    assert of(e.OrderAccepted, desk.do(first))
    restored = load(msgspec.msgpack.decode(msgspec.msgpack.encode(dump(desk.state))))
    desk.state = restored
    assert of(e.OrderRepeated, desk.do(msgspec.structs.replace(first, command_id=desk.new_id())))
    other = msgspec.structs.replace(first, command_id=desk.new_id(), fee_included=False)
    assert codes(desk.do(other)) == ["IDEMPOTENCY_CONFLICT"]


def test_what_is_remembered_without_options_is_what_older_engines_remembered() -> None:
    """The later fields are no part of it: a snapshot of an older engine still knows the command again."""
    desk = desk_with_offers()
    plain = desk.order("bob", "SELL", "1", "110.00")
    assert c.content_of(plain) == c.fields_of(plain)[:17]
    assert c.content_of(c.AmendOrder(b"", b"", 1, "", 5)) == (b"", b"", 1, "", 5, 0)
    assert len(c.content_of(msgspec.structs.replace(plain, refused_if_reached=True))) == 19
