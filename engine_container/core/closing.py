"""How an order ends: off the book or off the waiting list, its funds freed, its other leg cancelled, its end announced."""

from __future__ import annotations

from mypy_extensions import i64

from engine_container.core.book import take_out
from engine_container.core.entities import Order
from engine_container.core.events import Events
from engine_container.core.funds import lock, release
from engine_container.core.idempotency import client_number, client_order_id_of, free_client
from engine_container.core.open_orders import is_open, remove_open
from engine_container.core.state import State
from engine_container.core.triggers import disarm
from engine_container.core.vocabulary import CANCELLED, FILLED, REMEMBERED_MS


def announce(order: Order, status: i64, reason: str, closed: Events) -> None:
    """The OrderClosed event."""
    closed.closed(order, status, reason)


def deregister(state: State, order: Order) -> None:
    """The order is open no longer; its client_order_id is free again if its 24 hours have passed."""
    remove_open(state, order)
    if order.created_ms + REMEMBERED_MS <= state.now_ms:
        free_client_order_id(state, order)


def free_client_order_id(state: State, order: Order) -> None:
    """Forget an id that outlived its 24 hours because its order was open."""
    user = order.account.user
    client_order_id = client_order_id_of(state, order)
    if client_number(state, user, client_order_id) == order.number and not is_open(state, order.number):
        free_client(state, user, client_order_id)


def close_filled(state: State, order: Order, closed: Events) -> None:
    """An enrolled order was filled to the last lot and is out of the book already."""
    deregister(state, order)
    announce(order, FILLED, "", closed)


def cancel(state: State, order: Order, reason: str, closed: Events, status: int = CANCELLED) -> None:
    """End an enrolled order wherever it is, and with it the other leg of its OCO."""
    state.market = order.account.symbol.index
    conditions = order.conditions
    if conditions is not None and conditions.waiting:
        disarm(order)
    else:
        take_out(order)
    end(state, order, reason, closed, status)


def end(state: State, order: Order, reason: str, closed: Events, status: int) -> None:
    """End an enrolled order that is neither on the book nor waiting: free its funds and announce it."""
    release(state, order, order.open)
    deregister(state, order)
    announce(order, status, reason, closed)
    conditions = order.conditions
    if conditions is not None:
        sibling = conditions.sibling
        if sibling is not None:
            _part(order, sibling)
            cancel(state, sibling, "OCO", closed)


def promote(state: State, order: Order, closed: Events) -> None:
    """A leg of an OCO trades or fires: the other leg is cancelled, and the lock of both becomes this one's own."""
    conditions = order.conditions
    if conditions is None:
        return
    sibling = conditions.sibling
    if sibling is None:
        return
    _part(order, sibling)
    cancel(state, sibling, "OCO", closed)
    if conditions.idle_lock_per_lot > 0:
        order.lock_per_lot = conditions.idle_lock_per_lot
        conditions.idle_lock_per_lot = 0
        lock(state, order)


def _part(order: Order, sibling: Order) -> None:
    if order.conditions is not None:
        order.conditions.sibling = None
    if sibling.conditions is not None:
        sibling.conditions.sibling = None
