"""How a command ends: waiting orders see the prices that it made, then closed orders and balances are told."""

from __future__ import annotations

from engine_container.core.events import Events
from engine_container.core.funds import report
from engine_container.core.state import State
from engine_container.core.stops import cascade, drop_moved


def complete(state: State, events: Events, closed: Events) -> None:
    """Complete the events of a command in the order of the contract, and number them."""
    if state.moved:
        moved = state.moved
        state.moved = []
        for symbol in moved:
            cascade(state, symbol, events, closed)
        drop_moved(state)
    if closed.count:
        events.extend(closed)
    if state.touched_first is not None:
        report(state, events)
    state.next_seq += events.count
