"""Hash tables from marks to rows, in native integers: the index of the command memory's rows.

A slot holds the 31 bits of a mark, a 1 and the last 31 bits of the row's number; an empty slot is 0. The first bits of the mark give the slot's home,
so a slot can be moved without reading its row, which is seldom in the processor's caches. Different keys may have the same mark: a search therefore
compares the row's key.
Open addressing with linear probing; at most half of the slots are taken, and displaced slots move back when a slot becomes free. Many small tables
replace one large table: each grows by itself, and each at another load. So with ten million rows no command waits longer than about a millisecond,
and the following commands find no other table about to grow.
"""

from __future__ import annotations

from typing import Final

from librt.vecs import vec
from mypy_extensions import i64, mypyc_attr

MARK_MASK: Final = 0x7FFFFFFF
"""A mark has these bits."""
ROW_MASK: Final = 0x7FFFFFFF

_TABLES: Final = 64
_TABLE_SHIFT: Final = 25
"""The first bits of a mark say which table, the last ones where in it."""
_SLOTS_AT_FIRST: Final = 64
_TAKEN: Final = 0x80000000
_MARK_SHIFT: Final = 32


@mypyc_attr(acyclic=True)
class HashSlots:
    """``slots`` and ``mask`` are to be read only."""

    __slots__ = ("_taken", "_taken_max", "mask", "slots")

    def __init__(self, taken_max: i64) -> None:
        self.slots: vec[i64] = vec[i64]([0] * _SLOTS_AT_FIRST)
        self.mask: i64 = _SLOTS_AT_FIRST - 1
        self._taken: i64 = 0
        self._taken_max = taken_max
        """With more than these it grows."""

    def glance(self, mark: i64) -> i64:
        """What is at the first place where a mark may be, of no meaning: to have the processor fetch it."""
        return self.slots[mark & self.mask]

    def seek(self, mark: i64, place: i64) -> i64:
        """The first place from this one on (the mark, to begin with) that has the mark, or is free: then the mark is nowhere further on."""
        slots = self.slots
        mask = self.mask
        place &= mask
        while True:
            slot = slots[place]
            if slot == 0 or slot >> _MARK_SHIFT == mark:
                return place
            place = (place + 1) & mask

    def put(self, place: i64, mark: i64, row: i64) -> None:
        """Let the place, one that :meth:`seek` found, stand for the row."""
        slots = self.slots
        if slots[place] == 0:
            self._taken += 1
        slots[place] = (mark << _MARK_SHIFT) | _TAKEN | (row & ROW_MASK)
        if self._taken > self._taken_max:
            self._grow()

    def free(self, hole: i64) -> None:
        """Empty a taken place."""
        slots = self.slots
        mask = self.mask
        self._taken -= 1
        place = hole
        while True:
            place = (place + 1) & mask
            slot = slots[place]
            if slot == 0:
                break
            wanted = (slot >> _MARK_SHIFT) & mask
            if (place - wanted) & mask >= (place - hole) & mask:
                slots[hole] = slot
                hole = place
        slots[hole] = 0

    def _grow(self) -> None:
        old = self.slots
        places = self.mask + 1
        mask = places * 2 - 1
        slots: vec[i64] = vec[i64]([0] * int(places * 2))
        for at in range(places):
            slot = old[at]
            if slot != 0:
                place = (slot >> _MARK_SHIFT) & mask
                while slots[place] != 0:
                    place = (place + 1) & mask
                slots[place] = slot
        self.slots = slots
        self.mask = mask
        self._taken_max *= 2


class SlotTables:
    """All tables of one kind of key."""

    __slots__ = ("_tables",)

    def __init__(self) -> None:
        least = _SLOTS_AT_FIRST // 4
        self._tables = [HashSlots(least + least * index // _TABLES) for index in range(_TABLES)]

    def of(self, mark: i64) -> HashSlots:
        """The table that has a mark, if any does."""
        return self._tables[mark >> _TABLE_SHIFT]
