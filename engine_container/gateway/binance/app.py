"""The facade as an application beside the gateway's own, with the gateway's parts behind it."""

from __future__ import annotations

import asyncio

from starlette.types import Receive, Scope, Send

from engine_container.gateway.binance.edge import HttpEdge
from engine_container.gateway.binance.limits import Limits
from engine_container.gateway.binance.sockets import Sockets
from engine_container.gateway.parts import Gateway


class Facade:
    """Begins and ends with the gateway, whose lifespan is the only one."""

    def __init__(self, gateway: Gateway) -> None:
        self.limits = Limits(lambda: gateway.redis, enforced=gateway.settings.limits_rates)
        self._http = HttpEdge(gateway, self.limits)
        self._sockets = Sockets(gateway, self.limits)
        gateway.facade = self

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await self._http(scope, receive, send)
        elif scope["type"] == "websocket":
            await self._sockets(scope, receive, send)

    async def run(self) -> None:
        """Until cancelled."""
        async with asyncio.TaskGroup() as work:
            work.create_task(self.limits.run())
            work.create_task(self._sockets.run())
