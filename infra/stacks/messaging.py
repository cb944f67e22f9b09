"""Queues with their dead-letter queues."""

from __future__ import annotations

from typing import Final

from aws_cdk import CfnOutput, Duration, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra import functions, nag, names
from infra.constructs.queue import WorkQueue
from infra.stages import Stage

# AWS asks for six times the function's time-out, because a batch that the function is too busy for is tried again inside that time. A mapping that hands
# out one message at a time, and never more than the function may take, is not told so; there the function's time and a margin are enough.
_BATCH: Final = 6
_MARGIN_S: Final = 30
_HIDDEN_S: Final = {
    names.QUEUE_EMAIL: _BATCH * functions.NOTIFICATIONS.timeout_s,
    names.QUEUE_AUDIT: _BATCH * functions.AUDIT.timeout_s,
    names.QUEUE_KYC: functions.KYC.timeout_s + _MARGIN_S,
    names.QUEUE_WITHDRAWALS: functions.WITHDRAWALS.timeout_s + _MARGIN_S,
}


class MessagingStack(Stack):
    """The four queues, and on AWS the one of what functions gave up on."""

    def __init__(self, scope: Construct, construct_id: str, *, stage: Stage) -> None:
        super().__init__(scope, construct_id, description="MyCrypto: queues", env={"region": stage.region})
        self.queues = {name: WorkQueue(self, name, stage=stage, hidden_s=hidden_s) for name, hidden_s in _HIDDEN_S.items()}
        self.failed_invocations = None if stage.is_local else self._failed_invocations(stage)
        for name, work in self.queues.items():
            CfnOutput(self, f"Queue{name.title().replace('-', '')}", value=work.queue.queue_url)

    def _failed_invocations(self, stage: Stage) -> sqs.Queue:
        """Events that a function gave up on, and batches of engine events that it cannot get past."""
        queue = sqs.Queue(
            self,
            "FailedInvocations",
            queue_name=names.resource(stage.name, names.QUEUE_FAILED_INVOCATIONS),
            retention_period=Duration.days(14),
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
        )
        queue.add_to_resource_policy(
            iam.PolicyStatement(
                sid="MissedTimes",
                principals=[iam.ServicePrincipal("events.amazonaws.com")],
                actions=["sqs:SendMessage"],
                resources=[queue.queue_arn],
                # by name: the rules come later, in a stack that needs this one
                conditions={
                    "ArnEquals": {
                        "aws:SourceArn": [
                            self.format_arn(service="events", resource="rule", resource_name=names.resource(stage.name, rule))
                            for rule in (
                                names.EVERY_MINUTE,
                                names.EVERY_FIVE_MINUTES,
                                names.EVERY_HOUR,
                                names.ACCOUNTS_EVERY_HOUR,
                                names.REMIND_EVERY_HOUR,
                            )
                        ]
                    }
                },
            )
        )
        nag.accept(
            queue,
            "it is itself where failures end; functions name it as their dead-letter queue and an alarm watches it",
            "AwsSolutions::AwsSolutions-SQS3",
            "Serverless::Serverless-SQSRedrivePolicy",
        )
        return queue
