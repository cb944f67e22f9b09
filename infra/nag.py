"""What is accepted although a rule pack (``infra.packs``) speaks against it, each with its reason."""

from __future__ import annotations

from aws_cdk import Acknowledgment, Validations
from constructs import IConstruct


def accept(scope: IConstruct, reason: str, *rules: str) -> None:
    """Accept findings of ``rules`` on ``scope`` and below. An auditor reads the reason: say why it is right, not that it is wanted."""
    Validations.of(scope).acknowledge(*(Acknowledgment(id=rule, reason=reason) for rule in rules))


LATEST_RUNTIME = "functions, layers and containers run Python 3.13 together, and wheels are locked for it; all move at once or not at all"


def accept_runtime(function: IConstruct) -> None:
    """Python 3.13 although a newer one exists."""
    accept(function, LATEST_RUNTIME, "AwsSolutions::AwsSolutions-L1", "Serverless::Serverless-LambdaLatestVersion")


def accept_any_resource(role: IConstruct, actions: str) -> None:
    """``Resource: *`` for actions that know no narrower one."""
    accept(role, f"{actions} know no narrower resource", "AwsSolutions::AwsSolutions-IAM5[Resource::*]")


def accept_managed_policy(role: IConstruct, policy: str, reason: str) -> None:
    """A policy that AWS keeps."""
    accept(role, reason, f"AwsSolutions::AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/{policy}]")
