"""Permissions on topics and consumer groups. The cluster's id is the one part of an ARN that is not known before it exists."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from constructs import Construct

from infra import names


def _arn(scope: Construct, stage: str, kind: str, thing: str) -> str:
    cluster = names.resource(stage, "kafka")
    return Stack.of(scope).format_arn(service="kafka", resource=kind, resource_name=f"{cluster}/*/{thing}" if thing else f"{cluster}/*")


def connect(scope: Construct, stage: str) -> iam.PolicyStatement:
    """Open a connection and ask for metadata."""
    return iam.PolicyStatement(
        sid="KafkaConnect",
        actions=["kafka-cluster:Connect", "kafka-cluster:DescribeCluster", "kafka-cluster:WriteDataIdempotently"],
        resources=[_arn(scope, stage, "cluster", "")],
    )


def append(scope: Construct, stage: str, topics: Sequence[str]) -> iam.PolicyStatement:
    """Write records."""
    return iam.PolicyStatement(
        sid="KafkaAppend",
        actions=["kafka-cluster:DescribeTopic", "kafka-cluster:WriteData"],
        resources=[_arn(scope, stage, "topic", topic) for topic in topics],
    )


def read(scope: Construct, stage: str, topics: Sequence[str]) -> iam.PolicyStatement:
    """Read records and offsets."""
    return iam.PolicyStatement(
        sid="KafkaRead",
        actions=["kafka-cluster:DescribeTopic", "kafka-cluster:DescribeTopicDynamicConfiguration", "kafka-cluster:ReadData"],
        resources=[_arn(scope, stage, "topic", topic) for topic in topics],
    )


def group(scope: Construct, stage: str, groups: Sequence[str]) -> iam.PolicyStatement:
    """Be a member of consumer groups and commit offsets."""
    return iam.PolicyStatement(
        sid="KafkaGroups",
        actions=["kafka-cluster:AlterGroup", "kafka-cluster:DescribeGroup"],
        resources=[_arn(scope, stage, "group", name) for name in groups],
    )
