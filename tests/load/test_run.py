"""A run in small, so that it works when it is wanted: every kind for a moment on a platform of its own, and one rate held. Nothing is asserted about time."""

from __future__ import annotations

from pathlib import Path

import pytest

from mycrypto_local.platform import Platform
from mycrypto_local.running import Running
from tests.load import page
from tests.load.kinds import KINDS
from tests.load.run import Plan, Run


@pytest.mark.slow
def test_every_kind_finds_its_rate_and_its_page_is_written(platform: Running, tmp_path: Path) -> None:
    run = Run(Platform(platform.state), Plan(list(KINDS), ["orders"], step_seconds=2, hold_seconds=6, users=4, rungs_max=2))
    run.prepare()
    found = {each.kind.name: each for each in run.kinds()}
    assert found.keys() == KINDS.keys()
    for name, each in found.items():
        rung = each.ladder.rungs[0]
        assert rung.operations > rung.wrong, f"{name}: no operation was answered well: {each.ladder.rungs}"
    assert run.books == []
    orders = found["orders"]
    if orders.ladder.knee:
        assert orders.series is not None
        assert {"engine", "gateway", "publisher", "kafka", "postgres", "functions", "generator"} <= orders.series.memory.keys()
        assert {"settlement", "history", "archive", "publisher", "gateway"} <= orders.series.behind.keys()
    about = page.About("today", "", "this machine", "some", 0, "a test", 0, 2, 4)
    page.write(tmp_path / "load.md", list(found.values()), about, run.books)
    assert (tmp_path / "load" / "orders.svg").exists()
