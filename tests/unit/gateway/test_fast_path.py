"""Orders that take the fast path are judged and answered as those that take the way of ASGI: the admission is one."""

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
from engine_container.web.steps import finish
from mycrypto.security import revocation
from mycrypto.security.tokens import Role, Tier
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


async def fast(h: Harness, path: str, body: bytes, headers: dict[str, str]) -> Answer:
    """By :meth:`Edge.begin`."""
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
    h.app.begin(scope, body, respond)
    return await asyncio.wait_for(answer, 10)


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
        await long(h, path, text(body), headers)
        if refused:
            h.engine.refuse = ("WALLET_001", {"required": 100, "available": 1})
        one, other = await fast(h, path, text(body), headers), await long(h, path, text(body), headers)
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
        one, other = await fast(h, "/api/v1/orders", text(LIMIT), headers), await long(h, "/api/v1/orders", text(LIMIT), headers)
        assert one.shape == other.shape
        assert one.status == status
        assert "X-Request-Id" not in changes or one.headers["x-request-id"] == "mine"

    play(scenario)


@pytest.mark.parametrize(
    "headers", [{}, {"Authorization": "Bearer no.such.token"}, {"Authorization": "Basic YTpi"}, {"X-API-Key": "k"}], ids=str
)
def test_both_ways_refuse_alike_who_is_not_known(play: Play, headers: dict[str, str]) -> None:
    async def scenario(h: Harness) -> None:
        sent = {**headers, "Content-Type": "application/json"}
        one, other = await fast(h, "/api/v1/orders", text(LIMIT), sent), await long(h, "/api/v1/orders", text(LIMIT), sent)
        assert one.shape == other.shape
        assert one.status == 401
        assert h.engine.appended == []

    play(scenario)


def test_a_token_that_is_new_is_checked_and_its_order_placed(play: Play) -> None:
    async def scenario(h: Harness) -> None:
        headers = {"Authorization": f"Bearer {h.token(ALICE)}", "Content-Type": "application/json"}
        assert (await fast(h, "/api/v1/orders", text(LIMIT), headers)).status == 201

    play(scenario)


def test_a_revoked_token_is_noticed_when_its_check_is_a_second_old(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario(h: Harness) -> None:
        token = h.token(ALICE)
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        assert (await fast(h, "/api/v1/orders", text(LIMIT), headers)).status == 201
        claims = (await finish(h.gateway.auth.verify(token))).claims
        assert claims is not None
        h.redis.values[revocation.token_key(claims.jti)] = b"1"
        assert (await fast(h, "/api/v1/orders", text(LIMIT), headers)).status == 201, "it was checked a moment ago"
        monkeypatch.setattr(auth, "REVOCATION_AGE_SECONDS_MAX", -1.0)
        assert (await fast(h, "/api/v1/orders", text(LIMIT), headers)).status == 401

    play(scenario)


class Granting:
    """A bucket with tokens in it; counts how often it was asked."""

    def __init__(self) -> None:
        self.asked = 0

    async def eval(self, script: str, numkeys: int, *keys_and_args: str) -> list[int]:
        self.asked += 1
        return [20, 100, 0]


def test_nothing_is_waited_for_while_token_and_lease_are_fresh(play: Play) -> None:
    """The order is on its way when the call returns, and Redis was not asked: no task stands between."""

    async def scenario(h: Harness) -> None:
        h.gateway.limits._scripts = bucket = Granting()
        headers = {"Authorization": f"Bearer {h.token(ALICE, tier=Tier.PRO)}", "Content-Type": "application/json"}
        for path, body in (("/api/v1/orders", text(LIMIT)), ("/api/v1/orders/batch", text({"orders": [LIMIT]}))):
            await fast(h, path, body, headers)
            waiting = asyncio.ensure_future(fast(h, path, body, headers))
            tasks = len(asyncio.all_tasks())
            await asyncio.sleep(0)
            assert h.gateway.commands.in_flight == 1
            assert len(asyncio.all_tasks()) == tasks
            await waiting
        assert bucket.asked == 1

    play(scenario, rate_limits="on")


def test_limits_count_on_both_ways_together(play: Play) -> None:
    async def scenario(h: Harness) -> None:
        headers = {"Authorization": f"Bearer {h.token(ALICE)}", "Content-Type": "application/json"}
        statuses: list[int] = []
        for number in range(40):
            way = fast if number % 2 else long
            answer = await way(h, "/api/v1/orders", text(LIMIT), headers)
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
        again = await fast(h, "/api/v1/orders", named, headers)
        assert again.body == {**first.body, "duplicate": True}
        views = h.gateway.views.orders
        order = views.by_client_id(ALICE.bytes, "same")
        assert order is not None
        views._forget(order)
        batch = text({"orders": [LIMIT, {**LIMIT, "client_order_id": "same"}]})
        lost = await fast(h, "/api/v1/orders", named, headers)
        both = await fast(h, "/api/v1/orders/batch", batch, headers)
        assert (lost.status, lost.body["code"]) == (409, "IDEMPOTENCY_CONFLICT")
        assert [result["status"] for result in both.body["results"]] == [201, 409]

    play(scenario)


def test_no_answer_in_time_and_a_full_queue_are_said(play: Play) -> None:
    async def scenario(h: Harness) -> None:
        headers = {"Authorization": f"Bearer {h.token(ALICE)}", "Content-Type": "application/json"}
        await long(h, "/api/v1/orders", text(LIMIT), headers)
        h.engine.silent = True
        silent = await fast(h, "/api/v1/orders", text({**LIMIT, "client_order_id": "mine"}), headers)
        assert (silent.status, silent.body["code"], silent.body["client_order_id"]) == (504, "OUTCOME_UNKNOWN", "mine")
        h.gateway.commands._queued_max = 0
        full = await fast(h, "/api/v1/orders", text(LIMIT), headers)
        assert (full.status, full.headers["retry-after"]) == (503, "1")
        assert h.gateway.commands.in_flight == 0

    play(scenario, answer_seconds_max=1)
