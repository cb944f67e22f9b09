"""What the runner is doing is shown live on a terminal and as lines elsewhere."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from mycrypto_local.progress import Progress


def progress(*, terminal: bool) -> tuple[Progress, io.StringIO]:
    written = io.StringIO()
    return Progress(Console(file=written, force_terminal=terminal, width=120, highlight=False, color_system=None)), written


@pytest.mark.parametrize("terminal", [True, False])
def test_each_finished_step_leaves_a_line(terminal: bool) -> None:
    shown, written = progress(terminal=terminal)
    with shown.shown():
        with shown.step("Kafka") as step:
            step.says("on port [9092]")
        with pytest.raises(RuntimeError), shown.step("Valkey"):
            raise RuntimeError("broken")
        shown.note("done")
    lines = [line.strip() for line in written.getvalue().splitlines()]
    assert [line.split()[-3:] for line in lines if "✓" in line] == [["on", "port", "[9092]"]]
    assert any("✗ Valkey" in line for line in lines)
    assert "done" in written.getvalue()


def test_on_a_terminal_a_step_is_seen_while_it_lasts() -> None:
    shown, written = progress(terminal=True)
    with shown.shown(), shown.step("Kafka") as step:
        step.says("waiting: not there yet")
        shown._display.refresh()
        seen = written.getvalue()
    assert "Kafka" in seen
    assert "waiting: not there yet" in seen


def test_a_quiet_one_writes_nothing() -> None:
    written = io.StringIO()
    quiet = Progress(Console(file=written, force_terminal=True), quiet=True)
    with quiet.shown(), quiet.step("Kafka") as step:
        step.says("waiting")
        quiet.note("done")
    assert written.getvalue() == ""
