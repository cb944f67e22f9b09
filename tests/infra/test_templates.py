"""What must hold in every template of every stage on AWS: closed, encrypted, watched, recoverable, and without a secret in it."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from aws_cdk import aws_apigateway as apigateway

from infra import functions, names, stages
from infra.alarm_definition import Runbook
from infra.alarms import OWN_ALARMS
from infra.aws_alarms import aws_alarms
from infra.context import Context
from infra.errors import ConfigurationError
from infra.queries import QUERIES
from infra.templates import Templates
from mycrypto.metrics import CATALOGUE

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


# trading ---------------------------------------------------------------------------------------------------------------


def _services(stage: Templates) -> dict[str, dict[str, Any]]:
    return {
        found["ServiceName"].removeprefix(f"mycrypto-{stage.stage}-"): found for found in stage.properties("AWS::ECS::Service").values()
    }


def test_an_engine_never_has_two_versions_of_itself(on_aws: Templates) -> None:
    services = _services(on_aws)
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
    for name, found in _services(on_aws).items():
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


# logs, alarms, backups -------------------------------------------------------------------------------------------------


def test_every_log_group_forgets_in_time(on_aws: Templates) -> None:
    groups = on_aws.properties("AWS::Logs::LogGroup")
    expected = 365 if on_aws.stage == "prod" else 30
    assert {found["RetentionInDays"] for found in groups.values()} == {expected}


def _alarms(stage: Templates) -> dict[str, dict[str, Any]]:
    """Composite ones among them."""
    kinds = ("AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm")
    return {
        found["AlarmName"].removeprefix(f"mycrypto-{stage.stage}-"): found for kind in kinds for found in stage.properties(kind).values()
    }


def test_every_function_and_service_has_a_log_group_and_saved_questions_ask_them(on_aws: Templates) -> None:
    groups = {found["LogGroupName"] for found in on_aws.properties("AWS::Logs::LogGroup").values() if "LogGroupName" in found}
    names_of_functions = {found["FunctionName"] for found in on_aws.properties("AWS::Lambda::Function").values() if "FunctionName" in found}
    services = {f"/mycrypto/{on_aws.stage}/{name}" for name in _services(on_aws)}
    assert {f"/aws/lambda/{name}" for name in names_of_functions} | services <= groups
    questions = on_aws.properties("AWS::Logs::QueryDefinition")
    assert len(questions) == len(QUERIES)
    for name, found in questions.items():
        assert set(found["LogGroupNames"]) <= groups, name
        assert services <= set(found["LogGroupNames"]), name


def test_requests_are_traced_from_the_api_through_the_functions(on_aws: Templates) -> None:
    (api,) = on_aws.properties("AWS::ApiGateway::Stage").values()
    assert api["TracingEnabled"] is True
    for name, found in on_aws.properties("AWS::Lambda::Function").items():
        if str(found.get("Handler", "")).startswith("functions."):
            assert found["TracingConfig"] == {"Mode": "Active"}, name
    actions = json.dumps(list(on_aws.properties("AWS::IAM::Policy").values()))
    assert "xray:PutTraceSegments" in actions


def test_every_alarm_of_a_template_is_one_of_the_definitions_and_no_definition_is_left_out(on_aws: Templates) -> None:
    stage = stages.load(Context({"stage": on_aws.stage}.get))
    defined = {alarm.name for alarm in (*OWN_ALARMS, *aws_alarms(stage))}
    assert len(defined) == len((*OWN_ALARMS, *aws_alarms(stage)))
    kinds = "critical-|warning-|measured-"
    found = {re.sub(f"^({kinds})", "", name) for name in _alarms(on_aws) if not name.startswith("any-critical-")}
    assert found == defined


def test_every_function_and_every_queue_has_its_alarm(on_aws: Templates) -> None:
    alarms = _alarms(on_aws)
    watched = json.dumps([found.get("Dimensions", []) for found in alarms.values()])
    for spec in (*functions.ALL, *functions.ON_AWS):
        assert names.resource(on_aws.stage, spec.name) in watched
    for found in on_aws.properties("AWS::SQS::Queue").values():
        assert found["QueueName"] in watched


@pytest.mark.parametrize(
    "name",
    [
        "critical-database-pool-full",
        "critical-matching-slow",
        "critical-gateway-unhealthy",
        "critical-database-disk-full",
        "warning-fill-rate-low",
        "warning-cache-hit-rate-low",
        "warning-sockets-reconnect",
        "critical-engine-unhealthy",
        "critical-second-factor-fails",
        "warning-registrations-fail",
        "warning-outbox-waits",
        "warning-withdrawals-pile-up",
        "warning-cache-1-memory",
        "warning-cache-1-evictions",
        "critical-ledger-differs",
        "critical-consumer-settlement-lags",
    ],
)
def test_the_alarms_of_the_specification_ring(prod: Templates, name: str) -> None:
    found = _alarms(prod)[name]
    assert found["AlarmActions"]
    assert found["AlarmDescription"]


def test_every_alarm_names_the_page_that_says_what_to_do(on_aws: Templates) -> None:
    pages = {runbook.path for runbook in Runbook}
    for name, found in _alarms(on_aws).items():
        if name.startswith("any-critical-"):
            continue  # has no action
        assert found["AlarmDescription"].rpartition("What to do: ")[2] in pages, name


def test_every_dead_letter_queue_rings(on_aws: Templates) -> None:
    watched = {
        dimension["Value"]
        for found in _alarms(on_aws).values()
        if found.get("MetricName") == "ApproximateNumberOfMessagesVisible"
        for dimension in found["Dimensions"]
    }
    dead = {found["QueueName"] for found in on_aws.properties("AWS::SQS::Queue").values() if found["QueueName"].endswith("-dlq")}
    assert dead
    assert dead <= watched


def test_each_severity_tells_its_own_topic(prod: Templates) -> None:
    topics: dict[str, set[str]] = {"critical": set(), "warning": set()}
    for name, found in _alarms(prod).items():
        severity = name.split("-", 1)[0]
        if severity in topics:
            topics[severity].add(json.dumps(found["AlarmActions"]))
        else:
            assert "AlarmActions" not in found, f"{name} only serves others"
    assert all(len(told) == 1 for told in topics.values())
    assert topics["critical"] != topics["warning"]


def test_a_critical_alarm_holds_back_the_warnings_of_its_subject(prod: Templates) -> None:
    """And of no other: each is held back by what is critical about the same thing."""
    suppressed = {name: _text_of(prod, found["ActionsSuppressor"]) for name, found in _alarms(prod).items() if "ActionsSuppressor" in found}
    assert suppressed["warning-fill-rate-low"] == "mycrypto-prod-any-critical-trading"
    assert suppressed["warning-database-cpu"] == "mycrypto-prod-any-critical-database"
    assert suppressed["warning-publisher-behind"] == "mycrypto-prod-critical-publisher-unhealthy"
    assert "warning-float-low" not in suppressed
    rule = json.dumps(_alarms(prod)["any-critical-database"]["AlarmRule"])
    assert rule.count("ALARM(") == 2
    watched = json.dumps(_alarms(prod)["warning-fill-rate-low"]["AlarmRule"])
    measured = next(
        name for name, found in prod.properties("AWS::CloudWatch::Alarm").items() if found["AlarmName"].endswith("measured-fill-rate-low")
    )
    assert measured.rpartition("/")[2] in watched


def _text_of(stage: Templates, arn: Any) -> str:
    """The name of the alarm that an ARN in a template refers to."""
    logical = arn["Fn::GetAtt"][0]
    for kind in ("AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm"):
        for name, found in stage.properties(kind).items():
            if name.rpartition("/")[2] == logical:
                return str(found["AlarmName"])
    raise AssertionError(logical)


def test_what_goes_on_ringing_is_said_again(on_aws: Templates) -> None:
    (rule,) = (found for found in on_aws.properties("AWS::Events::Rule").values() if found["Name"].endswith("remind-every-hour"))
    assert rule["ScheduleExpression"] == "rate(1 hour)"
    (function,) = (
        found for found in on_aws.properties("AWS::Lambda::Function").values() if str(found.get("FunctionName", "")).endswith("-reminders")
    )
    assert {"CRITICAL_TOPIC_ARN", "WARNING_TOPIC_ARN"} <= function["Environment"]["Variables"].keys()


def test_alarms_and_dashboards_name_only_what_the_catalogue_has(prod: Templates) -> None:
    text = json.dumps([found["DashboardBody"] for found in prod.properties("AWS::CloudWatch::Dashboard").values()])
    named = set(re.findall(r'\\"MyCrypto\\\\?",\\\\?"([a-z0-9_]+)', text)) | set(re.findall(r'MetricName=\\+"([a-z0-9_]+)', text))
    named |= {
        metric["MetricStat"]["Metric"]["MetricName"]
        for a in _alarms(prod).values()
        for metric in a.get("Metrics", [])
        if "MetricStat" in metric and metric["MetricStat"]["Metric"]["Namespace"] == "MyCrypto"
    }
    named |= {found["MetricName"] for found in _alarms(prod).values() if found.get("Namespace") == "MyCrypto"}
    assert named
    assert named <= set(CATALOGUE), named - set(CATALOGUE)


def test_the_four_dashboards_exist(on_aws: Templates) -> None:
    shown = {
        found["DashboardName"].removeprefix(f"mycrypto-{on_aws.stage}-")
        for found in on_aws.properties("AWS::CloudWatch::Dashboard").values()
    }
    assert shown == {"system-overview", "trade-engine-performance", "business-metrics", "database-performance"}


def test_backups_are_daily_and_six_hourly(on_aws: Templates) -> None:
    plan = next(iter(on_aws.properties("AWS::Backup::BackupPlan").values()))["BackupPlan"]
    rules = {rule["RuleName"]: rule for rule in plan["BackupPlanRule"]}
    assert rules["daily"]["ScheduleExpression"] == "cron(0 2 * * ? *)"
    assert rules["six-hourly"]["ScheduleExpression"] == "cron(0 8,14,20 * * ? *)"
    assert rules["point-in-time"]["EnableContinuousBackup"] is True


def test_prod_copies_its_backups_and_locks_them_where_that_is_asked_for(synth: Callable[..., Templates]) -> None:
    prod = synth("prod", lock_backups="yes")
    plan = next(iter(prod.properties("AWS::Backup::BackupPlan").values()))["BackupPlan"]
    copied = [rule for rule in plan["BackupPlanRule"] if rule.get("CopyActions")]
    assert [rule["RuleName"] for rule in copied] == ["daily"]
    assert "eu-west-1" in json.dumps(copied[0]["CopyActions"])
    vaults = prod.properties("AWS::Backup::BackupVault")
    assert len(vaults) == 2
    assert all("LockConfiguration" in found for found in vaults.values())


def test_what_can_rest_in_dev_rests_at_night_and_works_in_the_morning(synth: Callable[..., Templates]) -> None:
    """Every task and every poller: the gateways by their own scaling, which would else start them again."""
    dev = synth("dev")
    schedules = {found["Name"].removeprefix("mycrypto-dev-"): found for found in dev.properties("AWS::Scheduler::Schedule").values()}
    fixed = set(_services(dev)) - {"gateway"}
    consumers = {f"pollers-{name}" for name in ("settlement", "history", "archive")}
    assert set(schedules) == {f"{verb}-{name}" for verb in ("rest", "work") for name in fixed | consumers}
    for name, found in schedules.items():
        assert found["ScheduleExpression"] == f"cron(0 {20 if name.startswith('rest-') else 8} ? * MON-FRI *)"
        assert found["ScheduleExpressionTimezone"] == "Europe/Istanbul"
        sent = found["Target"]["Input"]["Fn::Join"][1][-1]
        states = ('"DesiredCount": 0}', '"Enabled": false}') if name.startswith("rest-") else ('"DesiredCount": 1}', '"Enabled": true}')
        assert sent.endswith(states), sent
    (scaled,) = dev.properties("AWS::ApplicationAutoScaling::ScalableTarget").values()
    bounds = {action["Schedule"]: action["ScalableTargetAction"] for action in scaled["ScheduledActions"]}
    assert bounds["cron(0 20 ? * MON-FRI *)"] == {"MinCapacity": 0, "MaxCapacity": 0}
    assert bounds["cron(0 8 ? * MON-FRI *)"] == {"MinCapacity": 1, "MaxCapacity": 2}
    assert not [name for name, found in _alarms(dev).items() if found.get("TreatMissingData") == "breaching"], "who rests is silent"


@pytest.mark.parametrize("stage", ["staging", "prod"])
def test_customers_stages_never_rest(synth: Callable[..., Templates], stage: str) -> None:
    made = synth(stage)
    assert not made.resources("AWS::Scheduler::Schedule")
    (scaled,) = made.properties("AWS::ApplicationAutoScaling::ScalableTarget").values()
    assert not scaled.get("ScheduledActions")
    silent = {name for name, found in _alarms(made).items() if found.get("TreatMissingData") == "breaching"}
    assert "critical-engine-unhealthy" in silent


# edge ------------------------------------------------------------------------------------------------------------------


def test_without_a_token_only_the_public_routes_answer(on_aws: Templates) -> None:
    paths = _paths(on_aws)
    public = {
        paths[found["ResourceId"]["Ref"]]
        for found in on_aws.properties("AWS::ApiGateway::Method").values()
        if found["AuthorizationType"] == "NONE"
    }
    assert public == {
        "/api/auth/health",
        "/api/auth/health/ready",
        "/api/auth/.well-known/jwks.json",
        "/api/auth/openapi.json",
        "/api/wallet/openapi.json",
        "/api/auth/register",
        "/api/auth/login",
        "/api/auth/verify-email",
        "/api/auth/resend-verification",
        "/api/auth/refresh",
        "/api/auth/2fa/verify",
        "/api/auth/password/reset",
        "/api/auth/password/reset/confirm",
        "/api/auth/email-change/confirm",
        "/api/wallet/health",
        "/api/wallet/health/ready",
        "/api/wallet/webhooks/{proxy+}",
    }


def _paths(stage: Templates) -> dict[str, str]:
    parts = {name.split("/", 1)[1]: found for name, found in stage.properties("AWS::ApiGateway::Resource").items()}

    def path(name: str) -> str:
        parent = parts[name]["ParentId"].get("Ref")
        return (path(parent) if parent in parts else "") + "/" + str(parts[name]["PathPart"])

    return {name: path(name) for name in parts}


def test_the_gateways_own_errors_are_problem_documents(local: Templates) -> None:
    responses = local.properties("AWS::ApiGateway::GatewayResponse")
    known = {getattr(apigateway.ResponseType, name).response_type for name in dir(apigateway.ResponseType) if name.isupper()}
    assert {found["ResponseType"] for found in responses.values()} == known, "a raw body would leave"
    for name, found in responses.items():
        body = json.loads(found["ResponseTemplates"]["application/json"])
        assert found["StatusCode"] == str(body["status"]), name
        assert body["trace_id"] == "$context.requestId"
        assert found["ResponseParameters"]["gatewayresponse.header.Content-Type"] == "'application/problem+json'"
        assert found["ResponseParameters"]["gatewayresponse.header.X-Request-ID"] == "context.requestId"


def test_a_function_that_did_not_answer_is_never_said_to_have_failed(local: Templates) -> None:
    said = {
        found["ResponseType"]: (found["StatusCode"], json.loads(found["ResponseTemplates"]["application/json"])["code"])
        for found in local.properties("AWS::ApiGateway::GatewayResponse").values()
    }
    for kind in ("INTEGRATION_FAILURE", "INTEGRATION_TIMEOUT", "API_CONFIGURATION_ERROR", "DEFAULT_5XX"):
        assert said[kind] == ("504", "OUTCOME_UNKNOWN")


def test_pages_of_allowed_origins_may_ask_without_a_token_and_read_every_refusal(synth: Any, on_aws: Templates) -> None:
    assert not any(found["HttpMethod"] == "OPTIONS" for found in on_aws.properties("AWS::ApiGateway::Method").values())
    made: Templates = synth("dev", allowed_origins="https://app.example,https://beta.example")
    paths = _paths(made)
    asked = {
        paths[found["ResourceId"]["Ref"]]: found
        for found in made.properties("AWS::ApiGateway::Method").values()
        if found["HttpMethod"] == "OPTIONS"
    }
    assert asked.keys() >= {"/api/auth/{proxy+}", "/api/auth/2fa/{proxy+}", "/api/wallet/{proxy+}"}
    assert {found["AuthorizationType"] for found in asked.values()} == {"NONE"}
    for found in made.properties("AWS::ApiGateway::GatewayResponse").values():
        assert found["ResponseParameters"]["gatewayresponse.header.Access-Control-Allow-Origin"] == "'*'"
    told = [found["Environment"]["Variables"] for found in made.properties("AWS::Lambda::Function").values() if "Environment" in found]
    assert {each["SERVICE_NAME"] for each in told if "ALLOWED_ORIGINS" in each} == {"auth", "wallet"}
    with pytest.raises(ConfigurationError, match=r"allowed_origins.*'\*' is no origin"):
        synth("dev", allowed_origins="*")


def test_who_is_throttled_is_told_when_to_come_back(on_aws: Templates) -> None:
    for found in on_aws.properties("AWS::ApiGateway::GatewayResponse").values():
        waits = found["ResponseParameters"].get("gatewayresponse.header.Retry-After") == "'1'"
        assert waits is (found["StatusCode"] in {"429", "503"})


def test_a_revoked_token_is_refused_at_the_next_request(on_aws: Templates) -> None:
    found = next(iter(on_aws.properties("AWS::ApiGateway::Authorizer").values()))
    assert found["AuthorizerResultTtlInSeconds"] == 0


def test_each_tier_has_its_share_of_the_api(on_aws: Templates) -> None:
    plans = {found["UsagePlanName"].rsplit("-", 1)[1]: found for found in on_aws.properties("AWS::ApiGateway::UsagePlan").values()}
    assert set(plans) == {"free", "basic", "pro", "vip"}
    assert plans["free"]["Throttle"]["RateLimit"] < plans["pro"]["Throttle"]["RateLimit"]
    assert "Throttle" not in plans["vip"]


def test_the_front_sends_each_prefix_where_it_belongs(on_aws: Templates) -> None:
    found = next(iter(on_aws.properties("AWS::CloudFront::Distribution").values()))["DistributionConfig"]
    patterns = [behaviour["PathPattern"] for behaviour in found["CacheBehaviors"]]
    assert patterns.index("/api/v1/auth/*") < patterns.index("/api/v1/*"), "the first pattern that matches wins"
    targets = {behaviour["PathPattern"]: behaviour["TargetOriginId"] for behaviour in found["CacheBehaviors"]}
    assert targets["/api/auth/*"] == targets["/api/v1/wallet/*"]
    assert targets["/ws"] == targets["/ws/*"] == targets["/api/v1/*"] != targets["/api/auth/*"]
    assert found["WebACLId"]


def test_every_address_that_is_no_file_shows_a_page_under_the_strict_policy(on_aws: Templates) -> None:
    found = next(iter(on_aws.properties("AWS::CloudFront::Distribution").values()))["DistributionConfig"]
    functions = on_aws.properties("AWS::CloudFront::Function")
    policies = on_aws.properties("AWS::CloudFront::ResponseHeadersPolicy")
    page = found["DefaultCacheBehavior"]
    (association,) = page["FunctionAssociations"]
    assert association["FunctionARN"]["Fn::GetAtt"][0].startswith("FrontPages")
    (code,) = [each["FunctionCode"] for name, each in functions.items() if "FrontPages" in name]
    assert "'/index.html'" in code
    assert "'/ops.html'" in code
    (found_policy,) = [each for name, each in policies.items() if "FrontPageHeaders" in name]
    security = found_policy["ResponseHeadersPolicyConfig"]["SecurityHeadersConfig"]
    policy = security["ContentSecurityPolicy"]["ContentSecurityPolicy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'")
    assert "unsafe" not in policy
    assert {behaviour["ResponseHeadersPolicyId"]["Ref"] for behaviour in found["CacheBehaviors"]}.isdisjoint(
        {page["ResponseHeadersPolicyId"]["Ref"]}
    )


def test_who_answers_clients_behind_the_front_hears_their_addresses(on_aws: Templates) -> None:
    told = [found["Environment"]["Variables"] for found in on_aws.properties("AWS::Lambda::Function").values() if "Environment" in found]
    tasks = on_aws.properties("AWS::ECS::TaskDefinition").values()
    containers = [container for found in tasks for container in found["ContainerDefinitions"]]
    told += [{entry["Name"]: entry["Value"] for entry in container["Environment"]} for container in containers]
    trusting = {each["SERVICE_NAME"]: each["TRUSTED_PROXY_HOPS"] for each in told if each.get("TRUSTED_PROXY_HEADER") == "X-Forwarded-For"}
    # CloudFront appends the viewer, and API Gateway or the load balancer CloudFront
    assert trusting == {"auth": "2", "wallet": "2", "gateway": "2"}


def test_with_a_domain_there_is_tls_of_today_all_the_way(synth: Any) -> None:
    stage = synth(
        "prod",
        domain="exchange.mycrypto.example",
        hosted_zone_id="Z0000000000000",
        global_certificate_arn="arn:aws:acm:us-east-1:111111111111:certificate/0",
        regional_certificate_arn="arn:aws:acm:eu-central-1:111111111111:certificate/0",
    )
    found = next(iter(stage.properties("AWS::CloudFront::Distribution").values()))["DistributionConfig"]
    assert found["ViewerCertificate"]["MinimumProtocolVersion"] == "TLSv1.2_2021"
    listener = next(iter(stage.properties("AWS::ElasticLoadBalancingV2::Listener").values()))
    assert listener["Protocol"] == "HTTPS"
    assert stage.resources("AWS::Route53::RecordSet")


def test_the_front_is_watched_by_managed_rules_and_counts_each_address(on_aws: Templates) -> None:
    found = next(acl for acl in on_aws.properties("AWS::WAFv2::WebACL").values() if acl["Scope"] == "CLOUDFRONT")
    rules = {rule["Name"]: rule for rule in found["Rules"]}
    for name in ("CommonRuleSet", "KnownBadInputsRuleSet", "SQLiRuleSet", "AmazonIpReputationList"):
        assert rules[f"AWSManagedRules{name}"]["OverrideAction"] == {"None": {}}, "it blocks, it does not only count"
    rate = rules["RequestsPerAddress"]
    assert rate["Action"] == {"Block": {}}
    assert rate["Statement"]["RateBasedStatement"]["AggregateKeyType"] == "IP"


def test_the_api_is_open_to_the_front_alone(on_aws: Templates) -> None:
    found = next(acl for acl in on_aws.properties("AWS::WAFv2::WebACL").values() if acl["Scope"] == "REGIONAL")
    assert found["DefaultAction"] == {"Block": {}}
    secret = next(rule for rule in found["Rules"] if rule["Name"] == "FromTheFront")["Statement"]["ByteMatchStatement"]["SearchString"]
    assert "resolve:secretsmanager" in json.dumps(secret)


def test_browsers_are_told_to_be_careful(on_aws: Templates) -> None:
    policies = on_aws.properties("AWS::CloudFront::ResponseHeadersPolicy").values()
    assert len(policies) == 2, "one for pages, one for answers of the API"
    for found in policies:
        headers = found["ResponseHeadersPolicyConfig"]["SecurityHeadersConfig"]
        assert headers["StrictTransportSecurity"]["AccessControlMaxAgeSec"] == 365 * 24 * 3600
        assert "frame-ancestors 'none'" in headers["ContentSecurityPolicy"]["ContentSecurityPolicy"]
        assert headers["FrameOptions"]["FrameOption"] == "DENY"
    behaviours = next(iter(on_aws.properties("AWS::CloudFront::Distribution").values()))["DistributionConfig"]
    for behaviour in (behaviours["DefaultCacheBehavior"], *behaviours["CacheBehaviors"]):
        assert behaviour["ResponseHeadersPolicyId"]
