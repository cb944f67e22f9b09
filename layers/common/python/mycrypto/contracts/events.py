"""Events: what leaves the engine through the log ``engine-events``.

One Kafka record holds (a part of) the events of one command record, as MessagePack (see :class:`EventRecord`). Events are numbered
without gaps: the first of a record is ``first_seq``, the next ``first_seq + 1`` and so on, through all its results. The number of an
event is also the number of what it creates: of the order for OrderAccepted and OrderRejected, of the trade for Trade.
Consumers keep the greatest number they have applied and drop what is not above it: records may come twice, events count once.

All amounts, prices and quantities are units of 10^-8; ids of users, commands and transfers are 16 bytes. Balances are absolute
values after the command. Within the result of one command the order is: what was accepted, the trades in the order they
happened, what was closed, the balances of every (user, asset) that the command touched.

What every order leads to is kept out of the garbage collector's sight (``gc=False``): an event refers to nothing that refers to it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, get_args

import msgspec

from mycrypto.contracts.trading import OrderStatus, OrderType, Side, SymbolStatus, TimeInForce, TimeJump

FORMAT_VERSION: Final = 1
TOPIC: Final = "engine-events"


class OrderAccepted(msgspec.Struct, frozen=True, gc=False, array_like=True, tag_field="tag", tag=1):
    """An order took its place; its number is this event's. It rests after the result unless an OrderClosed follows."""

    user_id: bytes
    client_order_id: str
    symbol: str
    side: Side
    type: OrderType
    time_in_force: TimeInForce
    quantity: int
    price: int
    quote_quantity: int
    post_only: bool
    stop_price: int
    display_quantity: int
    trail_bps: int
    activation_price: int
    expires_ms: int
    status: OrderStatus
    """OPEN, or PENDING_TRIGGER for an order that waits off the book."""
    oco: int = 0
    """Number of the other order of its OCO, which was accepted with it; the links are told since version 3 of the rules."""
    replaces: int = 0
    """Number of the order that was cancelled for it, with the time of that one."""
    replaces_created_ms: int = 0


class OrderRejected(msgspec.Struct, frozen=True, array_like=True, tag_field="tag", tag=2):
    """An order was refused: ``code`` is of the error catalogue, ``details`` the figures a person needs (amounts as units)."""

    user_id: bytes
    client_order_id: str
    symbol: str
    side: Side
    type: OrderType
    time_in_force: TimeInForce
    quantity: int
    price: int
    quote_quantity: int
    stop_price: int
    code: str
    details: dict[str, int | str]


class Trade(msgspec.Struct, frozen=True, gc=False, array_like=True, tag_field="tag", tag=3):
    """A fill. Fees are in quote units. ``maker_shown`` is what the maker shows at its price after the fill."""

    symbol: str
    price: int
    quantity: int
    taker_side: Side
    maker_order: int
    maker_created_ms: int
    maker_user: bytes
    maker_fee: int
    maker_filled: int
    maker_shown: int
    taker_order: int
    taker_created_ms: int
    taker_user: bytes
    taker_fee: int
    taker_filled: int
    marked: bool = False
    """Both sides are one flagged market maker."""


class OrderClosed(msgspec.Struct, frozen=True, gc=False, array_like=True, tag_field="tag", tag=4):
    """An order reached a final status; ``reason`` is "" for FILLED, else why (USER, IOC, SELF_TRADE_PREVENTION, HALT, ...)."""

    order: int
    created_ms: int
    user_id: bytes
    symbol: str
    status: OrderStatus
    reason: str
    filled: int
    remaining: int


class OrderTriggered(msgspec.Struct, frozen=True, array_like=True, tag_field="tag", tag=5):
    """A waiting order fired at ``price`` and goes on as a market or limit order."""

    order: int
    created_ms: int
    user_id: bytes
    symbol: str
    price: int


class OrderAmended(msgspec.Struct, frozen=True, array_like=True, tag_field="tag", tag=6):
    """An open order has a new total quantity and price; ``kept_place`` says if it kept its time priority."""

    order: int
    created_ms: int
    user_id: bytes
    symbol: str
    quantity: int
    price: int
    kept_place: bool
    shown: int = 0
    """What it shows at its price after the amendment (0 if it does not rest)."""


