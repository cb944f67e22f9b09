"""The environment of the payout worker."""

from __future__ import annotations

import msgspec

from mycrypto.log_producer import KafkaAuth
from mycrypto.money import parse_positive


class Settings(msgspec.Struct, frozen=True):
    """``hot_wallet_daily``: how much of each currency may leave the hot wallet within 24 hours; more waits for a person.

    Without ``bank_url`` or ``chain_url`` there is no way to pay: such withdrawals wait, approved.
    """

    stage: str
    database_url: str
    redis_url: str
    kafka_bootstrap_servers: str
    webhooks_secret_name: str
    database_secret_name: str = ""
    redis_secret_name: str = ""
    kafka_auth: KafkaAuth = "none"
    bank_url: str = ""
    chain_url: str = ""
    hot_wallet_daily: str = "BTC=20,ETH=200,USDT=500000"
    retry_seconds: int = 5
    proof_seconds: int = 120
    """Between the first answer that nothing left and the one that is believed."""

    def hot_wallet_limits(self) -> dict[str, int]:
        """Units of 10^-8 by currency."""
        pairs = (part.partition("=") for part in self.hot_wallet_daily.split(",") if part)
        return {currency.strip(): parse_positive(amount.strip()) for currency, _, amount in pairs}
