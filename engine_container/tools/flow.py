"""Order-by-order market data through the core: how fast, and whether the fills are the ones that were made.

Rows become records of the command log with the clock stopped.
"""

from __future__ import annotations

import gc
import time
from typing import Final

import msgspec

from engine_container.core import machine
from engine_container.core.entities import Event, Order
from engine_container.core.state import State
from engine_container.core.vocabulary import TAG_REJECTED, TAG_TRADE
from engine_container.engine.replica import COMPILED, carry_out, decode_results, readable
from engine_container.tools.flow_files import Fill, FlowError, Row
from engine_container.tools.market import SYMBOL, Market
from mycrypto.contracts.commands import AmendOrder, CancelOrder, Command, PlaceOrder, encode_record
from mycrypto.contracts.trading import OrderType, Side, TimeInForce
from mycrypto.money import UNITS_PER_ONE

COMMANDS_PER_RECORD: Final = 256
"""As many as a busy gateway appends at once."""

TICK: Final = UNITS_PER_ONE
AMPLE: Final = 6 * 10**16
"""Units of both assets for each user: together nearly all that one asset may have."""
USERS: Final = 64
"""Synthetic users of each side: those who buy never sell, so that two orders that meet are never of one user."""


class FlowReport(msgspec.Struct, frozen=True):
    """``commands_per_s`` counts the core alone. ``mismatches`` is -1 where nothing was expected. ``skipped`` counts messages of the file
    that a visible book knows nothing of, ``refused`` rows about orders that are not open or that break a rule.
    """

    commands: int
    fills: int
    filled_qty: int
    seconds: float
    commands_per_s: int
    compiled: bool
    skipped: int
    refused: int
    mismatches: int = -1
    first_mismatch: str = ""


class _Book:
    """What the reader of a flow must know of the orders it has placed."""

    def __init__(self) -> None:
        self.market = Market(tick=TICK, lot=1, ample=AMPLE)
        self.users = {side: [self.market.add_user() for _ in range(USERS)] for side in "BS"}
        self.prepared = self.market.sent
        self.commands: list[Command] = []
        self.fills: list[Fill] = []
        self.refused = 0
        self._numbers: dict[str, int] = {}
        self._names: dict[int, str] = {}

    def step(self, row: Row) -> None:
        """Turn a row into the command it means at this moment, and carry it out."""
        command = self._command(row)
        if command is None:
            self.refused += 1
            return
        number = self.market.state.next_seq
        events = self.market.send(command)
        self.commands.append(command)
        if isinstance(command, PlaceOrder):
            self._numbers[row.order_id] = number
            self._names[number] = row.order_id
        for event in events:
            if event[0] == TAG_TRADE:
                self.fills.append(_fill(row.seq, event, self._names))
            elif event[0] == TAG_REJECTED:
                self.refused += 1

    def _command(self, row: Row) -> Command | None:
        order = self._live(row.order_id)
        if row.op in {"A", "M"}:
            return self._place(row) if order is None else None
        if order is None:
            return None
        user_id = order.account.user.user_id
        if row.op == "C" or row.quantity >= order.open:
            return CancelOrder(self.market.new_id(), user_id, order.number)
        return AmendOrder(self.market.new_id(), user_id, order.number, "", order.open - row.quantity)

    def _place(self, row: Row) -> PlaceOrder:
        users = self.users[row.side]
        marketable = row.op == "M"
        return PlaceOrder(
            command_id=self.market.new_id(),
            user_id=users[len(self.commands) % USERS],
            symbol=SYMBOL,
            side=Side.BUY if row.side == "B" else Side.SELL,
            type=OrderType.MARKET if marketable and row.price_ticks == 0 else OrderType.LIMIT,
            time_in_force=TimeInForce.IOC if marketable else TimeInForce.GTC,
            quantity=row.quantity,
            price=row.price_ticks * TICK,
        )

    def _live(self, order_id: str) -> Order | None:
        return self.market.state.orders.find(self._numbers.get(order_id, 0))


def _fill(seq: int, event: Event, names: dict[int, str]) -> Fill:
    _, _, price, quantity, _, maker, *_ = event
    if not (isinstance(price, int) and isinstance(quantity, int) and isinstance(maker, int)):
        raise TypeError(f"{event!r} is no trade")
    return Fill(seq, names[maker], price // TICK, quantity)


def run_flow(rows: list[Row], *, skipped: int = 0, expected: list[Fill] | None = None) -> tuple[FlowReport, list[Fill]]:
    """Play the rows twice: once to learn the commands and the fills, once on a fresh state, with only the commands, for the time."""
    book = _Book()
    for row in rows:
        book.step(row)
    state = State()
    for command in book.prepared:
        machine.run(state, command, 1)
    seconds, fills = _timed(state, book.commands)
    if fills != len(book.fills):
        raise FlowError(f"two runs of the same commands made {len(book.fills)} and {fills} fills")
    mismatches, first = _compare(book.fills, expected)
    report = FlowReport(
        commands=len(book.commands),
        fills=fills,
        filled_qty=sum(fill.quantity for fill in book.fills),
        seconds=round(seconds, 6),
        commands_per_s=round(len(book.commands) / seconds) if seconds else 0,
        compiled=COMPILED,
        skipped=skipped,
        refused=book.refused,
        mismatches=mismatches,
        first_mismatch=first,
    )
    return report, book.fills


def _timed(state: State, commands: list[Command]) -> tuple[float, int]:
    """Record by record, as the engine does: made readable with the clock stopped, carried out with it running. Seconds and fills."""
    payloads = [encode_record(commands[start : start + COMMANDS_PER_RECORD]) for start in range(0, len(commands), COMMANDS_PER_RECORD)]
    clock = time.perf_counter
    seconds = 0.0
    fills = 0
    gc.collect()
    gc.freeze()
    gc.disable()
    try:
        for payload in payloads:
            record = readable(payload)
            started = clock()
            _, results = carry_out(state, record, 1)
            seconds += clock() - started
            rows = results if isinstance(results, list) else decode_results(results)
            fills += sum(event[0] == TAG_TRADE for _, _, events in rows for event in events)
        return seconds, fills
    finally:
        gc.enable()
        gc.unfreeze()


def _compare(fills: list[Fill], expected: list[Fill] | None) -> tuple[int, str]:
    if expected is None:
        return -1, ""
    different = [(made, wanted) for made, wanted in zip(fills, expected, strict=False) if made != wanted]
    shorter = min(len(fills), len(expected))
    if different:
        first = f"made {_shown(different[0][0])}, expected {_shown(different[0][1])}"
    elif len(fills) > shorter:
        first = f"made {_shown(fills[shorter])}, expected no more"
    elif len(expected) > shorter:
        first = f"made no more, expected {_shown(expected[shorter])}"
    else:
        first = ""
    return len(different) + abs(len(fills) - len(expected)), first


def _shown(fill: Fill) -> str:
    return f"{fill.quantity} of order {fill.maker_order_id} at {fill.price_ticks} by seq {fill.seq}"
