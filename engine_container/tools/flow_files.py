"""Files of order-by-order market data: neutral rows, LOBSTER messages, expected fills. Plain or gzip, told by their first bytes.

Neutral rows are ``seq,ts_ns,op,order_id,side,price_ticks,qty``; op A adds a limit order, R takes qty off, C cancels, M is a marketable limit
order, immediate or cancel (a market order where its price is 0). LOBSTER message files are read as published.
"""

from __future__ import annotations

import csv
import gzip
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple, TextIO

HEADER: Final = ["seq", "ts_ns", "op", "order_id", "side", "price_ticks", "qty"]
FILLS_HEADER: Final = ["seq", "maker_order_id", "price_ticks", "qty"]

_GZIP_MAGIC: Final = b"\x1f\x8b"
_BUY_SELL: Final = {1: "B", -1: "S"}
_OTHER_SIDE: Final = {1: "S", -1: "B"}

# Kinds of LOBSTER messages; 5 (hidden execution), 6 (auction) and 7 (halt) are about nothing that a visible book holds.
_SUBMITTED: Final = 1
_REDUCED: Final = 2
_DELETED: Final = 3
_EXECUTED: Final = 4
_LAST_KIND: Final = 7


class FlowError(ValueError):
    """A file that is not of the format; ``str()`` names the file, the line and what is wrong."""


class Row(NamedTuple):
    """One step of the flow. ``order_id`` is empty for op M: what takes does not rest, so nothing names it later."""

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


class _Message(NamedTuple):
    """``direction`` is that of the resting order: 1 buys, -1 sells."""

    line: int
    time: str
    kind: int
    order_id: str
    size: int
    price: int
    direction: int


@contextmanager
def _text(path: Path) -> Iterator[TextIO]:
    """The file's text; whatever keeps it from being read is a :class:`FlowError`."""
    try:
        with path.open("rb") as peek:
            packed = peek.read(2) == _GZIP_MAGIC
        with gzip.open(path, "rt", encoding="ascii", newline="") if packed else path.open(encoding="ascii", newline="") as stream:
            yield stream
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise FlowError(f"{path}: a damaged or cut off gzip file: {error}") from error
    except UnicodeDecodeError as error:
        raise FlowError(f"{path}: not a text file of numbers: {error}") from error
    except csv.Error as error:
        raise FlowError(f"{path}: not comma-separated text: {error}") from error


def _head(path: Path, reader: Iterator[list[str]], header: list[str]) -> None:
    found = next(reader, [])
    if found != header:
        raise FlowError(f"{path}: the first line must be {','.join(header)}, not {','.join(found)[:80]!r}")


def read_neutral(path: Path) -> list[Row]:
    """Rows of a neutral file."""
    rows: list[Row] = []
    with _text(path) as stream:
        reader = csv.reader(stream)
        _head(path, reader, HEADER)
        for line, fields in enumerate(reader, 2):
            try:
                rows.append(_row(fields))
            except ValueError as error:
                raise FlowError(f"{path}:{line}: {error}") from error
    return rows


def _row(fields: list[str]) -> Row:
    if len(fields) != len(HEADER):
        raise ValueError(f"{len(fields)} fields instead of {len(HEADER)}")
    seq, _, op, order_id, side, price_text, quantity_text = fields
    if op not in {"A", "R", "C", "M"}:
        raise ValueError(f"op must be A, R, C or M, not {op!r}")
    price = int(price_text or 0)
    quantity = int(quantity_text or 0)
    if op in {"A", "M"} and side not in {"B", "S"}:
        raise ValueError(f"side must be B or S, not {side!r}")
    if op != "C" and quantity <= 0:
        raise ValueError(f"qty must be greater than zero, not {quantity_text!r}")
    if price < 0 or (op == "A" and price == 0):
        raise ValueError(f"price_ticks must be greater than zero, not {price_text!r}")
    return Row(int(seq), op, "" if op == "M" else order_id, side, price, quantity)


def _messages(path: Path) -> Iterator[_Message]:
    with _text(path) as stream:
        for line, fields in enumerate(csv.reader(stream), 1):
            try:
                yield _message(line, fields)
            except ValueError as error:
                raise FlowError(f"{path}:{line}: {error}") from error


def _message(line: int, fields: list[str]) -> _Message:
    if len(fields) < 6:
        raise ValueError(f"{len(fields)} fields instead of time, type, order id, size, price, direction")
    time, kind, order_id, size, price, direction = fields[:6]
    message = _Message(line, time, int(kind), order_id, int(size), int(price), int(direction))
    if not _SUBMITTED <= message.kind <= _LAST_KIND:
        raise ValueError(f"type must be 1 to {_LAST_KIND}, not {kind}")
    if message.kind <= _EXECUTED and (message.size <= 0 or message.price <= 0 or message.direction not in _BUY_SELL):
        raise ValueError("size and price must be greater than zero and direction 1 or -1")
    return message


def read_lobster(path: Path) -> tuple[list[Row], int]:
    """Rows of a LOBSTER message file, and how many messages are about orders from before the file, hidden ones, auctions or halts.

    Executions at one time against one side are one marketable order: it takes what they took, down to their worst price.
    """
    rows: list[Row] = []
    known: set[str] = set()
    skipped = 0
    taken: list[_Message] = []

    def close_taken() -> None:
        if taken:
            last = taken[-1]
            rows.append(Row(taken[0].line, "M", "", _OTHER_SIDE[last.direction], last.price, sum(message.size for message in taken)))
            taken.clear()

    for message in _messages(path):
        if message.kind > _EXECUTED or (message.kind != _SUBMITTED and message.order_id not in known):
            skipped += 1
            continue
        if message.kind == _EXECUTED:
            if taken and (message.time, message.direction) != (taken[-1].time, taken[-1].direction):
                close_taken()
            taken.append(message)
            continue
        close_taken()
        if message.kind == _SUBMITTED:
            known.add(message.order_id)
            rows.append(Row(message.line, "A", message.order_id, _BUY_SELL[message.direction], message.price, message.size))
        else:
            op = "R" if message.kind == _REDUCED else "C"
            rows.append(Row(message.line, op, message.order_id, "", message.price, message.size))
    close_taken()
    return rows, skipped


def read_fills(path: Path) -> list[Fill]:
    """Fills as :func:`write_fills` writes them."""
    fills: list[Fill] = []
    with _text(path) as stream:
        reader = csv.reader(stream)
        _head(path, reader, FILLS_HEADER)
        for line, fields in enumerate(reader, 2):
            try:
                seq, maker, price, quantity = fields
                fills.append(Fill(int(seq), maker, int(price), int(quantity)))
            except ValueError as error:
                raise FlowError(f"{path}:{line}: {error}") from error
    return fills


def write_fills(path: Path, fills: Iterable[Fill]) -> None:
    """One line per fill, with a header."""
    with path.open("w", encoding="ascii", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(FILLS_HEADER)
        writer.writerows(fills)
