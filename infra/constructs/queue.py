"""A work queue with its dead-letter queue."""

from __future__ import annotations

from typing import Final

from aws_cdk import Duration
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra import nag, names
from infra.stages import Stage
from mycrypto.queue_names import DELIVERIES_MAX, FIFO_QUEUES

DEAD_LETTERS_KEPT: Final = Duration.days(14)


class WorkQueue(Construct):
    """Messages wait at most ``kept_days``; what fails ``DELIVERIES_MAX`` times goes to ``<name>-dlq`` and raises an alarm there.

    ``hidden_s``: how long a message that was handed out is not handed out again, in seconds. It is also how long a message waits whose function died.
    """

    def __init__(self, scope: Construct, name: str, *, stage: Stage, hidden_s: int, kept_days: int = 4) -> None:
        super().__init__(scope, name)
        in_order = name in FIFO_QUEUES
        fifo = True if in_order else None  # False is not a value that CloudFormation takes
        self.dead_letters = sqs.Queue(
            self,
            "DeadLettersInOrder" if in_order else "DeadLetters",
            queue_name=names.dead_letters(stage.name, name),
            fifo=fifo,
            retention_period=DEAD_LETTERS_KEPT,
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
        )
        nag.accept(self.dead_letters, "it is the dead-letter queue", "Serverless::Serverless-SQSRedrivePolicy")
        self.queue = sqs.Queue(
            self,
            "QueueInOrder" if in_order else "Queue",
            queue_name=names.queue(stage.name, name),
            fifo=fifo,
            visibility_timeout=Duration.seconds(hidden_s),
            retention_period=Duration.days(kept_days),
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            dead_letter_queue=sqs.DeadLetterQueue(queue=self.dead_letters, max_receive_count=DELIVERIES_MAX),
        )
