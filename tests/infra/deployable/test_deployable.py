"""The model of a deployment finds nothing in the templates as they are, and each fault that was once there when it is put back."""

from __future__ import annotations

import copy
import dataclasses
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from infra.deployable import components, configuration
from infra.deployable.__main__ import findings
from infra.deployable.resolving import Resolver
from infra.sources import ROOT
from infra.templates import Templates

Mutation = Callable[[Templates], None]


def _found(made: Templates, *checks: str) -> list[str]:
    return [str(found) for found in findings(made, *checks)]


def test_a_stage_could_be_deployed_and_would_work(on_aws: Templates) -> None:
    assert _found(on_aws) == []


def _of(made: Templates, kind: str, part: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    for where, resource in made.resources(kind).items():
        if part in where:
            yield where, resource


def _one(made: Templates, kind: str, part: str = "") -> dict[str, Any]:
    return next(resource for _, resource in _of(made, kind, part))


def _remove(made: Templates, kind: str, wanted: Callable[[dict[str, Any]], bool]) -> None:
    for where, resource in _of(made, kind):
        if wanted(resource["Properties"]):
            area, name = where.split("/")
            del made.stacks[area]["Resources"][name]


def _statements(made: Templates, role: str) -> Iterator[dict[str, Any]]:
    for _, policy in _of(made, "AWS::IAM::Policy", role):
        yield from policy["Properties"]["PolicyDocument"]["Statement"]


def _drop(made: Templates, role: str, sid: str) -> None:
    for _, policy in _of(made, "AWS::IAM::Policy", role):
        document = policy["Properties"]["PolicyDocument"]
        document["Statement"] = [statement for statement in document["Statement"] if not str(statement.get("Sid", "")).startswith(sid)]


def _a1_concurrency(made: Templates) -> None:
    _one(made, "AWS::Lambda::Function", "WalletFunction")["Properties"]["ReservedConcurrentExecutions"] = 232


def _a3_pollers(made: Templates) -> None:
    _remove(made, "AWS::EC2::SecurityGroupEgress", lambda rule: rule["FromPort"] == 9098 and "Kafka" in str(rule["GroupId"]))


def _a4_no_verifier(made: Templates) -> None:
    del _one(made, "AWS::Lambda::Function", "AuthFunction")["Properties"]["Environment"]["Variables"]["RECAPTCHA_SECRET_NAME"]


def _a6_publisher(made: Templates) -> None:
    for statement in _statements(made, "Publisher"):
        if statement.get("Sid") == "KafkaRead":
            statement["Resource"] = [arn for arn in statement["Resource"] if "engine-events" in str(arn)]


def _a7_documents(made: Templates) -> None:
    _drop(made, "Auth", "Key")


def _a8_at_once(made: Templates) -> None:
    _one(made, "AWS::SecretsManager::RotationSchedule", "data/Database")["Properties"]["RotateImmediatelyOnUpdate"] = True


def _a8_before(made: Templates) -> None:
    _one(made, "AWS::SecretsManager::RotationSchedule", "data/Database")["DependsOn"] = []


def _a8_through_the_proxy(made: Templates) -> None:
    variables = _one(made, "AWS::Lambda::Function", "MigrationsFunction")["Properties"]["Environment"]["Variables"]
    proxy = next(where for where, _ in _of(made, "AWS::RDS::DBProxy")).split("/")[1]
    variables["DATABASE_URL"] = {"Fn::Join": ["", ["postgresql://a@", {"Fn::GetAtt": [proxy, "Endpoint"]}, ":5432/postgres"]]}


def _a8_password_of_the_start(made: Templates) -> None:
    _container(made, "Gateway")["Secrets"].append({"Name": "PGPASSWORD", "ValueFrom": "arn"})


def _container(made: Templates, service: str) -> dict[str, Any]:
    found: dict[str, Any] = _one(made, "AWS::ECS::TaskDefinition", service)["Properties"]["ContainerDefinitions"][0]
    return found


def _a11_idle(made: Templates) -> None:
    for attribute in _one(made, "AWS::ElasticLoadBalancingV2::LoadBalancer")["Properties"]["LoadBalancerAttributes"]:
        if attribute["Key"] == "idle_timeout.timeout_seconds":
            attribute["Value"] = "3600"


def _a14_retained(made: Templates) -> None:
    _one(made, "AWS::S3::Bucket", "archive")["DeletionPolicy"] = "Retain"


def _a14_locked(made: Templates) -> None:
    _one(made, "AWS::Backup::BackupVault")["Properties"]["LockConfiguration"] = {"MinRetentionDays": 7}


def _a14_export(made: Templates) -> None:
    cluster = next(where for where, _ in _of(made, "AWS::MSK::Cluster")).split("/")[1]
    made.stacks["streaming"]["Outputs"]["Strong"] = {"Value": {"Fn::GetAtt": [cluster, "Arn"]}, "Export": {"Name": "strong"}}


def _a14_never_asked_again(made: Templates) -> None:
    del _one(made, "Custom::KafkaBootstrap")["Properties"]["Version"]


def _a14_protected(made: Templates) -> None:
    _one(made, "AWS::RDS::DBInstance")["Properties"]["DeletionProtection"] = True


def _a16_port(made: Templates) -> None:
    _remove(made, "AWS::EC2::SecurityGroupIngress", lambda rule: rule["FromPort"] == 5432 and "Database" in str(rule["GroupId"]))


def _b_too_open(made: Templates) -> None:
    rule = copy.deepcopy(_one(made, "AWS::EC2::SecurityGroupIngress", "network/"))
    rule["Properties"].update(FromPort=22, ToPort=22)
    rule["Properties"]["SourceSecurityGroupId"] = rule["Properties"]["GroupId"]
    made.stacks["network"]["Resources"]["Shell"] = rule


def _b_no_way_out(made: Templates) -> None:
    _remove(made, "AWS::EC2::Route", lambda route: "NatGatewayId" in route)


def _b_unused(made: Templates) -> None:
    next(_statements(made, "Gateway"))["Action"] = ["s3:DeleteBucket"]


def _b_key_policy(made: Templates) -> None:
    _one(made, "AWS::KMS::Key", "data/Secrets")["Properties"]["KeyPolicy"]["Statement"] = []


def _b_no_key(made: Templates) -> None:
    _drop(made, "Wallet", "DecryptSecrets")


def _b_task_secret(made: Templates) -> None:
    _drop(made, "GatewayTaskExecution", "DecryptSecrets")


def _b_cycle(made: Templates) -> None:
    topic, cluster = (next(iter(_of(made, kind)))[0].split("/")[1] for kind in ("AWS::MSK::Topic", "AWS::MSK::Cluster"))
    made.stacks["streaming"]["Resources"][cluster]["DependsOn"] = [topic]


def _b_import(made: Templates) -> None:
    made.stacks["network"]["Outputs"]["Early"] = {"Value": {"Fn::ImportValue": next(iter(Resolver(made).exports))}}
    made.stacks["network"]["Outputs"]["Lost"] = {"Value": {"Fn::ImportValue": "nothing-of-that-name"}}


def _b_parameter(made: Templates) -> None:
    _remove(made, "AWS::SSM::Parameter", lambda properties: str(properties["Name"]).endswith("/brokers"))


def _b_no_migration(made: Templates) -> None:
    _remove(made, "Custom::Invocation", lambda properties: "Migrations" in str(properties))


def _b_long_name(made: Templates) -> None:
    _one(made, "AWS::ElasticLoadBalancingV2::LoadBalancer")["Properties"]["Name"] = "x" * 33


def _b_memory(made: Templates) -> None:
    _one(made, "AWS::ECS::TaskDefinition", "Engine")["Properties"]["Memory"] = "65536"


def _b_visibility(made: Templates) -> None:
    for _, queue in _of(made, "AWS::SQS::Queue"):
        queue["Properties"]["VisibilityTimeout"] = 30


def _b_throttled(made: Templates) -> None:
    for _, mapping in _of(made, "AWS::Lambda::EventSourceMapping"):
        mapping["Properties"].pop("ScalingConfig", None)


def _b_slow_function(made: Templates) -> None:
    _one(made, "AWS::Lambda::Function", "WalletFunction")["Properties"]["Timeout"] = 60


def _b_unset(made: Templates) -> None:
    del _one(made, "AWS::Lambda::Function", "SettlementFunction")["Properties"]["Environment"]["Variables"]["DATABASE_URL"]


def _b_wrong_kind(made: Templates) -> None:
    variables = _one(made, "AWS::Lambda::Function", "WalletFunction")["Properties"]["Environment"]["Variables"]
    variables.update(
        TRUSTED_PROXY_HOPS="two", KAFKA_AUTH="plain", REDIS_URL="redis://cache:6379", WALLET_SECRET_NAME="mycrypto/other/wallet"
    )


def _b_never_read(made: Templates) -> None:
    _container(made, "Engine")["Environment"].append({"Name": "FORGOTTEN", "Value": "1"})


FAULTS: list[tuple[Mutation, str]] = [
    (_a1_concurrency, r"limits: functions: reserve \d+ executions"),
    (_a3_pollers, r"reachability: Kafka: the group Kafka may not connect out to Kafka on 9098"),
    (_a4_no_verifier, r"configuration: identity/AuthFunction\w+: RECAPTCHA_SECRET_NAME is not set"),
    (_a6_publisher, r"permissions: trading/Publisher\w+: may not kafka-cluster:ReadData on .*/order-events"),
    (_a7_documents, r"permissions: identity/AuthFunction\w+: may not kms:GenerateDataKey"),
    (_a8_at_once, r"life: data/Database\w+: rotates at once"),
    (_a8_before, r"life: data/Database\w+: is made before the migrations"),
    (_a8_through_the_proxy, r"reachability: data/MigrationsFunction\w+: DATABASE_URL leads to proxy:5432"),
    (_a8_password_of_the_start, r"configuration: trading/Gateway\w+: PGPASSWORD is set and never read"),
    (_a11_idle, r"limits: trading/Balancer\w+: keeps an idle connection 3600 s"),
    (_a14_retained, r"life: storage/archive\w+: is left by a failed deployment and takes its name"),
    (_a14_locked, r"life: backup/\w+: is locked for good"),
    (_a14_export, r"life: streaming/StreamCluster\w+: cannot be replaced while others import strong"),
    (_a14_never_asked_again, r"life: streaming/LifecycleBrokers\w+: never runs again"),
    (_a14_protected, r"life: data/DatabaseInstance\w+: is protected"),
    (_a16_port, r"reachability: .*the group Database lets Proxy not in on 5432"),
    (_b_too_open, r"reachability: \w+: may connect to \w+ on 22, which no component declares"),
    (_b_no_way_out, r"reachability: .*: its subnet network/\w+ has no way out"),
    (_b_unused, r"permissions: trading/Gateway\w+: is allowed s3:DeleteBucket"),
    (_b_key_policy, r"permissions: data/SecretsKey\w+: its policy does not leave"),
    (_b_no_key, r"permissions: wallet/WalletFunction\w+: may not kms:Decrypt"),
    (_b_task_secret, r"permissions: trading/GatewayTask\w+: its execution role may not kms:Decrypt"),
    (_b_cycle, r"life: streaming/StreamCluster\w+: waits for what waits for it"),
    (_b_import, r"life: network: imports nothing-of-that-name, which no stack exports"),
    (_b_parameter, r"life: wallet: reads the parameter /mycrypto/dev/kafka/1/brokers, which no stack writes"),
    (_b_no_migration, r"life: data: no deployment runs the migrations"),
    (_b_long_name, r"limits: trading/Balancer\w+: its name x{33} has 33 characters, 32 are allowed"),
    (_b_memory, r"limits: trading/Engine\w+: Fargate does not sell"),
    (_b_visibility, r"limits: messaging/\w+: shows a message again before"),
    (_b_throttled, r"limits: messaging/\w+: shows a message again before"),
    (_b_slow_function, r"limits: edge/\w+: the API gives up after 29 s, before its function of 60 s"),
    (_b_unset, r"configuration: wallet/SettlementFunction\w+: DATABASE_URL is not set"),
    (_b_wrong_kind, r"configuration: wallet/WalletFunction\w+: TRUSTED_PROXY_HOPS must be a number"),
    (_b_wrong_kind, r"configuration: wallet/WalletFunction\w+: KAFKA_AUTH must be one of"),
    (_b_wrong_kind, r"configuration: wallet/WalletFunction\w+: REDIS_URL must begin with rediss://"),
    (_b_wrong_kind, r"configuration: wallet/WalletFunction\w+: WALLET_SECRET_NAME names mycrypto/other/wallet"),
    (_b_never_read, r"configuration: trading/Engine\w+: FORGOTTEN is set and never read"),
]


@pytest.mark.parametrize(("fault", "said"), FAULTS, ids=[f"{fault.__name__[1:]}-{said[:8]}" for fault, said in FAULTS])
def test_a_fault_that_is_put_back_is_found(synth: Callable[..., Templates], fault: Mutation, said: str) -> None:
    made = synth("dev")
    broken = dataclasses.replace(made, stacks=copy.deepcopy(dict(made.stacks)))
    fault(broken)
    found = _found(broken, said.split(":", maxsplit=1)[0])
    assert any(re.match(said, each) for each in found), found


def test_each_component_declares_what_it_reaches(on_aws: Templates) -> None:
    names = {component.name for component in components.components(Resolver(on_aws))}
    beside = {path.parent.name for folder in ("functions", "engine_container") for path in (ROOT / folder).glob("*/reaches.toml")}
    assert names == beside


def test_what_every_component_is_given_is_read_somewhere() -> None:
    for name, path in configuration.GIVEN_TO_ALL.items():
        if path:
            assert name in (ROOT / path).read_text().upper(), path
