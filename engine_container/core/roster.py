"""Which orders are open, resting or waiting: by number, and of each user in order of entry.

The orders of all users stand in one table; a user keeps no more than their numbers. Numbers of orders that have ended are dropped
from a user's list when they are more than the open ones, so that a number costs a constant time over its life.
"""

from __future__ import annotations

from typing import Final

from engine_container.core.entities import Order, State, User

ENDED_KEPT: Final = 32
"""A list with fewer ended numbers than this is not worth going through."""


def enrol(state: State, order: Order) -> None:
    """Count the order as one of the user's open ones."""
    seat = order.seat
    user = seat.user
    state.orders[order.key] = order
    user.entered.append(order.key)
    user.open_orders += 1
    seat.open_orders += 1
    if len(user.entered) > 2 * user.open_orders + ENDED_KEPT:
        prune(state, user)


def strike(state: State, order: Order) -> None:
    """The order no longer counts as an open one."""
    seat = order.seat
    del state.orders[order.key]
    seat.user.open_orders -= 1
    seat.open_orders -= 1


def prune(state: State, user: User) -> None:
    """Keep the numbers of open orders only."""
    orders = state.orders
    user.entered = [number for number in user.entered if number in orders]


def orders_of_user(state: State, user: User) -> list[Order]:
    """The user's open orders, in order of entry."""
    prune(state, user)
    user.entered = sorted(set(user.entered))  # an order that left for a while is listed twice
    return [state.orders[number] for number in user.entered]
