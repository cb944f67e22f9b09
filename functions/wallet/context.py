"""What every part of the wallet works with: database, caches, secrets, limits, clock."""

from __future__ import annotations

from typing import Final, Unpack

from functions.wallet.settings import Settings
from mycrypto import cache, database, health, outbox
from mycrypto.context import Parts, ServiceContext
from mycrypto.health import Readiness
from mycrypto.log_producer import LogProducer
from mycrypto.security import second_factor
from mycrypto.security.sealing import Sealer
from mycrypto.telemetry import Logger, Meter

SERVICE: Final = "wallet"


class Context(ServiceContext):
    """Of the wallet: with its settings and the cache of balances."""

    def __init__(self, settings: Settings, **parts: Unpack[Parts]) -> None:
        super().__init__(settings, refusals="rate_limit_hits_total", **parts)
        self.settings: Settings = settings
        self.cache = cache.Cache(lambda: self.redis)

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

    def readiness(self) -> Readiness:
        needed = {"database": lambda: self.db.connection().execute("SELECT 1")}
        return health.readiness(needed, {"redis": self.redis.ping}, self.part_missing)

    def webhook_secret(self, sender: str) -> str:
        """The HMAC secret shared with ``bank`` or ``chain``."""
        return str(self.read_secret(self.settings.webhooks_secret_name)[sender])

    def account_key(self, coin_type: int) -> str:
        """The account-level extended public key of a coin type."""
        member = {0: "btc_xpub", 60: "eth_xpub"}[coin_type]
        return str(self.read_secret(self.settings.wallet_secret_name)[member])

    def sealer(self) -> Sealer:
        """Opens the users' sealed second factors."""
        return Sealer.from_secret(self.read_secret(self.settings.two_factor_secret_name), second_factor.PURPOSE)

    def flush(self) -> None:
        """As everywhere, and counted when nothing is delayed too: an alarm tells silence from absence."""
        super().flush()
        self.meter.count("outbox_delayed_total", 0)
