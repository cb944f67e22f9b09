"""The facade's sockets: which path is which kind, and when those who listen to an account must go."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Final

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


class Sockets:
    def __init__(self, gateway: Gateway, limits: Limits) -> None:
        self._gateway = gateway
        self._limits = limits
        self.hub = StreamHub(gateway)
        self.reports = Reports(gateway)
        self._apis: set[WsApi] = set()
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
            await self._serve_account(receive, outlet, owner[0])
            return
        socket = MarketSocket(self.hub, outlet, combined=combined)
        try:
            await socket.begin(names)
            await outlet.serve(receive, socket.heard)
        finally:
            socket.end()

    async def _serve_api(self, scope: Scope, receive: Receive, outlet: Outlet) -> None:
        scope["proxy"] = self._gateway.settings.proxy
        call = Call({**scope, "method": "GET"}, receive, "")
        key_id = (call.header(b"x-mbx-apikey") or b"").decode("latin-1")
        microseconds = b"timeunit=microsecond" in scope["query_string"].lower()
        api = WsApi(self._gateway, self._limits, self.reports, outlet, address=call.client_ip, key_id=key_id, microseconds=microseconds)
        self._apis.add(api)
        try:
            await outlet.serve(receive, api.heard)
        finally:
            self._apis.discard(api)
            api.end()

    async def _serve_account(self, receive: Receive, outlet: Outlet, user_id: bytes) -> None:
        """Events without an envelope, as of old."""

        def tell(event: dict[str, object]) -> None:
            outlet.push(encode(event))

        self.reports.listen(user_id, tell)
        try:
            await outlet.serve(receive, lambda _: None)
        finally:
            self.reports.leave(user_id, tell)

    async def run(self) -> None:
        """Until cancelled."""
        async with asyncio.TaskGroup() as work:
            work.create_task(self.hub.run())
            work.create_task(self._look())

    async def _look(self) -> None:
        """Once a second: subscriptions of keys that were revoked end."""
        while True:
            await asyncio.sleep(CHECK_SECONDS)
            held = [(api, subscription) for api in self._apis for subscription in api.subscriptions.values()]
            for start in range(0, len(held), KEYS_AT_ONCE):
                part = held[start : start + KEYS_AT_ONCE]
                try:
                    published = await self._gateway.api_keys.published(list({subscription.key_id for _, subscription in part}))
                except ProblemError:
                    continue
                for api, subscription in part:
                    key = published.get(subscription.key_id)
                    if key is None or not key.allows(KeyScope.READ, api.address, datetime.now(UTC)):
                        subscription.listener({"e": "eventStreamTerminated", "E": now_ms()})
                        api.drop(subscription.number)
