"""An order or a cancel as native integers: the only form of these commands that the rules read.

It is filled from the bytes of the log (:mod:`engine_container.core.codec.command_reader`), one command after the other into one object, or once from
a message of the contract. What the checks of the rules work out is kept here too.
"""

from __future__ import annotations

from typing import Final

from librt.strings import BytesWriter, read_i64_be, write_i64_be
from mypy_extensions import i64, mypyc_attr

from engine_container.core.entities import OrderConditions, Symbol, User
from engine_container.core.order_flags import flags_of, is_post_only, kind_of, prevention_of, time_in_force_of
from engine_container.core.storage.packed_text import PADDING
from engine_container.core.storage.uuid_table import ABSENT, ID_LENGTH, high_of, low_of
from mycrypto.contracts.commands import CancelOrder, PlaceOrder

FIGURE_MAX: Final = 0x7FFFFFFFFFFFFFFF
_TEXT_HEAD: Final = 0xA0
"""Of a MessagePack text of less than 32 bytes, without its length."""


@mypyc_attr(acyclic=True)
class NativeCommand:
    """What the command says, and what the checks have made of it. A cancel has no more than its ids and the order's."""

    __slots__ = (
        "client_at", "client_end", "client_length", "client_mark", "command_high", "command_low", "conditions", "flags", "in_full", "links",
        "lock_per_lot", "lots", "message", "middle_at", "middle_end", "order_number", "price", "quantity", "side", "source", "ticks", "user_high",
        "user_index", "user_low", "value",
    )  # fmt: skip

    def __init__(self) -> None:
        self.message: PlaceOrder | CancelOrder | None = None
        """What the command was filled from; ``None``: the bytes of ``source``."""
        self.in_full = False
        """Whether more must be remembered of the command than integers hold: an id that has not 16 bytes, conditions, a text of a cancel."""
        self.command_high: i64 = 0
        self.command_low: i64 = 0
        self.user_high: i64 = 0
        self.user_low: i64 = 0
        """Ids of 16 bytes, in halves; 0 for other ids. The user's is read from bytes for a cancel only."""
        self.user_index: i64 = ABSENT
        """The place of an order's user among all users, where it is known already."""
        self.side: i64 = 0
        self.flags: i64 = 0
        """As the command has them (:mod:`engine_container.core.order_flags`); self-trade prevention may be left to the account."""
        self.quantity: i64 = 0
        self.price: i64 = 0
        """Units; figures that 64 bits do not hold are the nearest ones that they do, and too large for every rule."""
        self.conditions: OrderConditions | None = None
        self.order_number: i64 = 0
        """The order that a cancel means; 0: by its client_order_id."""
        self.links: tuple[int, int, int] | None = None
        """What OrderAccepted tells of an order that came inside another command: the other leg of an OCO, the order replaced and its time."""
        self.source = PADDING
        """The bytes that the command was read from, or those of its client_order_id; at least 8 more follow that."""
        self.client_at: i64 = 0
        self.client_end: i64 = 0
        """Where the client_order_id is in ``source``, without its head."""
        self.client_length: i64 = 0
        """Its length in characters."""
        self.client_mark: i64 = 0
        """Where the memory of commands looks for the client_order_id."""
        self.middle_at: i64 = 0
        self.middle_end: i64 = 0
        """Where symbol, side, type, time in force, quantity and price are, if the command was read from bytes: OrderAccepted repeats them byte for
        byte."""
        self.ticks: i64 = 0
        self.lots: i64 = 0
        self.lock_per_lot: i64 = 0
        self.value: i64 = 0
        """Worked out by the checks: price in ticks, quantity in lots, what every open lot locks, and the order's value, both in units."""

    def names(self, symbol: Symbol) -> bool:
        """Whether the order is one on this symbol."""
        message = self.message
        if message is not None:
            return isinstance(message, PlaceOrder) and message.symbol == symbol.name
        source = self.source
        at = self.middle_at
        # the first 8 bytes have the length
        return read_i64_be(source, at) == symbol.name_first and read_i64_be(source, at + symbol.name_size - 8) == symbol.name_last

    def is_from(self, user: User) -> bool:
        """Whether the cancel is one of this user's."""
        if self.user_high != 0:
            return user.id_high == self.user_high and user.id_low == self.user_low
        return self.user_id() == user.user_id

    def symbol_name(self) -> str:
        """The order's symbol."""
        message = self.message
        if isinstance(message, PlaceOrder):
            return message.symbol
        begin = self.middle_at + 1
        return self.source[begin : begin + i64(self.source[self.middle_at]) - _TEXT_HEAD].decode()

    def command_id(self) -> bytes:
        """The id of the command."""
        message = self.message
        return _joined(self.command_high, self.command_low) if message is None else message.command_id

    def user_id(self) -> bytes:
        """The user that sent the command."""
        message = self.message
        if message is not None:
            return message.user_id
        if self.middle_at > 0:
            return self.source[self.middle_at - ID_LENGTH : self.middle_at]
        return _joined(self.user_high, self.user_low)

    def client_order_id(self) -> str:
        """The order's client_order_id, or the one that a cancel means."""
        return self.source[self.client_at : self.client_end].decode()

    def exact_quantity(self) -> int:
        """The quantity as the command has it, even if 64 bits do not hold it."""
        message = self.message
        if isinstance(message, PlaceOrder):
            return message.quantity
        return int(self.quantity)

    def exact_price(self) -> int:
        """The price as the command has it, even if 64 bits do not hold it."""
        message = self.message
        if isinstance(message, PlaceOrder):
            return message.price
        return int(self.price)

    def exact_order_number(self) -> int:
        """The number of the order that a cancel means, even if 64 bits do not hold it."""
        message = self.message
        if isinstance(message, CancelOrder):
            return message.order_number
        return int(self.order_number)

    def accepted_fields(self) -> tuple[object, ...]:
        """The order's fields from side to expiry, in the order of OrderAccepted."""
        head = (*self._first_fields(), is_post_only(self.flags))
        message = self.message
        if isinstance(message, PlaceOrder):
            return (
                *head, message.stop_price, message.display_quantity, message.trail_bps, message.activation_price, message.expires_ms,
            )  # fmt: skip
        return (*head, 0, 0, 0, 0, 0)

    def rejected_fields(self) -> tuple[object, ...]:
        """The order's fields from side to stop price, in the order of OrderRejected."""
        message = self.message
        stop_price = message.stop_price if isinstance(message, PlaceOrder) else 0
        return (*self._first_fields(), stop_price)

    def _first_fields(self) -> tuple[object, ...]:
        """From side to quote quantity, as both events have them."""
        flags = self.flags
        kind_and_time = (int(self.side), int(kind_of(flags)), int(time_in_force_of(flags)))
        return (*kind_and_time, self.exact_quantity(), self.exact_price(), self.quote_quantity())

    def quote_quantity(self) -> int:
        """What a market order is given by value, in units."""
        message = self.message
        return message.quote_quantity if isinstance(message, PlaceOrder) else 0

    def more_fields(self, *, is_listed: bool) -> tuple[object, ...] | None:
        """What is to be remembered of the order beyond integers: its conditions, and of a symbol that is not listed the name."""
        message = self.message
        if not is_listed:
            if isinstance(message, PlaceOrder):
                return (
                    message.symbol,
                    message.quote_quantity,
                    message.post_only,
                    message.self_trade_prevention,
                    message.stop_price,
                    message.display_quantity,
                    message.trail_bps,
                    message.activation_price,
                    message.expires_ms,
                    *_options_of(message),
                )
            return (self.symbol_name(), 0, is_post_only(self.flags), int(prevention_of(self.flags)), 0, 0, 0, 0, 0)
        if self.conditions is None or not isinstance(message, PlaceOrder):
            return None
        return (
            message.quote_quantity, message.stop_price, message.display_quantity, message.trail_bps, message.activation_price, message.expires_ms,
            *_options_of(message),
        )  # fmt: skip


