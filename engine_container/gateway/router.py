"""The gateway's routes, made of the operations that its handlers declare."""

from __future__ import annotations

import re
from inspect import iscoroutinefunction
from typing import Any, Final

from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from engine_container.gateway.declared import HANDLERS
from engine_container.gateway.parts import Gateway
from engine_container.web.edge import GuardedEndpoint, Handler
from engine_container.web.handshakes import upgrade_required
from mycrypto.http.operation import SWITCHED, Operation, declared

_WITH_SLASHES: Final = ("symbol", "client_order_id")
"""Parts of paths that may hold slashes: a symbol is also written BTC/USDT."""
_PART: Final = re.compile(r"{(\w+)}")
_RESOURCE_DEPTH: Final = 4
"""Segments of ``/api/v1/orders``: no part of a path stands in front of them, so that different resources never compete for a request."""

Declared = tuple[Operation, Any]


def routes(gateway: Gateway) -> list[BaseRoute]:
    """Every route, in the order in which they are to be tried."""
    by_path: dict[str, dict[str, Declared]] = {}
    for kind in HANDLERS:
        for operation, handler in declared(kind(gateway)):
            by_path.setdefault(operation.path, {})[operation.method.upper()] = (operation, handler)
    made: list[BaseRoute] = []
    for path in in_order(list(by_path)):
        operations = {method: operation for method, (operation, _) in by_path[path].items()}
        sockets = [handler for operation, handler in by_path[path].values() if operation.status == SWITCHED]
        made += [WebSocketRoute(_template(path), Channel(handler)) for handler in sockets]
        handlers: dict[str, Handler] = {
            method: upgrade_required if operation.status == SWITCHED else handler
            for method, (operation, handler) in by_path[path].items()
            if operation.status == SWITCHED or iscoroutinefunction(handler)
        }
        immediate = {method: handler for method, (_, handler) in by_path[path].items() if method not in handlers}
        endpoint = GuardedEndpoint(_template(path), handlers, immediate, operations=operations, guard=gateway.admission)
        made.append(Route(_template(path), endpoint, methods=[*handlers, *immediate]))
    return made


def in_order(paths: list[str]) -> list[str]:
    """Resource by resource as they are declared; within one, a path that says more goes before one that would take its requests too."""
    resources = list(dict.fromkeys(_resource(path) for path in paths))
    return sorted(paths, key=lambda path: (resources.index(_resource(path)), _vagueness(path)))


def _resource(path: str) -> tuple[str, ...]:
    return tuple(path.split("/")[:_RESOURCE_DEPTH])


def _vagueness(path: str) -> list[int]:
    """Segment by segment: a word, a part, a part that may hold slashes; and its end, behind which nothing more is asked for."""
    parts = [_PART.fullmatch(segment) for segment in path.split("/")]
    return [*(0 if part is None else 1 + (part[1] in _WITH_SLASHES) for part in parts), 3]


def _template(path: str) -> str:
    """The path as the router writes it."""
    return _PART.sub(lambda part: f"{{{part[1]}:path}}" if part[1] in _WITH_SLASHES else part[0], path)


class Channel:
    """A socket endpoint as the router takes it: an ASGI application, not a function."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app(scope, receive, send)
