"""``python -m tests.chaos HISTORIES SEED [PAGE]``: histories on a platform of its own, one after the other; the page is written at the end."""

from __future__ import annotations

import asyncio
import os
import platform as machine
import sys
from pathlib import Path

import psutil

from mycrypto_local import addresses
from mycrypto_local.platform import Platform
from mycrypto_local.ports import any_free
from mycrypto_local.progress import Progress
from mycrypto_local.running import Running
from tests import scratch
from tests.chaos import page
from tests.chaos.history import Outcome, Town
from tests.simulation.report import commit


async def _live(town: Town, histories: int, seed: int) -> list[Outcome]:
    await town.settle_in()
    outcomes = []
    for number in range(seed, seed + histories):
        outcomes.append(await town.live(number))
        print(outcomes[-1], flush=True)
    return outcomes


def main() -> None:
    histories, seed = int(sys.argv[1]), int(sys.argv[2])
    scratch.forget_killed_runs()
    state = scratch.folder("chaos")
    ports = dict(zip(addresses.DEFAULTS, any_free(len(addresses.DEFAULTS)), strict=True))
    whole = Platform(state, usual_ports=ports, progress=Progress(quiet=True), tied=True)
    try:
        whole.up()
        outcomes = asyncio.run(_live(Town(Running.load(state), whole), histories, seed))
    finally:
        whole.reset()
    gib = psutil.virtual_memory().total / 2**30
    described = f"{os.cpu_count()} cores, {gib:.0f} GiB, {machine.system()}, load {os.getloadavg()[2]:.1f}"
    if len(sys.argv) > 3:
        shared = os.getloadavg()[2] > (os.cpu_count() or 1)
        Path(sys.argv[3]).write_text(page.text(outcomes, commit=commit(), machine=described, first_seed=seed, shared=shared))
    failed = sum(bool(each.wrong) for each in outcomes)
    print(f"{histories} histories from seed {seed} on, {failed} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
