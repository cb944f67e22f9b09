"""Order-by-order market data through the core: how fast, and whether the fills are the ones that were made.

Neutral rows are ``seq,ts_ns,op,order_id,side,price_ticks,qty``; op A adds a limit order, R takes qty off, C cancels, M is a marketable limit
order, immediate or cancel. LOBSTER message files are read as published; their executions become the marketable order that
caused them. Rows are decoded into commands with the clock stopped.
"""

from __future__ import annotations

import csv
import gc
import gzip
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final, Literal, NamedTuple, TextIO

import msgspec

from engine_container.core import machine
from engine_container.core.entities import Event, Order, State
from engine_container.core.vocabulary import TAG_TRADE
from engine_container.tools.market import SYMBOL, Market
from mycrypto.contracts.commands import AmendOrder, CancelOrder, Command, PlaceOrder, decode_record, encode_record
from mycrypto.contracts.trading import OrderType, Side, TimeInForce
from mycrypto.money import UNITS_PER_ONE

HEADER: Final = ["seq", "ts_ns", "op", "order_id", "side", "price_ticks", "qty"]
FILLS_HEADER: Final = ["seq", "maker_order_id", "price_ticks", "qty"]
COMMANDS_PER_RECORD: Final = 256
"""As many as a busy gateway appends at once."""

TICK: Final = UNITS_PER_ONE
AMPLE: Final = 6 * 10**16
"""Units of both assets for each user: together nearly all that one asset may have."""
USERS: Final = 64
"""Synthetic makers; every taker is one more user, so that no two orders of one user ever meet."""

Format = Literal["neutral", "lobster"]


class FlowError(ValueError):
    """A file that is not of the format; ``str()`` names the line."""


class Row(NamedTuple):
    """One step of the flow."""

    seq: int
    op: str
    order_id: str
    side: str
    price_ticks: int
    quantity: int


class Fill(NamedTuple):
    """What a step traded with a resting order."""

    seq: int
    maker_order_id: str
    price_ticks: int
    quantity: int


class FlowReport(msgspec.Struct, frozen=True):
    """``commands_per_s`` counts the core alone. ``mismatches`` is -1 where nothing was expected."""

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

    def _command(self, row: Row) -> Command | None:
        if row.op in {"A", "M"}:
            return self._place(row)
        order = self._live(row.order_id)
        if order is None:
            return None
        user_id = order.seat.user.user_id
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
        return self.market.state.orders.get(self._numbers.get(order_id, 0))


def _fill(seq: int, event: Event, names: dict[int, str]) -> Fill:
    _, _, price, quantity, _, maker, *_ = event
    if not (isinstance(price, int) and isinstance(quantity, int) and isinstance(maker, int)):
        raise TypeError(f"{event!r} is no trade")
    return Fill(seq, names[maker], price // TICK, quantity)


def _text(path: Path) -> TextIO:
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="ascii", newline="")
    return path.open(encoding="ascii", newline="")


def read_neutral(path: Path) -> list[Row]:
    """Rows of a neutral file."""
    rows: list[Row] = []
    with _text(path) as stream:
        reader = csv.reader(stream)
        if next(reader, None) != HEADER:
            raise FlowError(f"{path}: the first line must be {','.join(HEADER)}")
        for line, fields in enumerate(reader, 2):
            try:
                seq, _, op, order_id, side, price, quantity = fields
                row = Row(int(seq), op, order_id, side, int(price or 0), int(quantity or 0))
            except ValueError as error:
                raise FlowError(f"{path}:{line}: {error}") from error
            if row.op not in {"A", "R", "C", "M"} or (row.op in {"A", "M"} and row.side not in {"B", "S"}):
                raise FlowError(f"{path}:{line}: op must be A, R, C or M and side B or S")
            rows.append(row)
    return rows


class _Message(NamedTuple):
    line: int
    time: str
    kind: int
    order_id: str
    size: int
    price: int
    direction: int


