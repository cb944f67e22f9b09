"""The rule packs that every template is held against. What is accepted nevertheless stands beside the resource, with its reason."""

from __future__ import annotations

from aws_cdk import App, Validations
from cdk_nag import AwsSolutionsChecks, ServerlessChecks


def check(app: App) -> None:
    """Hold everything in ``app`` against AwsSolutions and Serverless; a finding fails the synth."""
    Validations.of(app).add_plugins(AwsSolutionsChecks(app), ServerlessChecks(app))
