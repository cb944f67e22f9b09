"""Which orders are open, resting or waiting: by number, and of each user in order of entry.

The orders of all users stand in one table; a user keeps no more than their numbers. Numbers of orders that have ended are dropped
from a user's list when they are more than the open ones, so that a number costs a constant time over its life.
"""

from __future__ import annotations

from typing import Final

from librt.vecs import append, vec
from mypy_extensions import i64

from engine_container.core.entities import Order, User
from engine_container.core.state import State

ENDED_KEPT: Final = 32
"""A list with fewer ended numbers than this is not worth going through."""


def is_open(state: State, number: int) -> bool:
    """Whether an order of this number rests or waits."""
    return state.orders.find(number) is not None


def add_open(state: State, order: Order) -> None:
    """Count the order as one of the user's open ones."""
    account = order.account
    user = account.user
    state.orders.add(order.number, order)
    user.entered = append(user.entered, order.number)
    user.open_orders += 1
    account.open_orders += 1
    if len(user.entered) > 2 * user.open_orders + ENDED_KEPT:
        prune(state, user)


def remove_open(state: State, order: Order) -> None:
    """The order no longer counts as an open one."""
    account = order.account
    user = account.user
    state.orders.remove(order.number)
    user.open_orders -= 1
    account.open_orders -= 1
    if len(user.entered) > 2 * user.open_orders + ENDED_KEPT:
        prune(state, user)


def prune(state: State, user: User) -> None:
    """Keep the numbers of open orders only."""
    kept: vec[i64] = vec[i64](capacity=user.open_orders)
    for number in user.entered:
        if state.orders.find(number) is not None:
            kept = append(kept, number)
    user.entered = kept


def orders_of_user(state: State, user: User) -> list[Order]:
    """The user's open orders, in order of entry."""
    numbers = sorted({int(number) for number in user.entered})  # an order that left for a while is listed twice
    orders: list[Order] = []
    for number in numbers:
        order = state.orders.find(number)
        if order is not None:
            orders.append(order)
    return orders
