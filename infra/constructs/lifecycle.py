"""The function behind this stack's custom resources."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from aws_cdk import CustomResource, Duration, RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra import nag, retention
from infra.stages import Stage

_SOURCE = Path(__file__).resolve().parent.parent / "lifecycle"


class Lifecycle(Construct):
    """Answers CloudFormation for the custom resources made with ``resource``; may do only what ``statements`` allow."""

    def __init__(self, scope: Construct, construct_id: str, *, stage: Stage, statements: Sequence[iam.PolicyStatement]) -> None:
        super().__init__(scope, construct_id)
        group = logs.LogGroup(self, "Logs", retention=retention.logs_kept(stage), removal_policy=RemovalPolicy.DESTROY)
        role = iam.Role(self, "Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"), description="Custom resources")
        group.grant_write(role)
        for statement in statements:
            role.add_to_policy(statement)
        self.function = lambda_.Function(
            self,
            "Function",
            description="Custom resources of the deployment",
            runtime=lambda_.Runtime.PYTHON_3_13,
            architecture=lambda_.Architecture.ARM_64,
            handler="handler.handler",
            code=lambda_.Code.from_asset(str(_SOURCE), exclude=["__pycache__", "__init__.py"]),
            memory_size=256,
            timeout=Duration.minutes(15),
            role=role,
            log_group=group,
            tracing=lambda_.Tracing.ACTIVE,
        )

        nag.accept_runtime(self.function)
        nag.accept_any_resource(role, "X-Ray's PutTraceSegments and EC2's list of prefix lists")
        nag.accept(
            self.function,
            "CloudFormation waits for the answer and reports what failed; an event kept for later could not be answered any more",
            "Serverless::Serverless-LambdaDLQ",
        )

    def resource(self, construct_id: str, kind: str, properties: Mapping[str, str]) -> CustomResource:
        """A custom resource; it fails the deployment after 15 minutes without an answer, not after an hour."""
        return CustomResource(
            self,
            construct_id,
            service_token=self.function.function_arn,
            resource_type=f"Custom::{kind}",
            properties=dict(properties),
            service_timeout=Duration.minutes(15),
        )
