"""Tools that read the log sign in to Kafka as the services do."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from engine_container.engine import kafka
from engine_container.logs.connection import BrokerSettings
from engine_container.logs.ports import LogUnavailableError
from engine_container.tools import repair
from engine_container.tools.brokers import broker_settings
from engine_container.tools.cli import app

ON_A_TASK = {"KAFKA_BOOTSTRAP_SERVERS": "b-1.kafka:9098,b-2.kafka:9098", "KAFKA_AUTH": "iam", "AWS_REGION": "eu-west-1"}


@pytest.fixture
def reached(monkeypatch: pytest.MonkeyPatch) -> list[BrokerSettings]:
    """The connections that were asked for; no broker is there."""
    asked: list[BrokerSettings] = []

    def source(broker: BrokerSettings, _shard: int) -> None:
        asked.append(broker)
        raise LogUnavailableError("no broker is there")

    async def survey(broker: BrokerSettings, _shard: int) -> None:
        asked.append(broker)
        raise LogUnavailableError("no broker is there")

    monkeypatch.setattr(kafka, "KafkaCommandSource", source)
    monkeypatch.setattr("engine_container.tools.replay.KafkaCommandSource", source)
    monkeypatch.setattr(repair, "survey", survey)
    return asked


@pytest.mark.parametrize("command", ["replay", "examine", "repair-events"])
def test_a_task_on_aws_signs_in_with_its_role_in_its_region(reached: list[BrokerSettings], command: str) -> None:
    CliRunner().invoke(app, [command], env=ON_A_TASK)
    assert [(each.servers, each.auth, each.region) for each in reached] == [(ON_A_TASK["KAFKA_BOOTSTRAP_SERVERS"], "iam", "eu-west-1")]


@pytest.mark.parametrize("command", ["replay", "examine", "repair-events", "restore-log"])
def test_another_way_to_sign_in_is_refused(reached: list[BrokerSettings], command: str) -> None:
    done = CliRunner().invoke(app, [command, "--servers", "127.0.0.1:1", "--auth", "password"])
    assert done.exit_code == 2
    assert not reached


def test_on_one_machine_nothing_signs_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_REGION", raising=False)
    assert broker_settings("127.0.0.1:9092", "none", "replay") == BrokerSettings("127.0.0.1:9092", client_id="replay")
