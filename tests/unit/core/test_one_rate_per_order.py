"""An order pays the fee rates that it was accepted with, to its end and on every path, whatever becomes of its user's and its symbol's rates meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from engine_container.core.state import RULES_FIRST, RULES_OF_SAFETY
from mycrypto.contracts import commands as c
from mycrypto.contracts import events as e
from mycrypto.contracts.trading import SymbolStatus
from mycrypto.money import UNITS_PER_ONE, fee_units
from tests.unit.core.trading_desk import SYMBOL, Desk, of, units

MAKER, TAKER = 500, 1_000
"""The desk's own rates."""

Change = Callable[[Desk, int, int], None]


def of_the_user(desk: Desk, maker: int, taker: int) -> None:
    desk.do(c.SetUser(desk.new_id(), desk.user("eve"), -1, -1, -1, maker, taker))


def of_the_symbol(desk: Desk, maker: int, taker: int) -> None:
    desk.list_symbol(maker_fee_ppm=maker, taker_fee_ppm=taker)


def a_desk(rules: int) -> Desk:
    desk = Desk(band_bps=1_000)
    desk.do(c.SetRules(desk.new_id(), rules))
    desk.fund("mm", BTC="20", USDT="100000")
    desk.fund("al", USDT="10000")
    return desk


def locked_is_what_open_orders_need(desk: Desk) -> None:
    for user in desk.state.users.values():
        need: dict[str, int] = {}
        for number in {int(number) for number in user.entered}:
            order = desk.state.orders.find(number)
            if order is not None:
                asset = "USDT" if order.side == 0 else "BTC"
                need[asset] = need.get(asset, 0) + int(order.lock_per_lot * order.open)
        for asset, balance in user.balances.items():
            assert balance.available >= 0
            assert balance.locked == need.get(asset, 0)


