"""The servers that everything else stands on: they serve, they keep what they were given, they go when their starter goes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import psycopg
import pytest
import redis
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import ConfigResource, ConfigResourceType

from mycrypto_local.parts.kafka import TOPICS, ensure_topics
from mycrypto_local.parts.postgres import Postgres
from mycrypto_local.parts.spawn import spawned
from mycrypto_local.parts.throwaway import ThrowawayBroker
from mycrypto_local.parts.valkey import Valkey
from mycrypto_local.ports import any_free


def test_postgres_has_what_migrations_ask_for(postgres: str) -> None:
    with psycopg.connect(postgres, autocommit=True) as connection:
        for extension in ("pg_stat_statements", "pg_trgm", "btree_gin"):
            connection.execute(f"CREATE EXTENSION IF NOT EXISTS {extension}".encode())
        row = connection.execute("SELECT current_setting('TimeZone'), uuidv7() IS NOT NULL").fetchone()
    assert row == ("UTC", True)


def test_postgres_keeps_committed_rows_through_kill_9(server_folder: Path) -> None:
    state = server_folder / "kill"
    state.mkdir()
    server = Postgres(state, any_free(1)[0], "secret")
    server.prepare()
    try:
        with spawned(server.part(), state / "log") as running:
            with psycopg.connect(server.dsn, autocommit=True) as connection:
                connection.execute("CREATE TABLE kept (value int)")
                connection.execute("INSERT INTO kept VALUES (7)")
            os.kill(running.pid, signal.SIGKILL)
            running.process.wait()
        server.prepare()  # finds its data and leaves it
        with spawned(server.part(), state / "log"), psycopg.connect(server.dsn) as connection:
            assert connection.execute("SELECT value FROM kept").fetchall() == [(7,)]
    finally:
        server.remove()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has folders that its own servers cannot enter")
def test_postgres_finds_a_place_when_its_user_cannot_enter_the_state_folder(tmp_path: Path) -> None:
    """A checkout below /root: pytest's folders are as closed as that one."""
    server = Postgres(tmp_path, any_free(1)[0], "secret")
    assert not server.home.is_relative_to(tmp_path)
    server.prepare()
    try:
        with spawned(server.part(), tmp_path / "log"), psycopg.connect(server.dsn) as connection:
            connection.execute("SELECT 1")
    finally:
        server.remove()
    assert not server.home.exists()


def test_valkey_wants_its_password_and_keeps_keys(server_folder: Path) -> None:
    state = server_folder / "valkey-kept"
    state.mkdir()
    server = Valkey(state, any_free(1)[0], "secret")
    server.prepare()
    assert (server.home / "valkey.conf").stat().st_mode & 0o077 == 0
    with spawned(server.part(), state / "log"), redis.Redis.from_url(server.url) as client:
        client.set("kept", "7")
    with spawned(server.part(), state / "log"):
        with redis.Redis.from_url(server.url) as client:
            assert client.get("kept") == b"7"
        with redis.Redis(port=server.port) as stranger:
            try:
                stranger.get("kept")
            except redis.AuthenticationError:
                refused = True
            else:
                refused = False
    assert refused


def test_kafka_stamps_commands_with_its_own_clock(kafka: str) -> None:
    with KafkaProducer(bootstrap_servers=kafka) as producer:
        sent = producer.send("engine-commands", b"x", timestamp_ms=1_000, partition=0).get(20)
    partition = TopicPartition("engine-commands", 0)
    consumer = KafkaConsumer(bootstrap_servers=kafka, enable_auto_commit=False)
    try:
        consumer.assign([partition])
        consumer.seek(partition, sent.offset)
        records = consumer.poll(timeout_ms=20_000)[partition]
    finally:
        consumer.close()
    assert records[0].value == b"x"
    assert records[0].timestamp > 1_700_000_000_000  # ours of 1970 is not believed


def test_kafka_topics_are_made_once_and_as_told(kafka: str) -> None:
    assert ensure_topics(kafka) == []
    client = KafkaAdminClient(bootstrap_servers=kafka)
    try:
        described = {topic["name"]: topic for topic in client.describe_topics([topic.name for topic in TOPICS])}
        settings = client.describe_configs([ConfigResource(ConfigResourceType.TOPIC, topic.name) for topic in TOPICS])
    finally:
        client.close()
    for topic in TOPICS:
        assert len(described[topic.name]["partitions"]) == topic.partitions
        for name, value in topic.settings.items():
            assert value in str(settings), (topic.name, name)


def test_a_part_ends_when_its_starter_is_killed(server_folder: Path) -> None:
    """The runner of these tests may be killed at any time; nothing may stay behind."""
    state = server_folder / "orphan"
    state.mkdir()
    port = any_free(1)[0]
    program = f"""
import pathlib, time
from mycrypto_local.parts.valkey import Valkey
from mycrypto_local.parts.spawn import Running
server = Valkey(pathlib.Path({str(state)!r}), {port}, "secret")
server.prepare()
running = Running(server.part(), pathlib.Path({str(state)!r}) / "log")
running.wait_ready()
print(running.pid, flush=True)
time.sleep(600)
"""
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as starter:
        assert starter.stdout is not None
        pid = int(starter.stdout.readline())
        server = psutil.Process(pid)
        starter.kill()
    deadline = time.monotonic() + 20
    while server.is_running() and server.status() != psutil.STATUS_ZOMBIE and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not server.is_running() or server.status() == psutil.STATUS_ZOMBIE


def test_the_throwaway_broker_stamps_commands_with_its_own_clock_and_forgets_them(server_folder: Path) -> None:
    """The exchange's time is the broker's, so a log that took the producer's word for it would not do even for a throw-away run."""
    broker = ThrowawayBroker(server_folder / "throwaway", any_free(1)[0])
    began_ms = time.time_ns() // 1_000_000
    for _ in range(2):
        (server_folder / "throwaway").mkdir(exist_ok=True)
        broker.prepare()
        with spawned(broker.part(), server_folder / "throwaway.log"):
            assert len(ensure_topics(broker.bootstrap)) == len(TOPICS)
            producer = KafkaProducer(bootstrap_servers=broker.bootstrap, compression_type="lz4")
            sent = producer.send("engine-commands", b"command", partition=0, timestamp_ms=1_000).get(30)
            producer.close()
            assert sent.offset == 0
            consumer = KafkaConsumer(bootstrap_servers=broker.bootstrap)
            consumer.assign([TopicPartition("engine-commands", 0)])
            consumer.seek_to_beginning()
            (read,) = next(iter(consumer.poll(timeout_ms=20_000).values()))
            consumer.close()
            assert read.value == b"command"
            assert read.timestamp >= began_ms
    broker.remove()
