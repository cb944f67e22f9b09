"""Waiting for what another task, thread, process or server brings about. A test that reaches the limit hangs: the limit measures nothing."""

from __future__ import annotations

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable
from typing import Final

WAIT_SECONDS_MAX: Final = 120
"""Other suites run beside this one."""


async def until(condition: Callable[[], bool | Awaitable[bool]], what: str = "", *, pause_seconds: float = 0.005) -> None:
    """Let the loop's other tasks run until the condition holds."""
    deadline = time.monotonic() + WAIT_SECONDS_MAX
    while True:
        holds = condition()
        if await holds if inspect.isawaitable(holds) else holds:
            return
        assert time.monotonic() < deadline, what
        await asyncio.sleep(pause_seconds)


def wait_until(condition: Callable[[], bool], what: str = "", *, pause_seconds: float = 0.05) -> None:
    """As :func:`until`, without a loop."""
    deadline = time.monotonic() + WAIT_SECONDS_MAX
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(pause_seconds)
