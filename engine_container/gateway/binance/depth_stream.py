"""The differences of one book at one speed: every level that changed, in updates whose numbers leave no gap."""

from __future__ import annotations

from engine_container.gateway.binance import stream_models
from engine_container.gateway.binance.names import amount
from engine_container.gateway.binance.outlet import encode
from engine_container.views.books import Book
from mycrypto.contracts.trading import Side


class DepthStream:
    """``U`` of an update is one more than ``u`` of the one before, so that who follows sees that nothing is missing."""

    def __init__(self, symbol: str, book: Book) -> None:
        self._symbol = symbol
        self._last = book.last_seq
        self._touched: tuple[set[int], set[int]] = (set(), set())

    def touch(self, side: Side, price: int) -> None:
        self._touched[side].add(price)

    def replaced(self, old: Book, new: Book) -> None:
        """The book was rebuilt: every level of the old and of the new book may have changed."""
        for side in Side:
            self._touched[side].update(old.sides[side].levels, new.sides[side].levels)

    def flush(self, book: Book) -> bytes | None:
        """What changed since the last time."""
        if book.last_seq <= self._last:
            return None
        changes: list[list[tuple[str, str]]] = []
        for side in (Side.BUY, Side.SELL):
            levels = book.sides[side].levels
            prices = sorted(self._touched[side], reverse=side is Side.BUY)
            changes.append([(amount(price), amount(levels[price].quantity if price in levels else 0)) for price in prices])
        first, self._last = self._last + 1, book.last_seq
        self._touched = (set(), set())
        return encode(stream_models.depth_update(self._symbol, first, self._last, changes[0], changes[1]))
