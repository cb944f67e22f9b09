"""A broker that ends sessions after a second and a half: who reads and appends signs in again in time, on the connection that there is."""

from __future__ import annotations

import asyncio
import base64
import dataclasses
import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine_container.engine.kafka import KafkaEventSink
from engine_container.logs import broker as module
from engine_container.logs import wire
from engine_container.logs.broker import Connection
from engine_container.logs.connection import BrokerSettings
from engine_container.logs.partition import PartitionReader, PartitionWriter
from engine_container.logs.ports import LogUnavailableError
from mycrypto.contracts import commands
from mycrypto_local.parts.kafka import Kafka, ensure_topics
from mycrypto_local.parts.spawn import spawned
from mycrypto_local.ports import any_free

SESSION_MS = 1_500
SEVERAL_SESSIONS_SECONDS = 4.0


@dataclasses.dataclass(frozen=True, slots=True)
class SigningKafka(Kafka):
    """A broker with one more listener, on which clients sign in with a token that it takes without a signature."""

    sasl_port: int = 0

    def _properties(self) -> dict[str, str]:
        properties = Kafka._properties(self)
        for name in ("listeners", "advertised.listeners"):
            properties[name] += f",SASL://127.0.0.1:{self.sasl_port}"
        properties["listener.security.protocol.map"] += ",SASL:SASL_PLAINTEXT"
        module_name = "org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule"
        return properties | {
            "listener.name.sasl.sasl.enabled.mechanisms": "OAUTHBEARER",
            "listener.name.sasl.oauthbearer.sasl.jaas.config": f"{module_name} required;",
            "connections.max.reauth.ms": str(SESSION_MS),
        }


@pytest.fixture(scope="module")
def broker(server_folder: Path) -> Iterator[BrokerSettings]:
    port, controller, sasl = any_free(3)
    server = SigningKafka(server_folder / "signing", port, controller, sasl)
    server.prepare()
    with spawned(server.part(), server_folder / "signing-kafka.log"):
        ensure_topics(server.bootstrap)
        asyncio.run(_until_led(BrokerSettings(server.bootstrap)))
        yield BrokerSettings(f"127.0.0.1:{sasl}")


async def _until_led(plain: BrokerSettings) -> None:
    """A partition that was made a moment ago may not take records yet, though it has a leader."""
    deadline = time.monotonic() + 60
    for topic in (commands.TOPIC, "engine-events"):
        while True:
            writer = PartitionWriter(plain, topic, 0)
            try:
                await writer.open()
                if topic == commands.TOPIC:  # the other one is read for its last event
                    await writer.append([b"the first that was taken"])
                break
            except LogUnavailableError:
                assert time.monotonic() < deadline, f"{topic} has no leader"
                await asyncio.sleep(0.2)
            finally:
                writer.close()


def _part(claims: dict[str, object]) -> str:
    return base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """Signs in as AWS clients do; counts connections and sign-ins."""
    counts = {"connections": 0, "sign-ins": 0}

    async def message(_: BrokerSettings) -> tuple[str, bytes]:
        now = time.time()
        token = f"{_part({'alg': 'none'})}.{_part({'sub': 'engine', 'iat': now - 1, 'exp': now + 900})}."
        counts["sign-ins"] += 1
        return "OAUTHBEARER", wire.bearer(token)

    def counted(self: Connection, transport: asyncio.BaseTransport) -> None:
        counts["connections"] += 1
        original(self, transport)

    original = Connection.connection_made
    monkeypatch.setattr(module, "sasl_message", message)
    monkeypatch.setattr(Connection, "connection_made", counted)
    return counts


async def _append_and_read(settings: BrokerSettings) -> tuple[list[bytes], list[bytes]]:
    writer, reader = PartitionWriter(settings, commands.TOPIC, 0), PartitionReader(settings, commands.TOPIC, 0)
    sent: list[bytes] = []
    seen: list[bytes] = []
    loop = asyncio.get_running_loop()
    end = loop.time() + SEVERAL_SESSIONS_SECONDS
    try:
        first = (await writer.append([b"first"])).first
        reader.seek(first + 1)
        while loop.time() < end or len(seen) < len(sent):
            if loop.time() < end:
                sent.append(b"%d" % len(sent))
                await writer.append(sent[-1:])
            seen += [record.payload for record in await reader.read()]
            await asyncio.sleep(0.05)
    finally:
        writer.close()
        reader.close()
    return sent, seen


def test_sessions_are_renewed_on_the_connection_that_there_is(broker: BrokerSettings, made: dict[str, int]) -> None:
    sent, seen = asyncio.run(_append_and_read(broker))
    assert seen == sent
    assert made["connections"] == 2, "one that appends and one that reads: the first broker asked leads the partition"
    assert made["sign-ins"] >= 2 * 3, "each connection signed in at its beginning and twice more"


def test_without_a_renewal_the_broker_ends_the_connection(
    broker: BrokerSettings, made: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "RENEWED_AT", 100)
    with pytest.raises(LogUnavailableError):
        asyncio.run(_append_and_read(broker))
    assert made["sign-ins"] == 2


def test_a_standby_keeps_its_connections(broker: BrokerSettings, made: dict[str, int]) -> None:
    """It looks five times a second how far the log has come, in silence and while another engine appends."""

    async def stand_by() -> tuple[int, int]:
        sink, other = KafkaEventSink(broker, 0), PartitionWriter(broker, "engine-events", 0)
        try:
            await sink.published()
            at_first = made["connections"]
            for look in range(15):
                if look == 7:
                    await other.open()
                    at_first += 1
                await sink.published()
                await asyncio.sleep(0.1)
            return at_first, made["connections"]
        finally:
            other.close()
            await sink.close()

    at_first, at_last = asyncio.run(stand_by())
    assert at_last == at_first
