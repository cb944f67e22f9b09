"""The servers below a platform: those we start, and those that the environment says are running elsewhere."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self
from urllib.parse import unquote, urlsplit, urlunsplit

from mycrypto_local import emulators
from mycrypto_local.local_secrets import STAGE, LocalSecrets
from mycrypto_local.parts import kafka, postgres, valkey
from mycrypto_local.parts.emulator import Emulator, OwnEmulator
from mycrypto_local.parts.kafka import Kafka
from mycrypto_local.parts.part import Part
from mycrypto_local.parts.postgres import Postgres
from mycrypto_local.parts.throwaway import ThrowawayBroker
from mycrypto_local.parts.valkey import Valkey

PAGE_ORIGINS: Final = "http://localhost:3003,http://127.0.0.1:3003"
"""Where a front end is developed; pages from there may use the API in a browser."""
THROWAWAY_MARK: Final = "throwaway"
TRADE_APP: Final = "trade_engine_app"
WALLET_READER: Final = "wallet_readonly"
NOTICES_APP: Final = "notices_app"


@dataclass(frozen=True, slots=True)
class Servers:
    """A server that is None is not ours to start or stop; its address comes from ``DATABASE_URL``, ``REDIS_URL``, ``KAFKA_BOOTSTRAP_SERVERS``.
    The emulator says itself whether it is.
    """

    local_secrets: LocalSecrets
    emulator: Emulator
    postgres: Postgres | None
    valkey: Valkey | None
    kafka: Kafka | ThrowawayBroker | None
    admin_dsn: str
    redis_url: str
    bootstrap: str

    @classmethod
    def of(cls, state: Path, ports: Mapping[str, int], local_secrets: LocalSecrets, environment: Mapping[str, str] = os.environ) -> Self:
        """What a state folder's platform stands on."""
        database = None if environment.get("DATABASE_URL") else Postgres(state, ports["postgres"], local_secrets.postgres_password)
        cache = None if environment.get("REDIS_URL") else Valkey(state, ports["valkey"], local_secrets.redis_password)
        broker: Kafka | ThrowawayBroker | None = None
        if not environment.get("KAFKA_BOOTSTRAP_SERVERS"):
            if is_throwaway(state):
                broker = ThrowawayBroker(state, ports["kafka"])
            else:
                broker = Kafka(state, ports["kafka"], ports["kafka_controller"])
        return cls(
            local_secrets=local_secrets,
            emulator=emulators.of(state, ports["emulator"]),
            postgres=database,
            valkey=cache,
            kafka=broker,
            admin_dsn=database.dsn if database else environment["DATABASE_URL"],
            redis_url=cache.url if cache else environment["REDIS_URL"],
            bootstrap=broker.bootstrap if broker else environment["KAFKA_BOOTSTRAP_SERVERS"],
        )

    def parts(self) -> list[Part]:
        """Those that we start."""
        return [server.part() for server in (self.postgres, self.valkey, self.kafka, self.own_emulator) if server is not None]

    @property
    def own_emulator(self) -> OwnEmulator | None:
        """None where the emulator runs already."""
        return self.emulator if isinstance(self.emulator, OwnEmulator) else None

    def external(self) -> list[str]:
        """Names of those that we do not start."""
        given = {"postgres": self.postgres, "valkey": self.valkey, "kafka": self.kafka, "emulator": self.own_emulator}
        return [name for name, server in given.items() if server is None]

    @property
    def trade_database_url(self) -> str:
        """The trade database, as gateway and publisher use it: the history to read, paper trading to write."""
        return self._url(TRADE_APP, "mytrader_trade_engine")

    @property
    def wallet_database_url(self) -> str:
        """The accounts' database, as the gateway reads deposits and withdrawals in it."""
        return self._url(WALLET_READER, "exchange_dev")

    @property
    def notices_database_url(self) -> str:
        """The accounts' database, as the gateway reads notices in it and marks them as read."""
        return self._url(NOTICES_APP, "exchange_dev")

    def _url(self, role: str, database: str) -> str:
        parts = urlsplit(self.admin_dsn)
        password = self.local_secrets.database_passwords[role]
        return f"postgresql://{role}:{password}@{parts.hostname}:{parts.port or 5432}/{database}"

    def context(self, public_url: str) -> dict[str, str]:
        """What the CDK app is told: addresses without passwords."""
        database, cache = urlsplit(self.admin_dsn), urlsplit(self.redis_url)
        address = f"{cache.hostname}:{cache.port or 6379}"
        return {
            "public_url": public_url,
            "allowed_origins": PAGE_ORIGINS,
            "database_host": database.hostname or "127.0.0.1",
            "database_port": str(database.port or 5432),
            "redis_url": urlunsplit((cache.scheme, address, cache.path or "/0", "", "")),
            "kafka_bootstrap": self.bootstrap,
            "aws_endpoint": self.emulator.endpoint,
            **({"emulator": kind} if (kind := self.emulator.kind) is not emulators.DEFAULT else {}),
        }

    def secrets(self) -> dict[str, dict[str, Any]]:
        """The documents for Secrets Manager; a Redis that is not ours has its own password."""
        given = {"password": unquote(urlsplit(self.redis_url).password or "")}
        return {**self.local_secrets.documents(), f"mycrypto/{STAGE}/redis": given}


def is_throwaway(state: Path) -> bool:
    """Whether this folder's platform runs on a broker that keeps nothing, and so keeps nothing itself."""
    return (state / THROWAWAY_MARK).exists()


def probe_external(name: str, servers: Servers) -> None:
    """Whether a server outside the runner lets us in; raises ``NotReadyError``."""
    match name:
        case "postgres":
            postgres.probe(servers.admin_dsn)
        case "valkey":
            valkey.probe(servers.redis_url)
        case "emulator":
            servers.emulator.probe()
        case _:
            kafka.probe(servers.bootstrap)
