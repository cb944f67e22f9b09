"""Recovery of the engine: ``python -m tests.bench.bench_recovery [--commands N] [--takeovers N]``. Prints figures; asserts nothing about time.

Starts Kafka and Valkey on free ports and writes a log of N commands of the standard mix. An engine applies and publishes all of it, is killed
with -9, and starts again: from its newest snapshot, and from nothing but the log. Recovered means: a command that was appended after the kill has its
answer in the event log. Then a standby joins, and the active engine is killed again and again while orders keep coming.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import redis
import uvloop
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from mycrypto.contracts import commands as c
from mycrypto.contracts import events
from mycrypto.ids import new_uuid
from mycrypto.security.revocation import COMPLETE_KEY
from mycrypto_local.parts.kafka import Kafka, ensure_topics
from mycrypto_local.parts.spawn import spawned
from mycrypto_local.parts.valkey import Valkey
from mycrypto_local.ports import any_free
from tests.bench.core_mix import COMMANDS_PER_RECORD, make_mix
from tests.integration.gateway.conftest import Process

TRICKLE_SECONDS = 0.005
SNAPSHOT_SECONDS_MAX = 120
PARTITION = TopicPartition(events.TOPIC, 0)


def show(name: str, **figures: Any) -> None:
    print(f"{name:26} {json.dumps(figures)}", flush=True)


def engine_of(name: str, environment: dict[str, str], folder: Path) -> Process:
    return Process("engine_container.engine", {**environment, "SERVICE_NAME": name}, any_free(1)[0], folder / f"{name}.log")


def state(engine: Process, path: str = "/health") -> dict[str, Any]:
    document: dict[str, Any] = httpx.get(engine.url + path, timeout=30, trust_env=False).json()
    return document


def log_lines(folder: Path, name: str, message: str) -> list[dict[str, Any]]:
    """What the engine said about something, oldest first."""
    rows = (json.loads(line) for line in (folder / f"{name}.log").read_text().splitlines() if line.startswith("{"))
    return [row for row in rows if row.get("message") == message]


def replayed(folder: Path) -> dict[str, Any]:
    """What the engine's last start made of the log."""
    ready = log_lines(folder, "engine", "ready")[-1]
    return {"replayed_records": ready["replayed_records"], "replay_s": ready["seconds"], "compiled": ready["compiled"]}


@contextmanager
def servers(folder: Path) -> Iterator[tuple[str, str]]:
    """Bootstrap servers and Redis URL."""
    kafka = Kafka(folder, *any_free(2))
    valkey = Valkey(folder, any_free(1)[0], "bench")
    with ExitStack() as stack:
        for server in (kafka, valkey):
            server.prepare()
            stack.enter_context(spawned(server.part(), folder / "servers.log"))
        ensure_topics(kafka.bootstrap)
        with redis.Redis.from_url(valkey.url) as cache:
            cache.set(COMPLETE_KEY, "1")  # no token was revoked
        yield kafka.bootstrap, valkey.url


@dataclass
class Wire:
    """The two logs as a client has them."""

    producer: AIOKafkaProducer
    consumer: AIOKafkaConsumer

    async def append(self, commands: list[c.Command]) -> None:
        await self.producer.send_and_wait(c.TOPIC, c.encode_record(commands), partition=0)

    async def fill(self, commands: list[c.Command]) -> None:
        pending = [
            await self.producer.send(c.TOPIC, c.encode_record(commands[start : start + COMMANDS_PER_RECORD]), partition=0)
            for start in range(0, len(commands), COMMANDS_PER_RECORD)
        ]
        await asyncio.gather(*pending)

    async def answered(self, command_id: bytes) -> float:
        """When the answer to the command could be read."""
        while True:
            for rows in (await self.consumer.getmany(timeout_ms=500)).values():
                for row in rows:
                    if any(result.command_id == command_id for result in events.decode_record(row.value).results):
                        return time.perf_counter()

    async def to_the_end(self) -> None:
        await self.consumer.seek_to_end(PARTITION)
        await self.consumer.position(PARTITION)


def probe() -> c.Command:
    """A command that always has an answer: the cancel of an order that never was."""
    return c.CancelOrder(new_uuid().bytes, b"?" * 16, 10**15)


