"""The commands that most of the log is made of, done without detours: a plain limit order, resting or trading at once, and its cancel.

These functions do nothing that the general path (:mod:`placing`, :mod:`cancelling`) would not do for the same command, in the same order; whatever
is not plain they leave to it, before anything has changed. The naive exchange of the tests is the judge of both.
"""

from __future__ import annotations

from typing import Any, Final

from engine_container.core.book import open_level, unlink_and_close
from engine_container.core.entities import Event, InvariantError, Order, Record, State
from engine_container.core.execution import run_limit
from engine_container.core.finishing import finished
from engine_container.core.idempotency import CANCEL_COMMAND
from engine_container.core.limits import CLIENT_ORDER_ID_LENGTH_MAX
from engine_container.core.roster import ENDED_KEPT, prune
from engine_container.core.vocabulary import (
    ACTIVE,
    AMOUNT_MAX,
    BUY,
    CANCELLED,
    DAY_MS,
    GTC,
    IOC,
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
_ACCEPTED: Final[object] = TAG_ACCEPTED
_BALANCE: Final[object] = TAG_BALANCE
_CLOSED: Final[object] = TAG_CLOSED
_OPEN: Final[object] = OPEN
_CANCELLED: Final[object] = CANCELLED
"""What goes into events as an object anyway is made one once, not for every event."""


def place_plain(state: State, fields: tuple[Any, ...]) -> list[Event] | None:
    """A LIMIT order that keeps to every rule: GTC, or IOC that finds somebody; ``None``, and nothing done, if it is anything else."""
    command_id: bytes
    client_order_id: str
    name: str
    side: int
    time_in_force: int
    quantity: int
    price: int
    raw_prevention: int
    (
        command_id,
        user_id,
        name,
        side,
        kind,
        time_in_force,
        quantity,
        price,
        client_order_id,
        quote_quantity,
        post_only,
        raw_prevention,
        stop_price,
        display_quantity,
        trail_bps,
        activation_price,
        expires_ms,
    ) = fields
    user = state.users.get(user_id)
    if user is None:
        return None
    seat = user.seat
    if seat is None or seat.symbol.name != name:
        return None
    symbol = seat.symbol
    if (
        kind
        or time_in_force > IOC
        or quote_quantity is not _ZERO
        or stop_price is not _ZERO
        or display_quantity is not _ZERO
        or trail_bps is not _ZERO
        or activation_price is not _ZERO
        or expires_ms is not _ZERO
        or raw_prevention == STP_ALLOW
        or symbol.status != ACTIVE
        or symbol.opens_minute >= 0
    ):
        return None
    lots = quantity // symbol.lot
    ticks = price // symbol.tick
    if lots * symbol.lot != quantity or ticks * symbol.tick != price or lots < symbol.lots_min or lots > symbol.lots_max:
        return None
    if ticks < symbol.lowest or ticks > symbol.highest:
        return None
    lot_value = ticks * symbol.unit
    if side == BUY:
        best = symbol.asks.best
        crosses = best is not None and best.key >= -ticks
        per_lot = lot_value + (lot_value * seat.rates.highest_ppm + (PPM - 1)) // PPM
        balance = seat.quote
    else:
        best = symbol.bids.best
        crosses = best is not None and best.key >= ticks
        per_lot = symbol.lot
        balance = seat.base
    value = lot_value * lots
    need = per_lot * lots
    if price > AMOUNT_MAX or value > AMOUNT_MAX or need > AMOUNT_MAX:
        return None
    if value < symbol.notional_min or balance.available < need or len(client_order_id) > CLIENT_ORDER_ID_LENGTH_MAX:
        return None
    if time_in_force == GTC:
        most = user.open_orders_max
        if 0 < most <= user.open_orders:
            return None
        most = user.open_orders_per_symbol_max
        if 0 < most <= seat.open_orders:
            return None
        if crosses and post_only:
            return None
    elif not crosses or post_only:
        return None
    now_ms = state.now_ms
    most = user.daily_notional_max
    if most > 0:
        used = user.day_notional if user.day == now_ms // DAY_MS else 0
        if symbol.valued_by is not None or used + value > most:
            return None
    number = state.next_seq
    shape = side | (time_in_force << 4) | (raw_prevention << 7) | (symbol.index << 11)
    style = (time_in_force << 3) | ((user.prevention if raw_prevention == STP_ACCOUNT else raw_prevention) << 6)
    if post_only:
        shape |= 1024
        style |= 512
    record = Record(command_id, user, client_order_id, now_ms, number, shape, quantity, price, None)
    if state.seen.setdefault(command_id, record) is not record:
        return None
    if client_order_id and user.clients.setdefault(client_order_id, record) is not record:
        del state.seen[command_id]
        return None

    state.records.append(record)
    order = Order(seat, side, style, ticks, lots, per_lot, client_order_id, state.now, None)
    boxed: Any = number
    order.key = boxed
    accepted: Event = (
        _ACCEPTED,
        user.user_id,
        client_order_id,
        symbol.name,
        fields[3],
        _ZERO,
        fields[5],
        fields[6],
        fields[7],
        _ZERO,
        post_only,
        _ZERO,
        _ZERO,
        _ZERO,
        _ZERO,
        _ZERO,
        _OPEN,
    )
    if crosses:
        state.serial += 1
        events: list[Event] = [accepted]
        closed: list[Event] = []
        run_limit(state, order, events, closed)
        return finished(state, events, closed)
    if side == BUY:
        book = symbol.bids
        key = ticks
    else:
        book = symbol.asks
        key = -ticks
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
    state.orders[boxed] = order
    user.entered.append(boxed)
    user.open_orders += 1
    seat.open_orders += 1
    if len(user.entered) > 2 * user.open_orders + ENDED_KEPT:
        prune(state, user)
    available = balance.available - need
    locked = balance.locked + need
    balance.available = available
    balance.locked = locked
    state.next_seq = number + 2
    return [accepted, (_BALANCE, user.user_id, balance.asset, available, locked)]


def cancel_plain(state: State, fields: tuple[Any, ...]) -> list[Event] | None:
    """Cancel a plain resting order by its number; ``None``, and nothing done, if there is anything more to it."""
    command_id: bytes
    command_id, user_id, order_number, client_order_id = fields
    order = state.orders.get(order_number)
    if order is None or client_order_id or order.terms is not None:
        return None
    now_ms = state.now_ms
    seat = order.seat
    user = seat.user
    if user.user_id != user_id or order.created_ms + REMEMBERED_MS <= now_ms:
        return None
    level = order.level
    if level is None:
        raise InvariantError(f"order {order.number} neither rests nor waits")
    record = Record(command_id, user, "", now_ms, 0, CANCEL_COMMAND, order.number, 0, None)
    if state.seen.setdefault(command_id, record) is not record:
        return None
    state.records.append(record)
    symbol = seat.symbol
    lots = order.open
    level.open -= lots
    freed = order.lock_per_lot * lots
    if order.side == BUY:
        unlink_and_close(symbol.bids, order, level)
        balance = seat.quote
    else:
        unlink_and_close(symbol.asks, order, level)
        balance = seat.base
    available = balance.available + freed
    locked = balance.locked - freed
    if locked < 0:
        raise InvariantError(f"negative balance of {balance.asset}: {locked} locked")
    balance.available = available
    balance.locked = locked
    del state.orders[order.key]
    user.open_orders -= 1
    seat.open_orders -= 1
    lot = symbol.lot
    state.next_seq += 2
    return [
        (_CLOSED, order.key, order.created, user_id, symbol.name, _CANCELLED, "USER", (order.total - lots) * lot, lots * lot),
        (_BALANCE, user_id, balance.asset, available, locked),
    ]
