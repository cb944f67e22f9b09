"""Which fields of an order go together."""

from __future__ import annotations

from mypy_extensions import i64

from engine_container.core.entities import OrderConditions, User
from engine_container.core.native_command import NativeCommand
from engine_container.core.order_flags import has_limit, is_conditional, is_post_only, kind_of, may_rest, prevention_of, time_in_force_of
from engine_container.core.refusal_codes import (
    ACTIVATION_MISPLACED,
    CONDITIONAL_CANNOT_BE_IMMEDIATE,
    DISPLAY_MISPLACED,
    EXPIRY_MISPLACED,
    EXPIRY_MISSING,
    EXPIRY_PASSED,
    FEE_MISPLACED,
    FIGURE_NEGATIVE,
    FINE,
    LIMIT_PRICE_MISPLACED,
    MARKET_CANNOT_WAIT,
    POST_ONLY_MISPLACED,
    QUOTE_QUANTITY_MISPLACED,
    REFUSAL_MISPLACED,
    SELF_TRADING_NOT_ALLOWED,
    TRAIL_MISSING,
    TRAIL_TOO_LONG,
    TRIGGER_MISPLACED,
    TRIGGER_MISSING,
)
from engine_container.core.state import RULES_OF_ORDER_OPTIONS, State
from engine_container.core.vocabulary import BPS, BUY, DAY, GTD, LIMIT, MARKET, STP_ALLOW, TRAILING_STOP


def check_combination(state: State, user: User, command: NativeCommand, flags: i64) -> i64:
    """``flags`` are the command's with the account's self-trade prevention."""
    kind = kind_of(flags)
    time_in_force = time_in_force_of(flags)
    if has_limit(kind) != (command.price != 0):
        return LIMIT_PRICE_MISPLACED
    if is_post_only(flags) and (kind != LIMIT or not may_rest(flags)):
        return POST_ONLY_MISPLACED
    if prevention_of(flags) == STP_ALLOW and not user.market_maker:
        return SELF_TRADING_NOT_ALLOWED
    if kind == MARKET and time_in_force >= DAY:
        return MARKET_CANNOT_WAIT
    conditions = command.conditions
    if conditions is None:
        if is_conditional(kind):
            return TRIGGER_MISSING
        if time_in_force == GTD:
            return EXPIRY_MISSING
        return FINE
    code = _check_conditions(state, command, conditions, flags)
    if code != FINE:
        return code
    return _check_trigger(conditions, flags)


def _check_conditions(state: State, command: NativeCommand, conditions: OrderConditions, flags: i64) -> i64:
    """What any order may have beside its price and quantity."""
    kind = kind_of(flags)
    is_gtd = time_in_force_of(flags) == GTD
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
        return FIGURE_NEGATIVE
    if conditions.quote_quantity > 0 and (kind != MARKET or command.quantity != 0):
        return QUOTE_QUANTITY_MISPLACED
    if (conditions.expires_ms > 0) != is_gtd:
        return EXPIRY_MISPLACED
    if is_gtd and conditions.expires_ms <= int(state.now_ms):
        return EXPIRY_PASSED
    if conditions.display > 0 and (not has_limit(kind) or conditions.display >= command.exact_quantity() or not may_rest(flags)):
        return DISPLAY_MISPLACED
    if conditions.trail_bps >= BPS:
        return TRAIL_TOO_LONG
    return FINE if state.rules < RULES_OF_ORDER_OPTIONS else _check_options(command, conditions)


def _check_options(command: NativeCommand, conditions: OrderConditions) -> i64:
    """An option that would change nothing is a mistake of the sender."""
    if conditions.fee_included and (conditions.quote_quantity == 0 or command.side != BUY):
        return FEE_MISPLACED
    if conditions.refused_if_reached and (conditions.stop == 0 or conditions.trail_bps > 0):
        return REFUSAL_MISPLACED
    return FINE


def _check_trigger(conditions: OrderConditions, flags: i64) -> i64:
    """What makes a conditional order fire, and no other order has."""
    kind = kind_of(flags)
    if not is_conditional(kind):
        if conditions.stop or conditions.trail_bps or conditions.activation:
            return TRIGGER_MISPLACED
        return FINE
    if kind == TRAILING_STOP and conditions.trail_bps == 0:
        return TRAIL_MISSING
    if conditions.trail_bps == 0 and conditions.stop == 0:
        return TRIGGER_MISSING
    if conditions.trail_bps == 0 and conditions.activation > 0:
        return ACTIVATION_MISPLACED
    if not has_limit(kind) and not may_rest(flags):
        return CONDITIONAL_CANNOT_BE_IMMEDIATE
    return FINE
