"""Random commands (20,000 in ``make test``, 200,000 in ``make test-long``), each followed by every check; ``make fuzz SECONDS=n SEED=s`` goes on with other ones for as long as one likes.

And the net itself is held: it finds faults that are put into the core, and says them in few commands.
"""

from __future__ import annotations

import os
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import pytest

from engine_container.core.state import RULES_WITH_ALL_FIGURES
from mycrypto.contracts import commands as c
from tests.property.net.fuzz import drawn, fault, is_wild, report, shortest

SLICE = 25


def holds(first: int) -> tuple[int, str]:
    """How many commands a slice of the sequences has, and what does not hold in it."""
    done = 0
    for seed in range(first, first + SLICE):
        steps = drawn(seed)
        done += len(steps)
        if found := report(seed, steps):
            return done, found
    return done, ""


@pytest.mark.parametrize(
    ("sequences", "commands"),
    [(50, 20_000), pytest.param(475, 200_000, marks=pytest.mark.slow)],  # some are longer than others: a burst of stops is drawn whole
)
def test_everything_holds_after_each_command(sequences: int, commands: int) -> None:
    with ProcessPoolExecutor(min(4, os.cpu_count() or 1)) as pool:
        results = list(pool.map(holds, range(0, sequences, SLICE)))
    assert not [found for _, found in results if found], "\n".join(found for _, found in results)
    assert sum(done for done, _ in results) >= commands


def first_fault(first: int, change: Any) -> tuple[int, list[Any]]:
    """The first seed whose sequence, changed, does not hold."""
    for seed in range(first, first + 60):
        steps = [(time_ms, change(what)) for time_ms, what in drawn(seed)]
        if fault(seed, steps):
            return seed, steps
    raise AssertionError("the net lets the fault through")


def test_the_net_finds_what_the_rules_before_did_wrong_and_says_it_in_few_commands() -> None:
    """Of the version before, an option that is passed over, an OCO's legs that differ, a market that opens crossed or a trigger that is passed over: whichever comes first."""

    def old(what: Any) -> Any:
        return c.SetRules(b"", RULES_WITH_ALL_FIGURES) if isinstance(what, c.SetRules) else what

    seed, steps = first_fault(3_000, old)
    kind = fault(seed, steps).split(":")[0]
    least = shortest(steps, lambda tried: fault(seed, tried).split(":")[0] == kind)
    assert fault(seed, least)
    assert len(least) < 25


def test_a_failure_names_its_seed_and_its_commands(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.property.net.watched.ENDED_KEPT", -10)
    found = report(7, drawn(7))
    assert "SEED=7" in found
    assert "numbers of closed orders stay" in found
    assert " SetSymbol(" in found


def test_sequences_are_the_same_every_time_and_both_kinds_are_drawn() -> None:
    assert drawn(5) == drawn(5)
    assert drawn(5) != drawn(6)
    kinds = {type(what) for seed in range(6) for _, what in drawn(seed)}
    assert {c.PlaceOco, c.SetStatus, c.SetUser, c.SetSymbol, c.Halt, c.Tick, c.AcceptTime} <= kinds
    assert {is_wild(seed) for seed in range(3)} == {True, False}
