"""The stages, as typed, frozen configuration. One place says how dev differs from prod, and nothing else in ``infra`` asks for a stage's name."""

from __future__ import annotations

import dataclasses
import enum
from typing import Final

from infra.context import Context
from infra.errors import ConfigurationError


class StageName(enum.StrEnum):
    LOCAL = "local"
    DEV = "dev"
    STAGING = "staging"
    PROD = "prod"


REGIONS: Final = ("eu-central-1", "eu-west-1")
"""Regions with three zones and every service used; KVKK asks that the choice is deliberate, so others are refused."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Tier:
    """A usage plan: what all users of a tier together may ask of the API, so that no tier starves another.

    What one user may ask is product.md 5.3 and is held by the functions (token buckets in Redis), not here.
    """

    name: str
    requests_per_second: int | None
    burst: int | None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class LocalServices:
    """Where stage local finds the data services that run beside the emulator."""

    database_host: str
    database_port: int
    redis_url: str
    kafka_bootstrap: str
    aws_endpoint: str


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """Everything that differs between stages."""

    name: StageName
    region: str
    public_url: str
    log_level: str
    log_retention_days: int
    tracing: bool
    tiers: tuple[Tier, ...]
    api_requests_per_second: int
    api_burst: int
    authorizer_cache_seconds: int
    keep_data: bool
    local: LocalServices | None

    @property
    def is_local(self) -> bool:
        return self.local is not None


def _tiers(total_per_second: int) -> tuple[Tier, ...]:
    """Free may use 30 % of the API, Basic 30 %, Pro 60 %; VIP is bounded by the API alone."""
    return (
        Tier(name="free", requests_per_second=total_per_second * 3 // 10, burst=total_per_second * 6 // 10),
        Tier(name="basic", requests_per_second=total_per_second * 3 // 10, burst=total_per_second * 6 // 10),
        Tier(name="pro", requests_per_second=total_per_second * 6 // 10, burst=total_per_second),
        Tier(name="vip", requests_per_second=None, burst=None),
    )


def _local(context: Context) -> Stage:
    return Stage(
        name=StageName.LOCAL,
        region="eu-central-1",
        public_url=context.optional("public_url", "http://localhost:8080"),
        log_level=context.optional("log_level", "INFO"),
        log_retention_days=1,
        tracing=False,
        tiers=_tiers(10_000),
        api_requests_per_second=10_000,
        api_burst=5_000,
        authorizer_cache_seconds=0,
        keep_data=False,
        local=LocalServices(
            database_host=context.required("database_host", "127.0.0.1"),
            database_port=context.port("database_port", 5432),
            redis_url=context.url("redis_url", "redis://127.0.0.1:6379/0", ("redis", "rediss")),
            kafka_bootstrap=context.host_list("kafka_bootstrap", "127.0.0.1:9092"),
            aws_endpoint=context.url("aws_endpoint", "http://127.0.0.1:4566", ("http", "https")),
        ),
    )


def load(context: Context) -> Stage:
    """The stage that ``-c stage=NAME`` asks for (default ``local``)."""
    text = context.optional("stage", StageName.LOCAL)
    try:
        name = StageName(text)
    except ValueError:
        raise ConfigurationError(f"There is no stage '{text}': pass -c stage=local, dev, staging or prod.") from None
    if name is StageName.LOCAL:
        return _local(context)
    raise ConfigurationError(f"Stage '{name}' is not defined yet.")