class BalanceChanged(msgspec.Struct, frozen=True, gc=False, array_like=True, tag_field="tag", tag=7):
    user_id: bytes
    asset: str
    available: int
    locked: int


class TransferApplied(msgspec.Struct, frozen=True, array_like=True, tag_field="tag", tag=8):
    """``amount`` is positive for a credit, negative for a debit. ``repeated``: it had been applied before, nothing changed."""

    transfer_id: bytes
    user_id: bytes
    asset: str
    amount: int
    repeated: bool = False


class TransferRefused(msgspec.Struct, frozen=True, array_like=True, tag_field="tag", tag=9):
    transfer_id: bytes
    user_id: bytes
    asset: str
    amount: int
    code: str
    details: dict[str, int | str]


class SymbolChanged(msgspec.Struct, frozen=True, array_like=True, tag_field="tag", tag=10):
    symbol: str
    base: str
    quote: str
    tick: int
    lot: int
    quantity_min: int
    quantity_max: int
    notional_min: int
    band_bps: int
    maker_fee_ppm: int
    taker_fee_ppm: int
    breaker_bps: int
    breaker_halt_ms: int
    opens_minute: int
    closes_minute: int
    status: SymbolStatus
    reason: str
    resume_ms: int
    actor_id: bytes = b""


class UserChanged(msgspec.Struct, frozen=True, array_like=True, tag_field="tag", tag=11):
    user_id: bytes
    open_orders_max: int
    open_orders_per_symbol_max: int
    daily_notional_max: int
    maker_fee_ppm: int
    taker_fee_ppm: int
    self_trade_prevention: int
    market_maker: bool
    actor_id: bytes = b""


class Totals(msgspec.Struct, frozen=True, array_like=True, tag_field="tag", tag=12):
    """Sum of all users' spot balances per asset at this place; the ledger must have the same (invariant 12)."""

    assets: dict[str, int]


class CommandRefused(msgspec.Struct, frozen=True, array_like=True, tag_field="tag", tag=13):
    """A command other than a new order or a transfer was refused; nothing changed."""

    code: str
    details: dict[str, int | str]


class OrderRepeated(msgspec.Struct, frozen=True, array_like=True, tag_field="tag", tag=14):
    """The same order had been placed before under this command id or client_order_id: the answer is that order."""

    order: int
    created_ms: int
    user_id: bytes


class CommandRepeated(msgspec.Struct, frozen=True, array_like=True, tag_field="tag", tag=15):
    """The same command had been carried out before; nothing changed."""


class RulesChanged(msgspec.Struct, frozen=True, array_like=True, tag_field="tag", tag=16):
    version: int


class CommandFailed(msgspec.Struct, frozen=True, array_like=True, tag_field="tag", tag=17):
    """A command met a defect of the engine: all that it had changed was taken back, and its market, where it has one, halts (SymbolChanged follows).

    A failed transfer is refused besides (TransferRefused). ``command`` is the kind of command, or TimePassed for what came due by itself;
    ``user_id``, ``symbol`` and ``what`` (the defect in words, for operators) are empty where they are not known.
    """

    command: str
    user_id: bytes
    symbol: str
    code: str
    what: str


class UnknownEvent(msgspec.Struct, frozen=True, array_like=True):
    """An event with a tag that this version does not know, of an engine that is newer: it counts in the numbers and means nothing here."""

    tag: int


class CancelAllAfterSet(msgspec.Struct, frozen=True, array_like=True, tag_field="tag", tag=18):
    """The user's open orders (of ``symbol``, "" for all) are cancelled at ``deadline_ms``, log time; 0: the switch is off. ``ran_out``: it is off because
    its time came, and the orders are cancelled with this result.

    The answer to a renewal has no user and tells the latest deadline of the holder's switches; 0: it has none any more.
    """

    user_id: bytes
    symbol: str
    deadline_ms: int
    ran_out: bool = False


