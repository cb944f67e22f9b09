"""The trading processes in every template: one version at a time, their rights, their scaling."""

from __future__ import annotations

import json

from infra import names
from infra.templates import Templates
from tests.infra.template_parts import services_of


def test_an_engine_never_has_two_versions_of_itself(on_aws: Templates) -> None:
    services = services_of(on_aws)
    pair = [services["engine-spot-a"], services["engine-spot-b"]]
    for found in pair:
        assert found["DesiredCount"] == 1
        assert found["DeploymentConfiguration"]["MaximumPercent"] == 100
    zones = [json.dumps(found["NetworkConfiguration"]["AwsvpcConfiguration"]["Subnets"]) for found in pair]
    assert zones[0] != zones[1]
    second = next(r for n, r in on_aws.resources("AWS::ECS::Service").items() if r["Properties"]["ServiceName"].endswith("engine-spot-b"))
    assert any("EngineSpotA" in name for name in second["DependsOn"]), "the second is replaced after the first is back"


def test_a_gateway_is_replaced_after_the_engines(on_aws: Templates) -> None:
    """A new gateway may send commands that an older engine does not know."""
    services = {r["Properties"]["ServiceName"]: r for r in on_aws.resources("AWS::ECS::Service").values()}
    (gateway,) = (found for name, found in services.items() if name.endswith("-gateway"))
    assert {engine for engine in ("EngineSpotA", "EngineSpotB") if any(engine in name for name in gateway["DependsOn"])} == {
        "EngineSpotA",
        "EngineSpotB",
    }


def _allowed_on_objects(stage: Templates, role: str, bucket: str) -> set[str]:
    return {
        action
        for name, found in stage.properties("AWS::IAM::Policy").items()
        if name.startswith("trading/") and role in json.dumps(found["Roles"])
        for statement in found["PolicyDocument"]["Statement"]
        if f"{bucket}-" in json.dumps(statement["Resource"])
        for action in ([statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"])
    }


def test_an_engine_keeps_its_snapshots_and_a_gateway_reads_them(on_aws: Templates) -> None:
    for engine in ("EngineSpotA", "EngineSpotB"):
        assert _allowed_on_objects(on_aws, engine, "snapshots") == {"s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:ListBucket"}
        assert _allowed_on_objects(on_aws, engine, "archive") == set()
    assert _allowed_on_objects(on_aws, "Gateway", "snapshots") == {"s3:GetObject", "s3:ListBucket"}


def test_processes_reach_the_queues_they_write_to_and_no_others(on_aws: Templates) -> None:
    queues = (names.QUEUE_EMAIL, names.QUEUE_KYC, names.QUEUE_WITHDRAWALS, names.QUEUE_AUDIT)
    reached: dict[str, set[str]] = {}
    for name, found in on_aws.properties("AWS::IAM::Policy").items():
        for statement in found["PolicyDocument"]["Statement"]:
            if name.startswith("trading/") and "sqs:SendMessage" in statement["Action"]:
                text = json.dumps(statement["Resource"])
                reached[name.split("/")[1].partition("Task")[0]] = {queue for queue in queues if queue in text}
    assert reached == {"Gateway": {names.QUEUE_AUDIT}, "Publisher": {names.QUEUE_EMAIL}}


def test_the_archive_is_written_by_its_function_and_never_deleted_from(on_aws: Templates) -> None:
    writers = {
        name.split("/")[0]: found
        for name, found in on_aws.properties("AWS::IAM::Policy").items()
        if "archive-"
        in json.dumps(
            [statement["Resource"] for statement in found["PolicyDocument"]["Statement"] if "s3:PutObject" in statement["Action"]]
        )
    }
    assert set(writers) == {"wallet"}
    assert "s3:Delete" not in json.dumps(writers)
    (mapping,) = (
        found for found in on_aws.properties("AWS::Lambda::EventSourceMapping").values() if found.get("Topics") == [names.TOPIC_COMMANDS]
    )
    assert mapping["StartingPosition"] == "TRIM_HORIZON"
    assert mapping["MaximumBatchingWindowInSeconds"] <= 5, "so much of the log may be lost with the brokers"
    assert mapping["MaximumRetryAttempts"] >= 10_000


def test_bad_deployments_roll_back(on_aws: Templates) -> None:
    for name, found in services_of(on_aws).items():
        assert found["DeploymentConfiguration"]["DeploymentCircuitBreaker"] == {"Enable": True, "Rollback": True}, name


def test_containers_can_write_nowhere_but_their_scratch(on_aws: Templates) -> None:
    for name, found in on_aws.properties("AWS::ECS::TaskDefinition").items():
        assert found["RuntimePlatform"]["CpuArchitecture"] == "ARM64", name
        for container in found["ContainerDefinitions"]:
            assert container["ReadonlyRootFilesystem"] is True, name
            assert container["HealthCheck"], name


def test_gateways_follow_cpu_and_sockets(on_aws: Templates) -> None:
    policies = json.dumps(list(on_aws.properties("AWS::ApplicationAutoScaling::ScalingPolicy").values()))
    assert "ECSServiceAverageCPUUtilization" in policies
    assert "websocket_connections" in policies
