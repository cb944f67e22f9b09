"""A market order at the moment of its acceptance: what it can have, whether that is enough, and whether its user can pay for it."""

from __future__ import annotations

from mypy_extensions import i64

from engine_container.core.book import other_side
from engine_container.core.depth import UNBOUNDED, Reach
from engine_container.core.entities import Details, Order
from engine_container.core.events import Events
from engine_container.core.execution import market_reach, run_market
from engine_container.core.fees import fee
from engine_container.core.funds import lock_asset
from engine_container.core.native_command import NativeCommand
from engine_container.core.order_answers import accept, reject
from engine_container.core.order_flags import time_in_force_of
from engine_container.core.refusal_codes import FINE, FOK_NOT_FILLABLE, FUNDS_TOO_LOW, LOT_COSTS_MORE, NO_LIQUIDITY
from engine_container.core.refusals import Refusal, insufficient_funds
from engine_container.core.state import RULES_OF_ORDER_OPTIONS, RULES_WITH_ALL_FIGURES, State
from engine_container.core.vocabulary import BUY, FOK, OPEN


def start_market(state: State, order: Order, command: NativeCommand, events: Events, closed: Events) -> None:
    """The order kept to the rules of all orders: trade what is reachable, if it may."""
    found = market_reach(order, order.rates.taker_ppm, UNBOUNDED, fee_included=has_fee_included(state, order))
    code = _check(order, found)
    if code != FINE:
        reject(command, _refusal(code, state, order, found, command), events)
        return
    accept(state, order, command, OPEN, events)
    run_market(state, order, found, events, closed)


def is_by_value(order: Order) -> bool:
    """Whether the order was given by what it may cost or bring, not by its quantity."""
    return order.conditions is not None and order.conditions.quote_quantity > 0


def has_fee_included(state: State, order: Order) -> bool:
    """Whether the value that the order was given by pays for its fee too."""
    return order.conditions is not None and order.conditions.fee_included and state.rules >= RULES_OF_ORDER_OPTIONS


def funds_needed(order: Order, found: Reach) -> int:
    """Units of the asset that the order gives away: for a market BUY what the reachable lots cost with the highest fee, for a SELL the lots."""
    if order.side == BUY:
        return found.cost
    return (found.lots if is_by_value(order) else int(order.open)) * int(order.account.symbol.lot)


def _check(order: Order, found: Reach) -> i64:
    by_value = is_by_value(order)
    if other_side(order).best is None:
        return NO_LIQUIDITY
    if by_value and found.lots == 0 and not found.exhausted:
        return LOT_COSTS_MORE
    if time_in_force_of(order.flags) == FOK and (found.exhausted if by_value else found.lots < order.open):
        return FOK_NOT_FILLABLE
    if int(lock_asset(order.account, order.side).available) < funds_needed(order, found):
        return FUNDS_TOO_LOW
    return FINE


def _refusal(code: i64, state: State, order: Order, found: Reach, command: NativeCommand) -> Refusal:
    symbol = order.account.symbol
    best = other_side(order).best
    if code == LOT_COSTS_MORE and best is not None:
        required = abs(int(best.key)) * int(symbol.unit)
        if has_fee_included(state, order):
            required += int(fee(required, order.rates.taker_ppm))
        return "MIN_NOTIONAL", {"required": required, "notional": command.quote_quantity()}
    if code == FOK_NOT_FILLABLE:
        details: Details = {"fillable": found.lots * int(symbol.lot)}
        if state.rules >= RULES_WITH_ALL_FIGURES:
            by_value = is_by_value(order)
            details["quote_quantity" if by_value else "quantity"] = command.quote_quantity() if by_value else command.exact_quantity()
        return "FOK_NOT_FILLABLE", details
    if code == FUNDS_TOO_LOW:
        return insufficient_funds(lock_asset(order.account, order.side), funds_needed(order, found))
    return "NO_LIQUIDITY", {"symbol": symbol.name}
