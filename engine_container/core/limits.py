"""What an order must keep to before it may touch the book: hours, sizes, prices, bands and a user's limits.

Each check returns ``FINE`` or the code of the rule that is broken (:mod:`engine_container.core.refusal_codes`).
"""

from __future__ import annotations

from typing import Final

from mypy_extensions import i64

from engine_container.core.entities import NO_BOUND, OrderConditions, Symbol, TradingAccount, User
from engine_container.core.native_command import NativeCommand
from engine_container.core.order_flags import has_limit, is_post_only, kind_of, may_rest
from engine_container.core.refusal_codes import (
    FINE,
    MARKET_CLOSED,
    MARKET_NOT_TRADING,
    OPEN_ORDERS_OF_SYMBOL,
    OPEN_ORDERS_OF_USER,
    PRICE_OFF_TICK,
    PRICE_OUTSIDE_BAND,
    QUANTITY_OFF_LOT,
    TOO_LARGE,
    TURNOVER_TOO_HIGH,
)
from engine_container.core.state import State
from engine_container.core.vocabulary import ACTIVE, AMOUNT_MAX, AUCTION, BPS, DAY, DAY_MS, GTD, MINUTE_MS, UNITS

CLIENT_ORDER_ID_LENGTH_MAX: Final = 100

BEYOND: Final = AMOUNT_MAX + 1
"""Stands for every product that is greater than ``AMOUNT_MAX``."""


def product(each: i64, count: i64) -> i64:
    """``each * count`` of figures from 0 on, ``BEYOND`` if that is greater than ``AMOUNT_MAX``."""
    if each < 0x40000000 and count < 0x20000000:  # nearly always, and it costs no division: 59 bits at most
        return each * count
    if count == 0 or each <= AMOUNT_MAX // count:
        return each * count
    return BEYOND


def within_hours(symbol: Symbol, now_ms: i64) -> bool:
    """Whether the symbol trades at this time of the UTC day; a session may span midnight."""
    opens = symbol.opens_minute
    closes = symbol.closes_minute
    if opens < 0 or closes < 0 or opens == closes:
        return True
    minute = now_ms % DAY_MS // MINUTE_MS
    if opens < closes:
        return opens <= minute < closes
    return minute >= opens or minute < closes


def check_market(state: State, symbol: Symbol, flags: i64) -> i64:
    """An order needs an open market; in the call phase of an auction only what can rest is taken."""
    if symbol.status == ACTIVE:
        return FINE if within_hours(symbol, state.now_ms) else MARKET_CLOSED
    if symbol.status == AUCTION and has_limit(kind_of(flags)) and may_rest(flags) and not is_post_only(flags):
        return FINE
    return MARKET_NOT_TRADING


def check_size(command: NativeCommand) -> i64:
    """No figure of an order may be beyond what one order may have."""
    if command.quantity > AMOUNT_MAX or command.price > AMOUNT_MAX:
        return TOO_LARGE
    conditions = command.conditions
    if conditions is not None:
        greatest = max(conditions.quote_quantity, conditions.stop, conditions.activation, conditions.display)
        if greatest > AMOUNT_MAX:
            return TOO_LARGE
    return FINE


def check_quantity(symbol: Symbol, command: NativeCommand) -> i64:
    """The quantity is a whole number of lots within the symbol's sizes: then ``command.lots``."""
    lots = command.quantity // symbol.lot
    if lots * symbol.lot != command.quantity or lots < symbol.lots_min or lots > symbol.lots_max:
        return QUANTITY_OFF_LOT
    command.lots = lots
    return FINE


def check_price(symbol: Symbol, command: NativeCommand) -> i64:
    """The price is positive and a whole number of ticks: then ``command.ticks``."""
    ticks = command.price // symbol.tick
    if ticks * symbol.tick != command.price or ticks <= 0:
        return PRICE_OFF_TICK
    command.ticks = ticks
    return FINE


def check_worth(command: NativeCommand) -> i64:
    """Neither the order's value nor what it locks may be more than ``AMOUNT_MAX``: 64 bits hold all that follows from it."""
    if command.value > AMOUNT_MAX or product(command.lock_per_lot, command.lots) > AMOUNT_MAX:
        return TOO_LARGE
    return FINE


