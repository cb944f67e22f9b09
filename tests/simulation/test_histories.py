"""Histories of the platform under a seed: a bounded number with the suite, as many as one likes with ``make fault``."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.simulation import history
from tests.simulation.defects import CATALOGUE

HISTORIES = 10
SEARCHED_MAX = 40
"""A defect has to be found by then."""
FAILED_ONCE = [int(line.split()[0]) for line in (Path(__file__).parent / "seeds.txt").read_text().splitlines() if line[:1].isdigit()]


@pytest.mark.parametrize("seed", [*FAILED_ONCE, *range(1_000, 1_000 + HISTORIES)])
def test_nothing_acknowledged_is_lost_and_all_agree(seed: int) -> None:
    found = history.run(seed)
    assert not found.wrong, f"make fault SEED={seed} HISTORIES=1\n{history.shrink(found)}"
    assert found.answers, "nobody was answered: the history says nothing"


@pytest.mark.parametrize("seed", [1, 5])
def test_the_same_seed_gives_the_same_history(seed: int) -> None:
    assert history.run(seed).mark == history.run(seed).mark


@pytest.mark.parametrize("defect", sorted(CATALOGUE))
def test_a_defect_is_found(defect: str) -> None:
    with CATALOGUE[defect]():
        assert any(history.run(seed).wrong for seed in range(SEARCHED_MAX)), f"{SEARCHED_MAX} histories did not find it"
