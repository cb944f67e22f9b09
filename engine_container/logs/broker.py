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

_Waiting = tuple[int, asyncio.Future[bytes], asyncio.TimerHandle]


class Connection(asyncio.Protocol):
    """Made by :func:`connect`; sends without delay (the event loop switches Nagle's algorithm off)."""

    def __init__(self, client_id: str) -> None:
        self._loop = asyncio.get_running_loop()
        self._headers = {api: wire.header(api, client_id) for api in Api}
        self._transport: asyncio.Transport | None = None
        self._waiting: deque[_Waiting] = deque()
        self._buffer = bytearray()
        self._correlation = 0

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
        timer = self._loop.call_later(seconds_max, self._fail, TimeoutError(f"no answer to {api.name} in {seconds_max} s"))
        self._waiting.append((correlation, answer, timer))
        return answer

    def close(self) -> None:
        self._fail(ConnectionError("the connection to the broker was closed"))

    # what the event loop calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        buffer = self._buffer
        buffer += data
        start = 0
        while len(buffer) - start >= 4:
            (size,) = struct.unpack_from(">i", buffer, start)
            if not 4 <= size <= ANSWER_BYTES_MAX:
                self._fail(BrokerError("what answers there is no Kafka broker"))
                return
            if len(buffer) - start - 4 < size:
                break
            self._answered(bytes(buffer[start + 4 : start + 4 + size]))
            start += 4 + size
        if start:
            del buffer[:start]

    def connection_lost(self, exc: Exception | None) -> None:
        self._fail(exc or ConnectionError("the broker closed the connection"))

    def _answered(self, frame: bytes) -> None:
        if not self._waiting or self._waiting[0][0] != int.from_bytes(frame[:4], "big"):
            self._fail(BrokerError("the broker's answers are out of order"))
            return
        _, answer, timer = self._waiting.popleft()
        timer.cancel()
        if not answer.done():
            answer.set_result(frame[4:])

    def _fail(self, error: Exception) -> None:
        transport, self._transport = self._transport, None
        if transport is not None:
            transport.abort()
        while self._waiting:
            _, answer, timer = self._waiting.popleft()
            timer.cancel()
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
