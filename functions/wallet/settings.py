"""The environment of the wallet."""

from __future__ import annotations

from mycrypto.http.settings import ServiceSettings
from mycrypto.log_producer import KafkaAuth


class Settings(ServiceSettings, frozen=True, kw_only=True):
    """Amounts are decimal strings of whole TRY; ``deposit_hours`` is how long a fiat deposit waits for its transfer. Without ``bank_url`` or ``chain_url``
    that partner's reports come by webhook alone. ``codes_function`` checks codes of the second factor.
    """

    kafka_bootstrap_servers: str
    wallet_secret_name: str
    webhooks_secret_name: str
    codes_function: str
    kafka_auth: KafkaAuth = "none"
    virtual_iban: str = "TR050009900000000000000001"
    bank_name: str = "MyCrypto Bankası"
    deposit_hours: int = 24
    bitcoin_network: str = "main"
    public_url: str = ""
    bank_url: str = ""
    chain_url: str = ""
