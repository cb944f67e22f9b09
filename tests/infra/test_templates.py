"""What must hold in every template of every stage on AWS: closed, encrypted, watched, recoverable, and without a secret in it."""

from __future__ import annotations

import base64
import json
import re
from typing import Any

import pytest

from infra import names
from infra.templates import Templates

DATA = ("staging", "prod")
PUBLISHER_OF_ROTATION = r"arn:aws[a-z-]*:serverlessrepo:[a-z0-9-]+:\d{12}:applications/SecretsManager"
"""AWS's own accounts, from which it gives away the functions that rotate database passwords."""
LOAD_BALANCERS_OF_EU_CENTRAL_1 = "054676820928"
"""AWS's own account that writes the load balancers' access logs."""


@pytest.fixture(params=DATA)
def with_data(request: pytest.FixtureRequest, synth: Any) -> Templates:
    """Stages whose data must not be lost."""
    found: Templates = synth(request.param)
    return found


# secrets ---------------------------------------------------------------------------------------------------------------


def test_no_template_holds_an_account_id_or_a_key(on_aws: Templates) -> None:
    for area, template in on_aws.stacks.items():
        text = json.dumps(template)
        text = re.sub(r"[0-9a-f]{64}", "", text)  # asset hashes
        text = re.sub(PUBLISHER_OF_ROTATION, "", text).replace(LOAD_BALANCERS_OF_EU_CENTRAL_1, "")
        assert not re.search(r"(?<![0-9a-zA-Z.-])\d{12}(?![0-9a-zA-Z.-])", text), f"{area} names an account"
        assert "AKIA" not in text
        assert "PRIVATE KEY" not in text


def test_no_template_holds_a_password(on_aws: Templates) -> None:
    for name, resource in on_aws.resources().items():
        for path, value in _leaves(resource.get("Properties", {})):
            if re.search(r"(password|secret(string)?|authtoken)$", path[-1], re.IGNORECASE) and isinstance(value, str):
                assert value.startswith("{{resolve:secretsmanager:"), f"{name} {'.'.join(path)}"


def test_secrets_are_encrypted_with_their_own_key(on_aws: Templates) -> None:
    for name, found in on_aws.properties("AWS::SecretsManager::Secret").items():
        if not name.startswith("edge/"):
            assert "KmsKeyId" in found, name


def test_environments_hold_names_and_addresses_only(on_aws: Templates) -> None:
    for name, found in on_aws.properties("AWS::Lambda::Function").items():
        for key, value in found.get("Environment", {}).get("Variables", {}).items():
            assert "resolve:secretsmanager" not in json.dumps(value), f"{name} {key}"
    for name, found in on_aws.properties("AWS::ECS::TaskDefinition").items():
        for container in found["ContainerDefinitions"]:
            assert "resolve:secretsmanager" not in json.dumps(container["Environment"]), name
            assert {"REDIS_URL"} <= {secret["Name"] for secret in container["Secrets"]}


def _leaves(value: Any, path: tuple[str, ...] = ("",)) -> list[tuple[tuple[str, ...], Any]]:
    if isinstance(value, dict):
        return [leaf for key, item in value.items() for leaf in _leaves(item, (*path, str(key)))]
    if isinstance(value, list):
        return [leaf for item in value for leaf in _leaves(item, path)]
    return [(path, value)]


# network ---------------------------------------------------------------------------------------------------------------


def test_nothing_is_open_to_the_world(on_aws: Templates) -> None:
    rules = [
        (name, rule)
        for name, found in on_aws.properties("AWS::EC2::SecurityGroup").items()
        for rule in found.get("SecurityGroupIngress", [])
    ]
    rules += list(on_aws.properties("AWS::EC2::SecurityGroupIngress").items())
    assert rules
    for name, rule in rules:
        assert rule.get("CidrIp") not in ("0.0.0.0/0", "::/0"), name
        assert {"SourceSecurityGroupId", "SourcePrefixListId", "CidrIp"} & set(rule), name


def test_the_balancer_is_reached_from_cloudfront_alone(on_aws: Templates) -> None:
    balancer = next(iter(on_aws.properties("AWS::ElasticLoadBalancingV2::LoadBalancer").values()))
    assert balancer["Scheme"] == "internal"
    groups = {name: found for name, found in on_aws.properties("AWS::EC2::SecurityGroup").items() if "LoadBalancer" in name}
    rules = [rule for found in groups.values() for rule in found.get("SecurityGroupIngress", [])]
    rules += [
        found for found in on_aws.properties("AWS::EC2::SecurityGroupIngress").values() if "LoadBalancer" in json.dumps(found["GroupId"])
    ]
    assert [set(rule) & {"SourcePrefixListId", "CidrIp", "SourceSecurityGroupId"} for rule in rules] == [{"SourcePrefixListId"}]


def test_three_zones_and_no_public_addresses(on_aws: Templates) -> None:
    subnets = on_aws.properties("AWS::EC2::Subnet").values()
    assert len({found["AvailabilityZone"] for found in subnets}) == 3
    assert not any(found.get("MapPublicIpOnLaunch") for found in subnets)
    for found in on_aws.properties("AWS::ECS::Service").values():
        assert found["NetworkConfiguration"]["AwsvpcConfiguration"]["AssignPublicIp"] == "DISABLED"
    assert on_aws.resources("AWS::EC2::FlowLog")


