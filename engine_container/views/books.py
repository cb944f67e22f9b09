"""The public order book of one symbol: what is shown, added up per price."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable
from typing import Final

from mycrypto.contracts.trading import Side


class Level:
    """What stands at one price: the shown quantity in units and the number of orders."""

    __slots__ = ("orders", "quantity")

    def __init__(self) -> None:
        self.quantity = 0
        self.orders = 0


class BookSide:
    """One side; the best price is the last of its sorted keys, where it costs least to take away."""

    __slots__ = ("_keys", "_sign", "levels")

    def __init__(self, *, highest_is_best: bool) -> None:
        self._sign: Final = 1 if highest_is_best else -1
        self.levels: dict[int, Level] = {}
        self._keys: list[int] = []
        """Prices, or their negatives where the lowest is best; ascending."""

    def add(self, price: int, quantity: int, orders: int) -> Level:
        """Change a level by signed amounts; a level that shows no order any more disappears."""
        level = self.levels.get(price)
        if level is None:
            level = self.levels[price] = Level()
            insort(self._keys, price * self._sign)
        level.quantity += quantity
        level.orders += orders
        if level.orders == 0:
            del self.levels[price]
            key = price * self._sign
            if self._keys[-1] == key:
                self._keys.pop()
            else:
                del self._keys[bisect_left(self._keys, key)]
        return level

    def add_all(self, changes: Iterable[tuple[int, int, int]]) -> None:
        """Change many levels, each by price, quantity and orders: the keys are sorted once."""
        levels = self.levels
        for price, quantity, orders in changes:
            level = levels.get(price)
            if level is None:
                level = levels[price] = Level()
            level.quantity += quantity
            level.orders += orders
            if level.orders == 0:
                del levels[price]
        self._keys = sorted(price * self._sign for price in levels)

    def __len__(self) -> int:
        """How many levels there are."""
        return len(self.levels)

    @property
    def prices(self) -> list[int]:
        """All prices, ascending."""
        return sorted(self.levels)

    def best(self) -> int | None:
        """The best price, or ``None`` on an empty side."""
        return self._keys[-1] * self._sign if self._keys else None

    def best_prices(self, depth: int) -> list[int]:
        """Up to ``depth`` prices, best first."""
        sign = self._sign
        return [key * sign for key in self._keys[: -depth - 1 : -1]]

    def top(self, depth: int) -> list[tuple[int, int, int]]:
        """Up to ``depth`` levels as (price, quantity, orders), best first."""
        levels = self.levels
        return [(price, levels[price].quantity, levels[price].orders) for price in self.best_prices(depth)]


class Book:
    """Both sides of one symbol."""

    __slots__ = ("last_seq", "last_time_ms", "sides")

    def __init__(self, time_ms: int = 0) -> None:
        """``time_ms``: since when it is as it is, empty."""
        self.sides: Final = (BookSide(highest_is_best=True), BookSide(highest_is_best=False))
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
