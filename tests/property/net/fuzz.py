"""``python -m tests.property.net.fuzz --seconds N --seed S`` throws random commands at the core until the time is up or something does not hold.

A failure prints its seed and the shortest list of commands that shows it.
"""

from __future__ import annotations

import argparse
import sys
import time
import traceback
from collections.abc import Callable
from typing import Final

from tests.property.net.steps import Drawer, Step
from tests.property.net.watched import Watched

COMMANDS: Final = 400
"""Of one sequence."""
SHRINKING_SECONDS: Final = 60


def is_wild(seed: int) -> bool:
    """Every third sequence has more in it than the naive exchange knows."""
    return seed % 3 == 2


def drawn(seed: int, commands: int = COMMANDS) -> list[Step]:
    return Drawer(seed, wild=is_wild(seed)).steps(commands)


def fault(seed: int, steps: list[Step]) -> str:
    """What does not hold when these steps are carried out; "" where everything does."""
    watched = Watched(seed, oracle=not is_wild(seed))
    try:
        watched.run(steps)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is found
        frame = traceback.extract_tb(error.__traceback__)[-1]
        return f"{type(error).__name__}: {error} ({frame.name}, line {frame.lineno})"
    return ""


def shortest(steps: list[Step], fails: Callable[[list[Step]], bool], seconds: float = SHRINKING_SECONDS) -> list[Step]:
    """As few of the steps as still fail: halves are left out, then quarters, down to single ones, again and again. What makes a market stays."""
    end = time.monotonic() + seconds
    size = max(1, len(steps) // 2)
    while True:
        place, shorter = 2, False
        while place < len(steps) and time.monotonic() < end:
            tried = steps[:place] + steps[place + size :]
            if fails(tried):
                steps, shorter = tried, True
            else:
                place += size
        if time.monotonic() >= end or (size == 1 and not shorter):
            return steps
        if not shorter:
            size = max(1, size // 2)


def report(seed: int, steps: list[Step], commands: int = COMMANDS) -> str:
    """The failure of a seed with the shortest list of commands that shows it; "" where it holds."""
    first = fault(seed, steps)
    if not first:
        return ""
    steps = _until_it_fails(seed, steps)
    kind = first.split(":", 2)[:2]
    least = shortest(steps, lambda tried: fault(seed, tried).split(":", 2)[:2] == kind)
    lines = [f"  {time_ms} {what!r}" for time_ms, what in least]
    again = f"make fuzz SECONDS=1 SEED={seed}"
    return "\n".join([f"seed {seed} ({commands} commands; {again}): {first}", f"{len(least)} steps show it:", *lines, fault(seed, least)])


def _until_it_fails(seed: int, steps: list[Step]) -> list[Step]:
    watched = Watched(seed, oracle=not is_wild(seed))
    for place, (time_ms, what) in enumerate(steps):
        try:
            watched.step(time_ms, what)
        except Exception:  # noqa: BLE001 - the place is what is asked for
            return steps[: place + 1]
    return steps


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--commands", type=int, default=COMMANDS, help="of one sequence")
    given = parser.parse_args()
    end = time.monotonic() + given.seconds
    seed, done = given.seed, 0
    while True:
        steps = drawn(seed, given.commands)
        found = report(seed, steps, given.commands)
        if found:
            print(found)
            return 1
        done += len(steps)
        seed += 1
        if time.monotonic() >= end:
            break
    print(f"{done:,} commands of the seeds {given.seed} to {seed - 1}: everything holds")
    return 0


if __name__ == "__main__":
    sys.exit(main())
