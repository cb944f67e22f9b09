"""Figures beyond what one order, or one asset, may have are refused with a figure that the logs can carry, and change nothing."""

from __future__ import annotations

from typing import Any

import pytest

from engine_container.core.codec.snapshot_codec import dump
from engine_container.core.vocabulary import AMOUNT_MAX, TOTAL_MAX
from mycrypto.contracts import commands as c
from mycrypto.contracts import events as e
from mycrypto.money import UNITS_PER_ONE
from tests.unit.core.trading_desk import Desk, units

HUGE = "9999999999"


@pytest.fixture
def desk() -> Desk:
    desk = Desk(band_bps=0)
    desk.fund("ann", BTC="1000", USDT="1000000")
    desk.do(c.SetUser(desk.new_id(), desk.user("ann"), 0, 0, 0))
    return desk


@pytest.mark.parametrize(
    "order",
    [
        {"side": "BUY", "quantity": "100", "price": HUGE},
        {"side": "SELL", "quantity": "100", "price": HUGE},
        {"side": "BUY", "quantity": "100", "kind": "STOP", "stop_price": HUGE},
        {"side": "SELL", "quantity": "100", "kind": "STOP_LIMIT", "price": HUGE, "stop_price": "1"},
        {"side": "BUY", "quantity": "100", "kind": "TRAILING_STOP", "trail_bps": 100, "activation_price": HUGE},
        {"side": "SELL", "quantity": "0.0001", "price": "99999999999"},
        {"side": "SELL", "quantity": "99999999999", "price": "1"},
        {"side": "BUY", "quantity": "0", "kind": "MARKET", "quote_quantity": "99999999999"},
    ],
)
def test_an_order_that_is_too_large_is_refused(desk: Desk, order: dict[str, Any]) -> None:
    order = {key: int(value) * UNITS_PER_ONE if value == "99999999999" else value for key, value in order.items()}
    fields = {key: order.pop(key) for key in ("quantity", "price", "quote_quantity") if isinstance(order.get(key), int)}
    command = desk.order("ann", order.pop("side"), order.pop("quantity", "0"), order.pop("price", "0"), **order)
    values = {field: getattr(command, field) for field in command.__struct_fields__} | fields
    before = dump(desk.state)[7:9]
    (refused,) = desk.do(c.PlaceOrder(**values))
    assert isinstance(refused, e.OrderRejected)
    assert refused.code == "INVALID_ORDER"
    assert refused.details["maximum"] == AMOUNT_MAX
    assert dump(desk.state)[7:9] == before
    assert isinstance(desk.place("ann", "BUY", "1", "10")[0], e.OrderAccepted)


def test_an_order_cannot_be_amended_to_be_too_large(desk: Desk) -> None:
    number = desk.number("ann", "SELL", "100", "10")
    (refused,) = desk.do(c.AmendOrder(desk.new_id(), desk.user("ann"), number, "", units("100"), units(HUGE)))
    assert isinstance(refused, e.CommandRefused)
    assert refused.code == "INVALID_ORDER"
    assert refused.details["maximum"] == AMOUNT_MAX
    order = desk.state.orders.find(number)
    assert order is not None
    assert order.price == units("10") // desk.state.symbols["BTC/USDT"].tick


def test_what_a_market_order_would_cost_is_told_in_a_figure_that_fits(desk: Desk) -> None:
    for name in [f"seller {number}" for number in range(100)]:
        desk.fund(name, BTC="1")
        desk.do(c.SetUser(desk.new_id(), desk.user(name), 0, 0, 0))
        desk.place(name, "SELL", "1", "9000000000")
    (refused,) = desk.place("ann", "BUY", "100", kind="MARKET")
    assert isinstance(refused, e.OrderRejected)
    assert refused.code == "WALLET_001"
    assert refused.details == {"asset": "USDT", "required": TOTAL_MAX, "available": units("1000000")}


def test_an_asset_has_no_more_than_the_logs_can_say(desk: Desk) -> None:
    room = TOTAL_MAX - desk.state.totals["BTC"].units
    for amount, code in ((room + 1, "INVALID_AMOUNT"), (room, ""), (1, "INVALID_AMOUNT")):
        event = desk.do(c.Credit(desk.new_id(), desk.user("bob"), "BTC", amount, desk.new_id()))[0]
        assert getattr(event, "code", "") == code
    assert of_totals(desk) == TOTAL_MAX


def of_totals(desk: Desk) -> int:
    (totals,) = [event for event in desk.passes(20_000) if isinstance(event, e.Totals)]
    return totals.assets["BTC"]


def test_a_day_of_turnover_without_a_limit_is_counted_as_far_as_it_matters(desk: Desk) -> None:
    desk.fund("bob", BTC="1000", USDT="1000000")
    desk.state.users[desk.user("ann")].day_notional = AMOUNT_MAX
    desk.state.users[desk.user("ann")].day = desk.now // 86_400_000
    desk.place("bob", "SELL", "1", "100")
    desk.place("ann", "BUY", "1", "100")
    assert desk.state.users[desk.user("ann")].day_notional == AMOUNT_MAX


def test_a_symbol_cannot_be_listed_with_figures_beyond_that(desk: Desk) -> None:
    (refused,) = desk.list_symbol("ETH/USDT", quantity_max=AMOUNT_MAX + 1 + (-(AMOUNT_MAX + 1) % units("0.0001")))
    assert isinstance(refused, e.CommandRefused)
    assert refused.code == "VALIDATION_ERROR"
