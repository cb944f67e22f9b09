"""What is remembered of past commands, packed: a row of eight native integers each, found by its command id, and by its user and client_order_id.

Rows stand in pages, oldest first, and are known by a number that is never used again. A page goes when all of its rows are forgotten. Beside the
rows of a page stand the words of their client_order_ids, and what does not fit into a row (ids that have not 16 bytes, figures beyond 64 bits, the odd
fields of rarer commands).
"""

from __future__ import annotations

from typing import Final

from librt.strings import BytesWriter, write_i64_be
from librt.vecs import append
from mypy_extensions import i64

from engine_container.core.storage.command_page import (
    CELLS,
    CREATED,
    FINGERPRINT,
    HIGH,
    LOW,
    NUMBER,
    OWNER,
    PRICE,
    QUANTITY,
    ROW_BITS,
    ROWS,
    USER_MASK,
    WORDS_SHIFT,
    CommandPage,
)
from engine_container.core.storage.hash_slots import MARK_MASK, ROW_MASK, HashSlots, SlotTables
from engine_container.core.storage.packed_text import PADDING, mark_of_client, text_of, word_at
from engine_container.core.storage.remembered_command import RememberedCommand
from engine_container.core.storage.uuid_table import ID_LENGTH, folded, high_of, low_of

ABSENT: Final = -1

_FIGURE_MAX: Final = 0x7FFFFFFFFFFFFFFF


