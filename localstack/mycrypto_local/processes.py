"""The processes of our own: what each is told about the others."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Final

from mycrypto_local.parts.emulator import probe
from mycrypto_local.parts.part import Part, base_environment
from mycrypto_local.paths import REPOSITORY
from mycrypto_local.servers import PAGE_ORIGINS

PROCESS_NAMES: Final = ("engine", "publisher", "gateway", "pump")
READY_PATHS: Final = {"engine": "/ready", "gateway": "/ready"}
"""Of those whose /health already answers while they read the logs: they are well only when they serve."""
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
    probe(f"http://127.0.0.1:{port}{READY_PATHS.get(name, '/health')}", name)


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
    outputs: Mapping[str, str]

    @cached_property
    def _revision(self) -> str:
        return revision()

    def parts(self) -> list[Part]:
        """In the order in which they depend on each other."""
        jwks = f"{self.clients['AWS_ENDPOINT_URL']}{self.outputs['RestApiPath']}/api/auth/.well-known/jwks.json"
        snapshots = {"SNAPSHOT_BUCKET": self.outputs["SnapshotBucket"]}
        door = {
            "ALLOWED_ORIGINS": PAGE_ORIGINS,
            "JWKS_URL": jwks,
            "REST_API_PATH": self.outputs["RestApiPath"],
            "STATE_FOLDER": str(self.state),
            "BINANCE_PORT": str(self.ports.get("binance", 0)),
        }
        return [
            self._part("engine", "engine_container.engine", snapshots),
            self._part("publisher", "engine_container.publisher", snapshots | {"MAILS": "on"}),
            self._part("gateway", "mycrypto_local.front_door", door | snapshots),
            self._part("pump", "mycrypto_local.pump", {}),
        ]

    def _part(self, name: str, module: str, more: Mapping[str, str]) -> Part:
        port = self.ports[name]
        environment = {
            **base_environment(self.state, name),
            **self.clients,
            "STAGE": "local",
            "SERVICE_NAME": name,
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
