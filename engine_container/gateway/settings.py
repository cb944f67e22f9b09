"""The gateway's environment."""

from __future__ import annotations

from typing import Literal

import msgspec

from mycrypto.cors import Cors
from mycrypto.proxies import Proxy
from mycrypto.settings import SettingsError


class GatewaySettings(msgspec.Struct, frozen=True):
    """Field ``redis_url`` is the variable ``REDIS_URL`` and so on."""

    kafka_bootstrap_servers: str
    redis_url: str
    stage: Literal["local", "dev", "staging", "prod"] = "local"
    service_name: str = "gateway"
    kafka_auth: Literal["none", "iam"] = "none"
    aws_region: str = "eu-central-1"
    trade_database_url: str = ""
    """Without it finished orders stay in memory; fine for a short run, not for a long one."""
    trade_database_secret_name: str = ""
    """Of the secret with its password, where the address has none; read for each connection, so that a rotated one is noticed."""
    wallet_database_url: str = ""
    """Of the accounts' database, as the reader of deposits and withdrawals; without it the Binance-compatible API does not tell of them."""
    wallet_database_secret_name: str = ""
    notices_database_url: str = ""
    """Of the accounts' database, as the reader of notices, who also marks them as read; without it there are none."""
    notices_database_secret_name: str = ""
    snapshot_bucket: str = ""
    """Where the publisher keeps snapshots of the views; without it, and without a folder, a start reads the whole event log."""
    snapshot_dir: str = ""
    jwks_url: str = ""
    jwks_file: str = ""
    shard: int = 0
    metrics_seconds: int = 60
    """How often the metrics are written into the log."""
    host: str = ""
    """"" is 127.0.0.1 in stage local and every interface elsewhere."""
    port: int = 8080
    binance_port: int = 0
    """Of the Binance-compatible API, which the process has beside its own; 0: without it."""
    answer_seconds_max: int = 5
    """How long a request waits for its command's result before it answers 504."""
    queued_commands_max: int = 20_000
    trusted_proxy_header: str = ""
    """Which header says who called, where proxies stand in between; "": the peer is the client."""
    trusted_proxy_hops: int = 1
    """At which place of that header, from the right."""
    allowed_origins: str = ""
    """Of pages elsewhere that may use the API from a browser, with commas."""
    rate_limits: Literal["on", "off", ""] = ""
    """"" is off in stage local, where one program plays many users, and on everywhere else."""
    sealing_secret_name: str = ""
    """Of the key that the secrets of API keys are sealed with; "" is mycrypto/{stage}/two-factor."""
    recent_seconds: int = 60
    """How long a finished order stays in memory although the history has it."""

    def __post_init__(self) -> None:
        if not self.jwks_url and not self.jwks_file:
            raise SettingsError("JWKS_URL or JWKS_FILE must say where the public keys of the tokens are")

    @property
    def cors(self) -> Cors:
        return Cors.parse(self.allowed_origins)

    @property
    def proxy(self) -> Proxy:
        return Proxy(self.trusted_proxy_header, self.trusted_proxy_hops)

    @property
    def limits_rates(self) -> bool:
        return self.rate_limits == "on" or (self.rate_limits == "" and self.stage != "local")

    @property
    def bind_host(self) -> str:
        return self.host or ("127.0.0.1" if self.stage == "local" else "0.0.0.0")  # noqa: S104 - behind the load balancer
