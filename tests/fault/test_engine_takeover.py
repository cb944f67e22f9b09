"""kill -9 of the active engine on real Kafka and Valkey: the standby takes over; consumers miss no event and see none out of order."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from mycrypto.contracts import commands as c
from mycrypto.contracts import events
from mycrypto.contracts.trading import OrderType, Side, TimeInForce
from mycrypto.ids import new_uuid
from mycrypto.money import UNITS_PER_ONE
from mycrypto_local.ports import any_free
from tests.waiting import until

ROOT = Path(__file__).resolve().parents[2]
SYMBOL = "FLT/USDT"


class Running:
    """An engine process."""

    def __init__(self, name: str, port: int, kafka: str, valkey: str, folder: Path) -> None:
        self.name = name
        self.port = port
        self.log = folder / f"{name}.log"
        with self.log.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "engine_container.engine"],
                cwd=ROOT,
                env={
                    **os.environ,
                    "KAFKA_BOOTSTRAP_SERVERS": kafka,
                    "REDIS_URL": valkey,
                    "SNAPSHOT_DIR": str(folder / "snapshots"),
                    "SERVICE_NAME": name,
                    "PORT": str(port),
                },
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def ask(self, path: str) -> dict[str, Any]:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=20) as answer:
                document: dict[str, Any] = json.load(answer)
                return document
        except OSError:
            return {}

    def kill(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
        self.process.wait()


@pytest.fixture
def engines(kafka: str, valkey: str, tmp_path: Path) -> Iterator[list[Running]]:
    started = [Running(name, port, kafka, valkey, tmp_path) for name, port in zip(("one", "two"), any_free(2), strict=True)]
    yield started
    for engine in started:
        engine.kill()


def new() -> bytes:
    return new_uuid().bytes


def orders(users: list[bytes], count: int) -> list[c.Command]:
    return [
        c.PlaceOrder(
            new(),
            users[place % 2],
            SYMBOL,
            Side(place % 2),
            OrderType.LIMIT,
            TimeInForce.GTC,
            UNITS_PER_ONE,
            (100 + place % 3) * UNITS_PER_ONE,
        )
        for place in range(count)
    ]


def test_a_standby_takes_over_and_nothing_is_lost_or_out_of_order(engines: list[Running], kafka: str) -> None:
    asyncio.run(_take_over(engines, kafka))


async def _take_over(engines: list[Running], kafka: str) -> None:
    await until(lambda: all(engine.ask("/ready").get("status") == "ok" for engine in engines), "both engines are ready")
    await until(lambda: sum(engine.ask("/health").get("active", False) for engine in engines) == 1, "one engine is active")
    active, standby = sorted(engines, key=lambda engine: not engine.ask("/health")["active"])
    producer = AIOKafkaProducer(bootstrap_servers=kafka, acks="all", enable_idempotence=True)
    await producer.start()
    users = [new(), new()]
    lot = UNITS_PER_ONE // 1_000
    setting: list[c.Command] = [c.SetSymbol(new(), SYMBOL, "FLT", "USDT", lot, UNITS_PER_ONE, UNITS_PER_ONE, 100 * UNITS_PER_ONE)]
    for user in users:
        setting.append(c.SetUser(new(), user, 0, 0, 0))
        setting += [c.Credit(new(), user, asset, 10**13, new()) for asset in ("FLT", "USDT")]
    sent = list(setting)
    await producer.send_and_wait(c.TOPIC, c.encode_record(setting), partition=0)
    for round_number in range(60):
        batch = orders(users, 20)
        sent += batch
        await producer.send_and_wait(c.TOPIC, c.encode_record(batch), partition=0)
        if round_number == 30:
            active.kill()
    await producer.stop()
    await until(lambda: standby.ask("/health").get("active") is True, "the standby is active")

    answered: set[bytes] = set()
    watermark = 0
    consumer = AIOKafkaConsumer(bootstrap_servers=kafka, group_id=None, auto_offset_reset="earliest")
    await consumer.start()
    partition = TopicPartition(events.TOPIC, 0)
    consumer.assign([partition])
    await consumer.seek_to_beginning(partition)
    wanted = {command.command_id for command in sent}
    deadline = time.monotonic() + 60
    while not wanted <= answered:
        assert time.monotonic() < deadline, "every command is answered"
        for rows in (await consumer.getmany(timeout_ms=500)).values():
            for row in rows:
                for seq, result, _ in events.decode_record(row.value).numbered():
                    assert seq <= watermark + 1, "no event is missing"
                    watermark = max(watermark, seq)
                    answered.add(result.command_id)
    await consumer.stop()
    state = standby.ask("/state")
    assert state["next_seq"] > watermark - 1
    assert standby.ask("/health")["status"] == "ok"
