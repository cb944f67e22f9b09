"""A whole gateway in one event loop, without a socket: its application, a fake engine behind it, tokens signed by a key made here."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Mapping
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import msgspec
import pytest
from jsonschema import Draft202012Validator
from starlette.types import ASGIApp

from engine_container.gateway import asyncapi
from engine_container.gateway.app import build_app
from engine_container.gateway.barrier import ReadBarrier
from engine_container.gateway.parts import Gateway
from engine_container.gateway.settings import GatewaySettings
from engine_container.web.fast_path.websocket_protocol import SEND_AT_ONCE, TAKE_AT_ONCE, WHEN_STOPPED, Inbox
from mycrypto.security import keys, tokens
from mycrypto.security.revocation import COMPLETE_KEY
from tests.unit.gateway.core_engine import CoreEngine
from tests.unit.gateway.memory_logs import FakeEngine, MemoryEvents, symbol_changed


class FakeRedis:
    """What the gateway asks of Redis."""

    def __init__(self) -> None:
        self.values: dict[str, bytes] = {COMPLETE_KEY: b"1"}
        self.down = False
        self.asked = 0

    async def mget(self, keys: Iterable[str]) -> list[bytes | None]:
        self.asked += 1
        if self.down:
            raise OSError("gone")
        return [self.values.get(key) for key in keys]

    async def eval(self, script: str, count: int, *rest: str) -> list[int]:
        raise OSError("no scripts here: each gateway counts for itself")

    async def get(self, name: str) -> bytes | None:
        return (await self.mget([name]))[0]

    async def set(self, name: str, value: str, *, px: int, nx: bool) -> bool | None:
        if self.down:
            raise OSError("gone")
        if name in self.values:
            return None
        self.values[name] = value.encode()
        return True

    async def incrby(self, name: str, amount: int) -> int:
        if self.down:
            raise OSError("gone")
        total = int(self.values.get(name, b"0")) + amount
        self.values[name] = str(total).encode()
        return total

    async def expire(self, name: str, time: int) -> None:
        pass

    async def pexpire(self, name: str, time: int) -> None:
        pass

    async def delete(self, *names: str) -> None:
        for name in names:
            self.values.pop(name, None)

    async def ping(self) -> bool:
        if self.down:
            raise OSError("gone")
        return True

    async def aclose(self) -> None:
        pass


@cache
def _documented(kind: str) -> Draft202012Validator:
    """What the socket document says of messages of a type, and nothing beside it."""
    components = asyncapi.document()["components"]
    return Draft202012Validator({"unevaluatedProperties": False, **components["messages"][kind]["payload"], "components": components})


class Socket:
    """The client's end of a socket; ``quick``: the server offers its short ways."""

    quick = False

    def __init__(self, app: ASGIApp, path: str, query: str, headers: Mapping[str, str], *, answers: bool = False) -> None:
        self._inbox = Inbox()
        self._take: Callable[[bytes], bool] | None = None
        self._outbox: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.stuck: asyncio.Event | None = None
        self.answered = asyncio.Event()
        """The server has said something, at least that it subscribed a channel, or has closed."""
        scope: dict[str, Any] = {
            "type": "websocket",
            "path": path,
            "raw_path": path.encode(),
            "query_string": query.encode(),
            "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
            "client": ("127.0.0.1", 50_000),
            "subprotocols": [],
            "extensions": {"websocket.http.response": {}} if answers else {},
        }
        self.stop: Callable[[], None] = lambda: None
        """What the server does when it stops."""
        scope["extensions"][WHEN_STOPPED] = self._when_stopped
        if self.quick:
            scope["extensions"] |= {SEND_AT_ONCE: self._send_at_once, TAKE_AT_ONCE: self._take_at_once}
        self._inbox.put_nowait({"type": "websocket.connect"})
        self._task = asyncio.create_task(self._run(app, scope))

    async def _run(self, app: ASGIApp, scope: dict[str, Any]) -> None:
        async def send(message: Any) -> None:
            if self.stuck is not None:
                await self.stuck.wait()
            self._put(message)

        await app(scope, self._inbox.get, send)

    def _send_at_once(self, text: str | bytes) -> bool:
        if self.stuck is not None:
            return False
        self._put({"type": "websocket.send", "text": text if isinstance(text, str) else text.decode()})
        return True

    def _put(self, message: dict[str, Any]) -> None:
        self._outbox.put_nowait(message)
        if message["type"] != "websocket.accept":
            self.answered.set()

    def _take_at_once(self, take: Callable[[bytes], bool]) -> None:
        self._take = take

    def _when_stopped(self, stopped: Callable[[], None]) -> None:
        self.stop = stopped

    def say(self, **message: Any) -> None:
        self.say_text(msgspec.json.encode(message).decode())

    def say_text(self, text: str) -> None:
        if self._take is None or not self._inbox.is_awaited or not self._take(text.encode()):
            self._inbox.put_nowait({"type": "websocket.receive", "text": text})

    async def raw(self) -> dict[str, Any]:
        return await asyncio.wait_for(self._outbox.get(), 5)

    async def hear(self, kind: str) -> dict[str, Any]:
        """The next message of this type; others before it are passed over. All of them have to be as they are documented."""
        while True:
            message = await self.raw()
            if message["type"] == "websocket.close":
                raise AssertionError(f"closed with {message} while waiting for {kind}")
            if message["type"] == "websocket.send":
                heard: dict[str, Any] = msgspec.json.decode(message["text"])
                _documented(heard["type"]).validate(heard)
                if heard["type"] == kind:
                    return heard

    async def closed(self) -> int:
        """The code that the server closed with."""
        while True:
            message = await self.raw()
            if message["type"] == "websocket.close":
                return int(message["code"])

    async def ended(self) -> None:
        """Until the application has done with the connection."""
        await asyncio.wait({self._task})

    async def leave(self) -> None:
        self._inbox.put_nowait({"type": "websocket.disconnect", "code": 1000})
        await asyncio.wait_for(self._task, 5)


