"""Amending an open order: smaller at the same price keeps its place in the queue, anything else loses it and may trade."""

from __future__ import annotations

from mypy_extensions import i64

from engine_container.core.amendments import amended
from engine_container.core.book import crosses, take_out
from engine_container.core.cancelling import find, missing
from engine_container.core.closing import free_client_order_id
from engine_container.core.entities import Order
from engine_container.core.events import Events
from engine_container.core.execution import run_limit
from engine_container.core.funds import lock_asset, lock_per_lot, release, touch, user_of
from engine_container.core.idempotency import answered, remember_command
from engine_container.core.limits import (
    check_band,
    check_market,
    check_price,
    check_quantity,
    check_size,
    check_turnover,
    check_worth,
    product,
)
from engine_container.core.native_command import NativeCommand, nearest_figure
from engine_container.core.open_orders import remove_open
from engine_container.core.order_flags import has_limit, is_post_only, kind_of
from engine_container.core.placing import would_trade
from engine_container.core.refusal_codes import FINE, NOTIONAL_TOO_SMALL
from engine_container.core.refusals import Refusal, insufficient_funds, invalid_order, order_refusal
from engine_container.core.selftrade import shrink
from engine_container.core.state import RULES_OF_ORDER_OPTIONS, State
from engine_container.core.vocabulary import AUCTION, LIMIT, REMEMBERED_MS, TAG_REFUSED
from mycrypto.contracts.commands import AmendOrder, content_of


def amend(state: State, command: AmendOrder, events: Events, closed: Events) -> None:
    """Carry out an AmendOrder command; a refusal leaves the order as it was."""
    content = content_of(command)
    if answered(state, command.command_id, content, events):
        return
    remember_command(state, command.command_id, content)
    user = user_of(state, command.user_id)
    order = find(state, user, command.order_number, command.client_order_id)
    if order is None:
        events.append(missing(state, user, command.order_number, command.client_order_id))
        return
    quantity = command.quantity
    refusal: Refusal | None = None
    if command.total_quantity and state.rules >= RULES_OF_ORDER_OPTIONS:
        quantity = command.total_quantity - int((order.total - order.open) * order.account.symbol.lot)
        if command.quantity or quantity <= 0:
            refusal = invalid_order("the total quantity is more than what was filled, and comes without a quantity")
    if refusal is None:
        refusal = _amend(state, order, quantity, command.price, events, closed)
    if refusal is not None:
        code, details = refusal
        events.append((TAG_REFUSED, code, details))


def _amend(state: State, order: Order, quantity: int, price: int, events: Events, closed: Events) -> Refusal | None:
    """``quantity`` (open) and ``price`` in units, 0 keeps."""
    account = order.account
    symbol = account.symbol
    conditions = order.conditions
    if conditions is not None and conditions.sibling is not None:
        return invalid_order("a leg of an OCO cannot be amended")
    if price and not has_limit(kind_of(order.flags)):
        return invalid_order("the order has no limit price")
    asked = NativeCommand()
    asked.quantity = nearest_figure(quantity)
    asked.price = nearest_figure(price)
    code = _check_figures(order, asked)
    if code != FINE:
        return order_refusal(code, state, account, asked)
    if asked.ticks == order.price and asked.lots <= order.open:
        if asked.lots < order.open:
            shrink(state, order, order.open - asked.lots)
        events.append(amended(order, kept_place=True))
        return None
    code = _check_market_and_limits(state, order, asked)
    if code != FINE:
        return order_refusal(code, state, account, asked)
    balance = lock_asset(account, order.side)
    more = int(asked.lock_per_lot * asked.lots - order.lock_per_lot * order.open)
    if balance.available < more:
        return insufficient_funds(balance, more)
    if is_post_only(order.flags) and symbol.status != AUCTION and crosses(symbol, order.side, asked.ticks):
        return would_trade(order, asked.ticks)
    if conditions is not None and conditions.waiting:
        balance.available -= more
        balance.locked += more
        touch(state, balance)
        _renew(order, asked)
        events.append(amended(order, kept_place=True))
        return None
    _requeue(state, order, asked, events, closed)
    return None


def _check_figures(order: Order, asked: NativeCommand) -> i64:
    """Size, steps, worth and notional of what the order would become; what is not asked for stays."""
    symbol = order.account.symbol
    code = check_size(asked)
    if code != FINE:
        return code
    asked.lots = order.open
    if asked.quantity != 0:
        code = check_quantity(symbol, asked)
        if code != FINE:
            return code
    asked.ticks = order.price
    if asked.price != 0:
        code = check_price(symbol, asked)
        if code != FINE:
            return code
    asked.value = _value(order, asked)
    asked.lock_per_lot = order.lock_per_lot
    if asked.ticks != 0:
        asked.lock_per_lot = lock_per_lot(symbol, order.side, asked.ticks, order.rates.highest_ppm)
    code = check_worth(asked)
    if code != FINE:
        return code
    return NOTIONAL_TOO_SMALL if asked.value > 0 and asked.value < symbol.notional_min else FINE


def _value(order: Order, asked: NativeCommand) -> i64:
    """What the order would be worth, by its limit or its trigger; 0 if nothing says so yet."""
    reference = asked.ticks
    conditions = order.conditions
    if reference == 0 and conditions is not None and conditions.trail_bps == 0:
        reference = conditions.stop
    return product(product(reference, order.account.symbol.unit), asked.lots)


def _check_market_and_limits(state: State, order: Order, asked: NativeCommand) -> i64:
    """An order that loses its place, or grows, needs what a new one needs: an open market, the band, room for what it is worth more."""
    symbol = order.account.symbol
    code = check_market(state, symbol, order.flags)
    if code == FINE and asked.ticks != order.price and kind_of(order.flags) == LIMIT:
        code = check_band(symbol, asked.ticks)
    if code == FINE:
        asked.value = max(0, asked.value - order.price * symbol.unit * order.open)
        code = check_turnover(state, order.account.user, symbol, asked.value)
    return code


def _renew(order: Order, asked: NativeCommand) -> None:
    order.total += asked.lots - order.open
    order.open = asked.lots
    order.shown = asked.lots
    order.price = asked.ticks
    order.lock_per_lot = asked.lock_per_lot


def _requeue(state: State, order: Order, asked: NativeCommand, events: Events, closed: Events) -> None:
    """Off the book, changed, and in again as a taker; the event says in its place what the order shows in the end."""
    take_out(order)
    release(state, order, order.open)
    remove_open(state, order)
    _renew(order, asked)
    place = events.count
    events.append(amended(order, kept_place=False))
    run_limit(state, order, events, closed)
    symbol = order.account.symbol
    shown = order.shown * symbol.lot if order.level is not None else 0
    events.rows[place] = (*events.rows[place][:8], shown)
    if order.created_ms + REMEMBERED_MS <= state.now_ms:
        free_client_order_id(state, order)
