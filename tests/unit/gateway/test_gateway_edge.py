"""What the edge makes of bad requests, of bad tokens, and of dependencies that are away."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import jwt
import msgspec
import pytest

from engine_container.gateway import limits
from engine_container.web.steps import finish
from mycrypto.security import keys, revocation
from mycrypto.security.tokens import Identity, sign_refresh
from tests.unit.gateway.conftest import Harness

Play = Callable[..., None]
ALICE = UUID("018f0000-0000-7000-8000-00000000000a")
LIMIT = {"symbol": "BTC/USDT", "side": "BUY", "type": "LIMIT", "quantity": "0.5", "price": "42500.10"}


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/", 404, "NOT_FOUND"),
        ("GET", "/api/v1/unknown", 404, "NOT_FOUND"),
        ("GET", "/api/v1/orders/", 404, "NOT_FOUND"),
        ("GET", "/api/v2/orders", 404, "NOT_FOUND"),
        ("PUT", "/api/v1/orders", 405, "METHOD_NOT_ALLOWED"),
        ("POST", "/api/v1/orderbook/BTCUSDT", 405, "METHOD_NOT_ALLOWED"),
        ("GET", "/api/v1/orderbook/NOPE", 404, "NOT_FOUND"),
        ("GET", "/api/v1/orderbook/BTCUSDT?depth=0", 400, "VALIDATION_ERROR"),
        ("GET", "/api/v1/orderbook/BTCUSDT?depth=1001", 400, "VALIDATION_ERROR"),
        ("GET", "/api/v1/trades", 400, "VALIDATION_ERROR"),
        ("GET", "/api/v1/trades?symbol=NOPE", 400, "ORDER_001"),
        ("GET", "/api/v1/trades/x", 400, "VALIDATION_ERROR"),
        ("GET", f"/api/v1/trades/{UUID(int=7)}", 404, "NOT_FOUND"),
        ("GET", "/api/v1/markets/NOPE/ticker", 404, "NOT_FOUND"),
        ("GET", "/ws", 426, "UPGRADE_REQUIRED"),
        ("GET", "/ws/orders", 426, "UPGRADE_REQUIRED"),
        ("GET", "/ws/orderbook/BTC/USDT", 426, "UPGRADE_REQUIRED"),
        ("GET", "/ws/trades/BTCUSDT", 426, "UPGRADE_REQUIRED"),
        ("POST", "/ws", 405, "METHOD_NOT_ALLOWED"),
        ("GET", "/ws/nothing", 404, "NOT_FOUND"),
        ("GET", "/api/v1/account/balances", 401, "UNAUTHORIZED"),
        ("GET", "/api/v1/orders", 401, "UNAUTHORIZED"),
        ("DELETE", "/api/v1/orders", 401, "UNAUTHORIZED"),
    ],
)
def test_every_refusal_is_a_problem_document(play: Play, method: str, path: str, status: int, code: str) -> None:
    async def scenario(h: Harness) -> None:
        answer = await h.call(method, path, headers={"X-Request-ID": "trace-7"})
        assert answer.status_code == status
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.headers["x-request-id"] == "trace-7"
        problem = answer.json()
        assert (problem["code"], problem["status"], problem["trace_id"]) == (code, status, "trace-7")
        assert problem["instance"] == path.partition("?")[0]
        assert problem["message"]
        if status == 405:
            assert answer.headers["allow"]
        if status == 426:
            assert (answer.headers["upgrade"], answer.headers["connection"]) == ("websocket", "Upgrade")
        if status == 401:
            assert answer.headers["www-authenticate"].startswith("Bearer")

    play(scenario)


PAGE = "https://app.example"


def test_a_page_of_an_allowed_origin_may_ask_call_and_read(play: Play) -> None:
    async def scenario(h: Harness) -> None:
        ask = {"Origin": PAGE, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization,content-type"}
        asked = await h.call("OPTIONS", "/api/v1/orders", headers=ask)
        assert (asked.status_code, asked.content) == (204, b"")
        assert asked.headers.get_list("access-control-allow-origin") == [PAGE]
        assert "POST" in asked.headers["access-control-allow-methods"]
        assert {"Authorization", "Content-Type"} <= set(asked.headers["access-control-allow-headers"].split(", "))
        assert "access-control-allow-credentials" not in asked.headers
        for method, path, body in (
            ("POST", "/api/v1/orders", LIMIT),
            ("GET", "/api/v1/markets", None),
            ("GET", "/api/v1/orders/1", None),
            ("GET", "/nowhere", None),
        ):
            answer = await h.call(method, path, body, user=ALICE, headers={"Origin": PAGE})
            assert answer.headers.get_list("access-control-allow-origin") == [PAGE], path
            assert "X-RateLimit-Remaining" in answer.headers["access-control-expose-headers"]
            assert answer.headers["vary"] == "Origin"

    play(scenario, allowed_origins=f"https://other.example, {PAGE}")


@pytest.mark.parametrize("origin", ["https://evil.example", "https://app.example.evil.example", "https://app.example:8443", "null", None])
@pytest.mark.parametrize("allowed", [PAGE, ""])
def test_other_pages_are_told_nothing(play: Play, origin: str | None, allowed: str) -> None:
    async def scenario(h: Harness) -> None:
        headers = {"Origin": origin} if origin else {}
        asked = await h.call("OPTIONS", "/api/v1/orders", headers={**headers, "Access-Control-Request-Method": "POST"})
        assert (asked.status_code, asked.json()["code"]) == (405, "METHOD_NOT_ALLOWED")
        called = await h.call("GET", "/api/v1/markets", headers=headers)
        assert called.status_code == 200
        for answer in (asked, called):
            assert not [name for name in answer.headers if name.startswith("access-control-")]
            assert answer.headers.get("vary") == ("Origin" if allowed else None)

    play(scenario, allowed_origins=allowed)


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/api/v1/orders?mode=paper", LIMIT),
        ("POST", "/api/v1/orders/batch?mode=paper", {"orders": [LIMIT]}),
        ("POST", "/api/v1/orders/batch/cancel?mode=paper", {"client_order_ids": ["mine"]}),
        ("DELETE", "/api/v1/orders/by-client-id/mine?symbol=BTCUSDT", None),
        ("GET", "/api/v1/orders/by-client-id/mine?fills=no", None),
        ("DELETE", f"/api/v1/orders/{UUID(int=7)}?mode=paper", None),
        ("PATCH", f"/api/v1/orders/{UUID(int=7)}?price=1", {"price": "1.00"}),
        ("GET", f"/api/v1/orders/{UUID(int=7)}?x=1", None),
        ("GET", f"/api/v1/trades/{UUID(int=7)}?x=1", None),
        ("POST", "/api/v1/alerts?x=1", {"symbol": "BTCUSDT", "condition": "ABOVE", "price": "1.00"}),
    ],
)
def test_a_parameter_that_is_not_known_is_not_passed_over(play: Play, method: str, path: str, body: object) -> None:
    async def scenario(h: Harness) -> None:
        answer = await h.call(method, path, body, user=ALICE)
        assert (answer.status_code, answer.json()["code"]) == (400, "VALIDATION_ERROR")
        assert answer.json()["detail"].startswith("unknown query parameter")
        assert h.engine.appended == []

    play(scenario)


@pytest.mark.parametrize(
    ("body", "content_type", "status", "code"),
    [
        (b"{", "application/json", 400, "VALIDATION_ERROR"),
        (b"", "application/json", 400, "VALIDATION_ERROR"),
        (b"null", "application/json", 400, "VALIDATION_ERROR"),
        (b"[]", "application/json", 400, "VALIDATION_ERROR"),
        (b"\xff\xfe", "application/json", 400, "VALIDATION_ERROR"),
        (b'{"symbol":"\\u0000"}', "application/json", 400, "VALIDATION_ERROR"),
        (b"[" * 60_000, "application/json", 400, "VALIDATION_ERROR"),
        (b'{"symbol":' + b'"x"' * 1 + b"}" + b" " * 65_536, "application/json", 413, "PAYLOAD_TOO_LARGE"),
        (b"x" * 1_000_000, "application/json", 413, "PAYLOAD_TOO_LARGE"),
        (b"symbol=BTC", "application/x-www-form-urlencoded", 415, "UNSUPPORTED_MEDIA_TYPE"),
        (b"{}", "text/plain", 415, "UNSUPPORTED_MEDIA_TYPE"),
    ],
)
def test_bodies_that_are_no_orders(play: Play, body: bytes, content_type: str, status: int, code: str) -> None:
    async def scenario(h: Harness) -> None:
        answer = await h.call("POST", "/api/v1/orders", body, user=ALICE, headers={"Content-Type": content_type})
        assert (answer.status_code, answer.json()["code"]) == (status, code)
        assert h.engine.appended == []

    play(scenario)


def test_a_body_without_a_length_is_cut_off_at_the_limit(play: Play) -> None:
    async def endless() -> Any:
        for _ in range(200):
            yield b" " * 1_024

    async def scenario(h: Harness) -> None:
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {h.token(ALICE)}"}
        answer = await h.client.post("/api/v1/orders", content=endless(), headers=headers)
        assert answer.status_code == 413

    play(scenario)


def test_an_odd_request_id_is_replaced(play: Play) -> None:
    async def scenario(h: Harness) -> None:
        for odd in ("has space", "x" * 129, "<script>"):
            answer = await h.call("GET", "/health", headers={"X-Request-ID": odd})
            assert UUID(answer.headers["x-request-id"]).version == 7

    play(scenario)


def test_tokens_that_are_no_good(play: Play, signing_key: keys.SigningKey) -> None:
    other = keys.signing_key(
        {
            "keys": [
                {"kid": k.kid, "private_pem": k.private_pem, "public_pem": k.public_pem, "created_at": k.created_at}
                for k in [keys.generate("2026-01-01T00:00:00Z", bits=2048)]
            ]
        }
    )

    async def scenario(h: Harness) -> None:
        good = h.token(ALICE)
        head, payload, signature = good.split(".")
        now_ms = time.time_ns() // 1_000_000
        bad = {
            "expired": h.token(ALICE, now_ms=now_ms - 3_600_000),
            "tampered": f"{head}.{payload[:-2]}AA.{signature}",
            "cut": good[:-10],
            "none": jwt.encode({"sub": str(ALICE)}, "", algorithm="none"),
            "hs256": jwt.encode({"sub": str(ALICE)}, "k" * 32, algorithm="HS256", headers={"kid": signing_key.kid}),
            "refresh": sign_refresh(signing_key, Identity(ALICE, "a@example.com"), session_id=uuid4(), now_ms=now_ms).text,
            "forged": jwt.encode({"sub": str(ALICE)}, other.private_key, algorithm="RS256", headers={"kid": other.kid}),
            "words": "not-a-token",
            "long": "x" * 10_000,
        }
        for name, token in bad.items():
            answer = await h.client.get("/api/v1/orders", headers={"Authorization": f"Bearer {token}"})
            assert (answer.status_code, answer.json()["code"]) == (401, "INVALID_TOKEN"), name
        for header in ("Basic abc", "Bearer", good):
            answer = await h.client.get("/api/v1/orders", headers={"Authorization": header})
            assert (answer.status_code, answer.json()["code"]) == (401, "UNAUTHORIZED"), header
        assert (await h.client.get("/api/v1/orders", headers={"Authorization": f"Bearer {good}"})).status_code == 200

    play(scenario)


def test_keys_are_rotated_while_tokens_of_both_are_about(play: Play, signing_key: keys.SigningKey, tmp_path: Path) -> None:
    newer = keys.signing_key({"keys": [msgspec.to_builtins(keys.generate("2026-06-01T00:00:00Z", bits=2048))]})

    def publish(h: Harness, *published: keys.SigningKey) -> None:
        (tmp_path / "jwks.json").write_bytes(msgspec.json.encode(keys.publish({key.kid: key.public_key for key in published})))
        h.gateway.keys._path = str(tmp_path / "jwks.json")
        h.gateway.keys._fetched_at = -float("inf")  # as if it had been long ago

    async def scenario(h: Harness) -> None:
        async def status(token: str) -> int:
            return (await h.client.get("/api/v1/orders", headers={"Authorization": f"Bearer {token}"})).status_code

        old, h.signing = h.token(ALICE), newer
        assert await status(old) == 200
        assert await status(h.token(ALICE)) == 401, "that key was not published"
        publish(h, signing_key, newer)
        assert [await status(h.token(ALICE)), await status(old)] == [200, 200]
        h.signing = signing_key
        assert await status(h.token(ALICE)) == 200, "the older key counts as long as it is published"
        publish(h, newer)
        await h.gateway.keys.refresh()
        assert await status(h.token(ALICE)) == 401

    play(scenario)


def test_a_revoked_token_is_refused_within_a_second_of_its_last_use(play: Play) -> None:
    async def scenario(h: Harness) -> None:
        token = h.token(ALICE)
        headers = {"Authorization": f"Bearer {token}"}
        assert (await h.client.get("/api/v1/orders", headers=headers)).status_code == 200
        claims = (await finish(h.gateway.auth.verify(token))).claims
        assert claims is not None
        h.redis.values[revocation.token_key(claims.jti)] = b"1"
        await asyncio.sleep(1.0)
        assert (await h.client.get("/api/v1/orders", headers=headers)).status_code == 401
        h.redis.values.clear()
        h.redis.values[revocation.user_key(ALICE)] = str(claims.iat_ms + 1).encode()
        assert (await h.client.get("/api/v1/orders", headers=headers)).status_code == 401

    play(scenario)


def test_losing_the_cache_neither_stops_trading_nor_the_gateway(play: Play) -> None:
    async def scenario(h: Harness) -> None:
        await asyncio.sleep(0.1)
        assert (await h.call("GET", "/ready")).status_code == 200
        h.redis.down = True
        assert (await h.call("POST", "/api/v1/orders", LIMIT, user=ALICE)).status_code == 201
        await h.gateway._note("redis", h.gateway._ping())
        ready = await h.call("GET", "/ready")
        assert ready.status_code == 200
        assert ready.json()["checks"]["redis"] == "not reachable"

    play(scenario)


def test_readiness_names_what_is_missing(play: Play) -> None:
    async def scenario(h: Harness) -> None:
        await finish(h.gateway.auth.verify(h.token(ALICE)))
        h.gateway.keys.keys = {}
        h.events.broken = True
        for _ in range(500):
            if not h.gateway.feed.connected:
                break
            await asyncio.sleep(0.01)
        answer = await h.call("GET", "/ready")
        assert answer.status_code == 503
        assert set(answer.json()["missing"]) >= {"event-log", "token-keys"}
        assert (await h.call("GET", "/health")).status_code == 200

    play(scenario)


def test_an_unexpected_error_tells_nothing_of_itself(play: Play) -> None:
    async def scenario(h: Harness) -> None:
        h.gateway.feed.projection.books.clear()
        answer = await h.call("GET", "/api/v1/orderbook/BTCUSDT")
        assert (answer.status_code, answer.json()["code"]) == (500, "INTERNAL_ERROR")
        assert "KeyError" not in answer.text

    play(scenario)


def test_metrics_count_requests_by_route(play: Play) -> None:
    async def scenario(h: Harness) -> None:
        await h.call("GET", "/api/v1/orderbook/BTCUSDT")
        text = (await h.call("GET", "/metrics")).text
        assert 'http_requests_total{method="GET",path="/api/v1/orderbook/{symbol:path}",status="200"}' in text
        assert 'orderbook_depth{side="bid",symbol="BTC/USDT"} 0.0' in text
        assert "http_request_duration_seconds_bucket" in text

    play(scenario)


def test_a_tier_is_held_to_its_orders_and_told_where_it_stands(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    # a clock that stands still: the bucket would fill while a busy machine sends the orders
    monkeypatch.setattr(limits, "time", SimpleNamespace(monotonic=lambda: 1_000.0))

    async def scenario(h: Harness) -> None:
        answers = await asyncio.gather(*(h.call("POST", "/api/v1/orders", LIMIT, user=ALICE) for _ in range(14)))
        statuses = [answer.status_code for answer in answers]
        assert statuses == [201] * 10 + [429] * 4
        refused = next(answer for answer in answers if answer.status_code == 429)
        assert refused.json()["code"] == "RATE_LIMIT_EXCEEDED"
        assert int(refused.headers["retry-after"]) >= 1
        assert refused.headers["x-ratelimit-limit"] == "10"
        assert [answer.headers["x-ratelimit-remaining"] for answer in answers[:3]] == ["9", "8", "7"]
        assert (await h.call("GET", "/api/v1/orders", user=ALICE)).headers["x-ratelimit-limit"] == "100"
        assert (await h.call("POST", "/api/v1/orders", LIMIT, user=uuid4())).status_code == 201
        other = uuid4()
        batch = await h.call("POST", "/api/v1/orders/batch", {"orders": [LIMIT] * 6}, user=other)
        assert (batch.status_code, batch.headers["x-ratelimit-remaining"]) == (200, "4")
        assert (await h.call("POST", "/api/v1/orders/batch", {"orders": [LIMIT] * 5}, user=other)).status_code == 429
        for path, body in (("", {"orders": [LIMIT] * 12}), ("/cancel", {"client_order_ids": [f"c{number}" for number in range(12)]})):
            never = await h.call("POST", f"/api/v1/orders/batch{path}", body, user=uuid4())
            assert (never.status_code, never.json()["code"], never.json()["limit"]) == (400, "BATCH_TOO_LARGE", 10), "no waiting helps"

    play(scenario, rate_limits="on")


def test_a_lost_cache_is_waited_for_once_not_by_every_user(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine_container.gateway.auth.STORE_PAUSE_SECONDS", 60)

    async def scenario(h: Harness) -> None:
        h.redis.down = True
        asked = h.redis.asked
        for user in (ALICE, uuid4(), uuid4(), uuid4()):
            assert (await h.call("GET", "/api/v1/orders", user=user)).status_code == 200
        assert h.redis.asked == asked + 1

    play(scenario)
