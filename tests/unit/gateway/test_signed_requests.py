"""Requests signed with an API key: what a key opens, from where, how often, and for how long."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import re
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

import httpx
import msgspec
import pytest

from engine_container.gateway.declared import OPERATIONS
from engine_container.gateway.sockets import connection as wire
from mycrypto.security import api_keys
from mycrypto.security.api_keys import Scope
from mycrypto.security.sealing import Sealer
from mycrypto.security.tokens import Role, Tier
from tests.unit.gateway.conftest import Harness

Play = Callable[..., None]
ALICE = UUID("018f0000-0000-7000-8000-00000000000a")
LIMIT = {"symbol": "BTC/USDT", "side": "BUY", "type": "LIMIT", "quantity": "0.5", "price": "42500.10"}
SECRET: Final = "s3cret"
SEALER: Final = Sealer([bytes(32)], api_keys.PURPOSE)


@pytest.fixture(autouse=True)
def _sealing_key(monkeypatch: pytest.MonkeyPatch) -> None:
    stored = {"key": base64.b64encode(bytes(32)).decode()}
    monkeypatch.setattr("mycrypto.secrets.get", lambda name: stored if name.endswith("two-factor") else {})


def publish(
    h: Harness,
    key_id: str,
    *scopes: Scope,
    ips: tuple[str, ...] = (),
    roles: tuple[Role, ...] = (Role.USER,),
    tier: Tier = Tier.FREE,
    expires_at: datetime | None = None,
) -> None:
    """As auth does it."""
    sealed = SEALER.seal(SECRET, key_id)
    key = api_keys.PublishedApiKey(key_id, sealed, ALICE, "a@example.com", roles, tier, 1, scopes, ips, expires_at)
    h.redis.values[api_keys.redis_key(key_id)] = msgspec.json.encode(key)
    h.redis.values[api_keys.COMPLETE_KEY] = b"1"


async def signed(
    h: Harness, method: str, target: str, body: bytes = b"", *, key_id: str = "k1", at_ms: int = 0, changes: dict[str, str] | None = None
) -> httpx.Response:
    headers = signature_of(method, target, body, key_id=key_id, at_ms=at_ms) | {"Content-Type": "application/json"}
    return await h.client.request(method, target, content=body, headers=headers | (changes or {}))


def signature_of(method: str, target: str, body: bytes = b"", *, key_id: str = "k1", at_ms: int = 0, window: str = "") -> dict[str, str]:
    """The headers of a signed request."""
    at_ms = at_ms or time.time_ns() // 1_000_000
    signature = api_keys.sign(SECRET.encode(), timestamp=str(at_ms), window=window, method=method, target=target, body=body)
    told = {"X-API-Key": key_id, "X-API-Timestamp": str(at_ms), "X-API-Signature": signature, api_keys.VERSION_HEADER: api_keys.VERSION}
    return told | ({"X-API-Recv-Window": window} if window else {})


def test_a_key_opens_what_its_scopes_say(play: Play) -> None:
    async def scenario(h: Harness) -> None:
        publish(h, "k1", Scope.READ, Scope.TRADE)
        publish(h, "reader", Scope.READ)
        publish(h, "admin", Scope.READ, Scope.TRADE, roles=(Role.USER, Role.ADMIN))
        order = msgspec.json.encode(LIMIT)
        assert (await signed(h, "POST", "/api/v1/orders", order)).status_code == 201
        assert (await signed(h, "GET", "/api/v1/orders?limit=5&symbol=BTCUSDT")).json()["data"][0]["user_id"] == str(ALICE)
        assert (await signed(h, "GET", "/api/v1/orders", key_id="reader")).status_code == 200
        assert (await signed(h, "POST", "/api/v1/orders", order, key_id="reader")).status_code == 403
        alert = msgspec.json.encode({"symbol": "BTCUSDT", "condition": "ABOVE", "price": "1.00"})
        assert (await signed(h, "POST", "/api/v1/alerts", alert, key_id="reader")).status_code == 403
        halt = msgspec.json.encode({"reason": "check"})
        administrator = await signed(h, "POST", "/api/v1/admin/emergency/halt-all", halt, key_id="admin")
        assert (administrator.status_code, administrator.json()["code"]) == (403, "FORBIDDEN"), "no key administers, whatever its user may"

    play(scenario)


def test_a_signature_counts_once_and_for_its_time(play: Play) -> None:
    async def scenario(h: Harness) -> None:
        publish(h, "k1", Scope.READ, Scope.TRADE)
        now_ms = time.time_ns() // 1_000_000
        assert (await signed(h, "GET", "/api/v1/account/balances", at_ms=now_ms - 10)).status_code == 200
        for answer in (
            await signed(h, "GET", "/api/v1/account/balances", at_ms=now_ms - 10),  # replayed
            await signed(h, "GET", "/api/v1/orders", key_id="unknown"),
            await signed(h, "GET", "/api/v1/orders", at_ms=now_ms - 6_000),
            await signed(h, "GET", "/api/v1/orders", at_ms=now_ms + 60_000),
            await signed(h, "GET", "/api/v1/orders", changes={"X-API-Signature": "0" * 64}),
            await signed(h, "GET", "/api/v1/orders", changes={"X-API-Timestamp": "now"}),
        ):
            assert (answer.status_code, answer.json()["code"]) == (401, "INVALID_TOKEN")
        h.redis.values.pop(api_keys.redis_key("k1"))
        await asyncio.sleep(1)
        assert (await signed(h, "GET", "/api/v1/orders")).status_code == 401

    play(scenario)


def test_a_signature_of_the_old_form_is_refused_with_what_to_do(play: Play) -> None:
    async def scenario(h: Harness) -> None:
        publish(h, "k1", Scope.READ, Scope.TRADE)
        now = str(time.time_ns() // 1_000_000)
        old = hmac.new(SECRET.encode(), f"{now}GET/api/v1/orders".encode(), hashlib.sha256).hexdigest()
        headers = {"X-API-Key": "k1", "X-API-Timestamp": now, "X-API-Signature": old}
        for version in ({}, {api_keys.VERSION_HEADER: "1"}, {api_keys.VERSION_HEADER: ""}, {api_keys.VERSION_HEADER: "2, 2"}):
            answer = await h.client.get("/api/v1/orders", headers=headers | version)
            assert (answer.status_code, answer.json()["code"], answer.json()["supported"]) == (401, "SIGNATURE_VERSION", "2")
            assert "X-API-Signature-Version: 2" in answer.json()["detail"]
        claimed = await h.client.get("/api/v1/orders", headers=headers | {api_keys.VERSION_HEADER: "2"})
        assert (claimed.status_code, claimed.json()["code"]) == (401, "INVALID_TOKEN")

    play(scenario)


def test_a_signature_of_one_request_opens_no_other(play: Play) -> None:
    async def scenario(h: Harness) -> None:
        publish(h, "k1", Scope.READ, Scope.TRADE)
        signature = signature_of("DELETE", "/api/v1/orders?symbol=BTCUSDT&side=BUY")
        moved = await h.client.request("DELETE", "/api/v1/orders", content=b"?symbol=BTCUSDT&side=BUY", headers=signature)
        assert (moved.status_code, moved.json()["code"]) == (401, "INVALID_TOKEN")
        stale = signature_of("GET", "/api/v1/orders", at_ms=time.time_ns() // 1_000_000 - 10_000)
        revived = await h.client.get("/api/v1/orders", headers=stale | {"X-API-Recv-Window": "60000"})
        assert (revived.status_code, revived.json()["code"]) == (401, "INVALID_TOKEN"), "the window is signed too"
        patient = signature_of("GET", "/api/v1/orders", at_ms=time.time_ns() // 1_000_000 - 10_000, window="60000")
        assert (await h.client.get("/api/v1/orders", headers=patient)).status_code == 200

    play(scenario)


def test_a_body_that_is_not_taken_is_refused_by_every_operation_that_takes_none(play: Play) -> None:
    async def scenario(h: Harness) -> None:
        publish(h, "k1", Scope.READ, Scope.TRADE, roles=(Role.USER, Role.ADMIN), tier=Tier.VIP)
        tried = 0
        for operation in OPERATIONS:
            permission = operation.permission
            if operation.body is not None or not (permission.is_open or permission.scope):  # a key does not open it at all
                continue
            path = re.sub(r"{\w+}", "x", operation.path)
            for body in (b"{}", b" ", b"x" * 70_000):
                answer = await h.client.request(
                    operation.method,
                    path,
                    content=body,
                    headers={"Content-Type": "application/json"}
                    | ({} if permission.is_open else signature_of(operation.method.upper(), path, body)),
                )
                if len(body) < 65_536 or permission.is_open:
                    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "body"), operation.name
                else:
                    assert answer.status_code == 413, operation.name
            tried += 1
        assert tried > 25

    play(scenario)


@pytest.mark.parametrize(
    ("forwarded", "status"),
    [("10.9.9.9, 198.51.100.7", 200), ("10.9.9.9, 6.6.6.6, 198.51.100.7", 403), ("10.9.9.9", 403), (None, 403)],
)
def test_behind_proxies_a_key_is_held_to_the_address_that_they_saw(play: Play, forwarded: str | None, status: int) -> None:
    async def scenario(h: Harness) -> None:
        publish(h, "office", Scope.READ, ips=("10.9.9.0/24",))
        changes = {"X-Forwarded-For": forwarded} if forwarded else {}
        assert (await signed(h, "GET", "/api/v1/orders", key_id="office", changes=changes)).status_code == status

    play(scenario, trusted_proxy_header="X-Forwarded-For", trusted_proxy_hops=2)


def test_without_proxies_a_forwarded_address_is_ignored(play: Play) -> None:
    async def scenario(h: Harness) -> None:
        publish(h, "office", Scope.READ, ips=("10.9.9.9/32",))
        publish(h, "here", Scope.READ, ips=("127.0.0.1/32",))
        changes = {"X-Forwarded-For": "10.9.9.9"}
        assert (await signed(h, "GET", "/api/v1/orders", key_id="office", changes=changes)).status_code == 403
        assert (await signed(h, "GET", "/api/v1/orders", key_id="here", changes=changes)).status_code == 200

    play(scenario)


def test_a_key_that_a_wiped_redis_forgot_is_no_wrong_key(play: Play) -> None:
    async def scenario(h: Harness) -> None:
        publish(h, "k1", Scope.READ)
        h.redis.values.clear()
        answer = await signed(h, "GET", "/api/v1/orders")
        assert (answer.status_code, answer.json()["code"]) == (503, "SERVICE_UNAVAILABLE")
        assert answer.headers["retry-after"] == "1"
        publish(h, "k1", Scope.READ)
        assert (await signed(h, "GET", "/api/v1/orders?limit=1")).status_code == 200

    play(scenario)


def test_a_signed_handshake_opens_a_socket_for_what_the_scopes_say(play: Play) -> None:
    async def scenario(h: Harness) -> None:
        publish(h, "k1", Scope.READ, Scope.TRADE, tier=Tier.BASIC)
        publish(h, "reader", Scope.READ, tier=Tier.BASIC)
        signature = signature_of("GET", "/ws?cancel_on_disconnect=false")
        async with (
            h.socket("/ws", query="cancel_on_disconnect=false", headers=signature) as trader,
            h.socket("/ws/orders", headers=signature_of("GET", "/ws/orders", key_id="reader")) as reader,
        ):
            await reader.hear("subscribed")
            trader.say(action="place", id=1, order=LIMIT)
            assert (await trader.hear("result"))["status"] == 201
            assert (await reader.hear("order_update"))["data"]["user_id"] == str(ALICE)
            reader.say(action="place", id=2, order=LIMIT)
            assert (await reader.hear("error"))["error"]["code"] == "FORBIDDEN"
            async with h.socket("/ws", query="cancel_on_disconnect=false", headers=signature) as replayed:
                assert await replayed.closed() == wire.CLOSE_UNAUTHORIZED

    play(scenario)


def test_a_key_that_only_reads_cancels_nothing_by_going_away_neither(play: Play) -> None:
    async def scenario(h: Harness) -> None:
        publish(h, "reader", Scope.READ, tier=Tier.BASIC)
        assert (await h.call("POST", "/api/v1/orders", LIMIT, user=ALICE)).status_code == 201
        query = "cancel_on_disconnect=true"
        async with h.socket("/ws", query=query, headers=signature_of("GET", f"/ws?{query}", key_id="reader")) as socket:
            assert (await socket.hear("error"))["error"]["code"] == "FORBIDDEN"
            assert await socket.closed() == wire.CLOSE_UNAUTHORIZED
        await h.settle()
        assert len(h.engine.orders) == 1

    play(scenario)


def test_an_open_socket_ends_with_its_key(play: Play) -> None:
    async def scenario(h: Harness) -> None:
        soon = datetime.now(UTC) + timedelta(seconds=3)
        publish(h, "k1", Scope.READ, Scope.TRADE, tier=Tier.BASIC)
        publish(h, "narrowed", Scope.READ, Scope.TRADE, tier=Tier.BASIC)
        publish(h, "ending", Scope.READ, tier=Tier.BASIC, expires_at=soon)
        async with (
            h.socket("/ws/orders", headers=signature_of("GET", "/ws/orders")) as revoked,
            h.socket("/ws/orders", headers=signature_of("GET", "/ws/orders", key_id="narrowed")) as narrowed,
            h.socket("/ws/orders", headers=signature_of("GET", "/ws/orders", key_id="ending")) as ending,
        ):
            for socket in (revoked, narrowed, ending):
                await socket.hear("subscribed")
            publish(h, "narrowed", Scope.READ, tier=Tier.BASIC)
            h.redis.values.pop(api_keys.redis_key("k1"))
            assert await revoked.closed() == wire.CLOSE_UNAUTHORIZED
            narrowed.say(action="place", id=2, order=LIMIT)
            assert (await narrowed.hear("error"))["error"]["code"] == "FORBIDDEN"
            assert await ending.closed() == wire.CLOSE_UNAUTHORIZED
            h.redis.values.clear()  # wiped: it is unknown which keys are good, and no session ends because of it
            await asyncio.sleep(1.2)
            narrowed.say(action="ping")
            await narrowed.hear("pong")

    play(scenario)
