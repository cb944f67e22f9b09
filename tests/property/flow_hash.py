"""Run a fixed random flow and print hashes of its events and of the state: the same on every run, however the core is run."""

from __future__ import annotations

import hashlib
import sys

import msgspec

from engine_container.core import machine
from engine_container.engine.snapshots import state_hash
from mycrypto.contracts import commands as c
from mycrypto.contracts.trading import SymbolStatus
from tests.property.test_core_against_naive import Pair
from tests.property.test_core_long_flows import Flow


class _Core(Pair):
    """The core alone, keeping what it said."""

    def __init__(self) -> None:
        self.digest = hashlib.sha256()
        super().__init__(1_000)

    def both(self, step: object) -> None:
        command = self.command(step)
        first = self.state.next_seq
        made = self.core(command)
        self.digest.update(msgspec.msgpack.encode(made))
        for number, event in enumerate(made, first):
            self.note(number, event)


def main(seed: int, steps: int) -> None:
    flow = Flow(seed)
    pair = _Core()
    for _ in range(steps):
        pair.now += flow.random.randint(0, 5)
        step = flow.step(pair)
        if isinstance(step, c.SetStatus):
            step = c.SetStatus(b"", step.symbol, SymbolStatus.ACTIVE, "test")
        pair.both(step)
    kind = "interpreted" if str(machine.__file__).endswith(".py") else "compiled"
    print(pair.digest.hexdigest(), state_hash(pair.state), kind)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
