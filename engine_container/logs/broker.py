"""One connection to a broker. Requests are answered in their order; whatever goes wrong ends the connection and every request on it."""

from __future__ import annotations

import asyncio
import struct
from collections import deque
from typing import Final, cast

from engine_container.logs import wire
from engine_container.logs.connection import BrokerSettings, sasl_message, tls_context
from engine_container.logs.pace import pace
from engine_container.logs.wire import Api, BrokerError

CONNECT_SECONDS_MAX: Final = 4
ANSWER_BYTES_MAX: Final = 64 * 1024 * 1024
RENEWED_AT: Final = 0.8
"""Of a session's life: then the connection signs in again, because the broker closes it at the first request after the end."""
_HEAD_BYTES: Final = 8
"""Length and correlation id."""

_Waiting = tuple[int, asyncio.Future[bytes], float, Api]
"""Correlation id, answer, and until when it must have come, to which request."""
_Held = tuple[Api, bytes, float, asyncio.Future[bytes]]
"""A request that is sent when the connection has signed in again."""
Address = tuple[str, int]
"""Host and port."""


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
        self._signing_in = False
        self._held: list[_Held] = []
        self._renewal: asyncio.TimerHandle | None = None
        self._renewing: asyncio.Task[None] | None = None

    @property
    def is_open(self) -> bool:
        return self._transport is not None

    def request(self, api: Api, body: bytes, seconds_max: float) -> asyncio.Future[bytes]:
        """The answer without its correlation id. Fails with ``OSError`` (a time-out is a ``TimeoutError``, which is one)."""
        if self._transport is None:
            raise ConnectionError("the connection to the broker is closed")
        answer: asyncio.Future[bytes] = self._loop.create_future()
        if self._signing_in:
            self._held.append((api, body, seconds_max, answer))
        else:
            self._send(api, body, seconds_max, answer)
        return answer

    def _send(self, api: Api, body: bytes, seconds_max: float, answer: asyncio.Future[bytes]) -> None:
        if self._transport is None:
            raise ConnectionError("the connection to the broker is closed")
        self._correlation = correlation = (self._correlation + 1) & 0x7FFFFFFF
        before, after = self._headers[api]
        head = struct.pack(">i", len(before) + 4 + len(after) + len(body)) + before + struct.pack(">i", correlation) + after
        self._transport.write(head + body)
        deadline = self._loop.time() + seconds_max
        self._waiting.append((correlation, answer, deadline, api))
        if self._timer is None:
            self._timer = self._loop.call_at(deadline, self._check_time)

    async def sign_in(self, settings: BrokerSettings) -> None:
        """Sign in, and again before the session ends. Other requests wait meanwhile: the broker takes none between the two of a sign-in.

        Raises ``OSError``.
        """
        signed = await sasl_message(settings)  # before anything waits: it may take a while
        if signed is None:
            return
        mechanism, message = signed
        self._signing_in = True
        wire.sasl_handshake_answer(await self._ask(Api.SASL_HANDSHAKE, wire.sasl_handshake(mechanism)))
        life = wire.sasl_authenticate_answer(await self._ask(Api.SASL_AUTHENTICATE, wire.sasl_authenticate(message)))
        self._signing_in = False
        held, self._held = self._held, []
        for request in held:
            self._send(*request)
        if life > 0 and self.is_open:
            self._renewal = self._loop.call_later(life * RENEWED_AT, self._renew, settings)

    async def _ask(self, api: Api, body: bytes) -> bytes:
        answer: asyncio.Future[bytes] = self._loop.create_future()
        self._send(api, body, CONNECT_SECONDS_MAX, answer)
        return await answer

    def _renew(self, settings: BrokerSettings) -> None:
        async def renewed() -> None:
            try:
                await self.sign_in(settings)
            except OSError as error:
                self._fail(error)

        self._renewing = self._loop.create_task(renewed())

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
        if self._renewal is not None:
            self._renewal.cancel()
        ended = [answer for _, answer, _, _ in self._waiting] + [answer for *_, answer in self._held]
        self._waiting.clear()
        self._held.clear()
        for answer in ended:
            if not answer.done():
                answer.set_exception(error)
                answer.exception()  # marks it as seen: a caller that no longer waits is no fault


async def connect(settings: BrokerSettings, host: str, port: int) -> Connection:
    """A connection that is signed in. Raises ``OSError``."""
    if settings.auth == "iam":
        await pace(host, port)
    async with asyncio.timeout(CONNECT_SECONDS_MAX):
        _, connection = await asyncio.get_running_loop().create_connection(
            lambda: Connection(settings.client_id), host, port, ssl=tls_context(settings)
        )
        try:
            await connection.sign_in(settings)
        except BaseException:
            connection.close()
            raise
    return connection


async def connect_to_leader(settings: BrokerSettings, topic: str, partition: int) -> tuple[Connection, Address]:
    """A connection to the broker that leads a partition, and its address. Raises ``OSError``, also for a topic that does not exist."""
    failure: OSError = BrokerError("no broker is named")
    for named in settings.servers.split(","):
        host, _, port = named.strip().rpartition(":")
        address = host, int(port)
        try:
            first = await connect(settings, *address)
        except OSError as error:
            failure = error
            continue
        leader: Address | None = None
        try:
            leader = wire.leader_answer(await first.request(Api.METADATA, wire.metadata(topic), CONNECT_SECONDS_MAX), partition)
        finally:
            if leader != address:
                first.close()
        if leader is None:
            raise BrokerError(f"the topic {topic} does not exist yet")
        return (first if leader == address else await connect(settings, *leader)), leader
    raise failure
