"""The runtime with containers: what it hands to Docker, and what it makes of Docker's answers."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from functions.migrations.service import ROLES
from mycrypto_local import addresses, containers
from mycrypto_local.containers import COMPOSE, PROCESSES, SERVERS, ContainerPlatform, environment
from mycrypto_local.local_secrets import LocalSecrets

VAULT = LocalSecrets(
    postgres_password="p",
    redis_password="r",
    database_passwords=dict.fromkeys(ROLES, "d"),
    jwt_keys=[],
    webhook_bank="b",
    webhook_chain="c",
    two_factor_key="t",
    wallet_seed="00",
)


def test_every_variable_of_the_compose_file_is_handed_in() -> None:
    named = set(re.findall(r"(?<!\$)\$\{([A-Z_]+)", COMPOSE.read_text()))
    given = environment(addresses.DEFAULTS, VAULT, {"RestApiPath": "/x", "SnapshotBucket": "s"})
    assert named <= set(given)
    assert (given["REST_API_PATH"], given["SNAPSHOT_BUCKET"], given["EMULATOR_PORT"]) == ("/x", "s", "4566")


@pytest.fixture
def running(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ContainerPlatform:
    """A platform whose Docker says that all is well but for the engine."""
    (tmp_path / "compose.env").write_text("")
    monkeypatch.setattr(addresses, "is_free", lambda _: True)
    addresses.choose(tmp_path)
    services = [
        {"Service": name, "State": "running", "Health": "starting" if name == "engine" else "healthy", "Status": "Up 3 seconds"}
        for name in (*SERVERS, *PROCESSES)
    ]
    monkeypatch.setattr(ContainerPlatform, "_compose", lambda *_: "\n".join(map(json.dumps, services)))
    return ContainerPlatform(tmp_path)


def test_status_is_what_docker_says(running: ContainerPlatform) -> None:
    status = running.status()
    assert status.state == "degraded"
    assert {part.name for part in status.parts if not part.healthy} == {"engine"}
    assert {part.name: part.port for part in status.parts}["localstack"] == 4566
    assert status.base_url == "http://localhost:8080"


def test_stopped_without_asking_docker(tmp_path: Path) -> None:
    assert ContainerPlatform(tmp_path).status().state == "stopped"
    assert ContainerPlatform(tmp_path).down() is False


def test_a_failure_of_docker_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "compose.env").write_text("")
    fake = tmp_path / "docker"
    fake.write_text("#!/bin/sh\necho 'Cannot connect to the Docker daemon' >&2\nexit 1\n")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    with pytest.raises(containers.ContainerError, match="Cannot connect to the Docker daemon"):
        ContainerPlatform(tmp_path).down()
