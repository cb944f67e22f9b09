# mypy: disable-error-code="override, attr-defined, assignment, arg-type, union-attr"

"""An event loop without a selector whose clock stands still while anything can run, and then jumps to the next timer.

Tasks belong to processes. A process that is killed never runs again: its callbacks are dropped, and no ``finally`` of its coroutines is
reached. A process that is stopped keeps them until it is continued. Callbacks of different processes that are ready at once run in an
order that the seed decides.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import Context, ContextVar, copy_context
from heapq import heappop, heappush
from random import Random
from typing import Any
from unittest.mock import patch

EPOCH = 1_800_000_000


class Process:
    """What is killed, stopped and continued as one. ``clock`` is how far its wall clock is ahead, in seconds."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.dead = False
        self.stopped = False
        self.draining = False
        self.clock = 0.0
        self.parked: list[Handle] = []
        self.fuse = 0
        self.blown: Callable[[], None] | None = None
        """Called when so many more callbacks have run: between any two of them something can go wrong."""


CURRENT: ContextVar[Process | None] = ContextVar("process", default=None)


class Handle:
    """In the place of asyncio's, which does more than is asked of it here: a history makes ten thousand. ``owner`` is looked up once."""

    __slots__ = ("args", "callback", "context", "owner")

    def __init__(self, callback: Callable[..., Any], args: tuple[Any, ...], context: Context | None) -> None:
        self.callback: Callable[..., Any] | None = callback
        self.args = args
        self.context = copy_context() if context is None else context
        self.owner = self.context.get(CURRENT)

    def cancel(self) -> None:
        self.callback = None
        self.args = ()

    def cancelled(self) -> bool:
        return self.callback is None


class Deadlock(RuntimeError):  # noqa: N818 - a finding
    """Nothing can run and no timer is set."""


