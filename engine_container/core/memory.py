"""What is remembered of past commands, packed: a row of eight native integers each, found by its command id through one table.

Rows stand in pages, oldest first, and are known by a number that is never used again. A page goes when all of its rows are forgotten. What does
not fit into a row (ids that have not 16 bytes, figures beyond 64 bits, the odd fields of rarer commands) is kept beside it.
"""

from __future__ import annotations

from typing import Final

from librt.strings import BytesWriter, write_i64_be
from librt.vecs import vec
from mypy_extensions import i64, mypyc_attr

from engine_container.core.identities import ID_LENGTH, folded, high_of, low_of

ABSENT: Final = -1

_ROWS: Final = 1024
"""Of one page: few enough that to begin one takes microseconds."""
_ROW_BITS: Final = 10
_CELLS: Final = 8
_SLOTS_AT_FIRST: Final = 16
_ROW_MASK: Final = 0x7FFFFFFF
_TAKEN: Final = 0x80000000
_MARK_SHIFT: Final = 32
_MARK_MASK: Final = 0x7FFFFFFF
"""A slot has 31 bits of the id, the first of which say where it belongs, a 1, and the last 31 bits of the row's number; 0 where nothing is.
So it can be moved without a look at its row, which is seldom in the processor's caches."""
_FIGURE_MAX: Final = 0x7FFFFFFFFFFFFFFF

_HIGH: Final = 0
_LOW: Final = 1
_CREATED: Final = 2
_NUMBER: Final = 3
_SHAPE: Final = 4
_QUANTITY: Final = 5
_PRICE: Final = 6
_USER: Final = 7


@mypyc_attr(acyclic=True)
class Record:
    """One row, taken out to be looked at."""

    __slots__ = ("client_order_id", "command_id", "created_ms", "more", "number", "price", "quantity", "shape", "user_index")

    def __init__(
        self,
        command_id: bytes,
        user_index: int,
        client_order_id: str,
        created_ms: int,
        number: int,
        shape: int,
        quantity: int,
        price: int,
        more: tuple[object, ...] | None,
    ) -> None:
        self.command_id = command_id
        """b"" for an order that came inside another command."""
        self.user_index = user_index
        """-1 for none."""
        self.client_order_id = client_order_id
        self.created_ms = created_ms
        self.number = number
        self.shape = shape
        """Side, type, time in force, prevention, post-only and symbol of an order as one integer (:func:`placing.record_of`), or what
        else it is (:mod:`idempotency`)."""
        self.quantity = quantity
        self.price = price
        self.more = more
        """Further fields where an order has any; the whole content for commands that place none."""


class _Page:
    __slots__ = ("figures", "ids", "more", "rows", "texts")

    def __init__(self) -> None:
        self.rows: vec[i64] = vec[i64]([0] * (_ROWS * _CELLS))
        self.texts: list[str] = [""] * _ROWS
        """client_order_ids."""
        self.ids: dict[int, bytes] = {}
        """Command ids that have not 16 bytes, by the row's number."""
        self.figures: dict[int, tuple[int, int]] = {}
        """Quantities and prices that are beyond 64 bits."""
        self.more: dict[int, tuple[object, ...]] = {}


