"""Histories of the platform under a seed: a bounded number with the suite, as many as one likes with ``make fault``."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.simulation import history
from tests.simulation.defects import CATALOGUE
from tests.simulation.report import commit, describe

HISTORIES = 500
"""Of each commit others."""
SEARCHED_MAX = 1_000
"""Every defect has to be found by then."""
FIRST = int(commit()[:8] or "0", 16)
FAILED_ONCE = [int(line.split()[0]) for line in (Path(__file__).parent / "seeds.txt").read_text().splitlines() if line[:1].isdigit()]
RARE = {
    "a_barrier_serves_who_comes_later",
    "a_commit_without_an_answer_counts_as_not_done",
    "a_completion_counts_more_than_the_statement",
    "a_failed_append_of_commands_counts_as_not_sent",
    "a_rejection_counts_more_than_the_statement",
    "a_snapshot_may_be_ahead_of_the_event_log",
    "a_start_asks_once_where_the_commands_end",
    "a_wiped_book_stays_away",
    "an_instruction_that_is_not_found_was_never_given",
    "an_outbox_row_is_marked_whatever_became_of_it",
    "parts_are_sent_without_waiting",
    "the_publisher_notes_before_it_writes",
    "the_pump_notes_before_it_delivers",
    "views_are_saved_between_two_parts",
    "what_was_given_up_is_sent_all_the_same",
}
"""They take tens of histories and more."""


def test_nothing_acknowledged_is_lost_and_all_agree() -> None:
    for seed in [*FAILED_ONCE, *range(FIRST, FIRST + HISTORIES)]:
        found = history.run(seed)
        assert not found.wrong, describe(found)
        assert found.answers, f"seed {seed}: no client was answered, the history shows nothing"


@pytest.mark.parametrize("seed", [1, 5, 9])
def test_the_same_seed_gives_the_same_history(seed: int) -> None:
    assert history.run(seed).mark == history.run(seed).mark


@pytest.mark.parametrize("defect", [pytest.param(name, marks=[pytest.mark.slow] if name in RARE else []) for name in sorted(CATALOGUE)])
def test_a_defect_is_found(defect: str) -> None:
    with CATALOGUE[defect]():
        assert any(history.run(seed).wrong for seed in range(SEARCHED_MAX)), f"{SEARCHED_MAX} histories did not find it"
