"""When a process of ours counts as well."""

from __future__ import annotations

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest

from mycrypto_local.parts.part import NotReadyError
from mycrypto_local.processes import probe_process


class Starting(BaseHTTPRequestHandler):
    """Alive, and still reading the logs."""

    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/health" else 503)
        self.end_headers()
        self.wfile.write(b'{"status": "starting"}')

    def log_message(self, *_: object) -> None:
        return


@pytest.fixture
def port() -> Iterator[int]:
    with HTTPServer(("127.0.0.1", 0), Starting) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


@pytest.mark.parametrize("name", ["engine", "gateway"])
def test_who_still_reads_the_logs_is_not_well_yet(port: int, name: str) -> None:
    with pytest.raises(NotReadyError, match=f"{name} answers 503: .*starting"):
        probe_process(name, port)
