"""Looks up what the commands of a record will need, all of them before any is carried out.

What decides the speed of a large state is how long the processor waits for memory. The look-ups of one command depend on each other, those of
different commands do not: in a loop that does nothing else the processor has many of them under way at once, and finds the lines in its caches when
the commands are carried out. Nothing is changed here, and nothing but where to look is taken from here: a command that comes before may change
all of it.
"""

from __future__ import annotations

from mypy_extensions import i64

from engine_container.core.entities import State
from engine_container.core.memory import mark_of_client
from engine_container.core.reading import CANCEL, PLACE, Reader


def look_ahead(state: State, reader: Reader) -> None:
    """Note the users and client_order_ids of the record's plain orders in the reader, and touch what the plain commands will."""
    identities = state.user_indexes
    count = reader.count
    for index in range(count):
        if reader.kind_of(index) == PLACE:
            user_index = identities.find(reader.user_high_of(index), reader.user_low_of(index))
            text = reader.text_of(index)
            reader.note(index, user_index, text, mark_of_client(user_index, text) if text else 0)
    if count > 1:
        reader.seen = _touch_ids(state, reader) ^ _touch_orders(state, reader)


def _touch_ids(state: State, reader: Reader) -> i64:
    memory = state.memory
    seen: i64 = 0
    for index in range(reader.count):
        if reader.kind_of(index) != 0:
            seen ^= memory.glance(reader.command_high_of(index), reader.command_low_of(index), reader.mark_of(index))
    return seen


def _touch_orders(state: State, reader: Reader) -> i64:
    orders = state.orders
    users = state.users_by_index
    seen: i64 = 0
    for index in range(reader.count):
        kind = reader.kind_of(index)
        if kind == CANCEL:
            order = orders.find(reader.figure_of(index))
            if order is not None:
                level = order.level
                seat = order.seat
                seen ^= order.open ^ seat.user.open_orders
                if level is not None:
                    seen ^= level.open
        elif kind == PLACE and reader.user_index_of(index) >= 0:
            user = users[reader.user_index_of(index)]
            seat_last = user.seat
            if seat_last is not None:
                seen ^= user.open_orders ^ seat_last.base.available ^ seat_last.quote.available
    return seen
