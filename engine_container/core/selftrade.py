"""Self-trade prevention: what happens when an order meets one of the same user. The taker's mode decides."""

from __future__ import annotations

from mypy_extensions import i64

from engine_container.core.amendments import amended
from engine_container.core.closing import cancel
from engine_container.core.entities import Order
from engine_container.core.events import Events
from engine_container.core.funds import release
from engine_container.core.state import RULES_OF_SAFETY, State
from engine_container.core.vocabulary import STP_CANCEL_BOTH, STP_CANCEL_MAKER, STP_DECREMENT

REASON = "SELF_TRADE_PREVENTION"


def prevent(state: State, taker: Order, maker: Order, mode: i64, events: Events, closed: Events) -> bool:
    """Apply the mode to two orders of one user; True if the taker may go on."""
    if mode == STP_CANCEL_MAKER:
        cancel(state, maker, REASON, closed)
        return True
    if mode == STP_CANCEL_BOTH:
        cancel(state, maker, REASON, closed)
        return False
    if mode == STP_DECREMENT:
        _decrement(state, taker, maker, events, closed)
        return taker.open > 0
    return False


def _decrement(state: State, taker: Order, maker: Order, events: Events, closed: Events) -> None:
    """Both lose the smaller of the two open quantities, without a trade."""
    lots = min(maker.open, taker.open)
    taker.total -= lots
    taker.open -= lots
    taker.shown = taker.open
    if lots == maker.open:
        cancel(state, maker, REASON, closed)
    else:
        decrement(state, maker, lots, events)


def decrement(state: State, order: Order, lots: i64, events: Events) -> None:
    """Take lots off an open order, fewer than it has, and as many off the other leg of its OCO: only one of the two may come to trade."""
    shrink(state, order, lots)
    events.append(amended(order, kept_place=True))
    sibling = order.conditions.sibling if order.conditions is not None else None
    if sibling is not None and state.rules >= RULES_OF_SAFETY:
        shrink(state, sibling, lots)
        events.append(amended(sibling, kept_place=True))


def shrink(state: State, order: Order, lots: i64) -> None:
    """Take lots off an open order where it is, hidden ones first."""
    release(state, order, lots)
    order.total -= lots
    order.open -= lots
    order.shown = min(order.open, order.shown)
    if order.level is not None:
        order.level.open -= lots
