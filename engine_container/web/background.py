"""Work that runs beside the requests for as long as the process lives."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any, Protocol


class Reporter(Protocol):
    def critical(self, msg: object, *args: object, exc_info: BaseException | None = None) -> None: ...


class Background:
    """No task is supposed to end. If one does, the process must not go on half alive: it is told to stop, and its supervisor starts it
    again.
    """

    def __init__(self, reporter: Reporter) -> None:
        self._reporter = reporter
        self._tasks: list[asyncio.Task[None]] = []
        self._stopping = False

    def start(self, *works: Coroutine[Any, Any, None]) -> None:
        for work in works:
            task = asyncio.create_task(work)
            task.add_done_callback(self._ended)
            self._tasks.append(task)

    def _ended(self, task: asyncio.Task[None]) -> None:
        if self._stopping or task.cancelled():
            return
        self._reporter.critical("%s ended; stopping the process", task.get_coro(), exc_info=task.exception())
        signal.raise_signal(signal.SIGTERM)

    @property
    def failed(self) -> bool:
        """Whether some of the work has ended by itself."""
        return any(task.done() for task in self._tasks)

    async def stop(self) -> None:
        self._stopping = True
        for task in self._tasks:
            task.cancel()
        for task in self._tasks:
            with suppress(asyncio.CancelledError, Exception):
                await task