def _options_of(message: PlaceOrder) -> tuple[object, ...]:
    """Nothing where the order has none: what an older engine remembered stays equal."""
    if message.fee_included or message.refused_if_reached:
        return (message.fee_included, message.refused_if_reached)
    return ()


def order_command(message: PlaceOrder) -> NativeCommand:
    """The order of a message."""
    command = NativeCommand()
    command.message = message
    _take_ids(command, message.command_id, message.user_id)
    _take_client_order_id(command, message.client_order_id)
    command.side = message.side
    command.flags = flags_of(message.type, message.time_in_force, message.self_trade_prevention, 1 if message.post_only else 0)
    command.quantity = nearest_figure(message.quantity)
    command.price = nearest_figure(message.price)
    if (
        message.quote_quantity
        or message.stop_price
        or message.display_quantity
        or message.trail_bps
        or message.activation_price
        or message.expires_ms
        or message.fee_included
        or message.refused_if_reached
    ):
        command.in_full = True
        command.conditions = OrderConditions(
            message.stop_price,
            message.trail_bps,
            message.activation_price,
            message.display_quantity,
            message.expires_ms,
            message.quote_quantity,
        )
        command.conditions.fee_included = message.fee_included
        command.conditions.refused_if_reached = message.refused_if_reached
    if not (_is_native(message.quantity) and _is_native(message.price)):
        command.in_full = True
    return command


def cancel_command(message: CancelOrder) -> NativeCommand:
    """The cancel of a message."""
    command = NativeCommand()
    command.message = message
    _take_ids(command, message.command_id, message.user_id)
    _take_client_order_id(command, message.client_order_id)
    command.order_number = nearest_figure(message.order_number)
    if message.client_order_id or not _is_native(message.order_number):
        command.in_full = True
    return command


def nearest_figure(value: int) -> i64:
    """The figure, or the greatest or least one where 64 bits do not hold it."""
    if _is_native(value):
        return value
    return FIGURE_MAX if value > 0 else -FIGURE_MAX


def _is_native(value: int) -> bool:
    """Whether 64 bits hold the figure."""
    return -FIGURE_MAX - 1 <= value <= FIGURE_MAX


def _take_ids(command: NativeCommand, command_id: bytes, user_id: bytes) -> None:
    if len(command_id) == ID_LENGTH:
        command.command_high = high_of(command_id)
        command.command_low = low_of(command_id)
    else:
        command.in_full = True
    if len(user_id) == ID_LENGTH:
        command.user_high = high_of(user_id)
        command.user_low = low_of(user_id)


def _take_client_order_id(command: NativeCommand, client_order_id: str) -> None:
    text = client_order_id.encode()
    command.source = text + PADDING
    command.client_end = len(text)
    command.client_length = len(client_order_id)


def _joined(high: i64, low: i64) -> bytes:
    halves = BytesWriter()
    write_i64_be(halves, high)
    write_i64_be(halves, low)
    return halves.getvalue()
