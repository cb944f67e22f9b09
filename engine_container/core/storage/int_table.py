"""A table from numbers to objects, in native integers. A dictionary would need an object for every number and would call its hash function.

Open addressing with linear probing; at most half of the places are taken, and displaced entries move back when a place becomes free. Nothing depends
on the order of the places: a caller that needs an order sorts.
"""

from __future__ import annotations

from typing import Final, Generic, TypeVar

from librt.vecs import vec
from mypy_extensions import i64

Item = TypeVar("Item")

_PLACES_AT_FIRST: Final = 16
_LOW_BITS: Final = 0xFFFFFFFF
_STEP: Final = 5
"""Odd, so that no two neighbours want one place; small, so that they still share what the processor fetches at once."""


class IntTable(Generic[Item]):
    """Numbers of 64 bits, of either sign. ``count`` says how many there are."""

    __slots__ = ("_items", "_mask", "_numbers", "count")

    def __init__(self) -> None:
        self._numbers: vec[i64] = vec[i64]([0] * _PLACES_AT_FIRST)
        self._items: list[Item | None] = [None] * _PLACES_AT_FIRST
        self._mask: i64 = _PLACES_AT_FIRST - 1
        self.count: i64 = 0

    def find(self, number: i64) -> Item | None:
        """What stands under the number, if anything does."""
        numbers = self._numbers
        items = self._items
        mask = self._mask
        place = _mixed(number) & mask
        while True:
            item = items[place]
            if item is None or numbers[place] == number:
                return item
            place = (place + 1) & mask

    def add(self, number: i64, item: Item) -> None:
        """Put an object under a number that has none."""
        mask = self._mask
        place = _mixed(number) & mask
        items = self._items
        while items[place] is not None:
            place = (place + 1) & mask
        self._numbers[place] = number
        items[place] = item
        self.count += 1
        if self.count * 2 > mask:
            self._grow()

    def remove(self, number: i64) -> None:
        """Take away what stands under the number; raises ``KeyError`` if nothing does."""
        numbers = self._numbers
        items = self._items
        mask = self._mask
        hole = _mixed(number) & mask
        while True:
            if items[hole] is None:
                raise KeyError(number)
            if numbers[hole] == number:
                break
            hole = (hole + 1) & mask
        self.count -= 1
        place = hole
        while True:
            place = (place + 1) & mask
            item = items[place]
            if item is None:
                break
            other = numbers[place]
            if (place - _mixed(other)) & mask >= (place - hole) & mask:
                numbers[hole] = other
                items[hole] = item
                hole = place
        items[hole] = None

    def values(self) -> list[Item]:
        """All objects, in no order."""
        return [item for item in self._items if item is not None]

    def _grow(self) -> None:
        old_numbers = self._numbers
        old_items = self._items
        places = (self._mask + 1) * 2
        mask = places - 1
        numbers: vec[i64] = vec[i64]([0] * int(places))
        items: list[Item | None] = [None] * int(places)
        for at, item in enumerate(old_items):
            if item is not None:
                number = old_numbers[at]
                place = _mixed(number) & mask
                while items[place] is not None:
                    place = (place + 1) & mask
                numbers[place] = number
                items[place] = item
        self._numbers = numbers
        self._items = items
        self._mask = mask


def _mixed(number: i64) -> i64:
    """The number with its higher bits folded onto the lower: multiples of a large step spread as well as neighbours do.

    Neighbours stand some places apart. Side by side, a hundred thousand of them (the levels of a deep book) would be one run of taken places, and each
    that goes would have all behind it looked at.
    """
    return ((number ^ (number >> 9) ^ (number >> 20) ^ (number >> 33)) & _LOW_BITS) * _STEP
