"""Work in a forked child: it sees the state as it is at this moment, while the parent trades on."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable
from typing import Final, NoReturn

SECONDS_MAX: Final = 120
_CHUNK: Final = 65_536


class ChildError(RuntimeError):
    """The child failed or took too long; ``str()`` says how."""


def _child(work: Callable[[], bytes], pipe: int) -> NoReturn:
    status = 1
    try:
        signal.set_wakeup_fd(-1)
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, signal.SIG_DFL)
        os.closerange(3, pipe)
        os.closerange(pipe + 1, 65_536)
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


async def in_child(work: Callable[[], bytes], seconds_max: float = SECONDS_MAX) -> bytes:
    """Fork, do the work in the child, give back its bytes. Raises :class:`ChildError`."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        _child(work, writing)
    os.close(writing)
    loop = asyncio.get_running_loop()
    try:
        answer = await asyncio.wait_for(loop.run_in_executor(None, _read_all, reading), seconds_max)
    except TimeoutError as error:
        os.kill(pid, signal.SIGKILL)
        raise ChildError(f"took more than {seconds_max} s") from error
    finally:
        await loop.run_in_executor(None, os.waitpid, pid, 0)
    if not answer.startswith(b"="):
        raise ChildError(answer[1:].decode(errors="replace") or "died")
    return answer[1:]


def _read_all(pipe: int) -> bytes:
    parts: list[bytes] = []
    try:
        while part := os.read(pipe, _CHUNK):
            parts.append(part)
    finally:
        os.close(pipe)
    return b"".join(parts)
