"""Several applications in one process, each at a port of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from starlette.types import ASGIApp, Receive, Scope, Send

from engine_container.web.edge import Respond


class ByPort:
    """An application that is several. The first one starts and stops with the process, and keeps its fast path."""

    def __init__(self, app: ASGIApp, others: Mapping[int, ASGIApp]) -> None:
        self._app = app
        self._others = others
        self.begins: Final[Any] = getattr(app, "begins", frozenset())
        self._begin: Final[Any] = getattr(app, "begin", None)

    def begin(self, scope: Scope, body: bytes, respond: Respond) -> bool:
        """The first one's fast path; the others have none."""
        return scope["server"][1] not in self._others and bool(self._begin(scope, body, respond))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        server = scope.get("server")
        await (self._others.get(server[1], self._app) if server else self._app)(scope, receive, send)
