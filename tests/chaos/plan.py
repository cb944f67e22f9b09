"""What befalls a platform in one history: drawn from a seed, one part alone or two at once."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Final

PARTS: Final = ("engine", "gateway", "publisher", "pump", "kafka", "postgres", "valkey", "emulator", "functions")
WAYS: Final[dict[str, tuple[str, ...]]] = {
    "valkey": ("kill", "stop", "term", "flush"),
    "functions": ("kill",),
}
"""By part; any other can be killed, stopped and told to end."""
USUAL_WAYS: Final = ("kill", "stop", "term")
STOPPED_SECONDS: Final = (1.0, 3.0)
PAIRS: Final = 0.4
"""So many of the histories have two."""


@dataclass(frozen=True)
class Blow:
    """``seconds`` is for how long a part is stopped, ``after`` when the second of a pair falls."""

    part: str
    way: str
    seconds: float = 0.0
    after: float = 0.0

    def __str__(self) -> str:
        stopped = f" for {self.seconds:g} s" if self.seconds else ""
        later = f" {self.after:.1f} s later" if self.after else ""
        return f"{self.way} {self.part}{stopped}{later}"


def _blow(random: Random, part: str, after: float = 0.0) -> Blow:
    way = random.choice(WAYS.get(part, USUAL_WAYS))
    return Blow(part, way, random.choice(STOPPED_SECONDS) if way == "stop" else 0.0, after)


def make(seed: int) -> list[Blow]:
    """Seeds that follow each other begin with another part each."""
    random = Random(seed)
    first = PARTS[seed % len(PARTS)]
    blows = [_blow(random, first)]
    if random.random() < PAIRS:
        blows.append(_blow(random, random.choice([part for part in PARTS if part != first]), random.choice((0.0, 0.4, 1.0))))
    return blows
