"""Orders that end when their time has come: DAY and GTD, resting or waiting."""

from __future__ import annotations

from heapq import heapify, heappop, heappush
from typing import Final

from engine_container.core.closing import cancel
from engine_container.core.entities import Order
from engine_container.core.events import Events
from engine_container.core.state import State
from engine_container.core.statuses import is_frozen
from engine_container.core.vocabulary import EXPIRED

DAY_MINUTES: Final = 1_440
DEAD_KEPT: Final = 32
"""An index with fewer entries too many than this is not worth going through."""
LATER_MS: Final = 1_000
"""Orders of a frozen symbol are looked at again after so long."""


def expire(state: State, closed: Events) -> None:
    """End every order whose time has come, in order of that time."""
    expiring = state.expiring
    kept: list[tuple[int, int, Order]] = []
    while expiring and expiring[0][0] <= state.now_ms:
        entry = heappop(expiring)
        order = entry[2]
        if state.orders.find(entry[1]) is not order:
            continue
        if is_frozen(order.account.symbol):
            kept.append((int(state.now_ms) + LATER_MS, entry[1], order))
            continue
        cancel(state, order, "EXPIRED", closed, EXPIRED)
    for entry in kept:
        heappush(expiring, entry)


def compact(state: State) -> None:
    """Drop the entries of closed orders, and repeated ones. Done when they are more than all open orders, it costs each entry a constant time."""
    kept: dict[tuple[int, int], Order] = {}
    for time_ms, number, order in state.expiring:
        if state.orders.find(number) is order:
            kept[time_ms, number] = order
    expiring = [(key[0], key[1], order) for key, order in kept.items()]
    heapify(expiring)
    state.expiring = expiring
