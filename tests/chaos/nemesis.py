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
from mycrypto_local.processes import role_of_engine
from mycrypto_local.replicas import kind
from mycrypto_local.running import Running
from tests.chaos.clocks import Clocks
from tests.chaos.disks import Disks
from tests.chaos.plan import ACTIVE, CLOCK, DISK, STANDBY, Blow

PATIENCE_SECONDS: Final = 300.0
"""A machine that others keep busy takes minutes to start a broker."""
LOOK_SECONDS: Final = 0.2
ROLE_SECONDS: Final = 10.0
"""For a standby to take over, when the active engine is to be struck just then."""
SIGNALS: Final = {"kill": signal.SIGKILL, "term": signal.SIGTERM, "stop": signal.SIGSTOP}
TOLD_OTHERWISE: Final = {("postgres", "term"): signal.SIGINT}
"""PostgreSQL waits at a SIGTERM until its last client has gone, which pools never do; its supervisor sends this one."""


class NotHealedError(AssertionError):
    """A part is not well again in time."""


class Nemesis:
    """``disks`` and ``clocks`` where the platform was started with some."""

    def __init__(self, platform: Platform, running: Running, disks: Disks | None = None, clocks: Clocks | None = None) -> None:
        self._platform = platform
        self._running = running
        self._disks = disks
        self._clocks = clocks

    async def strike(self, blows: list[Blow]) -> None:
        """All of them, each at its time; returns when the last one that lasts is over."""
        lasting: list[tuple[float, Blow, str]] = []
        for blow in blows:
            await asyncio.sleep(blow.after)
            struck = await asyncio.to_thread(self._begin, blow)
            if blow.seconds:
                lasting.append((time.monotonic() + blow.seconds, blow, struck))
        for end, blow, struck in sorted(lasting, key=lambda each: each[0]):
            await asyncio.sleep(max(0.0, end - time.monotonic()))
            await asyncio.to_thread(self._end, blow, struck)

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

    def _begin(self, blow: Blow) -> str:
        """The name of the part that was struck."""
        part = self._name(blow.part)
        if blow.way == "flush":
            with redis.Redis.from_url(self._running.redis_url) as server:
                server.flushall()
        elif blow.way == DISK and self._disks is not None:
            self._disks.fill(part)
        elif blow.way == CLOCK and self._clocks is not None:
            self._clocks.move(part, blow.by)
        elif part == "functions":
            for child in self._processes("emulator")[1:]:
                with suppress(psutil.NoSuchProcess):
                    child.kill()
        else:
            self._send(part, TOLD_OTHERWISE.get((part, blow.way), SIGNALS[blow.way]))
        return part

    def _end(self, blow: Blow, part: str) -> None:
        if blow.way == DISK and self._disks is not None:
            self._disks.free(part)
        elif blow.way == CLOCK and self._clocks is not None:
            self._clocks.move(part, 0)
        else:
            self._send(part, signal.SIGCONT)

    def _name(self, part: str) -> str:
        """Of several engines the one that has the role, or the first where none gets it: the other one is away."""
        engines = [name for name in self._platform.supervisor.processes() if kind(name) == "engine"]
        if part not in {ACTIVE, STANDBY} or len(engines) < 2:
            return part
        wanted = "active" if part == ACTIVE else "standby"
        deadline = time.monotonic() + ROLE_SECONDS
        while True:
            for name in engines:
                if role_of_engine(self._running.ports[name]) == wanted:
                    return name
            if time.monotonic() > deadline:
                return engines[0]
            time.sleep(LOOK_SECONDS)

    def _send(self, part: str, number: signal.Signals) -> None:
        """What is stopped is stopped whole; a killed server's children end with it."""
        processes = self._processes(part)
        for process in processes if number in {signal.SIGSTOP, signal.SIGCONT} else processes[:1]:
            with suppress(psutil.NoSuchProcess):
                process.send_signal(number)

    def _processes(self, part: str) -> list[psutil.Process]:
        """Of a part, its own process first; none of one that is away just now."""
        with suppress(psutil.NoSuchProcess):
            own = psutil.Process(self._platform.supervisor.processes()[part].pid)
            if own.pid:
                return [own, *own.children(recursive=True)]
        return []
