"""What an import did, and what did not fit."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec


class Effect(StrEnum):
    """What became of a row that did not fit."""

    LEFT_OUT = "LEFT_OUT"
    CHANGED = "CHANGED"
    """It is here, but not as it was there."""


class Misfit(msgspec.Struct, frozen=True):
    """``reason`` is a code; ``detail`` names columns and ids, never a secret."""

    table: str
    id: str
    reason: str
    detail: str = ""
    effect: Effect = Effect.LEFT_OUT


class Phase(msgspec.Struct):
    """Rows of one kind: how many were read, are new here, were here before, and did not fit."""

    read: int = 0
    new: int = 0
    known: int = 0
    left_out: int = 0


class Total(msgspec.Struct):
    """Of one currency, decimal strings: what the users had there, what is posted here (now or by an earlier run), and what is not."""

    earlier: str
    posted: str
    left_out: str


class Report(msgspec.Struct):
    """``not_read``: tables that an import leaves alone, with their rows."""

    dry_run: bool
    misfits_file: str
    phases: dict[str, Phase] = msgspec.field(default_factory=dict)
    totals: dict[str, Total] = msgspec.field(default_factory=dict)
    misfits: dict[str, int] = msgspec.field(default_factory=dict)
    not_read: dict[str, int] = msgspec.field(default_factory=dict)


class Misfits:
    """The file of misfits, one JSON object a line, readable by its owner alone; and how many there are of each kind."""

    def __init__(self, path: Path) -> None:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        self._file = os.fdopen(descriptor, "wb")
        self.counts: Counter[str] = Counter()

    def add(self, *misfits: Misfit) -> None:
        for misfit in misfits:
            self.counts[misfit.reason] += 1
            self._file.write(msgspec.json.encode(misfit) + b"\n")

    def add_all(self, misfits: Iterable[Misfit]) -> None:
        self.add(*misfits)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._file.close()
