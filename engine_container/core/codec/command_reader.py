"""Finds the plain commands in the bytes of a record, without an object for every field.

Plain are a LIMIT order without conditions, GTC or IOC, and a cancel by number, written as today's gateways write them: all fields, in the fewest
bytes, ids of 16 bytes, ASCII texts. Everything else is only passed over: :func:`mycrypto.contracts.commands.decode_record` is the judge of
it, and of the record as soon as it has one command that is not plain. What is plain here is a command there, with the same fields.
"""

from __future__ import annotations

from typing import Final

from librt.strings import read_i16_be, read_i32_be, read_i64_be
from librt.vecs import vec
from mypy_extensions import i64, mypyc_attr

from engine_container.core.native_command import NativeCommand
from engine_container.core.order_flags import flags_of
from engine_container.core.vocabulary import IOC, LIMIT, STP_ALLOW

OTHER: Final = 0
PLACE: Final = 1
CANCEL: Final = 2
"""What a command is."""

_PLACE_HEAD: Final = 0xDC001401
"""An array of 20: the tag 1 and the 19 fields of PlaceOrder."""
_NO_OPTION: Final = 0xC2
_AFTER_CLIENT: Final = 10
"""The bytes from the quote quantity on: those of a plain order are as many always."""
_CANCEL_HEAD: Final = 0x9502
"""An array of 5: the tag 2 and the 4 fields of CancelOrder."""
_ID_HEAD: Final = 0xC410
_NO: Final = -1

CELLS: Final = 12
"""Of one command: what it is, where its parts are or what they say, and what :mod:`engine_container.core.codec.prefetch` has found."""
KIND: Final = 0
IDS_AT: Final = 1
"""Where the 16 bytes of the command's id stand; those of the user's are 18 further on."""
FIGURE: Final = 2
"""The quantity of an order, the order's number of a cancel."""
_PRICE: Final = 3
CLIENT_AT: Final = 4
CLIENT_END: Final = 5
"""Where the client_order_id stands, without its head."""
_SIDE: Final = 6
_FLAGS: Final = 7
_BEGIN: Final = 8
_END: Final = 9
USER_INDEX: Final = 10
CLIENT_MARK: Final = 11
_DEPTH_MAX: Final = 8


