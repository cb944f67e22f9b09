"""What every part of the wallet works with: database, caches, secrets, limits, clock."""

from __future__ import annotations

from typing import Final, Unpack

import msgspec

from functions.wallet.settings import Settings
from mycrypto import cache, database, health, networks, outbox
from mycrypto.context import Parts, ServiceContext
from mycrypto.errors import ProblemError
from mycrypto.health import Readiness
from mycrypto.log_producer import LogProducer
from mycrypto.networks import Network
from mycrypto.security.code_check import Codes
from mycrypto.security.invoked_codes import InvokedCodes
from mycrypto.telemetry import Logger, Meter

SERVICE: Final = "wallet"


class Context(ServiceContext):
    """Of the wallet: with its settings and the cache of balances."""

    def __init__(self, settings: Settings, *, codes: Codes, **parts: Unpack[Parts]) -> None:
        super().__init__(settings, refusals="rate_limit_hits_total", **parts)
        self.codes = codes
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
            codes=InvokedCodes(settings.codes_function),
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

    def account_keys(self) -> dict[str, str]:
        """The account-level extended public keys that this platform has, by their names in the secret; none before people have brought the secret."""
        try:
            members = self.read_secret(self.settings.wallet_secret_name)
        except msgspec.MsgspecError:  # what CloudFormation put there is no JSON
            return {}
        return {name: str(members[name]) for name in networks.ACCOUNT_KEYS if members.get(name)}

    def offered(self) -> list[Network]:
        """The networks whose addresses this platform can derive."""
        keys = self.account_keys()
        return [network for network in networks.DECLARED if network.account_key in keys]

    def network(self, currency: str, name: str | None) -> Network:
        """The network of this name, the currency's first one without a name.

        Raises CURRENCY_NOT_SUPPORTED, VALIDATION_ERROR where there is no such network, NETWORK_NOT_SUPPORTED where this platform has no key for it.
        """
        found = networks.find(currency, name)
        if found.account_key not in self.account_keys():
            raise ProblemError("NETWORK_NOT_SUPPORTED", f"{found.currency} is not offered on {found.name} here")
        return found

    def flush(self) -> None:
        """As everywhere, and counted when nothing is delayed too: an alarm tells silence from absence."""
        super().flush()
        self.meter.count("outbox_delayed_total", 0)