def _messages(path: Path) -> Iterator[_Message]:
    with _text(path) as stream:
        for line, fields in enumerate(csv.reader(stream), 1):
            try:
                time_text, kind, order_id, size, price, direction = fields[:6]
                yield _Message(line, time_text, int(kind), order_id, int(size), int(price), int(direction))
            except ValueError as error:
                raise FlowError(f"{path}:{line}: {error}") from error


def read_lobster(path: Path) -> tuple[list[Row], int]:
    """Rows of a LOBSTER message file, and how many messages are about orders from before the file, hidden ones or halts.

    Executions at one time against one side are one marketable order: it takes what they took, down to their worst price.
    """
    rows: list[Row] = []
    known: set[str] = set()
    skipped = 0
    taking: list[_Message] = []

    def close_taking() -> None:
        if taking:
            last = taking[-1]
            side = "B" if last.direction < 0 else "S"
            rows.append(Row(taking[0].line, "M", f"t{taking[0].line}", side, last.price, sum(message.size for message in taking)))
            taking.clear()

    for message in _messages(path):
        same = taking and (message.time, message.direction) == (taking[-1].time, taking[-1].direction)
        if message.kind != 4 or not same:
            close_taking()
        if message.kind == 1:
            known.add(message.order_id)
            side = "B" if message.direction > 0 else "S"
            rows.append(Row(message.line, "A", message.order_id, side, message.price, message.size))
        elif message.kind not in {2, 3, 4} or message.order_id not in known:
            skipped += 1
        elif message.kind == 4:
            taking.append(message)
        else:
            op = "R" if message.kind == 2 else "C"
            rows.append(Row(message.line, op, message.order_id, "B", message.price, message.size))
    close_taking()
    return rows, skipped


def read_fills(path: Path) -> list[Fill]:
    """Fills as ``--fills`` writes them."""
    with _text(path) as stream:
        reader = csv.reader(stream)
        if next(reader, None) != FILLS_HEADER:
            raise FlowError(f"{path}: the first line must be {','.join(FILLS_HEADER)}")
        try:
            return [Fill(int(seq), maker, int(price), int(quantity)) for seq, maker, price, quantity in reader]
        except ValueError as error:
            raise FlowError(f"{path}: {error}") from error


def write_fills(path: Path, fills: Iterable[Fill]) -> None:
    """One line per fill, with a header."""
    with path.open("w", encoding="ascii", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(FILLS_HEADER)
        writer.writerows(fills)


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
        compiled=not str(machine.__file__).endswith(".py"),
        skipped=skipped,
        refused=book.refused,
        mismatches=mismatches,
        first_mismatch=first,
    )
    return report, book.fills


def _timed(state: State, commands: list[Command]) -> tuple[float, int]:
    """Record by record, as the engine does: decoded with the clock stopped, carried out with it running. Seconds and fills."""
    payloads = [encode_record(commands[start : start + COMMANDS_PER_RECORD]) for start in range(0, len(commands), COMMANDS_PER_RECORD)]
    apply_record, clock = machine.apply_record, time.perf_counter
    seconds = 0.0
    fills = 0
    gc.collect()
    gc.freeze()
    gc.disable()
    try:
        for payload in payloads:
            record = decode_record(payload)
            started = clock()
            results = apply_record(state, record, 1)
            seconds += clock() - started
            fills += sum(event[0] == TAG_TRADE for _, _, events in results for event in events)
        return seconds, fills
    finally:
        gc.enable()
        gc.unfreeze()


def _compare(fills: list[Fill], expected: list[Fill] | None) -> tuple[int, str]:
    if expected is None:
        return -1, ""
    pairs = [(made, wanted) for made, wanted in zip(fills, expected, strict=False) if made != wanted]
    missing = abs(len(fills) - len(expected))
    first = f"made {tuple(pairs[0][0])}, expected {tuple(pairs[0][1])}" if pairs else ("" if not missing else "the counts differ")
    return len(pairs) + missing, first
