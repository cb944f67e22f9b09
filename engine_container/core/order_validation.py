"""From a PlaceOrder's fields to an order that keeps to all the rules that can be checked without the book and the money."""

from __future__ import annotations

from typing import Any, Final

from mypy_extensions import i64

from engine_container.core.balances import Rates
from engine_container.core.entities import RULES_WITH_ALL_FIGURES, Order, OrderConditions, State, Symbol, TradingAccount, User
from engine_container.core.funds import balance_of, lock_per_lot
from engine_container.core.limits import (
    CLIENT_ORDER_ID_LENGTH_MAX,
    Refusal,
    band_refusal,
    combination_refusal,
    market_refusal,
    open_order_refusal,
    price_refusal,
    quantity_refusal,
    raised,
    size_refusal,
    too_much,
    turnover_refusal,
)
from engine_container.core.vocabulary import ACTIVE, BUY, LIMIT, MARKET, STP_ACCOUNT, STP_ALLOW, may_rest

STOP_MARGIN_BPS = 1_000
"""A market-type stop BUY locks for its trigger price plus the band; without a band plus this."""
_UNVALUED: Final = "without a last price a trailing %s needs an activation price"


def account_of(state: State, user: User, name: str) -> TradingAccount | None:
    """The user's place at the symbol, taken at the first order; ``None`` if no such symbol is listed."""
    account = user.accounts.get(name)
    if account is None:
        symbol = state.symbols.get(name)
        if symbol is None:
            return None
        account = TradingAccount(
            user, symbol, balance_of(state, user, symbol.base), balance_of(state, user, symbol.quote), rates_of(user, symbol)
        )
        user.accounts[name] = account
    user.last_account = account
    return account


def rates_of(user: User, symbol: Symbol) -> Rates:
    """The user's own rates where set, else the symbol's."""
    if user.maker_fee_ppm < 0 and user.taker_fee_ppm < 0:
        return symbol.rates
    maker = user.maker_fee_ppm if user.maker_fee_ppm >= 0 else symbol.maker_fee_ppm
    taker = user.taker_fee_ppm if user.taker_fee_ppm >= 0 else symbol.taker_fee_ppm
    return Rates(maker, taker)


def order_from(state: State, user: User, fields: tuple[Any, ...]) -> Order | Refusal:
    """The order, not yet numbered, or why there can be none."""
    name: str = fields[2]
    account = account_of(state, user, name)
    if account is None:
        return "ORDER_001", {"symbol": name}
    symbol = account.symbol
    side: i64 = fields[3]
    prevention: i64 = fields[11]
    if prevention == STP_ACCOUNT:
        prevention = user.prevention
    kind: i64 = fields[4]
    time_in_force: i64 = fields[5]
    flags: i64 = kind | (time_in_force << 3) | (prevention << 6)
    if fields[10]:
        flags |= 512
    quantity: int = fields[6]
    price: int = fields[7]
    client_order_id: str = fields[8]
    refusal: Refusal | None
    if symbol.status != ACTIVE or symbol.opens_minute >= 0:
        refusal = market_refusal(state, symbol, flags)
        if refusal is not None:
            return refusal
    if len(client_order_id) > CLIENT_ORDER_ID_LENGTH_MAX:
        return "INVALID_ORDER", {"reason": "client_order_id is too long"}
    conditions: OrderConditions | None = None
    if fields[9] or fields[12] or fields[13] or fields[14] or fields[15] or fields[16]:
        conditions = OrderConditions(fields[12], fields[14], fields[15], fields[13], fields[16], fields[9])
    if flags & 575 or conditions is not None or price <= 0 or prevention == STP_ALLOW:  # anything but a plain LIMIT, GTC
        refusal = combination_refusal(state, user, flags, conditions, price, quantity)
        if refusal is not None:
            return refusal
    refusal = size_refusal(quantity, price, fields[9], conditions)
    if refusal is not None:
        return refusal
    by_value = conditions is not None and conditions.quote_quantity > 0
    lots: int = quantity // symbol.lot
    if not by_value and not (lots * symbol.lot == quantity and symbol.lots_min <= lots <= symbol.lots_max):
        return quantity_refusal(symbol, quantity)
    ticks = 0
    if price:
        ticks = price // symbol.tick
        if ticks * symbol.tick != price or price < 0:
            return price_refusal(symbol, price)
    if conditions is not None:
        refusal = _scale(symbol, conditions)
        if refusal is not None:
            return refusal
    return _within_limits(state, account, side, flags, ticks, lots, conditions)


