"""A read barrier: what the views must include before the gateway may say that something is not there.

A command can be on the command log while no view knows of it: the engine is behind, is being replaced, or the answer to the append was
lost. The gateway appends a command that does nothing and is always answered. When its result is in the views, so are the results of all
commands that were on the log before it. To ask where the log ends would not do: the end leaves out what waits to be replicated, and
commands without events have no result that could be waited for.
"""

from __future__ import annotations

import asyncio
from typing import Final, Protocol

from engine_container.gateway.submit import Commands, OverloadedError, UnansweredError
from engine_container.web.fast_path.uuid7 import new_uuid_bytes
from mycrypto.contracts.commands import CancelOrder

_NO_USER: Final = bytes(16)


class ReadBarrier(Protocol):
    """What the gateway asks."""

    async def passed(self, seconds_max: float) -> bool:
        """Wait until the views include every command that was on the log when this was called; says if they do."""


class Barrier(ReadBarrier):
    """At most one such command is under way: those who ask meanwhile share the next one."""

    def __init__(self, commands: Commands) -> None:
        self._commands = commands
        self._under_way: asyncio.Task[bool] | None = None
        self._next: asyncio.Task[bool] | None = None

    async def passed(self, seconds_max: float) -> bool:
        if self._next is None:
            self._next = asyncio.get_running_loop().create_task(self._pass(self._under_way))
        try:
            async with asyncio.timeout(seconds_max):
                return await asyncio.shield(self._next)
        except TimeoutError:
            return False

    async def _pass(self, before: asyncio.Task[bool] | None) -> bool:
        if before is not None:
            await asyncio.wait([before])
        self._under_way, self._next = self._next, None  # later callers may ask about commands that are appended after this one
        try:
            await self._commands.submit([CancelOrder(new_uuid_bytes(), _NO_USER, 0)])
        except (UnansweredError, OverloadedError):
            return False
        return True
