"""Orders that end when their time has come: DAY and GTD, resting or waiting."""

from __future__ import annotations

from heapq import heapify, heappop
from typing import Final

from engine_container.core.closing import cancel
from engine_container.core.emitting import Events
from engine_container.core.entities import Order, State
from engine_container.core.vocabulary import EXPIRED

DAY_MINUTES: Final = 1_440
DEAD_KEPT: Final = 32
"""An index with fewer entries too many than this is not worth going through."""


def expire(state: State, closed: Events) -> None:
    """End every order whose time has come, in order of that time."""
    expiring = state.expiring
    while expiring and expiring[0][0] <= state.now_ms:
        _, number, order = heappop(expiring)
        if state.orders.find(number) is order:
            cancel(state, order, "EXPIRED", closed, EXPIRED)


def compact(state: State) -> None:
    """Drop the entries of closed orders, and repeated ones. Done when they are more than all open orders, it costs each entry a constant time."""
    kept: dict[tuple[int, int], Order] = {}
    for time_ms, number, order in state.expiring:
        if state.orders.find(number) is order:
            kept[time_ms, number] = order
    expiring = [(key[0], key[1], order) for key, order in kept.items()]
    heapify(expiring)
    state.expiring = expiring
