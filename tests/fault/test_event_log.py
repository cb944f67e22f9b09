"""The event log stays whole on a real broker: processes that are stopped or killed in any order recover by themselves; one command repairs a gap."""

from __future__ import annotations

import asyncio
import json
import shutil
import signal
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from typer.testing import CliRunner

from engine_container.engine.kafka import KafkaCommandSource
from engine_container.engine.replica import Replica
from engine_container.logs.connection import BrokerSettings
from engine_container.tools.cli import app
from mycrypto.contracts import commands as c
from mycrypto.contracts import events
from mycrypto.log_producer import LogProducer
from mycrypto.money import UNITS_PER_ONE
from mycrypto_local.parts.kafka import Kafka, ensure_topics
from mycrypto_local.parts.spawn import Running as RunningPart
from mycrypto_local.ports import any_free
from tests import scratch
from tests.fault.test_engine_takeover import SYMBOL, Running, new, orders
from tests.waiting import until

USERS = [new(), new()]


class Broker:
    """A Kafka of one test, which may be stopped and started again on the same data."""

    def __init__(self, folder: Path) -> None:
        self._kafka = Kafka(folder, *any_free(2))
        self._kafka.prepare()
        self._log = folder / "kafka.log"
        self.bootstrap = self._kafka.bootstrap
        self.running: RunningPart | None = None

    def start(self) -> None:
        self.running = RunningPart(self._kafka.part(), self._log)
        self.running.wait_ready()

    def stop(self) -> None:
        if self.running is not None:
            self.running.stop()

    def sigterm(self) -> None:
        assert self.running is not None
        self.running.process.send_signal(signal.SIGTERM)

    def append(self, *records: list[c.Command]) -> None:
        producer = LogProducer(self.bootstrap)
        producer.append(*(c.encode_record(list(record)) for record in records))
        producer.close()

    def events(self) -> list[bytes]:
        """All records of the event log."""
        consumer = KafkaConsumer(bootstrap_servers=self.bootstrap)
        place = TopicPartition(events.TOPIC, 0)
        consumer.assign([place])
        consumer.seek_to_beginning(place)
        end = consumer.end_offsets([place])[place]
        found: list[bytes] = []
        while consumer.position(place) < end:
            found += [record.value for rows in consumer.poll(500).values() for record in rows]
        consumer.close()
        return found


def watermark(payloads: list[bytes]) -> int:
    """What a consumer has applied; it fails on a gap."""
    seen = 0
    for record in map(events.decode_record, payloads):
        assert record.first_seq <= seen + 1, f"events {seen + 1} to {record.first_seq - 1} are missing"
        seen = max(seen, record.next_seq - 1)
    return seen


@pytest.fixture
def broker() -> Iterator[Broker]:
    folder = scratch.folder("event-log")
    folder.mkdir(mode=0o755)
    made = Broker(folder)
    try:
        made.start()
        ensure_topics(made.bootstrap)
        lot = UNITS_PER_ONE // 1_000
        listing: list[c.Command] = [c.SetSymbol(new(), SYMBOL, "FLT", "USDT", lot, UNITS_PER_ONE, UNITS_PER_ONE, 100 * UNITS_PER_ONE)]
        for user in USERS:
            listing += [c.SetUser(new(), user, 0, 0, 0), *(c.Credit(new(), user, asset, 10**13, new()) for asset in ("FLT", "USDT"))]
        made.append(listing)
        yield made
    finally:
        made.stop()
        shutil.rmtree(folder, ignore_errors=True)


def reason(engine: Running) -> str:
    """Why an engine is not well."""
    try:
        urllib.request.urlopen(f"http://127.0.0.1:{engine.port}/health", timeout=20).close()
    except urllib.error.HTTPError as answer:
        return str(json.load(answer).get("reason", ""))
    except OSError:
        pass
    return ""


def flow(records: int) -> list[list[c.Command]]:
    return [orders(USERS, 20) for _ in range(records)]


async def well(engine: Running) -> None:
    await until(
        lambda: engine.ask("/ready").get("status") == "ok" and bool(engine.ask("/health").get("active")),
        f"{engine.name} is ready and active",
    )


