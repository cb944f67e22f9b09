"""Recorded order flow in the neutral form: ``seq,ts_ns,op,order_id,side,price_ticks,qty`` with a header line, plain or gzip.

Operations: A adds a limit order, R reduces one by ``qty``, C cancels one, M is a marketable limit order with IOC. Side is B or S. Fills are
``seq,maker_order_id,price_ticks,qty``: ``seq`` is that of the M (or A) row that took.
"""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple, TextIO


class FlowError(ValueError):
    """A line of a flow file cannot be read; the message names file, line and cause."""


class Operation(StrEnum):
    ADD = "A"
    REDUCE = "R"
    CANCEL = "C"
    MARKETABLE = "M"


class FlowRow(NamedTuple):
    """Prices in ticks and quantities in lots of the recorded market."""

    seq: int
    operation: Operation
    order_id: str
    side: str
    price_ticks: int
    quantity_lots: int


class FlowFill(NamedTuple):
    seq: int
    maker_order_id: str
    price_ticks: int
    quantity_lots: int


def _open(path: Path) -> TextIO:
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8", newline="")
    return path.open(encoding="utf-8", newline="")


def _records(path: Path, columns: tuple[str, ...]) -> Iterator[tuple[int, dict[str, str]]]:
    with _open(path) as stream:
        reader = csv.DictReader(stream)
        if tuple(reader.fieldnames or ()) != columns:
            raise FlowError(f"{path}: the header must be {','.join(columns)}")
        yield from enumerate(reader, start=2)


def read_flow(path: Path) -> list[FlowRow]:
    """All rows in order; raises :class:`FlowError` at the first that is not of the form above."""
    rows = []
    for line, record in _records(path, ("seq", "ts_ns", "op", "order_id", "side", "price_ticks", "qty")):
        try:
            row = FlowRow(
                int(record["seq"]),
                Operation(record["op"]),
                record["order_id"],
                {"B": "BUY", "S": "SELL"}[record["side"]],
                int(record["price_ticks"]),
                int(record["qty"]),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise FlowError(f"{path}, line {line}: {error}") from error
        rows.append(row)
    return rows


def read_fills(path: Path) -> list[FlowFill]:
    """The expected fills in order."""
    return [
        FlowFill(int(record["seq"]), record["maker_order_id"], int(record["price_ticks"]), int(record["qty"]))
        for _, record in _records(path, ("seq", "maker_order_id", "price_ticks", "qty"))
    ]