@mypyc_attr(acyclic=True)
class CommandReader:
    """Goes through a record once, then shows its commands one by one; then goes through the next."""

    __slots__ = ("cells", "command", "count", "has_others", "payload", "seen")

    def __init__(self) -> None:
        self.payload = b""
        self.command = NativeCommand()
        """The one that is shown."""
        self.count: i64 = 0
        """Commands in the record; -1 if its structure is none that commands have."""
        self.has_others = False
        """Whether there are commands that are not plain."""
        self.cells: vec[i64] = vec[i64]()
        self.seen: i64 = 0
        """What came of touching memory; it means nothing, and is kept so that no compiler leaves the touching out."""

    def read(self, payload: bytes) -> None:
        """Go through a record of the command log."""
        self.payload = payload
        self.command.source = payload
        self.has_others = False
        self.count = self._scan()

    def show(self, index: i64) -> i64:
        """Let ``command`` be one of the record, if that is plain; says what it is."""
        cells = self.cells
        cell = index * CELLS
        kind = cells[cell]
        if kind == OTHER:
            return OTHER
        payload = self.payload
        command = self.command
        at = cells[cell + IDS_AT]
        command.command_high = read_i64_be(payload, at)
        command.command_low = read_i64_be(payload, at + 8)
        if kind == CANCEL:
            command.user_high = read_i64_be(payload, at + 18)
            command.user_low = read_i64_be(payload, at + 26)
            command.order_number = cells[cell + FIGURE]
            command.client_at = 0
            command.client_end = 0
            command.middle_at = 0
            return CANCEL
        client_at = cells[cell + CLIENT_AT]
        length = cells[cell + CLIENT_END] - client_at
        command.client_at = client_at
        command.client_end = client_at + length
        command.client_length = length
        command.client_mark = cells[cell + CLIENT_MARK]
        command.middle_at = at + 34
        command.middle_end = client_at - (1 if length < 32 else 2)
        command.user_index = cells[cell + USER_INDEX]
        command.quantity = cells[cell + FIGURE]
        command.price = cells[cell + _PRICE]
        command.side = cells[cell + _SIDE]
        command.flags = cells[cell + _FLAGS]
        return PLACE

    def alone(self, index: i64) -> bytes:
        """A record with nothing but this command."""
        cell = index * CELLS
        return b"\x92\x01\x91" + self.payload[self.cells[cell + _BEGIN] : self.cells[cell + _END]]

    def _scan(self) -> i64:
        payload = self.payload
        size: i64 = len(payload)
        if size < 4 or payload[0] != 0x92 or payload[1] != 1:
            return _NO
        head: i64 = payload[2]
        if 0x90 <= head < 0xA0:
            count = head - 0x90
            at: i64 = 3
        elif head == 0xDC and size >= 5:
            count = i64(read_i16_be(payload, 3)) & 0xFFFF
            at = 5
        else:
            return _NO
        if count * 2 > size:
            return _NO
        if count * CELLS > i64(len(self.cells)):
            self.cells = vec[i64]([0] * int(count * CELLS))
        for index in range(count):
            cell = index * CELLS
            end: i64 = _NO
            begin = at
            self.cells[cell] = OTHER
            if at + 4 <= size:
                head = i64(read_i32_be(payload, at)) & 0xFFFFFFFF
                if head == _PLACE_HEAD:
                    end = self._scan_place(at + 4, size, cell)
                elif head >> 16 == _CANCEL_HEAD:
                    end = self._scan_cancel(at + 2, size, cell)
            if end < 0:
                self.has_others = True
                end = _passed(payload, at, 0)
                if end < 0:
                    return _NO
            at = end
            self.cells[cell + _BEGIN] = begin
            self.cells[cell + _END] = end
        return count if at == size else i64(_NO)

    def _scan_cancel(self, at: i64, size: i64, cell: i64) -> i64:
        payload = self.payload
        if at + 38 > size or not _are_ids(payload, at):
            return _NO
        number = _integer(payload, at + 36, size)
        end = at + 36 + _length_of(number)
        if number < 0 or end >= size or payload[end] != 0xA0:
            return _NO
        cells = self.cells
        cells[cell] = CANCEL
        cells[cell + IDS_AT] = at + 2
        cells[cell + FIGURE] = number
        cells[cell + CLIENT_MARK] = 0
        return end + 1

    def _scan_place(self, at: i64, size: i64, cell: i64) -> i64:
        payload = self.payload
        if at + 60 > size or not _are_ids(payload, at):
            return _NO
        ids_at = at + 2
        at += 36
        length = i64(payload[at]) - 0xA0
        if length < 7 or length > 15:
            return _NO
        if not _is_ascii(payload, at + 1, at + 1 + length):
            return _NO
        at += 1 + length
        if at + 12 > size:
            return _NO
        side: i64 = payload[at]
        time_in_force: i64 = payload[at + 2]
        if side > 1 or payload[at + 1] != 0 or time_in_force > IOC:
            return _NO
        at += 3
        quantity = _integer(payload, at, size)
        at += _length_of(quantity)
        price = _integer(payload, at, size)
        at += _length_of(price)
        if quantity < 0 or price < 0 or at + 10 > size:
            return _NO
        length = payload[at]
        at += 1
        if 0xA0 <= length < 0xC0:
            length -= 0xA0
        elif length == 0xD9:
            length = payload[at]
            at += 1
            if length < 32:
                return _NO
        else:
            return _NO
        end = at + length
        if end + _AFTER_CLIENT > size or not _is_ascii(payload, at, end):
            return _NO
        flag: i64 = payload[end + 1]
        prevention: i64 = payload[end + 2]
        if payload[end] != 0 or flag & 0xFE != 0xC2 or prevention >= STP_ALLOW:
            return _NO
        if read_i32_be(payload, end + 3) != 0 or payload[end + 7] != 0:
            return _NO
        if payload[end + 8] != _NO_OPTION or payload[end + 9] != _NO_OPTION:
            return _NO
        cells = self.cells
        cells[cell] = PLACE
        cells[cell + IDS_AT] = ids_at
        cells[cell + FIGURE] = quantity
        cells[cell + _PRICE] = price
        cells[cell + CLIENT_AT] = at
        cells[cell + CLIENT_END] = end
        cells[cell + _SIDE] = side
        cells[cell + _FLAGS] = flags_of(LIMIT, time_in_force, prevention, flag - 0xC2)
        return end + _AFTER_CLIENT


