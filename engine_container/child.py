"""Work in a forked child: it sees the state as it is at this moment, while the parent trades on."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable
from itertools import pairwise
from typing import Final, NamedTuple, NoReturn

SECONDS_MAX: Final = 120
WORD_BYTES_MAX: Final = 64
_CHUNK: Final = 65_536


class ChildError(RuntimeError):
    """The child failed or took too long; ``str()`` says how."""


class Gate:
    """Where a child waits until its parent knows whether the work is to be finished, and with what."""

    def __init__(self) -> None:
        self.reading, self._writing = os.pipe()

    def open(self, word: bytes) -> None:
        """Let the child go on, with a word of at most ``WORD_BYTES_MAX``."""
        os.write(self._writing, word)

    def close(self) -> None:
        """For the parent, in any case: a child that was not let through by now ends."""
        for end in (self.reading, self._writing):
            os.close(end)

    def passed(self) -> bytes:
        """For the child: the parent's word. Raises :class:`ChildError` if there is none to come."""
        word = os.read(self.reading, WORD_BYTES_MAX)
        if not word:
            raise ChildError("not to be finished")
        return word


def _child(work: Callable[[], bytes], pipe: int, gate: Gate | None) -> NoReturn:
    status = 1
    try:
        signal.set_wakeup_fd(-1)
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, signal.SIG_DFL)
        kept = sorted({2, pipe, *([gate.reading] if gate else [])})
        for below, above in pairwise([*kept, 65_536]):
            os.closerange(below + 1, above)
        try:
            answer = b"=" + work()
            status = 0
        except BaseException as error:  # noqa: BLE001 - whatever it was, the parent is told and goes on
            answer = f"!{error!r}".encode()
        view = memoryview(answer)
        while view:
            view = view[os.write(pipe, view) :]
    finally:
        os._exit(status)


class Child(NamedTuple):
    """A child at work: its process and the pipe that its answer comes through."""

    pid: int
    pipe: int


def start(work: Callable[[], bytes], gate: Gate | None = None) -> Child:
    """Fork: the child does the work on the state as it is at this very moment. Wait for it with :func:`answer`.

    ``gate`` is one that the work waits at.
    """
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        _child(work, writing, gate)
    os.close(writing)
    return Child(pid, reading)


async def answer(child: Child, seconds_max: float = SECONDS_MAX) -> bytes:
    """The bytes that the work gave. Raises :class:`ChildError`."""
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(seconds_max):
            given = await loop.run_in_executor(None, _read_all, child.pipe)
    except TimeoutError as error:
        os.kill(child.pid, signal.SIGKILL)
        raise ChildError(f"took more than {seconds_max} s") from error
    finally:
        await loop.run_in_executor(None, os.waitpid, child.pid, 0)
    if not given.startswith(b"="):
        raise ChildError(given[1:].decode(errors="replace") or "died")
    return given[1:]


async def in_child(work: Callable[[], bytes], seconds_max: float = SECONDS_MAX) -> bytes:
    """Fork, do the work in the child, give back its bytes. Raises :class:`ChildError`."""
    return await answer(start(work), seconds_max)


def _read_all(pipe: int) -> bytes:
    parts: list[bytes] = []
    try:
        while part := os.read(pipe, _CHUNK):
            parts.append(part)
    finally:
        os.close(pipe)
    return b"".join(parts)
