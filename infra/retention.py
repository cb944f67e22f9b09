"""How long logs are kept, and what outlives its stack."""

from __future__ import annotations

from typing import Final

from aws_cdk import RemovalPolicy
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


def kept(stage: Stage) -> RemovalPolicy:
    """Whether what is in it survives the stack. What a failed first deployment made is taken away again in every stage: it is empty, and its
    name would stand in the way of the next try.
    """
    return RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE if stage.keep_data else RemovalPolicy.DESTROY
