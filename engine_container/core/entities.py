"""What the state (:mod:`engine_container.core.state`) is made of: users and their money, symbols and their books, orders.

Inside the core a price is a number of ticks and a quantity a number of lots, so that every product is a whole number of quote
units (``Symbol.unit`` quote units per tick and lot). The logs speak units of 10^-8. Attributes carry no logic here: each rule lives
in the module that bears its name.
"""

from __future__ import annotations

from typing import Final

from librt.strings import read_i64_be
from librt.vecs import vec
from mypy_extensions import i64, mypyc_attr

from engine_container.core.balances import Balance, Rates, Total
from engine_container.core.storage.command_memory import ABSENT as NO_ROW
from engine_container.core.storage.int_table import IntTable
from engine_container.core.storage.packed_text import first_word
from engine_container.core.storage.uuid_table import ID_LENGTH, high_of, low_of
from engine_container.core.vocabulary import (
    ACTIVE,
    DAILY_NOTIONAL_MAX,
    OPEN_ORDERS_MAX,
    OPEN_ORDERS_PER_SYMBOL_MAX,
    STP_CANCEL_TAKER,
)
from mycrypto.contracts.events import packed

Event = tuple[object, ...]
"""An event in the array layout of :mod:`mycrypto.contracts.events`: its tag, then its fields."""

Details = dict[str, int | str]


NO_BOUND: Final = 1152921504606846976
"""Ticks beyond every price."""


class InvariantError(Exception):
    """The core found itself in a state that cannot be: the engine must stop rather than go on."""


@mypyc_attr(acyclic=True)  # links are cleared when an order leaves: nothing for a collector to find
class Level:
    """The orders at one price, oldest first."""

    __slots__ = ("head", "key", "open", "tail")

    def __init__(self, key: i64) -> None:
        self.key: i64 = key
        self.open: i64 = 0
        """Lots open at this price, hidden ones included."""
        self.head: Order | None = None
        self.tail: Order | None = None


class BookSide:
    """One side of a book. A level's key is its price in ticks for bids and the negative for asks: the greatest key is the best."""

    __slots__ = ("best", "keys", "levels")

    def __init__(self) -> None:
        self.levels: IntTable[Level] = IntTable()
        self.keys: list[int] = []
        """Ascending, so that the best price stands at the end, where lists are quick."""
        self.best: Level | None = None


@mypyc_attr(acyclic=True)
class OrderConditions:
    """What only some orders have: conditions, expiry, an iceberg's display size, the other leg of an OCO."""

    __slots__ = (
        "activation",
        "display",
        "expires_ms",
        "extreme",
        "fee_included",
        "idle_lock_per_lot",
        "queued",
        "quote_quantity",
        "refused_if_reached",
        "sibling",
        "stop",
        "trail_bps",
        "waiting",
    )

    def __init__(self, stop: int, trail_bps: int, activation: int, display: int, expires_ms: int, quote_quantity: int) -> None:
        self.stop = stop
        """Trigger price in ticks; for a trailing order what the extreme and the distance make of it (0: not tracking yet)."""
        self.trail_bps = trail_bps
        self.activation = activation
        self.extreme = 0
        """Best price in ticks since a trailing order began to track; 0 before."""
        self.display = display
        self.expires_ms = expires_ms
        self.quote_quantity = quote_quantity
        """Units of quote asset that a market order was given, where it was given by value."""
        self.fee_included = False
        """Whether the value of a market BUY pays for its fee too."""
        self.refused_if_reached = False
        """Whether the order is refused where its trigger is met already. Both count at the entry alone, and are no part of a snapshot."""
        self.waiting = False
        """Off the book, until the trigger."""
        self.queued = False
        """Its trigger was reached; it fires when those before it have had their turn."""
        self.sibling: Order | None = None
        self.idle_lock_per_lot = 0
        """For the leg of an OCO that locks nothing because the other leg's lock covers both: what it needs alone."""


