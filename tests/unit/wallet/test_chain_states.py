"""What a watcher's report does to a deposit, in every state."""

from __future__ import annotations

import pytest

from functions.wallet.chain_states import FELL, Step, Word, judge

ALL = ("PENDING", "DROPPED", "CONFIRMED", "CREDITED", "FAILED")


@pytest.mark.parametrize("status", ALL)
@pytest.mark.parametrize("word", [None, *Word])
@pytest.mark.parametrize("confirmations", [0, 1, 11, 12, 500])
@pytest.mark.parametrize("before", [False, True])
def test_no_report_credits_twice_or_loses_a_fall(status: str, word: Word | None, confirmations: int, *, before: bool) -> None:
    step = judge(status, word, confirmations, 12, reversed_before=before)
    if step in {Step.CONFIRM, Step.RESTORE}:
        assert confirmations >= 12
        assert word not in {*FELL, Word.DETECTED}
    if step is Step.CONFIRM:
        assert status in {"PENDING", "DROPPED"}
    if step is Step.RESTORE:
        assert before
    if word in FELL and not before:
        assert step is {"PENDING": Step.DROP, "DROPPED": Step.NOTHING}.get(status, Step.REVERSE)


@pytest.mark.parametrize(
    ("status", "word", "confirmations", "before", "step"),
    [
        ("PENDING", None, 0, False, Step.WAIT),
        ("PENDING", None, 12, False, Step.CONFIRM),
        ("PENDING", Word.CONFIRMED, 3, False, Step.WAIT),
        ("PENDING", Word.DETECTED, 12, False, Step.WAIT),
        ("PENDING", Word.GONE, 12, False, Step.DROP),
        ("DROPPED", None, 1, False, Step.WAIT),
        ("DROPPED", Word.CONFIRMED, 12, False, Step.CONFIRM),
        ("CREDITED", None, 0, False, Step.REVERSE),
        ("CREDITED", None, 3, False, Step.NOTHING),
        ("CREDITED", Word.CONFIRMED, 0, False, Step.NOTHING),
        ("CREDITED", None, 0, True, Step.NOTHING),
        ("CREDITED", None, 12, True, Step.RESTORE),
        ("CREDITED", Word.DETECTED, 1, True, Step.NOTHING),
        ("CONFIRMED", Word.REPLACED, 0, False, Step.REVERSE),
        ("FAILED", Word.GONE, 0, False, Step.REVERSE),
    ],
)
def test_steps(status: str, word: Word | None, confirmations: int, *, before: bool, step: Step) -> None:
    assert judge(status, word, confirmations, 12, reversed_before=before) is step
