"""The events of a command as the bytes of the log: the four kinds that nearly all of the log is made of are written without an object in between."""

from __future__ import annotations

from typing import Final

from librt.strings import BytesWriter, read_i16_be, read_i32_be, read_i64_be, write_i16_be, write_i32_be, write_i64_be
from mypy_extensions import i16, i32, i64, mypyc_attr, u8

from engine_container.core.balances import Balance
from engine_container.core.entities import Event, Order, Symbol, User
from engine_container.core.events import Events, accepted_row
from engine_container.core.native_command import NativeCommand
from engine_container.core.order_flags import is_post_only
from mycrypto.contracts.events import packed

_ACCEPTED_HEAD: Final = 0xDC001101 - 0x100000000
_CLOSED_HEAD: Final = 0x9904 - 0x10000
_BALANCE_HEAD: Final = 0x9507 - 0x10000
_BALANCE_ID_HEAD: Final = 0x9507C410 - 0x100000000
"""How events begin, the last of them with the head of an id: arrays of 17, 9 and 5, of which the first is the tag. The integers are signed, as they are written."""
_ID_HEAD: Final = 0xC410 - 0x10000
_USER: Final = 0x55534552
"""The four letters of that reason."""
_NO_ROWS: Final[list[Event]] = []
_PLAIN_END: Final = 0x00C2000000000002
_POST_ONLY_END: Final = 0x00C3000000000002
"""The end of OrderAccepted for an order without conditions: no quote quantity, whether post-only, five fields that are 0, the status OPEN."""


@mypyc_attr(acyclic=True)
class PackedEvents(Events):
    """Events as the log has them, written to ``out``; ``rows`` stays empty."""

    __slots__ = ("out",)

    def __init__(self, out: BytesWriter) -> None:
        self.count = 0
        self.rows = _NO_ROWS
        self.out = out

    def append(self, event: Event) -> None:
        self.count += 1
        self.out.write(packed(event))

    def extend(self, others: Events) -> None:
        assert isinstance(others, PackedEvents)
        self.count += others.count
        self.out.write(others.out.getvalue())

    def accepted(self, order: Order, command: NativeCommand, status: i64, links: tuple[int, int, int] | None) -> None:
        if command.message is not None:
            self.append(accepted_row(order, command, status, links))
            return
        self.count += 1
        out = self.out
        source = command.source
        client_at = command.client_at
        client_end = command.client_end
        write_i32_be(out, _ACCEPTED_HEAD)
        _write_user(out, order.account.user)
        write_text_head(out, client_end - client_at)
        _copy(out, source, client_at, client_end)
        _copy(out, source, command.middle_at, command.middle_end)
        write_i64_be(out, i64(_POST_ONLY_END) if is_post_only(command.flags) else i64(_PLAIN_END))

    def trade(
        self, symbol: Symbol, price: i64, lots: i64, maker: Order, maker_fee: i64, taker: Order, taker_fee: i64, marked: bool
    ) -> None:
        """Trade at a price in ticks, after the quantities of both orders have changed."""
        self.count += 1
        lot = symbol.lot
        out = self.out
        maker_user = maker.account.user
        taker_user = taker.account.user
        out.write(symbol.trade_head)
        write_int(out, price * symbol.tick)
        write_int(out, lots * lot)
        write_int(out, taker.side)
        write_int(out, maker.number)
        write_int(out, maker.created_ms)
        _write_user(out, maker_user)
        write_int(out, maker_fee)
        write_int(out, (maker.total - maker.open) * lot)
        write_int(out, maker.shown * lot)
        write_int(out, taker.number)
        write_int(out, taker.created_ms)
        _write_user(out, taker_user)
        write_int(out, taker_fee)
        write_int(out, (taker.total - taker.open) * lot)
        out.append(0xC3 if marked else 0xC2)

    def closed(self, order: Order, status: i64, reason: str) -> None:
        """OrderClosed of an order as it is now."""
        self.count += 1
        account = order.account
        lot = account.symbol.lot
        out = self.out
        user = account.user
        write_i16_be(out, _CLOSED_HEAD)
        write_int(out, order.number)
        write_int(out, order.created_ms)
        _write_user(out, user)
        symbol = account.symbol
        if symbol.name_size >= 8 and symbol.name_size <= 16:
            write_i64_be(out, symbol.name_first)
            _write_bytes(out, symbol.name_rest, 0, symbol.name_size - 8)
        else:
            out.write(symbol.packed_name)
        write_int(out, status)
        if not reason:
            out.append(0xA0)
        elif reason == "USER":
            out.append(0xA4)
            write_i32_be(out, _USER)
        else:
            _write_packed(out, reason)
        write_int(out, (order.total - order.open) * lot)
        write_int(out, order.open * lot)

    def balance(self, balance: Balance) -> None:
        """BalanceChanged: what the user has of the asset now."""
        self.count += 1
        out = self.out
        if balance.user_high != 0:
            write_i32_be(out, _BALANCE_ID_HEAD)
            write_i64_be(out, balance.user_high)
            write_i64_be(out, balance.user_low)
        else:
            write_i16_be(out, _BALANCE_HEAD)
            _write_packed(out, balance.user_id)
        total = balance.total
        if total.packed_size >= 4 and total.packed_size <= 8:
            write_i32_be(out, i32(total.packed_word >> 32))
            _write_bytes(out, total.packed_word, 4, total.packed_size)
        else:
            out.write(total.packed_asset)
        write_int(out, balance.available)
        write_int(out, balance.locked)

    def clear(self) -> None:
        self.count = 0
        self.out.truncate(0)


