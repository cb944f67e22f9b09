"""``python -m tests.chaos``: histories on a platform of its own, one after the other, each added to a file; the page is made of all of the commit."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from mycrypto_local.paths import REPOSITORY
from mycrypto_local.platform import Platform
from mycrypto_local.replicas import Replicas
from mycrypto_local.running import Running
from tests import scratch
from tests.bench.figures import this_machine
from tests.chaos import clocks, disks, page, plan, results
from tests.chaos.clocks import Clocks
from tests.chaos.disks import Disks
from tests.chaos.history import Outcome, Town
from tests.chaos.plan import Setting
from tests.chaos.results import Gathered
from tests.simulation.report import commit

RESULTS: Final = REPOSITORY / "build" / "chaos.jsonl"


class Chaos:
    """One run: a platform, and what can be done to it."""

    def __init__(self, replicas: Replicas, file: Path) -> None:
        self._file = file
        self._replicas = replicas
        self._commit = commit()
        self.left_out: list[str] = []
        self._state = scratch.folder("chaos")
        self._disks = self._possible_disks()
        self._clocks = self._possible_clocks()
        self._setting = Setting(replicas, disks=self._disks is not None, clocks=self._clocks is not None)

    def _possible_disks(self) -> Disks | None:
        made = Disks(self._state)
        reason = disks.own_namespace() or made.mount()
        if reason:
            self.left_out.append(f"full disks: {reason}")
        return None if reason else made

    def _possible_clocks(self) -> Clocks | None:
        if reason := clocks.why_not():
            self.left_out.append(f"moved clocks: {reason}")
            return None
        made = Clocks(self._state / "clocks")
        made.build()
        return made

    def run(self, histories: int, seed: int | None) -> list[Outcome]:
        whole = Platform.own(self._state, replicas=self._replicas)
        try:
            with self._clocks.given() if self._clocks else nullcontext():
                whole.up()
            return asyncio.run(self._live(whole, histories, self._first(seed)))
        finally:
            if self._disks:
                whole.down()
                self._disks.unmount()
            whole.reset()

    def _first(self, seed: int | None) -> int:
        if seed is not None:
            return seed
        return results.next_seed(results.read(self._file, self._commit), self._replicas.gateways, self._replicas.standby)

    async def _live(self, whole: Platform, histories: int, seed: int) -> list[Outcome]:
        town = Town(Running.load(self._state), whole, self._disks, self._clocks)
        await town.settle_in()
        outcomes = []
        for number in range(seed, seed + histories):
            outcome = await town.live(number, plan.make(number, self._setting))
            outcomes.append(outcome)
            print(outcome, flush=True)
            results.append(self._file, self._gathered(outcome))
        return outcomes

    def _gathered(self, outcome: Outcome) -> Gathered:
        return Gathered(
            commit=self._commit,
            gateways=self._replicas.gateways,
            standby=self._replicas.standby,
            day=f"{datetime.now(UTC):%Y-%m-%d}",
            machine=this_machine(),
            load=os.getloadavg()[0],
            left_out=self.left_out,
            outcome=outcome,
        )


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("histories", type=int, help="0: only the page")
    parser.add_argument("--seed", type=int, help="of the first; without it the histories of this commit go on where they ended")
    parser.add_argument("--gateways", type=int, default=1)
    parser.add_argument("--standby", type=int, default=0)
    parser.add_argument("--results", type=Path, default=RESULTS, help="where outcomes are added, one a line; default: build/chaos.jsonl")
    parser.add_argument("--page", type=Path)
    options = parser.parse_args()
    outcomes = _lived(options) if options.histories else []
    if options.page:
        gathered = results.read(options.results, commit())
        if not gathered:
            parser.error(f"{options.results} has no history of this commit")
        options.page.write_text(page.text(gathered))
    failed = sum(bool(each.wrong) for each in outcomes)
    print(f"{len(outcomes)} histories, {failed} failed")
    sys.exit(1 if failed else 0)


def _lived(options: argparse.Namespace) -> list[Outcome]:
    scratch.forget_killed_runs()
    chaos = Chaos(Replicas(options.gateways, options.standby), options.results)
    print(*(f"left out: {reason}" for reason in chaos.left_out), sep="\n", end="\n" if chaos.left_out else "")
    return chaos.run(options.histories, options.seed)


if __name__ == "__main__":
    main()
