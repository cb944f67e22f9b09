"""Parts of a template by their short names."""

from __future__ import annotations

from typing import Any

from infra.templates import Templates


def services_of(stage: Templates) -> dict[str, dict[str, Any]]:
    return {
        found["ServiceName"].removeprefix(f"mycrypto-{stage.stage}-"): found for found in stage.properties("AWS::ECS::Service").values()
    }


def alarms_of(stage: Templates) -> dict[str, dict[str, Any]]:
    """Composite ones among them."""
    kinds = ("AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm")
    return {
        found["AlarmName"].removeprefix(f"mycrypto-{stage.stage}-"): found for kind in kinds for found in stage.properties(kind).values()
    }
