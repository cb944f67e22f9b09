"""Kafka on MSK."""

from __future__ import annotations

from aws_cdk import CfnOutput, Stack
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from constructs import Construct

from infra.constructs.firewall import Firewall
from infra.constructs.keys import Purpose, key
from infra.constructs.lifecycle import Lifecycle
from infra.constructs.stream import Stream
from infra.stages import Stage


class StreamingStack(Stack):
    """The cluster, its topics, and its brokers' addresses."""

    def __init__(self, scope: Construct, construct_id: str, *, stage: Stage, vpc: ec2.IVpc, firewall: Firewall) -> None:
        super().__init__(scope, construct_id, description="MyCrypto: Kafka", env={"region": stage.region})
        self.stream = Stream(self, "Stream", stage=stage, vpc=vpc, firewall=firewall, key=key(self, Purpose.STREAM, stage=stage))
        self.cluster_arn = self.stream.cluster.attr_arn
        lifecycle = Lifecycle(
            self,
            "Lifecycle",
            stage=stage,
            statements=[iam.PolicyStatement(sid="Brokers", actions=["kafka:GetBootstrapBrokers"], resources=[self.cluster_arn])],
        )
        self.bootstrap = lifecycle.resource("Brokers", "KafkaBootstrap", {"ClusterArn": self.cluster_arn}).get_att_string("Brokers")
        CfnOutput(self, "KafkaBootstrap", value=self.bootstrap)
        CfnOutput(self, "KafkaClusterArn", value=self.cluster_arn)
