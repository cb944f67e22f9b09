# mypy: disable-error-code="override, attr-defined, assignment, arg-type"

"""An event loop without a selector whose clock stands still while anything can run, and then jumps to the next timer.

Tasks belong to processes. A process that is killed never runs again: its callbacks are dropped, and no ``finally`` of its coroutines is
reached. Callbacks of different processes that are ready at once run in an order that the seed decides.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import Context, ContextVar, copy_context
from random import Random
from typing import Any
from unittest.mock import patch


class Process:
    """What is killed as one."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.dead = False


CURRENT: ContextVar[Process | None] = ContextVar("process", default=None)


class Deadlock(RuntimeError):  # noqa: N818 - a finding
    """Nothing can run and no timer is set."""


class _Clock:
    """In the place of a selector: to wait is to let time pass."""

    def __init__(self, loop: VirtualLoop) -> None:
        self._loop = loop

    def select(self, timeout: float | None) -> list[Any]:
        if timeout is None:
            raise Deadlock
        self._loop.now += max(0.0, timeout)
        self._loop.mix()
        return []


class VirtualLoop(asyncio.BaseEventLoop):  # the names that begin with _ are those of BaseEventLoop
    """``now`` is its time in seconds; ``random`` decides the order of what is ready at once."""

    def __init__(self, random: Random | None = None) -> None:
        super().__init__()
        self.now = 1_000.0
        self._random = random
        self._selector = _Clock(self)
        self.set_task_factory(_make_task)
        self._over = False
        self._tasks: list[asyncio.Task[Any]] = []
        """Kept, or the collector would close the coroutines of a killed process, and run what a killed process cannot."""

    def time(self) -> float:
        return self.now

    def _process_events(self, _events: list[Any]) -> None:
        return

    def _write_to_self(self) -> None:
        return

    def mix(self) -> None:
        """Change the order of ready callbacks, but not within a process."""
        ready: deque[asyncio.Handle] = self._ready
        if self._random is None or len(ready) < 2:
            return
        queues: dict[Process | None, deque[asyncio.Handle]] = {}
        for handle in ready:
            queues.setdefault(handle._context.get(CURRENT), deque()).append(handle)
        if len(queues) < 2:
            return
        owners = [owner for owner, queue in queues.items() for _ in queue]
        self._random.shuffle(owners)
        ready.clear()
        ready.extend(queues[owner].popleft() for owner in owners)

    def call_soon(self, callback: Any, *args: Any, context: Context | None = None) -> asyncio.Handle:
        if self._over:
            return asyncio.Handle(callback, args, self, context)
        handle = super().call_soon(callback, *args, context=context)
        if _is_dead(context):
            handle.cancel()
        return handle

    def call_at(self, when: float, callback: Any, *args: Any, context: Context | None = None) -> asyncio.TimerHandle:
        handle = super().call_at(when, callback, *args, context=context)
        if _is_dead(context):
            handle.cancel()
        return handle

    def run_in_executor(self, executor: Any, func: Callable[..., Any], *args: Any) -> Any:
        """At once: threads have no place under a seed."""
        done = self.create_future()
        try:
            done.set_result(func(*args))
        except Exception as error:  # noqa: BLE001 - it is raised where it is waited for
            done.set_exception(error)
        return done

    def end(self) -> None:
        """Take every coroutine apart that is still waiting; nothing that they do on their way out has an effect."""
        self._over = True
        for task in self._tasks:
            task._log_destroy_pending = False
            with suppress(RuntimeError):
                task.get_coro().close()
        self.close()

    def spawn(self, process: Process, coroutine: Any) -> asyncio.Task[Any]:
        """A task of a process, with all the tasks that it will make."""
        context = copy_context()
        context.run(CURRENT.set, process)
        return self.create_task(coroutine, context=context)

    def kill(self, process: Process) -> None:
        """As kill -9."""
        process.dead = True
        for handles in (self._ready, self._scheduled):
            for handle in list(handles):
                if handle._context.get(CURRENT) is process:
                    handle.cancel()


def _make_task(loop: asyncio.AbstractEventLoop, coroutine: Any, context: Context | None = None) -> asyncio.Task[Any]:
    task: asyncio.Task[Any] = asyncio.Task(coroutine, loop=loop, context=context)
    owner = CURRENT.get() if context is None else context.get(CURRENT)
    if owner is not None:
        loop._tasks.append(task)
    return task


def _is_dead(context: Context | None) -> bool:
    owner = CURRENT.get() if context is None else context.get(CURRENT)
    return owner is not None and owner.dead


@contextmanager
def virtual(random: Random | None = None) -> Iterator[VirtualLoop]:
    """A loop whose clock is the clock of everything in this process."""
    loop = VirtualLoop(random)
    epoch = 1_800_000_000
    with (
        patch.object(time, "monotonic", loop.time),
        patch.object(time, "time", lambda: epoch + loop.now),
        patch.object(time, "perf_counter_ns", lambda: int(loop.now * 1e9)),  # how long something took must decide nothing
        patch.object(time, "time_ns", lambda: int((epoch + loop.now) * 1e9)),
    ):
        asyncio.set_event_loop(loop)
        try:
            yield loop
        finally:
            asyncio.set_event_loop(None)
            loop.end()
