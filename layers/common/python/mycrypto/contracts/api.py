"""The trading API under ``/api/v1``: what requests may say and what answers look like.

Amounts, prices and quantities are decimal strings; times are ISO-8601 UTC with milliseconds; names are upper case. Requests are strict: an
unknown field is refused. The OpenAPI document is made from these models.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from mycrypto.contracts.commands import CANCEL_AFTER_MS_MAX, CANCEL_AFTER_MS_MIN
from mycrypto.faults import AMOUNT_WORDS, MUST_BE

SideName = Literal["BUY", "SELL"]
OrderTypeName = Literal["LIMIT", "MARKET", "STOP", "STOP_LIMIT", "TAKE_PROFIT", "TAKE_PROFIT_LIMIT", "TRAILING_STOP"]
TimeInForceName = Literal["GTC", "IOC", "FOK", "DAY", "GTD"]
OrderStatusName = Literal["PENDING_TRIGGER", "TRIGGERED", "OPEN", "PARTIALLY_FILLED", "FILLED", "CANCELLED", "REJECTED", "EXPIRED"]
SelfTradePreventionName = Literal["ACCOUNT", "CANCEL_TAKER", "CANCEL_MAKER", "CANCEL_BOTH", "DECREMENT"]
SymbolStatusName = Literal["ACTIVE", "HALTED", "MAINTENANCE", "DELISTED", "AUCTION"]
Mode = Literal["live", "paper"]

CLIENT_ORDER_ID_PATTERN = r"^[\x21-\x7e]{1,100}\Z"
AmountText = Annotated[str, Meta(max_length=64, examples=["0.25"], extra={MUST_BE: AMOUNT_WORDS})]
SymbolText = Annotated[str, Meta(min_length=1, max_length=32, examples=["BTC/USDT"])]
ClientOrderId = Annotated[
    str,
    Meta(
        pattern=CLIENT_ORDER_ID_PATTERN,
        description="Unique per user for 24 hours; printable ASCII, no spaces",
        extra={MUST_BE: "1 to 100 printable ASCII characters without spaces"},
    ),
]
TrailBps = Annotated[int, Meta(ge=1, le=9_999)]
IsoTime = Annotated[str, Meta(max_length=40, description="ISO-8601 with offset; for GTD", extra_json_schema={"format": "date-time"})]
ReasonText = Annotated[str, Meta(max_length=500)]
BATCH_ITEMS_MAX = 50
CANCEL_AFTER_SECONDS_MIN = CANCEL_AFTER_MS_MIN // 1_000
CANCEL_AFTER_SECONDS_MAX = CANCEL_AFTER_MS_MAX // 1_000
CancelAfterSeconds = Annotated[
    int,
    Meta(
        ge=0,
        le=CANCEL_AFTER_SECONDS_MAX,
        description=f"0 switches it off, else {CANCEL_AFTER_SECONDS_MIN} to {CANCEL_AFTER_SECONDS_MAX}",
        extra_json_schema={"not": {"minimum": 1, "maximum": CANCEL_AFTER_SECONDS_MIN - 1}},
    ),
]
LISTED_MAX = 1_000
"""What one answer lists of trades, or of cancelled orders, at most: one order may meet a hundred thousand others."""


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
    display_quantity: AmountText | None = None
    trail_bps: TrailBps | None = None
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


class PublicTrade(msgspec.Struct, frozen=True):
    """A trade without its parties. ``side`` is the taker's."""

    id: str
    symbol: str
    price: str
    quantity: str
    value: str
    side: SideName
    is_buyer_maker: bool
    executed_at: str


class PublicTradeList(msgspec.Struct, frozen=True):
    data: list[PublicTrade]
    pagination: Pagination


class OrderBook(msgspec.Struct, frozen=True):
    """Levels are [price, quantity, orders], best first. ``last_update_id`` is the event that changed the book last."""

    symbol: str
    last_update_id: int
    bids: list[tuple[str, str, int]]
    asks: list[tuple[str, str, int]]
    timestamp: str


class Ticker(msgspec.Struct, frozen=True):
    """The last 24 hours. Prices are null while nothing was traded or rests; ``price_change_percent`` has two decimals."""

    symbol: str
    last_price: str | None
    bid_price: str | None
    bid_quantity: str | None
    ask_price: str | None
    ask_quantity: str | None
    spread: str | None
    open_24h: str | None
    high_24h: str | None
    low_24h: str | None
    price_change_24h: str | None
    price_change_percent_24h: str | None
    volume_24h: str
    quote_volume_24h: str
    trades_24h: int
    timestamp: str


class TickerList(msgspec.Struct, frozen=True):
    data: list[Ticker]


class Candle(msgspec.Struct, frozen=True):
    """``opened_at`` is the beginning of the interval; an interval without trades is absent."""

    opened_at: str
    open: str
    high: str
    low: str
    close: str
    volume: str
    quote_volume: str
    trades: int


class CandleList(msgspec.Struct, frozen=True):
    """Oldest first; the last one may still be growing."""

    symbol: str
    interval: Literal["1m", "5m", "15m", "1h", "4h", "1d"]
    data: list[Candle]


