"""One connection to a broker. Requests are answered in their order; whatever goes wrong ends the connection and every request on it."""

from __future__ import annotations

import asyncio
import struct
from collections import deque
from typing import Final, cast

from engine_container.logs import wire
from engine_container.logs.connection import BrokerSettings, sasl_token, tls_context
from engine_container.logs.wire import Api, BrokerError

CONNECT_SECONDS_MAX: Final = 4
ANSWER_BYTES_MAX: Final = 64 * 1024 * 1024
_HEAD_BYTES: Final = 8
"""Length and correlation id."""

_Waiting = tuple[int, asyncio.Future[bytes], float, Api]
"""Correlation id, answer, and until when it must have come, to which request."""


class Connection(asyncio.Protocol):
    """Made by :func:`connect`; sends without delay (the event loop switches Nagle's algorithm off)."""

    def __init__(self, client_id: str) -> None:
        self._loop = asyncio.get_running_loop()
        self._headers = {api: wire.header(api, client_id) for api in Api}
        self._transport: asyncio.Transport | None = None
        self._waiting: deque[_Waiting] = deque()
        self._buffer = bytearray()
        self._correlation = 0
        self._timer: asyncio.TimerHandle | None = None
        """Looks at the oldest request; one for all, because a timer for each costs more than the request."""

    @property
    def is_open(self) -> bool:
        return self._transport is not None

    def request(self, api: Api, body: bytes, seconds_max: float) -> asyncio.Future[bytes]:
        """The answer without its correlation id. Fails with ``OSError`` (a time-out is a ``TimeoutError``, which is one)."""
        if self._transport is None:
            raise ConnectionError("the connection to the broker is closed")
        self._correlation = correlation = (self._correlation + 1) & 0x7FFFFFFF
        before, after = self._headers[api]
        head = struct.pack(">i", len(before) + 4 + len(after) + len(body)) + before + struct.pack(">i", correlation) + after
        self._transport.write(head + body)
        answer: asyncio.Future[bytes] = self._loop.create_future()
        deadline = self._loop.time() + seconds_max
        self._waiting.append((correlation, answer, deadline, api))
        if self._timer is None:
            self._timer = self._loop.call_at(deadline, self._check_time)
        return answer

    def _check_time(self) -> None:
        self._timer = None
        if self._waiting:
            _, _, deadline, api = self._waiting[0]
            if deadline <= self._loop.time():
                self._fail(TimeoutError(f"no answer to {api.name} in time"))
            else:
                self._timer = self._loop.call_at(deadline, self._check_time)

    def close(self) -> None:
        self._fail(ConnectionError("the connection to the broker was closed"))

    # what the event loop calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        buffer = self._buffer
        if not buffer and len(data) >= _HEAD_BYTES and int.from_bytes(data[:4], "big") == len(data) - 4:  # nearly always
            self._answered(data[4:_HEAD_BYTES], data[_HEAD_BYTES:])
            return
        buffer += data
        start = 0
        while len(buffer) - start >= 4:
            (size,) = struct.unpack_from(">i", buffer, start)
            if not 4 <= size <= ANSWER_BYTES_MAX:
                self._fail(BrokerError("what answers there is no Kafka broker"))
                return
            if len(buffer) - start - 4 < size:
                break
            head = start + _HEAD_BYTES
            self._answered(bytes(buffer[start + 4 : head]), bytes(buffer[head : start + 4 + size]))
            start += 4 + size
        if start:
            del buffer[:start]

    def connection_lost(self, exc: Exception | None) -> None:
        self._fail(exc or ConnectionError("the broker closed the connection"))

    def _answered(self, correlation: bytes, body: bytes) -> None:
        if not self._waiting or self._waiting[0][0] != int.from_bytes(correlation, "big"):
            self._fail(BrokerError("the broker's answers are out of order"))
            return
        answer = self._waiting.popleft()[1]
        if not answer.done():
            answer.set_result(body)

    def _fail(self, error: Exception) -> None:
        transport, self._transport = self._transport, None
        if transport is not None:
            transport.abort()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        while self._waiting:
            answer = self._waiting.popleft()[1]
            if not answer.done():
                answer.set_exception(error)
                answer.exception()  # it may be that nobody waits any more; that is no fault


async def connect(settings: BrokerSettings, host: str, port: int) -> Connection:
    """A connection that is signed in. Raises ``OSError``."""
    async with asyncio.timeout(CONNECT_SECONDS_MAX):
        _, connection = await asyncio.get_running_loop().create_connection(
            lambda: Connection(settings.client_id), host, port, ssl=tls_context(settings)
        )
        try:
            await _sign_in(connection, settings)
        except BaseException:
            connection.close()
            raise
    return connection


async def _sign_in(connection: Connection, settings: BrokerSettings) -> None:
    signed = await sasl_token(settings)
    if signed is None:
        return
    mechanism, token = signed
    wire.sasl_handshake_answer(await connection.request(Api.SASL_HANDSHAKE, wire.sasl_handshake(mechanism), CONNECT_SECONDS_MAX))
    wire.sasl_authenticate_answer(await connection.request(Api.SASL_AUTHENTICATE, wire.sasl_bearer(token), CONNECT_SECONDS_MAX))


async def connect_to_leader(settings: BrokerSettings, topic: str, partition: int) -> Connection:
    """A connection to the broker that leads a partition. Raises ``OSError``, also for a topic that does not exist."""
    failure: OSError = BrokerError("no broker is named")
    for address in settings.servers.split(","):
        host, _, port = address.strip().rpartition(":")
        try:
            first = await connect(settings, host, int(port))
        except OSError as error:
            failure = error
            continue
        try:
            answer = await first.request(Api.METADATA, wire.metadata(topic), CONNECT_SECONDS_MAX)
        finally:
            first.close()
        leader = wire.leader_answer(answer, partition)
        if leader is None:
            raise BrokerError(f"the topic {topic} does not exist yet")
        return await connect(settings, *leader)
    raise failure
