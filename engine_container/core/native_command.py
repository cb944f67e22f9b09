"""A plain command as native integers: a LIMIT order without conditions, GTC or IOC, or the cancel of an order by its number.

One object of this class serves all of them, one after the other.
"""

from __future__ import annotations

from typing import Any

from librt.strings import read_i64_be
from mypy_extensions import i64, mypyc_attr

from engine_container.core.storage.packed_text import PADDING, mark_of_client
from engine_container.core.storage.uuid_table import ABSENT, high_of, low_of


@mypyc_attr(acyclic=True)
class NativeCommand:
    """What the command says. Of a cancel, ``quantity`` is the order's number, and what only orders have is 0."""

    __slots__ = (
        "client_at", "client_end", "client_mark", "command_high", "command_low", "middle_at", "middle_end", "post_only", "prevention",
        "price", "quantity", "side", "source", "time_in_force", "user_high", "user_index", "user_low",
    )  # fmt: skip

    def __init__(self) -> None:
        self.command_high: i64 = 0
        self.command_low: i64 = 0
        self.user_high: i64 = 0
        self.user_low: i64 = 0
        """Ids of 16 bytes, in halves; the user's only of a cancel."""
        self.quantity: i64 = 0
        self.price: i64 = 0
        self.side: i64 = 0
        self.time_in_force: i64 = 0
        self.post_only = False
        self.prevention: i64 = 0
        self.source = PADDING
        """The bytes that the command was read from, or those of its client_order_id; at least 8 more follow that."""
        self.client_at: i64 = 0
        self.client_end: i64 = 0
        """Where the client_order_id stands there, without its head."""
        self.middle_at: i64 = 0
        self.middle_end: i64 = 0
        """Where symbol, side, type, time in force, quantity and price stand, if the command was read from bytes: OrderAccepted repeats them byte
        for byte."""
        self.client_mark: i64 = 0
        """Where the memory looks for the client_order_id."""
        self.user_index: i64 = ABSENT
        """The place of an order's user among all users."""

    def take_order(self, fields: tuple[Any, ...], user_index: i64) -> None:
        """Become the order that a PlaceOrder with these fields is, without ``middle``; its id has 16 bytes, its figures fit."""
        text: str = fields[8]
        self.command_high = high_of(fields[0])
        self.command_low = low_of(fields[0])
        self.source = text.encode() + PADDING
        self.client_at = 0
        self.client_end = len(self.source) - len(PADDING)
        self.client_mark = mark_of_client(user_index, self.source, 0, self.client_end)
        self.user_index = user_index
        self.quantity = fields[6]
        self.price = fields[7]
        self.side = fields[3]
        self.time_in_force = fields[5]
        self.post_only = fields[10]
        self.prevention = fields[11]

    def take_cancel(self, fields: tuple[Any, ...]) -> None:
        """Become the cancel that a CancelOrder with these fields is; its ids have 16 bytes, its number fits."""
        self.command_high = high_of(fields[0])
        self.command_low = low_of(fields[0])
        self.user_high = high_of(fields[1])
        self.user_low = low_of(fields[1])
        self.be_cancel(fields[2])

    def be_cancel(self, order_number: i64) -> None:
        """Have nothing that only orders have."""
        self.quantity = order_number
        self.price = 0
        self.client_at = 0
        self.client_end = 0
        self.client_mark = 0

    def client_order_id(self) -> str:
        """The order's client_order_id."""
        return self.source[self.client_at : self.client_end].decode()

    def is_at(self, first: i64, last: i64, size: i64) -> bool:
        """Whether the symbol of an order that was read from bytes has this name: the first and the last 8 bytes of it as packed, and how many there are."""
        source = self.source
        at = self.middle_at
        return i64(source[at]) == 0xA0 + size - 1 and read_i64_be(source, at) == first and read_i64_be(source, at + size - 8) == last
