"""The rules that an order can be held against without the book and the money, in the order of the specification."""

from __future__ import annotations

from typing import Final

from mypy_extensions import i64

from engine_container.core.combinations import check_combination
from engine_container.core.entities import OrderConditions, Symbol, TradingAccount
from engine_container.core.funds import lock_per_lot
from engine_container.core.limits import (
    CLIENT_ORDER_ID_LENGTH_MAX,
    check_band,
    check_market,
    check_open_orders,
    check_price,
    check_quantity,
    check_size,
    check_turnover,
    check_worth,
    product,
    raised,
)
from engine_container.core.native_command import NativeCommand
from engine_container.core.order_flags import is_good_till_cancelled_limit, kind_of, may_rest, prevention_of
from engine_container.core.refusal_codes import (
    ACTIVATION_OFF_TICK,
    CLIENT_ORDER_ID_TOO_LONG,
    DISPLAY_OFF_LOT,
    FINE,
    NOTIONAL_TOO_SMALL,
    STOP_OFF_TICK,
    TRAILING_BUY_UNVALUED,
    TRAILING_SELL_UNVALUED,
)
from engine_container.core.state import RULES_WITH_ALL_FIGURES, State
from engine_container.core.vocabulary import ACTIVE, BUY, LIMIT, MARKET, STP_ALLOW

STOP_MARGIN_BPS: Final = 1_000
"""A market-type stop BUY locks for its trigger price plus the band; without a band plus this."""


def check_order(state: State, account: TradingAccount, command: NativeCommand, flags: i64) -> i64:
    """``FINE``, and the command has its figures in ticks and lots; else the code of the first rule that it breaks.

    ``flags`` are the command's with the account's self-trade prevention.
    """
    symbol = account.symbol
    conditions = command.conditions
    if symbol.status != ACTIVE or symbol.opens_minute >= 0:
        code = check_market(state, symbol, flags)
        if code != FINE:
            return code
    if command.client_length > CLIENT_ORDER_ID_LENGTH_MAX:
        return CLIENT_ORDER_ID_TOO_LONG
    if conditions is not None or not is_good_till_cancelled_limit(flags) or command.price <= 0 or prevention_of(flags) == STP_ALLOW:
        code = check_combination(state, account.user, command, flags)
        if code != FINE:
            return code
    code = check_size(command)
    if code != FINE:
        return code
    if conditions is None or conditions.quote_quantity == 0:
        code = check_quantity(symbol, command)
        if code != FINE:
            return code
    if command.price != 0:
        code = check_price(symbol, command)
        if code != FINE:
            return code
    if conditions is not None:
        code = _scale(symbol, conditions)
        if code != FINE:
            return code
    return _check_value(state, account, command, flags)


def _check_value(state: State, account: TradingAccount, command: NativeCommand, flags: i64) -> i64:
    """What the order is worth, and the limits that depend on that."""
    symbol = account.symbol
    kind = kind_of(flags)
    code = _value(account, command, kind)
    if code != FINE:
        return code
    code = check_worth(command)
    if code != FINE:
        return code
    value = command.value
    if value < symbol.notional_min and (value > 0 or kind != MARKET):
        return TRAILING_SELL_UNVALUED if value == 0 and state.rules >= RULES_WITH_ALL_FIGURES else NOTIONAL_TOO_SMALL
    if kind == LIMIT:
        code = check_band(symbol, command.ticks)
        if code != FINE:
            return code
    if kind != MARKET and may_rest(flags):
        code = check_open_orders(account, 1)
        if code != FINE:
            return code
    return check_turnover(state, account.user, symbol, value)


def _value(account: TradingAccount, command: NativeCommand, kind: i64) -> i64:
    """Work out the order's value, and what each lot of it locks."""
    symbol = account.symbol
    conditions = command.conditions
    reference = command.ticks
    lock_price = reference
    if conditions is None:
        if reference == 0:
            reference = symbol.last_price
    elif conditions.quote_quantity == 0:
        reference = _reference_price(symbol, command.side, conditions, reference)
        if kind != LIMIT and lock_price == 0:
            lock_price = _lock_price(symbol, reference)
            if lock_price == 0 and command.side == BUY:
                return TRAILING_BUY_UNVALUED
    if conditions is not None and conditions.quote_quantity > 0:
        command.value = conditions.quote_quantity
    else:
        command.value = product(product(reference, symbol.unit), command.lots)
    command.lock_per_lot = lock_per_lot(symbol, command.side, lock_price, account.rates.highest_ppm)
    return FINE


def _scale(symbol: Symbol, conditions: OrderConditions) -> i64:
    """Turn the prices of the conditions into ticks and the display size into lots."""
    if conditions.stop % symbol.tick:
        return STOP_OFF_TICK
    if conditions.activation % symbol.tick:
        return ACTIVATION_OFF_TICK
    if conditions.display % symbol.lot:
        return DISPLAY_OFF_LOT
    conditions.stop //= symbol.tick
    conditions.activation //= symbol.tick
    conditions.display //= symbol.lot
    if conditions.trail_bps > 0 and conditions.activation == 0:
        conditions.activation = conditions.stop
    if conditions.trail_bps > 0:
        conditions.stop = 0
    return FINE


def _reference_price(symbol: Symbol, side: i64, conditions: OrderConditions, ticks: i64) -> i64:
    """The price in ticks that values a conditional order (and an iceberg by its limit); 0 if nothing does."""
    if ticks != 0:
        return ticks
    if conditions.trail_bps == 0:
        return conditions.stop
    start = conditions.activation or int(symbol.last_price)
    if side == BUY:
        return raised(start, conditions.trail_bps)
    return start


def _lock_price(symbol: Symbol, reference: i64) -> i64:
    return raised(reference, symbol.band_bps if symbol.band_bps > 0 else i64(STOP_MARGIN_BPS))
