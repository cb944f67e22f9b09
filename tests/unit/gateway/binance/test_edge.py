"""The edge of the facade: who asks, in which form, how often; and what everything else is answered with."""

from __future__ import annotations

import base64
import time
from collections.abc import Callable
from typing import Any, Final

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from engine_container.gateway.binance import limits
from engine_container.gateway.binance.operations import OPERATIONS
from mycrypto.security.api_keys import Scope
from tests.unit.gateway.binance.conftest import ALICE, Spot, hmac_of

Trade = Callable[..., None]
ACCOUNT: Final = "/api/v3/account"


def test_parameters_come_in_the_query_or_in_a_form(trade: Trade) -> None:
    async def scenario(s: Spot) -> None:
        order: dict[str, Any] = {"symbol": "BTCTRY", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "quantity": "1", "price": "1000"}
        for body in (False, True):
            placed = await s.must("POST", "/api/v3/order", body=body, **order)
            assert (await s.must("DELETE", "/api/v3/order", body=body, symbol="BTCTRY", orderId=placed["orderId"]))["status"] == "CANCELED"
        called_json = await s.signed("POST", "/api/v3/order/test", body="application/json", **order)
        assert (called_json.status_code, called_json.json()) == (200, {}), "as Hummingbot calls its forms"
        twice = await s.client.get("/api/v3/depth?symbol=BTCTRY&symbol=BTCTRY")
        assert twice.json() == {"code": -1101, "msg": "Duplicate values for a parameter detected."}
        assert (await s.get("/api/v3/depth", symbol="BTCTRY", nonsense="1"))["bids"] == []
        both = await s.client.request("POST", "/api/v3/order/test?symbol=BTCTRY", content=b"symbol=NOPE", headers={"X-MBX-APIKEY": "alice"})
        assert both.json()["code"] == -1102, "the query counts, and the signature is missing"

    trade(scenario)


