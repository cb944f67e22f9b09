"""What goes wrong in one history, and when: made from the seed, printed when a check fails, and made shorter then."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

ENGINES = ("engine-1", "engine-2")
GATEWAYS = ("gateway-1", "gateway-2")
PUBLISHER = "publisher"
PUMP = "pump"
PROCESSES = (*ENGINES, *GATEWAYS, PUBLISHER, PUMP)
BOTH = "both engines"
SECONDS = 6.0
"""For so long things go wrong; afterwards everything heals."""
FAULTS_MAX = 7

ON_PROCESSES = ("kill", "kill", "kill", "stop", "freeze")
KINDS = (
    "broker away", "broker stopped", "answers lost", "appends late", "appends refused", "broker full", "event log full", "event log full", "broker clock",
    "redis wiped", "redis away", "bucket full", "bucket away", "snapshot damaged", "database away", "database full",
    "functions die", "commits lost", "functions away", "invocations late", "invocations unanswered", "messages lost", "bank away", "bank lies",
    "clock", "rolling restart", "announcements late", "announcements cut",
)  # fmt: skip


@dataclass(frozen=True)
class Fault:
    """From ``at`` on, for ``seconds``: a process is dead or frozen, a server away or full, or what is asked has bad fortune."""

    at: float
    seconds: float
    kind: str
    subject: str = ""
    callbacks: int = 0
    """So many it still runs."""

    def __str__(self) -> str:
        return f"{self.at:6.2f} s for {self.seconds:.2f} s: {self.kind} {self.subject}".rstrip() + (
            f" after {self.callbacks} callbacks" if self.callbacks else ""
        )


def make(random: Random) -> list[Fault]:
    """They may lie over each other, and many begin soon after another one."""
    faults: list[Fault] = []
    at = 0.0
    for _ in range(random.randint(0, FAULTS_MAX)):
        subject = ""
        if random.random() < 0.45:
            kind = random.choice(ON_PROCESSES)
            subject = random.choice((*PROCESSES, BOTH, BOTH) if kind != "freeze" else PROCESSES)
        else:
            kind = random.choice(KINDS)
            if kind == "clock":
                subject = random.choice(ENGINES)
        follows = faults and random.random() < 0.4
        at = min(SECONDS - 0.5, at + random.uniform(0, 0.6)) if follows else random.uniform(0.2, SECONDS - 0.5)
        callbacks = random.randint(1, 40) if kind in {"kill", "stop"} and random.random() < 0.7 else 0
        faults.append(Fault(at, random.choice((0.05, 0.3, 1.0, 2.5)), kind, subject, callbacks))
    return sorted(faults, key=lambda fault: fault.at)
