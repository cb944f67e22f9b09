"""Apache Kafka, one broker that is its own controller (KRaft), from the jars that its lock pins."""

from __future__ import annotations

import base64
import shutil
import socket
import struct
import subprocess
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from mycrypto.contracts import commands, events
from mycrypto_local.parts import jars
from mycrypto_local.parts.part import NotReadyError, Part, base_environment

API_VERSIONS: Final = 18
CORRELATION: Final = 7
DAYS_7_MS: Final = 7 * 24 * 3600 * 1000


@dataclass(frozen=True, slots=True)
class Topic:
    name: str
    partitions: int
    settings: dict[str, str]


TOPICS: Final = (
    Topic(
        commands.TOPIC,
        1,
        # the broker's clock is the exchange's clock, and the log is the state: nothing is ever deleted
        {"message.timestamp.type": "LogAppendTime", "retention.ms": "-1", "retention.bytes": "-1"},
    ),
    Topic(events.TOPIC, 1, {"retention.ms": "-1", "retention.bytes": "-1"}),
    Topic("order-events", 12, {"retention.ms": str(DAYS_7_MS)}),
    Topic("trade-events", 12, {"retention.ms": str(DAYS_7_MS)}),
)

JVM: Final = (
    "-Xms192m",
    "-Xmx512m",
    "-XX:+UseZGC",  # each order leaves 50 KB of garbage; a collector that stops the broker does so for 7 to 30 ms, and the orders wait
    "-XX:TieredStopAtLevel=1",  # the second compiler works for minutes, on cores that the exchange needs, and at 500 orders/s saves nothing
    "-XX:MaxMetaspaceSize=128m",
    "-XX:ReservedCodeCacheSize=64m",
    "-Xss512k",
    "-XX:+ExitOnOutOfMemoryError",
    "-Djava.awt.headless=true",
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
    "-Dorg.slf4j.simpleLogger.showDateTime=true",
    "-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd'T'HH:mm:ss.SSS",
)


WITHOUT_JARS: Final = """
Repeat it when Maven's repository can be reached (a mirror is named in ~/.m2/settings.xml), or do without it:
  KAFKA_BOOTSTRAP_SERVERS=HOST:PORT make up   with a Kafka that runs elsewhere
  make up RUNTIME=docker                      with containers
  make up BROKER=throwaway                    with a broker in memory: nothing of such a run is kept when it ends"""


class KafkaError(RuntimeError):
    """The jars cannot be had, or the format tool failed; the message is what it printed."""


def home_of_jars() -> Path:
    """The folder of the jars, fetched when it is not there. Raises :class:`KafkaError` with the ways out."""
    try:
        return jars.folder()
    except jars.JarsError as error:
        raise KafkaError(f"Kafka could not be fetched: {error}{WITHOUT_JARS}") from error


