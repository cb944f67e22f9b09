"""Conditional orders fire after the command that moved the price, one after the other, in order of entry.

Each fired order may move the price again and fire more; the work of one command is bounded, what is left goes on with the next.
"""

from __future__ import annotations

from typing import Final

from engine_container.core.closing import announce, free_client_order_id, promote
from engine_container.core.depth import UNBOUNDED
from engine_container.core.entities import Order, Symbol
from engine_container.core.events import Events
from engine_container.core.execution import fillable, market_reach, run_limit, run_market
from engine_container.core.funds import release
from engine_container.core.open_orders import remove_open
from engine_container.core.order_flags import has_limit, kind_of, time_in_force_of
from engine_container.core.state import NO_MARKET, RULES_OF_SAFETY, State
from engine_container.core.triggers import disarm, queue_fired
from engine_container.core.vocabulary import ACTIVE, CANCELLED, FOK, REMEMBERED_MS, TAG_TRIGGERED

FIRED_PER_COMMAND_MAX: Final = 100


def cascade(state: State, symbol: Symbol, events: Events, closed: Events) -> None:
    """Fire what the traded prices reached, and what those orders' trades reach in turn."""
    state.market = symbol.index
    turns = 0
    while symbol.status == ACTIVE:
        queue_fired(symbol)
        if not symbol.fired:
            return
        if turns == FIRED_PER_COMMAND_MAX:
            if symbol not in state.unfinished:
                state.unfinished.append(symbol)
            return
        order = symbol.fired.pop(0)
        waits = order.conditions is not None and order.conditions.waiting
        if waits or state.rules < RULES_OF_SAFETY:
            turns += 1  # an order that was cancelled in the queue takes no turn: a snapshot does not have it
        if waits:
            fire(state, order, symbol.last_price, events, closed)
    symbol.prints.clear()


def go_on(state: State, events: Events, closed: Events) -> None:
    """Continue the cascades that a command before had to leave off."""
    symbols = state.unfinished
    state.unfinished = []
    for symbol in symbols:
        cascade(state, symbol, events, closed)
    drop_moved(state)
    state.market = NO_MARKET


def drop_moved(state: State) -> None:
    """Orders that fired have noted their symbol again, though the cascade has seen their prices: the next command must not go on because of that."""
    if state.moved and state.rules >= RULES_OF_SAFETY:
        state.moved.clear()


def fire(state: State, order: Order, price: int, events: Events, closed: Events) -> None:
    """A waiting order goes on as a market or limit order, with the funds that it had locked."""
    symbol = order.account.symbol
    user = order.account.user
    disarm(order)
    promote(state, order, closed)
    release(state, order, order.open)
    remove_open(state, order)
    events.append((TAG_TRIGGERED, order.number, order.created_ms, user.user_id, symbol.name, price * symbol.tick))
    if not has_limit(kind_of(order.flags)):
        rates = order.rates if state.rules >= RULES_OF_SAFETY else order.account.rates
        found = market_reach(order, rates.taker_ppm, order.account.quote.available if order.side == 0 else UNBOUNDED)
        run_market(state, order, found, events, closed)
    elif time_in_force_of(order.flags) == FOK and fillable(order) < order.open:
        announce(order, CANCELLED, "FOK", closed)
    else:
        run_limit(state, order, events, closed)
    if order.created_ms + REMEMBERED_MS <= state.now_ms:
        free_client_order_id(state, order)
