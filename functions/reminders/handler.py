"""Lambda entry of reminders, invoked every hour."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import boto3
from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.reminders import service
from functions.reminders.service import Topic
from functions.reminders.settings import Settings
from mycrypto import settings, telemetry

logger = telemetry.logger("reminders")
configuration = settings.load(Settings)
TOPICS = (Topic(configuration.critical_topic_arn, timedelta(hours=4)), Topic(configuration.warning_topic_arn, timedelta(hours=24)))


@cache
def _clients() -> tuple[Any, Any]:
    return boto3.client("cloudwatch"), boto3.client("sns")


def _ringing() -> Iterator[dict[str, Any]]:
    """The stage's alarms that ring now, composites among them."""
    pages = _clients()[0].get_paginator("describe_alarms")
    for page in pages.paginate(
        AlarmNamePrefix=f"mycrypto-{configuration.stage}-", StateValue="ALARM", AlarmTypes=["MetricAlarm", "CompositeAlarm"]
    ):
        yield from page.get("MetricAlarms", [])
        yield from page.get("CompositeAlarms", [])


def handler(event: dict[str, Any], _: LambdaContext) -> dict[str, Any]:
    """``time`` of the event is the schedule's, not the clock's: a late invocation neither skips a reminder nor says one twice."""
    reminders = service.due(_ringing(), TOPICS, datetime.fromisoformat(event["time"]))
    for reminder in reminders:
        _clients()[1].publish(TopicArn=reminder.topic_arn, Subject=reminder.subject, Message=reminder.text)
    logger.info("said again", count=len(reminders))
    return {"reminded": len(reminders)}
