"""Rules of the core, each with its figures."""

from __future__ import annotations

from typing import Any

import pytest

from mycrypto.contracts import commands as c
from mycrypto.contracts import events as e
from mycrypto.contracts.trading import OrderStatus, OrderType, SelfTradePrevention, SymbolStatus
from mycrypto.money import fee_units
from tests.unit.core.trading_desk import START_MS, SYMBOL, Desk, codes, of, units


@pytest.fixture
def desk() -> Desk:
    desk = Desk()
    for name in ("ann", "bob", "cem"):
        desk.fund(name, BTC="10", USDT="1000000")
    return desk


# funds and fees


def test_a_buy_locks_value_and_highest_fee_and_a_cancel_frees_all_of_it(desk: Desk) -> None:
    number = desk.number("ann", "BUY", "0.1", "50000")
    assert desk.balance("ann", "USDT") == (units("994995"), units("5005"))
    closed = of(e.OrderClosed, desk.cancel("ann", number))[0]
    assert (closed.status, closed.reason, closed.remaining) == (OrderStatus.CANCELLED, "USER", units("0.1"))
    assert desk.balance("ann", "USDT") == (units("1000000"), 0)


def test_price_improvement_is_released(desk: Desk) -> None:
    desk.place("bob", "SELL", "0.1", "49000")
    desk.place("ann", "BUY", "0.1", "50000")
    assert desk.balance("ann", "USDT") == (units("1000000") - units("4900") - units("4.9"), 0)
    assert desk.balance("bob", "USDT") == (units("1000000") + units("4900") - units("2.45"), 0)


def test_fees_round_up_per_trade(desk: Desk) -> None:
    desk.place("bob", "SELL", "0.0011", "43210.37")
    trade = of(e.Trade, desk.place("ann", "BUY", "0.0011", "43210.37"))[0]
    value = units("43210.37") * units("0.0011") // 10**8
    assert (trade.maker_fee, trade.taker_fee) == (fee_units(value, 500), fee_units(value, 1_000))
    assert trade.taker_fee * 1_000 >= value


def test_a_part_fill_leaves_exactly_the_need_of_the_rest_locked(desk: Desk) -> None:
    desk.place("ann", "BUY", "0.3", "50000")
    desk.place("bob", "SELL", "0.1", "50000")
    assert desk.balance("ann", "USDT")[1] == units("10010")


def test_insufficient_funds_are_refused_with_the_figures(desk: Desk) -> None:
    rejected = of(e.OrderRejected, desk.place("dan", "BUY", "0.1", "50000"))[0]
    assert rejected.code == "WALLET_001"
    assert rejected.details == {"asset": "USDT", "required": units("5005"), "available": 0}


def test_a_market_buy_by_value_spends_up_to_it(desk: Desk) -> None:
    desk.place("bob", "SELL", "1", "50000")
    events = desk.place("ann", "BUY", "0", kind="MARKET", tif="IOC", quote_quantity="5000")
    assert of(e.Trade, events)[0].quantity == units("0.1")
    assert of(e.OrderClosed, events)[0].status is OrderStatus.FILLED


def test_a_market_order_without_counterpart_is_refused(desk: Desk) -> None:
    assert codes(desk.place("ann", "BUY", "0.1", kind="MARKET")) == ["NO_LIQUIDITY"]


def test_a_market_order_stays_within_the_band(desk: Desk) -> None:
    desk.trade_at("50000")
    desk.place("bob", "SELL", "0.1", "50000")
    desk.place("bob", "SELL", "0.1", "54999")
    desk.list_symbol(band_bps=100)
    events = desk.place("ann", "BUY", "0.2", kind="MARKET")
    assert [trade.price for trade in of(e.Trade, events)] == [units("50000")]
    assert of(e.OrderClosed, events)[-1].reason == "NO_LIQUIDITY"


@pytest.mark.parametrize("change", ["credit", "debit"])
def test_a_transfer_counts_once(desk: Desk, change: str) -> None:
    kind = c.Credit if change == "credit" else c.Debit
    transfer = kind(desk.new_id(), desk.user("ann"), "USDT", units("7"), b"t" * 16)
    sign = 1 if change == "credit" else -1
    assert of(e.TransferApplied, desk.do(transfer))[0].amount == sign * units("7")
    again = desk.do(transfer)
    assert [event.repeated for event in of(e.TransferApplied, again)] == [True]
    assert desk.balance("ann", "USDT")[0] == units("1000000") + sign * units("7")
    other = kind(desk.new_id(), desk.user("ann"), "USDT", units("8"), b"t" * 16)
    assert codes(desk.do(other)) == ["IDEMPOTENCY_CONFLICT"]


