"""The order path for measurements: Kafka, Valkey, engine and gateway as processes of their own, on free ports, with a market and rich users."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID, uuid4

import httpx
import msgspec
import psutil
import redis

from mycrypto.contracts import commands as c
from mycrypto.log_producer import LogProducer
from mycrypto.security import keys, tokens
from mycrypto.security.revocation import COMPLETE_KEY
from mycrypto_local.parts.kafka import Kafka, ensure_topics
from mycrypto_local.parts.spawn import spawned
from mycrypto_local.parts.valkey import Valkey
from mycrypto_local.ports import any_free
from tests.integration.gateway.conftest import Process

UNIT = 10**8
SYMBOL = "BTC/USDT"
USERS = 8


@dataclass(frozen=True)
class Funding:
    """Money that a user was credited with, and the transfer that brought it."""

    transfer_id: UUID
    user_id: UUID
    asset: str
    units: int


class Spent:
    """Processor time of the processes, user and system, which says what an order costs even on a machine that others keep busy."""

    def __init__(self, pids: dict[str, int]) -> None:
        self._processes = {name: psutil.Process(pid) for name, pid in pids.items()}
        self._before = self._now()

    def _now(self) -> dict[str, float]:
        return {name: sum(process.cpu_times()[:2]) for name, process in self._processes.items()}

    def restart(self) -> None:
        self._before = self._now()

    def per(self, count: int) -> dict[str, float]:
        """Microseconds of each process for one of ``count``, since the last call."""
        before, self._before = self._before, self._now()
        return {name: round((self._before[name] - before[name]) * 1e6 / max(count, 1), 1) for name in before}


@dataclass(frozen=True)
class Stack:
    """What a measurement needs. ``pids`` names every process, the one that measures as ``client``."""

    bootstrap: str
    redis_url: str
    port: int
    pids: dict[str, int]
    users: list[UUID]
    tokens: list[str]
    funding: list[Funding]
    door_port: int = 0
    """Of a second gateway that has the front door around it, where one was asked for."""

    def spent(self) -> Spent:
        return Spent(self.pids)


@contextmanager
def running(environment: dict[str, str] | None = None, *, with_door: bool = False) -> Iterator[Stack]:
    """The whole path, ready; gone at the end. ``environment`` goes to engine and gateway. ``with_door``: a second gateway is there, behind the
    front door of one machine.
    """
    folder = Path(tempfile.mkdtemp(prefix="mycrypto-bench-"))
    folder.chmod(0o755)
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        kafka = Kafka(folder, *any_free(2))
        valkey = Valkey(folder, any_free(1)[0], "bench")
        pids = {"client": os.getpid()}
        for server in (kafka, valkey):
            server.prepare()
            started = stack.enter_context(spawned(server.part(), folder / "servers.log"))
            pids[server.part().name] = started.pid
        ensure_topics(kafka.bootstrap)
        with redis.Redis.from_url(valkey.url) as cache:
            cache.set(COMPLETE_KEY, "1")  # no token was revoked
        stored = keys.generate("2026-01-01T00:00:00Z", bits=2048)
        signing = keys.signing_key({"keys": [msgspec.to_builtins(stored)]})
        (folder / "jwks.json").write_bytes(msgspec.json.encode(keys.publish({signing.kid: signing.public_key})))
        modules = {"engine": "engine_container.engine", "gateway": "engine_container.gateway"}
        if with_door:
            modules["front door"] = "mycrypto_local.front_door"
        ports = any_free(len(modules))
        for (name, module), port in zip(modules.items(), ports, strict=True):
            process = Process(
                module,
                {
                    "KAFKA_BOOTSTRAP_SERVERS": kafka.bootstrap,
                    "REDIS_URL": valkey.url,
                    "JWKS_FILE": str(folder / "jwks.json"),
                    "LOG_LEVEL": "WARNING",
                    "AWS_ENDPOINT_URL": "http://127.0.0.1:1",  # no function is called
                    "REST_API_PATH": "/none",
                    **(environment or {}),
                },
                port,
                folder / f"{name}.log",
            )
            process.start()
            stack.callback(process.kill)
            pids[name] = process.pid
        users = [uuid4() for _ in range(USERS)]
        funding = [Funding(uuid4(), user, asset, 10**7 * UNIT) for user in users for asset in ("BTC", "USDT")]
        _open_market(kafka.bootstrap, users, funding, ports[1])
        signed = [_token(signing, user) for user in users]
        yield Stack(kafka.bootstrap, valkey.url, ports[1], pids, users, signed, funding, ports[2] if with_door else 0)


def _open_market(bootstrap: str, users: list[UUID], funding: list[Funding], port: int) -> None:
    producer = LogProducer(bootstrap)
    listing = c.SetSymbol(uuid4().bytes, SYMBOL, "BTC", "USDT", UNIT // 100, UNIT // 10_000, UNIT // 10_000, 100 * UNIT, 0, 0, 500, 1_000)
    funds = [c.Credit(uuid4().bytes, part.user_id.bytes, part.asset, part.units, part.transfer_id.bytes) for part in funding]
    free_of_limits = [c.SetUser(uuid4().bytes, user.bytes, 0, 0, 0) for user in users]
    producer.append_commands([listing, *funds, *free_of_limits])
    producer.close()
    while not httpx.get(f"http://127.0.0.1:{port}/api/v1/markets", trust_env=False).json()["data"]:
        time.sleep(0.05)


def _token(signing: keys.SigningKey, user: UUID) -> str:
    identity = tokens.Identity(user, "bench@example.com", tier=tokens.Tier.VIP)
    return tokens.sign_access(signing, identity, session_id=uuid4(), now_ms=time.time_ns() // 1_000_000).text
