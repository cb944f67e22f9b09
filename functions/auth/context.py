"""What every part of auth works with: database, Redis, keys, limits, clock; and who is calling."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final, Unpack

import redis
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from psycopg import Connection

from functions.auth.settings import Settings
from mycrypto import audit, cache, database, health, outbox, secrets
from mycrypto.audit import AuditRecord
from mycrypto.context import Parts, ServiceContext
from mycrypto.health import Readiness
from mycrypto.http.request import Client
from mycrypto.security import keys
from mycrypto.security.keys import SigningKey
from mycrypto.security.sealing import Sealer
from mycrypto.telemetry import Logger, Meter

SERVICE: Final = "auth"


def subject_of(email: str) -> str:
    """An address as part of a Redis key: not readable there."""
    return hashlib.sha256(email.encode()).hexdigest()[:32]


class Keys:
    """The token keys of the secret, parsed once per rotation."""

    def __init__(self, secret_name: str, read: Callable[[str], dict[str, Any]] = secrets.get) -> None:
        self._secret_name = secret_name
        self._read = read
        self._source: dict[str, Any] | None = None
        self._signing: SigningKey | None = None
        self._public: dict[str, RSAPublicKey] = {}

    def _refresh(self) -> SigningKey:
        source = self._read(self._secret_name)
        if self._signing is None or source is not self._source:
            self._signing = keys.signing_key(source)
            self._public = keys.public_keys(source)
            self._source = source
        return self._signing

    @property
    def signing(self) -> SigningKey:
        return self._refresh()

    @property
    def public(self) -> dict[str, RSAPublicKey]:
        self._refresh()
        return self._public


class Context(ServiceContext):
    """Of auth: with its settings and the token keys."""

    def __init__(self, settings: Settings, *, token_keys: Keys, **parts: Unpack[Parts]) -> None:
        super().__init__(settings, refusals="auth_rate_limit_hits_total", **parts)
        self.settings: Settings = settings
        self.keys = token_keys

    @classmethod
    def from_settings(cls, settings: Settings, logger: Logger, meter: Meter) -> Context:
        def unsent(destination: str, error: Exception) -> None:
            logger.warning("messages wait in the outbox", destination=destination, error=str(error))

        return cls(
            settings,
            db=database.Database(settings.database_url, settings.database_secret_name, application=SERVICE),
            server=cache.client(settings.redis_url, settings.redis_secret_name),
            token_keys=Keys(settings.jwt_secret_name),
            relay=outbox.Relay({"sqs": outbox.SqsSender(settings.stage)}, unsent),
            logger=logger,
            meter=meter,
        )

    @staticmethod
    def milliseconds(moment: datetime) -> int:
        """Epoch milliseconds."""
        return int(moment.timestamp() * 1000)

    def readiness(self) -> Readiness:
        needed: dict[str, Callable[[], object]] = {
            "database": lambda: self.db.connection().execute("SELECT 1 FROM users LIMIT 1"),
            "redis": self.redis.ping,
            "token_keys": lambda: self.keys.signing,
        }
        return health.readiness(needed, {}, self.part_missing)

    def tolerate(self, write: Callable[[], object]) -> None:
        """A write to Redis that PostgreSQL knows better: its failure makes things slower, not wrong."""
        try:
            write()
        except redis.RedisError as error:
            self.logger.warning("a copy in Redis was not written", error=str(error))

    def record(self, connection: Connection, record: AuditRecord, client: Client) -> None:
        """Write an audit record in the transaction, with where the request came from."""
        audit.add_from(connection, record, client)

    def sealer(self, purpose: str) -> Sealer:
        """Encrypts for one purpose under the platform's sealing key."""
        name = self.settings.two_factor_secret_name
        return Sealer.from_secret(self.read_secret(name), purpose, lambda: secrets.get_now(name))
