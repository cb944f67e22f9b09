"""Cancelling one order, or all of a user's, by symbol and side."""

from __future__ import annotations

from engine_container.core.closing import cancel
from engine_container.core.entities import Event, Order, User
from engine_container.core.events import Events
from engine_container.core.funds import user_of
from engine_container.core.idempotency import answer_cancel_again, answered, client_number, remember_cancel, remember_command
from engine_container.core.native_command import NativeCommand
from engine_container.core.open_orders import orders_of_user
from engine_container.core.state import State
from engine_container.core.storage.command_memory import ABSENT
from engine_container.core.vocabulary import TAG_REFUSED
from mycrypto.contracts.commands import CancelAll, fields_of


def find(state: State, user: User, order_number: int, client_order_id: str) -> Order | None:
    """The user's open order by its number, or by its client_order_id where the number is 0."""
    number = order_number
    if number == 0:
        number = client_number(state, user, client_order_id)
    order = state.orders.find(number) if 0 < number < int(state.next_seq) else None
    return order if order is not None and order.account.user is user else None


def missing(state: State, user: User, order_number: int, client_order_id: str) -> Event:
    """Why there is no open order: it never was (as far as is remembered), or it is final."""
    if 0 < order_number < int(state.next_seq) or (order_number == 0 and client_number(state, user, client_order_id) != 0):
        return (TAG_REFUSED, "ORDER_004", {"order": order_number})
    return (TAG_REFUSED, "ORDER_003", {"order": order_number})


def cancel_order(state: State, command: NativeCommand, events: Events, closed: Events) -> None:
    """Carry out a CancelOrder command."""
    number = command.order_number
    order = state.orders.find(number) if number > 0 and number < state.next_seq else None
    if order is not None and command.is_from(order.account.user):
        user = order.account.user
    else:
        order = None
        user = user_of(state, command.user_id())
    earlier = remember_cancel(state, user, command)
    if earlier != ABSENT:
        answer_cancel_again(user, state.command_memory.record(earlier), command, events)
        return
    if order is None and number == 0:
        order = find(state, user, 0, command.client_order_id())
    if order is None:
        events.append(missing(state, user, command.exact_order_number(), command.client_order_id()))
        return
    cancel(state, order, "USER", closed)


def cancel_all(state: State, command: CancelAll, events: Events, closed: Events) -> None:
    """Carry out a CancelAll command; to have nothing to cancel is no refusal."""
    content = fields_of(command)
    if answered(state, command.command_id, content, events):
        return
    remember_command(state, command.command_id, content)
    user = state.users.get(command.user_id)
    if user is None:
        return
    side = -1 if command.side is None else int(command.side)
    for order in orders_of_user(state, user):
        if state.orders.find(order.number) is not order:
            continue  # the other leg of an OCO that went before
        if (side < 0 or order.side == side) and (not command.symbol or order.account.symbol.name == command.symbol):
            cancel(state, order, "USER", closed)