def _are_ids(payload: bytes, at: i64) -> bool:
    """Whether two ids stand here, of a command and of a user."""
    return i64(read_i16_be(payload, at)) & 0xFFFF == _ID_HEAD and i64(read_i16_be(payload, at + 18)) & 0xFFFF == _ID_HEAD


def _is_ascii(payload: bytes, at: i64, end: i64) -> bool:
    while at + 8 <= end:
        if (read_i64_be(payload, at) >> 2) & 0x2020202020202020:  # the highest bit of any byte, by a constant that is no object
            return False
        at += 8
    if at < end:  # at least 8 bytes follow every text
        return (read_i64_be(payload, at) >> ((at + 8 - end) * 8) >> 2) & 0x2020202020202020 == 0
    return True


def _integer(payload: bytes, at: i64, size: i64) -> i64:
    """An integer from 0 up to 2^63 - 1, in the fewest bytes; -1 if there is none such."""
    if at >= size:
        return _NO
    first: i64 = payload[at]
    value: i64 = _NO
    if first < 0x80:
        return first
    if first == 0xCF:
        if at + 9 <= size:
            value = read_i64_be(payload, at + 1)
            return value if value > 0xFFFFFFFF else i64(_NO)
    elif first == 0xCE:
        if at + 5 <= size:
            value = i64(read_i32_be(payload, at + 1)) & 0xFFFFFFFF
            return value if value > 0xFFFF else i64(_NO)
    elif first == 0xCD:
        if at + 3 <= size:
            value = i64(read_i16_be(payload, at + 1)) & 0xFFFF
            return value if value > 0xFF else i64(_NO)
    elif first == 0xCC and at + 2 <= size:
        value = payload[at + 1]
        return value if value > 0x7F else i64(_NO)
    return _NO


def _length_of(value: i64) -> i64:
    """How many bytes an integer takes."""
    if value < 0x80:
        return 1
    if value > 0xFFFFFFFF:
        return 9
    if value > 0xFFFF:
        return 5
    return 3 if value > 0xFF else 2


def _passed(payload: bytes, at: i64, depth: i64) -> i64:
    """What is after a value of any kind that commands are made of; -1 if it is none."""
    size: i64 = len(payload)
    if at >= size or depth > _DEPTH_MAX:
        return _NO
    first: i64 = payload[at]
    items: i64 = 0
    end = at + 1
    if first < 0x80 or first >= 0xE0 or first in {0xC0, 0xC2, 0xC3}:
        return end
    if 0x90 <= first < 0xA0:
        items = first - 0x90
    elif 0xA0 <= first < 0xC0:
        end += first - 0xA0
    elif 0xCC <= first <= 0xCF:
        end += i64(1) << (first - 0xCC)
    elif 0xD0 <= first <= 0xD3:
        end += i64(1) << (first - 0xD0)
    elif first in {0xC4, 0xD9} and end < size:
        end += 1 + i64(payload[end])
    elif first in {0xC5, 0xDA} and end + 2 <= size:
        end += 2 + (i64(read_i16_be(payload, end)) & 0xFFFF)
    elif first == 0xDC and end + 2 <= size:
        items = i64(read_i16_be(payload, end)) & 0xFFFF
        end += 2
    else:
        return _NO
    while items > 0:
        end = _passed(payload, end, depth + 1)
        if end < 0:
            return _NO
        items -= 1
    return end if end <= size else i64(_NO)
