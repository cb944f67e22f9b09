"""How long logs are kept."""

from __future__ import annotations

from typing import Final

from aws_cdk import aws_logs as logs

from infra.stages import Stage

_BY_DAYS: Final = {
    1: logs.RetentionDays.ONE_DAY,
    30: logs.RetentionDays.ONE_MONTH,
    365: logs.RetentionDays.ONE_YEAR,
}


def logs_kept(stage: Stage) -> logs.RetentionDays:
    """The retention of every log group of a stage."""
    return _BY_DAYS[stage.log_retention_days]
