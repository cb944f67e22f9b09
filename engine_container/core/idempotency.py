"""Memory of commands: the same again gets the same answer, something else under a used id is refused.

Command ids are remembered for all commands, client_order_ids per user, both for 24 hours of log time; the client_order_id of an
order that is still open stays taken for as long as it is open.
"""

from __future__ import annotations

from typing import Final

from mypy_extensions import i64

from engine_container.core.entities import Order, Symbol, User
from engine_container.core.events import Events
from engine_container.core.native_command import NativeCommand
from engine_container.core.open_orders import is_open
from engine_container.core.order_flags import fingerprint_of, with_symbol
from engine_container.core.state import State
from engine_container.core.storage.command_memory import ABSENT
from engine_container.core.storage.remembered_command import RememberedCommand
from engine_container.core.vocabulary import REMEMBERED_MS, TAG_ORDER_REPEATED, TAG_REFUSED, TAG_REPEATED

FORGOTTEN_PER_STEP_MAX: Final = 10_000
"""Bound on the work of one moment; what is left waits for the next (an expired record counts for nothing anyway)."""

OTHER_COMMAND: Final = -1
"""Fingerprint of a record that stands for no single order; ``more`` has all of the command."""

NO_USER: Final = -1
"""In place of a user's index."""

CANCEL_COMMAND: Final = -2
"""Fingerprint of a cancel; ``quantity`` has the order's number, ``more`` the client_order_id where one was given."""


def earlier_command(state: State, command_id: bytes) -> RememberedCommand | None:
    """What came under this command id in the last 24 hours."""
    number = state.command_memory.find(command_id)
    return fresh(state, state.command_memory.record(number)) if number != ABSENT else None


def fresh(state: State, record: RememberedCommand) -> RememberedCommand | None:
    """The record, if it still counts."""
    return record if record.created_ms + REMEMBERED_MS > state.now_ms else None


def client_number(state: State, user: User, client_order_id: str) -> int:
    """The number of the order that the user's client_order_id stands for, open or not; 0 if it stands for none."""
    row = state.command_memory.find_client(user.index, client_order_id)
    if row != ABSENT:
        return int(state.command_memory.number_of(row))
    return user.outlived.get(client_order_id, 0) if user.outlived else 0


def client_taken(state: State, user: User, client_order_id: str) -> bool:
    """Whether the id stands for an order that is open, or came in the last 24 hours."""
    if client_record(state, user, client_order_id) is not None:
        return True
    return is_open(state, client_number(state, user, client_order_id))


def client_record(state: State, user: User, client_order_id: str) -> RememberedCommand | None:
    """The command of the last 24 hours that came under the user's client_order_id."""
    row = state.command_memory.find_client(user.index, client_order_id)
    return fresh(state, state.command_memory.record(row)) if row != ABSENT else None


def take_client(state: State, user: User, row: int, client_order_id: str) -> None:
    """From now on the user's client_order_id stands for the row's order."""
    state.command_memory.take_client(row)
    if user.outlived:
        user.outlived.pop(client_order_id, None)


def free_client(state: State, user: User, client_order_id: str) -> None:
    """The user's client_order_id stands for nothing any more."""
    state.command_memory.free_client(user.index, client_order_id)
    if user.outlived:
        user.outlived.pop(client_order_id, None)


def client_order_id_of(state: State, order: Order) -> str:
    """What the order took of its user's client_order_ids; "" for none."""
    return state.command_memory.client_order_id(order.row) if order.row >= state.command_memory.first else order.client_order_id


def remember_client(state: State, user: User, record: RememberedCommand) -> int:
    """Keep an order that came inside another command under its client_order_id alone; its row in the memory."""
    record.command_id = b""
    row = state.command_memory.keep(record, found_by_id=False)
    if record.client_order_id:
        take_client(state, user, row, record.client_order_id)
    return row


def remember_command(state: State, command_id: bytes, content: tuple[object, ...]) -> int:
    """Keep a command other than a single order; ``content`` is all of it. Its row in the memory."""
    record = RememberedCommand(command_id, NO_USER, "", state.now_ms, 0, OTHER_COMMAND, 0, 0, content)
    return state.command_memory.keep(record, found_by_id=True)


