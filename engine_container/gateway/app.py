"""The gateway as an ASGI application."""

from __future__ import annotations

import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from starlette.applications import Starlette
from starlette.routing import Route, Router
from starlette.types import ASGIApp

from engine_container.gateway.binance.app import Facade
from engine_container.gateway.parts import Gateway
from engine_container.gateway.router import routes
from engine_container.gateway.settings import GatewaySettings
from engine_container.web.edge import Edge, Endpoint, unknown_route

GC_THRESHOLD: Final = 100_000


def create_apps(settings: GatewaySettings) -> tuple[Edge, dict[int, ASGIApp]]:
    """The application with parts of its own, whose lifespan starts and stops them, and what stands beside it, by port."""
    gateway = Gateway(settings)
    beside: dict[int, ASGIApp] = {settings.binance_port: Facade(gateway)} if settings.binance_port else {}
    return build_app(gateway), beside


def quiet_collector() -> None:
    """Take everything that the start has made out of the garbage collector's sight and let it run rarely: requests make no cycles."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(GC_THRESHOLD, 50, 100)


def build_app(gateway: Gateway) -> Edge:
    """The application around these parts."""

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        await gateway.start()
        quiet_collector()
        try:
            yield
        finally:
            await gateway.stop()

    table = routes(gateway)
    endpoints = [route.endpoint for route in table if isinstance(route, Route) and isinstance(route.endpoint, Endpoint)]
    router = Router(table, redirect_slashes=False, default=unknown_route, lifespan=lifespan)
    return Edge(router, gateway.logger, endpoints, proxy=gateway.settings.proxy, cors=gateway.settings.cors)
