"""What a stage takes of an account's quotas, and whether the account has it. New accounts begin with little, and a deployment that meets a quota
fails after half an hour with everything half made.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Final

import boto3

from infra import functions
from infra.stages import Stage

UNRESERVED_MIN: Final = 100
"""Lambda keeps so much of an account's concurrency free for functions that reserve none."""
LAMBDA_CONCURRENCY: Final = ("lambda", "L-B99A9384")
FARGATE_VCPU: Final = ("fargate", "L-3032A538")
CPU_UNITS: Final = 1024
"""Of one vCPU."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """``amount`` of a quota of Service Quotas; ``why`` names what takes it."""

    service: str
    code: str
    amount: int
    unit: str
    why: str

    def how_to_raise(self, region: str) -> str:
        """The command that asks AWS for it."""
        return (
            f"aws service-quotas request-service-quota-increase --region {region} --service-code {self.service} --quota-code {self.code}"
            f" --desired-value {self.amount}"
        )


def reserved_concurrency(stage: Stage) -> int:
    """What all functions of the stage reserve together; a stage without customers reserves nothing."""
    return sum(spec.reserved_concurrency for spec in (*functions.ALL, *functions.ON_AWS)) if stage.keep_data else 0


def fargate_vcpu(stage: Stage) -> int:
    """The tasks of the stage at their smallest number, and during a deployment, when each gateway has its successor beside it."""
    size = stage.on_aws.trading
    units = 2 * len(size.shards) * size.engine_cpu + size.gateway_cpu + 2 * size.gateways_min * size.gateway_cpu
    return -(-units // CPU_UNITS)


def needs(stage: Stage) -> tuple[Need, ...]:
    """All that a deployment of the stage takes."""
    reserved = reserved_concurrency(stage)
    concurrency = Need(
        service=LAMBDA_CONCURRENCY[0],
        code=LAMBDA_CONCURRENCY[1],
        amount=reserved + UNRESERVED_MIN,
        unit="concurrent executions",
        why=f"the functions reserve {reserved}, and {UNRESERVED_MIN} must stay unreserved",
    )
    vcpu = Need(
        service=FARGATE_VCPU[0],
        code=FARGATE_VCPU[1],
        amount=fargate_vcpu(stage),
        unit="Fargate vCPU",
        why="engines, gateways and publisher, and the gateways' successors during a deployment",
    )
    return (concurrency, vcpu) if reserved else (vcpu,)


def missing(stage: Stage) -> Iterator[tuple[Need, int]]:
    """What the account does not have, with what it has. Raises botocore's ``ClientError`` where it may not be asked."""
    for need in needs(stage):
        available = _available(need, stage.region)
        if available < need.amount:
            yield need, available


def _available(need: Need, region: str) -> int:
    if (need.service, need.code) == LAMBDA_CONCURRENCY:
        limits = boto3.client("lambda", region_name=region).get_account_settings()["AccountLimit"]
        return int(limits["ConcurrentExecutions"])
    asked = boto3.client("service-quotas", region_name=region)
    return int(asked.get_service_quota(ServiceCode=need.service, QuotaCode=need.code)["Quota"]["Value"])
