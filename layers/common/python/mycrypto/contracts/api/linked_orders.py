"""Orders that refer to others: replacements, OCO pairs, and batches of them."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, UnsetType

from mycrypto.contracts.api.orders import Fill, Order
from mycrypto.contracts.api.vocabulary import (
    AmountText,
    ClientOrderId,
    IsoTime,
    OrderTypeName,
    SelfTradePreventionName,
    SideName,
    SymbolText,
    TimeInForceName,
    TrailBps,
)


class ReplaceOrderRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The order that takes an open order's place: the open one is cancelled and this one is placed in one step, with what the other one had locked. Its
    symbol is the other one's. If the open order has ended meanwhile nothing is placed.
    """

    side: SideName
    type: OrderTypeName
    quantity: AmountText | None = None
    quote_quantity: AmountText | None = None
    price: AmountText | None = None
    time_in_force: TimeInForceName | None = None
    post_only: bool = False
    client_order_id: ClientOrderId | None = None
    """Made up when absent; the same again for the same order gets the same answer."""
    self_trade_prevention: SelfTradePreventionName = "ACCOUNT"
    stop_price: AmountText | None = None
    display_quantity: AmountText | None = None
    trail_bps: TrailBps | None = None
    activation_price: AmountText | None = None
    expires_at: IsoTime | None = None


class OcoLeg(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One of the two orders of an OCO: what it does not have in common with the other."""

    type: OrderTypeName
    price: AmountText | None = None
    time_in_force: TimeInForceName | None = None
    post_only: bool = False
    client_order_id: ClientOrderId | None = None
    """Made up when absent."""
    stop_price: AmountText | None = None
    display_quantity: AmountText | None = None
    trail_bps: TrailBps | None = None
    activation_price: AmountText | None = None
    expires_at: IsoTime | None = None


class PlaceOcoRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Two orders of which one cancels the other (OCO), for instance a limit order that takes profit and a stop. Both can wait, and at least one is
    conditional. Their funds are locked once.
    """

    symbol: SymbolText
    side: SideName
    quantity: AmountText
    orders: Annotated[list[OcoLeg], Meta(min_length=2, max_length=2)]
    list_client_order_id: ClientOrderId | None = None
    """The same again with the same content gets the same answer; without it the orders' own client_order_ids serve so, if both have one."""
    self_trade_prevention: SelfTradePreventionName = "ACCOUNT"


class Replaced(msgspec.Struct, frozen=True):
    """The order that was cancelled, and the one in its place as it stands after matching, with its trades as in :class:`Placed`."""

    cancelled: Order
    order: Order
    trades: list[Fill]
    duplicate: bool = False
    trades_link: str | UnsetType = UNSET


class PlacedOco(msgspec.Struct, frozen=True):
    """Both orders of an OCO as they stand, in the order of the request, and the trades that the first to go made at once, as in :class:`Placed`."""

    list_id: str
    list_client_order_id: str | None
    orders: list[Order]
    trades: list[Fill]
    duplicate: bool = False
    trades_link: str | UnsetType = UNSET


class Oco(msgspec.Struct, frozen=True):
    """Both orders of an OCO as they are now."""

    list_id: str
    orders: list[Order]


class BatchReplaceItem(ReplaceOrderRequest, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A replacement, with the order whose place it takes."""

    order_id: Annotated[str, Meta(max_length=64)]


class BatchReplaceRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Up to 50 replacements, each judged for itself."""

    orders: list[msgspec.Raw]


class BatchOcoRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Up to 25 OCOs (they are 50 orders), each judged for itself."""

    orders: list[msgspec.Raw]


class LinkedItem(msgspec.Struct, frozen=True):
    """The result of one item of a batch of replacements or OCOs, or ``error`` as a problem document."""

    index: int
    status: int
    replaced: Replaced | UnsetType = UNSET
    oco: PlacedOco | UnsetType = UNSET
    error: dict[str, Any] | UnsetType = UNSET


class LinkedResult(msgspec.Struct, frozen=True):
    results: list[LinkedItem]
