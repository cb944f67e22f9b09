"""The public order book of one symbol: what is shown, added up per price."""

from __future__ import annotations

from bisect import bisect_left, insort
from typing import Final

from mycrypto.contracts.trading import Side


class Level:
    """What stands at one price: the shown quantity in units and the number of orders."""

    __slots__ = ("orders", "quantity")

    def __init__(self) -> None:
        self.quantity = 0
        self.orders = 0


class BookSide:
    """One side; prices are kept sorted, so that the best levels are a slice."""

    __slots__ = ("_best_is_last", "levels", "prices")

    def __init__(self, *, best_is_last: bool) -> None:
        self._best_is_last = best_is_last
        self.levels: dict[int, Level] = {}
        self.prices: list[int] = []
        """Ascending."""

    def add(self, price: int, quantity: int, orders: int) -> Level:
        """Change a level by signed amounts; a level that shows no order any more disappears."""
        level = self.levels.get(price)
        if level is None:
            level = self.levels[price] = Level()
            insort(self.prices, price)
        level.quantity += quantity
        level.orders += orders
        if level.orders == 0:
            del self.levels[price]
            del self.prices[bisect_left(self.prices, price)]
        return level

    def best(self) -> int | None:
        """The best price, or ``None`` on an empty side."""
        if not self.prices:
            return None
        return self.prices[-1 if self._best_is_last else 0]

    def best_prices(self, depth: int) -> list[int]:
        """Up to ``depth`` prices, best first."""
        return self.prices[: -depth - 1 : -1] if self._best_is_last else self.prices[:depth]

    def top(self, depth: int) -> list[tuple[int, int, int]]:
        """Up to ``depth`` levels as (price, quantity, orders), best first."""
        levels = self.levels
        return [(price, levels[price].quantity, levels[price].orders) for price in self.best_prices(depth)]


class Book:
    """Both sides of one symbol."""

    __slots__ = ("last_seq", "last_time_ms", "sides")

    def __init__(self, time_ms: int = 0) -> None:
        """``time_ms``: since when it is as it is, empty."""
        self.sides: Final = (BookSide(best_is_last=True), BookSide(best_is_last=False))
        """Indexed by :class:`Side`."""
        self.last_seq = 0
        """The last event that changed the book."""
        self.last_time_ms = time_ms

    @property
    def bids(self) -> BookSide:
        return self.sides[Side.BUY]

    @property
    def asks(self) -> BookSide:
        return self.sides[Side.SELL]
