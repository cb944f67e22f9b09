"""Money outside trading: the wallet, the payout worker, the consumers of the engine's two logs, and the minute job."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from aws_cdk import CfnOutput, Duration, Stack
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_event_sources as sources
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra import functions, nag, names
from infra.connections import Connections
from infra.constructs import bucket, kafka_access
from infra.constructs.function import PlatformFunction, layers
from infra.constructs.queue import WorkQueue
from infra.stages import Stage

EVENTS_WINDOW: Final = Duration.seconds(1)
ARCHIVE_WINDOW: Final = Duration.seconds(5)
"""How much of the command log may be lost with all brokers; each window is an object in S3."""

PAYOUT_WORKERS: Final = 10

KEEP_TRYING: Final = 10_000
"""The most that a mapping can be told; at one try a minute it is a week."""


class WalletStack(Stack):
    """wallet, withdrawals, settlement, history, archive and maintenance.

    In stage local the event pump invokes settlement and history with the records of ``engine-events``, and archive with those of
    ``engine-commands``; elsewhere MSK does.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        stage: Stage,
        connections: Connections,
        queues: Mapping[str, WorkQueue],
        kafka_cluster_arn: str | None = None,
    ) -> None:
        super().__init__(scope, construct_id, description="MyCrypto: wallets, settlement, history", env={"region": stage.region})
        shared = layers(self, stage)
        self.functions = {
            spec.name: PlatformFunction(self, spec, stage=stage, connections=connections, layers=[*shared]) for spec in functions.MONEY
        }
        failed = connections.failed_invocations
        # without its policy, which already lets this rule in
        missed = sqs.Queue.from_queue_arn(self, "Missed", failed.queue_arn) if failed else None
        events.Rule(
            self,
            "EveryMinute",
            rule_name=names.resource(stage.name, names.EVERY_MINUTE),
            schedule=events.Schedule.rate(Duration.minutes(1)),
            targets=[
                targets.LambdaFunction(self.functions[names.FUNCTION_MAINTENANCE].function, retry_attempts=0, dead_letter_queue=missed),
                targets.LambdaFunction(
                    self.functions[names.FUNCTION_WALLET].invokable,
                    event=events.RuleTargetInput.from_object({"job": "deposits"}),
                    retry_attempts=0,
                    dead_letter_queue=missed,
                ),
            ],
        )
        payouts = self.functions[names.FUNCTION_WITHDRAWALS]
        payouts.function.add_event_source(
            sources.SqsEventSource(
                queues[names.QUEUE_WITHDRAWALS].queue, batch_size=1, max_concurrency=PAYOUT_WORKERS, report_batch_item_failures=True
            )
        )
        nag.accept(
            payouts,
            "a message that fails goes to the queue's own dead-letter queue; mappings of queues have no destination of their own",
            "Serverless::Serverless-LambdaEventSourceMappingDestination",
        )
        events.Rule(
            self,
            "EveryFiveMinutes",
            rule_name=names.resource(stage.name, names.EVERY_FIVE_MINUTES),
            schedule=events.Schedule.rate(Duration.minutes(5)),
            targets=[
                targets.LambdaFunction(
                    payouts.function,
                    event=events.RuleTargetInput.from_object({"job": "fees"}),
                    retry_attempts=0,
                    dead_letter_queue=missed,
                )
            ],
        )
        maintenance = self.functions[names.FUNCTION_MAINTENANCE]
        events.Rule(
            self,
            "EveryHour",
            rule_name=names.resource(stage.name, names.EVERY_HOUR),
            schedule=events.Schedule.rate(Duration.hours(1)),
            targets=[
                targets.LambdaFunction(
                    maintenance.function,
                    event=events.RuleTargetInput.from_object({"job": job}),
                    retry_attempts=0,
                    dead_letter_queue=missed,
                )
                for job in ("archive", "liabilities")
            ]
            + [
                targets.LambdaFunction(
                    payouts.function,
                    event=events.RuleTargetInput.from_object({"job": "reconcile"}),
                    retry_attempts=0,
                    dead_letter_queue=missed,
                )
            ],
        )
        maintenance.function.add_environment("ARCHIVE_BUCKET", bucket.bucket_name(stage, names.BUCKET_ARCHIVE))
        bucket.allow(maintenance.role, stage, names.BUCKET_ARCHIVE, "s3:GetObject", "s3:PutObject")
        self.mappings: dict[str, sources.ManagedKafkaEventSource] = {}
        if kafka_cluster_arn:
            for name, topic, batch_size, window in (
                (names.FUNCTION_SETTLEMENT, names.TOPIC_EVENTS, 500, EVENTS_WINDOW),
                (names.FUNCTION_HISTORY, names.TOPIC_EVENTS, 500, EVENTS_WINDOW),
                (names.FUNCTION_ARCHIVE, names.TOPIC_COMMANDS, 10_000, ARCHIVE_WINDOW),
            ):
                self._consume(
                    stage, self.functions[name], kafka_cluster_arn, connections, topic=topic, batch_size=batch_size, window=window
                )
        for name, function in self.functions.items():
            CfnOutput(self, f"Function{name.title()}", value=function.function.function_name)

    def _consume(
        self,
        stage: Stage,
        consumer: PlatformFunction,
        cluster_arn: str,
        connections: Connections,
        *,
        topic: str,
        batch_size: int,
        window: Duration,
    ) -> None:
        """A log, in order, without a limit of retries: the books must not have gaps, so a batch that fails is halved and tried again until its
        cause is repaired; it is never skipped. A batch that expires goes to the queue of failed invocations, and an alarm rings.
        """
        queue = connections.failed_invocations
        kafka_access.allow(consumer.role, stage.name, read=[topic], groups=[consumer.spec.name])
        nag.accept_managed_policy(
            consumer.role,
            "service-role/AWSLambdaMSKExecutionRole",
            "what AWS asks for to poll MSK: read the cluster, be in its network, log",
        )
        self.mappings[consumer.spec.name] = mapping = sources.ManagedKafkaEventSource(
            cluster_arn=cluster_arn,
            topic=topic,
            consumer_group_id=consumer.spec.name,
            starting_position=lambda_.StartingPosition.TRIM_HORIZON,
            batch_size=batch_size,
            max_batching_window=window,
            provisioned_poller_config=sources.ProvisionedPollerConfig(
                poller_group_name=names.resource(stage.name, "engine-logs"),
                minimum_pollers=1,
                maximum_pollers=len(stage.on_aws.trading.shards) + 1,
            ),
            bisect_batch_on_error=True,
            retry_attempts=KEEP_TRYING,
            max_record_age=None,
            on_failure=sources.SqsDlq(queue) if queue else None,
        )
        consumer.function.add_event_source(mapping)