class NothingOnItsWay(ReadBarrier):
    """In the place of the read barrier where a test writes the event log itself: the views have everything."""

    async def passed(self, seconds_max: float) -> bool:
        return True


class Harness:
    """``url`` paths are those of the API; ``token`` signs in a user."""

    def __init__(self, gateway: Gateway, engine: FakeEngine, events: MemoryEvents, redis: FakeRedis, signing: keys.SigningKey) -> None:
        self.gateway = gateway
        self.engine = engine
        self.events = events
        self.redis = redis
        self.signing = signing
        self.client: httpx.AsyncClient
        self.app: ASGIApp

    def token(
        self,
        user_id: UUID,
        *roles: tokens.Role,
        life_s: int = 900,
        now_ms: int | None = None,
        tier: tokens.Tier = tokens.Tier.FREE,
        session_id: UUID | None = None,
        two_factor: bool = False,
    ) -> str:
        identity = tokens.Identity(user_id, "trader@example.com", roles or (tokens.Role.USER,), tier, two_factor=two_factor)
        issued = time.time_ns() // 1_000_000 if now_ms is None else now_ms
        return tokens.sign_access(self.signing, identity, session_id=session_id or uuid4(), now_ms=issued, life_s=life_s).text

    async def call(self, method: str, path: str, body: object = None, *, user: UUID | None = None, **options: Any) -> httpx.Response:
        headers = dict(options.pop("headers", {}))
        if user is not None:
            headers["Authorization"] = f"Bearer {self.token(user, *options.pop('roles', ()))}"
        if body is not None:
            options["content"] = body if isinstance(body, bytes) else msgspec.json.encode(body)
            headers.setdefault("Content-Type", "application/json")
        return await self.client.request(method, path, headers=headers, **options)

    @asynccontextmanager
    async def socket(
        self,
        path: str,
        *,
        user: UUID | None = None,
        query: str = "",
        headers: Mapping[str, str] | None = None,
        answers: bool = False,
        **identity: Any,
    ) -> AsyncIterator[Socket]:
        """An open socket; signed in by the query where a user is given. ``answers``: the server can refuse in HTTP's words."""
        token = f"token={self.token(user, **identity)}" if user is not None else ""
        opened = Socket(self.app, path, "&".join(part for part in (token, query) if part), headers or {}, answers=answers)
        try:
            if path.startswith("/ws/"):  # a channel: what happens from here on is heard
                await asyncio.wait_for(opened.answered.wait(), 5)
            yield opened
        finally:
            await opened.leave()

    async def settle(self) -> None:
        """Until the gateway has seen every event."""
        assert await self.gateway.feed.sync(5)


