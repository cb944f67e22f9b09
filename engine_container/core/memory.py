"""What is remembered of past commands, packed: a row of eight native integers each, found by its command id, and by its user and client_order_id.

Rows stand in pages, oldest first, and are known by a number that is never used again. A page goes when all of its rows are forgotten. What does
not fit into a row (ids that have not 16 bytes, figures beyond 64 bits, the odd fields of rarer commands) is kept beside it.
"""

from __future__ import annotations

from typing import Final

from librt.strings import BytesWriter, write_i64_be
from librt.vecs import vec
from mypy_extensions import i64, mypyc_attr

from engine_container.core.identities import ID_LENGTH, folded, high_of, low_of
from engine_container.core.slots import MARK_MASK, ROW_MASK, Slots, Tables

ABSENT: Final = -1

_ROWS: Final = 128
"""Of one page: few enough that to begin one takes a microsecond or two."""
_ROW_BITS: Final = 7
_CELLS: Final = 8
_FIGURE_MAX: Final = 0x7FFFFFFFFFFFFFFF
_SPREAD: Final = 0x9E3779B1
"""An odd number, to set apart the same client_order_id of different users."""

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

    __slots__ = ("_clients", "_first_page", "_ids", "_page", "_pages", "end", "first", "odd_ids")

    def __init__(self) -> None:
        self.first: i64 = 0
        self.end: i64 = 0
        self._pages: list[_Page] = [_Page()]
        self._page = self._pages[0]
        """The last one."""
        self._first_page: i64 = 0
        self._ids = Tables()
        self._clients = Tables()
        self.odd_ids: dict[bytes, int] = {}
        """Rows of commands whose ids have not 16 bytes."""

    def add(
        self,
        high: i64,
        low: i64,
        user_index: i64,
        client_order_id: str,
        client_mark: i64,
        created_ms: i64,
        number: i64,
        shape: i64,
        quantity: i64,
        price: i64,
    ) -> bool:
        """Remember a command that fits into a row; False, and nothing done, if its id or its user's client_order_id is taken."""
        mark = folded(high, low, MARK_MASK)
        ids = self._ids.of(mark)
        place = self._place_of(ids, mark, high, low)
        if ids.slots[place] != 0:
            return False
        row = self.end
        if client_order_id:
            clients = self._clients.of(client_mark)
            client_place = self._client_place(clients, client_mark, user_index, client_order_id)
            if clients.slots[client_place] != 0:
                return False
            clients.put(client_place, client_mark, row)
        ids.put(place, mark, row)
        self._write(high, low, user_index, client_order_id, created_ms, number, shape, quantity, price)
        return True

    def glance(self, high: i64, low: i64, client_mark: i64) -> i64:
        """Touch where a command id and a client_order_id will be looked for; what is there, of no meaning."""
        mark = folded(high, low, MARK_MASK)
        ids = self._ids.of(mark)
        clients = self._clients.of(client_mark)
        return ids.slots[mark & ids.mask] ^ clients.slots[client_mark & clients.mask]

    def find_client(self, user_index: i64, client_order_id: str) -> int:
        """The row that a user's client_order_id stands for, ``ABSENT`` if it stands for none."""
        mark = mark_of_client(user_index, client_order_id)
        clients = self._clients.of(mark)
        slot = clients.slots[self._client_place(clients, mark, user_index, client_order_id)]
        return int(self._row_of(slot)) if slot != 0 else ABSENT

    def take_client(self, number: int) -> None:
        """Let the client_order_id of a row stand for that row, whatever it stood for before."""
        row = i64(number)
        page = self._page_of(row)
        within = row & (_ROWS - 1)
        user_index = page.rows[within * _CELLS + _USER]
        text = page.texts[within]
        mark = mark_of_client(user_index, text)
        clients = self._clients.of(mark)
        clients.put(self._client_place(clients, mark, user_index, text), mark, row)

    def free_client(self, user_index: i64, client_order_id: str) -> None:
        """Let a user's client_order_id stand for no row."""
        mark = mark_of_client(user_index, client_order_id)
        clients = self._clients.of(mark)
        place = self._client_place(clients, mark, user_index, client_order_id)
        slot = clients.slots[place]
        if slot != 0:
            clients.free(place)
            self.part_from_client(int(self._row_of(slot)))

    def find(self, command_id: bytes) -> int:
        """The row of a command, ``ABSENT`` if there is none."""
        if len(command_id) != ID_LENGTH:
            return self.odd_ids.get(command_id, ABSENT)
        high = high_of(command_id)
        low = low_of(command_id)
        mark = folded(high, low, MARK_MASK)
        ids = self._ids.of(mark)
        slot = ids.slots[self._place_of(ids, mark, high, low)]
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
            mark = folded(high, low, MARK_MASK)
            ids = self._ids.of(mark)
            ids.put(self._place_of(ids, mark, high, low), mark, row)
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
        """The row's command, which does not stand for its client_order_id, forgets it."""
        row = i64(number)
        self._page_of(row).texts[int(row & (_ROWS - 1))] = ""

    def forget_first(self) -> None:
        """Drop the oldest row."""
        row = self.first
        number = int(row)
        page = self._page_of(row)
        odd_id = page.ids.get(number)
        if odd_id is None:
            rows = page.rows
            cell = (row & (_ROWS - 1)) * _CELLS
            high = rows[cell + _HIGH]
            low = rows[cell + _LOW]
            mark = folded(high, low, MARK_MASK)
            ids = self._ids.of(mark)
            place = self._place_of(ids, mark, high, low)
            slot = ids.slots[place]
            if slot != 0 and self._row_of(slot) == row:
                ids.free(place)
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
        return self.first + ((slot - self.first) & ROW_MASK)

    def _place_of(self, ids: Slots, mark: i64, high: i64, low: i64) -> i64:
        """The slot of a command id, or the free one where it belongs."""
        place = ids.seek(mark, mark)
        while True:
            slot = ids.slots[place]
            if slot == 0:
                return place
            row = self._row_of(slot)
            rows = self._page_of(row).rows
            cell = (row & (_ROWS - 1)) * _CELLS
            if rows[cell + _LOW] == low and rows[cell + _HIGH] == high:
                return place
            place = ids.seek(mark, place + 1)

    def _client_place(self, clients: Slots, mark: i64, user_index: i64, client_order_id: str) -> i64:
        """The slot of a user's client_order_id, or the free one where it belongs."""
        place = clients.seek(mark, mark)
        while True:
            slot = clients.slots[place]
            if slot == 0:
                return place
            row = self._row_of(slot)
            page = self._page_of(row)
            within = row & (_ROWS - 1)
            if page.rows[within * _CELLS + _USER] == user_index and page.texts[within] == client_order_id:
                return place
            place = clients.seek(mark, place + 1)

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


def mark_of_client(user_index: i64, client_order_id: str) -> i64:
    """Where a user's client_order_id is looked for; 0 for none.

    Python's hash of a text is keyed with a secret of the process: users choose these ids, and nobody outside can choose them to collide. What a
    slot is found by is of no effect on any event.
    """
    if not client_order_id:
        return 0
    mixed = i64(hash(client_order_id)) ^ (user_index * _SPREAD)
    return (mixed ^ (mixed >> 32)) & MARK_MASK


_GONE: Final = _Page()
