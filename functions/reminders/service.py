"""Which alarms are to be said again. Pure.

CloudWatch tells each change once. A critical alarm that goes on is told again every four hours, a warning once a day, so that none is
forgotten and none becomes noise.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec

EVERY: Final = timedelta(hours=1)
"""How often it is asked."""
SUBJECT_LENGTH_MAX: Final = 100
"""What SNS takes as the subject of a mail; ASCII only."""


class Topic(msgspec.Struct, frozen=True):
    """A topic of a severity, and how often it hears of an alarm that goes on."""

    arn: str
    interval: timedelta


class Reminder(msgspec.Struct, frozen=True):
    topic_arn: str
    subject: str
    text: str


def due(alarms: Iterable[Mapping[str, Any]], topics: Iterable[Topic], now: datetime) -> list[Reminder]:
    """A reminder for each alarm that has rung for another whole interval within the last hour.

    ``alarms`` as DescribeAlarms has them. An alarm that does not ring, has no action, or is held back by a critical alarm, is left out.
    """
    by_arn = {topic.arn: topic for topic in topics}
    found = []
    for alarm in alarms:
        told = next((by_arn[arn] for arn in alarm.get("AlarmActions", ()) if arn in by_arn), None)
        if told is None or alarm["StateValue"] != "ALARM" or not alarm["ActionsEnabled"] or alarm.get("ActionsSuppressedBy"):
            continue
        rung = now - (alarm.get("StateTransitionedTimestamp") or alarm["StateUpdatedTimestamp"])
        if rung // told.interval > (rung - EVERY) // told.interval >= 0:
            found.append(_reminder(alarm, told, rung))
    return found


def _reminder(alarm: Mapping[str, Any], topic: Topic, rung: timedelta) -> Reminder:
    name, hours = str(alarm["AlarmName"]), rung // timedelta(hours=1)
    return Reminder(
        topic.arn,
        f"Still ringing after {hours} h: {name}"[:SUBJECT_LENGTH_MAX],
        f"{name} has been ringing for {hours} hours.\n{alarm.get('AlarmDescription', '')}\n{alarm.get('StateReason', '')}",
    )
