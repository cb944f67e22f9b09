"""The fast path for text frames and the library's way for everything else, on a real server with a real client and with raw bytes."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest
import uvicorn
import websockets
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from websockets.exceptions import ConnectionClosed

from engine_container.web.fast_path import websocket_protocol
from engine_container.web.fast_path.websocket_protocol import SEND_AT_ONCE, TAKE_AT_ONCE, WHEN_STOPPED, FastWebSocketProtocol, text_frame
from mycrypto_local.ports import any_free

HEAD = "GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n"
SIZE_MAX = 100_000


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """Says everything back; ``close`` closes."""
    await receive()
    await send({"type": "websocket.accept"})
    extensions: dict[str, Any] = scope["extensions"]

    def take(text: bytes) -> bool:
        return text.startswith(b"take ") and extensions[SEND_AT_ONCE](b"taken: " + text)

    extensions[TAKE_AT_ONCE](take)
    while (message := await receive())["type"] == "websocket.receive":
        if message.get("text") == "close":
            await send({"type": "websocket.close", "code": 4408, "reason": "as you wish"})
            return
        answer: Message = {"type": "websocket.send"}
        answer["text" if message.get("text") is not None else "bytes"] = message.get("text") or message.get("bytes") or ""
        await send(answer)


@asynccontextmanager
async def serving(app: ASGIApp) -> AsyncIterator[uvicorn.Server]:
    (port,) = any_free(1)
    server = uvicorn.Server(
        uvicorn.Config(
            app, port=port, ws=FastWebSocketProtocol, ws_max_size=SIZE_MAX, ws_per_message_deflate=False, lifespan="off", log_config=None
        )
    )
    server.config.load()
    server.lifespan = server.config.lifespan_class(server.config)
    await server.startup()
    try:
        yield server
    finally:
        await server.shutdown()


@asynccontextmanager
async def served() -> AsyncIterator[int]:
    async with serving(echo) as server:
        yield port_of(server)


def port_of(server: uvicorn.Server) -> int:
    return server.config.port


def frame(first: int, payload: bytes, mask: bytes = b"\x01\x02\x03\x04") -> bytes:
    length = len(payload)
    size = bytes((0x80 | length,)) if length < 126 else struct.pack(">BH", 0x80 | 126, length)
    return bytes((first,)) + size + mask + bytes(byte ^ mask[place % 4] for place, byte in enumerate(payload))


class Raw:
    """A client that sends exactly these bytes."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    @classmethod
    async def connect(cls, port: int) -> Raw:
        raw = cls(*await asyncio.open_connection("127.0.0.1", port))
        raw.writer.write(HEAD.encode())
        assert b" 101 " in await raw.reader.readuntil(b"\r\n\r\n")
        return raw

    async def close(self) -> None:
        self.writer.close()
        await self.writer.wait_closed()

    async def next(self) -> tuple[int, bytes]:
        first, length = await self.reader.readexactly(2)
        if length == 126:
            (length,) = struct.unpack(">H", await self.reader.readexactly(2))
        return first, await self.reader.readexactly(length)


@pytest.mark.parametrize("size", [0, 1, 125, 126, 65_535, 65_536, SIZE_MAX])
def test_texts_of_every_length_come_back(size: int) -> None:
    async def run() -> None:
        async with served() as port, websockets.connect(f"ws://127.0.0.1:{port}", compression=None, max_size=None) as client:
            for text in ("x" * size, "ş" * (size // 2)):
                await client.send(text)
                assert await client.recv() == text

    asyncio.run(run())


def test_many_at_once_keep_their_order_and_wait_for_a_slow_application() -> None:
    async def run() -> None:
        async with served() as port, websockets.connect(f"ws://127.0.0.1:{port}", compression=None, max_queue=None) as client:
            for number in range(2_000):
                await client.send(str(number))
            assert [await client.recv() for _ in range(2_000)] == [str(number) for number in range(2_000)]

    asyncio.run(run())


def test_binary_ping_and_fragments_go_the_librarys_way() -> None:
    async def run() -> None:
        async with served() as port, websockets.connect(f"ws://127.0.0.1:{port}", compression=None) as client:
            await client.send(b"\x00\xff")
            assert await client.recv() == b"\x00\xff"
            await (await client.ping())
            await client.send(["in ", "three ", "parts"])
            assert await client.recv() == "in three parts"
            await client.send("and whole again")
            assert await client.recv() == "and whole again"

    asyncio.run(run())


def test_frames_that_arrive_byte_by_byte() -> None:
    async def run() -> None:
        async with served() as port:
            raw = await Raw.connect(port)
            for byte in frame(0x81, b"slow") + frame(0x89, b"ping") + frame(0x81, b"x" * 300):
                raw.writer.write(bytes((byte,)))
                await asyncio.sleep(0)
            assert [await raw.next() for _ in range(3)] == [(0x81, b"slow"), (0x8A, b"ping"), (0x81, b"x" * 300)]
            await raw.close()

    asyncio.run(run())


def test_a_ping_between_fragments_and_a_text_after_them() -> None:
    async def run() -> None:
        async with served() as port:
            raw = await Raw.connect(port)
            raw.writer.write(frame(0x01, b"a") + frame(0x89, b"p") + frame(0x80, b"b") + frame(0x81, b"c"))
            assert [await raw.next() for _ in range(3)] == [(0x8A, b"p"), (0x81, b"ab"), (0x81, b"c")]
            await raw.close()

    asyncio.run(run())


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (frame(0x81, b"\xff\xfe"), 1007),
        (frame(0x01, b"a") + frame(0x81, b"b"), 1002),
        (b"\x81\x02ab", 1002),
        (b"\x81\xff" + struct.pack(">Q", SIZE_MAX + 1) + b"\x00\x00\x00\x00", 1009),
        (frame(0xC1, b"reserved bit"), 1002),
    ],
    ids=["not UTF-8", "a text between fragments", "not masked", "too long", "reserved bit"],
)
def test_what_breaks_the_protocol_closes_with_its_code(sent: bytes, code: int) -> None:
    async def run() -> None:
        async with served() as port:
            raw = await Raw.connect(port)
            raw.writer.write(sent)
            first, payload = await raw.next()
            assert (first, int.from_bytes(payload[:2], "big")) == (0x88, code)
            await raw.close()

    asyncio.run(run())