def test_a_refused_debit_stays_refused(desk: Desk) -> None:
    debit = c.Debit(desk.new_id(), desk.user("dan"), "USDT", units("7"), b"d" * 16)
    assert codes(desk.do(debit)) == ["WALLET_001"]
    desk.fund("dan", USDT="100")
    assert codes(desk.do(debit)) == ["WALLET_001"]
    assert desk.balance("dan", "USDT") == (units("100"), 0)


# refusals


@pytest.mark.parametrize(
    ("order", "code"),
    [
        ({"symbol": "DOGE/USDT"}, "ORDER_001"),
        ({"price": "50000.001"}, "ORDER_002"),
        ({"quantity": "0.00015"}, "INVALID_QUANTITY"),
        ({"quantity": "101"}, "INVALID_QUANTITY"),
        ({"quantity": "0"}, "INVALID_QUANTITY"),
        ({"quantity": "0.0001", "price": "50000"}, "MIN_NOTIONAL"),
        ({"price": "55000.01"}, "PRICE_BAND"),
        ({"price": "44999.99"}, "PRICE_BAND"),
        ({"price": "0"}, "INVALID_ORDER"),
        ({"kind": "MARKET", "price": "50000"}, "INVALID_ORDER"),
        ({"tif": "IOC", "post_only": True}, "INVALID_ORDER"),
        ({"tif": "GTD"}, "INVALID_ORDER"),
        ({"expires_ms": START_MS + 5}, "INVALID_ORDER"),
        ({"kind": "STOP_LIMIT"}, "INVALID_ORDER"),
        ({"stop_price": "50000"}, "INVALID_ORDER"),
        ({"display_quantity": "0.1"}, "INVALID_ORDER"),
        ({"kind": "TRAILING_STOP", "price": "0"}, "INVALID_ORDER"),
        ({"quote_quantity": "10"}, "INVALID_ORDER"),
        ({"self_trade_prevention": SelfTradePrevention.ALLOW}, "INVALID_ORDER"),
        ({"client_order_id": "x" * 101}, "INVALID_ORDER"),
    ],
)
def test_what_is_refused(desk: Desk, order: dict[str, Any], code: str) -> None:
    desk.trade_at("50000")
    given = {"quantity": "0.1", "price": "50000"} | order
    if code == "MIN_NOTIONAL":
        given["price"] = "50000"
    before = desk.balance("ann", "USDT")
    events = desk.place("ann", "BUY", **given)
    assert codes(events) == [code]
    assert desk.balance("ann", "USDT") == before


def test_open_order_limits_and_their_overrides(desk: Desk) -> None:
    for _ in range(20):
        desk.number("ann", "BUY", "0.001", "40000")
    rejected = of(e.OrderRejected, desk.place("ann", "BUY", "0.001", "40000"))[0]
    assert (rejected.code, rejected.details) == ("OPEN_ORDER_LIMIT", {"scope": "symbol", "open": 20, "maximum": 20})
    desk.do(c.SetUser(desk.new_id(), desk.user("ann"), 21, 0))
    desk.number("ann", "BUY", "0.001", "40000")
    assert of(e.OrderRejected, desk.place("ann", "BUY", "0.001", "40000"))[0].details["scope"] == "user"
    desk.do(c.SetUser(desk.new_id(), desk.user("ann"), 0, 0))
    desk.number("ann", "BUY", "0.001", "40000")


def test_daily_turnover_is_limited_and_starts_at_zero_each_day(desk: Desk) -> None:
    desk.do(c.SetUser(desk.new_id(), desk.user("ann"), daily_notional_max=units("6000")))
    desk.place("bob", "SELL", "0.2", "50000")
    desk.place("ann", "BUY", "0.1", "50000")
    rejected = of(e.OrderRejected, desk.place("ann", "BUY", "0.1", "50000"))[0]
    assert rejected.code == "DAILY_VOLUME_LIMIT"
    assert rejected.details == {"used": units("5000"), "requested": units("5000"), "maximum": units("6000")}
    desk.passes(86_400_000)
    assert of(e.Trade, desk.place("ann", "BUY", "0.1", "50000"))