class TimeJumped(msgspec.Struct, frozen=True, array_like=True, tag_field="tag", tag=19):
    """A record said a time (``record_ms``) more than a day after the log's (``before_ms``); what was done about it."""

    before_ms: int
    record_ms: int
    outcome: TimeJump
    actor_id: bytes = b""


Event = (
    OrderAccepted
    | OrderRejected
    | Trade
    | OrderClosed
    | OrderTriggered
    | OrderAmended
    | BalanceChanged
    | TransferApplied
    | TransferRefused
    | SymbolChanged
    | UserChanged
    | Totals
    | CommandRefused
    | OrderRepeated
    | CommandRepeated
    | RulesChanged
    | CancelAllAfterSet
    | TimeJumped
    | CommandFailed
)


class Result(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """The events of one command. ``index`` is its place in the command record.

    Index -1 with an empty id: what had come due before the record's commands (expiries, the end of halts and auctions). A result of
    thousands of events (a halt of a deep book) may be cut: then it goes on in the next part under the same index and id.
    """

    index: int
    command_id: bytes
    events: list[Event]


class EventRecord(msgspec.Struct, frozen=True, array_like=True):
    """``command_offset`` is the offset of the command record, ``time_ms`` its log time (never less than one before).

    A record whose events would be too many for one message is cut between results; ``last`` marks its final part.
    A record without events (an idle tick) is not published.
    """

    version: int
    shard: int
    first_seq: int
    command_offset: int
    time_ms: int
    last: bool
    results: list[Result]

    def numbered(self) -> Iterator[tuple[int, Result, Event]]:
        """Every event with its number."""
        seq = self.first_seq
        for result in self.results:
            for event in result.events:
                yield seq, result, event
                seq += 1

    @property
    def next_seq(self) -> int:
        """The number that follows the last event of this record."""
        return self.first_seq + sum(len(result.events) for result in self.results)


packed = msgspec.msgpack.Encoder().encode
"""An event, or a part of one, as the log has it."""

_decoder = msgspec.msgpack.Decoder(EventRecord)
_loose = msgspec.msgpack.Decoder(tuple[int, int, int, int, int, bool, list[tuple[int, bytes, list[msgspec.Raw]]]])
_event = msgspec.msgpack.Decoder(Event)
_tagged = msgspec.msgpack.Decoder(list[msgspec.Raw])
_integer = msgspec.msgpack.Decoder(int)
_KNOWN: Final = frozenset(kind.__struct_config__.tag for kind in get_args(Event))


def _decode(payload: bytes) -> EventRecord:
    try:
        return _decoder.decode(payload)
    except msgspec.ValidationError as error:
        record = _decode_loosely(payload)
        if record is None:
            raise error from None
        return record


def _decode_loosely(payload: bytes) -> EventRecord | None:
    """A record with events that only a newer version knows; ``None`` if it has none such, but something that is wrong."""
    try:
        version, shard, first_seq, command_offset, time_ms, last, results = _loose.decode(payload)
        unknown = False
        decoded: list[Result] = []
        for index, command_id, raws in results:
            events: list[Event] = []
            for raw in raws:
                tag = _integer.decode(_tagged.decode(raw)[0])
                if tag in _KNOWN:
                    events.append(_event.decode(raw))
                else:
                    unknown = True
                    events.append(UnknownEvent(tag))  # type: ignore[arg-type]  # not in the union: no reader matches on it
            decoded.append(Result(index, command_id, events))
    except (msgspec.ValidationError, IndexError):
        return None
    return EventRecord(version, shard, first_seq, command_offset, time_ms, last, decoded) if unknown else None


def decode_record(payload: bytes) -> EventRecord:
    """A record of the log; raises ``msgspec.DecodeError`` (a ``ValueError``) on anything else."""
    try:
        record = _decode(payload)
    except (UnicodeDecodeError, RecursionError) as error:  # the decoder lets them through as they are
        raise msgspec.DecodeError(str(error)) from error
    if record.version != FORMAT_VERSION:
        raise msgspec.DecodeError(f"unknown event format version {record.version}")
    return record
