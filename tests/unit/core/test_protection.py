"""Bands, hours, limits, breaker, statuses and auctions; and that every refusal says the figures a person needs."""

from __future__ import annotations

import ast
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import engine_container.core
from mycrypto.contracts import commands as c
from mycrypto.contracts import events as e
from mycrypto.contracts.trading import SymbolStatus
from mycrypto.errors import CATALOGUE
from tests.unit.core.trading_desk import START_MS, SYMBOL, Desk, codes, of, units

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS


@pytest.fixture
def desk() -> Desk:
    desk = Desk()
    for name in ("ann", "bob", "cem"):
        desk.fund(name, BTC="10", USDT="1000000")
    return desk


# trading hours


@pytest.mark.parametrize(
    ("opens", "closes", "hour", "open_then"),
    [
        (9, 17, 8, False), (9, 17, 9, True), (9, 17, 16, True), (9, 17, 17, False),
        (22, 6, 21, False), (22, 6, 22, True), (22, 6, 23, True), (22, 6, 0, True), (22, 6, 5, True), (22, 6, 6, False), (22, 6, 12, False),
        (7, 7, 3, True),
    ],
)  # fmt: skip
def test_trading_hours_may_span_midnight(desk: Desk, opens: int, closes: int, hour: int, open_then: bool) -> None:
    desk.list_symbol(opens_minute=opens * 60, closes_minute=closes * 60)
    desk.passes((hour - 8) % 24 * HOUR_MS)
    events = desk.place("ann", "BUY", "1", "100")
    assert codes(events) == ([] if open_then else ["MARKET_CLOSED"])
    if not open_then:
        details = of(e.OrderRejected, events)[0].details
        assert details == {"symbol": SYMBOL, "opens_minute": opens * 60, "closes_minute": closes * 60}


def test_outside_the_hours_orders_stay_and_can_be_cancelled_but_not_moved(desk: Desk) -> None:
    desk.list_symbol(opens_minute=8 * 60, closes_minute=9 * 60)
    number = desk.number("ann", "BUY", "1", "100")
    day = desk.number("ann", "BUY", "1", "100", tif="DAY")
    assert [event.order for event in of(e.OrderClosed, desk.passes(HOUR_MS))] == [day]
    assert codes(desk.do(c.AmendOrder(desk.new_id(), desk.user("ann"), number, "", units("2")))) == ["MARKET_CLOSED"]
    assert of(e.OrderClosed, desk.cancel("ann", number))


# circuit breaker


@pytest.mark.parametrize(("prices", "halted"), [(("110",), False), (("110.01",), True), (("90",), False), (("89.99",), True),
                                                (("105", "110.01"), True), (("109", "98.1"), False), (("109", "98.09"), True)])  # fmt: skip
def test_the_breaker_trips_beyond_a_tenth_within_a_minute(desk: Desk, prices: tuple[str, ...], halted: bool) -> None:
    """From any price of that minute, whichever way."""
    desk.list_symbol(band_bps=0, breaker_bps=1_000, notional_min=0)
    desk.trade_at("100")
    for price in prices:
        desk.passes(10_000)
        desk.trade_at(price)
    assert (desk.symbol.status == SymbolStatus.HALTED) is halted


def test_after_a_minute_an_old_price_counts_no_more(desk: Desk) -> None:
    desk.list_symbol(band_bps=0, breaker_bps=1_000)
    desk.trade_at("100")
    desk.passes(1_000)
    desk.trade_at("105")
    desk.passes(61_000)
    desk.trade_at("115")
    assert desk.symbol.status == SymbolStatus.ACTIVE


def test_a_halt_of_the_breaker_ends_after_five_minutes_of_log_time(desk: Desk) -> None:
    desk.list_symbol(band_bps=0, breaker_bps=1_000)
    desk.trade_at("100")
    desk.trade_at("120")
    assert of(e.SymbolChanged, desk.passes(299_999)) == []
    resumed = of(e.SymbolChanged, desk.passes(1))
    assert [(event.status, event.reason) for event in resumed] == [(SymbolStatus.ACTIVE, "RESUMED")]


def test_the_breaker_stops_the_order_that_tripped_it(desk: Desk) -> None:
    desk.list_symbol(band_bps=0, breaker_bps=1_000)
    desk.trade_at("100")
    for price in ("105", "111", "115"):
        desk.place("bob", "SELL", "1", price)
    events = desk.place("ann", "BUY", "3", "120")
    assert [trade.price for trade in of(e.Trade, events)] == [units("105"), units("111")]
    closed = {(event.user_id, event.reason) for event in of(e.OrderClosed, events)}
    assert {(desk.user("ann"), "HALT"), (desk.user("bob"), "HALT")} <= closed
    assert desk.balance("ann", "USDT")[1] == desk.balance("bob", "BTC")[1] == 0


# statuses


