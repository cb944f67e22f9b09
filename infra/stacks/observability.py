"""Watching over it all: topics by severity, alarms, dashboards, saved queries. Everything is named by name, so this stack holds up no other."""

from __future__ import annotations

from aws_cdk import CfnOutput, Duration, Stack
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
from infra.alarm_definition import Severity
from infra.alarms import OWN_ALARMS
from infra.aws_alarms import aws_alarms
from infra.connections import Connections
from infra.constructs.function import PlatformFunction, layers
from infra.constructs.keys import Purpose, key
from infra.constructs.monitoring import Alarms, dashboard
from infra.dashboards import DASHBOARDS
from infra.queries import QUERIES
from infra.stages import Stage


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
        self.alarms = Alarms(
            self,
            "Alarms",
            stage=stage,
            topics=self._topics,
            places={"balancer": balancer.load_balancer_full_name, "gateways": gateways.target_group_full_name},
        )
        for definition in (*OWN_ALARMS, *aws_alarms(stage)):
            self.alarms.add(definition)
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
