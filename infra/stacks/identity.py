"""Accounts: the functions that authenticate users and write to them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from aws_cdk import CfnOutput, Duration, Stack
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_lambda_event_sources as sources
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra import functions, nag, names
from infra.connections import Connections
from infra.constructs import bucket
from infra.constructs.function import PlatformFunction, layers
from infra.constructs.queue import WorkQueue
from infra.stages import Stage

SCANS_AT_ONCE: Final = 4


class IdentityStack(Stack):
    """auth, authorizer, notifications, audit, kyc and codes."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        stage: Stage,
        connections: Connections,
        queues: Mapping[str, WorkQueue],
        documents_key_arn: str | None = None,
    ) -> None:
        super().__init__(scope, construct_id, description="MyCrypto: accounts", env={"region": stage.region})
        shared = layers(self, stage)
        self.functions = {
            spec.name: PlatformFunction(self, spec, stage=stage, connections=connections, layers=[*shared])
            for spec in functions.IDENTITY
            if spec is not functions.AUTHORIZER or not stage.verifies_in_functions
        }
        auth = self.functions[names.FUNCTION_AUTH]
        auth.function.add_environment("KYC_BUCKET", bucket.bucket_name(stage, names.BUCKET_KYC))
        bucket.allow(auth.role, stage, names.BUCKET_KYC, "s3:GetObject", "s3:PutObject", "s3:DeleteObject", key_arn=documents_key_arn)
        failed = connections.failed_invocations
        # without its policy, which already lets this rule in
        missed = sqs.Queue.from_queue_arn(self, "Missed", failed.queue_arn) if failed else None
        events.Rule(
            self,
            "EveryHour",
            rule_name=names.resource(stage.name, names.ACCOUNTS_EVERY_HOUR),
            schedule=events.Schedule.rate(Duration.hours(1)),
            targets=[
                targets.LambdaFunction(
                    auth.invokable, event=events.RuleTargetInput.from_object({"job": job}), retry_attempts=0, dead_letter_queue=missed
                )
                for job in ("reseal", "retention")
            ],
        )
        self.functions[names.FUNCTION_NOTIFICATIONS].function.add_event_source(
            sources.SqsEventSource(queues[names.QUEUE_EMAIL].queue, batch_size=10, report_batch_item_failures=True)
        )
        self.functions[names.FUNCTION_AUDIT].function.add_event_source(
            sources.SqsEventSource(
                queues[names.QUEUE_AUDIT].queue, batch_size=100, max_batching_window=Duration.seconds(5), report_batch_item_failures=True
            )
        )
        kyc = self.functions[names.FUNCTION_KYC]
        bucket.allow(kyc.role, stage, names.BUCKET_KYC, "s3:GetObject", key_arn=documents_key_arn)
        kyc.function.add_event_source(
            sources.SqsEventSource(
                queues[names.QUEUE_KYC].queue, batch_size=1, max_concurrency=SCANS_AT_ONCE, report_batch_item_failures=True
            )
        )
        for consumer in (names.FUNCTION_NOTIFICATIONS, names.FUNCTION_AUDIT, names.FUNCTION_KYC):
            nag.accept(
                self.functions[consumer],
                "a message that fails goes to the queue's own dead-letter queue; mappings of queues have no destination of their own",
                "Serverless::Serverless-LambdaEventSourceMappingDestination",
            )
        for name, function in self.functions.items():
            CfnOutput(self, f"Function{name.title()}", value=function.function.function_name)
