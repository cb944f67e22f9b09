"""The processes of our own: what each is told about the others."""

from __future__ import annotations

import hashlib
import json
import sys
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Final

from mycrypto_local.parts.emulator import probe
from mycrypto_local.parts.part import Part, base_environment
from mycrypto_local.paths import REPOSITORY
from mycrypto_local.replicas import ONE_OF_EACH, Replicas, binance_name, kind
from mycrypto_local.servers import PAGE_ORIGINS

PROCESS_KINDS: Final = ("engine", "publisher", "gateway", "front-door", "pump")
READY_PATHS: Final = {"engine": "/ready", "gateway": "/ready", "front-door": "/ready"}
"""Of those whose /health already answers while they read the logs: they are well only when they serve."""
FRONT_DOOR: Final = "mycrypto_local.front_door"
METRICS_SECONDS: Final = 5
"""More often than on AWS, where each value costs money: here a developer watches the dashboard."""
CODE: Final = ("engine_container", "localstack/mycrypto_local", "layers/common/python/mycrypto", "build/core")


def revision() -> str:
    """Of the code that the processes run: when it changes, a running one is out of date and supervisord sees a changed environment."""
    seen = hashlib.sha256()
    for top in CODE:
        for path in sorted((REPOSITORY / top).rglob("*")):
            if path.suffix in {".py", ".so"}:
                status = path.stat()
                seen.update(f"{path.relative_to(REPOSITORY)}:{status.st_size}:{status.st_mtime_ns}\n".encode())
    return seen.hexdigest()[:16]


def probe_process(name: str, port: int) -> None:
    """Whether a process of ours says that it is well; raises ``NotReadyError``."""
    probe(f"http://127.0.0.1:{port}{READY_PATHS.get(kind(name), '/health')}", name)


def role_of_engine(port: int) -> str:
    """Of several engines: the one that publishes is active, the others stand by."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=2) as answer:
            return "active" if json.load(answer).get("active") else "standby"
    except (OSError, ValueError):
        return ""


def port_of(name: str, ports: Mapping[str, int]) -> int:
    """Where a part listens. What people open is called the gateway's port, whichever process has it."""
    return ports["gateway" if name == "front-door" else name]


@dataclass(frozen=True)
class Processes:
    """``outputs`` are those of the deployed stacks; ``services`` the addresses of the servers, passwords included."""

    state: Path
    ports: Mapping[str, int]
    clients: Mapping[str, str]
    """The environment that boto3 needs to reach the emulator."""
    bootstrap: str
    redis_url: str
    trade_database_url: str
    wallet_database_url: str
    notices_database_url: str
    outputs: Mapping[str, str]
    replicas: Replicas = ONE_OF_EACH

    @cached_property
    def _revision(self) -> str:
        return revision()

    def parts(self) -> list[Part]:
        """In the order in which they depend on each other."""
        jwks = f"{self.clients['AWS_ENDPOINT_URL']}{self.outputs['RestApiPath']}/api/auth/.well-known/jwks.json"
        snapshots = {"SNAPSHOT_BUCKET": self.outputs["SnapshotBucket"]}
        gateway = {
            "ALLOWED_ORIGINS": PAGE_ORIGINS,
            "JWKS_URL": jwks,
            "WALLET_DATABASE_URL": self.wallet_database_url,
            "NOTICES_DATABASE_URL": self.notices_database_url,
            **snapshots,
        }
        door = {
            "REST_API_PATH": self.outputs["RestApiPath"],
            "STATE_FOLDER": str(self.state),
            "BINANCE_PORT": str(self.ports.get("binance", 0)),
        }
        return [
            *(self._part(name, "engine_container.engine", snapshots) for name in self.replicas.engines()),
            self._part("publisher", "engine_container.publisher", snapshots | {"MAILS": "on"}),
            *(self._spread(gateway, door) if self.replicas.gateways > 1 else [self._part("gateway", FRONT_DOOR, gateway | door)]),
            self._part("pump", "mycrypto_local.pump", {}),
        ]

    def _spread(self, gateway: Mapping[str, str], door: Mapping[str, str]) -> list[Part]:
        """Several gateways, and the door before them, whose word about clients they take."""
        names = list(self.replicas.spread_gateways())
        behind = {"TRUSTED_PROXY_HEADER": "x-forwarded-for", "TRUSTED_PROXY_HOPS": "1"}
        gateways = [
            self._part(name, "engine_container.gateway", {**gateway, **behind, "BINANCE_PORT": str(self.ports[binance_name(name)])})
            for name in names
        ]
        addresses = {
            "GATEWAYS": ",".join(f"http://127.0.0.1:{self.ports[name]}" for name in names),
            "BINANCE_GATEWAYS": ",".join(f"http://127.0.0.1:{self.ports[binance_name(name)]}" for name in names),
        }
        return [*gateways, self._part("front-door", FRONT_DOOR, {**door, **addresses})]

    def _part(self, name: str, module: str, more: Mapping[str, str]) -> Part:
        port = port_of(name, self.ports)
        environment = {
            **base_environment(self.state, name),
            **self.clients,
            "STAGE": "local",
            "SERVICE_NAME": kind(name),  # as on AWS, where all tasks of a service have its name
            "LOG_LEVEL": "INFO",
            "METRICS_SECONDS": str(METRICS_SECONDS),
            "HOST": "127.0.0.1",
            "PORT": str(port),
            "SHARD": "0",
            "KAFKA_BOOTSTRAP_SERVERS": self.bootstrap,
            "KAFKA_AUTH": "none",
            "REDIS_URL": self.redis_url,
            "TRADE_DATABASE_URL": self.trade_database_url,
            "MYCRYPTO_REVISION": self._revision,
            **more,
        }
        return Part(
            name=name,
            command=(sys.executable, "-m", module),
            port=port,
            folder=REPOSITORY,
            environment=environment,
            start_seconds_max=120,  # the engine may have a long log to replay
            probe=partial(probe_process, name, port),
        )
