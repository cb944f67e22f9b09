"""A patient client asks again where nothing can happen twice, and only there."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from mycrypto_local import client
from mycrypto_local.client import Api, ApiError

Answer = Callable[[web.Request, int], Awaitable[web.StreamResponse]]


@asynccontextmanager
async def served(answer: Answer) -> AsyncIterator[tuple[Api, list[str]]]:
    """A client with a second of patience, and the methods of the requests that its server has seen."""
    seen: list[str] = []

    async def handler(request: web.Request) -> web.StreamResponse:
        seen.append(request.method)
        return await answer(request, len(seen))

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handler)
    async with TestServer(app, host="127.0.0.1") as server, Api(str(server.make_url("")), patience_seconds=1) as api:
        yield api, seen


async def silent_once(_request: web.Request, number: int) -> web.StreamResponse:
    if number == 1:
        await asyncio.sleep(1)
    return web.json_response({"number": number})


async def broken_off_once(request: web.Request, number: int) -> web.StreamResponse:
    if number == 1 and request.transport is not None:
        request.transport.close()
    return web.json_response({"number": number})


async def unknown_once(_request: web.Request, number: int) -> web.StreamResponse:
    return web.json_response({"number": number}, status=504 if number == 1 else 200)


async def away_once(_request: web.Request, number: int) -> web.StreamResponse:
    return web.json_response({"number": number}, status=503 if number == 1 else 200)


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "REQUEST_SECONDS_MAX", 0.2)
    monkeypatch.setattr(client, "RETRY_SECONDS", 0.01)


@pytest.mark.parametrize("answer", [silent_once, broken_off_once, unknown_once, away_once])
def test_what_may_be_repeated_is_asked_again(answer: Answer) -> None:
    async def run() -> None:
        async with served(answer) as (api, seen):
            assert await api.request("POST", "/api/auth/login", {}, repeatable=True) == {"number": 2}
            assert seen == ["POST", "POST"]

    asyncio.run(run())


@pytest.mark.parametrize("answer", [silent_once, broken_off_once, unknown_once])
def test_an_unknown_outcome_of_anything_else_is_the_callers(answer: Answer) -> None:
    async def run() -> None:
        async with served(answer) as (api, seen):
            with pytest.raises((ApiError, aiohttp.ClientError, TimeoutError)):
                await api.request("POST", "/api/v1/orders", {"symbol": "BTC/TRY"})
            assert seen == ["POST"]

    asyncio.run(run())


def test_without_patience_nothing_is_repeated() -> None:
    async def run() -> None:
        async with served(away_once) as (api, seen):
            api.patience_seconds = 0
            with pytest.raises(ApiError):
                await api.request("GET", "/api/v1/symbols")
            assert seen == ["GET"]

    asyncio.run(run())