def answered(state: State, command_id: bytes, content: tuple[object, ...], events: Events) -> bool:
    """Answer a command that is no single order if its id was used before; True if so."""
    record = earlier_command(state, command_id)
    if record is None:
        return False
    if record.fingerprint != OTHER_COMMAND or record.more != content:
        events.append((TAG_REFUSED, "IDEMPOTENCY_CONFLICT", {}))
    elif record.number > 0 and record.user_index != NO_USER:
        user_id = state.users_by_index[record.user_index].user_id
        events.append((TAG_ORDER_REPEATED, record.number, record.created_ms, user_id))
        if record.price > 0:  # the second order of an OCO
            events.append((TAG_ORDER_REPEATED, record.price, record.created_ms, user_id))
    else:
        events.append((TAG_REPEATED,))
    return True


def order_record(state: State, user: User, symbol: Symbol | None, command: NativeCommand, number: int) -> RememberedCommand:
    """What to remember of an order, for which an event number answers."""
    fingerprint = fingerprint_of(command.side, command.flags)
    if symbol is not None:
        fingerprint = with_symbol(fingerprint, symbol.index)
    return RememberedCommand(
        command.command_id(),
        user.index,
        command.client_order_id(),
        state.now_ms,
        number,
        fingerprint,
        command.exact_quantity(),
        command.exact_price(),
        command.more_fields(is_listed=symbol is not None),
    )


def remember_order(state: State, user: User, symbol: Symbol | None, command: NativeCommand, number: i64) -> i64:
    """Remember an order as the last row, unless an earlier command of the last 24 hours has its id: then that one's row."""
    if symbol is None or command.in_full:
        return _remember_in_full(state, order_record(state, user, symbol, command, number))
    return state.command_memory.add(
        command.command_high,
        command.command_low,
        user.index,
        command.source,
        command.client_at,
        command.client_end,
        state.now_ms,
        number,
        with_symbol(fingerprint_of(command.side, command.flags), symbol.index),
        command.quantity,
        command.price,
        state.now_ms - REMEMBERED_MS,
    )


def remember_cancel(state: State, user: User, command: NativeCommand) -> i64:
    """Remember a cancel as the last row, unless an earlier command of the last 24 hours has its id: then that one's row."""
    if command.in_full:
        client_order_id = command.client_order_id()
        more: tuple[object, ...] | None = (client_order_id,) if client_order_id else None
        return _remember_in_full(
            state,
            RememberedCommand(command.command_id(), user.index, "", state.now_ms, 0, CANCEL_COMMAND, command.exact_order_number(), 0, more),
        )
    return state.command_memory.add(
        command.command_high,
        command.command_low,
        user.index,
        command.source,
        0,
        0,
        state.now_ms,
        0,
        CANCEL_COMMAND,
        command.order_number,
        0,
        state.now_ms - REMEMBERED_MS,
    )


def _remember_in_full(state: State, record: RememberedCommand) -> i64:
    row = state.command_memory.find(record.command_id)
    if row != ABSENT and fresh(state, state.command_memory.record(row)) is not None:
        return row
    state.command_memory.keep(record, found_by_id=True)
    return ABSENT


def answer_cancel_again(user: User, earlier: RememberedCommand, command: NativeCommand, events: Events) -> None:
    """The id of a cancel was used before: the same cancel is answered as repeated, anything else is refused."""
    client_order_id = command.client_order_id()
    more: tuple[object, ...] | None = (client_order_id,) if client_order_id else None
    same = earlier.fingerprint == CANCEL_COMMAND and earlier.user_index == user.index
    if same and earlier.quantity == command.exact_order_number() and earlier.more == more:
        events.append((TAG_REPEATED,))
    else:
        events.append((TAG_REFUSED, "IDEMPOTENCY_CONFLICT", {}))


def outlive(order: Order, client_order_id: str) -> None:
    """The id of an open order has no row in the memory, and goes on to stand for the order."""
    user = order.account.user
    order.client_order_id = client_order_id
    if user.outlived is None:
        user.outlived = {}
    user.outlived[client_order_id] = order.number


def forget_old(state: State) -> None:
    """Drop what is older than 24 hours; the client_order_id of an order that is still open goes on to stand for it."""
    memory = state.command_memory
    limit = state.now_ms - REMEMBERED_MS
    left = FORGOTTEN_PER_STEP_MAX
    while left > 0 and memory.first < memory.end and memory.created_ms(memory.first) <= limit:
        row = memory.first
        order = state.orders.find(memory.number_of(row))
        if order is not None and order.row == row:
            client_order_id = memory.client_order_id(row)
            if client_order_id:
                outlive(order, client_order_id)
        memory.forget_first()
        left -= 1
