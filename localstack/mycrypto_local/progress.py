"""What the runner is doing: a live display on a terminal, one line for each finished step elsewhere."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from rich import progress as display
from rich.console import Console
from rich.markup import escape

TELL_EVERY_SECONDS: Final = 4


class Step:
    """Something that takes a while. ``says`` tells what is waited for right now."""

    def __init__(self, progress: Progress, title: str, task: display.TaskID) -> None:
        self._progress = progress
        self.title = title
        self.task = task
        self.text = ""
        self.started = self.told = time.monotonic()

    def says(self, text: str) -> None:
        """Change the text beside the title; repeated texts are told once."""
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
        self._display = display.Progress(
            display.SpinnerColumn(),
            display.TextColumn("{task.description}"),
            display.TimeElapsedColumn(),
            display.TextColumn("[dim]{task.fields[text]}[/dim]"),
            console=self.console,
            transient=True,
            disable=quiet or not self.console.is_terminal,
        )

    @contextmanager
    def shown(self) -> Iterator[None]:
        """For the time of the block, steps are displayed."""
        with self._display:
            yield

    @contextmanager
    def step(self, title: str) -> Iterator[Step]:
        step = Step(self, title, self._display.add_task(title, total=None, text=""))
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
        """The display shows it anyway; in a log only what takes long is worth a line."""
        self._display.update(step.task, text=escape(step.text))
        if self._display.disable and not self._quiet and time.monotonic() - step.told > TELL_EVERY_SECONDS:
            step.told = time.monotonic()
            self.console.print(f"  {step.title}: {step.text} ({step.seconds:.0f} s)", style="dim", soft_wrap=True)

    def _done(self, step: Step, mark: str) -> None:
        self._display.remove_task(step.task)
        if not self._quiet:
            self.console.print(f"{mark} {step.title:<16} {step.seconds:>6.1f} s   [dim]{escape(step.text)}[/dim]", soft_wrap=True)
