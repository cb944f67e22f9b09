"""What goes wrong in one history, and when: made from the seed, printed when a check fails, and made shorter then."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

ENGINES = ("engine-1", "engine-2")
GATEWAYS = ("gateway-1", "gateway-2")
BOTH = "both engines"
SECONDS = 12.0
"""For so long things go wrong; afterwards everything heals."""


@dataclass(frozen=True)
class Fault:
    """From ``at`` on, for ``seconds``: a process is dead, a server away, or appends have bad fortune."""

    at: float
    seconds: float
    kind: str
    subject: str = ""

    def __str__(self) -> str:
        return f"{self.at:6.2f} s for {self.seconds:.2f} s: {self.kind} {self.subject}".rstrip()


def make(random: Random) -> list[Fault]:
    """Up to eight faults; they may lie over each other."""
    faults: list[Fault] = []
    for _ in range(random.randint(0, 8)):
        kind = random.choice(
            ("kill", "kill", "stop", "broker away", "answers lost", "appends late", "appends refused", "redis wiped", "redis away")
        )
        subject = ""
        if kind == "kill":
            subject = random.choice((*ENGINES, *GATEWAYS, BOTH))
        elif kind == "stop":
            subject = random.choice(ENGINES)
        faults.append(Fault(random.uniform(0.2, SECONDS - 1), random.choice((0.05, 0.3, 1.0, 3.0, 7.0)), kind, subject))
    return sorted(faults, key=lambda fault: fault.at)
