"""The functions as a table: what each needs of the platform. Environment and permissions follow from the row, never by hand."""

from __future__ import annotations

import dataclasses
from typing import Final

from infra import names


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Database:
    """A database, and the role a function is in it."""

    name: str
    role: str


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class FunctionSpec:
    """What one function needs. Times in seconds, memory in MB."""

    name: str
    purpose: str
    memory_mb: int
    timeout_s: int
    reserved_concurrency: int
    database: Database | None = None
    trade_database: Database | None = None
    redis: bool = False
    secrets: tuple[str, ...] = ()
    sends_to: tuple[str, ...] = ()
    invokes: tuple[str, ...] = ()
    publishes_commands: bool = False
    sends_mail: bool = False
    archives: bool = False
    pays_out: bool = False
    polls: bool = False
    scans: bool = False
    behind_api: bool = False
    snap_start: bool = False
    in_network: bool = False
    secrets_on_aws: tuple[str, ...] = ()
    environment: tuple[tuple[str, str], ...] = ()

    @property
    def uses_network(self) -> bool:
        """Whether it reaches anything that lives in the private network."""
        return bool(self.in_network or self.database or self.trade_database or self.redis or self.publishes_commands)

    def on_network(self, **environment: str) -> FunctionSpec:
        """The same function inside the private network, with more variables."""
        return dataclasses.replace(self, in_network=True, environment=tuple(sorted(environment.items())))

    def secrets_in(self, local: bool) -> tuple[str, ...]:
        """The secrets it reads; some exist only where there is an outside world."""
        return self.secrets if local else self.secrets + self.secrets_on_aws


AUTH: Final = FunctionSpec(
    name=names.FUNCTION_AUTH,
    purpose="accounts, sessions, tokens, second factor",
    memory_mb=1769,  # one whole vCPU: a password hash takes 46 MiB and must stay under 120 ms
    timeout_s=10,
    reserved_concurrency=50,
    database=Database(name=names.DATABASE_EXCHANGE, role="auth_app"),
    redis=True,
    secrets=(names.SECRET_JWT, names.SECRET_TWO_FACTOR),
    secrets_on_aws=(names.SECRET_RECAPTCHA,),
    behind_api=True,
    snap_start=True,
    sends_to=(names.QUEUE_EMAIL, names.QUEUE_AUDIT, names.QUEUE_KYC),
)

AUTHORIZER: Final = FunctionSpec(
    name=names.FUNCTION_AUTHORIZER,
    purpose="verifies access tokens for API Gateway",
    memory_mb=512,
    timeout_s=5,
    reserved_concurrency=100,
    redis=True,
    secrets=(names.SECRET_PUBLIC_KEYS,),  # it verifies and never signs: the private parts are out of its reach
    snap_start=True,
)

NOTIFICATIONS: Final = FunctionSpec(
    name=names.FUNCTION_NOTIFICATIONS,
    purpose="mails of the e-mail queue through SES",
    memory_mb=256,
    timeout_s=30,
    reserved_concurrency=10,
    database=Database(name=names.DATABASE_EXCHANGE, role="auth_app"),  # email_logs: each message is one mail
    sends_mail=True,
)

AUDIT: Final = FunctionSpec(
    name=names.FUNCTION_AUDIT,
    purpose="audit records of the audit queue into PostgreSQL",
    memory_mb=256,
    timeout_s=30,
    reserved_concurrency=5,
    database=Database(name=names.DATABASE_EXCHANGE, role="auth_app"),
)

KYC: Final = FunctionSpec(
    name=names.FUNCTION_KYC,
    purpose="KYC applications: pictures through the virus scanner, the population register",
    memory_mb=512,
    timeout_s=300,  # four pictures, a minute for each at most
    reserved_concurrency=5,
    database=Database(name=names.DATABASE_EXCHANGE, role="auth_app"),
    secrets=(names.SECRET_TWO_FACTOR,),  # the register is asked about the national id, which is sealed
    sends_to=(names.QUEUE_EMAIL, names.QUEUE_AUDIT),
    scans=True,
)

CODES: Final = FunctionSpec(
    name=names.FUNCTION_CODES,
    purpose="checks codes of the second factor for the wallet, which cannot read the secrets",
    memory_mb=512,
    timeout_s=6,
    reserved_concurrency=50,
    database=Database(name=names.DATABASE_EXCHANGE, role="auth_app"),
    secrets=(names.SECRET_TWO_FACTOR,),
    snap_start=True,
)

