"""Two engines and two gateways, each a process that can be killed and started again, and the faults of a plan that befall them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from aws_lambda_powertools import Logger

from engine_container.engine.lease import LEASE_MS
from engine_container.engine.process import Engine
from engine_container.engine.settings import EngineSettings
from engine_container.gateway.parts import Gateway
from engine_container.gateway.settings import GatewaySettings
from mycrypto.errors import ProblemError
from tests.simulation.broker import Broker, Commands, Events, Lease, Redis, Sink, Source
from tests.simulation.loop import Process, VirtualLoop
from tests.simulation.plan import BOTH, ENGINES, GATEWAYS, Fault

NEVER = 10**9
ANSWER_SECONDS = 5
CLIENT_SECONDS = 8.0


class ConnectionLost(Exception):  # noqa: N818 - what a client sees of a process that died
    """No answer came."""


class RunningEngine:
    def __init__(self, platform: Platform, name: str) -> None:
        self._process = Process(name)
        self._loop = platform.loop
        settings = EngineSettings("", port=0, snapshot_seconds=NEVER, snapshot_records=NEVER, metrics_seconds=NEVER)
        log = Logger(service=f"simulated-{name}", level=logging.CRITICAL)
        lease = Lease(platform.redis, f"{name} since {platform.loop.now}", LEASE_MS / 1_000)
        self.engine = Engine(settings, Source(platform.broker), Sink(platform.broker), lease, lambda: None, log)
        self._loop.spawn(self._process, self.engine.run())

    def kill(self) -> None:
        self._loop.kill(self._process)

    async def stop(self) -> None:
        """Gracefully; whatever is left after that is killed."""
        self.engine.stop()
        await asyncio.sleep(1.0)
        self.kill()


class RunningGateway:
    def __init__(self, platform: Platform, name: str) -> None:
        self._process = Process(name)
        self._loop = platform.loop
        self._asked: set[asyncio.Future[Any]] = set()
        settings = GatewaySettings(
            kafka_bootstrap_servers="unused:1", redis_url="redis://unused:1", jwks_file="unused", answer_seconds_max=ANSWER_SECONDS
        )
        self.gateway = Gateway(settings, command_log=Commands(platform.broker), event_log=Events(platform.broker))
        self.gateway.logger.setLevel(logging.CRITICAL)
        self._loop.spawn(self._process, self.gateway.commands.run())
        self._loop.spawn(self._process, self.gateway.feed.run())

    def kill(self) -> None:
        self._loop.kill(self._process)
        for future in self._asked:
            if not future.done():
                future.set_exception(ConnectionLost())
                future.exception()

    async def ask(self, question: Callable[[Gateway], Awaitable[Any]]) -> Any:
        """As a request: served in the gateway's process, waited for in the client's. Raises ProblemError or ConnectionLost."""
        if self._process.dead:
            raise ConnectionLost
        answer: asyncio.Future[Any] = self._loop.create_future()
        self._asked.add(answer)

        async def serve() -> None:
            try:
                result = await question(self.gateway)
            except ProblemError as problem:
                result = problem
            if not answer.done():
                answer.set_result(result)

        self._loop.spawn(self._process, serve())
        try:
            async with asyncio.timeout(CLIENT_SECONDS):
                result = await answer
        except TimeoutError:
            raise ConnectionLost from None
        finally:
            self._asked.discard(answer)
        if isinstance(result, ProblemError):
            raise result
        return result


class Platform:
    def __init__(self, loop: VirtualLoop, broker: Broker, redis: Redis) -> None:
        self.loop = loop
        self.broker = broker
        self.redis = redis
        self.engines = {name: RunningEngine(self, name) for name in ENGINES}
        self.gateways = {name: RunningGateway(self, name) for name in GATEWAYS}

    async def suffer(self, faults: list[Fault]) -> None:
        """Everything of the plan, and then everything is well."""
        begin = self.loop.now
        async with asyncio.TaskGroup() as all_of_them:
            for fault in faults:
                all_of_them.create_task(self._suffer(fault, begin))
        self.broker.away = self.redis.away = False
        self.broker.lost_answers = self.broker.late = self.broker.refused = 0.0

    async def _suffer(self, fault: Fault, begin: float) -> None:
        await asyncio.sleep(begin + fault.at - self.loop.now)
        broker = self.broker
        if fault.kind in {"kill", "stop"}:
            await self._restart(fault)
        elif fault.kind == "redis wiped":
            self.redis.wipe()
        else:
            owner, name, value = {
                "broker away": (broker, "away", True),
                "redis away": (self.redis, "away", True),
                "answers lost": (broker, "lost_answers", 0.3),
                "appends late": (broker, "late", 0.3),
                "appends refused": (broker, "refused", 0.3),
            }[fault.kind]
            setattr(owner, name, value)
            await asyncio.sleep(fault.seconds)
            setattr(owner, name, type(value)(0))

    async def _restart(self, fault: Fault) -> None:
        if fault.subject in self.gateways:
            self.gateways[fault.subject].kill()
            await asyncio.sleep(fault.seconds)
            self.gateways[fault.subject].kill()  # another fault may have started it meanwhile
            self.gateways[fault.subject] = RunningGateway(self, fault.subject)
            return
        names = ENGINES if fault.subject == BOTH else (fault.subject,)
        for name in names:
            if fault.kind == "stop":
                await self.engines[name].stop()
            self.engines[name].kill()
        await asyncio.sleep(fault.seconds)
        for name in names:
            self.engines[name].kill()
            self.engines[name] = RunningEngine(self, name)

    def kill_all(self) -> None:
        for engine in self.engines.values():
            engine.kill()
        for gateway in self.gateways.values():
            gateway.kill()
