"""OCO: two orders of which one cancels the other. Their funds are locked once, since only one of them can come to trade."""

from __future__ import annotations

from typing import Any

from engine_container.core.amendments import amended
from engine_container.core.closing import announce, cancel
from engine_container.core.entities import RULES_OF_SAFETY, Order, OrderConditions, State, User
from engine_container.core.events import Events
from engine_container.core.execution import run_limit
from engine_container.core.funds import lock_asset, release, shortage, user_of
from engine_container.core.idempotency import answered, client_taken, remember_client, remember_command
from engine_container.core.limits import Refusal, is_conditional, open_order_refusal
from engine_container.core.order_validation import order_from
from engine_container.core.placing import accept, record_of, reject, taker_refusal, wait
from engine_container.core.triggers import conditions_of, reached
from engine_container.core.vocabulary import AUCTION, CANCELLED, FOK, IOC, LIMIT, MARKET, OPEN, PENDING_TRIGGER, kind_of
from mycrypto.contracts.commands import PlaceOco, fields_of

Fields = tuple[Any, ...]


def place_oco(state: State, command: PlaceOco, events: Events, closed: Events) -> None:
    """Carry out a PlaceOco command: both orders are accepted, or both are refused."""
    legs: tuple[Fields, Fields] = (fields_of(command.first), fields_of(command.second))
    content = legs[0] + legs[1]
    if answered(state, command.command_id, content, events):
        return
    whole = remember_command(state, command.command_id, content)
    user = user_of(state, legs[0][1])
    number = state.next_seq + events.count
    state.command_memory.answer_with(whole, user.index, number, number + 1)
    refusal = _refusal_of_pair(legs[0], legs[1])
    orders: list[Order] = []
    for fields in legs:
        if refusal is None:
            refusal = _id_refusal(state, user, fields)
        if refusal is None:
            order = order_from(state, user, fields)
            if isinstance(order, tuple):
                refusal = order
            else:
                orders.append(order)
    if refusal is None:
        refusal = _refusal_of_orders(orders[0], orders[1])
    if refusal is not None:
        for fields in legs:
            reject(fields, refusal, events)
        return
    for order, fields in zip(orders, legs, strict=True):
        record = record_of(state, user, fields, events)
        order.row = remember_client(state, user, record)
        other = number + 1 if order is orders[0] else number
        accept(state, order, (*fields, other, 0, 0), PENDING_TRIGGER if is_conditional(kind_of(order.flags)) else OPEN, events)
    _begin(state, orders[0], orders[1], events, closed)


def _id_refusal(state: State, user: User, fields: Fields) -> Refusal | None:
    client_order_id: str = fields[8]
    if client_order_id and client_taken(state, user, client_order_id):
        return "IDEMPOTENCY_CONFLICT", {"client_order_id": client_order_id}
    return None


def _refusal_of_pair(first: Fields, second: Fields) -> Refusal | None:
    if first[1] != second[1] or first[2] != second[2] or first[3] != second[3] or first[6] != second[6]:
        return "INVALID_ORDER", {"reason": "the orders of an OCO have one user, symbol, side and quantity"}
    if first[8] and first[8] == second[8]:
        return "IDEMPOTENCY_CONFLICT", {"client_order_id": first[8]}
    conditional = 0
    for fields in (first, second):
        kind: int = fields[4]
        time_in_force: int = fields[5]
        if kind == MARKET or (kind == LIMIT and time_in_force in {IOC, FOK}):
            return "INVALID_ORDER", {"reason": "the orders of an OCO must be able to wait"}
        if is_conditional(kind):
            conditional += 1
    if conditional == 0:
        return "INVALID_ORDER", {"reason": "one order of an OCO must be conditional"}
    return None


def _refusal_of_orders(first: Order, second: Order) -> Refusal | None:
    account = first.account
    refusal = open_order_refusal(account, 2)
    if refusal is not None:
        return refusal
    balance = lock_asset(account, first.side)
    need = int(max(first.lock_per_lot, second.lock_per_lot) * first.open)
    if int(balance.available) < need:
        return "WALLET_001", shortage(balance, need)
    for order in (first, second):
        if kind_of(order.flags) == LIMIT and _crosses(order):
            refusal = taker_refusal(order)
            if refusal is not None:
                return refusal
    return None


def _crosses(order: Order) -> bool:
    symbol = order.account.symbol
    best = symbol.asks.best if order.side == 0 else symbol.bids.best
    limit_key = -order.price if order.side == 0 else order.price
    return symbol.status != AUCTION and best is not None and best.key >= limit_key


def _begin(state: State, first: Order, second: Order, events: Events, closed: Events) -> None:
    """Start the limit leg before the conditional one; a leg that trades or fires at once leaves the other cancelled."""
    if kind_of(second.flags) == LIMIT:
        first, second = second, first
    if kind_of(first.flags) == LIMIT:
        asked = first.total
        run_limit(state, first, events, closed)
        if first.total < asked and state.rules >= RULES_OF_SAFETY:
            _follow(first, second, events)
        if first.level is None or first.open < first.total:
            announce(second, CANCELLED, "OCO", closed)
            return
        if _fires_at_once(second):
            cancel(state, first, "OCO", closed)
            wait(state, second, events, closed)
            return
    else:
        for order, other in ((first, second), (second, first)):
            if _fires_at_once(order):
                announce(other, CANCELLED, "OCO", closed)
                wait(state, order, events, closed)
                return
    _join(state, first, second)
    if first.level is None:
        wait(state, first, events, closed)
    wait(state, second, events, closed)


def _follow(first: Order, second: Order, events: Events) -> None:
    """Self-trade prevention made the leg that entered first smaller: the other one, which is not on its way yet, becomes as small.

    Where nothing is left of the first one, both end, and the second one says what it was for.
    """
    if first.total > 0:
        second.total = second.open = second.shown = first.total
        events.append(amended(second, kept_place=True))


def _fires_at_once(order: Order) -> bool:
    symbol = order.account.symbol
    return symbol.status != AUCTION and conditions_of(order).trail_bps == 0 and reached(order, symbol.last_price)


def _join(state: State, first: Order, second: Order) -> None:
    """Make each the other's sibling; only the leg that needs more keeps a lock."""
    for order in (first, second):
        if order.conditions is None:
            order.conditions = OrderConditions(0, 0, 0, 0, 0, 0)
    conditions_of(first).sibling = second
    conditions_of(second).sibling = first
    lighter = second if first.lock_per_lot >= second.lock_per_lot else first
    if lighter.level is not None:
        release(state, lighter, lighter.open)
    conditions_of(lighter).idle_lock_per_lot = lighter.lock_per_lot
    lighter.lock_per_lot = 0