def _within_limits(
    state: State, account: TradingAccount, side: i64, flags: i64, ticks: int, lots: int, conditions: OrderConditions | None
) -> Order | Refusal:
    """Notional, band, open orders and turnover, with figures in ticks and lots."""
    symbol = account.symbol
    user = account.user
    kind = flags & 7
    refusal: Refusal | None
    lock_price = ticks
    unit: int = symbol.unit
    if conditions is None:
        value = (ticks or int(symbol.last_price)) * unit * lots
    elif conditions.quote_quantity > 0:
        value = conditions.quote_quantity
    else:
        reference = _reference_price(symbol, side, conditions, ticks)
        value = reference * unit * lots
        if kind != LIMIT and not ticks:
            lock_price = _lock_price(symbol, reference)
            if lock_price == 0 and side == BUY:
                return "INVALID_ORDER", {"reason": _UNVALUED % "BUY"}
    per_lot = lock_per_lot(symbol, side, lock_price, account.rates.highest_ppm)
    refusal = too_much(max(value, per_lot * lots))
    if refusal is not None:
        return refusal
    notional_min: int = symbol.notional_min
    if value < notional_min and (value > 0 or kind != MARKET):
        if value == 0 and state.rules >= RULES_WITH_ALL_FIGURES:
            return "INVALID_ORDER", {"reason": _UNVALUED % "SELL"}
        return "MIN_NOTIONAL", {"required": notional_min, "notional": value}
    if symbol.band_bps > 0 and kind == LIMIT:
        refusal = band_refusal(symbol, ticks)
        if refusal is not None:
            return refusal
    if kind != MARKET and may_rest(flags):
        refusal = open_order_refusal(account, 1)
        if refusal is not None:
            return refusal
    if user.daily_notional_max > 0:
        refusal = turnover_refusal(state, user, symbol, value)
        if refusal is not None:
            return refusal
    return Order(account, side, flags, ticks, lots, per_lot, state.now_ms, conditions)


def _scale(symbol: Symbol, conditions: OrderConditions) -> Refusal | None:
    """Turn the prices of the conditions into ticks and the display size into lots."""
    for price in (conditions.stop, conditions.activation):
        if price % symbol.tick:
            return "ORDER_002", {"price": price, "tick": symbol.tick}
    if conditions.display % symbol.lot:
        return "INVALID_QUANTITY", {"display_quantity": conditions.display, "step": symbol.lot}
    conditions.stop //= symbol.tick
    conditions.activation //= symbol.tick
    conditions.display //= symbol.lot
    if conditions.trail_bps > 0 and conditions.activation == 0:
        conditions.activation = conditions.stop
    if conditions.trail_bps > 0:
        conditions.stop = 0
    return None


def _reference_price(symbol: Symbol, side: i64, conditions: OrderConditions, ticks: int) -> int:
    """The price in ticks that values a conditional order (and an iceberg by its limit); 0 if nothing does."""
    if ticks:
        return ticks
    if conditions.trail_bps == 0:
        return conditions.stop
    start = conditions.activation or int(symbol.last_price)
    if side == BUY:
        return raised(start, conditions.trail_bps)
    return start


def _lock_price(symbol: Symbol, reference: int) -> int:
    return raised(reference, symbol.band_bps if symbol.band_bps > 0 else i64(STOP_MARGIN_BPS))
