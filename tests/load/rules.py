"""The rules of a run, without sockets: when an operation is due, where the knee is, and what counts as flat."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

ACHIEVED: Final = 0.97
"""Of the offered rate."""
WRONG_MAX: Final = 0.001
"""Of the operations: refused, failed, or without an answer."""
BEHIND_SECONDS_MAX: Final = 2.0
"""How far a follower may be behind when a step ends."""
FOLLOWERS: Final = ("settlement", "history", "publisher", "gateway")
"""Those that the rule is about: the archive collects for seconds by design."""
HELD: Final = 0.7
"""Of the knee."""
FACTOR: Final = 1.5
"""From a step to the next."""
HALVINGS_MAX: Final = 5
RUNGS_MAX: Final = 14
TRIES: Final = 2
"""A step that fails is tried once more: something else may have had the machine."""


@dataclass(frozen=True)
class Rung:
    """One rate, held for some seconds. Rates a second, latencies in milliseconds from the moment at which an operation was due."""

    offered: float
    achieved: float
    operations: int
    wrong: int
    """Refused or failed, or without an answer when the step had ended and its grace too."""
    latencies: dict[str, float]
    """By the name of the percentile."""
    generator: float
    """Of one core, that the generator had."""
    others: float
    """Cores that were taken by what is neither the platform nor the generator."""
    behind: dict[str, float] = field(default_factory=dict)
    """Seconds, by follower."""


@dataclass(frozen=True)
class Limits:
    p99_ms: float

    def missed(self, rung: Rung) -> list[str]:
        """Why a step is beyond the knee; nothing if it is not."""
        reasons = []
        if rung.achieved < ACHIEVED * rung.offered:
            reasons.append(f"{rung.achieved:,.1f} a second were answered")
        if rung.latencies["p99"] > self.p99_ms:
            reasons.append(f"p99 {rung.latencies['p99']:,.0f} ms")
        if rung.wrong > WRONG_MAX * rung.operations:
            reasons.append(f"{rung.wrong:,} of {rung.operations:,} went wrong")
        late = {name: rung.behind.get(name, 0.0) for name in FOLLOWERS}
        reasons += [f"{name} {seconds:.1f} s behind" for name, seconds in late.items() if seconds > BEHIND_SECONDS_MAX]
        return reasons


class Ladder:
    """Which rate comes next: up by a factor until a step fails as often as it is tried; then once the middle of the last two. Where not even the first rate
    holds, the rates are halved until one does.
    """

    def __init__(self, first: float, limits: Limits, *, factor: float = FACTOR, rungs_max: int = RUNGS_MAX) -> None:
        self._limits = limits
        self._factor = factor
        self._rungs_max = rungs_max
        self._next: float | None = first
        self._failures = 0
        self._last_try = False
        self._least = first / 2**HALVINGS_MAX
        self.knee = 0.0
        """The highest rate that held; 0 where none did."""
        self.rungs: list[Rung] = []

    @property
    def next_rate(self) -> float | None:
        return self._next

    @property
    def found(self) -> bool:
        """Whether a rate failed: without that the knee is higher than what was offered."""
        return self._failures >= TRIES

    def add(self, rung: Rung) -> None:
        self.rungs.append(rung)
        failed = bool(self._limits.missed(rung))
        if not failed:
            self.knee = max(self.knee, rung.offered)
        if self._last_try or len(self.rungs) >= self._rungs_max or (not failed and self.found):
            self._next = None
        elif not failed:
            self._failures = 0
            self._next = rung.offered * self._factor
        else:
            self._failures += 1
            if self.found and self.knee:
                self._last_try = True
                self._next = (self.knee * rung.offered) ** 0.5
            elif self.found:
                self._next = rung.offered / 2 if rung.offered > self._least else None


def due(started: float, rate: float, number: int) -> float:
    """When the operation of this number is to be sent, whatever became of those before it."""
    return started + number / rate


def slope(moments: Sequence[float], values: Sequence[float]) -> float:
    """By least squares, per second; 0 for a single value."""
    count = len(moments)
    middle, mean = sum(moments) / count, sum(values) / count
    spread = sum((moment - middle) ** 2 for moment in moments)
    return sum((moment - middle) * (value - mean) for moment, value in zip(moments, values, strict=True)) / spread if spread else 0.0


@dataclass(frozen=True)
class Trend:
    """The last half of a series: its mean, and by how much its line of least squares rises from the half's begin to its end."""

    mean: float
    rise: float
    per_second: float

    def flat(self, *, share: float, floor: float) -> bool:
        """Rises by no more than a share of the mean, or than the floor, whichever is more. What falls is flat."""
        return self.rise <= max(share * self.mean, floor)


def trend(moments: Sequence[float], values: Sequence[float]) -> Trend:
    """The first half is left out: caches, compilers and pools fill up in it."""
    half = len(moments) // 2
    later, kept = moments[half:], values[half:]
    rising = slope(later, kept)
    return Trend(sum(kept) / len(kept), rising * (later[-1] - later[0]), rising)
