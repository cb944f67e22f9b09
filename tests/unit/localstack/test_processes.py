"""When a process of ours counts as well."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from types import SimpleNamespace

import pytest

from mycrypto_local import supervision_plugin
from mycrypto_local.parts.part import NotReadyError
from mycrypto_local.platform import RESTARTS_TOO_OFTEN, _look
from mycrypto_local.ports import holds
from mycrypto_local.processes import probe_process
from mycrypto_local.startup import check_answered_by
from mycrypto_local.status import PartStatus
from mycrypto_local.supervision import ProcessState


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


def _seen(port: int, lately: int) -> PartStatus:
    state = ProcessState("engine", "RUNNING", os.getpid(), 1, 0, 0, "", restarts=9, restarts_lately=lately)
    return _look("engine", lambda: None, port, state)


def test_a_part_that_ends_again_and_again_is_not_well_when_it_happens_to_answer(port: int) -> None:
    assert _seen(port, RESTARTS_TOO_OFTEN - 1).healthy
    often = _seen(port, RESTARTS_TOO_OFTEN)
    assert not often.healthy
    assert often.detail == "it answers, but was restarted 3 times in the last minute; see: mycrypto logs engine"


def test_restarts_are_counted_and_those_of_the_last_minute_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1000.0]
    monkeypatch.setattr(supervision_plugin, "time", SimpleNamespace(monotonic=lambda: now[0]))
    interface = supervision_plugin.make(None)
    event = SimpleNamespace(process=SimpleNamespace(config=SimpleNamespace(name="engine")))
    interface._count(event)
    now[0] += supervision_plugin.LATELY_SECONDS
    interface._count(event)
    assert (interface.restarts(), interface.restarts_lately()) == ({"engine": 2}, {"engine": 1})


def test_a_port_that_another_process_has_is_not_the_parts(port: int) -> None:
    assert holds(os.getpid(), port)
    check_answered_by(os.getpid(), port)
    with subprocess.Popen(["sleep", "60"]) as other:
        assert not holds(other.pid, port)
        with pytest.raises(NotReadyError, match=f"port {port} is not the part's own"):
            check_answered_by(other.pid, port)
        other.kill()
    assert not holds(other.pid, port)
