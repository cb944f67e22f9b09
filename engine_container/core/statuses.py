"""A symbol's status: halting cancels what rests and frees the funds; a status may end by itself at a time."""

from __future__ import annotations

from typing import Final

from engine_container.core.book import orders_of
from engine_container.core.breaker import forget
from engine_container.core.closing import cancel
from engine_container.core.entities import Symbol
from engine_container.core.events import Events
from engine_container.core.state import State
from engine_container.core.vocabulary import HALTED, TAG_SYMBOL

FROZEN: Final = "COMMAND_FAILED_FROZEN"
"""The reason of a halt whose orders stay as they are, because they cannot be cancelled."""


def is_frozen(symbol: Symbol) -> bool:
    """Whether orders of the symbol are not to be touched by what comes due."""
    return symbol.status == HALTED and symbol.reason == FROZEN


def announce_symbol(symbol: Symbol, actor_id: bytes, events: Events) -> None:
    """SymbolChanged, with all rules and the status as they are now."""
    events.append(
        (
            TAG_SYMBOL,
            symbol.name,
            symbol.base,
            symbol.quote,
            symbol.tick,
            symbol.lot,
            symbol.lots_min * symbol.lot,
            symbol.lots_max * symbol.lot,
            symbol.notional_min,
            symbol.band_bps,
            symbol.maker_fee_ppm,
            symbol.taker_fee_ppm,
            symbol.breaker_bps,
            symbol.breaker_halt_ms,
            symbol.opens_minute,
            symbol.closes_minute,
            symbol.status,
            symbol.reason,
            symbol.resume_ms,
            actor_id,
        )
    )


def enter(state: State, symbol: Symbol, status: int, reason: str, resume_ms: int, actor_id: bytes, events: Events) -> None:
    """Put the symbol into the status and say so."""
    symbol.status = status
    symbol.reason = reason
    symbol.resume_ms = resume_ms
    symbol.halted_with_all = False
    forget(symbol)
    if resume_ms > 0:
        state.timed = True
    announce_symbol(symbol, actor_id, events)


def halt(state: State, symbol: Symbol, events: Events, closed: Events) -> None:
    """The circuit breaker's halt: for ``breaker_halt_ms`` of log time."""
    enter(state, symbol, HALTED, "CIRCUIT_BREAKER", state.now_ms + symbol.breaker_halt_ms, b"", events)
    clear_orders(state, symbol, "HALT", closed)


def clear_orders(state: State, symbol: Symbol, reason: str, closed: Events) -> None:
    """Cancel every open order of the symbol: bids, asks, then what waits."""
    symbol.prints.clear()
    symbol.fired.clear()
    for side in (symbol.bids, symbol.asks):
        for order in orders_of(side):
            if order.level is not None:
                cancel(state, order, reason, closed)
    for order in list(symbol.waiting.values()):
        if order.conditions is not None and order.conditions.waiting:
            cancel(state, order, reason, closed)
