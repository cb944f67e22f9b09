"""How commands go out: alone, in batches, together; and what is answered when the log or the engine does not answer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from uuid import UUID, uuid4

import pytest

from mycrypto.security.tokens import Role
from tests.unit.gateway.conftest import Harness

Play = Callable[..., None]
ALICE = UUID("018f0000-0000-7000-8000-00000000000a")
BOB = UUID("018f0000-0000-7000-8000-00000000000b")
LIMIT = {"symbol": "BTC/USDT", "side": "BUY", "type": "LIMIT", "quantity": "0.5", "price": "42500.10"}
MARKET = {"symbol": "BTC/USDT", "side": "SELL", "type": "MARKET", "quantity": "0.5"}


def test_cancel_all_cancels_the_callers_orders(play: Play) -> None:
    async def scenario(h: Harness) -> None:
        for _ in range(3):
            await h.call("POST", "/api/v1/orders", LIMIT, user=ALICE)
        await h.call("POST", "/api/v1/orders", LIMIT, user=BOB)
        answer = await h.call("DELETE", "/api/v1/orders?symbol=BTCUSDT", user=ALICE)
        assert answer.json()["cancelled"] == 3
        assert {row["status"] for row in answer.json()["orders"]} == {"CANCELLED"}
        assert len((await h.call("GET", "/api/v1/orders?status=OPEN", user=BOB)).json()["data"]) == 1

    play(scenario)


def test_a_batch_is_one_record_and_each_item_is_judged_for_itself(play: Play) -> None:
    async def scenario(h: Harness) -> None:
        items = [LIMIT, {**LIMIT, "quantity": "-1"}, {**LIMIT, "symbol": "NOPE"}, MARKET, "nonsense", {**LIMIT, "x": 1}]
        answer = await h.call("POST", "/api/v1/orders/batch", {"orders": items}, user=ALICE)
        assert answer.status_code == 200
        results = answer.json()["results"]
        assert [result["status"] for result in results] == [201, 400, 400, 201, 400, 400]
        assert [result["index"] for result in results] == list(range(6))
        assert results[1]["error"]["code"] == "INVALID_QUANTITY"
        assert [len(batch) for batch in h.engine.appended] == [2]
        ids = [results[0]["order"]["id"], results[3]["order"]["id"], str(uuid4())]
        cancelled = await h.call("POST", "/api/v1/orders/batch/cancel", {"order_ids": ids, "client_order_ids": ["none"]}, user=ALICE)
        assert [result["status"] for result in cancelled.json()["results"]] == [200, 400, 404, 404]

    play(scenario)


def test_a_batch_with_the_character_nul_in_it_is_refused_as_a_whole(play: Play) -> None:
    async def scenario(h: Harness) -> None:
        answer = await h.call("POST", "/api/v1/orders/batch", {"orders": [LIMIT, {**LIMIT, "client_order_id": "\x00"}]}, user=ALICE)
        assert (answer.status_code, answer.json()["code"]) == (400, "VALIDATION_ERROR")
        assert h.engine.appended == []

    play(scenario)


@pytest.mark.parametrize("count", [0, 51])
def test_a_batch_has_1_to_50_items(play: Play, count: int) -> None:
    async def scenario(h: Harness) -> None:
        answer = await h.call("POST", "/api/v1/orders/batch", {"orders": [LIMIT] * count}, user=ALICE)
        assert answer.status_code == 400
        assert h.engine.appended == []

    play(scenario)


def test_what_arrives_together_goes_out_as_one_record(play: Play) -> None:
    async def scenario(h: Harness) -> None:
        answers = await asyncio.gather(*(h.call("POST", "/api/v1/orders", LIMIT, user=ALICE) for _ in range(40)))
        assert {answer.status_code for answer in answers} == {201}
        assert len({answer.json()["order"]["id"] for answer in answers}) == 40
        assert sum(len(batch) for batch in h.engine.appended) == 40
        assert len(h.engine.appended) < 40

    play(scenario)


def test_no_answer_in_time_is_an_unknown_outcome_that_names_the_order(play: Play) -> None:
    async def scenario(h: Harness) -> None:
        h.engine.silent = True
        answer = await h.call("POST", "/api/v1/orders", LIMIT, user=ALICE)
        assert (answer.status_code, answer.json()["code"]) == (504, "OUTCOME_UNKNOWN")
        name = answer.json()["client_order_id"]
        h.engine.silent = False
        h.engine.carry_out(h.engine.appended[0])  # the answer comes after all
        found = await h.call("GET", f"/api/v1/orders/by-client-id/{name}", user=ALICE)
        assert found.json()["status"] == "OPEN"
        assert h.gateway.commands.in_flight == 0

    play(scenario, answer_seconds_max=1)


def test_a_failed_append_is_repeated_with_the_same_command_ids(play: Play) -> None:
    async def scenario(h: Harness) -> None:
        h.engine.failures = 3
        answer = await h.call("POST", "/api/v1/orders", LIMIT, user=ALICE)
        assert answer.status_code == 201
        assert len(h.engine.appended) == 1

    play(scenario)


def test_a_gateway_that_lost_the_log_finds_it_again_without_a_request(play: Play) -> None:
    """A load balancer sends none to a gateway that is not ready."""

    async def scenario(h: Harness) -> None:
        h.engine.failures = 1_000_000
        answer = await h.call("POST", "/api/v1/orders", LIMIT, user=ALICE)
        assert answer.status_code == 504
        lost = await h.call("GET", "/ready")
        assert (lost.status_code, lost.json()["missing"]) == (503, ["command-log"])
        h.engine.failures = 0
        async with asyncio.timeout(60):
            while (await h.call("GET", "/ready")).status_code != 200:  # noqa: ASYNC110 - what is waited for knows of no event
                await asyncio.sleep(0.01)
        assert h.engine.appended == []

    play(scenario, answer_seconds_max=1)


def test_commands_that_were_never_sent_are_dropped_and_said_to_be_undone(play: Play) -> None:
    async def scenario(h: Harness) -> None:
        h.engine.held = asyncio.Event()
        first = asyncio.create_task(h.call("POST", "/api/v1/orders", LIMIT, user=ALICE))
        await h.engine.reached.wait()
        second = await h.call("POST", "/api/v1/orders", LIMIT, user=ALICE)
        assert (await first).status_code == 504  # it may have been written
        assert (second.status_code, second.json()["code"]) == (503, "SERVICE_UNAVAILABLE")
        h.gateway.commands._answer_seconds_max = 30  # the third has all the time that it needs
        h.engine.held.set()
        third = await h.call("POST", "/api/v1/orders", {**LIMIT, "client_order_id": "third"}, user=ALICE)
        assert third.status_code == 201
        assert [len(batch) for batch in h.engine.appended] == [1, 1]  # the first and the third

    play(scenario, answer_seconds_max=1)


def test_too_many_waiting_commands_are_refused_at_once(play: Play) -> None:
    async def scenario(h: Harness) -> None:
        answer = await h.call("POST", "/api/v1/orders", LIMIT, user=ALICE)
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")

    play(scenario, queued_commands_max=0)


def test_what_has_nothing_to_do_is_answered_at_once(play: Play) -> None:
    """The engine makes no event of it; a request that waited for one would be told that the outcome is not known."""

    async def scenario(h: Harness) -> None:
        nothing = await h.call("DELETE", "/api/v1/orders", user=ALICE)
        assert (nothing.status_code, nothing.json()) == (200, {"cancelled": 0, "orders": []})
        for path in ("halt-all", "resume-all", "resume-all"):
            answer = await h.call("POST", f"/api/v1/admin/emergency/{path}", {"reason": "check"}, user=BOB, roles=(Role.ADMIN,))
            assert answer.status_code == 200
        assert h.gateway.commands.in_flight == 0

    play(scenario)
