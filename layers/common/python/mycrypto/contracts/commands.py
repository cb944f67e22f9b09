"""Commands: what enters the log ``engine-commands``.

One Kafka record is ``[FORMAT_VERSION, [command, ...]]`` in MessagePack; a command is an array that starts with its tag. Fields are
only ever appended, with a default, so that a record of an older format decodes as it was meant. All amounts, prices and
quantities are units of 10^-8; users, commands and transfers are the 16 bytes of their UUID. The time of a command is
the broker's timestamp of its record; its place is (partition, offset, index in the record).
"""

from __future__ import annotations

from typing import Final

import msgspec

from mycrypto.contracts.trading import OrderType, SelfTradePrevention, Side, SymbolStatus, TimeInForce

FORMAT_VERSION: Final = 1
COMMANDS_PER_RECORD_MAX: Final = 1_000
TOPIC: Final = "engine-commands"


class PlaceOrder(msgspec.Struct, frozen=True, gc=False, array_like=True, tag_field="tag", tag=1):
    """``quantity`` is 0 exactly when a market order is given by ``quote_quantity``; ``price`` is 0 for types without one."""

    command_id: bytes
    user_id: bytes
    symbol: str
    side: Side
    type: OrderType
    time_in_force: TimeInForce
    quantity: int
    price: int = 0
    client_order_id: str = ""
    quote_quantity: int = 0
    post_only: bool = False
    self_trade_prevention: SelfTradePrevention = SelfTradePrevention.ACCOUNT
    stop_price: int = 0
    display_quantity: int = 0
    trail_bps: int = 0
    activation_price: int = 0
    expires_ms: int = 0
    fee_included: bool = False
    """A market BUY by value: its fee is part of ``quote_quantity``, not on top of it. From :data:`RULES_WITH_ORDER_OPTIONS` on."""
    refused_if_reached: bool = False
    """An order with a stop price that the last price has reached already is refused, and does not fire at once. From the same version on."""


class CancelOrder(msgspec.Struct, frozen=True, array_like=True, tag_field="tag", tag=2):
    """By ``order_number``, or by ``client_order_id`` where the number is 0."""

    command_id: bytes
    user_id: bytes
    order_number: int
    client_order_id: str = ""


class AmendOrder(msgspec.Struct, frozen=True, array_like=True, tag_field="tag", tag=3):
    """New OPEN quantity and price; 0 keeps what the order has. ``total_quantity``, in place of ``quantity``, counts what was filled as well: a fill
    that comes first makes the rest smaller, not the order larger. From :data:`RULES_WITH_ORDER_OPTIONS` on.
    """

    command_id: bytes
    user_id: bytes
    order_number: int
    client_order_id: str = ""
    quantity: int = 0
    price: int = 0
    total_quantity: int = 0


class CancelAll(msgspec.Struct, frozen=True, array_like=True, tag_field="tag", tag=4):
    """All open orders of a user; ``symbol`` "" and ``side`` None do not narrow."""

    command_id: bytes
    user_id: bytes
    symbol: str = ""
    side: Side | None = None


class Credit(msgspec.Struct, frozen=True, array_like=True, tag_field="tag", tag=5):
    """Money comes in from the wallet. A transfer id takes effect once, for ever."""

    command_id: bytes
    user_id: bytes
    asset: str
    amount: int
    transfer_id: bytes


class Debit(msgspec.Struct, frozen=True, array_like=True, tag_field="tag", tag=6):
    """Money goes out to the wallet, if the user's available balance covers it."""

    command_id: bytes
    user_id: bytes
    asset: str
    amount: int
    transfer_id: bytes


class SetSymbol(msgspec.Struct, frozen=True, array_like=True, tag_field="tag", tag=7):
    """List a symbol or change its rules. Refused if tick x lot is no whole number of quote units, or if tick or lot change
    while orders rest. 0 switches off ``notional_min``, ``band_bps`` and ``breaker_bps``. Fees are parts per million.
    """

    command_id: bytes
    symbol: str
    base: str
    quote: str
    tick: int
    lot: int
    quantity_min: int
    quantity_max: int
    notional_min: int = 0
    band_bps: int = 0
    maker_fee_ppm: int = 0
    taker_fee_ppm: int = 0
    breaker_bps: int = 0
    breaker_halt_ms: int = 300_000
    actor_id: bytes = b""
    opens_minute: int = -1
    """Trading hours as minutes of the UTC day; -1 and -1: always."""
    closes_minute: int = -1


class SetStatus(msgspec.Struct, frozen=True, array_like=True, tag_field="tag", tag=8):
    """Leaving ACTIVE cancels the resting orders and frees their funds."""

    command_id: bytes
    symbol: str
    status: SymbolStatus
    reason: str = ""
    actor_id: bytes = b""
    resume_ms: int = 0


class Halt(msgspec.Struct, frozen=True, array_like=True, tag_field="tag", tag=9):
    """Halt every symbol."""

    command_id: bytes
    reason: str = ""
    actor_id: bytes = b""


