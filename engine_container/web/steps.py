"""Work that runs through in one go, and waits only where it has to.

It is written once, as a generator that yields what has to be waited for and is sent the result. Where nothing has, it is done before the call
returns, without a task; else a task goes on with it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Generator
from typing import Any, TypeVar

T = TypeVar("T")

Steps = Generator[Awaitable[Any], Any, T]


async def finish(steps: Steps[T]) -> T:
    """The result of work, for a caller that may wait."""
    try:
        awaited = next(steps)
        while True:
            awaited = steps.send(await awaited)
    except StopIteration as stop:
        result: T = stop.value
        return result


class Tasks:
    """Tasks that nothing waits for; kept here, or they might be collected."""

    def __init__(self) -> None:
        self._running: set[asyncio.Task[None]] = set()

    def add(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    def begin(self, steps: Steps[None] | None, failed: Callable[[Exception], None]) -> None:
        """Do the work now, and what has to wait in a task; ``failed`` gets what it raises."""
        if steps is None:
            return
        try:
            awaited = next(steps, None)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is the caller's to say
            failed(error)
        else:
            if awaited is not None:
                self.add(_go_on(steps, awaited, failed))


async def _go_on(steps: Steps[None], awaited: Awaitable[Any], failed: Callable[[Exception], None]) -> None:
    try:
        while True:
            awaited = steps.send(await awaited)
    except StopIteration:
        return
    except Exception as error:  # noqa: BLE001 - as above
        failed(error)


class Waiting(asyncio.Future[T]):
    """For who waits for work that is answered by a call: ``settle`` takes the outcome, once or more often, and a problem is raised."""

    def settle(self, outcome: T | Exception) -> None:
        if self.done():
            return
        if isinstance(outcome, Exception):
            self.set_exception(outcome)
        else:
            self.set_result(outcome)