class TradingHours(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Minutes of the UTC day."""

    opens_minute: Annotated[int, Meta(ge=0, le=1_439)]
    closes_minute: Annotated[int, Meta(ge=0, le=1_439)]


class Market(msgspec.Struct, frozen=True):
    """A listed symbol with its rules. Fees are parts per million, band and breaker basis points; null switches a rule off."""

    symbol: str
    base_asset: str
    quote_asset: str
    status: SymbolStatusName
    status_reason: str | None
    estimated_resume: str | None
    tick_size: str
    lot_size: str
    quantity_min: str
    quantity_max: str
    notional_min: str | None
    price_band_bps: int | None
    breaker_bps: int | None
    breaker_halt_ms: int | None
    maker_fee_ppm: int
    taker_fee_ppm: int
    trading_hours: TradingHours | None
    updated_at: str


class MarketList(msgspec.Struct, frozen=True):
    data: list[Market]


class Balance(msgspec.Struct, frozen=True):
    asset: str
    available: str
    locked: str
    total: str
    updated_at: str


class BalanceList(msgspec.Struct, frozen=True):
    data: list[Balance]


AlertConditionName = Literal["ABOVE", "BELOW"]


class PlaceAlertRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Be told once when the last price is at ``price`` or above (ABOVE), or at it or below (BELOW)."""

    symbol: SymbolText
    condition: AlertConditionName
    price: AmountText


class ChangeAlertRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """New values, at least one."""

    condition: AlertConditionName | None = None
    price: AmountText | None = None


class Alert(msgspec.Struct, frozen=True):
    """A price alert that has not fired; it is gone when it has."""

    id: str
    symbol: str
    condition: AlertConditionName
    price: str
    created_at: str


class AlertList(msgspec.Struct, frozen=True):
    """Oldest first; all of them."""

    data: list[Alert]


class Fees(msgspec.Struct, frozen=True):
    """The caller's own rates on a symbol, in parts per million of the value, charged in the quote asset."""

    symbol: str
    maker_fee_ppm: int
    taker_fee_ppm: int


class FeeList(msgspec.Struct, frozen=True):
    data: list[Fees]


class Position(msgspec.Struct, frozen=True):
    """What the user's own trades on a symbol add up to, by average cost. Money is in the quote asset; fees count as cost.

    ``quantity`` is what was bought and not yet sold here; deposits and withdrawals do not count.
    """

    symbol: str
    side: Literal["LONG"]
    quantity: str
    average_entry_price: str | None
    current_price: str | None
    unrealized_pnl: str | None
    unrealized_pnl_percent: str | None
    realized_pnl: str
    opened_at: str | None
    updated_at: str


class PositionList(msgspec.Struct, frozen=True):
    data: list[Position]


class SetSymbolRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Lists a symbol or changes its rules. An absent rule keeps its value; for a new symbol ``tick_size``, ``lot_size``, ``quantity_min``
    and ``quantity_max`` are required. "0" or 0 switches ``notional_min``, ``price_band_bps`` and ``breaker_bps`` off.
    """

    tick_size: AmountText | None = None
    lot_size: AmountText | None = None
    quantity_min: AmountText | None = None
    quantity_max: AmountText | None = None
    notional_min: AmountText | None = None
    price_band_bps: Annotated[int, Meta(ge=0, le=9_999)] | None = None
    breaker_bps: Annotated[int, Meta(ge=0, le=9_999)] | None = None
    breaker_halt_ms: Annotated[int, Meta(ge=1_000, le=86_400_000)] | None = None
    maker_fee_ppm: Annotated[int, Meta(ge=0, le=100_000)] | None = None
    taker_fee_ppm: Annotated[int, Meta(ge=0, le=100_000)] | None = None
    trading_hours: TradingHours | UnsetType | None = UNSET


class SetStatusRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Leaving ACTIVE cancels the resting orders and frees their funds."""

    status: SymbolStatusName
    reason: ReasonText = ""
    estimated_resume: Annotated[str, Meta(max_length=40, extra_json_schema={"format": "date-time"})] | None = None


class EmergencyRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why everything is halted or resumed."""

    reason: ReasonText


class BreakerRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """TRIGGER halts the symbol for ``duration_minutes``, RESET lets it trade again."""

    action: Literal["TRIGGER", "RESET"]
    duration_minutes: Annotated[int, Meta(ge=1, le=1_440)] = 5
    reason: ReasonText = ""


class SetRulesRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The version of the matching rules that counts from now on: never an older one than is in force."""

    version: Annotated[int, Meta(ge=1, le=65535)]


class RulesVersion(msgspec.Struct, frozen=True):
    """The version of the matching rules in force."""

    version: int


class LogTime(msgspec.Struct, frozen=True):
    """The time of the log's last event, and the broker's where that is too far ahead to be believed."""

    log_time: str
    doubted_time: str | None = None


class AcceptTimeRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Up to where the log's time may go at once, though one record moves it by a day at most. It counts for one jump and cannot be undone."""

    until: Annotated[str, Meta(max_length=40)]


class SetLimitsRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A user's limits and habits. Null takes the platform's default, 0 switches a limit off; an absent field keeps its value."""

    open_orders_max: Annotated[int, Meta(ge=0, le=1000000)] | UnsetType | None = UNSET
    open_orders_per_symbol_max: Annotated[int, Meta(ge=0, le=1000000)] | UnsetType | None = UNSET
    daily_notional_max: AmountText | UnsetType | None = UNSET
    maker_fee_ppm: Annotated[int, Meta(ge=0, le=100000)] | UnsetType | None = UNSET
    taker_fee_ppm: Annotated[int, Meta(ge=0, le=100000)] | UnsetType | None = UNSET
    self_trade_prevention: Literal["CANCEL_TAKER", "CANCEL_MAKER", "CANCEL_BOTH", "DECREMENT", "ALLOW"] | UnsetType = UNSET
    market_maker: bool | UnsetType = UNSET


class UserLimits(msgspec.Struct, frozen=True):
    """As in force; null is the platform's default, 0 is off."""

    user_id: str
    open_orders_max: int | None
    open_orders_per_symbol_max: int | None
    daily_notional_max: str | None
    maker_fee_ppm: int | None
    taker_fee_ppm: int | None
    self_trade_prevention: str
    market_maker: bool