class Resume(msgspec.Struct, frozen=True, array_like=True, tag_field="tag", tag=10):
    """Resume every symbol that :class:`Halt` halted."""

    command_id: bytes
    reason: str = ""
    actor_id: bytes = b""


class Tick(msgspec.Struct, frozen=True, array_like=True, tag_field="tag", tag=11):
    """Moves the log's time on while no other command comes; the active engine sends it once a second."""

    command_id: bytes
    sent_ms: int = 0
    """The time of the sender's own clock, a second opinion where that of the record is too far ahead to be believed; 0: none."""


class SetUser(msgspec.Struct, frozen=True, array_like=True, tag_field="tag", tag=12):
    """A user's limits and habits. -1 in a limit or fee takes the platform's default; 0 in a limit switches it off."""

    command_id: bytes
    user_id: bytes
    open_orders_max: int = -1
    open_orders_per_symbol_max: int = -1
    daily_notional_max: int = -1
    maker_fee_ppm: int = -1
    taker_fee_ppm: int = -1
    self_trade_prevention: SelfTradePrevention = SelfTradePrevention.CANCEL_TAKER
    market_maker: bool = False
    actor_id: bytes = b""


class PlaceOco(msgspec.Struct, frozen=True, array_like=True, tag_field="tag", tag=13):
    """Two orders of one user on one symbol; when one fills, fires or is cancelled, the other is cancelled."""

    command_id: bytes
    first: PlaceOrder
    second: PlaceOrder


class ReplaceOrder(msgspec.Struct, frozen=True, array_like=True, tag_field="tag", tag=14):
    """Cancel one order and place another in one step: if the cancel is refused nothing is placed."""

    command_id: bytes
    order_number: int
    client_order_id: str
    replacement: PlaceOrder


CANCEL_AFTER_MS_MIN: Final = 10_000
CANCEL_AFTER_MS_MAX: Final = 86_400_000


RULES_WITH_CANCEL_ALL_AFTER: Final = 3
"""From this rules version on the next command may be sent: an engine that does not know it would skip the whole record."""


class CancelAllAfter(msgspec.Struct, frozen=True, array_like=True, tag_field="tag", tag=16):
    """A dead man's switch: ``timeout_ms`` of log time from now on (0 switches it off) the user's open orders are cancelled, unless it is set again
    before. ``symbol`` "" does not narrow; each symbol has a switch of its own beside the one for all.

    ``holder`` is b"" for the user's own switch; else the process that renews it for the user's sessions as long as it lives, 16 bytes. With
    ``renews`` every switch of the holder has its whole time again, and no other field counts.
    """

    command_id: bytes
    user_id: bytes
    timeout_ms: int
    symbol: str = ""
    holder: bytes = b""
    renews: bool = False


RULES_WITH_ORDER_OPTIONS: Final = 4
"""No gateway sends an order with ``fee_included`` or ``refused_if_reached``, or an amendment with ``total_quantity``, before: an older engine would not see
them."""

RULES_LATEST: Final = 4
"""Behaviour that changes an event for an old command comes with a new version and waits for a SetRules command: logs replay as they happened."""


class SetRules(msgspec.Struct, frozen=True, array_like=True, tag_field="tag", tag=15):
    """Switch on the rules of a later version, from this place of the log on."""

    command_id: bytes
    version: int


class AcceptTime(msgspec.Struct, frozen=True, array_like=True, tag_field="tag", tag=17):
    """An operator lets the log's time go up to ``until_ms`` at once, though one record moves it by a day at most."""

    command_id: bytes
    until_ms: int
    actor_id: bytes = b""


Command = (
    PlaceOrder
    | CancelOrder
    | AmendOrder
    | CancelAll
    | Credit
    | Debit
    | SetSymbol
    | SetStatus
    | Halt
    | Resume
    | Tick
    | SetUser
    | PlaceOco
    | ReplaceOrder
    | SetRules
    | AcceptTime
    | CancelAllAfter
)

fields_of = msgspec.structs.astuple
"""A command's fields in the order of their declaration, without the tag: one call, where reading them one by one costs more."""

_FIELDS_WITHOUT_OPTIONS: Final = {PlaceOrder: 17, AmendOrder: 6}


def content_of(command: PlaceOrder | AmendOrder) -> tuple[object, ...]:
    """The fields as they are remembered: those that came later only where they say something, so that what an older engine remembered stays equal."""
    fields = fields_of(command)
    first = _FIELDS_WITHOUT_OPTIONS[type(command)]
    return fields if any(fields[first:]) else fields[:first]


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(tuple[int, list[Command]])


def encode_record(commands: list[Command]) -> bytes:
    """One record of the log."""
    return _encoder.encode((FORMAT_VERSION, commands))


def decode_record(payload: bytes) -> list[Command]:
    """The commands of a record; raises ``msgspec.DecodeError`` (a ``ValueError``) on anything else."""
    try:
        version, commands = _decoder.decode(payload)
    except (UnicodeDecodeError, RecursionError) as error:  # the decoder lets them through as they are
        raise msgspec.DecodeError(str(error)) from error
    if version != FORMAT_VERSION:
        raise msgspec.DecodeError(f"unknown command format version {version}")
    return commands