def test_fee_tiers_of_a_user_count_for_new_orders(desk: Desk) -> None:
    desk.place("bob", "SELL", "0.1", "50000")
    desk.do(c.SetUser(desk.new_id(), desk.user("ann"), taker_fee_ppm=200, maker_fee_ppm=0))
    desk.do(c.SetUser(desk.new_id(), desk.user("bob"), taker_fee_ppm=0, maker_fee_ppm=0))
    trade = of(e.Trade, desk.place("ann", "BUY", "0.1", "50000"))[0]
    assert (trade.taker_fee, trade.maker_fee) == (units("1"), units("2.5"))


# idempotency


def test_the_same_order_again_is_answered_with_the_first(desk: Desk) -> None:
    order = desk.order("ann", "BUY", "0.1", "50000", client_order_id="mine")
    number = desk.state.next_seq
    desk.do(order)
    assert desk.do(order) == [e.OrderRepeated(number, START_MS, desk.user("ann"))]
    again = desk.place("ann", "BUY", "0.1", "50000", client_order_id="mine")
    assert again == [e.OrderRepeated(number, START_MS, desk.user("ann"))]
    assert codes(desk.place("ann", "BUY", "0.2", "50000", client_order_id="mine")) == ["IDEMPOTENCY_CONFLICT"]
    assert of(e.OrderAccepted, desk.place("bob", "BUY", "0.2", "50000", client_order_id="mine"))
    assert desk.balance("ann", "USDT")[1] == units("5005")


def test_another_command_under_a_used_id_is_refused(desk: Desk) -> None:
    desk.place("ann", "BUY", "0.1", "50000", command_id=b"c" * 16)
    assert codes(desk.place("ann", "SELL", "0.1", "51000", command_id=b"c" * 16)) == ["IDEMPOTENCY_CONFLICT"]
    assert codes(desk.do(c.CancelAll(b"c" * 16, desk.user("ann")))) == ["IDEMPOTENCY_CONFLICT"]


def test_a_repeated_cancel_changes_nothing(desk: Desk) -> None:
    number = desk.number("ann", "BUY", "0.1", "50000")
    cancel = c.CancelOrder(desk.new_id(), desk.user("ann"), number)
    assert of(e.OrderClosed, desk.do(cancel))
    assert desk.do(cancel) == [e.CommandRepeated()]


def test_ids_are_forgotten_after_a_day_but_not_while_the_order_is_open(desk: Desk) -> None:
    desk.place("ann", "BUY", "0.1", "40000", client_order_id="open")
    done = desk.number("ann", "BUY", "0.1", "40000", client_order_id="done")
    desk.cancel("ann", done)
    desk.passes(86_400_000)
    assert of(e.OrderAccepted, desk.place("ann", "BUY", "0.1", "40000", client_order_id="done"))
    assert codes(desk.place("ann", "BUY", "0.1", "40000", client_order_id="open")) == ["IDEMPOTENCY_CONFLICT"]
    assert of(e.OrderClosed, desk.cancel("ann", client_order_id="open"))
    assert of(e.OrderAccepted, desk.place("ann", "BUY", "0.1", "40000", client_order_id="open"))


def test_a_refused_order_does_not_take_its_client_order_id(desk: Desk) -> None:
    assert codes(desk.place("ann", "BUY", "0.1", "50000.001", client_order_id="a")) == ["ORDER_002"]
    assert of(e.OrderAccepted, desk.place("ann", "BUY", "0.1", "50000", client_order_id="a"))


# time in force


def test_gtd_and_day_orders_expire_at_their_time(desk: Desk) -> None:
    desk.place("ann", "BUY", "0.1", "40000", tif="GTD", expires_ms=START_MS + 1_000)
    desk.place("bob", "BUY", "0.1", "40000", tif="DAY")
    assert of(e.OrderClosed, desk.passes(999)) == []
    closed = of(e.OrderClosed, desk.passes(1))
    assert [(event.user_id, event.status) for event in closed] == [(desk.user("ann"), OrderStatus.EXPIRED)]
    closed = of(e.OrderClosed, desk.passes(86_400_000))
    assert [event.user_id for event in closed] == [desk.user("bob")]
    assert desk.balance("bob", "USDT") == (units("1000000"), 0)