def set_band(symbol: Symbol) -> None:
    """Derive the band, in ticks, from the last price; to be called whenever that or ``band_bps`` has changed."""
    reference = symbol.last_price
    if symbol.band_bps == 0 or reference == 0:
        symbol.lowest = 1
        symbol.highest = NO_BOUND
        return
    symbol.lowest = lowered(reference, symbol.band_bps)
    symbol.highest = raised(reference, symbol.band_bps)


def raised(price: i64, bps: i64) -> i64:
    """The greatest price that is no more than so many basis points (0 to 9999) above this one (up to 4 x 10^18)."""
    # in two parts, whose products stay within 64 bits
    return price // BPS * (BPS + bps) + price % BPS * (BPS + bps) // BPS


def lowered(price: i64, bps: i64) -> i64:
    """The least price that is no more than so many basis points below this one."""
    return price // BPS * (BPS - bps) + (price % BPS * (BPS - bps) + (BPS - 1)) // BPS


def check_band(symbol: Symbol, ticks: i64) -> i64:
    """A limit must lie within the band around the last trade."""
    return FINE if symbol.lowest <= ticks <= symbol.highest else PRICE_OUTSIDE_BAND


def check_open_orders(account: TradingAccount, more: i64) -> i64:
    """Whether ``more`` orders may come to be open, waiting ones included; a limit of 0 is none."""
    user = account.user
    most = user.open_orders_max
    if most > 0 and user.open_orders + more > most:
        return OPEN_ORDERS_OF_USER
    most = user.open_orders_per_symbol_max
    if most > 0 and account.open_orders + more > most:
        return OPEN_ORDERS_OF_SYMBOL
    return FINE


def turnover_value(symbol: Symbol, value: int) -> int:
    """A value in quote units as units of USDT (AMOUNT_MAX at most), by the last price of USDT/<quote> where there is one."""
    valued_by = symbol.valued_by
    if valued_by is None or valued_by.last_price == 0:
        return value
    return min(AMOUNT_MAX, value * UNITS // (int(valued_by.last_price) * int(valued_by.tick)))


def turnover_of_day(state: State, user: User) -> i64:
    """What the user has traded on this UTC day, in units of USDT."""
    return user.day_notional if user.day == state.now_ms // DAY_MS else i64(0)


def check_turnover(state: State, user: User, symbol: Symbol, value: i64) -> i64:
    """A user's turnover of the UTC day, and what an order of this value could add to it; a limit of 0 is none."""
    most = user.daily_notional_max
    if most <= 0:
        return FINE
    if symbol.valued_by is not None:
        value = turnover_value(symbol, value)
    return FINE if turnover_of_day(state, user) + value <= most else TURNOVER_TOO_HIGH


def count_turnover(state: State, symbol: Symbol, maker: User, taker: User, value: i64) -> None:
    """Add a trade's value to the day of both its users; a day's turnover is counted up to AMOUNT_MAX."""
    if symbol.valued_by is not None:
        value = turnover_value(symbol, value)
    day = state.now_ms // DAY_MS
    if maker.day != day:
        maker.day = day
        maker.day_notional = 0
    counted = maker.day_notional + value
    maker.day_notional = min(AMOUNT_MAX, counted)
    if taker.day != day:
        taker.day = day
        taker.day_notional = 0
    counted = taker.day_notional + value
    taker.day_notional = min(AMOUNT_MAX, counted)


def end_of_day(symbol: Symbol, now_ms: i64) -> int:
    """When a DAY order expires: the close of the session, or the end of the UTC day."""
    midnight = now_ms - now_ms % DAY_MS
    if symbol.opens_minute < 0 or symbol.closes_minute < 0:
        return midnight + DAY_MS
    close = midnight + symbol.closes_minute * MINUTE_MS
    return close if close > now_ms else close + DAY_MS


def expiry_of(symbol: Symbol, time_in_force: i64, conditions: OrderConditions | None, now_ms: i64) -> int:
    """Epoch milliseconds when the order expires; 0: never."""
    if time_in_force == DAY:
        return end_of_day(symbol, now_ms)
    if time_in_force == GTD and conditions is not None:
        return conditions.expires_ms
    return 0