async def recover(wire: Wire, engine: Process, folder: Path, name: str) -> None:
    """Start the killed engine again and wait for the answer to a command that was appended in between."""
    await wire.to_the_end()
    asked = probe()
    await wire.append([asked])
    began = time.perf_counter()
    engine.launch()
    seconds = await wire.answered(asked.command_id) - began
    show(name, seconds=round(seconds, 2), **replayed(folder))


async def take_over(wire: Wire, active: Process, standby: Process) -> dict[str, float]:
    """Kill the active engine under a trickle of orders; how long the answers stayed away."""
    await wire.to_the_end()
    appended: dict[bytes, float] = {}
    latencies: list[float] = []
    arrivals: list[float] = []
    done = asyncio.Event()

    async def feed() -> None:
        while not done.is_set():
            command = probe()
            appended[command.command_id] = time.perf_counter()
            await wire.append([command])
            await asyncio.sleep(TRICKLE_SECONDS)

    async def read() -> None:
        while not (done.is_set() and not appended):
            for rows in (await wire.consumer.getmany(timeout_ms=100)).values():
                for row in rows:
                    for result in events.decode_record(row.value).results:
                        if result.command_id in appended:
                            arrivals.append(time.perf_counter())
                            latencies.append(arrivals[-1] - appended.pop(result.command_id))

    async with asyncio.TaskGroup() as group:
        group.create_task(feed())
        group.create_task(read())
        await asyncio.sleep(1)
        await asyncio.to_thread(active.kill)
        killed = time.perf_counter()
        while not arrivals or arrivals[-1] < killed + 0.1:  # noqa: ASYNC110 - the list knows of no event
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.5)
        done.set()
    gap = max(later - earlier for earlier, later in itertools.pairwise(arrivals))
    assert state(standby)["active"] is True
    return {"silence_s": round(gap, 3), "worst_answer_s": round(max(latencies), 3), "commands": len(latencies)}


async def measure(folder: Path, environment: dict[str, str], count: int, takeovers: int, stack: ExitStack) -> None:
    began = time.perf_counter()
    mix = make_mix(count, users=300)
    show("mix made", commands=len(mix.prepare) + len(mix.commands), seconds=round(time.perf_counter() - began, 1))
    bootstrap = environment["KAFKA_BOOTSTRAP_SERVERS"]
    async with AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all", max_batch_size=256 * 1024) as producer:
        consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, group_id=None, auto_offset_reset="earliest", fetch_max_wait_ms=50)
        async with consumer:
            consumer.assign([PARTITION])
            wire = Wire(producer, consumer)
            began = time.perf_counter()
            await wire.fill(mix.prepare + mix.commands)
            show("log written", seconds=round(time.perf_counter() - began, 1))
            del mix
            engine = engine_of("engine", environment, folder)
            stack.callback(engine.kill)
            last = probe()
            await wire.append([last])
            began = time.perf_counter()
            engine.launch()
            await wire.answered(last.command_id)
            show("first run", all_published_s=round(time.perf_counter() - began, 2), **replayed(folder))
            deadline = time.monotonic() + SNAPSHOT_SECONDS_MAX
            while not log_lines(folder, "engine", "snapshot saved"):
                assert time.monotonic() < deadline, (folder / "engine.log").read_text()[-2_000:]
                await asyncio.sleep(0.2)
            saved = log_lines(folder, "engine", "snapshot saved")[-1]
            show("snapshot", **{name: saved[name] for name in ("offset", "seconds", "paused_ms", "bytes") if name in saved})
            engine.kill()
            await recover(wire, engine, folder, "kill -9, newest snapshot")
            engine.kill()
            shutil.rmtree(folder / "snapshots")
            await recover(wire, engine, folder, "kill -9, no snapshot")
            standby = engine_of("standby", environment, folder)
            stack.callback(standby.kill)
            standby.start()
            for _ in range(takeovers):
                show("take-over", **await take_over(wire, engine, standby))
                engine.start()
                engine, standby = standby, engine


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--commands", type=int, default=1_000_000)
    parser.add_argument("--takeovers", type=int, default=2)
    given = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="mycrypto-bench-"))
    folder.chmod(0o755)
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        bootstrap, redis_url = stack.enter_context(servers(folder))
        environment = {"KAFKA_BOOTSTRAP_SERVERS": bootstrap, "REDIS_URL": redis_url, "SNAPSHOT_DIR": str(folder / "snapshots")}
        uvloop.run(measure(folder, environment, given.commands, given.takeovers, stack))


if __name__ == "__main__":
    main()
