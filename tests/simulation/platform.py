"""Two engines, two gateways, publisher and pump over one world, and the faults of a plan that befall them."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any

from tests.simulation import parts
from tests.simulation.loop import Process, VirtualLoop
from tests.simulation.plan import BOTH, ENGINES, GATEWAYS, PROCESSES, Fault
from tests.simulation.world import World

BAD_LUCK = 0.3
FUSE_SECONDS = 0.3
"""A process that has nothing to do for so long is killed as it waits."""
CLOCK_STEPS = (-3_600.0, -2.0, 2.0, 30.0, 7_200.0)
_WHILE: dict[str, tuple[tuple[str, ...], Any]] = {
    "answers lost": (("broker", "lost_answers"), BAD_LUCK),
    "appends late": (("broker", "late"), BAD_LUCK),
    "appends refused": (("broker", "refused"), BAD_LUCK),
    "event log full": (("broker", "events_full"), True),
    "broker full": (("broker", "full"), True),
    "announcements late": (("network", "announcements_late"), True),
    "redis away": (("redis", "away"), True),
    "bucket full": (("bucket", "full"), True),
    "bucket away": (("bucket", "away"), True),
    "database away": (("server", "away"), True),
    "database full": (("server", "full"), True),
    "functions die": (("server", "deaths"), BAD_LUCK),
    "commits lost": (("server", "lost_commits"), BAD_LUCK),
    "functions away": (("functions", "away"), True),
    "invocations late": (("functions", "late"), BAD_LUCK),
    "invocations unanswered": (("functions", "lost_answers"), BAD_LUCK),
    "messages lost": (("functions", "queue", "losing"), BAD_LUCK),
    "bank away": (("bank", "away"), True),
    "bank lies": (("bank", "lies"), 0.5),
}
"""What is otherwise for as long as the fault lasts."""


class Platform:
    def __init__(self, loop: VirtualLoop, world: World) -> None:
        self.loop = loop
        self.world = world
        self.running: dict[str, Any] = {name: parts.start(loop, name) for name in PROCESSES}
        loop.create_task(self._supervise())

    @property
    def gateways(self) -> dict[str, parts.RunningGateway]:
        return {name: self.running[name] for name in GATEWAYS}

    @property
    def engines(self) -> dict[str, parts.RunningEngine]:
        return {name: self.running[name] for name in ENGINES}

    async def _supervise(self) -> None:
        """A publisher that ends by itself is started again."""
        while True:
            await asyncio.sleep(1.0)
            publisher = self.running["publisher"]
            if not publisher.process.dead and publisher.publisher.failed():
                publisher.kill()
                self.running["publisher"] = parts.start(self.loop, "publisher")

    async def suffer(self, faults: list[Fault]) -> None:
        """Everything of the plan, and then everything is well."""
        begin = self.loop.now
        async with asyncio.TaskGroup() as all_of_them:
            for fault in faults:
                all_of_them.create_task(self._suffer(fault, begin))
        self.world.heal()

    async def _suffer(self, fault: Fault, begin: float) -> None:
        await asyncio.sleep(begin + fault.at - self.loop.now)
        world = self.world
        match fault.kind:
            case "kill" | "stop":
                await self._restart(fault)
            case "freeze":
                process = self.running[fault.subject].process
                self.loop.stop_process(process)
                await asyncio.sleep(fault.seconds)
                self.loop.continue_process(process)
            case "rolling restart":
                for name in (*ENGINES, *GATEWAYS):
                    await self._restart(Fault(fault.at, 0.2, "stop", name))
            case "clock":
                self.running[fault.subject].process.clock += CLOCK_STEPS[int(fault.at * 1_000) % len(CLOCK_STEPS)]
            case "broker clock":
                world.broker.ahead_ms += int(1_000 * CLOCK_STEPS[int(fault.at * 1_000) % len(CLOCK_STEPS)])
            case "broker away":
                world.broker.away = True
                world.network.break_all()
                await asyncio.sleep(fault.seconds)
                world.broker.away = False
            case "broker stopped":
                world.network.pause()
                await asyncio.sleep(fault.seconds)
                world.network.go_on()
            case "announcements cut":
                world.network.cut_announcements()
            case "redis wiped":
                world.redis.wipe()
            case "snapshot damaged":
                world.bucket.damage_newest()
            case _:
                await self._for_a_while(fault)

    async def _for_a_while(self, fault: Fault) -> None:
        path, value = _WHILE[fault.kind]
        owner: Any = self.world
        for name in path[:-1]:
            owner = getattr(owner, name)
        setattr(owner, path[-1], value)
        await asyncio.sleep(fault.seconds)
        setattr(owner, path[-1], type(value)(0))

    async def _restart(self, fault: Fault) -> None:
        names = ENGINES if fault.subject == BOTH else (fault.subject,)
        for name in names:
            await self._at_an_await(self.running[name].process, fault)
            if fault.kind == "stop":
                await self.running[name].stop()
            self.running[name].kill()
        await asyncio.sleep(fault.seconds)
        for name in names:
            self.running[name].kill()  # another fault may have started it meanwhile
            self.running[name] = parts.start(self.loop, name)

    async def _at_an_await(self, process: Process, fault: Fault) -> None:
        """Wait until the process has run so many callbacks more as the fault says: it dies in the midst of what it does."""
        if not fault.callbacks or process.dead:
            return
        there = self.loop.create_future()

        def blown() -> None:
            if fault.kind == "kill":
                self.loop.kill(process)
            if not there.done():
                there.set_result(None)

        process.fuse, process.blown = fault.callbacks, blown
        with suppress(TimeoutError):
            async with asyncio.timeout(FUSE_SECONDS):
                await there
        process.fuse = 0

    def kill_all(self) -> None:
        for part in self.running.values():
            part.kill()
