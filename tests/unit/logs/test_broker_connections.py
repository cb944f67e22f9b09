"""What a connection does while it signs in again, and how often a process connects. No broker: the test is the transport."""

from __future__ import annotations

import asyncio
import struct
from typing import Any

import pytest
from aiokafka.protocol.admin import SaslAuthenticateRequest_v1, SaslAuthenticateResponse_v1

from engine_container.logs import broker as module
from engine_container.logs import partition, wire
from engine_container.logs.broker import Address, Connection
from engine_container.logs.connection import BrokerSettings
from engine_container.logs.pace import AT_ONCE, SECONDS_EACH, Pace
from engine_container.logs.partition import PartitionReader
from engine_container.logs.ports import LogUnavailableError
from engine_container.logs.wire import Api, BrokerError

SETTINGS = BrokerSettings("unused")
SESSION_MS = 10


class Wire:
    """The broker's side: answers the requests that it is told to, in their order."""

    def __init__(self, *, refuse_from: int = 1_000) -> None:
        self.seen: list[int] = []
        self.closed = False
        self._refuse_from = refuse_from
        self.connection = Connection("test")
        self.connection.connection_made(self)  # type: ignore[arg-type]

    def write(self, data: bytes) -> None:
        key, version, correlation = struct.unpack_from(">hhi", data, 4)
        self.seen.append(key)
        if key == Api.SASL_HANDSHAKE.value[0]:
            body = struct.pack(">hi", 0, 0)
        elif key == Api.SASL_AUTHENTICATE.value[0]:
            assert version == 1
            refused = self.seen.count(key) >= self._refuse_from
            body = bytes(SaslAuthenticateResponse_v1(58 if refused else 0, "no" if refused else None, b"", SESSION_MS).encode())
        else:
            body = b"answer"
        answer = struct.pack(">ii", len(body) + 4, correlation) + body
        asyncio.get_running_loop().call_soon(self.connection.data_received, answer)

    def abort(self) -> None:
        self.closed = True


@pytest.fixture(autouse=True)
def token(monkeypatch: pytest.MonkeyPatch) -> None:
    async def message(_: BrokerSettings) -> tuple[str, bytes]:
        return "OAUTHBEARER", wire.bearer("signed")

    monkeypatch.setattr(module, "sasl_message", message)


def test_the_bearers_message_is_framed_as_kafka_reads_it() -> None:
    framed = wire.sasl_authenticate(wire.bearer("abc"))
    assert framed == SaslAuthenticateRequest_v1(b"n,,\x01auth=Bearer abc\x01\x01").encode()


def test_the_answer_says_how_long_the_session_lasts() -> None:
    assert wire.sasl_authenticate_answer(bytes(SaslAuthenticateResponse_v1(0, None, b"", 900_000).encode())) == 900
    with pytest.raises(BrokerError, match="SASL_AUTHENTICATION_FAILED: expired"):
        wire.sasl_authenticate_answer(bytes(SaslAuthenticateResponse_v1(58, "expired", b"", 0).encode()))


def test_a_session_is_renewed_and_requests_wait_for_it() -> None:
    async def work() -> list[int]:
        broker = Wire()
        await broker.connection.sign_in(SETTINGS)
        while len(broker.seen) < 3:  # noqa: ASYNC110 - what is waited for knows of no event
            await asyncio.sleep(0)
        assert await broker.connection.request(Api.FETCH, b"", 1) == b"answer"
        broker.connection.close()
        return broker.seen

    assert asyncio.run(work()) == [17, 36, 17, 36, 1], "nothing comes between a handshake and its message"


def test_a_renewal_that_is_refused_ends_the_connection_and_what_waits() -> None:
    async def work() -> None:
        broker = Wire(refuse_from=2)
        await broker.connection.sign_in(SETTINGS)
        while len(broker.seen) < 3:  # noqa: ASYNC110 - what is waited for knows of no event
            await asyncio.sleep(0)
        with pytest.raises(BrokerError, match="SASL_AUTHENTICATION_FAILED"):
            await broker.connection.request(Api.FETCH, b"", 1)
        assert broker.closed

    asyncio.run(work())


def test_a_process_that_keeps_failing_connects_once_a_second_and_broker() -> None:
    pace = Pace()
    now, times = 0.0, []
    for _ in range(20):
        now += pace.delay(now)
        times.append(now)
    assert times[:AT_ONCE] == [0.0] * AT_ONCE
    for second in range(int(times[-1])):
        assert sum(second <= moment < second + 1 for moment in times) <= (AT_ONCE if second == 0 else SECONDS_EACH)


def test_only_iam_brokers_are_paced(monkeypatch: pytest.MonkeyPatch) -> None:
    paced: list[Address] = []

    async def pace(host: str, port: int) -> None:
        paced.append((host, port))
        raise ConnectionError("that is enough")

    monkeypatch.setattr(module, "pace", pace)
    with pytest.raises(ConnectionError, match="enough"):
        asyncio.run(module.connect(BrokerSettings("unused", auth="iam"), "b-1", 9098))
    assert paced == [("b-1", 9098)]


def test_the_leader_is_asked_for_once_and_again_after_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    async def to_leader(*_: Any) -> tuple[Connection, Address]:
        asked.append("leader")
        return Wire().connection, ("b-2", 9098)

    async def direct(_: BrokerSettings, host: str, port: int) -> Connection:
        asked.append(f"{host}:{port}")
        return Wire().connection

    monkeypatch.setattr(partition, "connect_to_leader", to_leader)
    monkeypatch.setattr(partition, "connect", direct)

    async def work() -> None:
        reader = PartitionReader(SETTINGS, "engine-events", 0)
        await reader.open()
        reader.seek(5)
        await reader.open()
        reader.close()
        await reader.open()
        with pytest.raises(LogUnavailableError):
            await reader.read()  # what the transport answers is no fetch
        await reader.open()
        reader.close()

    asyncio.run(work())
    assert asked == ["leader", "b-2:9098", "leader"]
