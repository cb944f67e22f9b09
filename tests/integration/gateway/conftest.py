"""Engine, gateway and publisher as processes of their own, on real Kafka, Valkey and PostgreSQL."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import httpx
import msgspec
import pytest
import redis

from mycrypto.contracts import commands as c
from mycrypto.log_producer import LogProducer
from mycrypto.money import parse_amount
from mycrypto.security import keys, tokens
from mycrypto.security.revocation import COMPLETE_KEY
from mycrypto_local.parts.part import tethered
from mycrypto_local.ports import any_free
from tests.integration.gateway.paper_desk import Scenario, open_desk
from tests.waiting import wait_until

if TYPE_CHECKING:
    from tests.integration.conftest import TestDatabase

ROOT = Path(__file__).resolve().parents[3]
START_SECONDS_MAX = 60


class Process:
    """One of our processes; ``kill`` is without warning, ``start`` after it is a restart. It does not outlive the one that started it."""

    def __init__(self, module: str, environment: dict[str, str], port: int, log: Path) -> None:
        self._module = module
        self._environment = {**os.environ, **environment, "PORT": str(port)}
        self._log = log
        self.url = f"http://127.0.0.1:{port}"
        self._process: subprocess.Popen[bytes] | None = None

    def launch(self) -> None:
        """Start it without waiting for it."""
        with self._log.open("ab") as output:
            self._process = subprocess.Popen(
                tethered((sys.executable, "-m", self._module), signal.SIGKILL),
                cwd=ROOT,
                env=self._environment,
                stdout=output,
                stderr=output,
            )

    def start(self) -> None:
        """Start it and wait until it is ready."""
        self.launch()
        deadline = time.monotonic() + START_SECONDS_MAX
        while True:
            try:
                if httpx.get(f"{self.url}/ready", timeout=2, trust_env=False).status_code == 200:
                    return
            except httpx.HTTPError:
                pass
            if self._process is None or self._process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(f"{self._module} did not start:\n{self._log.read_text()[-3000:]}")
            time.sleep(0.1)

    def log_text(self) -> str:
        return self._log.read_text()

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def kill(self, how: signal.Signals = signal.SIGKILL) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(how)
            self._process.wait(20)


class Trading:
    """The three processes, a market, and users with money."""

    def __init__(
        self, engine: Process, gateway: Process, publisher: Process, signing: keys.SigningKey, bootstrap: str, folder: Path
    ) -> None:
        self.engine = engine
        self.gateway = gateway
        self.publisher = publisher
        self.bootstrap = bootstrap
        self.folder = folder
        self._signing = signing
        self.client = httpx.Client(base_url=gateway.url, timeout=20, trust_env=False)
        self.symbol = "BTC/USDT"

    def append(self, *batch: c.Command) -> None:
        producer = LogProducer(self.bootstrap)
        try:
            producer.append_commands(list(batch))
        finally:
            producer.close()

    def user(self, **money: str) -> UUID:
        user = uuid4()
        funding = [c.Credit(uuid4().bytes, user.bytes, asset, parse_amount(amount), uuid4().bytes) for asset, amount in money.items()]
        if funding:
            self.append(*funding)
            balances = "/api/v1/account/balances"
            wait_until(lambda: len(self.call("GET", balances, user=user).json()["data"]) >= len(funding), pause_seconds=0.02)
        return user

    def call(self, method: str, path: str, body: object = None, *, user: UUID | None = None) -> httpx.Response:
        headers = {}
        if user is not None:
            identity = tokens.Identity(user, "trader@example.com")
            token = tokens.sign_access(self._signing, identity, session_id=uuid4(), now_ms=time.time_ns() // 1_000_000)
            headers["Authorization"] = f"Bearer {token.text}"
        if body is None:
            return self.client.request(method, path, headers=headers)
        return self.client.request(method, path, headers={**headers, "Content-Type": "application/json"}, content=msgspec.json.encode(body))

    def limit(self, user: UUID, side: str, quantity: str, price: str, **more: Any) -> httpx.Response:
        body = {"symbol": self.symbol, "side": side, "type": "LIMIT", "quantity": quantity, "price": price, **more}
        return self.call("POST", "/api/v1/orders", body, user=user)


@pytest.fixture(scope="module")
def trading(kafka: str, valkey: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trading]:
    folder = tmp_path_factory.mktemp("trading")
    stored = keys.generate("2026-01-01T00:00:00Z", bits=2048)
    signing = keys.signing_key({"keys": [msgspec.to_builtins(stored)]})
    (folder / "jwks.json").write_bytes(msgspec.json.encode(keys.publish({signing.kid: signing.public_key})))
    (folder / "snapshots").mkdir()
    environment = {
        "STAGE": "local",
        "KAFKA_BOOTSTRAP_SERVERS": kafka,
        "REDIS_URL": valkey,
        "JWKS_FILE": str(folder / "jwks.json"),
        "SNAPSHOT_DIR": str(folder / "snapshots"),
        "SERVICE_NAME": "test",
        "SNAPSHOT_SECONDS": "1",
    }
    with redis.Redis.from_url(valkey) as cache:
        cache.set(COMPLETE_KEY, "1")  # no token was revoked
    ports = any_free(3)
    engine, gateway, publisher = (
        Process(f"engine_container.{name}", environment, port, folder / f"{name}.log")
        for name, port in zip(("engine", "gateway", "publisher"), ports, strict=True)
    )
    running = Trading(engine, gateway, publisher, signing, kafka, folder)
    try:
        for process in (engine, gateway, publisher):
            process.start()
        running.append(c.SetSymbol(uuid4().bytes, "BTC/USDT", "BTC", "USDT", 1_000_000, 10_000, 10_000, 10**10, 10**9, 0, 500, 1_000))
        yield running
    finally:
        for process in (publisher, gateway, engine):
            process.kill(signal.SIGTERM)
        running.client.close()


@pytest.fixture
def at_desk(trade_database: TestDatabase, tmp_path: Path) -> Callable[[Scenario], None]:
    def run(scenario: Scenario) -> None:
        async def all_of_it() -> None:
            async with open_desk(trade_database, tmp_path) as desk:
                await desk.trade(40_100)
                await desk.fill()
                await scenario(desk)

        asyncio.run(all_of_it())

    return run
