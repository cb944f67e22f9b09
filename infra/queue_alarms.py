"""The alarms of the queues, as data."""

from __future__ import annotations

from typing import Final

from infra import names
from infra.alarm_definition import Alarm, Runbook, Severity, Subject, aws_metric, stage_name

QUEUES: Final = (names.QUEUE_EMAIL, names.QUEUE_AUDIT, names.QUEUE_KYC, names.QUEUE_WITHDRAWALS)
PERIOD_MINUTES: Final = 5


def queue_alarms() -> list[Alarm]:
    """Two for each queue, for dead letters and for a message that waits too long; and one for the queue of failed invocations."""
    found = []
    for queue in QUEUES:
        pays_out = queue == names.QUEUE_WITHDRAWALS
        subject = Subject.WITHDRAWALS if pays_out else None
        found += [
            Alarm(
                f"queue-{queue}-dead-letters",
                aws_metric("SQS", "ApproximateNumberOfMessagesVisible", "Maximum", QueueName=names.dead_letters("{stage}", queue)),
                0,
                PERIOD_MINUTES,
                f"messages of {queue} were given up: read one, mend the cause, start the redrive",
                Runbook.REDRIVE,
                severity=Severity.CRITICAL if pays_out else Severity.WARNING,
                subject=subject,
            ),
            Alarm(
                f"queue-{queue}-old",
                aws_metric("SQS", "ApproximateAgeOfOldestMessage", "Maximum", QueueName=names.queue("{stage}", queue)),
                900,
                PERIOD_MINUTES,
                f"a message of {queue} has waited for a quarter of an hour",
                Runbook.REDRIVE,
                severity=Severity.WARNING,
                subject=subject,
            ),
        ]
    found.append(
        Alarm(
            names.QUEUE_FAILED_INVOCATIONS,
            aws_metric("SQS", "ApproximateNumberOfMessagesVisible", "Maximum", QueueName=stage_name(names.QUEUE_FAILED_INVOCATIONS)),
            0,
            PERIOD_MINUTES,
            "an event was given up by a function",
            Runbook.REDRIVE,
            severity=Severity.CRITICAL,
        )
    )
    return found
