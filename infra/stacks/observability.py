"""Watching over it all: topics by severity, alarms, dashboards, saved queries. Everything is named by name, so this stack holds up no other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from aws_cdk import CfnOutput, Duration, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_elasticloadbalancingv2 as balancing
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra import functions, names
from infra.alarms import OWN_ALARMS, Runbook, Severity, Subject
from infra.connections import Connections
from infra.constructs.function import PlatformFunction, layers
from infra.constructs.keys import Purpose, key
from infra.constructs.monitoring import Alarms, dashboard
from infra.dashboards import DASHBOARDS
from infra.queries import QUERIES
from infra.stacks.messaging import FAILED_INVOCATIONS
from infra.stages import Stage

QUEUES: Final = (names.QUEUE_EMAIL, names.QUEUE_AUDIT, names.QUEUE_KYC, names.QUEUE_WITHDRAWALS)
CONSUMERS: Final = {
    names.FUNCTION_SETTLEMENT: names.TOPIC_EVENTS,
    names.FUNCTION_HISTORY: names.TOPIC_EVENTS,
    names.FUNCTION_ARCHIVE: names.TOPIC_COMMANDS,
}
_CONSUMED: Final = {
    names.FUNCTION_SETTLEMENT: Subject.SETTLEMENT,
    names.FUNCTION_HISTORY: Subject.HISTORY,
    names.FUNCTION_ARCHIVE: Subject.ARCHIVE,
}
FIVE_MINUTES: Final = Duration.minutes(5)
GIGABYTE: Final = 1024**3
DATABASE_CONNECTIONS_PERCENT: Final = 90


class ObservabilityStack(Stack):
    """Topics, alarms, dashboards and queries."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        stage: Stage,
        connections: Connections,
        balancer: balancing.ApplicationLoadBalancer,
        gateways: balancing.ApplicationTargetGroup,
    ) -> None:
        super().__init__(scope, construct_id, description="MyCrypto: dashboards and alarms", env={"region": stage.region})
        self._stage = stage
        self._topics = self._severities()
        self.alarms = Alarms(self, "Alarms", stage=stage, topics=self._topics)
        for definition in OWN_ALARMS:
            self.alarms.add_own(definition)
        self._functions()
        self._queues()
        self._database()
        self._cache()
        self._stream()
        self._edge(balancer, gateways)
        self._backups()
        self.alarms.connect()
        self._reminders(connections)
        for shown in DASHBOARDS:
            dashboard(self, shown, stage)
        groups = [f"/aws/lambda/{names.resource(stage.name, spec.name)}" for spec in functions.ALL]
        processes = ["gateway", "publisher", *(f"engine-{shard}-{half}" for shard in stage.on_aws.trading.shards for half in "ab")]
        for name, query in QUERIES.items():
            logs.CfnQueryDefinition(
                self,
                f"Query-{name}",
                name=f"{names.resource(stage.name, 'queries')}/{name}",
                query_string=query,
                log_group_names=[*groups, *(f"/mycrypto/{stage.name}/{name}" for name in (*processes, "api"))],
            )

    def _severities(self) -> dict[Severity, sns.Topic]:
        cloud = self._stage.on_aws
        self._topic_key = topic_key = key(self, Purpose.ALARMS, stage=self._stage)
        topic_key.add_to_resource_policy(
            iam.PolicyStatement(
                sid="CloudWatchSpeaks",
                principals=[iam.ServicePrincipal("cloudwatch.amazonaws.com")],
                actions=["kms:Decrypt", "kms:GenerateDataKey"],
                resources=["*"],
            )
        )
        addresses = {Severity.CRITICAL: cloud.critical_email, Severity.WARNING: cloud.warning_email}
        topics = {}
        for severity in Severity:
            topic = sns.Topic(
                self,
                f"Topic{severity.capitalize()}",
                topic_name=names.resource(self._stage.name, f"alarms-{severity}"),
                enforce_ssl=True,
                master_key=kms.Key.from_key_arn(self, f"Key{severity.capitalize()}", topic_key.key_arn),
            )
            address = addresses[severity]
            if address:
                topic.add_subscription(subscriptions.EmailSubscription(address))
            CfnOutput(self, f"Alarms{severity.capitalize()}", value=topic.topic_arn)
            topics[severity] = topic
        return topics

    def _reminders(self, connections: Connections) -> None:
        """CloudWatch tells a change once; what goes on is said again by a function."""
        reminders = PlatformFunction(
            self, functions.REMINDERS, stage=self._stage, connections=connections, layers=layers(self, self._stage)
        )
        for severity, topic in self._topics.items():
            reminders.function.add_environment(f"{severity.upper()}_TOPIC_ARN", topic.topic_arn)
        reminders.role.add_to_policy(
            iam.PolicyStatement(sid="SayItAgain", actions=["sns:Publish"], resources=[topic.topic_arn for topic in self._topics.values()])
        )
        reminders.role.add_to_policy(
            iam.PolicyStatement(sid="EncryptIt", actions=["kms:Decrypt", "kms:GenerateDataKey"], resources=[self._topic_key.key_arn])
        )
        reminders.role.add_to_policy(iam.PolicyStatement(sid="SeeWhatRings", actions=["cloudwatch:DescribeAlarms"], resources=["*"]))
        failed = connections.failed_invocations
        events.Rule(
            self,
            "RemindEveryHour",
            rule_name=names.resource(self._stage.name, names.REMIND_EVERY_HOUR),
            schedule=events.Schedule.rate(Duration.hours(1)),
            targets=[
                targets.LambdaFunction(
                    reminders.function,
                    retry_attempts=2,
                    # without its policy, which already lets this rule in
                    dead_letter_queue=sqs.Queue.from_queue_arn(self, "Missed", failed.queue_arn) if failed else None,
                )
            ],
        )

    def _metric(
        self, namespace: str, name: str, statistic: str, dimensions: Mapping[str, str], period: Duration = FIVE_MINUTES
    ) -> cloudwatch.Metric:
        return cloudwatch.Metric(namespace=namespace, metric_name=name, statistic=statistic, period=period, dimensions_map=dict(dimensions))

    def _functions(self) -> None:
        for spec in (*functions.ALL, *functions.ON_AWS):
            name = names.resource(self._stage.name, spec.name)
            self.alarms.add(
                f"function-{spec.name}-errors",
                self._metric("AWS/Lambda", "Errors", "Sum", {"FunctionName": name}),
                severity=Severity.CRITICAL if spec.name in CONSUMERS else Severity.WARNING,
                subject=_CONSUMED.get(spec.name),
                threshold=0,
                periods=2,
                why=f"{spec.name} failed in two periods of five minutes: see its log group",
            )
            self.alarms.add(
                f"function-{spec.name}-throttled",
                self._metric("AWS/Lambda", "Throttles", "Sum", {"FunctionName": name}),
                severity=Severity.WARNING,
                subject=_CONSUMED.get(spec.name),
                threshold=0,
                why=f"{spec.name} reached its reserved concurrency of {spec.reserved_concurrency}",
            )
        for consumer, topic in CONSUMERS.items():
            self.alarms.add(
                f"consumer-{consumer}-lags",
                self._metric(
                    "AWS/Kafka",
                    "SumOffsetLag",
                    "Maximum",
                    {"Consumer Group": consumer, "Cluster Name": names.resource(self._stage.name, "kafka"), "Topic": topic},
                ),
                severity=Severity.CRITICAL,
                subject=_CONSUMED[consumer],
                threshold=1_000,
                why=f"{consumer} is more than 1,000 records behind",
                runbook=Runbook.STUCK_CONSUMER,
            )

    def _queues(self) -> None:
        for queue in QUEUES:
            self.alarms.add(
                f"queue-{queue}-dead-letters",
                self._metric(
                    "AWS/SQS", "ApproximateNumberOfMessagesVisible", "Maximum", {"QueueName": names.dead_letters(self._stage.name, queue)}
                ),
                severity=Severity.CRITICAL if queue == names.QUEUE_WITHDRAWALS else Severity.WARNING,
                subject=Subject.WITHDRAWALS if queue == names.QUEUE_WITHDRAWALS else None,
                threshold=0,
                why=f"messages of {queue} were given up: read one, mend the cause, start the redrive",
            )
            self.alarms.add(
                f"queue-{queue}-old",
                self._metric("AWS/SQS", "ApproximateAgeOfOldestMessage", "Maximum", {"QueueName": names.resource(self._stage.name, queue)}),
                severity=Severity.WARNING,
                subject=Subject.WITHDRAWALS if queue == names.QUEUE_WITHDRAWALS else None,
                threshold=900,
                why=f"a message of {queue} has waited for a quarter of an hour",
            )
        self.alarms.add(
            "failed-invocations",
            self._metric(
                "AWS/SQS",
                "ApproximateNumberOfMessagesVisible",
                "Maximum",
                {"QueueName": names.resource(self._stage.name, FAILED_INVOCATIONS)},
            ),
            severity=Severity.CRITICAL,
            threshold=0,
            why="an event was given up by a function",
            runbook=Runbook.STUCK_CONSUMER,
        )

    def _database(self) -> None:
        size = self._stage.on_aws.database
        name = names.resource(self._stage.name, "database")
        used = self._metric("AWS/RDS", "DatabaseConnections", "Maximum", {"ProxyName": name})
        allowed = self._metric("AWS/RDS", "MaxDatabaseConnectionsAllowed", "Maximum", {"ProxyName": name})
        self.alarms.add(
            "database-pool-full",
            cloudwatch.MathExpression(
                expression="100 * used / allowed", using_metrics={"used": used, "allowed": allowed}, period=FIVE_MINUTES, label="percent"
            ),
            severity=Severity.CRITICAL,
            subject=Subject.DATABASE,
            threshold=DATABASE_CONNECTIONS_PERCENT,
            why="more than 90 % of the database's connections are in use",
        )
        self.alarms.add(
            "database-disk-full",
            self._metric("AWS/RDS", "FreeStorageSpace", "Minimum", {"DBInstanceIdentifier": name}),
            severity=Severity.CRITICAL,
            subject=Subject.DATABASE,
            threshold=size.storage_gb * GIGABYTE // 10,
            below=True,
            why="less than 10 % of the database's disk is free",
        )
        self.alarms.add(
            "database-cpu",
            self._metric("AWS/RDS", "CPUUtilization", "Average", {"DBInstanceIdentifier": name}),
            severity=Severity.WARNING,
            subject=Subject.DATABASE,
            threshold=80,
            periods=3,
            why="the database has been busy for a quarter of an hour",
        )

    def _cache(self) -> None:
        for node in range(1, self._stage.on_aws.cache.nodes + 1):
            name = f"{names.resource(self._stage.name, 'cache')}-{node:03}"
            self.alarms.add(
                f"cache-{node}-memory",
                self._metric("AWS/ElastiCache", "DatabaseMemoryUsagePercentage", "Maximum", {"CacheClusterId": name}),
                severity=Severity.WARNING,
                threshold=90,
                why="Redis uses more than 90 % of its memory",
            )
            self.alarms.add(
                f"cache-{node}-evictions",
                self._metric("AWS/ElastiCache", "Evictions", "Sum", {"CacheClusterId": name}),
                severity=Severity.WARNING,
                threshold=0,
                why="Redis threw keys away to make room",
            )

    def _stream(self) -> None:
        cluster = {"Cluster Name": names.resource(self._stage.name, "kafka")}
        self.alarms.add(
            "kafka-offline-partitions",
            self._metric("AWS/Kafka", "OfflinePartitionsCount", "Maximum", cluster, Duration.minutes(1)),
            severity=Severity.CRITICAL,
            subject=Subject.STREAM,
            threshold=0,
            why="a partition has no leader: commands cannot be taken",
            runbook=Runbook.LOST_BROKER,
        )
        for broker in range(1, self._stage.on_aws.stream.brokers + 1):
            one = {**cluster, "Broker ID": str(broker)}
            self.alarms.add(
                f"kafka-{broker}-under-replicated",
                self._metric("AWS/Kafka", "UnderReplicatedPartitions", "Maximum", one),
                severity=Severity.WARNING,
                subject=Subject.STREAM,
                threshold=0,
                periods=2,
                why="a broker's partitions lack a replica",
                runbook=Runbook.LOST_BROKER,
            )
            self.alarms.add(
                f"kafka-{broker}-disk-full",
                self._metric("AWS/Kafka", "KafkaDataLogsDiskUsed", "Maximum", one),
                severity=Severity.CRITICAL,
                subject=Subject.STREAM,
                threshold=90,
                why="less than 10 % of a broker's disk is free",
                runbook=Runbook.LOST_BROKER,
            )

    def _edge(self, balancer: balancing.ApplicationLoadBalancer, gateways: balancing.ApplicationTargetGroup) -> None:
        api = names.resource(self._stage.name, "api")
        failed = self._metric("AWS/ApiGateway", "5XXError", "Sum", {"ApiName": api})
        asked = self._metric("AWS/ApiGateway", "Count", "Sum", {"ApiName": api})
        self.alarms.add(
            "api-errors",
            cloudwatch.MathExpression(
                expression="100 * failed / asked", using_metrics={"failed": failed, "asked": asked}, period=FIVE_MINUTES, label="percent"
            ),
            severity=Severity.CRITICAL,
            subject=Subject.API,
            threshold=5,
            why="more than 5 % of the API's answers are 5xx",
            runbook=Runbook.ROLL_BACK,
        )
        self.alarms.add(
            "api-slow",
            self._metric("AWS/ApiGateway", "Latency", "p95", {"ApiName": api}),
            severity=Severity.WARNING,
            subject=Subject.API,
            threshold=500,
            periods=2,
            why="p95 of the API is over half a second",
            runbook=Runbook.ROLL_BACK,
        )
        trading_failed = balancer.metrics.http_code_target(balancing.HttpCodeTarget.TARGET_5XX_COUNT, period=FIVE_MINUTES, statistic="Sum")
        trading_asked = balancer.metrics.request_count(period=FIVE_MINUTES, statistic="Sum")
        self.alarms.add(
            "trading-errors",
            cloudwatch.MathExpression(
                expression="100 * failed / asked",
                using_metrics={"failed": trading_failed, "asked": trading_asked},
                period=FIVE_MINUTES,
                label="percent",
            ),
            severity=Severity.CRITICAL,
            subject=Subject.GATEWAY,
            threshold=5,
            why="more than 5 % of the gateways' answers are 5xx",
            runbook=Runbook.ROLL_BACK,
        )
        self.alarms.add(
            "gateway-target-unhealthy",
            gateways.metrics.unhealthy_host_count(period=Duration.minutes(1), statistic="Maximum"),
            severity=Severity.CRITICAL,
            subject=Subject.GATEWAY,
            threshold=0,
            periods=3,
            why="a gateway failed its health check three times in a row",
            runbook=Runbook.HALTED_MARKET,
        )

    def _backups(self) -> None:
        self.alarms.add(
            "backup-failed",
            self._metric(
                "AWS/Backup",
                "NumberOfBackupJobsFailed",
                "Sum",
                {"BackupVaultName": names.resource(self._stage.name, "backups")},
                Duration.hours(6),
            ),
            severity=Severity.CRITICAL,
            threshold=0,
            why="a backup failed: the goal of losing at most six hours is at stake",
            runbook=Runbook.RESTORE,
        )