# protection


def test_the_breaker_halts_cancels_and_resumes(desk: Desk) -> None:
    desk.list_symbol(breaker_bps=500, band_bps=0, breaker_halt_ms=300_000)
    desk.trade_at("50000")
    resting = desk.number("ann", "BUY", "0.1", "40000")
    desk.place("bob", "SELL", "0.2", "53000")
    events = desk.place("cem", "BUY", "0.1", "53000")
    assert of(e.Trade, events)
    changed = of(e.SymbolChanged, events)[0]
    assert (changed.status, changed.reason, changed.resume_ms) == (SymbolStatus.HALTED, "CIRCUIT_BREAKER", START_MS + 300_000)
    assert resting in [event.order for event in of(e.OrderClosed, events) if event.reason == "HALT"]
    assert codes(desk.place("ann", "BUY", "0.1", "40000")) == ["MARKET_CLOSED"]
    assert of(e.SymbolChanged, desk.passes(299_999)) == []
    assert of(e.SymbolChanged, desk.passes(1))[0].status is SymbolStatus.ACTIVE
    assert of(e.OrderAccepted, desk.place("ann", "BUY", "0.1", "50000"))
    assert desk.balance("bob", "BTC")[1] == 0


def test_a_slow_move_does_not_trip_the_breaker(desk: Desk) -> None:
    desk.list_symbol(breaker_bps=500, band_bps=0)
    price = 50_000
    for _ in range(5):
        desk.trade_at(str(price))
        desk.passes(61_000)
        price = price * 104 // 100
    assert desk.symbol.status == SymbolStatus.ACTIVE


def test_halt_all_and_resume_all(desk: Desk) -> None:
    desk.list_symbol("ETH/USDT")
    desk.do(c.SetStatus(desk.new_id(), "ETH/USDT", SymbolStatus.MAINTENANCE))
    desk.place("ann", "BUY", "0.1", "50000")
    halted = desk.do(c.Halt(desk.new_id(), "SECURITY_BREACH"))
    assert [event.symbol for event in of(e.SymbolChanged, halted)] == [SYMBOL]
    assert of(e.OrderClosed, halted)[0].reason == "HALT"
    resumed = desk.do(c.Resume(desk.new_id()))
    assert [(event.symbol, event.status) for event in of(e.SymbolChanged, resumed)] == [(SYMBOL, SymbolStatus.ACTIVE)]
    assert desk.balance("ann", "USDT") == (units("1000000"), 0)


def test_trading_hours(desk: Desk) -> None:
    desk.list_symbol(opens_minute=9 * 60, closes_minute=17 * 60)
    assert codes(desk.place("ann", "BUY", "0.1", "50000")) == ["MARKET_CLOSED"]  # the day begins at 08:00
    desk.passes(3_600_000)
    assert of(e.OrderAccepted, desk.place("ann", "BUY", "0.1", "50000", tif="DAY"))
    assert of(e.OrderClosed, desk.passes(8 * 3_600_000))[0].status is OrderStatus.EXPIRED


def test_a_symbol_must_never_round_a_fill(desk: Desk) -> None:
    assert codes(desk.list_symbol("ETH/USDT", tick=units("0.0001"), lot=units("0.00001"))) == ["VALIDATION_ERROR"]


def test_tick_and_lot_stay_while_orders_are_open(desk: Desk) -> None:
    number = desk.number("ann", "BUY", "0.1", "50000")
    assert codes(desk.list_symbol(tick=units("0.1"))) == ["VALIDATION_ERROR"]
    desk.cancel("ann", number)
    assert of(e.SymbolChanged, desk.list_symbol(tick=units("0.1")))


# market makers


def test_a_flagged_market_maker_may_trade_with_itself_and_the_trade_is_marked(desk: Desk) -> None:
    refused = c.SetUser(desk.new_id(), desk.user("ann"), self_trade_prevention=SelfTradePrevention.ALLOW)
    assert codes(desk.do(refused)) == ["VALIDATION_ERROR"]
    desk.do(c.SetUser(desk.new_id(), desk.user("ann"), self_trade_prevention=SelfTradePrevention.ALLOW, market_maker=True))
    desk.place("ann", "SELL", "0.1", "50000")
    assert [trade.marked for trade in of(e.Trade, desk.place("ann", "BUY", "0.1", "50000"))] == [True]


