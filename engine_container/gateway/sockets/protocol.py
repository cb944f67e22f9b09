"""What a client may say on a socket."""

from __future__ import annotations

from typing import Annotated, Final, Literal, NamedTuple

import msgspec
from msgspec import Meta

from mycrypto.contracts.api import BATCH_ITEMS_MAX, CancelAfterSeconds, CandleIntervalName, ClientOrderId, Mode, SymbolText

StreamName = Literal["orderbook", "trades", "ticker", "tickers", "candles", "orders", "balances", "notices"]
PRIVATE_STREAMS: Final = frozenset({"orders", "balances", "notices"})
PAPER_STREAMS: Final = frozenset({"orders", "balances"})
DEPTH_MAX: Final = 1_000
ORDER_ACTIONS: Final = frozenset({"place", "place_batch", "place_oco", "replace", "cancel", "cancel_all", "cancel_all_after"})


RequestId = Annotated[str, Meta(max_length=64)] | int | None


class Topic(NamedTuple):
    """What a connection may listen to once."""

    stream: str
    symbol: str = ""
    """Canonical; "" for streams without one, "paper" for paper trading."""
    interval: str = ""
    """Of candles."""


class BookForm(NamedTuple):
    """How deep and how often a book is told."""

    depth: int = DEPTH_MAX
    interval_ms: int = 0


class Addressed(msgspec.Struct, frozen=True):
    """The part of a message by which a client knows its answer, whatever else is wrong with it."""

    id: RequestId = None


class ClientMessage(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``id`` is given back with the answer. Which other fields are needed depends on ``action``."""

    action: Literal[
        "subscribe",
        "unsubscribe",
        "resync",
        "auth",
        "ping",
        "place",
        "place_batch",
        "place_oco",
        "replace",
        "cancel",
        "cancel_all",
        "cancel_all_after",
    ]
    id: RequestId = None
    stream: StreamName | None = None
    symbol: SymbolText | None = None
    token: Annotated[str, Meta(max_length=8_192)] | None = None
    epoch: Annotated[str, Meta(max_length=64)] = ""
    last_sequence: Annotated[int, Meta(ge=0, lt=2**62)] = 0
    depth: Literal[25, 100, 1000] = DEPTH_MAX
    """With subscribe of orderbook: so many of the best levels of each side."""
    interval_ms: Literal[0, 50, 250] = 0
    """With subscribe of orderbook: what changes is told together, no more often than this; 0: at once."""
    interval: CandleIntervalName | None = None
    """With subscribe and unsubscribe of candles."""
    snapshot: bool = False
    """With subscribe of orders: your open orders come first, as one message; of trades: the last 50."""
    order: msgspec.Raw = msgspec.field(default_factory=msgspec.Raw)
    """With place, place_oco (both orders) and replace (the new order; order_id or client_order_id names the old one), in the form of HTTP's body."""
    orders: Annotated[list[msgspec.Raw], Meta(max_length=BATCH_ITEMS_MAX)] = []
    order_id: Annotated[str, Meta(max_length=64)] | None = None
    client_order_id: ClientOrderId | None = None
    mode: Mode = "live"
    """With subscribe and unsubscribe of orders and balances, resync of orders, cancel and cancel_all: paper for what happens with play money."""
    timeout_seconds: CancelAfterSeconds | None = None
    """With cancel_all_after."""
    cancel_on_disconnect: bool | None = None
    """With auth: whether all open (live) orders of the user are cancelled when this connection ends, whatever ends it."""
