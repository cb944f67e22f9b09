"""Which public trade fills a paper order, at what price, and what it costs."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from engine_container.paper.rules import (
    BAR_MS,
    MAKER_FEE_PPM,
    SLIPPAGE_PPM_MAX,
    TAKER_FEE_PPM,
    PaperOrder,
    PaperRefusedError,
    PaperWallet,
    PublicTrade,
    Reaction,
    check,
    fill,
    first_status,
    need,
    react,
    slipped,
    triggered,
)
from mycrypto.contracts.commands import PlaceOrder
from mycrypto.contracts.trading import OrderType, Side, SymbolStatus, TimeInForce
from mycrypto.money import PPM, UNITS_PER_ONE, fee_units, notional_units
from tests.unit.gateway.memory_logs import symbol_changed

SYMBOL = symbol_changed()
USER = UUID("018f0000-0000-7000-8000-00000000000a").bytes
ONE = UNITS_PER_ONE
TICK, LOT = SYMBOL.tick, SYMBOL.lot
PRICE = 40_000 * ONE
NOON = 1_790_000_000_000 // BAR_MS * BAR_MS
TYPES = (OrderType.LIMIT, OrderType.MARKET, OrderType.STOP, OrderType.STOP_LIMIT)


def asked(kind: OrderType = OrderType.LIMIT, side: Side = Side.BUY, **changes: Any) -> PlaceOrder:
    prices = {
        OrderType.LIMIT: {"price": PRICE},
        OrderType.MARKET: {},
        OrderType.STOP: {"stop_price": PRICE},
        OrderType.STOP_LIMIT: {"price": PRICE, "stop_price": PRICE},
    }
    time_in_force = TimeInForce.IOC if kind is OrderType.MARKET else TimeInForce.GTC
    fields: dict[str, Any] = {"quantity": ONE // 10, "price": 0, **prices.get(kind, {}), **changes}
    return PlaceOrder(bytes(16), USER, "BTC/USDT", side, kind, fields.pop("time_in_force", time_in_force), **fields)


def placed(kind: OrderType = OrderType.LIMIT, side: Side = Side.BUY, *, slippage_ppm: int = 400, **changes: Any) -> PaperOrder:
    """The order at noon, after trade 10 at 40,000."""
    command = asked(kind, side, **changes)
    return PaperOrder(
        number=1,
        user_id=USER,
        symbol="BTC/USDT",
        side=side,
        type=kind,
        status=first_status(command.type),
        quantity=command.quantity,
        quote_quantity=command.quote_quantity,
        price=command.price,
        stop_price=command.stop_price,
        tick=TICK,
        lot=LOT,
        slippage_ppm=slippage_ppm,
        locked=need(command, SYMBOL, PRICE),
        after_seq=10,
        after_ms=NOON + 30_000,
    )


def tape(*seconds_and_prices: tuple[int, int]) -> list[PublicTrade]:
    """Trades from number 11 on: seconds after noon, and the price in whole USDT."""
    return [PublicTrade(11 + place, NOON + second * 1_000, price * ONE) for place, (second, price) in enumerate(seconds_and_prices)]


def test_a_market_order_takes_the_open_of_the_next_bar() -> None:
    trades = tape((40, 40_010), (59, 40_020), (60, 40_030), (61, 40_040))
    assert react(placed(OrderType.MARKET), trades) == Reaction(None, trades[2])
    assert react(placed(OrderType.MARKET), trades[:2]) == Reaction(None, None)


def test_a_bar_without_trades_is_no_bar() -> None:
    trades = tape((240, 39_000))
    assert react(placed(OrderType.MARKET), trades).filled == trades[0]


def test_trades_from_before_the_order_do_not_concern_it() -> None:
    old = [PublicTrade(10, NOON + 90_000, 39_000 * ONE)]
    assert react(placed(OrderType.LIMIT), old) == react(placed(OrderType.MARKET), old) == Reaction(None, None)


@pytest.mark.parametrize(
    ("side", "prices", "hit"), [(Side.BUY, (40_001, 40_000), 1), (Side.SELL, (39_999, 40_000), 1), (Side.BUY, (39_000,), 0)]
)
def test_a_limit_order_is_filled_at_its_limit_when_that_is_touched(side: Side, prices: tuple[int, ...], hit: int) -> None:
    order = placed(OrderType.LIMIT, side)
    trades = tape(*((31, price) for price in prices))
    assert react(order, trades).filled == trades[hit]
    done = fill(order, trades[hit])
    assert done is not None
    assert (done.price, done.is_maker) == (PRICE, True)
    assert done.fee == fee_units(done.value, MAKER_FEE_PPM)


def test_a_stop_becomes_a_market_order() -> None:
    trades = tape((40, 39_990), (50, 40_000), (55, 41_000), (60, 40_500))
    assert react(placed(OrderType.STOP), trades) == Reaction(trades[1], trades[3])
    falling = tape((40, 40_001), (50, 39_990), (70, 39_000))
    assert react(placed(OrderType.STOP, Side.SELL), falling) == Reaction(falling[1], falling[2])


def test_a_stop_limit_becomes_a_limit_order_for_later_trades() -> None:
    order = placed(OrderType.STOP_LIMIT)
    trades = tape((40, 40_000), (41, 40_000))
    assert react(order, trades[:1]) == Reaction(trades[0], None)
    assert react(order, trades) == Reaction(trades[0], trades[1])


def test_a_market_fill_is_the_open_made_worse_by_the_slippage_and_pays_the_takers_fee() -> None:
    bought = fill(placed(OrderType.MARKET, slippage_ppm=1_000), PublicTrade(11, NOON, PRICE))
    sold = fill(placed(OrderType.MARKET, Side.SELL, slippage_ppm=1_000), PublicTrade(11, NOON, PRICE))
    assert bought is not None
    assert sold is not None
    assert (bought.price, sold.price) == (40_040 * ONE, 39_960 * ONE)
    assert bought.fee == fee_units(bought.value, TAKER_FEE_PPM)
    assert not bought.is_maker


def test_a_market_order_by_value_buys_whole_lots_for_no_more_than_the_value() -> None:
    order = placed(OrderType.MARKET, quantity=0, quote_quantity=1_000 * ONE, slippage_ppm=0)
    done = fill(order, PublicTrade(11, NOON, PRICE))
    assert done is not None
    assert done.quantity == 2_500_000
    assert done.value == 1_000 * ONE
    assert done.value + done.fee == order.locked
    assert fill(order, PublicTrade(11, NOON, 100_000_000 * ONE)) is None


PRICES = st.integers(1, 10_000_000).map(lambda ticks: ticks * TICK)


@given(price=PRICES, slippage_ppm=st.integers(0, SLIPPAGE_PPM_MAX), side=st.sampled_from(Side))
def test_slippage_is_never_in_favour_never_beyond_a_thousandth_and_on_the_tick(price: int, slippage_ppm: int, side: Side) -> None:
    order = placed(OrderType.MARKET, side, slippage_ppm=slippage_ppm)
    worse = slipped(price, order)
    assert worse % TICK == 0
    distance = worse - price if side is Side.BUY else price - worse
    assert 0 <= distance * PPM <= price * slippage_ppm


@st.composite
def tapes(draw: st.DrawFn) -> list[PublicTrade]:
    steps = draw(st.lists(st.tuples(st.integers(0, 40_000), st.integers(3_990_000, 4_010_000)), max_size=12))
    found, time_ms = [], NOON
    for number, (pause_ms, ticks) in enumerate(steps, start=9):
        time_ms += pause_ms
        found.append(PublicTrade(number, time_ms, ticks * TICK))
    return found


@given(trades=tapes(), cut=st.integers(0, 12), kind=st.sampled_from(TYPES), side=st.sampled_from(Side))
def test_it_does_not_matter_where_the_tape_is_cut(trades: list[PublicTrade], cut: int, kind: OrderType, side: Side) -> None:
    order = placed(kind, side)
    whole = react(order, trades)
    first = react(order, trades[:cut])
    if first.filled:
        assert first == whole
        return
    second = react(order if first.triggered is None else triggered(order, first.triggered), trades[cut:])
    assert Reaction(first.triggered or second.triggered, second.filled) == whole


@given(
    price=PRICES, kind=st.sampled_from(TYPES), side=st.sampled_from(Side), spare=st.integers(0, 10**12), slippage_ppm=st.integers(0, 1_000)
)
def test_a_fill_moves_exactly_its_value_and_leaves_no_debt(price: int, kind: OrderType, side: Side, spare: int, slippage_ppm: int) -> None:
    order = placed(kind, side, slippage_ppm=slippage_ppm)
    wallet = PaperWallet({order.locked_asset: (spare, order.locked)})
    before = {asset: sum(amounts) for asset, amounts in wallet.balances.items()}
    done = fill(order, PublicTrade(11, NOON, price))
    assert done is not None
    assert done.value == notional_units(done.price, done.quantity)
    paid = wallet.settle(order, done)
    if not paid:
        assert side is Side.BUY
        assert done.value + done.fee > order.locked + spare
        wallet.release(order)
    after = {asset: sum(wallet.balances.get(asset, (0, 0))) for asset in ("BTC", "USDT")}
    sign = 0 if not paid else 1 if side is Side.BUY else -1
    assert after["BTC"] == before.get("BTC", 0) + sign * done.quantity
    assert after["USDT"] == before.get("USDT", 0) - sign * done.value - (done.fee if paid else 0)
    assert all(available >= 0 and locked == 0 for available, locked in wallet.balances.values())


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (asked(OrderType.TAKE_PROFIT, stop_price=PRICE), "INVALID_ORDER"),
        (asked(OrderType.TRAILING_STOP, trail_bps=100), "INVALID_ORDER"),
        (asked(time_in_force=TimeInForce.IOC), "INVALID_ORDER"),
        (asked(OrderType.MARKET, time_in_force=TimeInForce.FOK), "INVALID_ORDER"),
        (asked(post_only=True), "INVALID_ORDER"),
        (asked(display_quantity=LOT), "INVALID_ORDER"),
        (asked(OrderType.MARKET, Side.SELL, quantity=0, quote_quantity=100 * ONE), "INVALID_ORDER"),
        (asked(OrderType.STOP, stop_price=10**18), "INVALID_ORDER"),
        (asked(quantity=LOT + 1), "INVALID_QUANTITY"),
        (asked(quantity=SYMBOL.quantity_max + LOT), "INVALID_QUANTITY"),
        (asked(price=PRICE + 1), "ORDER_002"),
        (asked(OrderType.STOP, stop_price=PRICE + 1), "ORDER_002"),
        (asked(quantity=LOT), "MIN_NOTIONAL"),
        (asked(OrderType.MARKET, quantity=0, quote_quantity=9 * ONE), "MIN_NOTIONAL"),
        (asked(price=44_001 * ONE), "PRICE_BAND"),
        (asked(price=35_999 * ONE), "PRICE_BAND"),
    ],
)
def test_the_rules_of_the_market_hold(command: PlaceOrder, code: str) -> None:
    with pytest.raises(PaperRefusedError) as refused:
        check(command, SYMBOL, PRICE)
    assert refused.value.code == code


@pytest.mark.parametrize("command", [asked(kind, side) for kind in TYPES for side in Side])
def test_every_kind_of_paper_order_is_taken(command: PlaceOrder) -> None:
    check(command, SYMBOL, PRICE)


def test_a_closed_market_takes_no_paper_order_either() -> None:
    with pytest.raises(PaperRefusedError, match="MARKET_CLOSED"):
        check(asked(), replace(SYMBOL, status=SymbolStatus.HALTED), PRICE)


def test_before_the_first_trade_the_cost_of_a_market_order_is_unknown() -> None:
    with pytest.raises(PaperRefusedError, match="NO_LIQUIDITY"):
        check(asked(OrderType.MARKET), SYMBOL, 0)
    check(asked(), SYMBOL, 0)
