"""The fast path for whole requests and the library's way for everything else, on a real server and with raw bytes."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
import uvicorn
from starlette.routing import Route, Router
from starlette.types import ASGIApp, Receive, Scope, Send

from engine_container.web.by_port import ByPort
from engine_container.web.call import Call, Reply
from engine_container.web.edge import Edge, Endpoint, Respond, unknown_route
from engine_container.web.fast_path import http_protocol
from engine_container.web.fast_path.http_protocol import FastHttpProtocol
from mycrypto_local.front_door import FrontDoor
from mycrypto_local.ports import any_free

BODY = b'{"a":1}'


class App:
    """Says back what came and which way: ``begun`` for the short one. Bodies that say ``wait`` are answered when ``release`` is called."""

    def __init__(self) -> None:
        self.begins = frozenset({(b"POST", b"/quick")})
        self.willing = True
        self.waiting: list[Callable[[], None]] = []
        self.arrived = asyncio.Event()
        self.gate = asyncio.Event()

    def begin(self, scope: Scope, body: bytes, respond: Respond) -> bool:
        if not self.willing:
            return False

        def answer() -> None:
            said = b"begun %b %b %b" % (scope["method"].encode(), dict(scope["headers"]).get(b"x-mark", b"-"), body)
            respond(200, [(b"content-length", b"%d" % len(said))], said)

        if b"wait" in body:
            self.waiting.append(answer)
            self.arrived.set()
        else:
            answer()
        return True

    def release(self) -> None:
        for answer in self.waiting:
            answer()
        self.waiting.clear()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = b""
        while (message := await receive())["type"] == "http.request":
            body += message["body"]
            if not message["more_body"]:
                break
        if b"slow" in body:
            self.arrived.set()
            await self.gate.wait()
        said = b"served %b %b" % (scope["method"].encode(), body)
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(said))]})
        await send({"type": "http.response.body", "body": said})


@asynccontextmanager
async def served(app: ASGIApp) -> AsyncIterator[tuple[int, uvicorn.Server]]:
    (port,) = any_free(1)
    server = uvicorn.Server(
        uvicorn.Config(
            app, port=port, http=FastHttpProtocol, lifespan="off", log_config=None, timeout_graceful_shutdown=5, proxy_headers=False
        )
    )
    server.config.load()
    server.lifespan = server.config.lifespan_class(server.config)
    await server.startup()
    try:
        yield port, server
    finally:
        if isinstance(app, App):
            app.release()
            app.gate.set()
        await server.shutdown()


class Raw:
    """A client that sends exactly these bytes."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def answer(self) -> bytes:
        """The body of the next answer."""
        head = await asyncio.wait_for(self.reader.readuntil(b"\r\n\r\n"), 5)
        length = next(int(line.partition(b":")[2]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length"))
        return await asyncio.wait_for(self.reader.readexactly(length), 5)

    async def end(self) -> bytes:
        """What still comes until the server closes the connection."""
        return await asyncio.wait_for(self.reader.read(), 5)


def request(*fields: str, method: str = "POST", path: str = "/quick", version: str = "1.1", body: bytes = BODY) -> bytes:
    given = "".join(f"{field}\r\n" for field in ("Host: x", *fields, *([f"Content-Length: {len(body)}"] if body else [])))
    return f"{method} {path} HTTP/{version}\r\n{given}\r\n".encode("latin-1") + body


def talk(conversation: Callable[[App, Raw, uvicorn.Server], Awaitable[None]]) -> None:
    async def run() -> None:
        app = App()
        async with served(app) as (port, server):
            raw = Raw(*await asyncio.open_connection("127.0.0.1", port))
            try:
                await conversation(app, raw, server)
            finally:
                raw.writer.close()

    asyncio.run(run())


def test_a_whole_request_goes_the_short_way_and_the_connection_stays_open() -> None:
    async def conversation(_: App, raw: Raw, __: uvicorn.Server) -> None:
        for mark in ("one", "two"):
            raw.writer.write(request(f"X-Mark:  {mark} ", "connection: Keep-Alive"))
            assert await raw.answer() == b"begun POST %b %b" % (mark.encode(), BODY)

    talk(conversation)


def test_a_request_whose_body_comes_later_is_begun_when_it_is_whole() -> None:
    async def conversation(_: App, raw: Raw, __: uvicorn.Server) -> None:
        whole = request()
        for size in (len(whole) - 3, whole.index(b"\r\n\r\n") + 4):
            raw.writer.write(whole[:size])
            await raw.writer.drain()
            await asyncio.sleep(0.02)
            raw.writer.write(whole[size:])
            assert await raw.answer() == b"begun POST - " + BODY

    talk(conversation)


@pytest.mark.parametrize(
    "unusual",
    [
        pytest.param(request(path="/other"), id="another path"),
        pytest.param(request(path="/quick?a=1"), id="a query"),
        pytest.param(request(method="PUT"), id="another method"),
        pytest.param(request("Content-Length: 7"), id="two lengths"),
        pytest.param(request("Expect: 100-continue"), id="expect"),
        pytest.param(request("X-Name: \xe9"), id="beyond ASCII"),
        pytest.param(request("Transfer-Encoding: chunked", body=b"") + b"7\r\n" + BODY + b"\r\n0\r\n\r\n", id="chunks"),
    ],
)
def test_what_is_unusual_is_the_librarys_and_the_next_request_ours_again(unusual: bytes) -> None:
    async def conversation(_: App, raw: Raw, __: uvicorn.Server) -> None:
        raw.writer.write(unusual)
        if b"Expect" in unusual:
            assert b" 100 " in await raw.reader.readuntil(b"\r\n\r\n")
        if b"7\r\nX" in unusual or unusual.count(b"Content-Length") == 2:
            assert b" 400 " in await raw.end()
            return
        assert await raw.answer() == b"served %b %b" % (unusual.split()[0], BODY)
        raw.writer.write(request())
        assert await raw.answer() == b"begun POST - " + BODY

    talk(conversation)


@pytest.mark.parametrize("closing", [request("Connection: close"), request(version="1.0")], ids=["asked for", "version 1.0"])
def test_a_connection_that_is_to_be_closed_is_closed_by_the_library(closing: bytes) -> None:
    async def conversation(_: App, raw: Raw, __: uvicorn.Server) -> None:
        raw.writer.write(closing)
        assert (await raw.end()).endswith(b"served POST " + BODY)

    talk(conversation)


def test_a_request_that_comes_byte_by_byte_is_answered_all_the_same() -> None:
    async def conversation(_: App, raw: Raw, __: uvicorn.Server) -> None:
        for byte in request():
            raw.writer.write(bytes((byte,)))
            await raw.writer.drain()
            await asyncio.sleep(0)
        assert (await raw.answer()).endswith(BODY)
        raw.writer.write(request())
        assert await raw.answer() == b"begun POST - " + BODY

    talk(conversation)


def test_what_the_application_cannot_begin_goes_the_long_way() -> None:
    async def conversation(app: App, raw: Raw, _: uvicorn.Server) -> None:
        app.willing = False
        raw.writer.write(request())
        assert await raw.answer() == b"served POST " + BODY
        app.willing = True
        raw.writer.write(request())
        assert await raw.answer() == b"begun POST - " + BODY

    talk(conversation)


def test_requests_in_one_go_are_answered_in_their_order_whichever_way_they_take() -> None:
    async def conversation(app: App, raw: Raw, _: uvicorn.Server) -> None:
        requests = [request(body=b'{"n":%d}' % number, path="/other" if number in {150, 160} else "/quick") for number in range(200)]
        raw.writer.write(request(body=b"wait") + b"".join(requests))
        await app.arrived.wait()
        app.release()
        heard = [await raw.answer() for _ in range(201)]
        assert heard[0] == b"begun POST - wait"
        assert [body.split()[-1] for body in heard[1:]] == [b'{"n":%d}' % number for number in range(200)]
        assert {body.split()[0] for body in heard} == {b"begun", b"served"}

    talk(conversation)


@pytest.mark.parametrize("beginning", [b"GET /x HTTP/1.1\r\n", b"POST /quick HTTP/1.1\r\nHost: x\r\n"], ids=["library", "ours"])
@pytest.mark.parametrize("more", [b"X: y\r\n" * 11_000, b"X: " + b"y" * 66_000], ids=["many", "long"])
def test_a_head_without_end_is_refused_and_not_kept(beginning: bytes, more: bytes) -> None:
    async def conversation(_: App, raw: Raw, __: uvicorn.Server) -> None:
        raw.writer.write(beginning)
        raw.writer.write(more)
        heard = await raw.end()
        assert heard.startswith(b"HTTP/1.1 431 ")
        assert heard.endswith(b"are accepted.")

    talk(conversation)


def test_an_order_takes_the_fast_path_through_the_front_door_too() -> None:
    """The server asks the application that it was given: around the gateway that is the door."""

    async def run() -> None:
        app = App()
        door = FrontDoor(app, "http://emulator:4566", "/rest")
        assert door.begins == app.begins
        async with served(ByPort(door, {1: unknown_route})) as (port, _):  # as on one machine: the facade for Binance has a port of its own
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            raw = Raw(reader, writer)
            writer.write(request())
            assert await raw.answer() == b"begun POST - " + BODY
            writer.write(request(path="/other"))
            assert await raw.answer() == b"served POST " + BODY, "the rest of the gateway is behind it as well"
            writer.close()

    asyncio.run(run())


def test_who_sends_a_large_body_first_hears_then_why_it_is_refused() -> None:
    async def take(call: Call) -> Reply:
        return Reply({"bytes": len(await call.body())})

    async def run() -> None:
        route = Route("/bodies", Endpoint("/bodies", {"POST": take}), methods=["POST"])
        async with served(Edge(Router([route], default=unknown_route), logging.getLogger())) as (port, _):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            raw = Raw(reader, writer)
            writer.write(request(path="/bodies", body=b"x" * 1_000_000))
            await writer.drain()
            assert b"PAYLOAD_TOO_LARGE" in await raw.answer()
            writer.write(request(path="/bodies", body=b"x" * 10))
            assert await raw.answer() == b'{"bytes":10}', "the connection goes on"
            writer.write(request("Content-Length: 10000000", path="/bodies", body=b""))
            assert b"PAYLOAD_TOO_LARGE" in await raw.answer()
            assert await raw.end() == b"", "of a body without end nothing is read"
            writer.close()

    asyncio.run(run())


def test_a_stop_waits_for_the_answer_that_is_under_way_and_closes_behind_it() -> None:
    async def conversation(app: App, raw: Raw, server: uvicorn.Server) -> None:
        raw.writer.write(request(body=b"wait"))
        await app.arrived.wait()
        stopping = asyncio.create_task(server.shutdown())
        await asyncio.sleep(0.02)
        assert not stopping.done()
        app.release()
        assert (await raw.end()).endswith(b"begun POST - wait")
        await asyncio.wait_for(stopping, 5)

    talk(conversation)


def test_an_answer_for_a_client_that_has_gone_does_no_harm() -> None:
    async def conversation(app: App, raw: Raw, _: uvicorn.Server) -> None:
        raw.writer.write(request(body=b"wait"))
        await app.arrived.wait()
        raw.writer.transport.abort()
        await asyncio.sleep(0.02)
        app.release()

    talk(conversation)


@pytest.mark.parametrize(
    "beginning",
    [b"", b"POST /qu", request()[:-2], request(path="/other")[:40], request(path="/other")[:-2]],
    ids=["nothing", "a word", "our body", "another head", "another body"],
)
def test_a_connection_whose_request_does_not_come_is_closed(beginning: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_protocol, "REQUEST_SECONDS_MAX", 0.05)

    async def conversation(_: App, raw: Raw, __: uvicorn.Server) -> None:
        raw.writer.write(beginning)
        assert await raw.end() == b""

    talk(conversation)


@pytest.mark.parametrize(("path", "body"), [("/quick", b"wait"), ("/other", b"slow")])
def test_an_answer_may_take_longer_than_a_request(path: str, body: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_protocol, "REQUEST_SECONDS_MAX", 0.05)
    monkeypatch.setattr(http_protocol, "CHECK_SECONDS_MIN", 0.01)

    async def conversation(app: App, raw: Raw, _: uvicorn.Server) -> None:
        raw.writer.write(request(path=path, body=body))
        await app.arrived.wait()
        await asyncio.sleep(0.3)
        app.release()
        app.gate.set()
        assert (await raw.answer()).endswith(body)

    talk(conversation)


def test_a_connection_at_rest_is_closed_when_the_keep_alive_time_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_protocol, "REQUEST_SECONDS_MAX", 0.05)
    monkeypatch.setattr(http_protocol, "CHECK_SECONDS_MIN", 0.01)
    original = FastHttpProtocol.connection_made

    def short(self: FastHttpProtocol, transport: Any) -> None:
        self.timeout_keep_alive = 0.1  # type: ignore[assignment] # seconds; the library says int
        original(self, transport)

    monkeypatch.setattr(FastHttpProtocol, "connection_made", short)

    async def conversation(_: App, raw: Raw, __: uvicorn.Server) -> None:
        raw.writer.write(request())
        assert await raw.answer() == b"begun POST - " + BODY
        assert await raw.end() == b""

    talk(conversation)