def test_aws_is_reached_from_inside_where_customers_are(with_data: Templates) -> None:
    services = json.dumps(list(with_data.properties("AWS::EC2::VPCEndpoint").values()))
    for service in ("secretsmanager", "kms", "logs", "sqs", "ecr", "s3"):
        assert service in services


# data ------------------------------------------------------------------------------------------------------------------


def test_the_database_survives(with_data: Templates) -> None:
    resource = next(iter(with_data.resources("AWS::RDS::DBInstance").values()))
    found = resource["Properties"]
    assert found["MultiAZ"] is True
    assert found["DeletionProtection"] is True
    assert resource["DeletionPolicy"] == "Snapshot"
    assert found["BackupRetentionPeriod"] == 30


def test_the_database_is_closed_and_encrypted(on_aws: Templates) -> None:
    found = next(iter(on_aws.properties("AWS::RDS::DBInstance").values()))
    assert found["StorageEncrypted"] is True
    assert "KmsKeyId" in found
    assert found["PubliclyAccessible"] is False
    assert found["EnableIAMDatabaseAuthentication"] is True
    parameters = next(iter(on_aws.properties("AWS::RDS::DBParameterGroup").values()))["Parameters"]
    assert parameters["rds.force_ssl"] == "1"
    assert "pg_stat_statements" in parameters["shared_preload_libraries"]
    assert next(iter(on_aws.properties("AWS::RDS::DBProxy").values()))["RequireTLS"] is True


def test_each_database_password_rotates(on_aws: Templates) -> None:
    scheduled = {found["SecretId"]["Ref"] for found in on_aws.properties("AWS::SecretsManager::RotationSchedule").values()}
    attachments = {name.split("/", 1)[1]: found for name, found in on_aws.properties("AWS::SecretsManager::SecretTargetAttachment").items()}
    rotated = {attachments[name]["SecretId"]["Ref"] for name in scheduled & set(attachments)}
    for name, found in on_aws.properties("AWS::SecretsManager::Secret").items():
        if "/database/" in str(found.get("Name")):
            assert name.split("/", 1)[1] in rotated, name


def test_the_cache_asks_for_a_password_over_tls(on_aws: Templates) -> None:
    found = next(iter(on_aws.properties("AWS::ElastiCache::ReplicationGroup").values()))
    assert found["TransitEncryptionEnabled"] is True
    assert found["AtRestEncryptionEnabled"] is True
    assert "resolve:secretsmanager" in json.dumps(found["AuthToken"])
    assert found["MultiAZEnabled"] is (found["NumCacheClusters"] > 1)


def test_buckets_are_private_versioned_and_encrypted(on_aws: Templates) -> None:
    buckets = on_aws.properties("AWS::S3::Bucket")
    assert len(buckets) >= 5
    for name, found in buckets.items():
        assert all(found["PublicAccessBlockConfiguration"].values()), name
        assert found["VersioningConfiguration"] == {"Status": "Enabled"}, name
        assert found["BucketEncryption"], name
        assert found["LifecycleConfiguration"], name
        assert "LoggingConfiguration" in found or "accesslogs" in name, name


def test_keys_rotate(on_aws: Templates) -> None:
    keys = on_aws.properties("AWS::KMS::Key")
    assert len(keys) >= 6
    assert all(found["EnableKeyRotation"] is True for found in keys.values())


# streams ---------------------------------------------------------------------------------------------------------------


def _topics(stage: Templates) -> dict[str, tuple[dict[str, Any], dict[str, str]]]:
    topics = {}
    for found in stage.properties("AWS::MSK::Topic").values():
        lines = base64.b64decode(found["Configs"]).decode().splitlines()
        topics[found["TopicName"]] = (found, dict(line.split("=", 1) for line in lines))
    return topics


def test_the_logs_keep_broker_time_and_two_copies_at_least(on_aws: Templates) -> None:
    topics = _topics(on_aws)
    assert set(topics) == {names.TOPIC_COMMANDS, names.TOPIC_EVENTS, names.TOPIC_ORDER_EVENTS, names.TOPIC_TRADE_EVENTS}
    for found, settings in topics.values():
        assert found["ReplicationFactor"] == 3
        assert settings["min.insync.replicas"] == "2"
    for name in (names.TOPIC_COMMANDS, names.TOPIC_EVENTS):
        assert topics[name][1]["message.timestamp.type"] == "LogAppendTime"
        assert topics[name][0]["PartitionCount"] == 1
    for name in (names.TOPIC_ORDER_EVENTS, names.TOPIC_TRADE_EVENTS):
        assert topics[name][0]["PartitionCount"] == 12
        assert topics[name][1]["retention.ms"] == str(7 * 24 * 3600 * 1000)


def test_kafka_takes_tls_and_iam_only(on_aws: Templates) -> None:
    found = next(iter(on_aws.properties("AWS::MSK::Cluster").values()))
    assert found["NumberOfBrokerNodes"] == 3
    assert found["EncryptionInfo"]["EncryptionInTransit"] == {"ClientBroker": "TLS", "InCluster": True}
    assert found["ClientAuthentication"] == {"Sasl": {"Iam": {"Enabled": True}}, "Unauthenticated": {"Enabled": False}}
