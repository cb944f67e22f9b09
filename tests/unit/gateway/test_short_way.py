"""Orders that are begun without a task are judged and answered as those that take the way of ASGI."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import msgspec
import pytest

from engine_container.gateway import auth, limits
from engine_container.web.edge import Edge
from mycrypto.security.tokens import Role
from tests.unit.gateway.conftest import Harness

Play = Callable[..., None]
ALICE = UUID("018f0000-0000-7000-8000-00000000000a")
LIMIT = {"symbol": "BTC/USDT", "side": "BUY", "type": "LIMIT", "quantity": "0.5", "price": "42500.10"}
PASSING = frozenset({"id", "client_order_id", "created_at", "updated_at", "trace_id", "detail", "message"})
"""Members that are different with every order or request."""


@pytest.fixture(autouse=True)
def _checked_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    """However slow the machine is: what was checked once counts as checked for the whole test."""
    monkeypatch.setattr(auth, "REVOCATION_AGE_SECONDS_MAX", 3_600.0)
    monkeypatch.setattr(limits, "time", SimpleNamespace(monotonic=lambda: 1_000.0))


class Answer:
    def __init__(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.status, self.headers, self.body = status, headers, msgspec.json.decode(body)

    @property
    def shape(self) -> tuple[Any, ...]:
        return self.status, sorted(self.headers), self.headers.get("content-type"), lasting(self.body)


def lasting(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: lasting(part) for name, part in value.items() if name not in PASSING}
    return [lasting(part) for part in value] if isinstance(value, list) else value


async def short(h: Harness, path: str, body: bytes, headers: dict[str, str]) -> Answer | None:
    """By :meth:`Edge.begin`; ``None`` where it declines."""
    assert isinstance(h.app, Edge)
    answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()

    def respond(status: int, given: list[tuple[bytes, bytes]], content: bytes) -> None:
        answer.set_result(Answer(status, {name.decode(): value.decode() for name, value in given}, content))

    fields = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    scope = {
        "type": "http",
        "method": "POST",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": fields,
        "client": None,
    }
    return await asyncio.wait_for(answer, 10) if h.app.begin(scope, body, respond) else None


async def long(h: Harness, path: str, body: bytes, headers: dict[str, str]) -> Answer:
    answer = await h.client.post(path, content=body, headers=headers)
    return Answer(answer.status_code, dict(answer.headers), answer.content)


def text(body: object) -> bytes:
    return body if isinstance(body, bytes) else msgspec.json.encode(body)


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/api/v1/orders", LIMIT, 201),
        ("/api/v1/orders", {**LIMIT, "type": "MARKET"}, 400),
        ("/api/v1/orders", {**LIMIT, "symbol": "NOPE"}, 400),
        ("/api/v1/orders", b"{", 400),
        ("/api/v1/orders", b"", 400),
        ("/api/v1/orders/batch", {"orders": [LIMIT, {**LIMIT, "quantity": "0"}, 7]}, 200),
        ("/api/v1/orders/batch", {"orders": [{}]}, 200),
        ("/api/v1/orders/batch", {"orders": []}, 400),
        ("/api/v1/orders/batch", {"orders": [LIMIT] * 51}, 400),
    ],
)
@pytest.mark.parametrize("refused", [False, True], ids=["taken", "refused by the engine"])
def test_both_ways_answer_alike(play: Play, path: str, body: object, status: int, refused: bool) -> None:
    async def scenario(h: Harness) -> None:
        headers = {"Authorization": f"Bearer {h.token(ALICE)}", "Content-Type": "application/json"}
        assert await short(h, path, text(body), headers) is None, "the token has to be checked first"
        await long(h, path, text(body), headers)
        if refused:
            h.engine.refuse = ("WALLET_001", {"required": 100, "available": 1})
        one, other = await short(h, path, text(body), headers), await long(h, path, text(body), headers)
        assert one is not None
        assert one.shape == other.shape
        if not refused:
            assert one.status == status

    play(scenario)


@pytest.mark.parametrize(
    ("roles", "changes", "status"),
    [
        ((Role.SUPPORT,), {}, 403),
        ((Role.USER,), {"Content-Type": "text/plain"}, 415),
        ((Role.USER,), {"X-Request-Id": "mine"}, 201),
    ],
)
def test_both_ways_look_at_the_head_alike(play: Play, roles: tuple[Role, ...], changes: dict[str, str], status: int) -> None:
    async def scenario(h: Harness) -> None:
        headers = {"Authorization": f"Bearer {h.token(ALICE, *roles)}", "Content-Type": "application/json"} | changes
        await long(h, "/api/v1/orders", text(LIMIT), headers)
        one, other = await short(h, "/api/v1/orders", text(LIMIT), headers), await long(h, "/api/v1/orders", text(LIMIT), headers)
        assert one is not None
        assert one.shape == other.shape
        assert one.status == status
        assert "X-Request-Id" not in changes or one.headers["x-request-id"] == "mine"

    play(scenario)


@pytest.mark.parametrize(
    "headers", [{}, {"Authorization": "Bearer no.such.token"}, {"Authorization": "Basic YTpi"}, {"X-API-Key": "k"}], ids=str
)
def test_who_is_not_known_is_judged_the_long_way(play: Play, headers: dict[str, str]) -> None:
    async def scenario(h: Harness) -> None:
        assert await short(h, "/api/v1/orders", text(LIMIT), {**headers, "Content-Type": "application/json"}) is None
        assert h.engine.appended == []

    play(scenario)


def test_a_revoked_token_is_noticed_when_its_check_is_a_second_old(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario(h: Harness) -> None:
        headers = {"Authorization": f"Bearer {h.token(ALICE)}", "Content-Type": "application/json"}
        await long(h, "/api/v1/orders", text(LIMIT), headers)
        assert await short(h, "/api/v1/orders", text(LIMIT), headers) is not None
        monkeypatch.setattr(auth, "REVOCATION_AGE_SECONDS_MAX", -1.0)
        assert await short(h, "/api/v1/orders", text(LIMIT), headers) is None

    play(scenario)


def test_limits_count_on_both_ways_and_an_empty_lease_goes_the_long_one(play: Play) -> None:
    async def scenario(h: Harness) -> None:
        headers = {"Authorization": f"Bearer {h.token(ALICE)}", "Content-Type": "application/json"}
        statuses: list[int] = []
        for _ in range(40):
            begun = await short(h, "/api/v1/orders", text(LIMIT), headers)
            answer = begun or await long(h, "/api/v1/orders", text(LIMIT), headers)
            assert "x-ratelimit-limit" in answer.headers
            statuses.append(answer.status)
            if answer.status == 429:
                break
        assert statuses == [201] * 10 + [429]

    play(scenario, rate_limits="on")


def test_the_same_client_order_id_gives_the_same_order_also_when_memory_has_lost_it(play: Play) -> None:
    async def scenario(h: Harness) -> None:
        headers = {"Authorization": f"Bearer {h.token(ALICE)}", "Content-Type": "application/json"}
        named = text({**LIMIT, "client_order_id": "same"})
        first = await long(h, "/api/v1/orders", named, headers)
        again = await short(h, "/api/v1/orders", named, headers)
        assert again is not None
        assert again.body == {**first.body, "duplicate": True}
        views = h.gateway.views.orders
        order = views.by_client_id(ALICE.bytes, "same")
        assert order is not None
        views._forget(order)
        batch = text({"orders": [LIMIT, {**LIMIT, "client_order_id": "same"}]})
        lost = await short(h, "/api/v1/orders", named, headers)
        both = await short(h, "/api/v1/orders/batch", batch, headers)
        assert lost is not None
        assert both is not None
        assert (lost.status, lost.body["code"]) == (409, "IDEMPOTENCY_CONFLICT")
        assert [result["status"] for result in both.body["results"]] == [201, 409]

    play(scenario)


def test_no_answer_in_time_and_a_full_queue_are_said(play: Play) -> None:
    async def scenario(h: Harness) -> None:
        headers = {"Authorization": f"Bearer {h.token(ALICE)}", "Content-Type": "application/json"}
        await long(h, "/api/v1/orders", text(LIMIT), headers)
        h.engine.silent = True
        silent = await short(h, "/api/v1/orders", text({**LIMIT, "client_order_id": "mine"}), headers)
        assert silent is not None
        assert (silent.status, silent.body["code"], silent.body["client_order_id"]) == (504, "OUTCOME_UNKNOWN", "mine")
        h.gateway.commands._queued_max = 0
        full = await short(h, "/api/v1/orders", text(LIMIT), headers)
        assert full is not None
        assert (full.status, full.headers["retry-after"]) == (503, "1")
        assert h.gateway.commands.in_flight == 0

    play(scenario, answer_seconds_max=1)
