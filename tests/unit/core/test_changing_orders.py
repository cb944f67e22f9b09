"""Cancel, amend, cancel-replace, mass cancel; and what happens when two orders of one user meet."""

from __future__ import annotations

from typing import Any

import pytest

from mycrypto.contracts import commands as c
from mycrypto.contracts import events as e
from mycrypto.contracts.trading import SelfTradePrevention, Side, SymbolStatus
from tests.unit.core.trading_desk import SYMBOL, Desk, codes, of, units


@pytest.fixture
def desk() -> Desk:
    desk = Desk(band_bps=0, notional_min=0)
    for name in ("ann", "bob", "cem"):
        desk.fund(name, BTC="10", USDT="1000000")
    return desk


def amend(desk: Desk, name: str, number: int, quantity: str = "0", price: str = "0") -> list[Any]:
    return desk.do(c.AmendOrder(desk.new_id(), desk.user(name), number, "", units(quantity), units(price)))


def makers(desk: Desk, quantity: str, price: str = "100") -> list[int]:
    """Who is served, in order, when cem sells this much."""
    return [trade.maker_order for trade in of(e.Trade, desk.place("cem", "SELL", quantity, price, tif="IOC"))]


# cancel


@pytest.mark.parametrize(("name", "shift", "code"), [("ann", 10_000, "ORDER_003"), ("bob", 0, "ORDER_004"), ("stranger", 0, "ORDER_004")])
def test_what_is_not_the_users_open_order_cannot_be_cancelled_or_amended(desk: Desk, name: str, shift: int, code: str) -> None:
    number = desk.number("ann", "BUY", "1", "100")
    refused = of(e.CommandRefused, desk.cancel(name, number + shift))
    assert [(event.code, event.details) for event in refused] == [(code, {"order": number + shift})]
    assert codes(amend(desk, name, number + shift, "0.5")) == [code]
    assert codes(desk.do(c.ReplaceOrder(desk.new_id(), number + shift, "", desk.order(name, "BUY", "1", "99")))) == [code]
    assert desk.balance("ann", "USDT")[1] == units("100.1")


def test_an_order_is_cancelled_by_its_client_order_id_and_only_once(desk: Desk) -> None:
    desk.place("ann", "BUY", "1", "100", client_order_id="mine")
    assert codes(desk.cancel("bob", client_order_id="mine")) == ["ORDER_003"]
    assert of(e.OrderClosed, desk.cancel("ann", client_order_id="mine"))
    assert codes(desk.cancel("ann", client_order_id="mine")) == ["ORDER_004"]
    assert codes(desk.cancel("ann", client_order_id="other")) == ["ORDER_003"]


# amend


