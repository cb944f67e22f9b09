"""Runs an ASGI application the way our processes need it: uvloop, httptools, JSON logs, a graceful stop."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from typing import Final

import uvicorn
from starlette.types import ASGIApp

from engine_container.process_logs import json_logs
from engine_container.web.by_port import ByPort
from engine_container.web.fast_path.http_protocol import FastHttpProtocol
from engine_container.web.fast_path.websocket_protocol import FastWebSocketProtocol
from engine_container.web.keep_alive import KEEP_ALIVE_SECONDS

STOP_SECONDS_MAX: Final = 10
BACKLOG: Final = 4_096


def serve(app: ASGIApp, host: str, port: int, service: str = "gateway", *, beside: Mapping[int, ASGIApp] | None = None) -> None:
    """Serve until SIGTERM or SIGINT; open requests are finished first, for at most ten seconds. ``beside`` are more applications of the
    process, by their ports.
    """
    json_logs(service)
    others = dict(beside or {})
    config = uvicorn.Config(
        ByPort(app, others) if others else app,
        host=host,
        port=port,
        loop="uvloop",
        http=FastHttpProtocol,
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,
        proxy_headers=False,
        backlog=BACKLOG,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        ws=FastWebSocketProtocol,
        ws_max_size=64 * 1024,
        ws_max_queue=16,
        ws_ping_interval=30,
        ws_ping_timeout=30,
        ws_per_message_deflate=False,  # a compressor for each of 10,000 sockets would cost more memory than the rest of the gateway
        timeout_graceful_shutdown=STOP_SECONDS_MAX,
        h11_max_incomplete_event_size=64 * 1024,
    )
    sockets = [config.bind_socket(), *(_listening(host, each) for each in others)] if others else None
    uvicorn.Server(config).run(sockets)


def _listening(host: str, port: int) -> socket.socket:
    """As the library binds its own."""
    bound = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    bound.bind((host, port))
    bound.set_inheritable(True)  # as uvicorn does
    return bound
