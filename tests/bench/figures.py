"""What a measurement prints: each figure beside its target, and what the time was spent on."""

from __future__ import annotations

import json
import os
import platform
from dataclasses import asdict, dataclass, field

import psutil


def this_machine() -> str:
    """What a page says of where its figures were taken."""
    return f"{os.cpu_count()} cores, {psutil.virtual_memory().total / 2**30:.0f} GiB, {platform.system()}"


@dataclass(frozen=True)
class Figure:
    """``target`` is an upper bound for times and sizes and a lower bound for rates (``at_least``)."""

    name: str
    value: float
    unit: str
    target: float
    at_least: bool = False
    more: dict[str, float] = field(default_factory=dict)
    cpu_us: dict[str, float] = field(default_factory=dict)
    """Processor time (user and system) of each process for one order or message."""
    busy: dict[str, float] = field(default_factory=dict)
    """Share of a core that each process had; the one near 1 bounds a rate, and all of them together cannot have more than the machine."""

    @property
    def met(self) -> bool:
        return self.value >= self.target if self.at_least else self.value < self.target

    def text(self) -> str:
        sign = ">=" if self.at_least else "<"
        lines = [f"{'ok  ' if self.met else 'MISS'} {self.name:44} {self.value:>10,.2f} {self.unit:9} (target {sign} {self.target:,.0f})"]
        if self.more:
            lines.append("       " + "  ".join(f"{name} {value:,.2f}" for name, value in self.more.items()))
        if self.cpu_us:
            lines.append("       CPU us each: " + "  ".join(f"{name} {value:,.0f}" for name, value in self.cpu_us.items()))
        if self.busy:
            lines.append("       cores:       " + "  ".join(f"{name} {value:.2f}" for name, value in self.busy.items()))
        return "\n".join(lines)


class Figures:
    """Collects and prints; ``as_json`` prints one JSON object a figure instead."""

    def __init__(self, *, as_json: bool) -> None:
        self._as_json = as_json
        self.all: list[Figure] = []

    def add(self, figure: Figure) -> None:
        self.all.append(figure)
        print(json.dumps({**asdict(figure), "met": figure.met}) if self._as_json else figure.text(), flush=True)


def busy(per: dict[str, float], rate: float) -> dict[str, float]:
    """Cores that each process had: microseconds for one, times how many a second."""
    cores = {name: round(us * rate / 1e6, 2) for name, us in per.items()}
    return {**cores, "sum": round(sum(cores.values()), 2), "machine": float(psutil.cpu_count() or 1)}


def percentile(values: list[float], share: float) -> float:
    """Of sorted values."""
    return values[min(len(values) - 1, int(len(values) * share))]


def spread(values: list[float]) -> dict[str, float]:
    """Of sorted values."""
    shown = {"p50": 0.5, "p90": 0.9, "p99": 0.99, "p99.9": 0.999}
    return {**{name: round(percentile(values, share), 2) for name, share in shown.items()}, "max": round(values[-1], 2)}
