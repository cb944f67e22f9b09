"""What an order must keep to before it may touch the book: combinations, sizes, prices, bands and a user's limits.

Each check returns ``None`` or the refusal: a code of the catalogue and the figures a person needs, amounts in units.
"""

from __future__ import annotations

from typing import Final

from mypy_extensions import i64

from engine_container.core.entities import NO_BOUND, Details, OrderConditions, State, Symbol, TradingAccount, User
from engine_container.core.vocabulary import (
    ACTIVE,
    AMOUNT_MAX,
    AUCTION,
    BPS,
    DAY,
    DAY_MS,
    FOK,
    GTC,
    GTD,
    IOC,
    LIMIT,
    MARKET,
    MINUTE_MS,
    STOP,
    STOP_LIMIT,
    STP_ALLOW,
    TAKE_PROFIT,
    TAKE_PROFIT_LIMIT,
    TRAILING_STOP,
    UNITS,
    may_rest,
)

Refusal = tuple[str, Details]

CLIENT_ORDER_ID_LENGTH_MAX: Final = 100


def _odd(reason: str) -> Refusal:
    return "INVALID_ORDER", {"reason": reason}


def has_limit(kind: i64) -> bool:
    """Whether an order of this type carries a limit price."""
    return kind in {LIMIT, STOP_LIMIT, TAKE_PROFIT_LIMIT}


def is_conditional(kind: i64) -> bool:
    return kind in {STOP, STOP_LIMIT, TAKE_PROFIT, TAKE_PROFIT_LIMIT, TRAILING_STOP}


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


def market_refusal(state: State, symbol: Symbol, flags: i64) -> Refusal | None:
    """An order needs an open market; in the call phase of an auction only what can rest is taken."""
    if symbol.status == ACTIVE:
        if within_hours(symbol, state.now_ms):
            return None
        return "MARKET_CLOSED", {"symbol": symbol.name, "opens_minute": symbol.opens_minute, "closes_minute": symbol.closes_minute}
    post_only = (flags >> 9) & 1
    if symbol.status == AUCTION and has_limit(flags & 7) and may_rest(flags) and not post_only:
        return None
    return "MARKET_CLOSED", {"symbol": symbol.name, "symbol_status": symbol.status, "resume_ms": symbol.resume_ms}


def combination_refusal(
    state: State, user: User, flags: i64, conditions: OrderConditions | None, price: int, quantity: int
) -> Refusal | None:
    """Fields that do not go together. Prices and quantities in units."""
    kind = flags & 7
    time_in_force = (flags >> 3) & 7
    if has_limit(kind) != (price != 0):
        return _odd("a limit price belongs to LIMIT, STOP_LIMIT and TAKE_PROFIT_LIMIT orders, and only to them")
    if (flags >> 9) & 1 and (kind != LIMIT or not may_rest(flags)):
        return _odd("post-only orders are LIMIT orders that may rest")
    if (flags >> 6) & 7 == STP_ALLOW and not user.market_maker:
        return _odd("only flagged market makers may trade with themselves")
    if kind == MARKET and time_in_force not in {GTC, IOC, FOK}:
        return _odd("a market order cannot wait")
    if conditions is None:
        if is_conditional(kind):
            return _odd("a conditional order needs its trigger")
        if time_in_force == GTD:
            return _odd("a GTD order needs a time to expire")
        return None
    return _conditions_refusal(state, kind, time_in_force, conditions, quantity)


