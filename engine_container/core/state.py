"""The state of the engine: everything that the command log has made, and the versions of the rules that it may be under."""

from __future__ import annotations

from typing import Final

from mypy_extensions import i64

from engine_container.core.balances import Balance, Total
from engine_container.core.entities import Order, Symbol, User
from engine_container.core.storage.command_memory import CommandMemory
from engine_container.core.storage.int_table import IntTable
from engine_container.core.storage.uuid_table import UuidTable

NO_SWITCH_MS: Final = 999_999_999_999_999_999
"""Later than every log time."""

NO_MARKET: Final = -1

RULES_FIRST: Final = 1
RULES_WITH_ALL_FIGURES: Final = 2
"""FOK_NOT_FILLABLE says what a market order asked for, a refused debit asked for again what is available, and a trailing SELL that nothing values yet
what it needs."""
RULES_OF_SAFETY: Final = 3
"""One rate for an order from acceptance to end, also when it fires; nothing opens crossed, no leg of an OCO outgrows the other, no stop is passed
over, no record moves the time by more than a day."""
RULES_OF_ORDER_OPTIONS: Final = 4
"""An order may have its fee within its value, and may be refused where its stop price is reached; an amendment may say the total quantity."""


class Switch:
    """Cancels the user's orders, of one symbol or ("") of all, when its time comes."""

    __slots__ = ("deadline_ms", "holder", "symbol", "timeout_ms", "user")

    def __init__(self, user: User, symbol: str, holder: bytes, timeout_ms: int, deadline_ms: int) -> None:
        self.user = user
        self.symbol = symbol
        self.holder = holder
        """Who renews it: b"" for the user, else a gateway."""
        self.timeout_ms = timeout_ms
        self.deadline_ms = deadline_ms


class State:
    """Everything that the command log has made, and nothing else."""

    __slots__ = (
        "command_memory",
        "current",
        "expiring",
        "market",
        "moved",
        "next_seq",
        "now_ms",
        "orders",
        "rules",
        "serial",
        "switches",
        "switches_due_ms",
        "switches_seen_ms",
        "symbols",
        "symbols_by_index",
        "time_accepted_ms",
        "time_held",
        "timed",
        "totals",
        "totals_seq",
        "totals_time_ms",
        "touched_first",
        "touched_last",
        "transfers",
        "unfinished",
        "user_indexes",
        "users",
        "users_by_index",
    )

    def __init__(self) -> None:
        self.next_seq: i64 = 1
        """The number of the next event."""
        self.now_ms: i64 = 0
        """The greatest log time that was believed (:mod:`engine_container.core.clock`)."""
        self.time_held = False
        """Whether the time of the last record was not believed."""
        self.time_accepted_ms: i64 = 0
        """Up to where an operator lets the next jump of time go; 0: nowhere."""
        self.rules: i64 = RULES_FIRST
        self.users: dict[bytes, User] = {}
        self.users_by_index: list[User] = []
        self.user_indexes = UuidTable()
        """The same users by the halves of their ids, where those have 16 bytes."""
        self.orders: IntTable[Order] = IntTable()
        """Every open order, resting or waiting, by its number."""
        self.symbols: dict[str, Symbol] = {}
        self.symbols_by_index: list[Symbol] = []
        self.command_memory = CommandMemory()
        """The commands of the last 24 hours."""
        self.transfers: dict[bytes, int] = {}
        """Every transfer id ever used with its signed amount; 0 for a debit that was refused."""
        self.totals: dict[str, Total] = {}
        self.totals_seq: i64 = 1
        self.totals_time_ms: i64 = 0
        self.expiring: list[tuple[int, int, Order]] = []
        """Heap of (time, number, order) of orders that expire; entries of closed orders are dropped when they come up."""
        self.unfinished: list[Symbol] = []
        """Symbols whose fired orders were too many for one command."""
        self.moved: list[Symbol] = []
        """Symbols with waiting orders whose price this command changed."""
        self.timed = True
        """Whether a symbol may have something to do when time moves on."""
        self.switches: dict[bytes, dict[tuple[bytes, str], Switch]] = {}
        """Dead man's switches by holder, then by user and symbol."""
        self.switches_due_ms: i64 = NO_SWITCH_MS
        """No switch runs out before."""
        self.switches_seen_ms: i64 = 0
        """The log time at which they were looked at last; between two records it is the log's."""
        self.serial: i64 = 0
        """Counts commands within this run, to tell which balances one command has touched."""
        self.touched_first: Balance | None = None
        self.touched_last: Balance | None = None
        """The balances that this command has changed: a chain, in the order of their first change."""
        self.current: i64 = 0
        """The place in its record of the command that is being carried out (-1: what was due before); if it fails, this says which it was."""
        self.market: i64 = NO_MARKET
        """The index of the symbol that is being worked on, where that is not plain from the command."""
