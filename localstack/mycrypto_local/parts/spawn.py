"""Start parts without a supervisor, for tests: they stop with the process that started them, whatever happens to it."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from mycrypto_local.parts.part import NotReadyError, Part

PROBE_EVERY_SECONDS: Final = 0.05


class PartFailedError(RuntimeError):
    """A part ended or stayed silent; the message carries the end of its log."""


class Running:
    """A started part. Start it from the main thread: the kernel ties it to the thread that made it."""

    def __init__(self, part: Part, log: Path) -> None:
        self.part = part
        self.log = log
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as output:
            self.process = subprocess.Popen(
                part.tethered(),
                cwd=part.folder,
                env=dict(part.environment),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        return self.process.pid

    def wait_ready(self) -> None:
        deadline = time.monotonic() + self.part.start_seconds_max
        while True:
            try:
                self.part.probe()
            except NotReadyError as reason:
                if self.process.poll() is not None:
                    raise PartFailedError(f"{self.part.name} ended with status {self.process.returncode}:\n{self._tail()}") from reason
                if time.monotonic() > deadline:
                    raise PartFailedError(
                        f"{self.part.name} was not ready after {self.part.start_seconds_max} s ({reason}):\n{self._tail()}"
                    ) from reason
                time.sleep(PROBE_EVERY_SECONDS)
            else:
                return

    def stop(self) -> None:
        """Ask, wait, and kill what does not listen."""
        if self.process.poll() is not None:
            return
        self.process.send_signal(self.part.stop_signal)
        try:
            self.process.wait(self.part.stop_seconds_max)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def _tail(self, lines: int = 20) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])


@contextmanager
def spawned(part: Part, log: Path) -> Iterator[Running]:
    """The part, ready; stopped at the end."""
    running = Running(part, log)
    try:
        running.wait_ready()
        yield running
    finally:
        running.stop()
