"""Orders that end when their time has come: DAY and GTD, resting or waiting."""

from __future__ import annotations

from heapq import heappop
from typing import Final

from engine_container.core.closing import cancel
from engine_container.core.emitting import Events
from engine_container.core.entities import State
from engine_container.core.vocabulary import EXPIRED

DAY_MINUTES: Final = 1_440


def expire(state: State, closed: Events) -> None:
    """End every order whose time has come, in order of that time."""
    expiring = state.expiring
    while expiring and expiring[0][0] <= state.now_ms:
        _, number, order = heappop(expiring)
        if state.orders.find(number) is order:
            cancel(state, order, "EXPIRED", closed, EXPIRED)
