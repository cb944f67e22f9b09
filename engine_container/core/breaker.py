"""The circuit breaker: a price that moves more than ``breaker_bps`` within a minute halts its symbol."""

from __future__ import annotations

from typing import Final

from mypy_extensions import i64

from engine_container.core.entities import Symbol
from engine_container.core.limits import lowered, raised, set_band
from engine_container.core.state import State

WINDOW_SECONDS: Final = 60


def observe(state: State, symbol: Symbol, price: i64) -> bool:
    """Take note of a new last price; True if it is too far from a price of the last minute."""
    before = symbol.last_price
    symbol.last_price = price
    set_band(symbol)
    if symbol.waiting:
        if not symbol.prints:
            state.moved.append(symbol)
        symbol.prints.append(price)
    limit = symbol.breaker_bps
    if limit == 0:
        return False
    second = state.now_ms // 1_000
    if second != symbol.window_second:
        _roll(symbol, second, before if before > 0 else price)
    low = symbol.window_low
    high = symbol.window_high
    if price < low or price > high:
        low = min(price, low)
        high = max(price, high)
        symbol.window_low = low
        symbol.window_high = high
        _, second_low, second_high = symbol.window[-1]
        symbol.window[-1] = (second, min(second_low, price), max(second_high, price))
    return price > raised(low, limit) or price < lowered(high, limit)


def forget(symbol: Symbol) -> None:
    """Begin a new window: after a halt the old prices no longer count."""
    symbol.window.clear()
    symbol.window_second = -1


def _roll(symbol: Symbol, second: i64, price: i64) -> None:
    """Begin a new second with the price then in force, and drop the seconds that are a minute old."""
    kept = [entry for entry in symbol.window if entry[0] > second - WINDOW_SECONDS]
    kept.append((second, price, price))
    symbol.window = kept
    symbol.window_second = second
    symbol.window_low = min([entry[1] for entry in kept])
    symbol.window_high = max([entry[2] for entry in kept])