@dataclass(frozen=True, slots=True)
class Kafka:
    state: Path
    port: int
    controller_port: int

    @property
    def home(self) -> Path:
        return self.state / "kafka"

    @property
    def _scratch(self) -> Path:
        """Where the broker unpacks its native libraries, which it leaves behind when it is killed."""
        return self.home / "tmp"

    @property
    def bootstrap(self) -> str:
        return f"127.0.0.1:{self.port}"

    def prepare(self) -> None:
        """Fetch the jars, write the configuration, format the log folder once."""
        self.home.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(self._scratch, ignore_errors=True)  # what a broker that was killed left there
        self._scratch.mkdir()
        configuration = self.home / "server.properties"
        configuration.write_text("".join(f"{name}={value}\n" for name, value in self._properties().items()))
        if (self.home / "data" / "meta.properties").exists():
            return
        shutil.rmtree(self.home / "data", ignore_errors=True)
        cluster = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        done = subprocess.run(
            [
                *self._java("-Xmx128m", "-XX:TieredStopAtLevel=1"),
                "kafka.tools.StorageTool",
                "format",
                "--standalone",
                f"--cluster-id={cluster}",
                f"--config={configuration}",
            ],
            cwd=self.home,
            env=base_environment(self.state, "kafka-format"),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise KafkaError(f"Kafka could not format {self.home / 'data'}:\n{done.stdout}{done.stderr}")

    def part(self) -> Part:
        return Part(
            name="kafka",
            command=(*self._java(*JVM), "kafka.Kafka", str(self.home / "server.properties")),
            port=self.port,
            folder=self.home,
            environment=base_environment(self.state, "kafka"),
            stop_seconds_max=30,
            probe=self._probe,
        )

    def remove(self) -> None:
        shutil.rmtree(self.home, ignore_errors=True)

    def _probe(self) -> None:
        probe(self.bootstrap)

    def _java(self, *flags: str) -> tuple[str, ...]:
        return ("java", "-cp", f"{home_of_jars()}/*", f"-Djava.io.tmpdir={self._scratch}", *flags)

    def _properties(self) -> dict[str, str]:
        listeners = f"PLAINTEXT://127.0.0.1:{self.port},CONTROLLER://127.0.0.1:{self.controller_port}"
        return {
            "process.roles": "broker,controller",
            "node.id": "1",
            "controller.quorum.bootstrap.servers": f"127.0.0.1:{self.controller_port}",
            "listeners": listeners,
            "advertised.listeners": listeners,
            "controller.listener.names": "CONTROLLER",
            "inter.broker.listener.name": "PLAINTEXT",
            "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
            "log.dirs": str(self.home / "data"),
            "auto.create.topics.enable": "false",
            "group.initial.rebalance.delay.ms": "0",
            "num.network.threads": "1",  # on two cores more threads only hand each other the work: a request costs up to 15 switches
            "num.io.threads": "2",
            "num.partitions": "1",
            "log.cleaner.dedupe.buffer.size": "4194304",  # 128 MB of the heap by default
            # A broker that was killed is let in again when its session has ended, 9 s later by default: then orders wait as long.
            "broker.session.timeout.ms": "5000",
            "broker.heartbeat.interval.ms": "1000",
            "offsets.topic.num.partitions": "4",
            "offsets.topic.replication.factor": "1",
            "transaction.state.log.num.partitions": "4",
            "transaction.state.log.replication.factor": "1",
            "transaction.state.log.min.isr": "1",
            "share.coordinator.state.topic.num.partitions": "1",
            "share.coordinator.state.topic.replication.factor": "1",
            "share.coordinator.state.topic.min.isr": "1",
        }


def probe(bootstrap: str) -> None:
    """Whether the broker answers ApiVersions, the request that needs no knowledge of the cluster.

    Spoken by hand: a broker in KRaft mode opens its listener to requests only when it has joined, and the client library takes
    half a second to import and leaves sockets open when it is refused.
    """
    host, _, port = bootstrap.split(",", maxsplit=1)[0].rpartition(":")
    request = struct.pack(">hhih", API_VERSIONS, 0, CORRELATION, -1)
    try:
        with socket.create_connection((host, int(port)), timeout=2) as connection:
            connection.sendall(struct.pack(">i", len(request)) + request)
            answer = connection.recv(10)
    except OSError as error:
        raise NotReadyError(f"Kafka at {bootstrap}: {error}") from error
    if len(answer) < 10 or struct.unpack_from(">ih", answer, 4) != (CORRELATION, 0):
        raise NotReadyError(f"Kafka at {bootstrap}: no answer to ApiVersions")


def ensure_topics(bootstrap: str) -> list[str]:
    """Create the topics that do not exist; the names of those created."""
    from kafka import KafkaAdminClient
    from kafka.admin import NewTopic

    client = KafkaAdminClient(bootstrap_servers=bootstrap, client_id="topics")
    try:
        present = set(client.list_topics())
        absent = [topic for topic in TOPICS if topic.name not in present]
        if absent:
            client.create_topics(
                [NewTopic(topic.name, topic.partitions, 1, topic_configs=topic.settings) for topic in absent],
                wait_for_metadata=True,
            )
        return [topic.name for topic in absent]
    finally:
        client.close()
