"""Strikes the parts of a platform that runs under its supervisor, and waits until all of it is well again."""

from __future__ import annotations

import asyncio
import signal
import time
from contextlib import suppress
from typing import Final

import psutil
import redis

from mycrypto_local.platform import Platform
from mycrypto_local.running import Running
from tests.chaos.plan import Blow

PATIENCE_SECONDS: Final = 120.0
LOOK_SECONDS: Final = 0.2
SIGNALS: Final = {"kill": signal.SIGKILL, "term": signal.SIGTERM, "stop": signal.SIGSTOP}
TOLD_OTHERWISE: Final = {("postgres", "term"): signal.SIGINT}
"""PostgreSQL waits at a SIGTERM until its last client has gone, which pools never do; its supervisor sends this one."""


class NotHealedError(AssertionError):
    """A part is not well again in time."""


class Nemesis:
    def __init__(self, platform: Platform, running: Running) -> None:
        self._platform = platform
        self._running = running

    async def strike(self, blows: list[Blow]) -> None:
        """All of them, each at its time; returns when the last stopped one goes on."""
        for blow in blows:
            await asyncio.sleep(blow.after)
            await asyncio.to_thread(self._begin, blow)
        for blow in sorted(blows, key=lambda blow: blow.seconds):
            if blow.seconds:
                await asyncio.sleep(blow.seconds)
                await asyncio.to_thread(self._continue, blow)

    async def heal(self) -> None:
        """Until the whole platform says that it is well. Raises NotHealedError."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            status = await asyncio.to_thread(self._platform.status)
            if status.state == "running":
                return
            if time.monotonic() > deadline:
                raise NotHealedError(str([part for part in status.parts if not part.healthy]))
            await asyncio.sleep(LOOK_SECONDS)

    def _begin(self, blow: Blow) -> None:
        if blow.way == "flush":
            with redis.Redis.from_url(self._running.redis_url) as server:
                server.flushall()
        elif blow.part == "functions":
            for child in self._processes("emulator")[1:]:
                with suppress(psutil.NoSuchProcess):
                    child.kill()
        else:
            self._send(blow, TOLD_OTHERWISE.get((blow.part, blow.way), SIGNALS[blow.way]))

    def _continue(self, blow: Blow) -> None:
        self._send(blow, signal.SIGCONT)

    def _send(self, blow: Blow, number: signal.Signals) -> None:
        """What is stopped is stopped whole; a killed server's children end with it."""
        processes = self._processes(blow.part)
        for process in processes if number in {signal.SIGSTOP, signal.SIGCONT} else processes[:1]:
            with suppress(psutil.NoSuchProcess):
                process.send_signal(number)

    def _processes(self, part: str) -> list[psutil.Process]:
        """Of a part, its own process first."""
        own = psutil.Process(self._platform.supervisor.processes()[part].pid)
        return [own, *own.children(recursive=True)]
