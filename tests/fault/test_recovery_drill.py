"""The drill of ``mycrypto drill``, short: after everything was lost, what was archived comes back and nothing differs."""

from __future__ import annotations

import shutil

import pytest

from mycrypto_local.progress import Progress
from mycrypto_local.recovery.drill import Course, Drill
from tests import scratch


@pytest.mark.slow
def test_what_was_archived_comes_back_and_nothing_differs() -> None:
    folder = scratch.folder("drill")
    course = Course(users=3, rate_per_s=30, seconds_before=3, seconds_after=9)
    try:
        report = Drill(folder, course, Progress(quiet=True)).run()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    assert report.differences == []
    assert report.commands_restored > 100
    assert report.trades_compared > 0
    assert report.balances_compared > 0
    assert len(report.state_hash) == 64
    assert report.commands_lost < report.commands_restored
