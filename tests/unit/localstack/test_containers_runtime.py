"""The runtime with containers: what it hands to Docker, and what it makes of Docker's answers."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml

from functions.migrations.service import ROLES
from mycrypto_local import addresses, containers
from mycrypto_local.containers import COMPOSE, PROCESSES, SERVERS, ContainerPlatform, environment
from mycrypto_local.dashboard import measures
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
    assert named <= {*given, "MYCRYPTO_PROJECT"}
    assert (given["REST_API_PATH"], given["SNAPSHOT_BUCKET"], given["EMULATOR_PORT"]) == ("/x", "s", "4566")


def test_two_checkouts_share_neither_network_nor_volumes_nor_image(tmp_path: Path) -> None:
    first, second = (containers.project(tmp_path / name) for name in ("first", "second"))
    assert first != second
    document = yaml.safe_load(COMPOSE.read_text())
    names = [document["name"], document["networks"]["default"]["name"], document["services"]["engine"]["image"]]
    names.append(document["services"]["localstack"]["environment"]["LAMBDA_DOCKER_NETWORK"])
    assert all(name.startswith("${MYCRYPTO_PROJECT:-") for name in names)


def test_the_platform_writes_its_projects_name_for_docker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    platform = ContainerPlatform(tmp_path)
    platform._write_environment(addresses.DEFAULTS, VAULT, {})
    assert f"MYCRYPTO_PROJECT={containers.project(tmp_path)}" in (tmp_path / "compose.env").read_text().splitlines()


def test_logs_are_those_that_docker_keeps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake = tmp_path / "docker"
    fake.write_text(f'#!/bin/sh\necho "$@" > {tmp_path}/asked\n')
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    platform = ContainerPlatform(tmp_path)
    platform.show_log("emulator", 7, follow=False)
    assert (tmp_path / "asked").read_text().split()[-5:] == ["logs", "--no-log-prefix", "--tail", "7", "localstack"]
    with pytest.raises(containers.ContainerError, match="no part 'nothing'"):
        platform.show_log("nothing", 7, follow=False)


def test_dashboards_are_drawn_from_the_logs_that_docker_keeps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake = tmp_path / "docker"
    fake.write_text('#!/bin/sh\nfor last; do :; done\necho "$last of $*"\n')
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    logs = tmp_path / "copied"
    logs.mkdir()
    ContainerPlatform(tmp_path).save_logs(logs, 2)
    assert {path.name for path in logs.iterdir()} == {f"{name}.log" for name in PROCESSES}
    assert (logs / "pump.log").read_text().startswith("pump of compose ")
    assert "logs --no-log-prefix --no-color --since 2h pump" in (logs / "pump.log").read_text()
    assert set(PROCESSES) >= set(measures.PROCESSES)
    fake.write_text("#!/bin/sh\necho 'no such project' >&2\nexit 1\n")
    with pytest.raises(containers.ContainerError, match="no such project"):
        ContainerPlatform(tmp_path).save_logs(logs, 2)


@pytest.mark.parametrize(("note", "expected"), [("docker\n", True), ("native\n", False), (None, False)])
def test_the_state_folder_knows_whether_it_is_in_containers(tmp_path: Path, note: str | None, expected: bool) -> None:
    if note is not None:
        (tmp_path / containers.RUNTIME_NOTE).write_text(note)
    assert containers.runs_from(tmp_path) is expected


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