@mypyc_attr(acyclic=True, free_list_len=1)  # links are cleared when an order leaves: nothing for a collector to find
class Order:
    """An accepted order (or one about to be). ``open`` counts the lots left, of which ``shown`` are visible to the book."""

    __slots__ = (
        "account",
        "client_order_id",
        "conditions",
        "created_ms",
        "flags",
        "level",
        "lock_per_lot",
        "newer",
        "number",
        "older",
        "open",
        "price",
        "rates",
        "row",
        "shown",
        "side",
        "total",
    )

    def __init__(
        self,
        account: TradingAccount,
        side: i64,
        flags: i64,
        price: i64,
        total: i64,
        lock_per_lot: i64,
        created_ms: i64,
        conditions: OrderConditions | None,
    ) -> None:
        self.number: i64 = 0
        """The number of the event that accepted it."""
        self.created_ms: i64 = created_ms
        """Log time of its acceptance, epoch milliseconds."""
        self.account = account
        self.side: i64 = side
        self.flags: i64 = flags
        self.price: i64 = price
        """Limit in ticks; 0 for orders without one."""
        self.total: i64 = total
        self.open: i64 = total
        self.shown: i64 = total
        self.lock_per_lot: i64 = lock_per_lot
        """Units locked for every open lot: of base for a SELL; of quote for a BUY, value at the limit plus the highest fee."""
        self.rates = account.rates
        self.row: i64 = NO_ROW
        """Of the memory, which has the client_order_id."""
        self.client_order_id = ""
        """The client_order_id of an order that is open for longer than its row is remembered."""
        self.conditions = conditions
        self.level: Level | None = None
        self.older: Order | None = None
        self.newer: Order | None = None


class User:
    """A user's limits, habits and money, and which orders are open. -1 in a limit or rate means the platform's default."""

    __slots__ = (
        "accounts",
        "balances",
        "daily_notional_max",
        "day",
        "day_notional",
        "entered",
        "id_high",
        "id_low",
        "index",
        "last_account",
        "maker_fee_ppm",
        "market_maker",
        "open_orders",
        "open_orders_max",
        "open_orders_per_symbol_max",
        "outlived",
        "prevention",
        "taker_fee_ppm",
        "user_id",
    )

    def __init__(self, user_id: bytes, index: i64) -> None:
        # what every order looks at comes first, so that it shares lines of the processor's caches
        is_whole = len(user_id) == ID_LENGTH
        self.id_high: i64 = high_of(user_id) if is_whole else 0
        self.id_low: i64 = low_of(user_id) if is_whole else 0
        """The id in two halves; 0 where it is none of 16 bytes."""
        self.index: i64 = index
        """Its place among all users, in order of appearance."""
        self.last_account: TradingAccount | None = None
        """The one used last: most users stay at one symbol for a while."""
        self.open_orders: i64 = 0
        self.open_orders_max: i64 = OPEN_ORDERS_MAX
        self.open_orders_per_symbol_max: i64 = OPEN_ORDERS_PER_SYMBOL_MAX
        self.daily_notional_max: i64 = DAILY_NOTIONAL_MAX
        self.day: i64 = 0
        """Days since 1970 of log time that ``day_notional`` counts for."""
        self.day_notional: i64 = 0
        self.prevention: i64 = STP_CANCEL_TAKER
        self.outlived: dict[str, int] | None = None
        """Numbers of open orders whose rows in the memory are forgotten, by their client_order_ids; most users never have any."""
        self.entered: vec[i64] = vec[i64]()
        """Numbers of the open orders in order of entry, among some that have ended (:mod:`engine_container.core.open_orders`)."""
        self.user_id = user_id
        self.maker_fee_ppm: i64 = -1
        self.taker_fee_ppm: i64 = -1
        self.market_maker = False
        self.balances: dict[str, Balance] = {}
        self.accounts: dict[str, TradingAccount] = {}


class TradingAccount:
    """A user at a symbol: the two balances that trades move, the fee rates, the count of open orders."""

    __slots__ = ("base", "open_orders", "quote", "rates", "symbol", "user")

    def __init__(self, user: User, symbol: Symbol, base: Balance, quote: Balance, rates: Rates) -> None:
        self.user = user
        self.symbol = symbol
        self.base = base
        self.quote = quote
        self.rates = rates
        self.open_orders: i64 = 0


