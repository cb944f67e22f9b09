"""The gateway as an ASGI application."""

from __future__ import annotations

import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from starlette.applications import Starlette
from starlette.routing import BaseRoute, Route, Router, WebSocketRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from engine_container.gateway import routes as declaring
from engine_container.gateway.operations import LEGACY, PAGES
from engine_container.gateway.parts import Gateway
from engine_container.gateway.routes.account import Account
from engine_container.gateway.routes.admin import Admin
from engine_container.gateway.routes.cancel_after import CancelAfter
from engine_container.gateway.routes.linked import Linked
from engine_container.gateway.routes.market import Market
from engine_container.gateway.routes.operations import Operations
from engine_container.gateway.routes.orders import Orders
from engine_container.gateway.routes.paper import Paper, by_mode, by_order_id
from engine_container.gateway.settings import GatewaySettings
from engine_container.gateway.sockets.server import Sockets
from engine_container.web.edge import Beginner, Edge, Endpoint, GuardedEndpoint, Handler, unknown_route
from engine_container.web.handshakes import upgrade_required
from mycrypto.contracts.api import BATCH_ITEMS_MAX
from mycrypto.http.operation import Operation, classes_of, declared
from mycrypto.settings import load

GC_THRESHOLD: Final = 100_000
_OPERATIONS: Final = {(operation.method.upper(), operation.path): operation for operation in (*LEGACY, *PAGES)}


def create_app(settings: GatewaySettings | None = None) -> ASGIApp:
    """The application with parts of its own (settings default to the environment); its lifespan starts and stops them."""
    return build_app(Gateway(settings or load(GatewaySettings)))