def _conditions_refusal(state: State, kind: i64, time_in_force: i64, conditions: OrderConditions, quantity: int) -> Refusal | None:
    if (
        min(
            conditions.stop,
            conditions.activation,
            conditions.display,
            conditions.trail_bps,
            conditions.expires_ms,
            conditions.quote_quantity,
        )
        < 0
    ):
        return _odd("a negative figure")
    if (conditions.quote_quantity > 0) and (kind != MARKET or quantity != 0):
        return _odd("a quote quantity is for market orders without a quantity")
    if (conditions.expires_ms > 0) != (time_in_force == GTD):
        return _odd("a time to expire belongs to GTD orders, and only to them")
    if time_in_force == GTD and conditions.expires_ms <= int(state.now_ms):
        return _odd("the time to expire has passed")
    if conditions.display > 0 and (
        kind not in {LIMIT, STOP_LIMIT, TAKE_PROFIT_LIMIT} or conditions.display >= quantity or time_in_force in {IOC, FOK}
    ):
        return _odd("an iceberg is a limit order that shows less than its quantity and may rest")
    if conditions.trail_bps >= BPS:
        return _odd("the trailing distance must be less than 10000 basis points")
    if not is_conditional(kind):
        if conditions.stop or conditions.trail_bps or conditions.activation:
            return _odd("a trigger belongs to conditional orders")
        return None
    if kind == TRAILING_STOP and conditions.trail_bps == 0:
        return _odd("a trailing order needs its distance")
    if conditions.trail_bps == 0 and conditions.stop == 0:
        return _odd("a conditional order needs its trigger")
    if conditions.trail_bps == 0 and conditions.activation > 0:
        return _odd("an activation price belongs to trailing orders")
    if kind in {STOP, TAKE_PROFIT, TRAILING_STOP} and time_in_force in {IOC, FOK}:
        return _odd("a conditional order waits; IOC and FOK are for its limit form")
    return None


def quantity_refusal(symbol: Symbol, quantity: int) -> Refusal:
    """A quantity (units) off the lot step or outside the symbol's sizes."""
    return "INVALID_QUANTITY", {
        "quantity": quantity,
        "minimum": symbol.lots_min * symbol.lot,
        "maximum": symbol.lots_max * symbol.lot,
        "step": symbol.lot,
    }


def price_refusal(symbol: Symbol, price: int) -> Refusal:
    """A price (units) that is not positive or off the tick."""
    return "ORDER_002", {"price": price, "tick": symbol.tick}


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


def size_refusal(quantity: int, price: int, quote_quantity: int, conditions: OrderConditions | None) -> Refusal | None:
    """A figure of the order beyond what one order may have: figures in units."""
    greatest = max(quantity, price, quote_quantity)
    if conditions is not None:
        greatest = max(greatest, conditions.stop, conditions.activation, conditions.display)
    return too_much(greatest)


def too_much(need: int) -> Refusal | None:
    """``need`` units of one asset are more than any order may be worth, with its highest fee."""
    if need <= AMOUNT_MAX:
        return None
    return "INVALID_ORDER", {"reason": "the order is too large", "maximum": AMOUNT_MAX}


def band_refusal(symbol: Symbol, ticks: i64) -> Refusal | None:
    """A limit must lie within the band around the last trade."""
    if symbol.lowest <= ticks <= symbol.highest:
        return None
    tick: int = symbol.tick
    return "PRICE_BAND", {
        "price": ticks * tick,
        "lowest": symbol.lowest * tick,
        "highest": symbol.highest * tick,
        "last_price": symbol.last_price * tick,
    }


def open_order_refusal(account: TradingAccount, more: i64) -> Refusal | None:
    """Whether ``more`` orders may come to be open, waiting ones included; a limit of 0 is none."""
    user = account.user
    count = user.open_orders
    if 0 < user.open_orders_max < count + more:
        return "OPEN_ORDER_LIMIT", {"scope": "user", "open": count, "maximum": user.open_orders_max}
    if 0 < user.open_orders_per_symbol_max < account.open_orders + more:
        return "OPEN_ORDER_LIMIT", {"scope": "symbol", "open": account.open_orders, "maximum": user.open_orders_per_symbol_max}
    return None


def turnover_value(symbol: Symbol, value: int) -> int:
    """A value in quote units as units of USDT (AMOUNT_MAX at most), by the last price of USDT/<quote> where there is one."""
    valued_by = symbol.valued_by
    if valued_by is None or valued_by.last_price == 0:
        return value
    return min(AMOUNT_MAX, value * UNITS // (int(valued_by.last_price) * int(valued_by.tick)))


def turnover_refusal(state: State, user: User, symbol: Symbol, value: int) -> Refusal | None:
    """A user's turnover of the UTC day, and what this order could add to it."""
    most: int = user.daily_notional_max
    if most <= 0:
        return None
    used: int = user.day_notional if user.day == state.now_ms // DAY_MS else 0
    asked = turnover_value(symbol, value)
    if used + asked <= most:
        return None
    return "DAILY_VOLUME_LIMIT", {"used": used, "requested": asked, "maximum": most}


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
