"""The compose file is valid and starts things in order; the image is what its Dockerfile promises. No Docker is needed to know."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
COMPOSE = ROOT / "localstack" / "docker-compose.yml"
DOCKERFILE = ROOT / "engine_container" / "Dockerfile"
SERVERS = {"postgres", "valkey", "kafka", "localstack"}
PROCESSES = {"engine", "publisher", "gateway", "pump"}


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load(COMPOSE.read_text())
    found: dict[str, Any] = document["services"]
    return found


@pytest.fixture(scope="module")
def instructions() -> list[tuple[str, str]]:
    """Instruction and arguments, lines joined."""
    text = re.sub(r"\\\n", " ", re.sub(r"(?m)^#.*\n", "", DOCKERFILE.read_text()))
    return [(line.split(maxsplit=1)[0], line.split(maxsplit=1)[1]) for line in text.splitlines() if line.strip()]


def test_the_compose_file_obeys_the_compose_schema() -> None:
    words = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", str(COMPOSE)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_part_of_the_platform_is_there(services: dict[str, Any]) -> None:
    assert set(services) == SERVERS | PROCESSES


def test_servers_have_health_checks_and_processes_wait_for_health(services: dict[str, Any]) -> None:
    assert all("healthcheck" in services[name] for name in SERVERS)  # the image brings that of the processes
    assert set(services["engine"]["depends_on"]) == SERVERS
    waits = [condition for name in PROCESSES for condition in services[name]["depends_on"].values()]
    assert all(condition == {"condition": "service_healthy"} for condition in waits)
    assert all("engine" in services[name]["depends_on"] for name in PROCESSES - {"engine"})


def test_nothing_listens_beyond_this_machine(services: dict[str, Any]) -> None:
    ports = [port for service in services.values() for port in service.get("ports", ())]
    assert all(service.get("ports") for service in services.values())
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_volumes_are_declared_and_data_is_in_them(services: dict[str, Any]) -> None:
    declared = set(yaml.safe_load(COMPOSE.read_text())["volumes"])
    used = {volume.split(":")[0] for service in services.values() for volume in service.get("volumes", ()) if not volume.startswith("/")}
    assert used == declared == SERVERS


def test_functions_ask_dockers_own_name_server_and_are_ended_before_the_network_goes(services: dict[str, Any]) -> None:
    assert services["localstack"]["environment"]["DNS_ADDRESS"] == "0"
    assert services["localstack"]["stop_grace_period"] == "30s"


def test_what_the_processes_print_is_bounded(services: dict[str, Any]) -> None:
    for name in PROCESSES:
        assert services[name]["logging"] == {"driver": "json-file", "options": {"max-size": "20m", "max-file": "3"}}, name


def test_no_secret_stands_in_the_file(services: dict[str, Any]) -> None:
    for service in services.values():
        for name, value in service.get("environment", {}).items():
            if "PASSWORD" in name:
                assert str(value).startswith("${"), name


def test_the_image_runs_as_an_ordinary_user_with_the_compiled_core(instructions: list[tuple[str, str]]) -> None:
    stages = [arguments for name, arguments in instructions if name == "FROM"]
    assert stages[:2] == ["python:3.13-slim AS build", "python:3.13-slim AS runtime"]
    assert stages[-1] == "runtime"  # what is built by default carries no local extras
    runtime = instructions[next(i for i, pair in enumerate(instructions) if pair[1].endswith("AS runtime")) :]
    assert ("USER", "10001") in runtime
    assert not any(name == "USER" and arguments in {"root", "0"} for name, arguments in runtime)
    assert any(name == "ENV" and "MYCRYPTO_CORE=compiled" in arguments for name, arguments in runtime)
    assert any(name == "HEALTHCHECK" for name, _ in runtime)
    assert not any("gcc" in arguments for name, arguments in runtime if name == "RUN")


def test_the_health_command_that_is_tried_in_the_image_is_the_images_own(instructions: list[tuple[str, str]]) -> None:
    health = next(arguments for name, arguments in instructions if name == "HEALTHCHECK")
    command = ast.literal_eval(health[health.index("[") :])
    tried = next(
        ast.literal_eval(node.value)
        for node in ast.parse((ROOT / "tests" / "newcomer" / "image_start.py").read_text()).body
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id == "HEALTH"
    )
    assert command == ["python", "-c", tried]


def test_everything_that_is_copied_exists_and_reaches_the_builder(instructions: list[tuple[str, str]]) -> None:
    allowed = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    for name, arguments in instructions:
        if name == "COPY" and not arguments.startswith("--from"):
            for source in arguments.split()[:-1]:
                assert (ROOT / source).exists(), source
                assert source in allowed


def test_the_images_folder_is_enough_to_import_the_processes(tmp_path: Path) -> None:
    """The layout of /app: engine_container, mycrypto and mycrypto_local side by side, nothing else of the repository."""
    for name, target in {
        "engine_container": "engine_container",
        "layers/common/python/mycrypto": "mycrypto",
        "localstack/mycrypto_local": "mycrypto_local",
    }.items():
        (tmp_path / target).symlink_to(ROOT / name)
    program = "import mycrypto.money, engine_container.core.machine, engine_container.gateway.app, mycrypto_local.front_door, mycrypto_local.pump.__main__"
    environment = {"PYTHONPATH": str(tmp_path), "PATH": "/usr/bin:/bin"}
    without_checkout = "import sys; sys.meta_path = [f for f in sys.meta_path if 'editable' not in getattr(f, '__module__', '')]"
    words = [sys.executable, "-W", "ignore", "-c", f"{without_checkout}; {program}"]
    done = subprocess.run(words, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
