"""Tables from ids of 16 bytes, as two 64-bit halves, to small numbers, in native integers: no object for a key, none for a value.

Open addressing with linear probing; at most half of the places are taken. The hash has no effect on any event. The platform makes the ids at
random, so a user cannot choose ids that collide.
"""

from __future__ import annotations

from typing import Final

from librt.strings import read_i64_be
from librt.vecs import vec
from mypy_extensions import i64, mypyc_attr

ABSENT: Final = -1
ID_LENGTH: Final = 16
_CELLS: Final = 3
"""Of one place: the halves of the id, and its value + 1; 0 where nothing is."""
_PLACES_AT_FIRST: Final = 16


def folded(high: i64, low: i64, mask: i64) -> i64:
    """An id's bits, folded onto those of the mask: where a table begins to look for it."""
    return (high ^ (high >> 32) ^ low ^ (low >> 29)) & mask


@mypyc_attr(acyclic=True)
class UuidTable:
    """Values are numbers from 0 on."""

    __slots__ = ("_cells", "_mask", "_taken")

    def __init__(self) -> None:
        self._cells: vec[i64] = vec[i64]([0] * (_PLACES_AT_FIRST * _CELLS))
        self._mask: i64 = _PLACES_AT_FIRST - 1
        self._taken: i64 = 0

    def find(self, high: i64, low: i64) -> i64:
        """The value of an id, ``ABSENT`` if it has none."""
        cells = self._cells
        mask = self._mask
        place = folded(high, low, mask)
        while True:
            cell = place * _CELLS
            value = cells[cell + 2]
            if value == 0:
                return ABSENT
            if cells[cell + 1] == low and cells[cell] == high:
                return value - 1
            place = (place + 1) & mask

    def add(self, high: i64, low: i64, value: i64) -> i64:
        """Give an id a value if it has none; the value that it had, ``ABSENT`` if it had none."""
        cells = self._cells
        mask = self._mask
        place = folded(high, low, mask)
        while True:
            cell = place * _CELLS
            found = cells[cell + 2]
            if found == 0:
                break
            if cells[cell + 1] == low and cells[cell] == high:
                return found - 1
            place = (place + 1) & mask
        cells[cell] = high
        cells[cell + 1] = low
        cells[cell + 2] = value + 1
        self._taken += 1
        if self._taken * 2 > mask:
            self._grow()
        return ABSENT

    def _grow(self) -> None:
        old = self._cells
        places = self._mask + 1
        mask = places * 2 - 1
        cells: vec[i64] = vec[i64]([0] * int(places * 2 * _CELLS))
        for index in range(places):
            cell = index * _CELLS
            value = old[cell + 2]
            if value != 0:
                high = old[cell]
                low = old[cell + 1]
                place = folded(high, low, mask)
                while cells[place * _CELLS + 2] != 0:
                    place = (place + 1) & mask
                to = place * _CELLS
                cells[to] = high
                cells[to + 1] = low
                cells[to + 2] = value
        self._cells = cells
        self._mask = mask


def high_of(identity: bytes) -> i64:
    """The first half of an id of 16 bytes."""
    return read_i64_be(identity, 0)


def low_of(identity: bytes) -> i64:
    """The second half of an id of 16 bytes."""
    return read_i64_be(identity, 8)
