"""Why an order is refused: every check returns one of these codes, and only a refusal makes a document of it.

A document is a code of the error catalogue and the figures a person needs, amounts in units.
"""

from __future__ import annotations

from mypy_extensions import i64

from engine_container.core.balances import Balance
from engine_container.core.entities import Details, Symbol, TradingAccount
from engine_container.core.limits import turnover_of_day, turnover_value
from engine_container.core.native_command import NativeCommand
from engine_container.core.refusal_codes import (
    ACTIVATION_OFF_TICK,
    DISPLAY_OFF_LOT,
    MARKET_CLOSED,
    MARKET_NOT_TRADING,
    NOTIONAL_TOO_SMALL,
    OPEN_ORDERS_OF_SYMBOL,
    OPEN_ORDERS_OF_USER,
    PRICE_OFF_TICK,
    PRICE_OUTSIDE_BAND,
    QUANTITY_OFF_LOT,
    REASONS,
    STOP_OFF_TICK,
    TOO_LARGE,
    TURNOVER_TOO_HIGH,
    UNKNOWN_SYMBOL,
)
from engine_container.core.state import State
from engine_container.core.vocabulary import AMOUNT_MAX, TOTAL_MAX

Refusal = tuple[str, Details]


def invalid_order(reason: str) -> Refusal:
    """Fields that do not go together."""
    return "INVALID_ORDER", {"reason": reason}


def order_refusal(code: i64, state: State, account: TradingAccount | None, command: NativeCommand) -> Refusal:
    """The document for the code that a check of an order returned, with figures of the command that was checked."""
    reason = REASONS.get(code)
    if reason is not None:
        return invalid_order(reason)
    if account is None or code == UNKNOWN_SYMBOL:
        return "ORDER_001", {"symbol": command.symbol_name()}
    symbol = account.symbol
    if code in {MARKET_CLOSED, MARKET_NOT_TRADING}:
        return _market_closed(symbol, code)
    if code == TOO_LARGE:
        return "INVALID_ORDER", {"reason": "the order is too large", "maximum": AMOUNT_MAX}
    if code in {QUANTITY_OFF_LOT, DISPLAY_OFF_LOT}:
        return _invalid_quantity(symbol, code, command)
    if code in {PRICE_OFF_TICK, STOP_OFF_TICK, ACTIVATION_OFF_TICK}:
        return "ORDER_002", {"price": _price_of(code, command), "tick": symbol.tick}
    if code == NOTIONAL_TOO_SMALL:
        return "MIN_NOTIONAL", {"required": symbol.notional_min, "notional": command.value}
    if code == PRICE_OUTSIDE_BAND:
        return _outside_band(symbol, command.ticks)
    if code in {OPEN_ORDERS_OF_USER, OPEN_ORDERS_OF_SYMBOL}:
        return too_many_open(account, code)
    assert code == TURNOVER_TOO_HIGH, code
    return _too_much_turnover(state, account, command.value)


def _market_closed(symbol: Symbol, code: i64) -> Refusal:
    if code == MARKET_CLOSED:
        return "MARKET_CLOSED", {"symbol": symbol.name, "opens_minute": symbol.opens_minute, "closes_minute": symbol.closes_minute}
    return "MARKET_CLOSED", {"symbol": symbol.name, "symbol_status": symbol.status, "resume_ms": symbol.resume_ms}


def _invalid_quantity(symbol: Symbol, code: i64, command: NativeCommand) -> Refusal:
    if code == DISPLAY_OFF_LOT:
        display = command.conditions.display if command.conditions is not None else 0
        return "INVALID_QUANTITY", {"display_quantity": display, "step": symbol.lot}
    return "INVALID_QUANTITY", {
        "quantity": command.quantity,
        "minimum": symbol.lots_min * symbol.lot,
        "maximum": symbol.lots_max * symbol.lot,
        "step": symbol.lot,
    }


def _price_of(code: i64, command: NativeCommand) -> int:
    conditions = command.conditions
    if code == PRICE_OFF_TICK or conditions is None:
        return command.price
    return conditions.stop if code == STOP_OFF_TICK else conditions.activation


def _outside_band(symbol: Symbol, ticks: i64) -> Refusal:
    tick: int = symbol.tick
    return "PRICE_BAND", {
        "price": ticks * tick,
        "lowest": symbol.lowest * tick,
        "highest": symbol.highest * tick,
        "last_price": symbol.last_price * tick,
    }


def too_many_open(account: TradingAccount, code: i64) -> Refusal:
    """The document for a code of the check of open orders."""
    user = account.user
    if code == OPEN_ORDERS_OF_USER:
        return "OPEN_ORDER_LIMIT", {"scope": "user", "open": user.open_orders, "maximum": user.open_orders_max}
    return "OPEN_ORDER_LIMIT", {"scope": "symbol", "open": account.open_orders, "maximum": user.open_orders_per_symbol_max}


def _too_much_turnover(state: State, account: TradingAccount, value: i64) -> Refusal:
    user = account.user
    details: Details = {
        "used": turnover_of_day(state, user),
        "requested": turnover_value(account.symbol, value),
        "maximum": user.daily_notional_max,
    }
    return "DAILY_VOLUME_LIMIT", details


def insufficient_funds(balance: Balance, required: int) -> Refusal:
    """``required`` units are more than the balance has available."""
    return "WALLET_001", {"asset": balance.total.asset, "required": min(required, TOTAL_MAX), "available": balance.available}
