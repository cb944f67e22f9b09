"""What befalls a platform in one history: drawn from a seed, one part alone or two at once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Final

from mycrypto_local.replicas import ONE_OF_EACH, Replicas, kind

ACTIVE: Final = "engine"
"""The engine that publishes, whichever it is."""
STANDBY: Final = "standby"
SERVERS: Final = ("publisher", "pump", "kafka", "postgres", "valkey", "emulator", "functions")
WAYS: Final[dict[str, tuple[str, ...]]] = {
    "valkey": ("kill", "stop", "term", "flush"),
    "functions": ("kill",),
}
"""By part; any other can be killed, stopped and told to end."""
USUAL_WAYS: Final = ("kill", "stop", "term")
DISK: Final = "disk"
CLOCK: Final = "clock"
WITH_A_DISK: Final = frozenset({"kafka", "postgres", "valkey", "emulator"})
WITH_A_CLOCK: Final = frozenset({ACTIVE, STANDBY, "gateway", "publisher", "pump", "kafka", "emulator"})
LASTING_SECONDS: Final = {"stop": (1.0, 3.0), DISK: (3.0, 6.0), CLOCK: (3.0, 6.0)}
"""Ways that last, and how long; any other falls and is over."""
MOVED_SECONDS: Final = (-30.0, -2.0, 2.0, 30.0)
PAIRS: Final = 0.4
"""So many of the histories have two."""


@dataclass(frozen=True)
class Blow:
    """``seconds`` is for how long a part is stopped, its disk full or its clock wrong, ``after`` when the second of a pair falls, ``by`` how far the clock
    is moved.
    """

    part: str
    way: str
    seconds: float = 0.0
    after: float = 0.0
    by: float = 0.0

    def __str__(self) -> str:
        what = f"{self.way} {self.part}{f' {self.by:+g} s' if self.by else ''}"
        lasting = f" for {self.seconds:g} s" if self.seconds else ""
        later = f" {self.after:.1f} s later" if self.after else ""
        return what + lasting + later


@dataclass(frozen=True)
class Setting:
    """What the platform has, and what can be done to it: ``disks`` can be filled, ``clocks`` be moved."""

    replicas: Replicas = ONE_OF_EACH
    disks: bool = False
    clocks: bool = False

    @property
    def parts(self) -> tuple[str, ...]:
        standby = (STANDBY,) if self.replicas.standby else ()
        return (ACTIVE, *standby, *(tuple(self.replicas.spread_gateways()) or ("gateway",)), *SERVERS)

    def ways(self, part: str) -> Iterator[str]:
        yield from WAYS.get(part, USUAL_WAYS)
        if self.disks and part in WITH_A_DISK:
            yield DISK
        if self.clocks and kind(part) in WITH_A_CLOCK:
            yield CLOCK


PLAIN: Final = Setting()


def _blow(random: Random, setting: Setting, part: str, after: float = 0.0) -> Blow:
    way = random.choice(tuple(setting.ways(part)))
    lasting = LASTING_SECONDS.get(way)
    return Blow(part, way, random.choice(lasting) if lasting else 0.0, after, random.choice(MOVED_SECONDS) if way == CLOCK else 0.0)


def make(seed: int, setting: Setting = PLAIN) -> list[Blow]:
    """Seeds that follow each other begin with another part each."""
    random = Random(seed)
    parts = setting.parts
    first = parts[seed % len(parts)]
    blows = [_blow(random, setting, first)]
    if random.random() < PAIRS:
        blows.append(_blow(random, setting, random.choice([part for part in parts if part != first]), random.choice((0.0, 0.4, 1.0))))
    return blows