@pytest.mark.parametrize("status", [SymbolStatus.HALTED, SymbolStatus.MAINTENANCE, SymbolStatus.DELISTED])
def test_a_symbol_that_does_not_trade_takes_no_order_and_has_freed_all_funds(desk: Desk, status: SymbolStatus) -> None:
    desk.trade_at("100")
    desk.place("ann", "BUY", "1", "100")
    desk.place("ann", "SELL", "1", kind="STOP", stop_price="95")
    desk.place("ann", "SELL", "1", "110", display_quantity="0.5")
    assert {event.reason for event in of(e.OrderClosed, desk.status(status, START_MS + DAY_MS, "a reason"))} == {"HALT"}
    assert desk.balance("ann", "USDT") == (units("1000000"), 0)
    assert desk.balance("ann", "BTC") == (units("10"), 0)
    rejected = of(e.OrderRejected, desk.place("ann", "BUY", "1", "100"))[0]
    assert (rejected.code, rejected.details) == (
        "MARKET_CLOSED", {"symbol": SYMBOL, "symbol_status": int(status), "resume_ms": START_MS + DAY_MS},
    )  # fmt: skip
    resumed = of(e.SymbolChanged, desk.passes(DAY_MS))
    assert [event.status for event in resumed] == ([] if status is SymbolStatus.DELISTED else [SymbolStatus.ACTIVE])


def test_a_delisted_symbol_stays_so(desk: Desk) -> None:
    desk.status(SymbolStatus.DELISTED)
    assert codes(desk.status(SymbolStatus.ACTIVE)) == ["MARKET_CLOSED"]


# auction


@pytest.mark.parametrize(
    ("last", "orders", "price", "volume"),
    [
        # the greatest volume: 3 at 101, 2 at 100 or 102
        ("100", [("BUY", "3", "101"), ("BUY", "1", "100"), ("SELL", "2", "100"), ("SELL", "1", "101"), ("SELL", "1", "102")], "101", "3"),
        # 2 trade from 100 to 102; the imbalance is 1 at 100 and 0 from 101 on; of 101 and 102 the nearer to 110 wins
        ("110", [("BUY", "2", "102"), ("BUY", "1", "100"), ("SELL", "2", "100")], "102", "2"),
        ("90", [("BUY", "2", "102"), ("BUY", "1", "100"), ("SELL", "2", "100")], "102", "2"),
        # one trades at 95 and at 105 alike, without imbalance: the nearer to the last price
        ("104", [("BUY", "1", "105"), ("SELL", "1", "95")], "105", "1"),
        ("96", [("BUY", "1", "105"), ("SELL", "1", "95")], "95", "1"),
        # equally near: the lower
        ("100", [("BUY", "1", "105"), ("SELL", "1", "95")], "95", "1"),
    ],
)  # fmt: skip
def test_the_price_of_an_auction(desk: Desk, last: str, orders: list[tuple[str, str, str]], price: str, volume: str) -> None:
    desk.list_symbol(band_bps=0, breaker_bps=0)
    desk.trade_at(last)
    desk.status(SymbolStatus.HALTED)
    desk.status(SymbolStatus.AUCTION)
    for side, quantity, at in orders:
        desk.place("ann" if side == "BUY" else "bob", side, quantity, at)
    trades = of(e.Trade, desk.status(SymbolStatus.ACTIVE))
    assert {trade.price for trade in trades} == {units(price)}
    assert sum(trade.quantity for trade in trades) == units(volume)
    assert desk.balance("ann", "USDT")[0] >= 0


def test_an_auction_that_does_not_cross_trades_nothing(desk: Desk) -> None:
    desk.status(SymbolStatus.HALTED)
    desk.status(SymbolStatus.AUCTION)
    desk.place("ann", "BUY", "1", "100")
    desk.place("bob", "SELL", "1", "101")
    assert of(e.Trade, desk.status(SymbolStatus.ACTIVE)) == []
    assert [trade.price for trade in of(e.Trade, desk.place("cem", "BUY", "1", "101"))] == [units("101")]


@pytest.mark.parametrize("order", [{"tif": "IOC"}, {"tif": "FOK"}, {"post_only": True}, {"kind": "MARKET", "price": "0"},
                                   {"kind": "STOP", "price": "0", "stop_price": "99"}])  # fmt: skip
def test_a_call_phase_takes_only_what_can_rest(desk: Desk, order: dict[str, Any]) -> None:
    desk.trade_at("100")
    desk.status(SymbolStatus.HALTED)
    desk.status(SymbolStatus.AUCTION)
    assert codes(desk.place("ann", "SELL", "1", **{"price": "100", **order})) == ["MARKET_CLOSED"]


# turnover


def test_turnover_in_another_quote_is_counted_in_usdt(desk: Desk) -> None:
    desk.list_symbol("USDT/TRY", band_bps=0, quantity_max=units("1000000"))
    desk.list_symbol("BTC/TRY", band_bps=0)
    for name in ("ann", "bob"):
        desk.fund(name, TRY="100000000")
    desk.place("bob", "SELL", "1000", "40", symbol="USDT/TRY")
    desk.place("cem", "BUY", "1", "1", symbol="BTC/TRY")
    desk.fund("cem", TRY="1000000")
    desk.place("cem", "BUY", "1000", "40", symbol="USDT/TRY")
    desk.do(c.SetUser(desk.new_id(), desk.user("ann"), daily_notional_max=units("50000")))
    rejected = of(e.OrderRejected, desk.place("ann", "BUY", "1", "2000040", symbol="BTC/TRY"))[0]
    assert rejected.code == "DAILY_VOLUME_LIMIT"
    assert rejected.details == {"used": 0, "requested": units("50001"), "maximum": units("50000")}
    assert of(e.OrderAccepted, desk.place("ann", "BUY", "1", "2000000", symbol="BTC/TRY"))


