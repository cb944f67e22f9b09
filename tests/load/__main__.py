"""``python -m tests.load``: the knee of each kind of load on a platform of its own, and what comes of 70 % of it. It asserts nothing about time."""

from __future__ import annotations

import argparse
import os
import platform
import time
from datetime import UTC, datetime
from pathlib import Path

import psutil

from mycrypto_local.platform import Platform
from tests import scratch
from tests.bench.figures import this_machine
from tests.load import page
from tests.load.kinds import KINDS
from tests.load.rules import HELD
from tests.load.run import SETTLEMENT, Plan, Run
from tests.simulation.report import commit

LOOKED_SECONDS = 10.0
"""At the machine, before anything of the run is there."""
HELD_BY_DEFAULT = "orders"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.load", description=__doc__)
    parser.add_argument("--kinds", default=",".join(KINDS), help="with commas; default: %(default)s")
    parser.add_argument(
        "--hold", default=HELD_BY_DEFAULT, help=f"kinds whose rate is held at {HELD:.0%}".replace("%", "%%") + ", with commas"
    )
    parser.add_argument("--step-seconds", type=float, default=10)
    parser.add_argument("--hold-minutes", type=float, default=10)
    parser.add_argument("--users", type=int, default=24)
    parser.add_argument("--page", type=Path, help="where the page goes; its plots go into a folder of its name beside it")
    options = parser.parse_args()
    kinds, held = options.kinds.split(","), [name for name in options.hold.split(",") if name]
    if unknown := {*kinds, *held} - KINDS.keys():
        parser.error(f"unknown: {', '.join(sorted(unknown))}")
    if SETTLEMENT in held:
        parser.error("settlement is not held: its trades are made before the clock starts, and ten minutes of them do not fit into memory")
    plan = Plan(kinds, held if options.hold_minutes else [], options.step_seconds, options.hold_minutes * 60, options.users)
    started, load = time.monotonic(), os.getloadavg()[0]
    others = psutil.cpu_percent(LOOKED_SECONDS) / 100
    scratch.forget_killed_runs()
    whole = Platform.own(scratch.folder("load"))
    try:
        whole.up()
        run = Run(whole, plan)
        run.prepare()
        found = list(run.kinds())
    finally:
        whole.reset()
    minutes = (time.monotonic() - started) / 60
    for each in found:
        knee = f"{each.ladder.knee:,.4g}" + ("" if each.ladder.found else " or more")
        print(f"{each.kind.name}: knee {knee} {each.kind.unit} a second, after {len(each.ladder.rungs)} steps")
    if options.page:
        described = f"{this_machine()}, Python {platform.python_version()}"
        command = f"python -m tests.load --kinds {options.kinds} --hold {options.hold} --step-seconds {options.step_seconds:g} --hold-minutes {options.hold_minutes:g}"
        about = page.About(
            f"{datetime.now(UTC):%Y-%m-%d}",
            commit(),
            described,
            f"{load:.1f} before, {os.getloadavg()[0]:.1f} at the end",
            others,
            command,
            minutes,
            options.step_seconds,
            options.users,
        )
        page.write(options.page, found, about, run.books)
    print(f"{minutes:.1f} minutes")


if __name__ == "__main__":
    main()