async def caught_up(engine: Running, broker: Broker) -> None:
    await well(engine)
    await until(lambda: watermark(broker.events()) == engine.ask("/state").get("next_seq", 0) - 1, "the event log holds every event")


def test_two_sigterms_kafka_and_a_second_later_the_engine(broker: Broker, valkey: str, tmp_path: Path) -> None:
    async def play() -> None:
        broker.append(*flow(20))
        first = Running("first", any_free(1)[0], broker.bootstrap, valkey, tmp_path)
        try:
            await caught_up(first, broker)
            broker.append(*flow(200))
            broker.sigterm()
            await asyncio.sleep(1)
            first.process.send_signal(signal.SIGTERM)
            first.process.wait(30)
        finally:
            first.kill()
        broker.stop()
        broker.start()
        second = Running("second", any_free(1)[0], broker.bootstrap, valkey, tmp_path)
        try:
            await well(second)
            broker.append(*flow(3))
            await until(lambda: second.ask("/state").get("next_offset", 0) >= 224, "the new engine has applied everything")
            await caught_up(second, broker)
        finally:
            second.kill()

    asyncio.run(play())


def test_the_active_engine_killed_and_the_standby_stopped_right_after(broker: Broker, valkey: str, tmp_path: Path) -> None:
    async def play() -> None:
        ports = any_free(3)
        pair = [Running(name, port, broker.bootstrap, valkey, tmp_path) for name, port in zip(("one", "two"), ports, strict=False)]
        try:
            await until(lambda: all(engine.ask("/ready").get("status") == "ok" for engine in pair), "both are ready")
            await until(lambda: sum(engine.ask("/health").get("active", False) for engine in pair) == 1, "one is active")
            active, standby = sorted(pair, key=lambda engine: not engine.ask("/health")["active"])
            broker.append(*flow(20))
            active.process.send_signal(signal.SIGKILL)
            broker.append(*flow(20))  # while no engine publishes
            await asyncio.sleep(0.4)
            standby.process.send_signal(signal.SIGTERM)
            standby.process.wait(30)
        finally:
            for engine in pair:
                engine.kill()
        third = Running("three", ports[2], broker.bootstrap, valkey, tmp_path)
        try:
            await caught_up(third, broker)
            assert third.ask("/state")["next_offset"] >= 41
        finally:
            third.kill()

    asyncio.run(play())


def test_a_hole_is_named_by_the_engine_and_repaired_by_one_command(broker: Broker, valkey: str, tmp_path: Path) -> None:
    async def play() -> None:
        broker.append(*flow(20))
        first = Running("first", any_free(1)[0], broker.bootstrap, valkey, tmp_path)
        try:
            await caught_up(first, broker)
        finally:
            first.kill()
        whole = broker.events()
        with KafkaProducer(bootstrap_servers=broker.bootstrap) as producer:  # as an engine that began ahead of the log once did
            broker.append(*flow(5))
            for payload in (await _events_of(broker))[len(whole) + 2 :]:
                producer.send(events.TOPIC, payload, partition=0)
        with pytest.raises(AssertionError, match="are missing"):
            watermark(broker.events())
        second = Running("second", any_free(1)[0], broker.bootstrap, valkey, tmp_path)
        try:
            await until(lambda: "are missing" in reason(second), "the engine names the hole")
            dry = await asyncio.to_thread(CliRunner().invoke, app, ["repair-events", "--servers", broker.bootstrap, "--dry-run"])
            assert dry.exit_code == 0, dry.output
            assert "were missing" in dry.output
            done = await asyncio.to_thread(
                CliRunner().invoke, app, ["repair-events", "--servers", broker.bootstrap, "--snapshot-dir", str(tmp_path / "snapshots")]
            )
            assert done.exit_code == 0, done.output
            assert watermark(broker.events()) > watermark(whole)
            await caught_up(second, broker)
        finally:
            second.kill()

    asyncio.run(play())


async def _events_of(broker: Broker) -> list[bytes]:
    """What the commands lead to."""
    source, replica, made = KafkaCommandSource(BrokerSettings(broker.bootstrap), 0), Replica(0), list[bytes]()
    end = await source.end()
    await source.open(0)
    while replica.next_offset < end:
        made += [batch.payload for record in await source.read() for batch in replica.process(record)]
    await source.close()
    return made