def test_keys_time_and_signatures(trade: Trade) -> None:
    async def scenario(s: Spot) -> None:
        assert (await s.signed("GET", ACCOUNT)).status_code == 200
        assert (await s.signed("GET", ACCOUNT, sign=lambda text: hmac_of(text).upper())).status_code == 200
        assert await s.refused("GET", ACCOUNT, sign=lambda text: "0" * 64) == (400, -1022, "Signature for this request is not valid.")
        stale, soon = (time.time_ns() // 1_000_000 + shift for shift in (-6_000, 1_500))
        late = (400, -1021, "Timestamp for this request is outside of the recvWindow.")
        assert await s.refused("GET", ACCOUNT, timestamp=stale) == late
        assert (await s.signed("GET", ACCOUNT, timestamp=stale, recvWindow=60_000)).status_code == 200
        assert (await s.signed("GET", ACCOUNT, timestamp=time.time_ns() // 1_000)).status_code == 200
        assert (await s.refused("GET", ACCOUNT, timestamp=soon))[1] == -1021
        assert (await s.refused("GET", ACCOUNT, recvWindow=60_001))[1] == -1131
        unknown = (401, -2015, "Invalid API-key, IP, or permissions for action.")
        assert await s.refused("GET", ACCOUNT, key="unknown") == unknown
        assert await s.refused("GET", ACCOUNT, key="not a key") == (401, -2014, "API-key format invalid.")
        unsigned = await s.client.get(ACCOUNT, headers={"X-MBX-APIKEY": "alice"})
        assert unsigned.json()["code"] == -1102
        assert (await s.client.get(ACCOUNT)).json()["code"] == -2014
        s.publish("reader", ALICE, Scope.READ)
        s.publish("elsewhere", ALICE, Scope.READ, ips=("203.0.113.7/32",))
        assert (await s.signed("GET", ACCOUNT, key="reader")).status_code == 200
        assert await s.refused("DELETE", "/api/v3/openOrders", key="reader", symbol="BTCTRY") == unknown
        assert await s.refused("GET", ACCOUNT, key="elsewhere") == unknown

    trade(scenario)


def test_clients_may_sign_with_keys_of_their_own(trade: Trade) -> None:
    ed25519, rsa = Ed25519PrivateKey.generate(), generate_private_key(65_537, 2_048)

    def pem(key: Any) -> str:
        return str(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode())

    async def scenario(s: Spot) -> None:
        s.publish("ed25519", ALICE, Scope.READ, public_key=pem(ed25519))
        s.publish("rsa", ALICE, Scope.READ, public_key=pem(rsa))
        signs = {
            "ed25519": lambda text: base64.b64encode(ed25519.sign(text.encode())).decode(),
            "rsa": lambda text: base64.b64encode(rsa.sign(text.encode(), PKCS1v15(), SHA256())).decode(),
        }
        for key, sign in signs.items():
            assert (await s.signed("GET", ACCOUNT, key=key, sign=sign)).status_code == 200
            assert (await s.refused("GET", ACCOUNT, key=key))[1] == -1022, "a secret is worth nothing to such a key"
        assert (await s.refused("GET", ACCOUNT, key="rsa", sign=signs["ed25519"]))[1] == -1022

    trade(scenario)


def test_weights_and_orders_are_counted_and_a_flood_is_shut_out(trade: Trade, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "REFUSED_MAX", 3)

    async def scenario(s: Spot) -> None:
        answer = await s.client.get("/api/v3/depth?symbol=BTCTRY&limit=1000")
        assert answer.headers["x-mbx-used-weight-1m"] == "50"
        placed = await s.signed(
            "POST", "/api/v3/order", symbol="BTCTRY", side="BUY", type="LIMIT", timeInForce="GTC", quantity="1", price="1000"
        )
        assert placed.headers["x-mbx-order-count-10s"] == placed.headers["x-mbx-order-count-1d"] == "1"
        counts = await s.must("GET", "/api/v3/rateLimit/order")
        assert {row["intervalNum"]: row["count"] for row in counts} == {10: 1, 1: 1}
        address = "127.0.0.1"
        s.facade.limits.weigh(address, limits.WEIGHT.limit - s.facade.limits.used(address, limits.WEIGHT))
        for _ in range(3):
            much = await s.client.get("/api/v3/ping")
            assert (much.status_code, much.json()["code"]) == (429, -1003)
            assert 0 < int(much.headers["retry-after"]) <= 60
        shut = await s.client.get("/api/v3/ping")
        assert (shut.status_code, shut.json()["code"]) == (418, -1003)
        assert "IP banned until" in shut.json()["msg"]

    trade(scenario, rate_limits="on")


def test_too_many_orders_have_a_code_of_their_own(trade: Trade) -> None:
    async def scenario(s: Spot) -> None:
        s.facade.limits.order(ALICE.bytes.hex(), "203.0.113.7", limits.ORDERS_10S.limit)
        order = {"symbol": "BTCTRY", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "quantity": "1", "price": "1000"}
        status, code, _ = await s.refused("POST", "/api/v3/order", **order)
        assert (status, code) == (429, -1015)
        assert await s.must("GET", "/api/v3/openOrders") == []

    trade(scenario, rate_limits="on")


def test_whatever_is_wrong_has_a_code_and_a_text(trade: Trade) -> None:
    async def scenario(s: Spot) -> None:
        for method, path, status in (("GET", "/api/v3/nothing", 404), ("PATCH", "/api/v3/ping", 405), ("GET", "/", 404)):
            answer = await s.client.request(method, path)
            assert (answer.status_code, set(answer.json())) == (status, {"code", "msg"})
        large = await s.client.post("/api/v3/order", content=b"x" * 70_000)
        assert (large.status_code, large.json()["code"]) == (413, -1130)
        s.h.redis.down = True
        down = await s.signed("GET", ACCOUNT, key="other")
        assert (down.status_code, down.json()["code"]) == (503, -1001)

    trade(scenario)


def test_times_in_microseconds_for_those_who_ask(trade: Trade) -> None:
    async def scenario(s: Spot) -> None:
        told = await s.client.get("/api/v3/time", headers={"X-MBX-TIME-UNIT": "MICROSECOND"})
        assert told.json()["serverTime"] > 10**15
        assert (await s.get("/api/v3/time"))["serverTime"] < 10**14

    trade(scenario)


def test_every_operation_holds_callers_against_its_permission(trade: Trade) -> None:
    async def scenario(s: Spot) -> None:
        s.publish("reader", ALICE, Scope.READ)
        s.publish("trader", ALICE, Scope.TRADE)
        for operation, _ in OPERATIONS:
            scope = operation.permission.scope
            stranger = await s.client.request(operation.method.upper(), operation.path)
            if scope is None and not operation.needs_key:
                assert stranger.status_code != 401, operation.path
                continue
            assert (stranger.status_code, stranger.json()["code"]) == (401, -2014), operation.path
            unsigned = await s.client.request(operation.method.upper(), operation.path, headers={"X-MBX-APIKEY": "alice"})
            assert unsigned.json().get("code") == -1102 or operation.needs_key, operation.path
            other = {Scope.READ: "trader", Scope.TRADE: "reader"}.get(scope) if scope is not None else None
            if other is not None:
                status, code, _text = await s.refused(operation.method.upper(), operation.path, key=other)
                assert (status, code) == (401, -2015), operation.path

    trade(scenario)