class Symbol:
    """A listed pair: its rules, its book, its waiting orders, its last price."""

    __slots__ = (
        "asks",
        "band_bps",
        "base",
        "bids",
        "breaker_bps",
        "breaker_halt_ms",
        "closes_minute",
        "falling",
        "fired",
        "halted_with_all",
        "highest",
        "index",
        "last_price",
        "lot",
        "lots_max",
        "lots_min",
        "lowest",
        "maker_fee_ppm",
        "name",
        "name_first",
        "name_last",
        "name_rest",
        "name_size",
        "notional_min",
        "opens_minute",
        "packed_name",
        "prints",
        "quote",
        "quote_total",
        "rates",
        "reason",
        "resume_ms",
        "rising",
        "status",
        "taker_fee_ppm",
        "tick",
        "trade_head",
        "trailing",
        "unit",
        "valued_by",
        "waiting",
        "window",
        "window_high",
        "window_low",
        "window_second",
    )

    def __init__(self, index: i64, name: str, base: str, quote: str, quote_total: Total) -> None:
        self.index: i64 = index
        self.name = name
        self.packed_name = packed(name)
        """The name as events carry it."""
        self.trade_head = b"\xdc\x00\x11\x03" + self.packed_name
        """How Trade begins in the log for this symbol: an array of 17, of which these are two."""
        self.name_size: i64 = len(self.packed_name)
        self.name_first: i64 = read_i64_be(self.packed_name, 0) if self.name_size >= 8 else 0
        self.name_rest: i64 = first_word(self.packed_name[8:])
        self.name_last: i64 = read_i64_be(self.packed_name, self.name_size - 8) if self.name_size >= 8 else 0
        """The name as events carry it in integers, exact where it has 8 to 16 bytes: the first 8 bytes, those after them, the last 8."""
        self.base = base
        self.quote = quote
        self.quote_total = quote_total
        """What all users have of the quote asset: fees leave it."""
        self.tick: i64 = 0
        self.lot: i64 = 0
        self.unit: i64 = 0
        """Quote units that one lot costs per tick of price."""
        self.lots_min: i64 = 0
        self.lots_max: i64 = 0
        self.notional_min: i64 = 0
        self.band_bps: i64 = 0
        self.maker_fee_ppm: i64 = 0
        self.taker_fee_ppm: i64 = 0
        self.rates = Rates(0, 0)
        """For users without rates of their own; an order keeps those that it was accepted with."""
        self.breaker_bps: i64 = 0
        self.breaker_halt_ms = 0
        self.opens_minute: i64 = -1
        self.closes_minute: i64 = -1
        self.status: i64 = ACTIVE
        self.reason = ""
        self.resume_ms = 0
        """When the status ends by itself; 0: never."""
        self.halted_with_all = False
        self.last_price: i64 = 0
        """Ticks of the last trade; 0 before the first."""
        self.lowest: i64 = 1
        self.highest: i64 = NO_BOUND
        """The band around the last trade, in ticks: derived from it and ``band_bps``."""
        self.bids = BookSide()
        self.asks = BookSide()
        self.waiting: dict[int, Order] = {}
        """Conditional orders off the book, in order of entry."""
        self.rising: list[tuple[int, int]] = []
        """(trigger in ticks, order number) ascending, of orders that fire at a price at or above their trigger."""
        self.falling: list[tuple[int, int]] = []
        """(minus trigger, order number) ascending, of orders that fire at a price at or below it."""
        self.trailing: dict[int, Order] = {}
        self.fired: list[Order] = []
        """Orders whose trigger was reached, in order of entry, waiting for their turn."""
        self.prints: list[int] = []
        """Prices traded by this command that waiting orders have yet to see."""
        self.valued_by: Symbol | None = None
        """The pair USDT/<quote> that values this one's turnover in USDT; None: taken as it is."""
        self.window: list[tuple[int, int, int]] = []
        """(second, lowest, highest) of the circuit breaker, the last minute's."""
        self.window_second: i64 = -1
        self.window_low: i64 = 0
        self.window_high: i64 = 0
