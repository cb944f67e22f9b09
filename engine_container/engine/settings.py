"""The engine's environment."""

from __future__ import annotations

import socket
from typing import Literal

import msgspec


class EngineSettings(msgspec.Struct, frozen=True):
    """Field ``kafka_bootstrap_servers`` is the variable ``KAFKA_BOOTSTRAP_SERVERS`` and so on."""

    kafka_bootstrap_servers: str
    redis_url: str = ""
    """Without it there is no lease: every engine publishes, which costs traffic and does no harm."""
    stage: Literal["local", "dev", "staging", "prod"] = "local"
    service_name: str = "engine"
    kafka_auth: Literal["none", "iam"] = "none"
    aws_region: str = "eu-central-1"
    shard: int = 0
    snapshot_bucket: str = ""
    snapshot_dir: str = ""
    """Used where there is no bucket; without either the engine starts from the beginning of the log."""
    snapshot_seconds: int = 60
    snapshot_records: int = 20_000
    """A snapshot is taken after this many command records, or after ``snapshot_seconds`` if there were any."""
    metrics_seconds: int = 60
    """How often the metrics are written into the log."""
    host: str = ""
    """"" is 127.0.0.1 in stage local and every interface elsewhere."""
    port: int = 8081

    announce_port: int = 0
    """Where gateways hear events that are not on the event log yet; 0: any free one. Without Redis they hear nothing: it tells them where."""
    announce_host: str = ""
    """The name or address by which gateways reach this engine; "" is 127.0.0.1 in stage local and the address of this machine elsewhere."""

    @property
    def announced_host(self) -> str:
        if self.announce_host or self.stage == "local":
            return self.announce_host or "127.0.0.1"
        return socket.gethostbyname(socket.gethostname())

    @property
    def bind_host(self) -> str:
        return self.host or ("127.0.0.1" if self.stage == "local" else "0.0.0.0")  # noqa: S104 - reached by the load balancer
