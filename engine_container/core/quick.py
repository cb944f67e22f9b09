"""The two commands that most of the log is made of, done without detours: a plain limit order that comes to rest, and the cancel of one.

These functions do nothing that the general path (:mod:`placing`, :mod:`cancelling`) would not do for the same command, in the same order; whatever
is not plain they leave to it, before anything has changed. The naive exchange of the tests is the judge of both.
"""

from __future__ import annotations

from typing import Any, Final

from engine_container.core.book import open_level, unlink_and_close
from engine_container.core.entities import Event, InvariantError, Order, Record, State
from engine_container.core.idempotency import CANCEL_COMMAND
from engine_container.core.vocabulary import (
    ACTIVE,
    BUY,
    CANCELLED,
    DAY_MS,
    OPEN,
    PPM,
    REMEMBERED_MS,
    STP_ACCOUNT,
    STP_ALLOW,
    TAG_ACCEPTED,
    TAG_BALANCE,
    TAG_CLOSED,
)

_ZERO: Final[object] = 0
"""Compared by identity: whatever is not this very zero goes the general way."""


def rest_plain(state: State, fields: tuple[Any, ...], events: list[Event]) -> bool:
    """Accept a LIMIT order, GTC, that crosses nothing and breaks no rule; False, and nothing done, if it is anything else."""
    user = state.users.get(fields[1])
    if user is None:
        return False
    seat = user.seats.get(fields[2])
    if seat is None:
        return False
    symbol = seat.symbol
    price: int = fields[7]
    quantity: int = fields[6]
    raw_prevention: int = fields[11]
    kind: object = fields[4]
    time_in_force: object = fields[5]
    if kind or time_in_force or raw_prevention == STP_ALLOW or symbol.status != ACTIVE or symbol.opens_minute >= 0 or price <= 0:
        return False
    if (
        fields[9] is not _ZERO
        or fields[12] is not _ZERO
        or fields[13] is not _ZERO
        or fields[14] is not _ZERO
        or fields[15] is not _ZERO
        or fields[16] is not _ZERO
    ):
        return False
    lots = quantity // symbol.lot
    ticks = price // symbol.tick
    if lots * symbol.lot != quantity or ticks * symbol.tick != price or lots < symbol.lots_min or lots > symbol.lots_max:
        return False
    if ticks < symbol.lowest or ticks > symbol.highest:
        return False
    side: int = fields[3]
    if side == BUY:
        best = symbol.asks.best
        key = ticks
        if best is not None and best.key >= -ticks:
            return False
    else:
        best = symbol.bids.best
        key = -ticks
        if best is not None and best.key >= ticks:
            return False
    lot_value = ticks * symbol.unit
    value = lot_value * lots
    most = user.open_orders_max
    if value < symbol.notional_min or (most > 0 and len(user.open) >= most):
        return False
    most = user.open_orders_per_symbol_max
    if most > 0 and seat.open_orders >= most:
        return False
    now_ms = state.now_ms
    most = user.daily_notional_max
    if most > 0:
        used = user.day_notional if user.day == now_ms // DAY_MS else 0
        if symbol.valued_by is not None or used + value > most:
            return False
    if side == BUY:
        per_lot = lot_value + (lot_value * seat.rates.highest_ppm + (PPM - 1)) // PPM
        balance = seat.quote
    else:
        per_lot = symbol.lot
        balance = seat.base
    need = per_lot * lots
    if balance.available < need:
        return False
    command_id: bytes = fields[0]
    client_order_id: str = fields[8]
    if command_id in state.seen or len(client_order_id) > 100 or client_order_id in user.clients:
        return False

    number = state.next_seq
    post_only: object = fields[10]
    shape = side | (raw_prevention << 7) | (symbol.index << 11)
    style = (user.prevention if raw_prevention == STP_ACCOUNT else raw_prevention) << 6
    if post_only:
        shape |= 1024
        style |= 512
    record = Record(command_id, user, client_order_id, now_ms, number, shape, quantity, price, None)
    state.seen[command_id] = record
    state.records.append(record)
    if client_order_id:
        user.clients[client_order_id] = record
    order = Order(seat, side, style, ticks, lots, per_lot, client_order_id, now_ms, None)
    order.number = number
    book = symbol.bids if side == BUY else symbol.asks
    level = book.levels.get(key)
    if level is None:
        level = open_level(book, key)
    order.level = level
    level.open += lots
    tail = level.tail
    if tail is None:
        level.head = order
    else:
        tail.newer = order
        order.older = tail
    level.tail = order
    user.open[number] = order
    seat.open_orders += 1
    available = balance.available - need
    locked = balance.locked + need
    balance.available = available
    balance.locked = locked
    events.append(
        (
            TAG_ACCEPTED,
            user.user_id,
            client_order_id,
            symbol.name,
            fields[3],
            0,
            0,
            fields[6],
            fields[7],
            0,
            post_only,
            0,
            0,
            0,
            0,
            0,
            OPEN,
        )
    )
    events.append((TAG_BALANCE, user.user_id, balance.asset, available, locked))
    state.next_seq = number + 2
    return True


def cancel_plain(state: State, fields: tuple[Any, ...], events: list[Event]) -> bool:
    """Cancel a plain resting order by its number; False, and nothing done, if there is anything more to it."""
    command_id: bytes = fields[0]
    order_number: int = fields[2]
    user = state.users.get(fields[1])
    if user is None or fields[3] or command_id in state.seen:
        return False
    order = user.open.get(order_number)
    now_ms = state.now_ms
    if order is None or order.terms is not None or order.created_ms + REMEMBERED_MS <= now_ms:
        return False
    level = order.level
    if level is None:
        raise InvariantError(f"order {order_number} neither rests nor waits")
    record = Record(command_id, user, "", now_ms, 0, CANCEL_COMMAND, order_number, 0, None)
    state.seen[command_id] = record
    state.records.append(record)
    seat = order.seat
    symbol = seat.symbol
    lots = order.open
    level.open -= lots
    unlink_and_close(symbol.bids if order.side == BUY else symbol.asks, order, level)
    freed = order.lock_per_lot * lots
    balance = seat.quote if order.side == BUY else seat.base
    available = balance.available + freed
    locked = balance.locked - freed
    balance.available = available
    balance.locked = locked
    del user.open[order_number]
    seat.open_orders -= 1
    lot = symbol.lot
    user_id = user.user_id
    events.append(
        (TAG_CLOSED, fields[2], order.created_ms, user_id, symbol.name, CANCELLED, "USER", (order.total - lots) * lot, lots * lot)
    )
    if locked < 0:
        raise InvariantError(f"negative balance of {balance.asset}: {locked} locked")
    events.append((TAG_BALANCE, user_id, balance.asset, available, locked))
    state.next_seq += 2
    return True
