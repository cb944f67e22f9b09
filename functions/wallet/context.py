"""What every part of the wallet works with: database, caches, secrets, limits, clock."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

import redis

from functions.wallet.settings import Settings
from mycrypto import cache, database, outbox, secrets
from mycrypto.log_producer import LogProducer
from mycrypto.ratelimit import Limit, Limiter, Verdict
from mycrypto.security import second_factor
from mycrypto.security.sealing import Sealer
from mycrypto.telemetry import Logger, Meter

SERVICE: Final = "wallet"


class Context:
    """Built once per execution environment; everything in it is opened at first use."""

    def __init__(
        self,
        settings: Settings,
        *,
        db: database.Database,
        server: redis.Redis,
        relay: outbox.Relay,
        logger: Logger,
        meter: Meter,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        read_secret: Callable[[str], dict[str, Any]] = secrets.get,
    ) -> None:
        self.settings = settings
        self.db = db
        self.redis = server
        self.cache = cache.Cache(lambda: server)
        self.logger = logger
        self.meter = meter
        self._relay = relay
        self._clock = clock
        self._read_secret = read_secret
        self._limiter = Limiter(server, on_failure=self._redis_failed)

    @classmethod
    def from_settings(cls, settings: Settings, logger: Logger, meter: Meter) -> Context:
        def unsent(destination: str, error: Exception) -> None:
            logger.warning("messages wait in the outbox", destination=destination, error=str(error))
            meter.count("outbox_delayed_total", destination=destination)

        producer = LogProducer(settings.kafka_bootstrap_servers, settings.kafka_auth)
        return cls(
            settings,
            db=database.Database(settings.database_url, settings.database_secret_name, application=SERVICE),
            server=cache.client(settings.redis_url, settings.redis_secret_name),
            relay=outbox.Relay({"kafka": outbox.KafkaSender(producer), "sqs": outbox.SqsSender(settings.stage)}, unsent),
            logger=logger,
            meter=meter,
        )

    def now(self) -> datetime:
        """The time in UTC."""
        return self._clock()

    def _redis_failed(self) -> None:
        self.logger.warning("Redis does not answer; limits are counted per process")

    def take(self, limit: Limit, subject: str) -> Verdict:
        """Count a call against a limit. A refusal is metered and left to the caller to raise."""
        verdict = self._limiter.take(limit, subject)
        if not verdict.allowed:
            self.meter.count("rate_limit_hits_total", limit=limit.name)
        return verdict

    def webhook_secret(self, sender: str) -> str:
        """The HMAC secret shared with ``bank`` or ``chain``."""
        return str(self._read_secret(self.settings.webhooks_secret_name)[sender])

    def account_key(self, coin_type: int) -> str:
        """The account-level extended public key of a coin type."""
        member = {0: "btc_xpub", 60: "eth_xpub"}[coin_type]
        return str(self._read_secret(self.settings.wallet_secret_name)[member])

    def forget(self, limit: Limit, subject: str) -> None:
        """Start a window anew."""
        self._limiter.forget(limit, subject)

    def sealer(self) -> Sealer:
        """Opens the users' sealed second factors."""
        return Sealer.from_secret(self._read_secret(self.settings.two_factor_secret_name), second_factor.PURPOSE)

    def flush(self) -> None:
        """Send what the last transaction left in the outbox. Whatever goes wrong, the rows wait for the next minute."""
        try:
            self._relay.flush(self.db.connection())
            self.meter.count("outbox_delayed_total", 0)  # an alarm tells silence from absence
        except Exception:
            self.logger.exception("the outbox was not flushed")
