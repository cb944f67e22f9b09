"""The commands that most of the log is made of, done without detours: a plain limit order, resting or trading at once, and its cancel.

These functions do nothing that the general path (:mod:`placing`, :mod:`cancelling`) would not do for the same command, in the same order; whatever
is not plain they leave to it, before anything has changed. The naive exchange of the tests is the judge of both.
"""

from __future__ import annotations

from librt.vecs import append
from mypy_extensions import i64

from engine_container.core.book import open_level, unlink_and_close
from engine_container.core.completion import complete
from engine_container.core.entities import InvariantError, Order, State, TradingAccount
from engine_container.core.events import Events
from engine_container.core.execution import run_limit
from engine_container.core.funds import fee
from engine_container.core.idempotency import CANCEL_COMMAND
from engine_container.core.limits import CLIENT_ORDER_ID_LENGTH_MAX
from engine_container.core.native_command import NativeCommand
from engine_container.core.open_orders import ENDED_KEPT, prune
from engine_container.core.vocabulary import (
    ACTIVE,
    AMOUNT_MAX,
    BUY,
    CANCELLED,
    DAY_MS,
    GTC,
    IOC,
    REMEMBERED_MS,
    STP_ACCOUNT,
    STP_ALLOW,
)


def place_plain(state: State, account: TradingAccount, plain: NativeCommand, events: Events, closed: Events) -> bool:
    """A LIMIT order without conditions that keeps to every rule: GTC, or IOC that finds somebody. False, and nothing done, if it is anything else."""
    user = account.user
    symbol = account.symbol
    side = plain.side
    time_in_force = plain.time_in_force
    quantity = plain.quantity
    price = plain.price
    post_only = plain.post_only
    prevention = plain.prevention
    if time_in_force > IOC or prevention == STP_ALLOW or symbol.status != ACTIVE or symbol.opens_minute >= 0:
        return False
    lots = quantity // symbol.lot
    ticks = price // symbol.tick
    if (
        price > AMOUNT_MAX
        or lots * symbol.lot != quantity
        or ticks * symbol.tick != price
        or lots < symbol.lots_min
        or lots > symbol.lots_max
    ):
        return False
    if ticks < symbol.lowest or ticks > symbol.highest:
        return False
    unit = symbol.unit
    if ticks > AMOUNT_MAX // unit:
        return False
    lot_value = ticks * unit
    if side == BUY:
        best = symbol.asks.best
        crosses = best is not None and best.key >= -ticks
        per_lot = lot_value + fee(lot_value, account.rates.highest_ppm)
        balance = account.quote
    else:
        best = symbol.bids.best
        crosses = best is not None and best.key >= ticks
        per_lot = symbol.lot
        balance = account.base
    if lots > AMOUNT_MAX // (max(lot_value, per_lot)):
        return False
    value = lot_value * lots
    need = per_lot * lots
    if value < symbol.notional_min or balance.available < need or plain.client_end - plain.client_at > CLIENT_ORDER_ID_LENGTH_MAX:
        return False
    if time_in_force == GTC:
        most = user.open_orders_max
        if 0 < most <= user.open_orders:
            return False
        most = user.open_orders_per_symbol_max
        if 0 < most <= account.open_orders:
            return False
        if crosses and post_only:
            return False
    elif not crosses or post_only:
        return False
    now_ms = state.now_ms
    most = user.daily_notional_max
    if most > 0:
        used = user.day_notional if user.day == now_ms // DAY_MS else i64(0)
        if symbol.valued_by is not None or used + value > most:
            return False
    number = state.next_seq
    fingerprint = side | (time_in_force << 4) | (prevention << 7) | (symbol.index << 11)
    flags = (time_in_force << 3) | ((user.prevention if prevention == STP_ACCOUNT else prevention) << 6)
    if post_only:
        fingerprint |= 1024
        flags |= 512
    if user.outlived and plain.client_order_id() in user.outlived:
        return False
    memory = state.command_memory
    if not memory.add(
        plain.command_high,
        plain.command_low,
        user.index,
        plain.source,
        plain.client_at,
        plain.client_end,
        plain.client_mark,
        now_ms,
        number,
        fingerprint,
        plain.quantity,
        plain.price,
    ):
        return False

    order = Order(account, side, flags, ticks, lots, per_lot, now_ms, None)
    order.number = number
    order.row = memory.end - 1
    events.accepted(user, symbol, plain)
    if crosses:
        state.serial += 1
        run_limit(state, order, events, closed)
        complete(state, events, closed)
        return True
    if side == BUY:
        book = symbol.bids
        key = ticks
    else:
        book = symbol.asks
        key = -ticks
    level = book.levels.find(key)
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
    state.orders.add(number, order)
    user.entered = append(user.entered, number)
    user.open_orders += 1
    account.open_orders += 1
    if len(user.entered) > 2 * user.open_orders + ENDED_KEPT:
        prune(state, user)
    balance.available -= need
    balance.locked += need
    events.balance(balance)
    state.next_seq = number + 2
    return True


def cancel_plain(state: State, plain: NativeCommand, events: Events) -> bool:
    """Cancel a plain resting order by its number. False, and nothing done, if there is anything more to it."""
    order_number = plain.quantity
    order = state.orders.find(order_number) if 0 < order_number < state.next_seq else None
    if order is None or order.conditions is not None:
        return False
    now_ms = state.now_ms
    account = order.account
    user = account.user
    if user.id_high != plain.user_high or user.id_low != plain.user_low or order.created_ms + REMEMBERED_MS <= now_ms:
        return False
    level = order.level
    if level is None:
        raise InvariantError(f"order {order.number} neither rests nor waits")
    if not state.command_memory.add(
        plain.command_high,
        plain.command_low,
        user.index,
        plain.source,
        plain.client_at,
        plain.client_end,
        plain.client_mark,
        now_ms,
        0,
        CANCEL_COMMAND,
        plain.quantity,
        plain.price,
    ):
        return False
    symbol = account.symbol
    lots = order.open
    level.open -= lots
    freed = order.lock_per_lot * lots
    if order.side == BUY:
        unlink_and_close(symbol.bids, order, level)
        balance = account.quote
    else:
        unlink_and_close(symbol.asks, order, level)
        balance = account.base
    if balance.locked < freed:
        raise InvariantError(f"negative balance of {balance.total.asset}: {balance.locked - freed} locked")
    balance.available += freed
    balance.locked -= freed
    state.orders.remove(order.number)
    user.open_orders -= 1
    account.open_orders -= 1
    if len(user.entered) > 2 * user.open_orders + ENDED_KEPT:
        prune(state, user)
    events.closed(order, CANCELLED, "USER")
    events.balance(balance)
    state.next_seq += 2
    return True