class Memory:
    """``first`` is the number of the oldest row, ``end`` the one that the next row gets."""

    __slots__ = ("_first_page", "_mask", "_page", "_pages", "_slots", "_taken", "end", "first", "odd_ids")

    def __init__(self) -> None:
        self.first: i64 = 0
        self.end: i64 = 0
        self._pages: list[_Page] = [_Page()]
        self._page = self._pages[0]
        """The last one."""
        self._first_page: i64 = 0
        self._slots: vec[i64] = vec[i64]([0] * _SLOTS_AT_FIRST)
        self._mask: i64 = _SLOTS_AT_FIRST - 1
        self._taken: i64 = 0
        self.odd_ids: dict[bytes, int] = {}
        """Rows of commands whose ids have not 16 bytes."""

    def add(
        self,
        high: i64,
        low: i64,
        user_index: i64,
        client_order_id: str,
        created_ms: i64,
        number: i64,
        shape: i64,
        quantity: i64,
        price: i64,
    ) -> bool:
        """Remember a command that fits into a row; False, and nothing done, if its id is taken."""
        mask = self._mask
        mark = folded(high, low, _MARK_MASK)
        slots = self._slots
        place = mark & mask
        while True:
            slot = slots[place]
            if slot == 0:
                break
            if slot >> _MARK_SHIFT == mark and self._is_of(slot, high, low):
                return False
            place = (place + 1) & mask
        slots[place] = _slot(mark, self.end)
        self._taken += 1
        self._write(high, low, user_index, client_order_id, created_ms, number, shape, quantity, price)
        if self._taken * 2 > mask:
            self._grow()
        return True

    def take_back(self) -> None:
        """Undo the last :meth:`add`."""
        row = self.end - 1
        self._drop(row)
        page = self._page_of(row)
        page.texts[int(row & (_ROWS - 1))] = ""
        self.end = row

    def find(self, command_id: bytes) -> int:
        """The row of a command, ``ABSENT`` if there is none."""
        if len(command_id) != ID_LENGTH:
            return self.odd_ids.get(command_id, ABSENT)
        place = self._place_of(high_of(command_id), low_of(command_id))
        slot = self._slots[place]
        return int(self._row_of(slot)) if slot != 0 else ABSENT

    def keep(self, record: Record, *, found_by_id: bool) -> int:
        """Remember a command of any kind, in place of an older one with its id, or an order that came inside another command; its row."""
        row = self.end
        fits = -_FIGURE_MAX <= record.quantity <= _FIGURE_MAX and -_FIGURE_MAX <= record.price <= _FIGURE_MAX
        odd_id = len(record.command_id) != ID_LENGTH
        high = i64(0) if odd_id else high_of(record.command_id)
        low = i64(0) if odd_id else low_of(record.command_id)
        self._write(
            high,
            low,
            record.user_index,
            record.client_order_id,
            record.created_ms,
            record.number,
            record.shape,
            record.quantity if fits else 0,
            record.price if fits else 0,
        )
        page = self._page_of(row)
        number = int(row)
        if not fits:
            page.figures[number] = (record.quantity, record.price)
        if record.more is not None:
            page.more[number] = record.more
        if odd_id:
            page.ids[number] = record.command_id
            if found_by_id:
                self.odd_ids[record.command_id] = number
        elif found_by_id:
            place = self._place_of(high, low)
            if self._slots[place] == 0:
                self._taken += 1
            self._slots[place] = _slot(folded(high, low, _MARK_MASK), row)
            if self._taken * 2 > self._mask:
                self._grow()
        return number

    def record(self, number: int) -> Record:
        """What a row says."""
        row = i64(number)
        page = self._page_of(row)
        rows = page.rows
        cell = (row & (_ROWS - 1)) * _CELLS
        command_id = page.ids.get(number)
        if command_id is None:
            halves = BytesWriter()
            write_i64_be(halves, rows[cell + _HIGH])
            write_i64_be(halves, rows[cell + _LOW])
            command_id = halves.getvalue()
        quantity, price = page.figures.get(number, (int(rows[cell + _QUANTITY]), int(rows[cell + _PRICE])))
        return Record(
            command_id,
            int(rows[cell + _USER]),
            page.texts[int(row & (_ROWS - 1))],
            int(rows[cell + _CREATED]),
            int(rows[cell + _NUMBER]),
            int(rows[cell + _SHAPE]),
            quantity,
            price,
            page.more.get(number),
        )

    def created_ms(self, number: int) -> int:
        """When the row's command came."""
        row = i64(number)
        return int(self._page_of(row).rows[(row & (_ROWS - 1)) * _CELLS + _CREATED])

    def number_of(self, number: int) -> int:
        """The order that answers for the row's command."""
        row = i64(number)
        return int(self._page_of(row).rows[(row & (_ROWS - 1)) * _CELLS + _NUMBER])

    def user_index(self, number: int) -> int:
        """Whose the row's command is; -1 for none."""
        row = i64(number)
        return int(self._page_of(row).rows[(row & (_ROWS - 1)) * _CELLS + _USER])

    def client_order_id(self, number: int) -> str:
        """What the row's command took of its user's client_order_ids; "" for none."""
        row = i64(number)
        return self._page_of(row).texts[int(row & (_ROWS - 1))]

    def answer_with(self, number: int, user_index: int, order: int, second: int) -> None:
        """A command that placed orders is answered with them; ``second`` is 0 where there is one only."""
        row = i64(number)
        rows = self._page_of(row).rows
        cell = (row & (_ROWS - 1)) * _CELLS
        rows[cell + _USER] = user_index
        rows[cell + _NUMBER] = order
        rows[cell + _PRICE] = second

    def part_from_client(self, number: int) -> None:
        """The row's command did not take its client_order_id."""
        row = i64(number)
        self._page_of(row).texts[int(row & (_ROWS - 1))] = ""

    def forget_first(self) -> None:
        """Drop the oldest row."""
        row = self.first
        number = int(row)
        page = self._page_of(row)
        odd_id = page.ids.get(number)
        if odd_id is None:
            self._drop(row)
        elif self.odd_ids.get(odd_id) == number:
            del self.odd_ids[odd_id]
        self.first = row + 1
        if self.first & (_ROWS - 1) == 0:
            gone = (self.first >> _ROW_BITS) - self._first_page
            if gone * 2 > len(self._pages):
                del self._pages[: int(gone)]
                self._first_page += gone
            else:
                self._pages[int(gone) - 1] = _GONE

    def _page_of(self, row: i64) -> _Page:
        return self._pages[(row >> _ROW_BITS) - self._first_page]

    def _row_of(self, slot: i64) -> i64:
        return self.first + ((slot - self.first) & _ROW_MASK)

    def _is_of(self, slot: i64, high: i64, low: i64) -> bool:
        row = self._row_of(slot)
        rows = self._page_of(row).rows
        cell = (row & (_ROWS - 1)) * _CELLS
        return rows[cell + _LOW] == low and rows[cell + _HIGH] == high

    def _place_of(self, high: i64, low: i64) -> i64:
        """The slot of an id, or the free one where it belongs."""
        slots = self._slots
        mask = self._mask
        mark = folded(high, low, _MARK_MASK)
        place = mark & mask
        while True:
            slot = slots[place]
            if slot == 0 or (slot >> _MARK_SHIFT == mark and self._is_of(slot, high, low)):
                return place
            place = (place + 1) & mask

    def _write(
        self,
        high: i64,
        low: i64,
        user_index: i64,
        client_order_id: str,
        created_ms: i64,
        number: i64,
        shape: i64,
        quantity: i64,
        price: i64,
    ) -> None:
        row = self.end
        within = row & (_ROWS - 1)
        page = self._page
        if within == 0 and (row >> _ROW_BITS) - self._first_page >= i64(len(self._pages)):
            page = _Page()
            self._pages.append(page)
            self._page = page
        rows = page.rows
        cell = within * _CELLS
        rows[cell + _HIGH] = high
        rows[cell + _LOW] = low
        rows[cell + _CREATED] = created_ms
        rows[cell + _NUMBER] = number
        rows[cell + _SHAPE] = shape
        rows[cell + _QUANTITY] = quantity
        rows[cell + _PRICE] = price
        rows[cell + _USER] = user_index
        if client_order_id:
            page.texts[within] = client_order_id
        self.end = row + 1

    def _drop(self, row: i64) -> None:
        """Take a row's id out of the table, if it still stands for this row; those that were pushed on by it move back."""
        rows = self._page_of(row).rows
        cell = (row & (_ROWS - 1)) * _CELLS
        slots = self._slots
        mask = self._mask
        hole = self._place_of(rows[cell + _HIGH], rows[cell + _LOW])
        if slots[hole] == 0 or self._row_of(slots[hole]) != row:
            return
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
        old = self._slots
        places = self._mask + 1
        mask = places * 2 - 1
        slots: vec[i64] = vec[i64]([0] * int(places * 2))
        for at in range(places):
            slot = old[at]
            if slot != 0:
                place = (slot >> _MARK_SHIFT) & mask
                while slots[place] != 0:
                    place = (place + 1) & mask
                slots[place] = slot
        self._slots = slots
        self._mask = mask


def _slot(mark: i64, row: i64) -> i64:
    return (mark << _MARK_SHIFT) | _TAKEN | (row & _ROW_MASK)


_GONE: Final = _Page()
