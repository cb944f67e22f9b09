"""The stages, as typed, frozen configuration. One place says how dev differs from prod; nothing else in ``infra`` asks for a stage's name."""

from __future__ import annotations

import dataclasses
import enum
from typing import Final

from infra.context import Context
from infra.errors import ConfigurationError
from infra.sizes import (
    BackupPlan,
    CacheSize,
    Cloud,
    DatabaseSize,
    Delivery,
    Domain,
    EmulatorKind,
    LocalServices,
    NetworkSize,
    StreamSize,
    Tier,
    TradingSize,
    WorkingHours,
)


class StageName(enum.StrEnum):
    LOCAL = "local"
    DEV = "dev"
    STAGING = "staging"
    PROD = "prod"


REGIONS: Final = ("eu-central-1", "eu-west-1")
"""Where customer data may be kept, both with three zones and every service used; the law (KVKK) makes others a decision, not a default."""

EXAMPLE_DOMAIN: Final = "mycrypto.example"
"""No one can own it: a stage on AWS sends mails only with ``-c mail_from=`` or a domain."""

GLOBAL_REGION: Final = "us-east-1"
"""CloudFront reads certificates and web ACLs there and nowhere else. No customer data is kept in it."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """Everything that differs between stages."""

    name: StageName
    region: str
    public_url: str
    log_level: str
    log_retention_days: int
    tiers: tuple[Tier, ...]
    api_requests_per_second: int
    api_burst: int
    authorizer_cache_seconds: int
    keep_data: bool
    allowed_origins: str
    """Of pages elsewhere that may use the API from a browser, with commas; the stage's own front is one origin with it and needs no entry."""
    mail_from: str
    """The sender of mails. SES must have verified its domain, or the address itself."""
    recaptcha: bool
    """Whether registration asks the reCAPTCHA verifier. Only stage dev may do without."""
    bank_url: str
    chain_url: str
    """Where payouts are asked for: the bank's interface, and that of signer and nodes. Without one, such withdrawals wait."""
    clamd_address: str
    register_url: str
    """HOST:PORT of a ClamAV daemon. Without one nothing is scanned on AWS, and applications wait."""
    local: LocalServices | None = None
    cloud: Cloud | None = None

    @property
    def is_local(self) -> bool:
        return self.local is not None

    @property
    def bundled(self) -> bool:
        """Whether each archive holds what layers bring elsewhere."""
        return self.local is not None and self.local.emulator is EmulatorKind.LOCALSTACK

    @property
    def verifies_in_functions(self) -> bool:
        """Whether the API has no authorizer, and the functions behind it verify tokens by themselves."""
        return self.local is not None and self.local.emulator is EmulatorKind.LOCALSTACK

    @property
    def on_aws(self) -> Cloud:
        """The sizes of a stage on AWS."""
        if self.cloud is None:
            raise ConfigurationError(f"Stage '{self.name}' does not run on AWS.")
        return self.cloud


