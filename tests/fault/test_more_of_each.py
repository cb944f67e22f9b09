"""Two gateways and a standby engine on one machine: the demo passes while one gateway and the active engine are killed."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator

import httpx
import pytest
from websockets.sync.client import connect

from mycrypto_local.platform import Platform
from mycrypto_local.progress import Progress
from mycrypto_local.replicas import Replicas
from mycrypto_local.running import Running
from mycrypto_local.status import PartStatus
from mycrypto_local.verify import verify
from tests import scratch

REPLICAS = Replicas(gateways=2, standby=1)
KILLED_AFTER_LINES = 6
"""Of the demo: both users are there, and nothing is traded yet."""

pytestmark = pytest.mark.slow


@pytest.fixture
def own() -> Iterator[Platform]:
    platform = Platform.own(scratch.folder("more-of-each"), replicas=REPLICAS)
    try:
        platform.up()
        yield platform
    finally:
        platform.reset()


class Readers:
    """Programs that read through the door all the time; no one of their requests may fail."""

    def __init__(self, base_url: str) -> None:
        self.seen: Counter[str] = Counter()
        self._base_url = base_url
        self._going = True
        self._threads = [threading.Thread(target=self._read) for _ in range(2)]
        for thread in self._threads:
            thread.start()

    def _read(self) -> None:
        with httpx.Client(base_url=self._base_url, trust_env=False, timeout=30) as client:
            while self._going:
                try:
                    self.seen[str(client.get("/api/v1/markets").status_code)] += 1
                except httpx.HTTPError as error:
                    self.seen[repr(error)] += 1

    def stop(self) -> None:
        self._going = False
        for thread in self._threads:
            thread.join()


def parts(platform: Platform) -> dict[str, PartStatus]:
    return {part.name: part for part in platform.status().parts}


def active_engine(known: dict[str, PartStatus]) -> str:
    (name,) = [name for name, part in known.items() if part.detail == "active"]
    return name


def test_the_demo_passes_while_one_gateway_and_the_active_engine_are_killed(own: Platform) -> None:
    known = parts(own)
    assert {"front-door", "gateway-1", "gateway-2", "engine", "engine-2"} <= known.keys()
    assert own.status().state == "running", known
    running = Running.load(own.state)
    active = active_engine(known)
    command = [sys.executable, "-m", "mycrypto_local.cli", "demo"]
    readers = Readers(running.base_url)
    with subprocess.Popen(command, env=os.environ | {"MYCRYPTO_STATE": str(own.state)}, stdout=subprocess.PIPE, text=True) as demo:
        assert demo.stdout is not None
        said = [demo.stdout.readline() for _ in range(KILLED_AFTER_LINES)]
        for name in ("gateway-1", active):
            os.kill(known[name].pid, signal.SIGKILL)
        said += demo.stdout.readlines()
    readers.stop()
    assert demo.returncode == 0, "".join(said)
    assert readers.seen.keys() == {"200"}, readers.seen
    now = parts(own)
    assert {name for name in known if now[name].restarts > known[name].restarts} == {"gateway-1", active}
    report = asyncio.run(verify(running))
    assert report.differences == []
    with connect(running.base_url.replace("http", "ws") + "/ws", proxy=None) as socket:
        socket.send('{"action": "ping"}')
        assert socket.recv(timeout=30)

    one_of_each = Platform(own.state, progress=Progress(quiet=True))
    one_of_each.up()
    assert {"gateway", "engine"} <= parts(one_of_each).keys()
    assert not {"front-door", "gateway-1", "gateway-2", "engine-2"} & parts(one_of_each).keys()
    assert httpx.get(f"{running.base_url}/ready").is_success
