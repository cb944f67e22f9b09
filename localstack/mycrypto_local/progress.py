"""Telling whoever started us what is going on: a live display on a terminal, one line per finished step elsewhere."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from rich.console import Console, RenderableType
from rich.live import Live
from rich.markup import escape
from rich.spinner import Spinner
from rich.table import Table

TELL_EVERY_SECONDS: Final = 4


class Step:
    """Something that takes a while. ``says`` tells what is waited for right now."""

    def __init__(self, progress: Progress, title: str) -> None:
        self._progress = progress
        self.title = title
        self.text = ""
        self.started = self.told = time.monotonic()

    def says(self, text: str) -> None:
        """Change what stands beside the title; repeated texts are told once."""
        if text != self.text:
            self.text = text
            self._progress.heard(self)

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.started


class Progress:
    """The steps under way; used from several threads."""

    def __init__(self, console: Console | None = None, *, quiet: bool = False) -> None:
        self.console = console or Console(highlight=False, stderr=True)
        self._quiet = quiet
        self._lock = threading.Lock()
        self._open: list[Step] = []
        self._live: Live | None = None

    @contextmanager
    def shown(self) -> Iterator[None]:
        """For the time of the block, steps are displayed."""
        if self._quiet or not self.console.is_terminal:
            yield
            return
        with Live(get_renderable=self._render, console=self.console, refresh_per_second=8, transient=True) as self._live:
            yield
        self._live = None

    @contextmanager
    def step(self, title: str) -> Iterator[Step]:
        step = Step(self, title)
        with self._lock:
            self._open.append(step)
        try:
            yield step
        except BaseException:
            self._done(step, "[red]✗[/red]")
            raise
        self._done(step, "[green]✓[/green]")

    def note(self, text: str) -> None:
        """A line that stays."""
        if not self._quiet:
            self.console.print(text, soft_wrap=True)

    def heard(self, step: Step) -> None:
        """On a terminal the display shows it anyway; in a log only what takes long is worth a line."""
        if not self._quiet and self._live is None and time.monotonic() - step.told > TELL_EVERY_SECONDS:
            step.told = time.monotonic()
            self.console.print(f"  {step.title}: {step.text} ({step.seconds:.0f} s)", style="dim", soft_wrap=True)

    def _done(self, step: Step, mark: str) -> None:
        with self._lock:
            self._open.remove(step)
        if not self._quiet:
            self.console.print(f"{mark} {step.title:<16} {step.seconds:>6.1f} s   [dim]{escape(step.text)}[/dim]", soft_wrap=True)

    def _render(self) -> RenderableType:
        table = Table.grid(padding=(0, 2))
        with self._lock:
            for step in self._open:
                table.add_row(Spinner("dots"), step.title, f"{step.seconds:.0f} s", f"[dim]{escape(step.text)}[/dim]")
        return table