@pytest.mark.parametrize(
    ("quantity", "price", "keeps"),
    [("1", "0", True), ("1", "100", True), ("2", "0", True), ("3", "0", False), ("2", "100.01", False), ("1", "99.99", False)],
)
def test_smaller_at_the_same_price_keeps_the_place_and_anything_else_loses_it(desk: Desk, quantity: str, price: str, keeps: bool) -> None:
    first = desk.number("ann", "BUY", "2", "100")
    second = desk.number("bob", "BUY", "1", "100")
    amended = of(e.OrderAmended, amend(desk, "ann", first, quantity, price))
    assert [(event.kept_place, event.quantity) for event in amended] == [(keeps, units(quantity))]
    at = price if price != "0" else "100"
    lots = units(quantity) // units("0.0001")
    lot = units(at) * units("0.0001") // units("1")
    assert desk.balance("ann", "USDT")[1] == lots * (lot + (lot * 1_000 + 999_999) // 1_000_000)
    order = makers(desk, "0.1", "99")
    assert order == ([first] if keeps or units(at) > units("100") else [second])


def test_an_amended_price_that_meets_the_other_side_trades(desk: Desk) -> None:
    desk.place("bob", "SELL", "1", "105")
    number = desk.number("ann", "BUY", "2", "100")
    events = amend(desk, "ann", number, price="106")
    assert [(trade.price, trade.quantity, trade.taker_order) for trade in of(e.Trade, events)] == [(units("105"), units("1"), number)]
    assert of(e.OrderAmended, events)[0].shown == units("1")
    assert desk.balance("ann", "USDT")[1] == units("106.106")


@pytest.mark.parametrize(
    ("quantity", "price", "code", "figures"),
    [
        ("0.00005", "0", "INVALID_QUANTITY", {"step": units("0.0001")}),
        ("101", "0", "INVALID_QUANTITY", {"maximum": units("100")}),
        ("0", "100.001", "ORDER_002", {"tick": units("0.01")}),
        ("0", "999999", "WALLET_001", {"asset": "USDT", "available": units("999899.9")}),
        ("0", "105", "POST_ONLY_WOULD_TRADE", {"best": units("105")}),
    ],
)
def test_a_refused_amendment_leaves_the_order_as_it_was(desk: Desk, quantity: str, price: str, code: str, figures: dict[str, Any]) -> None:
    desk.place("bob", "SELL", "1", "105")
    number = desk.number("ann", "BUY", "1", "100", post_only=True)
    before = desk.balance("ann", "USDT")
    refused = of(e.CommandRefused, amend(desk, "ann", number, quantity, price))
    assert [event.code for event in refused] == [code]
    assert figures.items() <= refused[0].details.items()
    assert desk.balance("ann", "USDT") == before
    assert makers(desk, "0.1") == [number]


def test_an_amendment_counts_for_the_band_and_the_smallest_value(desk: Desk) -> None:
    desk.list_symbol(band_bps=1_000, notional_min=units("10"))
    desk.trade_at("100")
    number = desk.number("ann", "BUY", "1", "100")
    band = of(e.CommandRefused, amend(desk, "ann", number, price="89.99"))[0]
    assert band.code == "PRICE_BAND"
    assert band.details == {"price": units("89.99"), "lowest": units("90"), "highest": units("110"), "last_price": units("100")}
    small = of(e.CommandRefused, amend(desk, "ann", number, "0.0999"))[0]
    assert (small.code, small.details) == ("MIN_NOTIONAL", {"required": units("10"), "notional": units("9.99")})


def test_an_amended_iceberg_keeps_hiding(desk: Desk) -> None:
    number = desk.number("ann", "BUY", "5", "100", display_quantity="1")
    amend(desk, "ann", number, "6")
    desk.place("bob", "BUY", "1", "100")
    bob = desk.state.next_seq - 2  # of the events of bob's order the first is its acceptance
    assert makers(desk, "3") == [number, bob, number]


# cancel-replace


def test_a_cancel_replace_has_the_funds_of_the_order_it_cancels(desk: Desk) -> None:
    number = desk.number("ann", "SELL", "10", "100", client_order_id="old")
    events = desk.do(c.ReplaceOrder(desk.new_id(), 0, "old", desk.order("ann", "SELL", "9", "101", client_order_id="new")))
    assert [(event.order, event.reason) for event in of(e.OrderClosed, events)] == [(number, "REPLACED")]
    assert [event.client_order_id for event in of(e.OrderAccepted, events)] == ["new"]
    assert desk.balance("ann", "BTC") == (units("1"), units("9"))


def test_a_cancel_replace_whose_new_order_is_refused_has_cancelled_the_old_one(desk: Desk) -> None:
    number = desk.number("ann", "SELL", "10", "100")
    events = desk.do(c.ReplaceOrder(desk.new_id(), number, "", desk.order("ann", "SELL", "11", "101")))
    assert codes(events) == ["WALLET_001"]
    assert of(e.OrderRejected, events)[0].details == {"asset": "BTC", "required": units("11"), "available": units("10")}
    assert desk.balance("ann", "BTC") == (units("10"), 0)


def test_a_repeated_cancel_replace_is_answered_with_its_order(desk: Desk) -> None:
    number = desk.number("ann", "SELL", "1", "100")
    replace = c.ReplaceOrder(desk.new_id(), number, "", desk.order("ann", "SELL", "2", "101"))
    first = desk.state.next_seq
    placed = next(place for place, event in enumerate(desk.do(replace), first) if isinstance(event, e.OrderAccepted))
    assert [event.order for event in of(e.OrderRepeated, desk.do(replace))] == [placed]
    assert desk.balance("ann", "BTC")[1] == units("2")


def test_orders_tell_what_they_are_linked_to_once_the_rules_say_so(desk: Desk) -> None:
    def accepted(*commands: c.Command) -> list[tuple[int, int, int]]:
        made = [event for command in commands for event in desk.do(command)]
        return [(event.oco, event.replaces, event.replaces_created_ms) for event in of(e.OrderAccepted, made)]

    def pair() -> c.PlaceOco:
        return c.PlaceOco(
            desk.new_id(), desk.order("ann", "SELL", "1", "110"), desk.order("ann", "SELL", "1", kind="STOP", stop_price="90")
        )

    def replacement() -> c.ReplaceOrder:
        return c.ReplaceOrder(desk.new_id(), old, "", desk.order("ann", "SELL", "1", "101"))

    desk.state.rules = 2
    old = desk.number("ann", "SELL", "1", "100")
    assert accepted(pair(), replacement()) == [(0, 0, 0)] * 3
    desk.do(c.SetRules(desk.new_id(), c.RULES_LATEST))
    old = desk.number("ann", "SELL", "1", "100")
    first = desk.state.next_seq
    assert accepted(pair()) == [(first + 1, 0, 0), (first, 0, 0)]
    created_ms = desk.now
    desk.passes(5)
    assert accepted(replacement()) == [(0, old, created_ms)]


# mass cancel


@pytest.mark.parametrize(
    ("symbol", "side", "left"),
    [
        ("", None, set()),
        (SYMBOL, None, {"eth"}),
        ("ETH/USDT", None, {"buy", "sell", "stop"}),
        (SYMBOL, Side.BUY, {"sell", "stop", "eth"}),
        ("", Side.SELL, {"buy", "eth"}),
        ("NOT/THERE", None, {"buy", "sell", "stop", "eth"}),
    ],
)
def test_mass_cancel_by_symbol_and_side(desk: Desk, symbol: str, side: Side | None, left: set[str]) -> None:
    desk.list_symbol("ETH/USDT")
    desk.trade_at("100")
    desk.place("ann", "BUY", "1", "90", client_order_id="buy")
    desk.place("ann", "SELL", "1", "110", client_order_id="sell")
    desk.place("ann", "SELL", "1", kind="STOP", stop_price="80", client_order_id="stop")
    desk.place("ann", "BUY", "1", "50", symbol="ETH/USDT", client_order_id="eth")
    desk.place("bob", "BUY", "1", "90", client_order_id="bob's")
    events = desk.do(c.CancelAll(desk.new_id(), desk.user("ann"), symbol, side))
    assert {event.user_id for event in of(e.OrderClosed, events)} <= {desk.user("ann")}
    still = {name for name in ("buy", "sell", "stop", "eth") if of(e.OrderClosed, desk.cancel("ann", client_order_id=name))}
    assert still == left
    assert desk.balance("ann", "USDT") == (units("1000000"), 0)
    assert desk.balance("ann", "BTC") == (units("10"), 0)
    assert of(e.OrderClosed, desk.cancel("bob", client_order_id="bob's"))


def test_a_mass_cancel_with_nothing_to_cancel_is_no_refusal(desk: Desk) -> None:
    assert codes(desk.do(c.CancelAll(desk.new_id(), desk.user("ann")))) == []
    assert codes(desk.do(c.CancelAll(desk.new_id(), desk.user("stranger")))) == []


# self-trade prevention

MODES = SelfTradePrevention


@pytest.mark.parametrize("by_account", [False, True])
@pytest.mark.parametrize(
    ("mode", "maker", "taker", "trades", "left"),
    [
        (MODES.CANCEL_TAKER, "3", "1", [], ("SELL", "3")),
        (MODES.CANCEL_MAKER, "3", "1", ["bob"], None),
        (MODES.CANCEL_BOTH, "3", "1", [], None),
        (MODES.DECREMENT, "3", "1", [], ("SELL", "2")),
        (MODES.DECREMENT, "1", "3", ["bob"], ("BUY", "1")),
        (MODES.DECREMENT, "1", "1", [], None),
    ],
)
def test_when_orders_of_one_user_meet(
    desk: Desk, by_account: bool, mode: SelfTradePrevention, maker: str, taker: str, trades: list[str], left: tuple[str, str] | None
) -> None:
    """Ann's maker stands before bob's at the same price; what is ann's in the end, and locked, is ``left``."""
    if by_account:
        desk.do(c.SetUser(desk.new_id(), desk.user("ann"), self_trade_prevention=mode))
    desk.place("ann", "SELL", maker, "100")
    desk.place("bob", "SELL", "1", "100")
    events = desk.place("ann", "BUY", taker, "100", self_trade_prevention=MODES.ACCOUNT if by_account else mode)
    assert [trade.maker_user for trade in of(e.Trade, events)] == [desk.user(name) for name in trades]
    for event in of(e.OrderClosed, events):
        assert event.reason in {"SELF_TRADE_PREVENTION", ""}
    side, quantity = left or ("SELL", "0")
    assert desk.balance("ann", "BTC")[1] == (units(quantity) if side == "SELL" else 0)
    assert desk.balance("ann", "USDT")[1] == (units(quantity) * 1_001 // 10 if side == "BUY" else 0)


def test_a_market_order_past_an_own_one_buys_what_the_money_covers(desk: Desk) -> None:
    """What is offered behind the own order counted for nothing when the money was checked."""
    desk.fund("dan", BTC="1", USDT="150")
    desk.place("dan", "SELL", "1", "100")
    desk.place("bob", "SELL", "5", "100")
    events = desk.place("dan", "BUY", "4", kind="MARKET", self_trade_prevention=MODES.DECREMENT)
    assert [trade.quantity for trade in of(e.Trade, events)] == [units("1.4985")]
    assert [event.reason for event in of(e.OrderClosed, events)] == ["SELF_TRADE_PREVENTION", "INSUFFICIENT_FUNDS"]
    assert desk.balance("dan", "USDT") == (units("150") - units("149.85") - units("0.14985"), 0)


def test_an_order_prevails_over_the_account(desk: Desk) -> None:
    desk.do(c.SetUser(desk.new_id(), desk.user("ann"), self_trade_prevention=MODES.CANCEL_BOTH))
    desk.place("ann", "SELL", "1", "100")
    desk.place("ann", "BUY", "1", "100", self_trade_prevention=MODES.CANCEL_TAKER)
    assert desk.balance("ann", "BTC")[1] == units("1")


def test_prevention_holds_in_an_auction_too(desk: Desk) -> None:
    desk.trade_at("100")
    desk.status(SymbolStatus.HALTED)
    desk.status(SymbolStatus.AUCTION)
    desk.place("ann", "SELL", "1", "100")
    desk.place("ann", "BUY", "1", "100")
    events = desk.status(SymbolStatus.ACTIVE)
    assert of(e.Trade, events) == []
    assert [event.reason for event in of(e.OrderClosed, events)] == ["SELF_TRADE_PREVENTION"]
    assert desk.balance("ann", "BTC")[1] == units("1")
    assert desk.balance("ann", "USDT")[1] == 0
