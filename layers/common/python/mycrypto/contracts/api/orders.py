"""Orders: placing, amending, cancelling, batches of them, the dead man's switch, and lists of orders and fills."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from mycrypto.contracts.api.vocabulary import (
    AmountText,
    CancelAfterSeconds,
    ClientOrderId,
    IsoTime,
    Mode,
    OrderStatusName,
    OrderTypeName,
    SelfTradePreventionName,
    SideName,
    SymbolText,
    TimeInForceName,
    TrailBps,
)


class PlaceOrderRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A new order. LIMIT needs ``price``; MARKET is given by ``quantity`` or by ``quote_quantity``, never by both."""

    symbol: SymbolText
    side: SideName
    type: OrderTypeName
    quantity: AmountText | None = None
    quote_quantity: AmountText | None = None
    price: AmountText | None = None
    time_in_force: TimeInForceName | None = None
    """GTC where it makes sense; a market order never rests."""
    post_only: bool = False
    client_order_id: ClientOrderId | None = None
    """Made up when absent."""
    self_trade_prevention: SelfTradePreventionName = "ACCOUNT"
    stop_price: AmountText | None = None
    """Of stop and take-profit orders, which need it or ``trail_bps``."""
    display_quantity: AmountText | None = None
    trail_bps: TrailBps | None = None
    """The distance at which a conditional order follows the price, from ``activation_price`` on where there is one."""
    activation_price: AmountText | None = None
    expires_at: IsoTime | None = None
    mode: Mode = "live"
    """``paper``: filled by the public trades with play money; LIMIT, MARKET, STOP and STOP_LIMIT."""


class AmendOrderRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """New values for an open order, at least one. Less at the same price keeps the place in the queue; anything else loses it and may trade.

    The quantity is what shall remain open, not the order's total: fills that happen meanwhile cannot turn it into something else.
    """

    remaining_quantity: AmountText | None = None
    price: AmountText | None = None


class BatchPlaceRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Up to 50 orders, each of the form of :class:`PlaceOrderRequest`; each is judged for itself."""

    orders: list[msgspec.Raw]


class BatchCancelRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Up to 50 orders by either name."""

    order_ids: list[Annotated[str, Meta(max_length=64)]] = []
    client_order_ids: list[ClientOrderId] = []


class Fill(msgspec.Struct, frozen=True):
    """One side of a trade, as its owner sees it. ``fee`` is in ``fee_asset``, the quote asset."""

    id: str
    order_id: str
    symbol: str
    side: SideName
    price: str
    quantity: str
    value: str
    fee: str
    fee_asset: str
    is_maker: bool
    is_buyer_maker: bool
    executed_at: str
    trade_source: Literal["SIMULATION"] | UnsetType = UNSET
    """With a paper trade only."""


class OcoLink(msgspec.Struct, frozen=True):
    """What binds the two orders of an OCO: the pair's id, and the other order."""

    list_id: str
    sibling_id: str


class Order(msgspec.Struct, frozen=True):
    """An order. ``quantity`` is null for a market order given by its quote quantity."""

    id: str
    client_order_id: str
    user_id: str
    symbol: str
    side: SideName
    type: OrderTypeName
    status: OrderStatusName
    time_in_force: TimeInForceName
    post_only: bool
    quantity: str | None
    quote_quantity: str | None
    price: str | None
    stop_price: str | None
    display_quantity: str | None
    trail_bps: int | None
    activation_price: str | None
    filled_quantity: str
    remaining_quantity: str
    filled_value: str
    average_price: str | None
    fee: str
    fee_asset: str
    reason: str | None
    """Why it was cancelled, expired or rejected."""
    created_at: str
    updated_at: str
    expires_at: str | None
    triggered_at: str | None
    filled_at: str | None
    cancelled_at: str | None
    fills: list[Fill] | UnsetType = UNSET
    """With a single order only: the first 1,000."""
    fills_link: str | UnsetType = UNSET
    """Where all fills are listed by pages; with a single order that has more than 1,000."""
    mode: Literal["paper"] | UnsetType = UNSET
    """With a paper order only."""
    oco: OcoLink | UnsetType = UNSET
    """With an order of an OCO only."""
    replaces: str | UnsetType = UNSET
    """The order that was cancelled for it, with a replacement only."""


class Placed(msgspec.Struct, frozen=True):
    """The order as it stands after matching, and the trades that it made at once. ``duplicate``: it had been placed before.

    At most 1,000 trades are listed, the first ones; where there are more, ``trades_link`` says where all of them are listed by pages.
    """

    order: Order
    trades: list[Fill]
    duplicate: bool = False
    trades_link: str | UnsetType = UNSET


class BatchItem(msgspec.Struct, frozen=True):
    """The result of one item: ``order`` (and ``trades`` of a new one), or ``error`` as a problem document. The items of a batch share the 1,000
    trades that an answer lists at most.
    """

    index: int
    status: int
    order: Order | UnsetType = UNSET
    trades: list[Fill] | UnsetType = UNSET
    trades_link: str | UnsetType = UNSET
    error: dict[str, Any] | UnsetType = UNSET


class BatchResult(msgspec.Struct, frozen=True):
    results: list[BatchItem]


class Cancelled(msgspec.Struct, frozen=True):
    """What a cancel-all did: how many orders it cancelled, and the first 1,000 of them."""

    cancelled: int
    orders: list[Order]


class CancelAllAfterRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """In so many seconds all own open live orders (of ``symbol``) are cancelled, unless this is asked for again before; 0 switches it off."""

    timeout_seconds: CancelAfterSeconds
    symbol: SymbolText | None = None


class CancelAllAfter(msgspec.Struct, frozen=True):
    """``triggers_at`` is null when it is off. ``symbol`` is null for all orders."""

    symbol: str | None
    timeout_seconds: int
    current_time: str
    triggers_at: str | None


class Pagination(msgspec.Struct, frozen=True):
    """``next_cursor`` continues after the last row whatever was added meanwhile; ``total`` and ``offset`` come with offset pages."""

    limit: int
    has_next: bool
    next_cursor: str | None
    offset: int | UnsetType = UNSET
    total: int | UnsetType = UNSET


class OrderList(msgspec.Struct, frozen=True):
    data: list[Order]
    pagination: Pagination


class FillList(msgspec.Struct, frozen=True):
    data: list[Fill]
    pagination: Pagination
