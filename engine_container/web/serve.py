"""Runs an ASGI application the way our processes need it: uvloop, httptools, JSON logs, a graceful stop."""

from __future__ import annotations

import logging
from typing import Final

import uvicorn
from starlette.types import ASGIApp

from engine_container.web.quick_http import QuickHttpProtocol
from engine_container.web.quick_sockets import QuickSocketProtocol
from mycrypto import telemetry

STOP_SECONDS_MAX: Final = 10
BACKLOG: Final = 4_096
KEEP_ALIVE_SECONDS: Final = 310
"""Longer than the load balancer keeps an idle connection (300 s): the one that closes first must be the client, or a request meets a closed one."""


def json_logs(service: str) -> None:
    """Library loggers write through the service's formatter; their chatter below WARNING is left out."""
    handler = telemetry.logger(service).handlers[0]
    root = logging.getLogger()
    root.handlers = [handler]
    logging.getLogger(service).propagate = False  # it has the same handler itself
    root.setLevel(logging.WARNING)


def serve(app: ASGIApp, host: str, port: int, service: str = "gateway") -> None:
    """Serve until SIGTERM or SIGINT; open requests are finished first, for at most ten seconds."""
    json_logs(service)
    uvicorn.run(
        app,
        host=host,
        port=port,
        loop="uvloop",
        http=QuickHttpProtocol,
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,
        proxy_headers=False,
        backlog=BACKLOG,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        ws=QuickSocketProtocol,
        ws_max_size=64 * 1024,
        ws_max_queue=16,
        ws_ping_interval=30,
        ws_ping_timeout=30,
        ws_per_message_deflate=False,  # a compressor for each of 10,000 sockets would cost more memory than the rest of the gateway
        timeout_graceful_shutdown=STOP_SECONDS_MAX,
        h11_max_incomplete_event_size=64 * 1024,
    )