# every refusal has its figures


def crowded(desk: Desk) -> list[Any]:
    for _ in range(20):
        desk.place("ann", "BUY", "0.2", "100")
    return desk.place("ann", "BUY", "0.2", "100")


def busy(desk: Desk) -> list[Any]:
    desk.do(c.SetUser(desk.new_id(), desk.user("ann"), daily_notional_max=units("99")))
    return desk.place("ann", "BUY", "1", "100")


def closed_market(desk: Desk) -> list[Any]:
    desk.status(SymbolStatus.MAINTENANCE)
    return desk.place("ann", "BUY", "1", "100")


def twice(desk: Desk) -> list[Any]:
    desk.place("ann", "BUY", "1", "100", client_order_id="a")
    return desk.place("ann", "BUY", "2", "100", client_order_id="a")


def final(desk: Desk) -> list[Any]:
    number = desk.number("ann", "BUY", "1", "100")
    desk.cancel("ann", number)
    return desk.cancel("ann", number)


REFUSALS: dict[str, tuple[Callable[[Desk], list[Any]], set[str]]] = {
    "ORDER_001": (lambda d: d.place("ann", "BUY", "1", "100", symbol="X/Y"), {"symbol"}),
    "ORDER_002": (lambda d: d.place("ann", "BUY", "1", "100.001"), {"price", "tick"}),
    "ORDER_003": (lambda d: d.cancel("ann", 10**9), {"order"}),
    "ORDER_004": (final, {"order"}),
    "INVALID_QUANTITY": (lambda d: d.place("ann", "BUY", "0.00005", "100"), {"quantity", "minimum", "maximum", "step"}),
    "INVALID_ORDER": (lambda d: d.place("ann", "BUY", "1"), {"reason"}),
    "MIN_NOTIONAL": (lambda d: d.place("ann", "BUY", "0.01", "100"), {"required", "notional"}),
    "PRICE_BAND": (lambda d: d.place("ann", "BUY", "1", "111"), {"price", "lowest", "highest", "last_price"}),
    "MARKET_CLOSED": (closed_market, {"symbol", "symbol_status", "resume_ms"}),
    "OPEN_ORDER_LIMIT": (crowded, {"scope", "open", "maximum"}),
    "DAILY_VOLUME_LIMIT": (busy, {"used", "requested", "maximum"}),
    "IDEMPOTENCY_CONFLICT": (twice, {"client_order_id"}),
    "WALLET_001": (lambda d: d.place("stranger", "BUY", "1", "100"), {"asset", "required", "available"}),
    "INVALID_AMOUNT": (lambda d: d.do(c.Credit(d.new_id(), d.user("ann"), "BTC", 0, d.new_id())), {"amount"}),
    "POST_ONLY_WOULD_TRADE": (lambda d: [d.place("bob", "SELL", "1", "100"), d.place("ann", "BUY", "1", "101", post_only=True)][1],
                              {"price", "best"}),
    "STOP_PRICE_REACHED": (lambda d: [d.place("bob", "SELL", "1", "100"), d.place("ann", "BUY", "1", "100"),
                                      d.place("bob", "SELL", "1", kind="STOP", stop_price="100", refused_if_reached=True)][2],
                           {"stop_price", "last_price"}),
    "FOK_NOT_FILLABLE": (lambda d: d.place("ann", "BUY", "1", "100", tif="FOK"), {"quantity", "fillable"}),
    "NO_LIQUIDITY": (lambda d: d.place("ann", "BUY", "1", kind="MARKET"), {"symbol"}),
    "VALIDATION_ERROR": (lambda d: d.list_symbol(tick=0), {"field", "expected"}),
}  # fmt: skip


@pytest.mark.parametrize("code", REFUSALS)
def test_a_refusal_has_the_figures_a_person_needs(desk: Desk, code: str) -> None:
    desk.trade_at("100")
    asked, figures = REFUSALS[code]
    refused = [event for event in asked(desk) if hasattr(event, "code")]
    assert [event.code for event in refused] == [code]
    assert figures <= set(refused[0].details)


def test_every_code_that_the_core_knows_is_of_the_catalogue_and_in_the_table() -> None:
    folder = Path(engine_container.core.__file__).parent
    texts = {
        node.value
        for path in folder.glob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    reasons = {"SELF_TRADE_PREVENTION", "COMMAND_FAILED"}  # why an order was cancelled, and a defect: never why a rule refuses one
    assert {text for text in texts if text in CATALOGUE} - reasons == set(REFUSALS)
