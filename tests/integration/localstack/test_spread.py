"""The front door before several gateways over real connections: sockets are joined to one of them, and a gateway that breaks off costs no read."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import Literal

import httpx
import pytest
import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from engine_container.web.by_port import ByPort
from engine_container.web.fast_path.http_protocol import FastHttpProtocol
from engine_container.web.fast_path.websocket_protocol import FastWebSocketProtocol
from mycrypto_local.ports import any_free
from mycrypto_local.spread.app import create_apps


class Gateway:
    """One that answers with its name, and is ready when it is told to be."""

    def __init__(self, name: str) -> None:
        self.name = name

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await self._socket(scope, receive, send)
            return
        body = f"{self.name} {dict(scope['headers']).get(b'x-forwarded-for', b'').decode()}".encode()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", str(len(body)).encode())]})
        await send({"type": "http.response.body", "body": body})

    async def _socket(self, scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        if scope["path"] == "/ws/closed":
            headers = [(b"content-type", b"application/problem+json")]
            await send({"type": "websocket.http.response.start", "status": 401, "headers": headers})
            await send({"type": "websocket.http.response.body", "body": b'{"code": "UNAUTHORIZED"}'})
            return
        await send({"type": "websocket.accept"})
        await send({"type": "websocket.send", "text": self.name})
        while (message := await receive())["type"] == "websocket.receive":
            if message.get("text") == "leave":
                await send({"type": "websocket.close", "code": 4408, "reason": "nothing was said"})
                return
            await send(
                {"type": "websocket.send", "text": message["text"]} if message.get("text") else {"type": "websocket.send", "bytes": b"\x01"}
            )


@asynccontextmanager
async def serving(app: ASGIApp, *ports: int, lifespan: Literal["on", "off"] = "off") -> AsyncIterator[uvicorn.Server]:
    config = uvicorn.Config(
        app,
        port=ports[0],
        http=FastHttpProtocol,
        ws=FastWebSocketProtocol,
        lifespan=lifespan,
        log_config=None,
        proxy_headers=False,
        timeout_graceful_shutdown=1,
    )
    server = uvicorn.Server(config)
    sockets = []
    for port in ports:
        config.port = port
        sockets.append(config.bind_socket())
    for each in sockets:
        each.listen()  # who comes before the server runs waits in the socket's queue
    running = asyncio.create_task(server.serve(sockets))
    try:
        yield server
    finally:
        server.should_exit = True
        await running


async def break_off(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Ready to every probe, and gone in the middle of everything else."""
    with suppress(ConnectionError, asyncio.IncompleteReadError):
        head = await reader.readuntil(b"\r\n\r\n")
        if head.startswith(b"GET /ready"):
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
    writer.close()
    with suppress(ConnectionError):
        await writer.wait_closed()


Play = Callable[[str, list[uvicorn.Server], list[int]], Awaitable[None]]


def play(story: Play, *, breaking: bool = False) -> None:
    async def run() -> None:
        first, second, third, fourth, door, binance = any_free(6)
        async with AsyncExitStack() as stack:
            servers = [await stack.enter_async_context(serving(Gateway("two"), second, fourth))]
            if breaking:
                listener = await asyncio.start_server(break_off, "127.0.0.1", first)
                stack.push_async_callback(listener.wait_closed)
                stack.callback(listener.close)
            else:
                servers.append(await stack.enter_async_context(serving(Gateway("one"), first, third)))
            spread, beside = create_apps(
                [f"http://127.0.0.1:{port}" for port in (first, second)], [f"http://127.0.0.1:{port}" for port in (third, fourth)], binance
            )
            await stack.enter_async_context(serving(ByPort(spread, beside), door, binance, lifespan="on"))
            async with httpx.AsyncClient(trust_env=False) as client:
                checks: dict[str, str] = {}
                while set(checks.values()) != {"ok"}:
                    checks = (await client.get(f"http://127.0.0.1:{door}/ready")).json()["checks"]
                    await asyncio.sleep(0.02)
            await story(f"127.0.0.1:{door}", servers, [binance])

    asyncio.run(run())


def test_both_gateways_answer_and_hear_who_asked() -> None:
    async def story(door: str, _servers: list[uvicorn.Server], more: list[int]) -> None:
        async with httpx.AsyncClient(trust_env=False) as client:
            for address in (door, f"127.0.0.1:{more[0]}"):
                texts = {
                    (await client.get(f"http://{address}/api/v1/markets", headers={"X-Forwarded-For": "198.51.100.9"})).text
                    for _ in range(4)
                }
                assert texts == {"one 127.0.0.1", "two 127.0.0.1"}

    play(story)


def test_a_gateway_that_breaks_off_costs_no_read_and_no_change_is_repeated() -> None:
    async def story(door: str, _servers: list[uvicorn.Server], _more: list[int]) -> None:
        async with httpx.AsyncClient(trust_env=False) as client:
            assert {(await client.get(f"http://{door}/api/v1/markets")).text for _ in range(6)} == {"two 127.0.0.1"}
            answers = [await client.post(f"http://{door}/api/v1/orders", content=b"{}") for _ in range(20)]
            unknown = [answer for answer in answers if answer.status_code != 200]
            assert all(answer.json()["code"] == "OUTCOME_UNKNOWN" for answer in unknown)
            assert {answer.text for answer in answers if answer.status_code == 200} == {"two 127.0.0.1"}

    play(story, breaking=True)


def test_a_socket_is_joined_to_a_gateway_and_hears_how_it_ends() -> None:
    async def story(door: str, _servers: list[uvicorn.Server], _more: list[int]) -> None:
        heard = set()
        for _ in range(2):
            async with connect(f"ws://{door}/ws?a=b", proxy=None) as socket:
                heard.add(await socket.recv())
                await socket.send("hello")
                assert await socket.recv() == "hello"
                await socket.send(b"\x00")
                assert await socket.recv() == b"\x01"
                await socket.send("leave")
                with pytest.raises(ConnectionClosed):
                    await socket.recv()
                assert (socket.close_code, socket.close_reason) == (4408, "nothing was said")
        assert heard == {"one", "two"}

    play(story)


def test_a_refused_handshake_is_answered_with_the_gateways_own_words() -> None:
    async def story(door: str, _servers: list[uvicorn.Server], _more: list[int]) -> None:
        with pytest.raises(InvalidStatus) as refused:
            await connect(f"ws://{door}/ws/closed", proxy=None)
        assert refused.value.response.status_code == 401
        assert refused.value.response.body == b'{"code": "UNAUTHORIZED"}'

    play(story)


def test_a_socket_whose_gateway_dies_is_told_to_connect_again_and_meets_the_other() -> None:
    async def story(door: str, _servers: list[uvicorn.Server], _more: list[int]) -> None:
        for _ in range(2):  # whichever comes first, the gateway that breaks off is never met
            async with connect(f"ws://{door}/ws", proxy=None) as socket:
                assert await socket.recv() == "two"

    play(story, breaking=True)

    async def dying(door: str, servers: list[uvicorn.Server], _more: list[int]) -> None:
        async with connect(f"ws://{door}/ws", proxy=None) as socket:
            name = await socket.recv()
            dead = servers[0 if name == "two" else 1]
            for connection in list(dead.server_state.connections):
                connection.transport.abort()
            with pytest.raises(ConnectionClosed):
                await socket.recv()
            assert socket.close_code == 1012

    play(dying)