@pytest.fixture(scope="session")
def signing_key() -> keys.SigningKey:
    stored = keys.generate("2026-01-01T00:00:00Z", bits=2048)
    return keys.signing_key({"keys": [msgspec.to_builtins(stored)]})


@pytest.fixture(scope="session")
def key_file(signing_key: keys.SigningKey, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("keys") / "jwks.json"
    path.write_bytes(msgspec.json.encode(keys.publish({signing_key.kid: signing_key.public_key})))
    return path


Scenario = Callable[[Harness], Coroutine[Any, Any, None]]


@asynccontextmanager
async def running(
    signing_key: keys.SigningKey, key_file: Path, *, core: CoreEngine | None = None, **changes: Any
) -> AsyncIterator[Harness]:
    """A gateway that lists BTC/USDT; ``changes`` are settings. With ``core`` that engine is behind it, with what is on its log."""
    events = MemoryEvents() if core is None else core.log
    engine = FakeEngine(events)
    settings = GatewaySettings(
        kafka_bootstrap_servers="127.0.0.1:1",
        redis_url="redis://127.0.0.1:1",
        jwks_file=str(key_file),
        **{"answer_seconds_max": 2, "rate_limits": "off", **changes},
    )
    gateway = Gateway(settings, command_log=core or engine, event_log=events)
    redis = FakeRedis()
    gateway.redis = redis  # type: ignore[assignment]  # a stand-in that has just the commands that the gateway sends
    gateway.auth._store = redis  # type: ignore[assignment]  # the same stand-in
    gateway.limits._scripts = redis
    gateway.api_keys._store = redis
    if core is None:
        events.add(_record(engine, [symbol_changed()]))
    harness = Harness(gateway, engine, events, redis, signing_key)
    app = build_app(gateway)
    harness.app = app
    await gateway.start()
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://gateway") as client:
        harness.client = client
        await harness.settle()
        try:
            yield harness
        finally:
            await gateway.stop()


@pytest.fixture
def play(signing_key: keys.SigningKey, key_file: Path) -> Callable[..., None]:
    """Runs a coroutine function against a fresh gateway that lists BTC/USDT."""

    def run(scenario: Scenario, **changes: Any) -> None:
        async def all_of_it() -> None:
            async with running(signing_key, key_file, **changes) as harness:
                await scenario(harness)

        asyncio.run(all_of_it())

    return run


def _record(engine: FakeEngine, made: list[Any]) -> Any:
    from mycrypto.contracts import events as e
    from tests.unit.gateway.memory_logs import NOW_MS

    record = e.EventRecord(e.FORMAT_VERSION, 0, engine.seq + 1, 0, NOW_MS, last=True, results=[e.Result(0, uuid4().bytes, made)])
    engine.seq += len(made)
    return record


@pytest.fixture(params=[False, True], ids=["library", "fast path"])
def socket_protocol(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether the server offers to write and to take texts at once makes no difference."""
    monkeypatch.setattr(Socket, "quick", request.param)
