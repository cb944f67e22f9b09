"""An alarm that goes on is said again, as often as its severity asks and to whom it was said first."""

from __future__ import annotations

import importlib
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from aws_lambda_powertools.utilities.typing import LambdaContext
from moto import mock_aws

from functions.reminders.service import Reminder, Topic, due

CRITICAL = Topic("arn:aws:sns:eu-central-1:000000000000:critical", timedelta(hours=4))
WARNING = Topic("arn:aws:sns:eu-central-1:000000000000:warning", timedelta(hours=24))
NOW = datetime(2026, 11, 2, 12, 0, tzinfo=UTC)


def _alarm(topic: Topic, rung: timedelta, **more: Any) -> dict[str, Any]:
    return {
        "AlarmName": "mycrypto-prod-some",
        "AlarmDescription": "why. What to do: docs/runbooks/incident.md",
        "StateValue": "ALARM",
        "ActionsEnabled": True,
        "AlarmActions": [topic.arn],
        "StateReason": "1 datapoint was over",
        "StateTransitionedTimestamp": NOW - rung,
        **more,
    }


def _due(*alarms: dict[str, Any], now: datetime = NOW) -> list[Reminder]:
    return due(alarms, (CRITICAL, WARNING), now)


@pytest.mark.parametrize(("topic", "every"), [(CRITICAL, 4), (WARNING, 24)])
def test_in_three_days_each_is_said_at_its_interval(topic: Topic, every: int) -> None:
    began = NOW - timedelta(minutes=17)
    said = [
        hour
        for hour in range(1, 73)
        if due([_alarm(topic, timedelta()) | {"StateTransitionedTimestamp": began}], (CRITICAL, WARNING), NOW + timedelta(hours=hour))
    ]
    assert said == list(range(every, 73, every))


def test_a_reminder_says_since_when_why_and_what_to_do() -> None:
    (reminder,) = _due(_alarm(CRITICAL, timedelta(hours=8, minutes=5)))
    assert (reminder.topic_arn, reminder.subject) == (CRITICAL.arn, "Still ringing after 8 h: mycrypto-prod-some")
    assert "docs/runbooks/incident.md" in reminder.text
    assert "1 datapoint was over" in reminder.text


@pytest.mark.parametrize(
    "change",
    [
        {"ActionsSuppressedBy": "Alarm"},
        {"ActionsEnabled": False},
        {"StateValue": "OK"},
        {"AlarmActions": []},
        {"AlarmActions": ["arn:aws:sns:eu-central-1:000000000000:elsewhere"]},
    ],
)
def test_an_alarm_that_is_held_back_or_has_no_action_is_not_repeated(change: dict[str, Any]) -> None:
    assert _due(_alarm(CRITICAL, timedelta(hours=4)))
    assert not _due(_alarm(CRITICAL, timedelta(hours=4)) | change)


def test_a_ringing_alarm_of_this_stage_reaches_its_topic(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "reminders")
    monkeypatch.setenv("STAGE", "prod")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        sns, sqs, cloudwatch = boto3.client("sns"), boto3.client("sqs"), boto3.client("cloudwatch")
        topic = sns.create_topic(Name="critical")["TopicArn"]
        monkeypatch.setenv("CRITICAL_TOPIC_ARN", topic)
        monkeypatch.setenv("WARNING_TOPIC_ARN", sns.create_topic(Name="warning")["TopicArn"])
        queue = sqs.create_queue(QueueName="heard")["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
        for name in ("mycrypto-prod-critical-rings", "mycrypto-prod-critical-quiet", "mycrypto-dev-critical-rings"):
            cloudwatch.put_metric_alarm(
                AlarmName=name,
                AlarmActions=[topic],
                ActionsEnabled=True,
                Namespace="MyCrypto",
                MetricName="x",
                Statistic="Sum",
                Period=60,
                EvaluationPeriods=1,
                Threshold=1,
                ComparisonOperator="GreaterThanThreshold",
            )
            state = "ALARM" if name.endswith("rings") else "OK"
            cloudwatch.set_alarm_state(AlarmName=name, StateValue=state, StateReason="set by a test")
        module = importlib.import_module("functions.reminders.handler")
        module._clients.cache_clear()
        later = datetime.now(UTC) + timedelta(hours=4, minutes=30)
        assert module.handler({"time": later.strftime("%Y-%m-%dT%H:%M:%SZ")}, LambdaContext()) == {"reminded": 1}
        heard = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10)["Messages"]
        module._clients.cache_clear()
    assert [json.loads(message["Body"])["Subject"] for message in heard] == ["Still ringing after 4 h: mycrypto-prod-critical-rings"]
