"""A user's limits and habits."""

from __future__ import annotations

from engine_container.core.events import Events
from engine_container.core.funds import user_of
from engine_container.core.idempotency import answered, remember_command
from engine_container.core.state import State
from engine_container.core.symbols import FEE_PPM_MAX
from engine_container.core.trading_accounts import rates_of
from engine_container.core.vocabulary import (
    AMOUNT_MAX,
    DAILY_NOTIONAL_MAX,
    OPEN_ORDERS_MAX,
    OPEN_ORDERS_PER_SYMBOL_MAX,
    STP_ACCOUNT,
    STP_ALLOW,
    STP_CANCEL_TAKER,
    TAG_REFUSED,
    TAG_USER,
)
from mycrypto.contracts.commands import SetUser, fields_of


def set_user(state: State, command: SetUser, events: Events) -> None:
    """Carry out a SetUser command; new fee rates count for orders accepted from now on."""
    content = fields_of(command)
    if answered(state, command.command_id, content, events):
        return
    remember_command(state, command.command_id, content)
    prevention = int(command.self_trade_prevention)
    if max(command.maker_fee_ppm, command.taker_fee_ppm) > FEE_PPM_MAX:
        events.append((TAG_REFUSED, "VALIDATION_ERROR", {"field": "fees", "expected": "at most 100000"}))
        return
    if prevention == STP_ALLOW and not command.market_maker:
        events.append((TAG_REFUSED, "VALIDATION_ERROR", {"field": "self_trade_prevention", "expected": "a market maker to allow it"}))
        return
    user = user_of(state, command.user_id)
    user.open_orders_max = _most(command.open_orders_max, OPEN_ORDERS_MAX)
    user.open_orders_per_symbol_max = _most(command.open_orders_per_symbol_max, OPEN_ORDERS_PER_SYMBOL_MAX)
    user.daily_notional_max = _most(command.daily_notional_max, DAILY_NOTIONAL_MAX)
    user.maker_fee_ppm = max(-1, command.maker_fee_ppm)
    user.taker_fee_ppm = max(-1, command.taker_fee_ppm)
    user.prevention = STP_CANCEL_TAKER if prevention == STP_ACCOUNT else prevention
    user.market_maker = command.market_maker
    for account in user.accounts.values():
        account.rates = rates_of(user, account.symbol)
    events.append(
        (
            TAG_USER,
            user.user_id,
            user.open_orders_max,
            user.open_orders_per_symbol_max,
            user.daily_notional_max,
            user.maker_fee_ppm,
            user.taker_fee_ppm,
            user.prevention,
            user.market_maker,
            command.actor_id,
        )
    )


def _most(wanted: int, usual: int) -> int:
    """A limit as the command has it, the platform's where it is negative; beyond every figure it is the same as AMOUNT_MAX."""
    return min(wanted, AMOUNT_MAX) if wanted >= 0 else usual