WALLET: Final = FunctionSpec(
    name=names.FUNCTION_WALLET,
    purpose="balances, deposits, withdrawals, bank accounts, webhooks; every minute: reports of bank and chain",
    memory_mb=1024,
    timeout_s=10,
    reserved_concurrency=50,
    database=Database(name=names.DATABASE_EXCHANGE, role="wallet_app"),
    redis=True,
    secrets=(names.SECRET_WEBHOOKS, names.SECRET_WALLET),
    invokes=(names.FUNCTION_CODES,),
    sends_to=(names.QUEUE_EMAIL, names.QUEUE_AUDIT, names.QUEUE_WITHDRAWALS),
    publishes_commands=True,
    polls=True,
    behind_api=True,
    snap_start=True,
)

WITHDRAWALS: Final = FunctionSpec(
    name=names.FUNCTION_WITHDRAWALS,
    purpose="payouts of the withdrawal queue by bank and chain, the network fees, and every night the partners' statements",
    memory_mb=512,
    timeout_s=120,  # three tries of ten seconds, with two questions each
    reserved_concurrency=12,
    database=Database(name=names.DATABASE_EXCHANGE, role="wallet_app"),
    redis=True,
    secrets=(names.SECRET_WEBHOOKS,),
    sends_to=(names.QUEUE_EMAIL, names.QUEUE_AUDIT, names.QUEUE_WITHDRAWALS),
    publishes_commands=True,
    pays_out=True,
)

SETTLEMENT: Final = FunctionSpec(
    name=names.FUNCTION_SETTLEMENT,
    purpose="engine events into the ledger, exactly once",
    memory_mb=1024,
    timeout_s=60,
    reserved_concurrency=4,
    database=Database(name=names.DATABASE_EXCHANGE, role="settlement_app"),
    redis=True,
    sends_to=(names.QUEUE_EMAIL, names.QUEUE_AUDIT, names.QUEUE_WITHDRAWALS),
)

HISTORY: Final = FunctionSpec(
    name=names.FUNCTION_HISTORY,
    purpose="engine events into the order and trade history",
    memory_mb=1024,
    timeout_s=60,
    reserved_concurrency=4,
    database=Database(name=names.DATABASE_TRADE, role="trade_engine_app"),
)

ARCHIVE: Final = FunctionSpec(
    name=names.FUNCTION_ARCHIVE,
    purpose="the command log into the archive bucket, for good",
    memory_mb=512,
    timeout_s=60,
    reserved_concurrency=4,
    archives=True,
)

MAINTENANCE: Final = FunctionSpec(
    name=names.FUNCTION_MAINTENANCE,
    purpose="every minute: unsent outbox rows, expired rows, partitions ahead; every hour: old partitions to the archive, what is owed to users published once a day",
    memory_mb=1024,
    timeout_s=900,  # for the hourly jobs; the minute job takes seconds
    reserved_concurrency=3,  # one of each
    database=Database(name=names.DATABASE_EXCHANGE, role="wallet_app"),
    trade_database=Database(name=names.DATABASE_TRADE, role="trade_engine_app"),
    redis=True,
    sends_to=(names.QUEUE_EMAIL, names.QUEUE_AUDIT, names.QUEUE_KYC, names.QUEUE_WITHDRAWALS),
    publishes_commands=True,
)

MIGRATIONS: Final = FunctionSpec(
    name=names.FUNCTION_MIGRATIONS,
    purpose="roles, databases and tables, before anything that needs them",
    memory_mb=512,
    timeout_s=600,
    reserved_concurrency=1,
)

ROTATION: Final = FunctionSpec(
    name=names.FUNCTION_ROTATION,
    purpose="new signing keys every 90 days; first values of the other secrets",
    memory_mb=1769,  # a 4096-bit key takes seconds on less
    timeout_s=60,
    reserved_concurrency=1,
)

REMINDERS: Final = FunctionSpec(
    name=names.FUNCTION_REMINDERS,
    purpose="every hour: alarms that still ring, said again",
    memory_mb=256,
    timeout_s=60,
    reserved_concurrency=1,
)

IDENTITY: Final = (AUTH, AUTHORIZER, NOTIFICATIONS, AUDIT, KYC, CODES)
MONEY: Final = (WALLET, WITHDRAWALS, SETTLEMENT, HISTORY, ARCHIVE, MAINTENANCE)
ON_AWS: Final = (MIGRATIONS, ROTATION, REMINDERS)
ALL: Final = IDENTITY + MONEY
