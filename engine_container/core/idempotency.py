"""Memory of commands: the same again gets the same answer, something else under a used id is refused.

Command ids are remembered for all commands, client_order_ids per user, both for 24 hours of log time; the client_order_id of an
order that is still open stays taken for as long as it is open.
"""

from __future__ import annotations

from typing import Final

from engine_container.core.entities import Event, Record, State, User
from engine_container.core.vocabulary import REMEMBERED_MS, TAG_ORDER_REPEATED, TAG_REFUSED, TAG_REPEATED

FORGOTTEN_PER_STEP_MAX: Final = 10_000
"""Bound on the work of one moment; what is left waits for the next (an expired record counts for nothing anyway)."""

OTHER_COMMAND: Final = -1
"""Shape of a record that stands for no single order; ``more`` has all of the command."""

CANCEL_COMMAND: Final = -2
"""Shape of a cancel; ``quantity`` has the order's number, ``more`` the client_order_id where one was given."""


def fresh(state: State, record: Record) -> bool:
    """Whether the record still counts."""
    return record.created_ms + REMEMBERED_MS > state.now_ms


def client_record(state: State, user: User, client_order_id: str) -> Record | None:
    """What the user's client_order_id stands for, if it is taken."""
    record = user.clients.get(client_order_id)
    if record is not None and not fresh(state, record) and record.number not in state.orders:
        return None
    return record


def remember_client(state: State, record: Record) -> None:
    """Keep an order that came inside another command under its client_order_id alone."""
    state.records.append(record)
    if record.client_order_id and record.user is not None:
        record.user.clients[record.client_order_id] = record


def remember_command(state: State, command_id: bytes, content: tuple[object, ...]) -> Record:
    """Keep a command other than a single order; ``content`` is all of it."""
    record = Record(command_id, None, "", state.now_ms, 0, OTHER_COMMAND, 0, 0, content)
    state.seen[command_id] = record
    state.records.append(record)
    return record


def answered(state: State, command_id: bytes, content: tuple[object, ...], events: list[Event]) -> bool:
    """Answer a command that is no single order if its id was used before; True if so."""
    record = state.seen.get(command_id)
    if record is None or not fresh(state, record):
        return False
    if record.shape != OTHER_COMMAND or record.more != content:
        events.append((TAG_REFUSED, "IDEMPOTENCY_CONFLICT", {}))
    elif record.number > 0 and record.user is not None:
        events.append((TAG_ORDER_REPEATED, record.number, record.created_ms, record.user.user_id))
        if record.price > 0:  # the second order of an OCO
            events.append((TAG_ORDER_REPEATED, record.price, record.created_ms, record.user.user_id))
    else:
        events.append((TAG_REPEATED,))
    return True


def cancel_answered(state: State, user: User, command_id: bytes, order_number: int, client_order_id: str, events: list[Event]) -> bool:
    """As :func:`answered` and :func:`remember_command`, for the one command that must be quick: cancel."""
    record = state.seen.get(command_id)
    if record is not None and fresh(state, record):
        same = record.shape == CANCEL_COMMAND and record.user is user and record.quantity == order_number
        if same and record.more == ((client_order_id,) if client_order_id else None):
            events.append((TAG_REPEATED,))
        else:
            events.append((TAG_REFUSED, "IDEMPOTENCY_CONFLICT", {}))
        return True
    more: tuple[object, ...] | None = (client_order_id,) if client_order_id else None
    record = Record(command_id, user, "", state.now_ms, 0, CANCEL_COMMAND, order_number, 0, more)
    state.seen[command_id] = record
    state.records.append(record)
    return False


def forget_old(state: State) -> None:
    """Drop what is older than 24 hours."""
    records = state.records
    limit = state.now_ms - REMEMBERED_MS
    start = state.records_start
    end = min(len(records), start + FORGOTTEN_PER_STEP_MAX)
    while start < end and records[start].created_ms <= limit:
        record = records[start]
        start += 1
        if record.command_id and state.seen.get(record.command_id) is record:
            del state.seen[record.command_id]
        user = record.user
        if user is None or not record.client_order_id:
            continue
        if record.number not in state.orders and user.clients.get(record.client_order_id) is record:
            del user.clients[record.client_order_id]
    if start > FORGOTTEN_PER_STEP_MAX and start * 2 > len(records):
        del records[:start]
        start = 0
    state.records_start = start
