"""The environment of the wallet."""

from __future__ import annotations

import msgspec

from mycrypto.cors import Cors
from mycrypto.log_producer import KafkaAuth
from mycrypto.proxies import Proxy

LOCAL = "local"
_FORWARDED = "X-Forwarded-For"


class Settings(msgspec.Struct, frozen=True):
    """Amounts are decimal strings of whole TRY; ``deposit_hours`` is how long a fiat deposit waits for its transfer."""

    stage: str
    database_url: str
    redis_url: str
    kafka_bootstrap_servers: str
    wallet_secret_name: str
    webhooks_secret_name: str
    two_factor_secret_name: str = ""
    kafka_auth: KafkaAuth = "none"
    database_secret_name: str = ""
    redis_secret_name: str = ""
    trusted_proxy_header: str = ""
    trusted_proxy_hops: int = 1
    allowed_origins: str = ""
    """Of pages elsewhere that may use the API from a browser, with commas."""
    virtual_iban: str = "TR050009900000000000000001"
    bank_name: str = "MyCrypto Bankası"
    deposit_hours: int = 24
    bitcoin_network: str = "main"

    @property
    def cors(self) -> Cors:
        return Cors.parse(self.allowed_origins)

    @property
    def proxy(self) -> Proxy:
        """On one machine the front door says who called; elsewhere only API Gateway does, unless a header is named."""
        header = self.trusted_proxy_header or (_FORWARDED if self.stage == LOCAL else "")
        return Proxy(header, self.trusted_proxy_hops)