@pytest.mark.parametrize("rules", [RULES_FIRST, RULES_OF_SAFETY])
@pytest.mark.parametrize("change", [of_the_user, of_the_symbol])
@pytest.mark.parametrize("rates", [(0, 0), (100, 999), (100_000, 100_000)])
def test_a_stop_fires_where_money_binds_after_rates_have_changed(rules: int, change: Change, rates: tuple[int, int]) -> None:
    desk = a_desk(rules)
    desk.trade_at("108.00")
    desk.place("mm", "SELL", "10", "115.00")
    desk.trade_at("100.00")
    desk.fund("eve", USDT="111.22")
    number = desk.number("eve", "BUY", "1", kind="STOP", stop_price="101.00")
    change(desk, *rates)
    desk.place("mm", "SELL", "0.2", "108.00")
    made = desk.place("al", "BUY", "0.2", "108.00")
    fills = [trade for trade in of(e.Trade, made) if trade.taker_order == number]
    assert fills or rates[0] == 100_000
    for trade in fills:
        assert trade.taker_fee == fee_units(trade.price * trade.quantity // UNITS_PER_ONE, TAKER)
    assert [event.reason for event in of(e.OrderClosed, made) if event.order == number] == ["INSUFFICIENT_FUNDS"]
    if rules == RULES_OF_SAFETY:  # all that the money pays for at the order's own rate
        value, lot = units("115.00") // 10_000, units("0.0001")
        spent = value + fee_units(value, TAKER)
        assert sum(trade.quantity for trade in fills) == units("111.22") // spent * lot
    assert desk.balance("eve", "USDT")[0] >= 0
    locked_is_what_open_orders_need(desk)


def rests(desk: Desk) -> int:
    return desk.number("eve", "BUY", "1", "100.00")


def shows_a_part(desk: Desk) -> int:
    return desk.number("eve", "BUY", "1", "100.00", display_quantity="0.1")


def rests_as_a_leg(desk: Desk) -> int:
    number = desk.state.next_seq
    take = desk.order("eve", "BUY", "1", "100.00")
    stop = desk.order("eve", "BUY", "1", kind="STOP", stop_price="104.00")
    assert of(e.OrderAccepted, desk.do(c.PlaceOco(desk.new_id(), take, stop)))
    return number


def is_large(desk: Desk) -> int:
    return desk.number("eve", "BUY", "2", "100.00")


Begin = Callable[[Desk], int]


@pytest.mark.parametrize("change", [of_the_user, of_the_symbol])
@pytest.mark.parametrize("rates", [(0, 0), (100_000, 100_000)])
@pytest.mark.parametrize(
    ("begin", "then"),
    [
        *[(begin, then) for begin in (rests, shows_a_part, is_large) for then in ("trade", "amend down", "amend price", "auction")],
        (rests_as_a_leg, "trade"),
    ],
)
def test_a_resting_order_pays_its_own_rate(change: Change, rates: tuple[int, int], begin: Begin, then: str) -> None:
    desk = a_desk(RULES_OF_SAFETY)
    desk.trade_at("102.00")
    desk.fund("eve", USDT="100000")
    if then == "auction":
        desk.status(SymbolStatus.AUCTION)
    number = begin(desk)
    change(desk, *rates)
    made: list[Any] = []
    if then == "amend down":
        desk.do(c.AmendOrder(desk.new_id(), desk.user("eve"), number, "", units("0.5")))
    elif then == "amend price":
        desk.do(c.AmendOrder(desk.new_id(), desk.user("eve"), number, "", 0, units("101.00")))
    made += desk.place("mm", "SELL", "3", "99.00")
    if then == "auction":
        made += desk.status(SymbolStatus.ACTIVE)
    fills = [trade for trade in of(e.Trade, made) if number in {trade.maker_order, trade.taker_order}]
    assert fills
    for trade in fills:
        value = trade.price * trade.quantity // UNITS_PER_ONE
        fee, rate = (trade.maker_fee, MAKER) if trade.maker_order == number else (trade.taker_fee, TAKER)
        assert fee == fee_units(value, rate)
    locked_is_what_open_orders_need(desk)


@pytest.mark.parametrize("change", [of_the_user, of_the_symbol])
@pytest.mark.parametrize("rates", [(0, 0), (100_000, 100_000)])
@pytest.mark.parametrize(
    ("kind", "terms"),
    [
        ("STOP", {"stop_price": "101.00"}),
        ("STOP_LIMIT", {"stop_price": "101.00", "price": "104.00"}),
        ("TAKE_PROFIT", {"stop_price": "99.00"}),
        ("TAKE_PROFIT_LIMIT", {"stop_price": "99.00", "price": "104.00"}),
        ("TRAILING_STOP", {"trail_bps": 100, "activation_price": "99.50"}),
    ],
)
def test_a_conditional_order_pays_its_own_rate(change: Change, rates: tuple[int, int], kind: str, terms: dict[str, Any]) -> None:
    desk = a_desk(RULES_OF_SAFETY)
    desk.trade_at("100.00")
    desk.fund("eve", USDT="104.20")
    given = {"price": "0", **terms}
    number = desk.number("eve", "BUY", "0.9", given.pop("price"), kind=kind, **given)
    change(desk, *rates)
    desk.place("mm", "SELL", "5", "103.00")
    fills: list[Any] = []
    for price in ("99.00", "101.00", "102.00"):  # down to where some begin, and up to where the others fire
        desk.place("mm", "SELL", "0.2", price)
        made = desk.place("al", "BUY", "0.2", price)
        fills += [trade for trade in of(e.Trade, made) if trade.taker_order == number]
    assert sum(trade.quantity for trade in fills) == units("0.9")
    for trade in fills:
        assert trade.taker_fee == fee_units(trade.price * trade.quantity // UNITS_PER_ONE, TAKER)
    locked_is_what_open_orders_need(desk)


def test_a_replacement_is_a_new_order_at_the_new_rate() -> None:
    desk = a_desk(RULES_OF_SAFETY)
    desk.fund("eve", USDT="200")
    number = desk.number("eve", "BUY", "1", "100.00")
    of_the_user(desk, 0, 0)
    first = desk.state.next_seq
    made = desk.do(c.ReplaceOrder(desk.new_id(), number, "", desk.order("eve", "BUY", "1", "100.00")))
    placed = first + [type(event) for event in made].index(e.OrderAccepted)
    (trade,) = of(e.Trade, desk.place("mm", "SELL", "1", "100.00"))
    assert (trade.maker_order, trade.maker_fee) == (placed, 0)
    assert desk.symbol.name == SYMBOL
    locked_is_what_open_orders_need(desk)
