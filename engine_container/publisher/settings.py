"""The publisher's environment."""

from __future__ import annotations

from typing import Literal

import msgspec


class PublisherSettings(msgspec.Struct, frozen=True):
    """Field ``redis_url`` is the variable ``REDIS_URL`` and so on."""

    kafka_bootstrap_servers: str
    redis_url: str
    stage: Literal["local", "dev", "staging", "prod"] = "local"
    service_name: str = "publisher"
    kafka_auth: Literal["none", "iam"] = "none"
    aws_region: str = "eu-central-1"
    shard: int = 0
    snapshot_bucket: str = ""
    """Where snapshots of the views are kept for gateways and for this process to begin with."""
    snapshot_dir: str = ""
    """Used where there is no bucket; without either nothing is saved and every start reads the whole event log."""
    trade_database_url: str = ""
    """The history and the paper orders that it fills; without it they are not filled here."""
    trade_database_secret_name: str = ""
    """Of the secret with its password, where the address has none; read for each connection, so that a rotated one is noticed."""
    mails: Literal["on", "off"] = "off"
    """Whether filled and halted orders are written to their owners about, by the queue ``mycrypto-{stage}-email-notifications``."""
    snapshot_seconds: int = 60
    snapshot_records: int = 20_000
    """A snapshot is taken after this many records, or after ``snapshot_seconds`` if there were any."""
    metrics_seconds: int = 60
    """How often the metrics are written into the log."""
    host: str = ""
    """"" is 127.0.0.1 in stage local and every interface elsewhere."""
    port: int = 8082

    @property
    def bind_host(self) -> str:
        return self.host or ("127.0.0.1" if self.stage == "local" else "0.0.0.0")  # noqa: S104 - health checks come from outside