def quiet_collector() -> None:
    """Take everything that the start has made out of the garbage collector's sight and let it run rarely: requests make no cycles."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(GC_THRESHOLD, 50, 100)


def build_app(gateway: Gateway) -> ASGIApp:
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


def routes(gateway: Gateway) -> list[BaseRoute]:
    """Every route; the busiest first, as they are tried in turn."""
    paper = Paper(gateway)
    orders = Orders(gateway, paper)
    cancel_after = CancelAfter(gateway)
    linked = Linked(gateway)
    market = Market(gateway)
    account = Account(gateway)
    admin = Admin(gateway)
    operations = Operations(gateway)
    table: tuple[tuple[str, dict[str, Handler]], ...] = (
        (
            "/api/v1/orders",
            {"POST": orders.place, "GET": by_mode(orders.list, paper.list), "DELETE": by_mode(orders.cancel_all, paper.cancel_all)},
        ),
        ("/api/v1/orders/batch", {"POST": orders.place_batch}),
        ("/api/v1/orders/batch/cancel", {"POST": orders.cancel_batch}),
        ("/api/v1/orders/cancel-all-after", {"POST": cancel_after.post}),
        ("/api/v1/orders/batch/replace", {"POST": linked.replace_batch}),
        ("/api/v1/orders/batch/oco", {"POST": linked.place_oco_batch}),
        ("/api/v1/orders/oco", {"POST": linked.place_oco}),
        ("/api/v1/orders/oco/{list_id}", {"GET": linked.get_oco, "DELETE": linked.cancel_oco}),
        (
            "/api/v1/orders/by-client-id/{client_order_id:path}",
            {
                "GET": by_mode(orders.get_by_client_id, paper.get_by_client_id),
                "DELETE": by_mode(orders.cancel_by_client_id, paper.cancel_by_client_id),
            },
        ),
        (
            "/api/v1/orders/{order_id}",
            {
                "GET": by_order_id(orders.get, paper.get),
                "PATCH": by_order_id(orders.amend, paper.amend),
                "DELETE": by_order_id(orders.cancel, paper.cancel),
            },
        ),
        ("/api/v1/orders/{order_id}/replace", {"POST": linked.replace}),
        ("/api/v1/orderbook/{symbol:path}", {"GET": market.order_book}),
        ("/api/v1/trades", {"GET": market.trades}),
        ("/api/v1/trades/{trade_id}", {"GET": market.trade}),
        ("/api/v1/markets", {"GET": market.markets}),
        ("/api/v1/markets/tickers", {"GET": market.tickers}),
        ("/api/v1/markets/{symbol:path}/ticker", {"GET": market.ticker}),
        ("/api/v1/markets/{symbol:path}/candles", {"GET": market.candles}),
        ("/api/v1/markets/{symbol:path}", {"GET": market.market}),
        ("/api/v1/account/balances", {"GET": by_mode(account.balances, paper.balances)}),
        ("/api/v1/account/trades", {"GET": by_mode(account.trades, paper.trades)}),
        ("/api/v1/account/fees", {"GET": by_mode(account.fees, paper.fees)}),
        ("/api/v1/account/paper/reset", {"POST": paper.reset}),
        ("/api/v1/positions", {"GET": by_mode(account.positions, paper.positions)}),
        ("/api/v1/positions/{symbol:path}", {"GET": by_mode(account.position, paper.position)}),
        ("/api/v1/admin/emergency/halt-all", {"POST": admin.halt_all}),
        ("/api/v1/admin/emergency/resume-all", {"POST": admin.resume_all}),
        ("/api/v1/admin/circuit-breaker/{symbol:path}", {"POST": admin.breaker}),
        ("/api/v1/admin/symbols/{symbol:path}/status", {"PUT": admin.put_status}),
        ("/api/v1/admin/symbols/{symbol:path}", {"PUT": admin.put_symbol}),
        ("/api/v1/admin/rules", {"PUT": admin.put_rules, "GET": admin.get_rules}),
        ("/api/v1/admin/log-time", {"PUT": admin.put_log_time, "GET": admin.get_log_time}),
        ("/api/v1/admin/users/{user_id}/limits", {"PUT": admin.put_limits, "GET": admin.get_limits}),
        ("/api/v1/openapi.json", {"GET": operations.openapi}),
        ("/api/v1/docs", {"GET": operations.docs}),
        ("/api/v1/docs.js", {"GET": operations.docs_script}),
        ("/health", {"GET": operations.health}),
        ("/ready", {"GET": operations.ready}),
        ("/metrics", {"GET": operations.metrics}),
    )
    sockets = Sockets(gateway, orders, linked, paper, cancel_after)
    channels: tuple[tuple[str, ASGIApp], ...] = (
        ("/ws/orderbook/{symbol:path}", sockets.order_book),
        ("/ws/trades/{symbol:path}", sockets.trades),
        ("/ws/orders", sockets.orders),
        ("/ws", sockets.everything),
    )
    beginners: dict[str, dict[str, Beginner]] = {
        "/api/v1/orders": {"POST": Beginner(orders.begin_place)},
        "/api/v1/orders/batch": {"POST": Beginner(orders.begin_batch, BATCH_ITEMS_MAX)},
    }

    def route(path: str, handlers: dict[str, Handler]) -> Route:
        operations = {method: _OPERATIONS[method, path.replace(":path", "")] for method in handlers}
        endpoint = GuardedEndpoint(path, handlers, beginners.get(path, {}), operations=operations, guard=gateway)
        return Route(path, endpoint, methods=list(handlers))

    by_path: dict[str, dict[str, tuple[Operation, Handler]]] = {}
    for kind in classes_of(declaring):
        for operation, handler in declared(kind(gateway)):
            by_path.setdefault(operation.path, {})[operation.method.upper()] = (operation, handler)

    def declared_route(path: str, methods: dict[str, tuple[Operation, Handler]]) -> Route:
        endpoint = GuardedEndpoint(
            path,
            {method: handler for method, (_, handler) in methods.items()},
            {},
            operations={method: operation for method, (operation, _) in methods.items()},
            guard=gateway,
        )
        return Route(path, endpoint, methods=list(methods))

    return [
        *(route(path, handlers) for path, handlers in table),
        *(declared_route(path, methods) for path, methods in by_path.items()),
        *(WebSocketRoute(path, Channel(channel)) for path, channel in channels),
        *(route(path, {"GET": upgrade_required}) for path, _ in channels),
    ]


class Channel:
    """A socket endpoint as the router takes it: an ASGI application, not a function."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app(scope, receive, send)
