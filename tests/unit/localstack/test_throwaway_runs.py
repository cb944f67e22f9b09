"""A throw-away run and a kept platform never share a folder, and nothing of a throw-away run is left."""

from __future__ import annotations

from pathlib import Path

import pytest

from mycrypto_local import preflight
from mycrypto_local.local_secrets import ensure
from mycrypto_local.parts import jars, kafka
from mycrypto_local.parts.kafka import Kafka
from mycrypto_local.parts.throwaway import ThrowawayBroker
from mycrypto_local.platform import Platform, PlatformError
from mycrypto_local.progress import Progress
from mycrypto_local.servers import Servers

PORTS = {"postgres": 1, "valkey": 2, "kafka": 3, "kafka_controller": 4, "emulator": 5}


@pytest.fixture(autouse=True)
def _complete_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preflight, "check", lambda tools=preflight.TOOLS: None)


def platform(state: Path) -> Platform:
    return Platform(state, progress=Progress(quiet=True), throwaway=True)


def test_the_broker_of_a_folder_is_the_one_it_began_with(tmp_path: Path) -> None:
    secrets = ensure(tmp_path)
    assert isinstance(Servers.of(tmp_path, PORTS, secrets, {}).kafka, Kafka)
    (tmp_path / "throwaway").touch()
    assert isinstance(Servers.of(tmp_path, PORTS, secrets, {}).kafka, ThrowawayBroker)
    assert Servers.of(tmp_path, PORTS, secrets, {"KAFKA_BOOTSTRAP_SERVERS": "elsewhere:9092"}).kafka is None


def test_kept_data_is_not_thrown_away(tmp_path: Path) -> None:
    (tmp_path / "ports.json").write_text("{}")
    with pytest.raises(PlatformError, match="MYCRYPTO_STATE"):
        platform(tmp_path).up()
    assert (tmp_path / "ports.json").exists()
    assert not (tmp_path / "throwaway").exists()


def test_down_leaves_nothing_of_it(tmp_path: Path) -> None:
    state = tmp_path / "state"
    (state / "logs").mkdir(parents=True)
    (state / "throwaway").touch()
    Platform(state, progress=Progress(quiet=True)).down()
    assert not state.exists()


def test_without_the_jars_the_ways_out_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def none() -> Path:
        raise jars.JarsError("Unknown host repo.example")

    monkeypatch.setattr(jars, "folder", none)
    with pytest.raises(kafka.KafkaError) as caught:
        kafka.home_of_jars()
    for said in (
        "Unknown host repo.example",
        "KAFKA_BOOTSTRAP_SERVERS=",
        "RUNTIME=docker",
        "BROKER=throwaway",
        "nothing of such a run is kept",
    ):
        assert said in str(caught.value)
