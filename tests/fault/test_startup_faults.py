"""A port that is taken, a run that was killed, a state folder with rubbish in it: the platform starts all the same and keeps its data."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import psycopg
import pytest

from mycrypto import archive
from mycrypto.ids import SHARD_SPOT
from mycrypto_local import addresses, leftovers, local_secrets
from mycrypto_local.client import REQUEST_SECONDS_MAX
from mycrypto_local.deployment import Deployment
from mycrypto_local.emulators import LOST
from mycrypto_local.platform import Platform, PlatformError
from mycrypto_local.progress import Progress
from mycrypto_local.recovery.backup import archive_in_s3
from mycrypto_local.running import Running
from mycrypto_local.servers import Servers
from tests import scratch
from tests.waiting import wait_until


@pytest.fixture(scope="module")
def usual_ports() -> dict[str, int]:
    """Neighbours, so that the next free port of one is the usual port of another."""
    return addresses.own()


@pytest.fixture(scope="module")
def own(usual_ports: dict[str, int]) -> Iterator[Platform]:
    """A platform of this module's own. It is not brought up yet."""
    platform = Platform.own(scratch.folder("bad-days"), usual_ports=usual_ports)
    yield platform
    platform.reset()


def names_of_symbols(base_url: str) -> set[str]:
    return {market["symbol"] for market in httpx.get(f"{base_url}/api/v1/markets").json()["data"]}


def wait_until_archived(platform: Platform, offset: int) -> int:
    """Wait until the archive goes on to ``offset``; the first offset that it holds."""
    running = Running.load(platform.state)
    servers = Servers.of(platform.state, running.ports, local_secrets.read(platform.state))
    deployment = Deployment(platform.state, servers.emulator.client_environment, servers.context(running.base_url))
    deadline = time.monotonic() + 60
    while archive.end(kept := archive_in_s3(deployment, SHARD_SPOT)) < offset:
        assert time.monotonic() < deadline
        time.sleep(0.2)
    return kept.stretches()[0].first


@pytest.mark.slow
def test_a_taken_port_is_avoided_and_the_new_one_told(own: Platform, usual_ports: dict[str, int]) -> None:
    with socket.create_server(("127.0.0.1", usual_ports["gateway"])):
        own.up()
    status = own.status()
    assert status.state == "running", status
    assert status.base_url != f"http://localhost:{usual_ports['gateway']}"
    assert len(names_of_symbols(status.base_url)) == 5


def test_a_second_up_finds_it_running(own: Platform) -> None:
    own.up()  # where the test before this one is left out
    before = {part.name: part.pid for part in own.status().parts}
    assert own.up() is False
    assert {part.name: part.pid for part in own.status().parts} == before


def test_another_command_at_the_same_time_is_refused(own: Platform) -> None:
    with own._alone(), pytest.raises(PlatformError, match="another mycrypto command"):
        Platform(own.state, progress=Progress(quiet=True)).down()


@pytest.mark.slow
def test_what_a_killed_supervisor_leaves_is_cleared_and_the_data_is_there(own: Platform) -> None:
    secrets, ports = (own.state / "secrets.json").read_bytes(), addresses.read(own.state)
    with psycopg.connect(Running.load(own.state).admin_dsn, autocommit=True) as connection:
        connection.execute("CREATE TABLE kept_through_the_kill (value int)")
    (supervisor,) = (process for process in leftovers.find(own.state) if process.environ()["MYCRYPTO_PART"] == "supervisor")
    os.kill(supervisor.pid, signal.SIGKILL)
    own.supervisor.forget_child()
    wait_until(lambda: not own.supervisor.is_running())
    assert own.status().state == "stopped"
    own.up()
    assert own.status().state == "running"
    assert ((own.state / "secrets.json").read_bytes(), addresses.read(own.state)) == (secrets, ports)
    with psycopg.connect(Running.load(own.state).admin_dsn) as connection:
        connection.execute("SELECT * FROM kept_through_the_kill")


@pytest.mark.slow
def test_stale_and_damaged_files_do_not_stop_it(own: Platform) -> None:
    assert own.down() is True
    assert leftovers.find(own.state) == []
    (own.state / "run" / "supervisord.sock").write_text("")
    (own.state / "run" / "supervisord.pid").write_text(str(os.getpid()))
    data = next(own.state.rglob("PG_VERSION")).parent
    (data / "postmaster.pid").write_text(f"{2**22 - 1}\n{data}\n")
    own.up()
    assert own.status().state == "running"


@pytest.mark.slow
def test_an_emulator_killed_and_wiped_gets_its_stacks_again(own: Platform) -> None:
    """kill -9 and an empty folder: nothing is deployed or archived any more, and only the next ``up`` can know."""
    wait_until_archived(own, 1)
    killed = own.supervisor.process("emulator").pid
    os.kill(killed, signal.SIGSTOP)  # it must not save in between
    shutil.rmtree(own.state / "emulator" / "state")
    (own.state / "emulator" / "state").mkdir()
    os.kill(killed, signal.SIGKILL)
    wait_until(lambda: all(part.name != "emulator" or (part.detail == LOST and part.pid != killed) for part in own.status().parts))
    assert own.status().state == "degraded"
    login = f"{own.status().base_url}/api/auth/login"
    unknown = {"email": "unknown@example.com", "password": "wrong"}
    assert httpx.post(login, json=unknown, timeout=REQUEST_SECONDS_MAX).json().get("code") != "AUTH_001", "it is gone"
    assert own.up() is True
    assert own.status().state == "running"
    answer = httpx.post(login, json=unknown, timeout=REQUEST_SECONDS_MAX)
    assert (answer.status_code, answer.json()["code"]) == (401, "AUTH_001")
    assert wait_until_archived(own, 1) == 0, "the archive begins where the log does"


def test_down_leaves_no_process_and_reset_no_file(own: Platform) -> None:
    before = psutil.pids()
    assert own.down() is True
    assert own.down() is False
    assert own.status().state == "stopped"
    assert leftovers.find(own.state) == []
    assert before
    own.reset()
    assert not own.state.exists()
    own.reset()


def test_reset_refuses_a_folder_that_is_no_platform(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(PlatformError, match="does not look like"):
        Platform(tmp_path).reset()
    assert (tmp_path / "thesis.txt").exists()
