"""What a stage is made of and how large each part is: types only. The stages with their values are in :mod:`infra.stages`."""

from __future__ import annotations

import dataclasses
import enum

from infra.errors import ConfigurationError


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Tier:
    """A usage plan: what all users of a tier together may ask of the API, so that no tier starves another.

    What one user may ask is product.md 5.3 and is held by the functions (token buckets in Redis), not here.
    """

    name: str
    requests_per_second: int | None
    burst: int | None


class EmulatorKind(enum.StrEnum):
    """What plays AWS in stage local. LocalStack's free line has neither Lambda authorizers nor layers (docs/adr/0047-two-emulators.md)."""

    MINISTACK = "ministack"
    LOCALSTACK = "localstack"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class LocalServices:
    """Where stage local finds the data services that run beside the emulator."""

    database_host: str
    database_port: int
    redis_url: str
    kafka_bootstrap: str
    aws_endpoint: str
    links_endpoint: str = ""
    """Where browsers find what functions know as ``aws_endpoint``, where that is a name between containers: links to files begin with it."""
    dependency_layer: str | None = None
    """A folder with the functions' dependencies, for an emulator that runs them in containers of their own."""
    emulator: EmulatorKind = EmulatorKind.MINISTACK


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class NetworkSize:
    """``nat_gateways``: ways out to banks, chains and reCAPTCHA. ``interface_endpoints``: AWS services reached without leaving the network."""

    cidr: str
    zones: int
    nat_gateways: int
    interface_endpoints: bool


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseSize:
    instance: str
    storage_gb: int
    storage_gb_max: int
    multi_az: bool
    backup_days: int


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class CacheSize:
    instance: str
    nodes: int


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class StreamSize:
    """``commands_days``: how long Kafka keeps the command log; the archive in S3 keeps it for good."""

    instance: str
    brokers: int
    storage_gb: int
    commands_days: int
    generation: int = 1
    """Another number (``-c kafka_generation=2``) makes another cluster in the place of one that is gone."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class TradingSize:
    """CPU in units of 1/1024, memory in MB (the pairs that Fargate sells). One shard with one engine pair: see docs/adr/0029."""

    shards: tuple[str, ...]
    engine_cpu: int
    engine_memory_mb: int
    gateway_cpu: int
    gateway_memory_mb: int
    gateways_min: int
    gateways_max: int

    def __post_init__(self) -> None:
        if len(self.shards) != 1:
            raise ConfigurationError(
                f"There is one shard, not {len(self.shards)}: gateways, publisher, deposits and settlement know one, and one carries far more than"
                " 10,000 orders a second. docs/adr/0029 says what a second one would take."
            )


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class WorkingHours:
    """When a stage works, in whole hours of the Turkish day, Monday to Friday; the rest of the week its tasks and pollers rest."""

    begin: int
    end: int

    @property
    def share(self) -> float:
        """Of the week."""
        return (self.end - self.begin) * 5 / (7 * 24)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class BackupPlan:
    """``copy_region``: a second region for the daily backups; ``locked`` (``-c lock_backups=yes``): they cannot be shortened or deleted, not
    even by the account's owner. After three days that cannot be undone, so it is never the default.
    """

    days: int
    copy_region: str | None
    locked: bool


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Domain:
    """The public name with its certificates: in ``GLOBAL_REGION`` for CloudFront, in the stage's region for the load balancer."""

    name: str
    zone_id: str
    global_certificate_arn: str
    regional_certificate_arn: str


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """Who may deploy: jobs of ``repository`` (OWNER/NAME on GitHub). ``pull_accounts``: the other stages' accounts, which pull its images."""

    repository: str
    holds_registry: bool
    provider_arn: str | None
    """An account has one provider for GitHub: the second stage in it names the first one's (``-c github_provider_arn=``)."""
    pull_accounts: tuple[str, ...]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Cloud:
    """What a stage on AWS is made of.

    ``requests_per_ip``, ``account_requests_per_ip`` (to ``/api/auth``): in five minutes, before the web ACL blocks an address. ``dependency_layer``: a folder built earlier, instead of one
    built now. ``image``: the trading image by repository and tag, instead of one built now (which needs Docker at deploy time).
    """

    network: NetworkSize
    database: DatabaseSize
    cache: CacheSize
    stream: StreamSize
    trading: TradingSize
    backup: BackupPlan
    domain: Domain | None
    critical_email: str | None
    warning_email: str | None
    requests_per_ip: int
    account_requests_per_ip: int
    dependency_layer: str | None
    image: str | None
    delivery: Delivery | None = None
    origin_version: str | None = None
    """The version of the origin's secret to present, where it is not the first: a template that names none looks unchanged after a new one."""
    working_hours: WorkingHours | None = None
