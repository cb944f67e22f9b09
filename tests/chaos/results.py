"""Outcomes in a file, one a line, so that many histories can be gathered over several runs; a page is made of those of one commit."""

from __future__ import annotations

from pathlib import Path

import msgspec

from tests.chaos.history import Outcome


class Gathered(msgspec.Struct, frozen=True, kw_only=True):
    """One history, and where and on what it was lived."""

    commit: str
    gateways: int
    standby: int
    day: str
    machine: str
    load: float
    left_out: list[str]
    """What could not be done to a part on the machine, and why."""
    outcome: Outcome


def append(path: Path, gathered: Gathered) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as file:
        file.write(msgspec.json.encode(gathered) + b"\n")


def read(path: Path, commit: str) -> list[Gathered]:
    """Those of a commit, in the order in which they were lived; one that was lived again counts as it was the last time."""
    if not path.exists():
        return []
    found = [msgspec.json.decode(line, type=Gathered) for line in path.read_bytes().splitlines() if line]
    return list({(each.gateways, each.standby, each.outcome.seed): each for each in found if each.commit == commit}.values())


def next_seed(gathered: list[Gathered], gateways: int, standby: int) -> int:
    """The first one after those that were lived with so many of each."""
    return max((each.outcome.seed + 1 for each in gathered if (each.gateways, each.standby) == (gateways, standby)), default=0)
