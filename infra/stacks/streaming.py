"""Kafka on MSK."""

from __future__ import annotations

from aws_cdk import CfnOutput, Stack
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_ssm as ssm
from constructs import Construct

from infra import names
from infra.constructs.firewall import Firewall
from infra.constructs.keys import Purpose, key
from infra.constructs.lifecycle import Lifecycle
from infra.constructs.stream import KAFKA_VERSION, Stream
from infra.stages import Stage


class StreamingStack(Stack):
    """The cluster, its topics, and its brokers' addresses."""

    def __init__(self, scope: Construct, construct_id: str, *, stage: Stage, vpc: ec2.IVpc, firewall: Firewall) -> None:
        super().__init__(scope, construct_id, description="MyCrypto: Kafka", env={"region": stage.region})
        self.stream = Stream(self, "Stream", stage=stage, vpc=vpc, firewall=firewall, key=key(self, Purpose.STREAM, stage=stage))
        arn = self.stream.cluster.attr_arn
        lifecycle = Lifecycle(
            self,
            "Lifecycle",
            stage=stage,
            statements=[iam.PolicyStatement(sid="Brokers", actions=["kafka:GetBootstrapBrokers"], resources=[arn])],
        )
        size = stage.on_aws.stream
        # asked again when the brokers may have become others
        version = f"{size.generation}-{size.brokers}-{size.instance}-{KAFKA_VERSION}"
        asked = lifecycle.resource("Brokers", "KafkaBootstrap", {"ClusterArn": arn, "Version": version})
        bootstrap = asked.get_att_string("Brokers")
        self.cluster_arn = self._told(stage, "arn", arn)
        self.bootstrap = self._told(stage, "brokers", bootstrap)
        CfnOutput(self, "KafkaBootstrap", value=bootstrap)
        CfnOutput(self, "KafkaClusterArn", value=arn)

    def _told(self, stage: Stage, thing: str, value: str) -> str:
        """Keep a value in a parameter; returns the reference by which other stacks read it when they are deployed."""
        name = names.kafka_parameter(stage.name, stage.on_aws.stream.generation, thing)
        ssm.StringParameter(self, f"Kafka{thing.capitalize()}", parameter_name=name, string_value=value)
        return f"{{{{resolve:ssm:{name}}}}}"