def test_closing_from_either_side() -> None:
    async def run() -> None:
        async with served() as port:
            async with websockets.connect(f"ws://127.0.0.1:{port}", compression=None) as client:
                await client.send("close")
                with pytest.raises(ConnectionClosed) as closed:
                    await client.recv()
            assert closed.value.rcvd is not None
            assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (4408, "as you wish")
            async with websockets.connect(f"ws://127.0.0.1:{port}", compression=None) as client:
                await client.close(1000, "done")
            assert client.close_code == 1000

    asyncio.run(run())


def test_frames_as_they_go_out() -> None:
    assert text_frame("ş") == b"\x81\x02\xc5\x9f"
    assert text_frame("x" * 126)[:4] == b"\x81\x7e\x00\x7e"
    assert text_frame("x" * 65_536)[:10] == b"\x81\x7f" + struct.pack(">Q", 65_536)


def test_what_the_application_takes_at_once_is_answered_in_order_with_what_it_receives() -> None:
    async def run() -> None:
        async with served() as port:
            raw = await Raw.connect(port)
            await talk(raw)
            await raw.close()

    async def talk(raw: Raw) -> None:
        for text in (b"take 1", b"one", b"take 2", b"two", b"take " + b"x" * 200):
            raw.writer.write(frame(0x81, text))
            await raw.writer.drain()
            _, said = await raw.next()
            assert said == (b"taken: " + text if text.startswith(b"take") else text)
        raw.writer.write(b"".join(frame(0x81, b"take %d" % number) for number in range(300)))
        assert [await raw.next() for _ in range(300)] == [(0x81, b"taken: take %d" % number) for number in range(300)]

    asyncio.run(run())


def test_who_reads_nothing_cannot_keep_a_closed_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(websocket_protocol, "UNREAD_SECONDS_MAX", 0.2)

    async def flood(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        with suppress(TimeoutError):
            async with asyncio.timeout(0.5):
                while True:
                    await send({"type": "websocket.send", "text": "x" * 50_000})
        async with asyncio.timeout(1):
            await send({"type": "websocket.close", "code": 4430, "reason": "too slow"})

    async def scenario() -> int:
        async with serving(flood) as server:
            raw = await Raw.connect(port_of(server))
            raw.reader._transport.pause_reading()  # type: ignore[attr-defined] # what a client does that takes nothing
            for _ in range(100):
                await asyncio.sleep(0.05)
                if not server.server_state.connections:
                    break
            left = len(server.server_state.connections)
            raw.writer.transport.abort()
            return left

    assert asyncio.run(scenario()) == 0


def test_a_server_that_stops_lets_the_application_finish_and_say_why() -> None:
    async def slow(scope: Scope, receive: Receive, send: Send) -> None:
        stopped = asyncio.Event()
        await receive()
        scope["extensions"][WHEN_STOPPED](stopped.set)
        await send({"type": "websocket.accept"})
        await send({"type": "websocket.send", "text": (await receive())["text"]})
        await stopped.wait()
        await send({"type": "websocket.send", "text": "what was under way"})
        await send({"type": "websocket.close", "code": 1012, "reason": "come back later"})

    async def scenario() -> list[object]:
        async with serving(slow) as server, websockets.connect(f"ws://127.0.0.1:{port_of(server)}") as client:
            await client.send("hello")
            heard: list[object] = [await client.recv()]
            stopping = asyncio.create_task(server.shutdown())
            heard.append(await client.recv())
            with pytest.raises(ConnectionClosed):
                await client.recv()
            await stopping
            return [*heard, client.close_code, client.close_reason]

    assert asyncio.run(scenario()) == ["hello", "what was under way", 1012, "come back later"]


def test_a_refused_handshake_is_no_error_of_ours(caplog: pytest.LogCaptureFixture) -> None:
    async def refuse(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.http.response.start", "status": 404, "headers": [(b"content-type", b"text/plain")]})
        await send({"type": "websocket.http.response.body", "body": b"no"})

    async def scenario() -> tuple[int, bytes]:
        async with serving(refuse) as server:
            with pytest.raises(websockets.InvalidStatus) as refused:
                await websockets.connect(f"ws://127.0.0.1:{port_of(server)}")
            return refused.value.response.status_code, bytes(refused.value.response.body)

    assert asyncio.run(scenario()) == (404, b"no")
    assert not [record for record in caplog.records if record.levelname == "ERROR"]
