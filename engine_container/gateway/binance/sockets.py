"""The facade's sockets: which path is which kind, and when those who listen to an account must go."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Final

import msgspec
import redis.exceptions
from starlette.types import Receive, Scope, Send

from engine_container.gateway.binance import listen_keys
from engine_container.gateway.binance.limits import Limits
from engine_container.gateway.binance.market_socket import MarketSocket, names_of
from engine_container.gateway.binance.outlet import Outlet, encode, now_ms
from engine_container.gateway.binance.reports import Reports
from engine_container.gateway.binance.stream_hub import StreamHub
from engine_container.gateway.binance.ws_api import WsApi
from engine_container.gateway.parts import Gateway
from engine_container.web.call import Call
from engine_container.web.handshakes import CLOSE_NOT_FOUND, refuse_handshake
from mycrypto.errors import ProblemError
from mycrypto.security.api_keys import Scope as KeyScope

CONNECTIONS_MAX: Final = 10_000
CHECK_SECONDS: Final = 1.0
WS_API: Final = "/ws-api/v3"
KEYS_AT_ONCE: Final = 500
CLOSE_NORMAL: Final = 1000


class Listening(msgspec.Struct, frozen=True, eq=False):
    """A listener to an account: with which API key, from which address, and what ends it. ``listen_key`` is "" for those without one."""

    key_id: str
    address: str
    end: Callable[[], None]
    listen_key: str = ""


class Sockets:
    def __init__(self, gateway: Gateway, limits: Limits) -> None:
        self._gateway = gateway
        self._limits = limits
        self.hub = StreamHub(gateway)
        self.reports = Reports(gateway)
        self._apis: set[WsApi] = set()
        self._accounts: set[Listening] = set()
        gateway.observers.add(self.hub)
        gateway.observers.add(self.reports)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await receive()  # websocket.connect
        path = str(scope["path"]).rstrip("/")
        is_known = path == WS_API or path in {"/ws", "/stream"} or path.startswith(("/ws/", "/stream/"))
        if not is_known:
            await refuse_handshake(scope, send, ProblemError("NOT_FOUND", "there is no such path"), CLOSE_NOT_FOUND)
            return
        if self._gateway.facade_sockets >= CONNECTIONS_MAX or not self._gateway.feed.ready:
            problem = ProblemError("SERVICE_UNAVAILABLE", "connect again later", headers={"Retry-After": "1"})
            await refuse_handshake(scope, send, problem, 1013)
            return
        await send({"type": "websocket.accept"})
        self._gateway.facade_sockets += 1
        try:
            await self._serve(scope, receive, send, path)
        finally:
            self._gateway.facade_sockets -= 1

    async def _serve(self, scope: Scope, receive: Receive, send: Send, path: str) -> None:
        outlet = Outlet(scope, send)
        if path == WS_API:
            await self._serve_api(scope, receive, outlet)
            return
        names, combined = names_of(path, scope["query_string"].decode("latin-1"))
        owner = await listen_keys.owner_of(self._gateway, names[0]) if len(names) == 1 and not combined else None
        if owner is not None:
            address = self._call(scope, receive).client_ip
            await self._serve_account(receive, outlet, names[0], *owner, address)
            return
        socket = MarketSocket(self.hub, outlet, combined=combined)
        try:
            await socket.begin(names)
            await outlet.serve(receive, socket.heard)
        finally:
            socket.end()

    async def _serve_api(self, scope: Scope, receive: Receive, outlet: Outlet) -> None:
        call = self._call(scope, receive)
        key_id = (call.header(b"x-mbx-apikey") or b"").decode("latin-1")
        microseconds = b"timeunit=microsecond" in scope["query_string"].lower()
        api = WsApi(self._gateway, self._limits, self.reports, outlet, address=call.client_ip, key_id=key_id, microseconds=microseconds)
        self._apis.add(api)
        try:
            await outlet.serve(receive, api.heard)
        finally:
            self._apis.discard(api)
            api.end()

    def _call(self, scope: Scope, receive: Receive) -> Call:
        """The request that opened a socket."""
        scope["proxy"] = self._gateway.settings.proxy
        return Call({**scope, "method": "GET"}, receive, "")

    async def _serve_account(self, receive: Receive, outlet: Outlet, listen_key: str, user_id: bytes, key_id: str, address: str) -> None:
        """Events without an envelope, as of old."""

        def tell(event: dict[str, object]) -> None:
            outlet.push(encode(event))

        def end() -> None:
            tell({"e": "listenKeyExpired", "E": now_ms(), "listenKey": listen_key})
            outlet.close(CLOSE_NORMAL, "the key to listen with has ended")

        mine = Listening(key_id, address, end, listen_key)
        self._accounts.add(mine)
        self.reports.listen(user_id, tell)
        try:
            await outlet.serve(receive, lambda _: None)
        finally:
            self.reports.leave(user_id, tell)
            self._accounts.discard(mine)

    async def run(self) -> None:
        """Until cancelled."""
        async with asyncio.TaskGroup() as work:
            work.create_task(self.hub.run())
            work.create_task(self._look())

    async def _look(self) -> None:
        """Once a second: listeners whose key was revoked, or has run out, hear no more."""
        while True:
            await asyncio.sleep(CHECK_SECONDS)
            held = [
                Listening(subscription.key_id, api.address, partial(api.terminate, subscription))
                for api in self._apis
                for subscription in api.subscriptions.values()
            ]
            held += self._accounts
            for start in range(0, len(held), KEYS_AT_ONCE):
                part = held[start : start + KEYS_AT_ONCE]
                try:
                    ended = await self._ended(part)
                except (ProblemError, redis.exceptions.RedisError, OSError):
                    continue  # Redis cannot tell now
                for listening in ended:
                    listening.end()

    async def _ended(self, part: Sequence[Listening]) -> list[Listening]:
        """Those that may not listen any more."""
        published = await self._gateway.api_keys.published(list({listening.key_id for listening in part}))
        gone = await listen_keys.gone(self._gateway, {listening.listen_key for listening in part} - {""})
        now = datetime.now(UTC)
        return [
            listening
            for listening in part
            if listening.listen_key in gone
            or (key := published.get(listening.key_id)) is None
            or not key.allows(KeyScope.READ, listening.address, now)
        ]
