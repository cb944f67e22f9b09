"""The names of everything that code outside the templates refers to.

Resources are named ``mycrypto-{stage}-{thing}``, secrets and parameters ``mycrypto/{stage}/{thing}``. The one-machine runner, the functions
and the runbooks rely on these names; change them only together.
"""

from __future__ import annotations

from typing import Final

from mycrypto.queue_names import dead_letters_name, queue_name

PRODUCT: Final = "mycrypto"

FUNCTION_AUTH: Final = "auth"
FUNCTION_AUTHORIZER: Final = "authorizer"
FUNCTION_NOTIFICATIONS: Final = "notifications"
FUNCTION_AUDIT: Final = "audit"
FUNCTION_WALLET: Final = "wallet"
FUNCTION_SETTLEMENT: Final = "settlement"
FUNCTION_HISTORY: Final = "history"
FUNCTION_ARCHIVE: Final = "archive"
FUNCTION_MAINTENANCE: Final = "maintenance"
FUNCTION_MIGRATIONS: Final = "migrations"
FUNCTION_ROTATION: Final = "rotation"
FUNCTION_REMINDERS: Final = "reminders"
FUNCTION_WITHDRAWALS: Final = "withdrawals"
FUNCTION_KYC: Final = "kyc"
FUNCTION_CODES: Final = "codes"

QUEUE_EMAIL: Final = "email-notifications"
QUEUE_KYC: Final = "kyc-processing"
QUEUE_WITHDRAWALS: Final = "withdrawal-processing"
QUEUE_AUDIT: Final = "audit-logs"
QUEUE_FAILED_INVOCATIONS: Final = "failed-invocations"
"""Events that a function gave up on, and batches of engine events that it cannot get past."""

BUCKET_SNAPSHOTS: Final = "snapshots"
BUCKET_ARCHIVE: Final = "archive"
BUCKET_KYC: Final = "kyc-documents"
BUCKET_WEB: Final = "web"
BUCKET_ACCESS_LOGS: Final = "access-logs"

SECRET_JWT: Final = "jwt"  # noqa: S105 - the name of a secret, not a secret
SECRET_PUBLIC_KEYS: Final = "public-keys"  # noqa: S105 - the name of a secret, not a secret
SECRET_WEBHOOKS: Final = "webhooks"  # noqa: S105 - the name of a secret, not a secret
SECRET_WALLET: Final = "wallet"  # noqa: S105 - the name of a secret, not a secret
SECRET_TWO_FACTOR: Final = "two-factor"  # noqa: S105 - the name of a secret, not a secret
SECRET_RECAPTCHA: Final = "recaptcha"  # noqa: S105 - the name of a secret, not a secret
SECRET_REDIS_URL: Final = "redis-url"  # noqa: S105 - the name of a secret, not a secret
SECRET_ORIGIN: Final = "origin"  # noqa: S105 - the name of a secret, not a secret
SECRET_REDIS: Final = "redis"  # noqa: S105 - the name of a secret, not a secret

DATABASE_EXCHANGE: Final = "exchange_dev"
DATABASE_TRADE: Final = "mytrader_trade_engine"

TOPIC_COMMANDS: Final = "engine-commands"
TOPIC_EVENTS: Final = "engine-events"
TOPIC_ORDER_EVENTS: Final = "order-events"
TOPIC_TRADE_EVENTS: Final = "trade-events"

IMAGE_REPOSITORY: Final = "mycrypto/trading"

API_STAGE: Final = "v1"
EVERY_MINUTE: Final = "every-minute"
EVERY_HOUR: Final = "every-hour"
ACCOUNTS_EVERY_HOUR: Final = "accounts-every-hour"
EVERY_FIVE_MINUTES: Final = "every-five-minutes"
REMIND_EVERY_HOUR: Final = "remind-every-hour"


def resource(stage: str, thing: str) -> str:
    """``mycrypto-local-email-notifications``."""
    return f"{PRODUCT}-{stage}-{thing}"


def queue(stage: str, name: str) -> str:
    """``mycrypto-local-withdrawal-processing.fifo``."""
    return queue_name(stage, name)


def dead_letters(stage: str, name: str) -> str:
    """The dead-letter queue of a queue."""
    return dead_letters_name(stage, name)


def secret(stage: str, thing: str) -> str:
    """``mycrypto/local/jwt``."""
    return f"{PRODUCT}/{stage}/{thing}"


def database_secret(stage: str, role: str) -> str:
    """The secret with the password of one database role."""
    return secret(stage, f"database/{role}")


def tier_key(stage: str, tier: str) -> str:
    """The API key of a tier's usage plan. No secret: only the authorizer can present it."""
    return resource(stage, f"tier-{tier}")


def kafka_parameter(stage: str, generation: int, thing: str) -> str:
    """The parameter with a property of the cluster. Others read it by name: an export would keep the cluster from being replaced."""
    return f"/{PRODUCT}/{stage}/kafka/{generation}/{thing}"


def stack(stage: str, area: str) -> str:
    """``mycrypto-local-identity``."""
    return resource(stage, area)