def test_by_default_the_taker_is_cancelled(desk: Desk) -> None:
    desk.place("ann", "SELL", "0.1", "50000")
    closed = of(e.OrderClosed, desk.place("ann", "BUY", "0.1", "50000"))
    assert [(event.status, event.reason) for event in closed] == [(OrderStatus.CANCELLED, "SELF_TRADE_PREVENTION")]
    assert desk.state.users[desk.user("ann")].open_orders == 1


# versions and totals


def test_rules_of_an_unknown_version_are_refused() -> None:
    desk = Desk(version=1)
    assert codes(desk.do(c.SetRules(desk.new_id(), 99))) == ["VALIDATION_ERROR"]
    assert desk.do(c.SetRules(desk.new_id(), 1)) == [e.RulesChanged(1)]
    assert desk.do(c.SetRules(desk.new_id(), 2)) == [e.RulesChanged(2)]
    assert codes(desk.do(c.SetRules(desk.new_id(), 1))) == ["VALIDATION_ERROR"]


def test_refusals_have_all_their_figures_from_the_second_version_on() -> None:
    """A log of the first version replays as it happened; the same commands after the change of rules are answered in full."""
    desk = Desk(version=1)
    for who in ("ann", "bob", "cem"):
        desk.fund(who, BTC="10", USDT="1000000")
    name, transfer = desk.user("poor"), desk.new_id()
    desk.place("bob", "SELL", "1", "50000")
    for version in (1, 2):
        desk.do(c.SetRules(desk.new_id(), version))
        by_quantity = of(e.OrderRejected, desk.place("ann", "BUY", "2", kind="MARKET", tif="FOK"))[0].details
        by_value = of(e.OrderRejected, desk.place("ann", "BUY", "0", kind="MARKET", tif="FOK", quote_quantity="60000"))[0].details
        trailing = of(e.OrderRejected, desk.place("cem", "SELL", "1", kind="TRAILING_STOP", trail_bps=100))[0]
        again = [of(e.TransferRefused, desk.do(c.Debit(desk.new_id(), name, "USDT", 7, transfer)))[0].details for _ in range(2)][1]
        fillable = {"fillable": units("1")}
        assert by_quantity == (fillable if version == 1 else fillable | {"quantity": units("2")})
        assert by_value == (fillable if version == 1 else fillable | {"quote_quantity": units("60000")})
        assert again == {"asset": "USDT", "required": 7} | ({} if version == 1 else {"available": 0})
        told = (trailing.code, trailing.details.get("reason"))
        reason = "without a last price a trailing SELL needs an activation price"
        assert told == (("MIN_NOTIONAL", None) if version == 1 else ("INVALID_ORDER", reason))


def test_totals_are_the_sum_of_all_balances(desk: Desk) -> None:
    desk.place("bob", "SELL", "0.1", "50000")
    desk.place("ann", "BUY", "0.1", "50000")
    totals = of(e.Totals, desk.passes(10_000))[0].assets
    for asset, total in totals.items():
        assert total == sum(sum(desk.balance(name, asset)) for name in ("ann", "bob", "cem"))
    assert of(e.Totals, desk.passes(10_000)) == []  # nothing happened in between


@pytest.mark.parametrize("kind", list(OrderType))
def test_a_halt_frees_the_funds_of_every_kind_of_order(desk: Desk, kind: OrderType) -> None:
    desk.trade_at("50000")
    more: dict[str, Any] = (
        {} if kind in {OrderType.LIMIT, OrderType.MARKET} else {"stop_price": "45500" if "PROFIT" in kind.name else "52000"}
    )
    if kind is OrderType.TRAILING_STOP:
        more = {"trail_bps": 100}
    price = "45000" if kind in {OrderType.LIMIT, OrderType.STOP_LIMIT, OrderType.TAKE_PROFIT_LIMIT} else "0"
    desk.place("ann", "BUY", "0.1", price, kind=kind.name, **more)
    desk.status(SymbolStatus.HALTED)
    assert desk.balance("ann", "USDT") == (units("1000000"), 0)