class CommandMemory:
    """``first`` is the number of the oldest row, ``end`` the one that the next row gets."""

    __slots__ = ("_clients", "_first_page", "_found_in", "_ids", "_page", "_pages", "end", "first", "odd_ids")

    def __init__(self) -> None:
        self.first: i64 = 0
        self.end: i64 = 0
        self._pages: list[CommandPage] = [CommandPage()]
        self._page = self._pages[0]
        """The last one."""
        self._first_page: i64 = 0
        self._ids = SlotTables()
        self._clients = SlotTables()
        self._found_in = self._clients.of(0)
        """Where the place of a client_order_id was found last."""
        self.odd_ids: dict[bytes, int] = {}
        """Rows of commands whose ids have not 16 bytes."""

    def add(
        self,
        high: i64,
        low: i64,
        user_index: i64,
        source: bytes,
        at: i64,
        end: i64,
        created_ms: i64,
        number: i64,
        fingerprint: i64,
        quantity: i64,
        price: i64,
        counts_after_ms: i64,
    ) -> i64:
        """Remember a command, found by its id from now on; the row of an earlier one with this id, and nothing done, if that came after a time.

        ``ABSENT`` if it is remembered: as the last row. Its client_order_id stands for it with :meth:`put_client`, which is called next or never.
        """
        mark = folded(high, low, MARK_MASK)
        ids = self._ids.of(mark)
        place = self._place_of(ids, mark, high, low)
        slot = ids.slots[place]
        if slot != 0:
            row = self._row_of(slot)
            if self.created_ms(row) > counts_after_ms:
                return row
        ids.put(place, mark, self.end)
        self._write(high, low, user_index, source, at, end, created_ms, number, fingerprint, quantity, price)
        return ABSENT

    def free_client_place(self, user_index: i64, source: bytes, at: i64, end: i64, mark: i64) -> i64:
        """Where the user's client_order_id, a text in ``source``, belongs in the table of its mark; ``ABSENT`` if it stands for a row already."""
        clients = self._clients.of(mark)
        self._found_in = clients
        place = self._client_place(clients, mark, user_index, source, at, end)
        return place if clients.slots[place] == 0 else i64(ABSENT)

    def put_client(self, mark: i64, place: i64, row: i64) -> None:
        """Let the client_order_id whose free place was found last stand for a row; nothing has changed the table since."""
        self._found_in.put(place, mark, row)

    def glance(self, high: i64, low: i64, client_mark: i64) -> i64:
        """Touch where a command id and a client_order_id will be looked for; what is there, of no meaning."""
        mark = folded(high, low, MARK_MASK)
        return self._ids.of(mark).glance(mark) ^ self._clients.of(client_mark).glance(client_mark)

    def find_client(self, user_index: i64, client_order_id: str) -> int:
        """The row that a user's client_order_id stands for, ``ABSENT`` if it stands for none."""
        clients, place, _ = self._seek_client(user_index, client_order_id)
        slot = clients.slots[place]
        return int(self._row_of(slot)) if slot != 0 else ABSENT

    def take_client(self, number: int) -> None:
        """Let the client_order_id of a row stand for that row, whatever it stood for before."""
        clients, place, mark = self._seek_client(self.user_index(number), self.client_order_id(number))
        clients.put(place, mark, number)

    def free_client(self, user_index: i64, client_order_id: str) -> None:
        """Let a user's client_order_id stand for no row."""
        clients, place, _ = self._seek_client(user_index, client_order_id)
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

    def keep(self, record: RememberedCommand, *, found_by_id: bool) -> int:
        """Remember a command of any kind, in place of an older one with its id, or an order that came inside another command; its row."""
        row = self.end
        fits = -_FIGURE_MAX <= record.quantity <= _FIGURE_MAX and -_FIGURE_MAX <= record.price <= _FIGURE_MAX
        odd_id = len(record.command_id) != ID_LENGTH
        high = i64(0) if odd_id else high_of(record.command_id)
        low = i64(0) if odd_id else low_of(record.command_id)
        source = record.client_order_id.encode() + PADDING
        self._write(
            high,
            low,
            record.user_index,
            source,
            0,
            len(source) - len(PADDING),
            record.created_ms,
            record.number,
            record.fingerprint,
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

    def record(self, number: int) -> RememberedCommand:
        """What a row says."""
        row = i64(number)
        page = self._page_of(row)
        rows = page.rows
        cell = (row & (ROWS - 1)) * CELLS
        command_id = page.ids.get(number)
        if command_id is None:
            halves = BytesWriter()
            write_i64_be(halves, rows[cell + HIGH])
            write_i64_be(halves, rows[cell + LOW])
            command_id = halves.getvalue()
        quantity, price = page.figures.get(number, (int(rows[cell + QUANTITY]), int(rows[cell + PRICE])))
        return RememberedCommand(
            command_id,
            self.user_index(number),
            self.client_order_id(number),
            int(rows[cell + CREATED]),
            int(rows[cell + NUMBER]),
            int(rows[cell + FINGERPRINT]),
            quantity,
            price,
            page.more.get(number),
        )

    def created_ms(self, row: i64) -> i64:
        """When the row's command came."""
        return self._page_of(row).rows[(row & (ROWS - 1)) * CELLS + CREATED]

    def number_of(self, row: i64) -> i64:
        """The order that answers for the row's command."""
        return self._page_of(row).rows[(row & (ROWS - 1)) * CELLS + NUMBER]

    def user_index(self, number: int) -> int:
        """Whose the row's command is; -1 for none."""
        row = i64(number)
        return int((self._page_of(row).rows[(row & (ROWS - 1)) * CELLS + OWNER] & USER_MASK) - 1)

    def client_order_id(self, number: i64) -> str:
        """What the row's command took of its user's client_order_ids; "" for none."""
        page = self._page_of(number)
        at = page.rows[(number & (ROWS - 1)) * CELLS + OWNER] >> WORDS_SHIFT
        return text_of(page.words, at, page.words[at - 1]) if at != 0 else ""

    def answer_with(self, number: int, user_index: int, order: int, second: int) -> None:
        """A command that placed orders, and took no client_order_id, is answered with them; ``second`` is 0 where there is one only."""
        row = i64(number)
        rows = self._page_of(row).rows
        cell = (row & (ROWS - 1)) * CELLS
        rows[cell + OWNER] = user_index + 1
        rows[cell + NUMBER] = order
        rows[cell + PRICE] = second

    def part_from_client(self, number: int) -> None:
        """The row's command, which does not stand for its client_order_id, forgets it."""
        row = i64(number)
        self._page_of(row).rows[(row & (ROWS - 1)) * CELLS + OWNER] &= USER_MASK

    def forget_first(self) -> None:
        """Drop the oldest row; its ids stand for it no longer."""
        row = self.first
        page = self._page_of(row)
        rows = page.rows
        cell = (row & (ROWS - 1)) * CELLS
        owner = rows[cell + OWNER]
        if owner >> WORDS_SHIFT != 0:
            self._free(self._clients, page.mark_of(owner), row)
        odd_id = page.ids.get(row) if page.ids else None
        if odd_id is None:
            self._free(self._ids, folded(rows[cell + HIGH], rows[cell + LOW], MARK_MASK), row)
        elif self.odd_ids.get(odd_id) == row:
            del self.odd_ids[odd_id]
        self.first = row + 1
        if self.first & (ROWS - 1) == 0:
            gone = (self.first >> ROW_BITS) - self._first_page
            if gone * 2 > len(self._pages):
                del self._pages[: int(gone)]
                self._first_page += gone
            else:
                self._pages[int(gone) - 1] = _GONE

    def _page_of(self, row: i64) -> CommandPage:
        return self._pages[(row >> ROW_BITS) - self._first_page]

    def _row_of(self, slot: i64) -> i64:
        return self.first + ((slot - self.first) & ROW_MASK)

    def _place_of(self, ids: HashSlots, mark: i64, high: i64, low: i64) -> i64:
        """The slot of a command id, or the free one where it belongs."""
        place = ids.seek(mark, mark)
        while True:
            slot = ids.slots[place]
            if slot == 0:
                return place
            row = self._row_of(slot)
            rows = self._page_of(row).rows
            cell = (row & (ROWS - 1)) * CELLS
            if rows[cell + LOW] == low and rows[cell + HIGH] == high:
                return place
            place = ids.seek(mark, place + 1)

    def _client_place(self, clients: HashSlots, mark: i64, user_index: i64, source: bytes, at: i64, end: i64) -> i64:
        """The slot of a user's client_order_id, or the free one where it belongs."""
        place = clients.seek(mark, mark)
        while True:
            slot = clients.slots[place]
            if slot == 0:
                return place
            row = self._row_of(slot)
            page = self._page_of(row)
            owner = page.rows[(row & (ROWS - 1)) * CELLS + OWNER]
            if (owner & USER_MASK) - 1 == user_index and page.has(owner >> WORDS_SHIFT, source, at, end):
                return place
            place = clients.seek(mark, place + 1)

    def _seek_client(self, user_index: i64, client_order_id: str) -> tuple[HashSlots, int, int]:
        """The table of a user's client_order_id, the slot there as :meth:`_client_place` finds it, and its mark."""
        source = client_order_id.encode() + PADDING
        end = i64(len(source) - len(PADDING))
        mark = mark_of_client(user_index, source, 0, end)
        clients = self._clients.of(mark)
        return clients, int(self._client_place(clients, mark, user_index, source, 0, end)), int(mark)

    def _free(self, tables: SlotTables, mark: i64, row: i64) -> None:
        """Empty the slot that has a mark and stands for a row, if there is one."""
        slots = tables.of(mark)
        place = slots.seek(mark, mark)
        while True:
            slot = slots.slots[place]
            if slot == 0:
                return
            if self._row_of(slot) == row:
                slots.free(place)
                return
            place = slots.seek(mark, place + 1)

    def _write(
        self,
        high: i64,
        low: i64,
        user_index: i64,
        source: bytes,
        at: i64,
        end: i64,
        created_ms: i64,
        number: i64,
        fingerprint: i64,
        quantity: i64,
        price: i64,
    ) -> None:
        row = self.end
        within = row & (ROWS - 1)
        page = self._page
        if within == 0 and (row >> ROW_BITS) - self._first_page >= i64(len(self._pages)):
            page = CommandPage()
            self._pages.append(page)
            self._page = page
        rows = page.rows
        cell = within * CELLS
        rows[cell + HIGH] = high
        rows[cell + LOW] = low
        rows[cell + CREATED] = created_ms
        rows[cell + NUMBER] = number
        rows[cell + FINGERPRINT] = fingerprint
        rows[cell + QUANTITY] = quantity
        rows[cell + PRICE] = price
        owner = user_index + 1
        if at < end:
            words = append(page.words, end - at)
            owner |= i64(len(words)) << WORDS_SHIFT
            while at < end:
                words = append(words, word_at(source, at, end))
                at += 8
            page.words = words
        rows[cell + OWNER] = owner
        self.end = row + 1


_GONE: Final = CommandPage()
