"""What every part of auth works with: database, Redis, keys, limits, clock; and who is calling."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

import msgspec
import redis
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from psycopg import Connection

from functions.auth.settings import LOCAL, Settings
from mycrypto import audit, cache, database, outbox, secrets
from mycrypto.audit import AuditRecord
from mycrypto.ratelimit import Limit, Limiter, Verdict
from mycrypto.security import keys
from mycrypto.security.keys import SigningKey
from mycrypto.security.sealing import Sealer
from mycrypto.telemetry import Logger, Meter

SERVICE: Final = "auth"


class Client(msgspec.Struct, frozen=True):
    """Where a request came from, for sessions and records."""

    ip: str
    user_agent: str
    trace_id: str


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


class Context:
    """Built once per execution environment; everything in it is opened at first use."""

    def __init__(
        self,
        settings: Settings,
        *,
        db: database.Database,
        server: redis.Redis,
        token_keys: Keys,
        relay: outbox.Relay,
        logger: Logger,
        meter: Meter,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        read_secret: Callable[[str], dict[str, Any]] = secrets.get,
    ) -> None:
        self.settings = settings
        self.db = db
        self.redis = server
        self.keys = token_keys
        self.logger = logger
        self.meter = meter
        self.read_secret = read_secret
        self._relay = relay
        self._clock = clock
        self._limiter = Limiter(server, on_failure=self._redis_failed)

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

    def now(self) -> datetime:
        """The time in UTC."""
        return self._clock()

    @staticmethod
    def milliseconds(moment: datetime) -> int:
        """Epoch milliseconds."""
        return int(moment.timestamp() * 1000)

    @property
    def is_local(self) -> bool:
        return self.settings.stage == LOCAL

    def _redis_failed(self) -> None:
        self.logger.warning("Redis does not answer; limits are counted per process")

    def take(self, limit: Limit, subject: str) -> Verdict:
        """Count a call against a limit. A refusal is metered and left to the caller to raise."""
        verdict = self._limiter.take(limit, subject)
        if not verdict.allowed:
            self.meter.count("auth_rate_limit_hits_total", limit=limit.name)
        return verdict

    def forget(self, limit: Limit, subject: str) -> None:
        """Start a window anew."""
        self._limiter.forget(limit, subject)

    def tolerate(self, write: Callable[[], object]) -> None:
        """A write to Redis that PostgreSQL knows better: its failure makes things slower, not wrong."""
        try:
            write()
        except redis.RedisError as error:
            self.logger.warning("a copy in Redis was not written", error=str(error))

    def record(self, connection: Connection, record: AuditRecord, client: Client) -> None:
        """Write an audit record in the transaction, with where the request came from."""
        audit.add(connection, msgspec.structs.replace(record, ip_address=client.ip, user_agent=client.user_agent), trace_id=client.trace_id)

    def sealer(self, purpose: str) -> Sealer:
        """Encrypts for one purpose under the platform's sealing key."""
        return Sealer.from_secret(self.read_secret(self.settings.two_factor_secret_name), purpose)

    def flush(self) -> None:
        """Send what the last transaction left in the outbox. Whatever goes wrong, the rows wait for the next minute."""
        try:
            self._relay.flush(self.db.connection())
        except Exception:
            self.logger.exception("the outbox was not flushed")
