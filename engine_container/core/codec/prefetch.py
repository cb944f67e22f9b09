"""Looks up what the commands of a record will need, all of them before any is carried out.

What decides the speed of a large state is how long the processor waits for memory. The look-ups of one command depend on each other, those of
different commands do not: in a loop that does nothing else the processor has many of them under way at once, and finds the lines in its caches when
the commands are carried out. Nothing is changed here, and nothing but where to look is taken from here: a command that comes before may change
all of it.
"""

from __future__ import annotations

from librt.strings import read_i64_be
from mypy_extensions import i64

from engine_container.core.codec.command_reader import (
    CANCEL,
    CELLS,
    CLIENT_AT,
    CLIENT_END,
    CLIENT_MARK,
    FIGURE,
    IDS_AT,
    KIND,
    OTHER,
    PLACE,
    USER_INDEX,
    CommandReader,
)
from engine_container.core.state import State
from engine_container.core.storage.packed_text import mark_of_client


def prefetch(state: State, reader: CommandReader) -> None:
    """Note in the reader who the users of the record's plain orders are and where their client_order_ids are looked for, and touch what the plain commands will."""
    identities = state.user_indexes
    cells = reader.cells
    payload = reader.payload
    for index in range(reader.count):
        cell = index * CELLS
        if cells[cell + KIND] == PLACE:
            at = cells[cell + IDS_AT]
            user_index = identities.find(read_i64_be(payload, at + 18), read_i64_be(payload, at + 26))
            cells[cell + USER_INDEX] = user_index
            cells[cell + CLIENT_MARK] = mark_of_client(user_index, payload, cells[cell + CLIENT_AT], cells[cell + CLIENT_END])
    if reader.count > 1:
        reader.seen = _touch_ids(state, reader) ^ _touch_orders(state, reader)


def _touch_ids(state: State, reader: CommandReader) -> i64:
    memory = state.command_memory
    cells = reader.cells
    payload = reader.payload
    seen: i64 = 0
    for index in range(reader.count):
        cell = index * CELLS
        if cells[cell + KIND] != OTHER:
            at = cells[cell + IDS_AT]
            seen ^= memory.glance(read_i64_be(payload, at), read_i64_be(payload, at + 8), cells[cell + CLIENT_MARK])
    return seen


def _touch_orders(state: State, reader: CommandReader) -> i64:
    orders = state.orders
    users = state.users_by_index
    cells = reader.cells
    seen: i64 = 0
    for index in range(reader.count):
        cell = index * CELLS
        kind = cells[cell + KIND]
        if kind == CANCEL:
            order = orders.find(cells[cell + FIGURE])
            if order is not None:
                level = order.level
                seen ^= order.open ^ order.account.user.open_orders
                if level is not None:
                    seen ^= level.open
        elif kind == PLACE:
            user_index = cells[cell + USER_INDEX]
            if user_index >= 0:
                user = users[user_index]
                account = user.last_account
                if account is not None:
                    seen ^= user.open_orders ^ account.base.available ^ account.quote.available
                entered = len(user.entered)
                if entered > 0:
                    seen ^= user.entered[0] ^ user.entered[entered - 1]
    return seen