def _tiers(total_per_second: int) -> tuple[Tier, ...]:
    """Free may use 30 % of the API, Basic 30 %, Pro 60 %; VIP is bounded by the API alone."""
    return (
        Tier(name="free", requests_per_second=total_per_second * 3 // 10, burst=total_per_second * 6 // 10),
        Tier(name="basic", requests_per_second=total_per_second * 3 // 10, burst=total_per_second * 6 // 10),
        Tier(name="pro", requests_per_second=total_per_second * 6 // 10, burst=total_per_second),
        Tier(name="vip", requests_per_second=None, burst=None),
    )


def _local(context: Context) -> Stage:
    public_url = context.optional("public_url", "http://localhost:8080")
    front_door = context.optional("front_door", public_url)
    return Stage(
        name=StageName.LOCAL,
        region="eu-central-1",
        public_url=public_url,
        log_level=context.optional("log_level", "INFO"),
        log_retention_days=1,
        tiers=_tiers(10_000),
        api_requests_per_second=10_000,
        api_burst=5_000,
        authorizer_cache_seconds=0,
        keep_data=False,
        allowed_origins=context.origins("allowed_origins"),
        mail_from=f"no-reply@{EXAMPLE_DOMAIN}",
        recaptcha=True,
        bank_url=front_door + "/local/bank",
        chain_url=front_door + "/local/chain",
        clamd_address=context.optional("clamd_address"),
        register_url=front_door + "/local/register",
        local=LocalServices(
            database_host=context.required("database_host", "127.0.0.1"),
            database_port=context.port("database_port", 5432),
            redis_url=context.url("redis_url", "redis://127.0.0.1:6379/0", ("redis", "rediss")),
            kafka_bootstrap=context.host_list("kafka_bootstrap", "127.0.0.1:9092"),
            aws_endpoint=context.url("aws_endpoint", "http://127.0.0.1:4566", ("http", "https")),
            links_endpoint=context.optional("links_endpoint"),
            dependency_layer=context.optional("dependency_layer") or None,
            emulator=EmulatorKind(context.choice("emulator", tuple(EmulatorKind))),
        ),
    )


_REQUESTS_PER_IP: Final = 600_000
"""In five minutes: twice what one user of the highest tier may send (VIP: 1,000 orders a second). Users have limits of their own, by tier; this one
stops floods and must never stop what a tier allows.
"""
_ACCOUNT_REQUESTS_PER_IP: Final = 6_000
"""In five minutes, to the functions of accounts: 20 a second, for the many users behind one address of a mobile network."""

_DEV: Final = Cloud(
    network=NetworkSize(cidr="10.10.0.0/16", zones=3, nat_gateways=1, interface_endpoints=False),
    database=DatabaseSize(instance="t4g.micro", storage_gb=20, storage_gb_max=100, multi_az=False, backup_days=7),
    cache=CacheSize(instance="cache.t4g.micro", nodes=1),
    stream=StreamSize(instance="kafka.t3.small", brokers=3, storage_gb=20, commands_days=7),
    trading=TradingSize(
        shards=("spot",), engine_cpu=512, engine_memory_mb=1024, gateway_cpu=256, gateway_memory_mb=512, gateways_min=1, gateways_max=2
    ),
    backup=BackupPlan(days=7, copy_region=None, locked=False),
    domain=None,
    critical_email=None,
    warning_email=None,
    requests_per_ip=_REQUESTS_PER_IP,
    account_requests_per_ip=_ACCOUNT_REQUESTS_PER_IP,
    dependency_layer=None,
    image=None,
    working_hours=WorkingHours(begin=8, end=20),
)

_STAGING: Final = dataclasses.replace(
    _DEV,
    network=NetworkSize(cidr="10.20.0.0/16", zones=3, nat_gateways=1, interface_endpoints=True),
    database=DatabaseSize(instance="t4g.medium", storage_gb=50, storage_gb_max=200, multi_az=True, backup_days=30),
    cache=CacheSize(instance="cache.t4g.small", nodes=2),
    stream=StreamSize(instance="kafka.t3.small", brokers=3, storage_gb=50, commands_days=14),
    trading=TradingSize(
        shards=("spot",), engine_cpu=1024, engine_memory_mb=2048, gateway_cpu=512, gateway_memory_mb=1024, gateways_min=2, gateways_max=4
    ),
    backup=BackupPlan(days=30, copy_region=None, locked=False),
    working_hours=None,
)

_PROD: Final = dataclasses.replace(
    _STAGING,
    network=NetworkSize(cidr="10.30.0.0/16", zones=3, nat_gateways=3, interface_endpoints=True),
    database=DatabaseSize(instance="r8g.large", storage_gb=200, storage_gb_max=2_000, multi_az=True, backup_days=30),
    cache=CacheSize(instance="cache.r7g.large", nodes=3),
    stream=StreamSize(instance="kafka.m7g.large", brokers=3, storage_gb=500, commands_days=30),
    trading=TradingSize(
        shards=("spot",), engine_cpu=4096, engine_memory_mb=16384, gateway_cpu=1024, gateway_memory_mb=2048, gateways_min=3, gateways_max=20
    ),
    backup=BackupPlan(days=30, copy_region="eu-west-1", locked=False),
)


_SIZES: Final = {StageName.DEV: _DEV, StageName.STAGING: _STAGING, StageName.PROD: _PROD}


def _domain(context: Context) -> Domain | None:
    name = context.optional("domain")
    if not name:
        return None
    return Domain(
        name=name,
        zone_id=context.required("hosted_zone_id", "Z0123456789ABC"),
        global_certificate_arn=context.arn("global_certificate_arn", "acm", GLOBAL_REGION),
        regional_certificate_arn=context.arn("regional_certificate_arn", "acm", context.choice("region", REGIONS)),
    )


def _recaptcha(name: StageName, context: Context) -> bool:
    on = context.choice("recaptcha", ("on", "off")) == "on"
    if not on and name is not StageName.DEV:
        raise ConfigurationError(
            f"Stage '{name}' is open to the public: registration without reCAPTCHA (-c recaptcha=off) is for stage dev only."
        )
    return on


def _delivery(name: StageName, context: Context) -> Delivery | None:
    repository = context.repository("github_repository")
    if not repository:
        return None
    holds_registry = name is StageName.PROD
    return Delivery(
        repository=repository,
        holds_registry=holds_registry,
        provider_arn=context.optional("github_provider_arn") or None,
        pull_accounts=context.accounts("pull_accounts") if holds_registry else (),
    )


def _on_aws(name: StageName, context: Context) -> Stage:
    is_prod = name is StageName.PROD
    sizes = _SIZES[name]
    region = context.choice("region", REGIONS)
    backup = sizes.backup
    if backup.copy_region == region:
        backup = dataclasses.replace(backup, copy_region=next(other for other in REGIONS if other != region))
    backup = dataclasses.replace(backup, locked=context.choice("lock_backups", ("no", "yes")) == "yes")
    domain = _domain(context)
    per_second = 5_000 if is_prod else 500
    return Stage(
        name=name,
        region=region,
        public_url=f"https://{domain.name}" if domain else context.optional("public_url", f"https://{name}.mycrypto.example"),
        log_level="DEBUG" if name is StageName.DEV else "INFO",
        log_retention_days=365 if is_prod else 30,
        tiers=_tiers(per_second),
        api_requests_per_second=per_second,
        api_burst=per_second // 2,
        authorizer_cache_seconds=0,
        keep_data=name is not StageName.DEV,
        allowed_origins=context.origins("allowed_origins"),
        mail_from=context.email("mail_from", f"no-reply@{domain.name if domain else EXAMPLE_DOMAIN}"),
        recaptcha=_recaptcha(name, context),
        bank_url=context.optional("bank_url"),
        chain_url=context.optional("chain_url"),
        clamd_address=context.optional("clamd_address"),
        register_url=context.optional("register_url"),
        cloud=dataclasses.replace(
            sizes,
            backup=backup,
            domain=domain,
            critical_email=context.optional("critical_email") or None,
            warning_email=context.optional("warning_email") or None,
            dependency_layer=context.optional("dependency_layer") or None,
            image=context.optional("image") or None,
            delivery=_delivery(name, context),
            stream=dataclasses.replace(sizes.stream, generation=context.number("kafka_generation", 1)),
            origin_version=context.optional("origin_version") or None,
        ),
    )


def working_share(name: StageName) -> float:
    """Which part of the week the stage's tasks and pollers work."""
    hours = _SIZES[name].working_hours
    return hours.share if hours else 1.0


def regions(stage: Stage) -> list[str]:
    """Where the stage has stacks."""
    if stage.is_local:
        return [stage.region]
    copy = stage.on_aws.backup.copy_region
    return [stage.region, GLOBAL_REGION, *([copy] if copy else [])]


def load(context: Context) -> Stage:
    """The stage that ``-c stage=NAME`` asks for (default ``local``)."""
    name = StageName(context.choice("stage", tuple(StageName)))
    return _local(context) if name is StageName.LOCAL else _on_aws(name, context)