def _copy(out: BytesWriter, payload: bytes, at: i64, end: i64) -> None:
    while at + 8 <= end:
        write_i64_be(out, read_i64_be(payload, at))
        at += 8
    if at + 4 <= end:
        write_i32_be(out, read_i32_be(payload, at))
        at += 4
    if at + 2 <= end:
        write_i16_be(out, read_i16_be(payload, at))
        at += 2
    if at < end:
        out.append(payload[at])


def _write_bytes(out: BytesWriter, word: i64, at: i64, end: i64) -> None:
    """Some bytes of a word, the first of which is the highest."""
    while at < end:
        out.append(u8((word >> (56 - at * 8)) & 0xFF))
        at += 1


def _write_packed(out: BytesWriter, value: object) -> None:
    """What is rare, apart: a function that calls into Python costs every call of it, made or not."""
    out.write(packed(value))


def _write_user(out: BytesWriter, user: User) -> None:
    """The user's id, from its halves where it has 16 bytes: the object that it also is may be far from any cache."""
    if user.id_high != 0:
        _write_id(out, user.id_high, user.id_low)
    else:
        _write_packed(out, user.user_id)


def _write_id(out: BytesWriter, high: i64, low: i64) -> None:
    write_i16_be(out, _ID_HEAD)
    write_i64_be(out, high)
    write_i64_be(out, low)


def write_int(out: BytesWriter, value: i64) -> None:
    """An integer in the fewest bytes."""
    if value > 0xFFFFFFFF:
        out.append(0xCF)
        write_i64_be(out, value)
    elif value > 0xFFFF:
        out.append(0xCE)
        write_i32_be(out, i32(value - 0x100000000 if value > 0x7FFFFFFF else value))
    elif value > 0xFF:
        out.append(0xCD)
        write_i16_be(out, i16(value - 0x10000 if value > 0x7FFF else value))
    elif value > 0x7F:
        out.append(0xCC)
        out.append(u8(value))
    elif value >= 0:
        out.append(u8(value))
    else:
        _write_packed(out, value)


def write_text_head(out: BytesWriter, length: i64) -> None:
    """What stands before a text of so many bytes (less than 2^16)."""
    if length < 32:
        out.append(u8(0xA0 + length))
    elif length < 0x100:
        out.append(0xD9)
        out.append(u8(length))
    else:
        out.append(0xDA)
        write_i16_be(out, i16(length - 0x10000 if length > 0x7FFF else length))


def write_array_head(out: BytesWriter, length: i64) -> None:
    """What stands before an array of so many items."""
    if length < 16:
        out.append(u8(0x90 + length))
    elif length < 0x10000:
        out.append(0xDC)
        write_i16_be(out, i16(length - 0x10000 if length > 0x7FFF else length))
    else:
        out.append(0xDD)
        write_i32_be(out, i32(length))
