"""What a book is to show when all of a command's events are there: changes of its levels, held back and added up."""

from __future__ import annotations

import msgspec

from mycrypto.contracts.trading import Side

Place = tuple[int, int]
"""A result: the offset of its command record, and its index there."""

Change = tuple[int, int, int]
"""Of a level: its price, and by how much its quantity and its number of orders change."""


class HeldImage(msgspec.Struct, frozen=True, array_like=True):
    """What views know between two parts: orders under way with what they will show, the result that may go on, and what is held back of the books."""

    moving: dict[int, int]
    goes_on: Place | None
    sides: list[tuple[str, Side, list[Change]]]
    last: dict[str, int]


class Held:
    """Changes by symbol, side and price, and the event that changed each book last."""

    def __init__(self) -> None:
        self._sides: dict[tuple[str, Side], dict[int, tuple[int, int]]] = {}
        self.last: dict[str, int] = {}

    def add(self, symbol: str, side: Side, price: int, quantity: int, orders: int, seq: int) -> None:
        """One more change of a level."""
        changes = self._sides.setdefault((symbol, side), {})
        before = changes.get(price)
        changes[price] = (quantity, orders) if before is None else (before[0] + quantity, before[1] + orders)
        self.last[symbol] = seq

    def sides(self) -> list[tuple[str, Side, list[Change]]]:
        """What is different in the end, by symbol and side."""
        return [(symbol, side, [(price, *change) for price, change in changes.items()]) for (symbol, side), changes in self._sides.items()]

    @staticmethod
    def of_image(image: HeldImage) -> Held:
        """The same changes."""
        found = Held()
        for symbol, side, changes in image.sides:
            found._sides[symbol, side] = {price: (quantity, orders) for price, quantity, orders in changes}
        found.last = image.last
        return found
