"""Bad input through the front door: a problem document with the right status and code, and nothing changed."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from mycrypto_local.client import Trader

GOOD = {"symbol": "BTC/TRY", "side": "BUY", "type": "LIMIT", "quantity": "0.0001", "price": "3500000.00"}
MEMBERS = {"type", "title", "status", "detail", "instance", "code", "message", "errors", "trace_id"}


def assert_problem(answer: httpx.Response, status: int, code: str | None = None) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"].split(";")[0] == "application/problem+json"
    body: dict[str, Any] = answer.json()
    assert body.keys() >= MEMBERS
    assert body["status"] == status
    assert body["trace_id"]
    if code is not None:
        assert body["code"] == code, body
    return body


@pytest.fixture(scope="module")
def authorized(door: httpx.Client, buyer: Trader) -> dict[str, str]:
    return {"Authorization": f"Bearer {buyer.access_token}"}


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/v1/nothing"),
        ("GET", "/api/auth/nothing"),
        ("POST", "/api/wallet/nothing"),
        ("GET", "/api/v1/orders/1/2/3"),
        ("GET", "/nothing/at/all"),
    ],
)
def test_unknown_routes(door: httpx.Client, authorized: dict[str, str], method: str, path: str) -> None:
    assert_problem(door.request(method, path, headers=authorized), 404, "NOT_FOUND")


@pytest.mark.parametrize(("method", "path"), [("PUT", "/api/v1/trades"), ("DELETE", "/api/v1/orderbook/BTCTRY")])
def test_wrong_methods(door: httpx.Client, method: str, path: str) -> None:
    assert_problem(door.request(method, path), 405, "METHOD_NOT_ALLOWED")


@pytest.mark.parametrize("path", ["/api/v1/orders", "/api/auth/login", "/api/auth/register", "/api/wallet/deposit/fiat"])
@pytest.mark.parametrize("body", [b"{", b"", b"[]", b'"text"', b"\xff\xfe", b'{"a":1}trailing', b"null"])
def test_malformed_bodies(door: httpx.Client, authorized: dict[str, str], path: str, body: bytes) -> None:
    answer = door.post(path, content=body, headers={**authorized, "Content-Type": "application/json"})
    assert_problem(answer, 400, "VALIDATION_ERROR")


@pytest.mark.parametrize("path", ["/api/v1/orders", "/api/auth/login"])
def test_a_body_of_a_megabyte_is_refused(door: httpx.Client, authorized: dict[str, str], path: str) -> None:
    body = b'{"symbol":"' + b"x" * 1_000_000 + b'"}'
    assert_problem(door.post(path, content=body, headers={**authorized, "Content-Type": "application/json"}), 413, "PAYLOAD_TOO_LARGE")


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"quantity": "-1"}, "INVALID_QUANTITY", "quantity"),
        ({"quantity": "0"}, "INVALID_QUANTITY", "quantity"),
        ({"quantity": "0.123456789"}, "INVALID_QUANTITY", "quantity"),
        ({"quantity": "1e3"}, "INVALID_QUANTITY", "quantity"),
        ({"quantity": "9" * 40}, "INVALID_QUANTITY", "quantity"),
        ({"quantity": 1}, "VALIDATION_ERROR", "quantity"),
        ({"quantity": 0.1}, "VALIDATION_ERROR", "quantity"),
        ({"quantity": None}, None, None),
        ({"price": "NaN"}, "ORDER_002", "price"),
        ({"price": "-5"}, "ORDER_002", "price"),
        ({"side": "HOLD"}, "VALIDATION_ERROR", "side"),
        ({"type": "MAGIC"}, "VALIDATION_ERROR", "type"),
        ({"surprise": True}, "VALIDATION_ERROR", "surprise"),
        ({"client_order_id": "x" * 101}, "VALIDATION_ERROR", "client_order_id"),
        ({"symbol": "BTC/XYZ"}, "ORDER_001", None),
        ({"symbol": ""}, None, None),
        ({"price": "3500000.001"}, "ORDER_002", None),
        ({"quantity": "0.00015"}, "INVALID_QUANTITY", None),
        ({"quantity": "100.1"}, "INVALID_QUANTITY", None),
        ({"type": "MARKET"}, None, None),
    ],
)
def test_orders_that_cannot_be(
    door: httpx.Client, authorized: dict[str, str], change: dict[str, object], code: str | None, field: str | None
) -> None:
    before = door.get("/api/v1/account/balances", headers=authorized).json()
    body = assert_problem(door.post("/api/v1/orders", json=GOOD | change, headers=authorized), 400, code)
    if field is not None:
        assert any(field in error["field"] or field in error["message"] for error in body["errors"]), body
    assert door.get("/api/v1/account/balances", headers=authorized).json() == before


@pytest.mark.parametrize("missing", ["symbol", "side", "type", "quantity"])
def test_missing_fields_are_named(door: httpx.Client, authorized: dict[str, str], missing: str) -> None:
    body = assert_problem(door.post("/api/v1/orders", json={k: v for k, v in GOOD.items() if k != missing}, headers=authorized), 400)
    assert missing in str(body["errors"]) + body["detail"]


@pytest.mark.parametrize("amount", ["-1", "0", "99.99", "50000.01", "100.001", "1e3", "1" * 30, 100, None])
def test_deposits_that_cannot_be(door: httpx.Client, depositor: Trader, amount: object) -> None:
    body = {"amount": amount, "fiat_account_id": "019a0000-0000-7000-8000-000000000000"}
    headers = {"Authorization": f"Bearer {depositor.access_token}"}
    assert_problem(door.post("/api/wallet/deposit/fiat", json=body, headers=headers), 400)


def test_an_unknown_currency_is_not_found(door: httpx.Client, authorized: dict[str, str]) -> None:
    assert_problem(door.get("/api/wallet/balance/DOGE", headers=authorized), 404, "CURRENCY_NOT_SUPPORTED")


@pytest.mark.parametrize("path", ["/api/v1/orders", "/api/v1/account/balances", "/api/auth/profile", "/api/wallet/balances"])
@pytest.mark.parametrize("header", [None, "Bearer", "Bearer x.y.z", "Basic abc", "Bearer " + "a" * 9_000])
def test_without_a_good_token_nothing_is_shown(door: httpx.Client, path: str, header: str | None) -> None:
    headers = {"Authorization": header} if header else {}
    assert_problem(door.get(path, headers=headers), 401)


def test_forged_tokens_are_refused(door: httpx.Client, buyer: Trader) -> None:
    head, payload, tail = buyer.access_token.split(".")
    forged = [
        f"{head}.{payload}.{tail[:-4]}AAAA",
        "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0." + payload + ".",
        buyer.refresh_token,
    ]
    for token in forged:
        for path in ("/api/v1/account/balances", "/api/auth/profile"):
            assert_problem(door.get(path, headers={"Authorization": f"Bearer {token}"}), 401)


@pytest.mark.parametrize("order_id", ["1", "not-a-uuid", "0" * 300])
def test_order_ids_of_no_form(door: httpx.Client, authorized: dict[str, str], order_id: str) -> None:
    assert_problem(door.get(f"/api/v1/orders/{order_id}", headers=authorized), 400)


@pytest.mark.parametrize("order_id", ["019a0000-0000-7000-8000-000000000000", "6f9619ff-8b86-4d01-b42d-00cf4fc964ff"])
def test_orders_that_never_were(door: httpx.Client, authorized: dict[str, str], order_id: str) -> None:
    assert_problem(door.get(f"/api/v1/orders/{order_id}", headers=authorized), 404, "ORDER_003")
    assert_problem(door.delete(f"/api/v1/orders/{order_id}", headers=authorized), 404, "ORDER_003")


def test_an_unsigned_webhook_moves_no_money(door: httpx.Client) -> None:
    body = {"transaction_id": "T1", "reference": "DEP-20260101-AAAAAA", "amount": "100.00", "sender_iban": "", "sender_name": ""}
    for signature in (None, "t=1,v1=00", "nonsense"):
        headers = {"X-Signature": signature} if signature else {}
        assert_problem(door.post("/api/wallet/webhooks/bank", json=body, headers=headers), 401, "INVALID_WEBHOOK_SIGNATURE")


@pytest.mark.parametrize("path", ["/api/v1/orders", "/api/auth/profile", "/api/auth/login", "/api/wallet/balances"])
def test_a_front_end_that_is_developed_elsewhere_may_use_the_api_and_other_pages_may_not(door: httpx.Client, path: str) -> None:
    ask = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}
    asked = door.options(path, headers=ask | {"Origin": "http://localhost:3003"})
    assert (asked.status_code, asked.headers["access-control-allow-origin"]) == (204, "http://localhost:3003")
    refused = door.get(path, headers={"Origin": "http://localhost:3003"})
    assert refused.status_code in {401, 405}
    assert refused.headers["access-control-allow-origin"], "a page must be able to read why"
    assert "access-control-allow-origin" not in door.options(path, headers=ask | {"Origin": "https://evil.example"}).headers


def test_admin_routes_are_closed_to_users(door: httpx.Client, authorized: dict[str, str]) -> None:
    answer = door.put("/api/v1/admin/symbols/BTCTRY/status", json={"status": "HALTED", "reason": "because"}, headers=authorized)
    assert_problem(answer, 403, "FORBIDDEN")