class VirtualLoop(asyncio.BaseEventLoop):  # the names that begin with _ are those of BaseEventLoop
    """``now`` is its time in seconds; ``random`` decides the order of what is ready at once. ``world`` is what its processes can reach."""

    def __init__(self, random: Random | None = None) -> None:
        super().__init__()
        self.now = 1_000.0
        self.world: Any = None
        self._random = random
        self._timers: list[tuple[float, int, Handle]] = []
        self._timer_number = 0
        self._over = False
        self.late = 0
        """So much is still to arrive."""
        self._tasks: list[asyncio.Task[Any]] = []
        """Kept, or the collector would close the coroutines of a killed process, and run what a killed process cannot."""

    get_debug = staticmethod(bool)  # asked of each future and task: False, without a call of Python's

    def time(self) -> float:
        return self.now

    def _process_events(self, _events: list[Any]) -> None:
        return

    def _write_to_self(self) -> None:
        return

    def _run_once(self) -> None:
        while not self._stopping:
            self._advance()
            self._run_ready()

    def _advance(self) -> None:
        """Make ready what is due; the clock jumps if nothing else can run."""
        ready: deque[Handle] = self._ready
        timers = self._timers
        while timers and (timers[0][2].callback is None or timers[0][0] <= self.now or not ready):
            when, _, handle = heappop(timers)
            if handle.callback is not None:
                self.now = max(self.now, when)
                ready.append(handle)
        if not ready:
            raise Deadlock
        if len(ready) > 1 and self._random is not None:
            self._mix(ready)

    def _run_ready(self) -> None:
        ready: deque[Handle] = self._ready
        for _ in range(len(ready)):
            handle = ready.popleft()
            callback = handle.callback
            if callback is None:
                continue
            owner: Any = handle.owner  # what it runs may kill it
            if owner is not None:
                if owner.dead:
                    continue
                if owner.stopped:
                    owner.parked.append(handle)
                    continue
                if owner.fuse:
                    owner.fuse -= 1
                    if not owner.fuse and owner.blown is not None:
                        owner.blown()
                        if owner.dead:
                            continue
            try:
                handle.context.run(callback, *handle.args)
            except (SystemExit, KeyboardInterrupt):
                raise
            except BaseException as error:  # noqa: BLE001 - as asyncio: the loop goes on
                self.call_exception_handler({"message": f"exception in {callback!r}", "exception": error})

    def _mix(self, ready: deque[Handle]) -> None:
        """Change the order of ready callbacks, but not within a process."""
        first = ready[0].owner
        if all(handle.owner is first for handle in ready):
            return
        queues: dict[Process | None, deque[Handle]] = {}
        for handle in ready:
            queues.setdefault(handle.owner, deque()).append(handle)
        owners = [owner for owner, queue in queues.items() for _ in queue]
        self._random.shuffle(owners)
        ready.clear()
        ready.extend(queues[owner].popleft() for owner in owners)

    def call_soon(self, callback: Any, *args: Any, context: Context | None = None) -> Handle:
        handle = Handle(callback, args, context)
        if not self._over:
            self._ready.append(handle)
        return handle

    def call_at(self, when: float, callback: Any, *args: Any, context: Context | None = None) -> Handle:
        handle = Handle(callback, args, context)
        self._timer_number += 1
        heappush(self._timers, (when, self._timer_number, handle))
        return handle

    def call_later(self, delay: float, callback: Any, *args: Any, context: Context | None = None) -> Handle:
        handle = Handle(callback, args, context)
        self._timer_number += 1
        heappush(self._timers, (self.now + delay, self._timer_number, handle))
        return handle

    def create_future(self) -> asyncio.Future[Any]:
        return asyncio.Future(loop=self)

    def create_task(self, coroutine: Any, *, name: object = None, context: Context | None = None) -> asyncio.Task[Any]:
        task: asyncio.Task[Any] = asyncio.Task(coroutine, loop=self, context=context)
        self._tasks.append(task)
        return task

    def outside(self, delay: float, callback: Callable[..., Any], *args: Any) -> None:
        """Call it later, whatever becomes of the process that asks for it."""
        self.call_at(self.now + delay, callback, *args, context=NO_PROCESS)

    def arrive_late(self, delay: float, callback: Callable[..., Any], *args: Any) -> None:
        """As ``outside``, and counted: a history comes to rest only when all that was late has arrived."""
        self.late += 1
        self.outside(delay, self._arrived, callback, args)

    def _arrived(self, callback: Callable[..., Any], args: tuple[Any, ...]) -> None:
        self.late -= 1
        callback(*args)

    async def create_connection(self, factory: Any, host: str, port: int, *, ssl: Any = None) -> Any:
        return await self.world.network.connect(factory, host, port)

    async def create_server(self, factory: Any, host: str, port: int) -> Any:
        return self.world.network.listen(factory, host, port)

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
        self.world = None
        self.close()

    def spawn(self, process: Process, coroutine: Any) -> asyncio.Task[Any]:
        """A task of a process, with all the tasks that it will make."""
        context = copy_context()
        context.run(CURRENT.set, process)
        return self.create_task(coroutine, context=context)

    def kill(self, process: Process) -> None:
        """As kill -9."""
        process.dead = True
        process.parked.clear()
        if self.world is not None:
            self.world.network.ended(process)

    def stop_process(self, process: Process) -> None:
        """As SIGSTOP."""
        process.stopped = True

    def continue_process(self, process: Process) -> None:
        """As SIGCONT."""
        process.stopped = False
        parked, process.parked = process.parked, []
        if not process.dead:
            self._ready.extend(parked)


NO_PROCESS = Context()
"""Of what belongs to no process."""


@contextmanager
def virtual(random: Random | None = None) -> Iterator[VirtualLoop]:
    """A loop whose clock is the clock of everything in this process."""
    loop = VirtualLoop(random)

    def wall() -> float:
        owner = CURRENT.get()
        return EPOCH + loop.now + (owner.clock if owner is not None else 0.0)

    with (
        patch.object(time, "monotonic", loop.time),
        patch.object(time, "time", wall),
        patch.object(time, "perf_counter_ns", lambda: int(loop.now * 1e9)),  # how long something took must decide nothing
        patch.object(time, "time_ns", lambda: int(wall() * 1e9)),
    ):
        asyncio.set_event_loop(loop)
        try:
            yield loop
        finally:
            asyncio.set_event_loop(None)
            loop.end()
