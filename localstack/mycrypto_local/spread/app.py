"""The gateways as one ASGI application, for the front door to stand before; and the same for the port of the Binance-compatible API."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Final

import msgspec
from starlette.types import ASGIApp, Receive, Scope, Send

from engine_container.gateway.binance.errors import of_problem
from engine_container.web.fast_path.uuid7 import new_uuid_bytes
from mycrypto.errors import PROBLEM_MEDIA_TYPE, ProblemError
from mycrypto.ids import uuid_text
from mycrypto_local.spread.fleet import Fleet, Member
from mycrypto_local.spread.requests import Requests, send_answer
from mycrypto_local.spread.sockets import Sockets

PROBES: Final = frozenset({b"/health", b"/ready"})
Headers = list[tuple[bytes, bytes]]
Refuse = Callable[[ProblemError, Scope], tuple[int, Headers, bytes]]


def problem_document(problem: ProblemError, scope: Scope) -> tuple[int, Headers, bytes]:
    """A refusal as our own API words it."""
    trace_id = uuid_text(new_uuid_bytes())
    headers = [(b"content-type", PROBLEM_MEDIA_TYPE.encode()), (b"x-request-id", trace_id.encode())]
    headers += [(name.lower().encode(), value.encode()) for name, value in problem.headers.items()]
    return problem.kind.status, headers, msgspec.json.encode(problem.body(instance=scope["path"], trace_id=trace_id))


def binance_document(problem: ProblemError, scope: Scope) -> tuple[int, Headers, bytes]:  # noqa: ARG001 -- a Refuse
    """A refusal in Binance's words."""
    refused = of_problem(problem)
    return refused.status, [(b"content-type", b"application/json;charset=UTF-8")], msgspec.json.encode(refused.body())


class Spread:
    """What comes to one port of the door goes to that port of a gateway."""

    def __init__(self, fleet: Fleet, place: int, refuse: Refuse) -> None:
        self._fleet = fleet
        self._refuse = refuse
        self._requests = Requests(fleet, place)
        self._sockets = Sockets(fleet, place)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "websocket":
            await self._sockets(scope, receive, send)
        elif scope["raw_path"].split(b"?", 1)[0] in PROBES:
            await self._say(send)
        else:
            try:
                await self._requests(scope, receive, send)
            except ProblemError as problem:
                await send_answer(send, *self._refuse(problem, scope))

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        watching = asyncio.create_task(self._fleet.watch())
        await send({"type": "lifespan.startup.complete"})
        await receive()
        watching.cancel()
        with suppress(asyncio.CancelledError):
            await watching
        await self._fleet.close()
        await send({"type": "lifespan.shutdown.complete"})

    async def _say(self, send: Send) -> None:
        """Whether any gateway serves, and which."""
        states = {member.name: "ok" if member.serves else "away" for member in self._fleet.members}
        ready = "ok" in states.values()
        body = msgspec.json.encode({"status": "ok" if ready else "unavailable", "checks": states})
        await send_answer(send, 200 if ready else 503, [(b"content-type", b"application/json"), (b"cache-control", b"no-store")], body)


def create_apps(gateways: Sequence[str], binance: Sequence[str], binance_port: int) -> tuple[Spread, dict[int, ASGIApp]]:
    """The application for the door, and what is beside it, by port. ``gateways`` and ``binance`` are the addresses of the same processes."""
    places = list(zip(gateways, binance, strict=True)) if binance_port else [(address,) for address in gateways]
    fleet = Fleet([Member(f"gateway-{number}", addresses) for number, addresses in enumerate(places, 1)])
    beside: dict[int, ASGIApp] = {binance_port: Spread(fleet, 1, binance_document)} if binance_port else {}
    return Spread(fleet, 0, problem_document), beside
