"""Logs, alarms, dashboards, backups and working hours in every template."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from infra import functions, names, stages
from infra.alarm_definition import Runbook
from infra.alarms import OWN_ALARMS
from infra.aws_alarms import aws_alarms
from infra.context import Context
from infra.queries import QUERIES
from infra.templates import Templates
from mycrypto.metrics import CATALOGUE
from tests.infra.template_parts import alarms_of, services_of


def test_every_log_group_forgets_in_time(on_aws: Templates) -> None:
    groups = on_aws.properties("AWS::Logs::LogGroup")
    expected = 365 if on_aws.stage == "prod" else 30
    assert {found["RetentionInDays"] for found in groups.values()} == {expected}


def test_every_function_and_service_has_a_log_group_and_saved_questions_ask_them(on_aws: Templates) -> None:
    groups = {found["LogGroupName"] for found in on_aws.properties("AWS::Logs::LogGroup").values() if "LogGroupName" in found}
    names_of_functions = {found["FunctionName"] for found in on_aws.properties("AWS::Lambda::Function").values() if "FunctionName" in found}
    services = {f"/mycrypto/{on_aws.stage}/{name}" for name in services_of(on_aws)}
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
    found = {re.sub(f"^({kinds})", "", name) for name in alarms_of(on_aws) if not name.startswith("any-critical-")}
    assert found == defined


def test_every_function_and_every_queue_has_its_alarm(on_aws: Templates) -> None:
    alarms = alarms_of(on_aws)
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
    found = alarms_of(prod)[name]
    assert found["AlarmActions"]
    assert found["AlarmDescription"]


def test_every_alarm_names_the_page_that_says_what_to_do(on_aws: Templates) -> None:
    pages = {runbook.path for runbook in Runbook}
    for name, found in alarms_of(on_aws).items():
        if name.startswith("any-critical-"):
            continue  # has no action
        assert found["AlarmDescription"].rpartition("What to do: ")[2] in pages, name


def test_every_dead_letter_queue_rings(on_aws: Templates) -> None:
    watched = {
        dimension["Value"]
        for found in alarms_of(on_aws).values()
        if found.get("MetricName") == "ApproximateNumberOfMessagesVisible"
        for dimension in found["Dimensions"]
    }
    dead = {found["QueueName"] for found in on_aws.properties("AWS::SQS::Queue").values() if found["QueueName"].endswith("-dlq")}
    assert dead
    assert dead <= watched


def test_each_severity_tells_its_own_topic(prod: Templates) -> None:
    topics: dict[str, set[str]] = {"critical": set(), "warning": set()}
    for name, found in alarms_of(prod).items():
        severity = name.split("-", 1)[0]
        if severity in topics:
            topics[severity].add(json.dumps(found["AlarmActions"]))
        else:
            assert "AlarmActions" not in found, f"{name} only serves others"
    assert all(len(told) == 1 for told in topics.values())
    assert topics["critical"] != topics["warning"]


def test_a_critical_alarm_holds_back_the_warnings_of_its_subject(prod: Templates) -> None:
    """And of no other: each is held back by what is critical about the same thing."""
    suppressed = {
        name: _text_of(prod, found["ActionsSuppressor"]) for name, found in alarms_of(prod).items() if "ActionsSuppressor" in found
    }
    assert suppressed["warning-fill-rate-low"] == "mycrypto-prod-any-critical-trading"
    assert suppressed["warning-database-cpu"] == "mycrypto-prod-any-critical-database"
    assert suppressed["warning-publisher-behind"] == "mycrypto-prod-critical-publisher-unhealthy"
    assert "warning-float-low" not in suppressed
    rule = json.dumps(alarms_of(prod)["any-critical-database"]["AlarmRule"])
    assert rule.count("ALARM(") == 2
    watched = json.dumps(alarms_of(prod)["warning-fill-rate-low"]["AlarmRule"])
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
        for a in alarms_of(prod).values()
        for metric in a.get("Metrics", [])
        if "MetricStat" in metric and metric["MetricStat"]["Metric"]["Namespace"] == "MyCrypto"
    }
    named |= {found["MetricName"] for found in alarms_of(prod).values() if found.get("Namespace") == "MyCrypto"}
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
    fixed = set(services_of(dev)) - {"gateway"}
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
    assert not [name for name, found in alarms_of(dev).items() if found.get("TreatMissingData") == "breaching"], "who rests is silent"


@pytest.mark.parametrize("stage", ["staging", "prod"])
def test_customers_stages_never_rest(synth: Callable[..., Templates], stage: str) -> None:
    made = synth(stage)
    assert not made.resources("AWS::Scheduler::Schedule")
    (scaled,) = made.properties("AWS::ApplicationAutoScaling::ScalableTarget").values()
    assert not scaled.get("ScheduledActions")
    silent = {name for name, found in alarms_of(made).items() if found.get("TreatMissingData") == "breaching"}
    assert "critical-engine-unhealthy" in silent
