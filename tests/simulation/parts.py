"""The processes of the platform, each made of the real parts over what is simulated; killed, stopped and started as a whole."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from aws_lambda_powertools import Logger

from engine_container.engine.kafka import KafkaCommandSource, KafkaEventSink
from engine_container.engine.lease import LEASE_MS
from engine_container.engine.process import Engine
from engine_container.engine.settings import EngineSettings
from engine_container.gateway.parts import Gateway
from engine_container.gateway.settings import GatewaySettings
from engine_container.logs.announcement_wire import TOKEN_CHARACTERS
from engine_container.logs.announcements import Announcements
from engine_container.logs.connection import BrokerSettings
from engine_container.publisher.process import Publisher
from engine_container.publisher.settings import PublisherSettings
from engine_container.views.snapshot import views_prefix
from mycrypto.errors import ProblemError
from mycrypto_local.pump.sources import SOURCES
from mycrypto_local.pump.worker import Worker
from tests.simulation.cache import Lease
from tests.simulation.loop import Process, VirtualLoop
from tests.simulation.world import World

NEVER = 10**9
ANSWER_SECONDS = 1
CLIENT_SECONDS = 3.0
SNAPSHOT_RECORDS = 12
VIEWS_RECORDS = 4
"""Between two snapshots of the views: many, so that gateways begin with all kinds of them."""
STOP_SECONDS = 1.0
"""After so long what was told to stop is killed."""
BROKER = BrokerSettings("broker:9092")
ENGINE_PREFIX = "engine/"
PORTS_FROM = 9_000


class ConnectionLost(Exception):  # noqa: N818 - what a client sees of a process that died
    """No answer came."""


class Part(Protocol):
    """A running process."""

    process: Process

    def kill(self) -> None: ...

    async def stop(self) -> None:
        """Gracefully; whatever is left after that is killed."""


class RunningEngine:
    def __init__(self, loop: VirtualLoop, name: str) -> None:
        world: World = loop.world
        self.process = Process(name)
        self._loop = loop
        settings = EngineSettings(
            "", port=0, snapshot_bucket="simulated", snapshot_seconds=NEVER, snapshot_records=SNAPSHOT_RECORDS, metrics_seconds=NEVER,
            announce_port=PORTS_FROM + int(name.rpartition("-")[2]),
        )  # fmt: skip
        token = f"{name}-{loop.now:.6f}".ljust(TOKEN_CHARACTERS, "-")[:TOKEN_CHARACTERS]
        log = Logger(service=f"simulated-{name}", level=logging.CRITICAL)
        lease = Lease(world.redis, f"{name} since {loop.now}", LEASE_MS / 1_000)
        source, sink = KafkaCommandSource(BROKER, 0), KafkaEventSink(BROKER, 0)
        self.engine = Engine(settings, source, sink, lease, lambda: world.bucket.store(ENGINE_PREFIX), log, token)
        loop.spawn(self.process, self._run())

    async def _run(self) -> None:
        """A supervisor starts again what has ended; here it is told from what fails for good."""
        await self.engine.run()

    def kill(self) -> None:
        self._loop.kill(self.process)

    async def stop(self) -> None:
        self.engine.stop()
        await asyncio.sleep(STOP_SECONDS)
        self.kill()


class RunningGateway:
    def __init__(self, loop: VirtualLoop, name: str) -> None:
        self.process = Process(name)
        self._loop = loop
        self._asked: set[asyncio.Future[Any]] = set()
        settings = GatewaySettings(
            kafka_bootstrap_servers=BROKER.servers, redis_url="redis://127.0.0.1:1", jwks_file="unused", answer_seconds_max=ANSWER_SECONDS,
            snapshot_bucket="simulated",
        )  # fmt: skip
        self.gateway = Gateway(settings)
        self.gateway.logger.setLevel(logging.CRITICAL)
        world: World = loop.world
        announcements = Announcements(world.redis.look, self.gateway.feed.announced_record, self.gateway.logger)
        loop.spawn(self.process, announcements.run())
        loop.spawn(self.process, self.gateway.commands.run())
        loop.spawn(self.process, self.gateway.feed.run())

    def kill(self) -> None:
        self._loop.kill(self.process)
        for future in self._asked:
            if not future.done():
                future.set_exception(ConnectionLost())
                future.exception()

    async def stop(self) -> None:
        """It takes no more requests and answers those that it has."""
        self.process.draining = True
        await asyncio.sleep(STOP_SECONDS)
        self.kill()

    async def ask(self, question: Callable[[Gateway], Awaitable[Any]]) -> Any:
        """As a request: served in the gateway's process, waited for in the client's. Raises ProblemError or ConnectionLost."""
        if self.process.dead or self.process.draining:
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

        self._loop.spawn(self.process, serve())
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


class RunningPublisher:
    def __init__(self, loop: VirtualLoop, name: str) -> None:
        world: World = loop.world
        self.process = Process(name)
        self._loop = loop
        settings = PublisherSettings(
            BROKER.servers, "redis://127.0.0.1:1", snapshot_bucket="simulated", snapshot_seconds=NEVER, snapshot_records=VIEWS_RECORDS,
            metrics_seconds=NEVER,
        )  # fmt: skip
        cache: Any = world.redis
        self.publisher = Publisher(settings, cache=cache)
        self.publisher.logger.setLevel(logging.CRITICAL)
        loop.spawn(self.process, self.publisher.start())

    def kill(self) -> None:
        self._loop.kill(self.process)

    async def stop(self) -> None:
        self._loop.spawn(self.process, self.publisher.stop())
        await asyncio.sleep(STOP_SECONDS)
        self.kill()


class RunningPump:
    """Settlement and history; the archive's function is not in the simulation."""

    def __init__(self, loop: VirtualLoop, name: str) -> None:
        world: World = loop.world
        self.process = Process(name)
        self._loop = loop
        self.workers = [Worker(source, world.functions, BROKER.servers) for source in SOURCES[:2]]
        for worker in self.workers:
            loop.spawn(self.process, worker.run())

    def kill(self) -> None:
        self._loop.kill(self.process)

    async def stop(self) -> None:
        self.kill()


KINDS: dict[str, Callable[[VirtualLoop, str], Any]] = {
    "engine": RunningEngine,
    "gateway": RunningGateway,
    "publisher": RunningPublisher,
    "pump": RunningPump,
}


def start(loop: VirtualLoop, name: str) -> Any:
    """The process of this name, as ``engine-1``."""
    return KINDS[name.partition("-")[0]](loop, name)


VIEWS_PREFIX = views_prefix(0)
