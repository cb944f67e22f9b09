"""Permissions on topics and consumer groups. The cluster's id is the one part of an ARN that is not known before it exists."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import Stack
from aws_cdk import aws_iam as iam

from infra import nag, names


def allow(
    role: iam.IRole,
    stage: str,
    *,
    read: Sequence[str] = (),
    append: Sequence[str] = (),
    groups: Sequence[str] = (),
    idempotent: bool = False,
) -> None:
    """Let ``role`` connect, read topics, append to topics (``idempotent``: by a client that numbers its records), and be a member of consumer groups."""
    cluster = names.resource(stage, "kafka")
    stack = Stack.of(role)

    def grant(sid: str, kind: str, things: Sequence[str], *actions: str) -> None:
        paths = [f"{cluster}/*/{thing}" if thing else f"{cluster}/*" for thing in things]
        arns = [stack.format_arn(service="kafka", resource=kind, resource_name=path) for path in paths]
        role.add_to_principal_policy(
            iam.PolicyStatement(sid=sid, actions=[f"kafka-cluster:{action}" for action in actions], resources=arns)
        )
        nag.accept(
            role,
            "the star stands for the id that MSK gives the cluster; name, topic and group are written out",
            *(f"AwsSolutions::AwsSolutions-IAM5[Resource::arn:aws:kafka:{stack.region}:<AWS::AccountId>:{kind}/{path}]" for path in paths),
        )

    grant("KafkaConnect", "cluster", [""], "Connect", "DescribeCluster", *(["WriteDataIdempotently"] if idempotent else []))
    if read:
        grant("KafkaRead", "topic", read, "DescribeTopic", "DescribeTopicDynamicConfiguration", "ReadData")
    if append:
        grant("KafkaAppend", "topic", append, "DescribeTopic", "WriteData")
    if groups:
        grant("KafkaGroups", "group", groups, "AlterGroup", "DescribeGroup")
