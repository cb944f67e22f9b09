"""Which emulator plays AWS: chosen once for a state folder, known to every command after that."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from infra import sizes
from mycrypto_local import cli, emulators
from mycrypto_local.emulator_kind import EmulatorKind
from mycrypto_local.local_secrets import ensure
from mycrypto_local.parts import emulator as parts
from mycrypto_local.parts import localstack
from mycrypto_local.parts.emulator import RunningEmulator
from mycrypto_local.parts.localstack import LocalStack
from mycrypto_local.parts.ministack import Ministack
from mycrypto_local.parts.part import NotReadyError
from mycrypto_local.servers import Servers

PORTS = {"postgres": 1, "valkey": 2, "kafka": 3, "kafka_controller": 4, "emulator": 5}
ADDRESS = "http://127.0.0.1:4566"


def test_without_a_choice_it_is_ministack_and_the_app_is_told_nothing_of_it(tmp_path: Path) -> None:
    emulators.settle(tmp_path, "")
    servers = Servers.of(tmp_path, PORTS, ensure(tmp_path), {})
    assert isinstance(servers.own_emulator, Ministack)
    assert "emulator" not in servers.context("http://localhost:1")
    assert [part.name for part in servers.parts()][-1] == "emulator"


def test_runner_and_app_speak_of_the_same_emulators() -> None:
    assert {kind.value for kind in EmulatorKind} == {kind.value for kind in sizes.EmulatorKind}


def test_localstack_is_kept_in_mind_and_named_to_the_app(tmp_path: Path) -> None:
    emulators.settle(tmp_path, "localstack")
    (tmp_path / "ports.json").write_text("{}")
    emulators.settle(tmp_path, "")
    emulators.settle(tmp_path, "localstack")
    servers = Servers.of(tmp_path, PORTS, ensure(tmp_path), {})
    assert isinstance(servers.own_emulator, LocalStack)
    assert servers.context("http://localhost:1")["emulator"] == "localstack"


@pytest.mark.parametrize("answering", [True, False])
def test_one_that_runs_already_is_neither_started_nor_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answering: bool) -> None:
    def probe(url: str, _name: str) -> None:
        if parts.MINISTACK_HEALTH_PATH in url and not answering:
            raise NotReadyError("emulator answers 404")

    monkeypatch.setattr(parts, "probe", probe)
    emulators.settle(tmp_path, f"{ADDRESS}/")
    servers = Servers.of(tmp_path, PORTS, ensure(tmp_path), {})
    assert servers.emulator == RunningEmulator(tmp_path, ADDRESS)
    assert servers.emulator.kind is (EmulatorKind.MINISTACK if answering else EmulatorKind.LOCALSTACK)
    assert servers.emulator.client_environment["AWS_ENDPOINT_URL"] == ADDRESS
    assert servers.external() == ["emulator"]
    assert "emulator" not in [part.name for part in servers.parts()]


@pytest.mark.parametrize(
    ("first", "second"), [("", "localstack"), ("localstack", "ministack"), ("localstack", ADDRESS), (ADDRESS, "localstack")]
)
def test_a_platform_keeps_the_emulator_it_began_with(tmp_path: Path, first: str, second: str) -> None:
    emulators.settle(tmp_path, first)
    (tmp_path / "ports.json").write_text("{}")
    with pytest.raises(emulators.EmulatorError, match="MYCRYPTO_STATE"):
        emulators.settle(tmp_path, second)
    assert emulators.chosen(tmp_path) == (first or "ministack")


@pytest.mark.parametrize("address", ["127.0.0.1:4566", "ftp://host", "http://", "moto"])
def test_what_is_no_address_is_refused(tmp_path: Path, address: str) -> None:
    with pytest.raises(emulators.EmulatorError, match="AWS_ENDPOINT_URL"):
        emulators.settle(tmp_path, address)


@pytest.mark.parametrize(
    ("options", "address"),
    [(["--emulator", "localstack"], ADDRESS), (["--runtime", "docker", "--emulator", "ministack"], ""), (["--runtime", "docker"], ADDRESS)],
)
def test_choices_that_exclude_each_other_start_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: list[str], address: str
) -> None:
    monkeypatch.setenv("MYCRYPTO_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("AWS_ENDPOINT_URL", address)
    assert CliRunner().invoke(cli.app, ["up", *options]).exit_code == 1
    assert not (tmp_path / "state").exists()


def test_localstacks_environment_is_named_after_all_that_goes_into_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lock = tmp_path / "localstack.lock"
    lock.write_text("localstack-core==1\n")
    monkeypatch.setattr(localstack, "LOCK", lock)
    before = localstack.environment_folder()
    assert before == localstack.environment_folder()
    lock.write_text("localstack-core==2\n")
    assert localstack.environment_folder() != before


def test_the_build_tool_is_installed_first_at_the_hashes_of_the_lock() -> None:
    lock = "attrs==1 \\\n    --hash=a\nsetuptools==2 \\\n    --hash=b \\\n    --hash=c\nsix==3 \\\n    --hash=d\n"
    assert localstack.entry("setuptools", lock) == "setuptools==2 \\\n    --hash=b \\\n    --hash=c\n"
    assert localstack.entry("setuptools", localstack.LOCK.read_text()).count("--hash=sha256:") >= 2


def test_localstack_begins_empty_and_runs_functions_with_the_projects_interpreter(tmp_path: Path) -> None:
    emulator = LocalStack(tmp_path, 4599)
    (emulator.home / "cache").mkdir(parents=True)
    emulator.prepare()
    assert [path.name for path in emulator.home.iterdir()] == ["tmp"]
    assert not emulator.holds_data()
    environment = emulator.part().environment
    assert environment["GATEWAY_LISTEN"] == "127.0.0.1:4599"
    assert environment["LAMBDA_RUNTIME_EXECUTOR"] == "mycrypto-process"
