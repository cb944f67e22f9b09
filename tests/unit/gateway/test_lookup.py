"""An order that was answered 504 OUTCOME_UNKNOWN is never said to be missing while it may be on the command log."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from uuid import UUID

import pytest

from engine_container.gateway import lookup
from mycrypto.contracts.commands import PlaceOrder
from mycrypto.ids import trading_uuid
from tests.unit.gateway.conftest import Harness
from tests.unit.gateway.memory_logs import NOW_MS

Play = Callable[..., None]
ALICE = UUID("018f0000-0000-7000-8000-00000000000a")
LIMIT = {"symbol": "BTC/USDT", "side": "BUY", "type": "LIMIT", "quantity": "0.5", "price": "42500.10", "client_order_id": "mine"}
BY_NAME = "/api/v1/orders/by-client-id/mine"


@pytest.fixture(autouse=True)
def short_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lookup, "ARRIVAL_SECONDS_MAX", 0.2)


async def _place_without_an_answer(h: Harness) -> None:
    h.engine.silent = True
    assert (await h.call("POST", "/api/v1/orders", LIMIT, user=ALICE)).status_code == 504


def _engine_returns(h: Harness) -> None:
    """The engine carries out, in their order, what was appended while it was away."""
    h.engine.silent = False
    for batch in h.engine.appended:
        h.engine.carry_out(batch)


def test_an_order_on_the_command_log_is_not_missing_while_the_engine_is_away(play: Play) -> None:
    async def scenario(h: Harness) -> None:
        await _place_without_an_answer(h)
        for method in ("GET", "DELETE"):
            answer = await h.call(method, BY_NAME, user=ALICE)
            assert (answer.status_code, answer.json()["code"]) == (503, "SERVICE_UNAVAILABLE"), method
        _engine_returns(h)
        assert (await h.call("GET", BY_NAME, user=ALICE)).json()["status"] == "OPEN"

    play(scenario, answer_seconds_max=1)


def test_an_order_whose_append_is_still_under_way_is_not_missing(play: Play) -> None:
    async def scenario(h: Harness) -> None:
        h.engine.held = asyncio.Event()
        assert (await h.call("POST", "/api/v1/orders", LIMIT, user=ALICE)).status_code == 504
        assert (await h.call("GET", BY_NAME, user=ALICE)).status_code == 503
        h.engine.held.set()
        assert (await h.call("GET", BY_NAME, user=ALICE)).json()["status"] == "OPEN"

    play(scenario, answer_seconds_max=1)


def test_an_id_of_another_gateways_order_is_not_missing_before_its_events_are_here(play: Play) -> None:
    async def scenario(h: Harness) -> None:
        await _place_without_an_answer(h)
        number = h.engine.seq + 1  # what the engine will name it
        path = f"/api/v1/orders/{trading_uuid(NOW_MS + number, number, 0)}"
        assert (await h.call("GET", path, user=ALICE)).status_code == 503
        _engine_returns(h)
        assert (await h.call("GET", path, user=ALICE)).json()["client_order_id"] == "mine"

    play(scenario, answer_seconds_max=1)


def test_a_name_that_was_never_sent_is_missing_and_no_order_is_placed_to_find_that_out(play: Play) -> None:
    async def scenario(h: Harness) -> None:
        assert (await h.call("GET", BY_NAME, user=ALICE)).status_code == 404
        assert not any(isinstance(command, PlaceOrder) for batch in h.engine.appended for command in batch)

    play(scenario)


def test_questions_share_a_command_but_none_that_was_appended_before(play: Play) -> None:
    async def scenario(h: Harness) -> None:
        barrier = h.gateway.barrier
        h.engine.held = asyncio.Event()
        first = [asyncio.create_task(barrier.passed(30)) for _ in range(20)]
        await h.engine.reached.wait()
        later = [asyncio.create_task(barrier.passed(30)) for _ in range(20)]
        await asyncio.sleep(0)
        h.engine.held.set()
        assert all(await asyncio.gather(*first, *later))
        assert [len(batch) for batch in h.engine.appended] == [1, 1]

    play(scenario, answer_seconds_max=30)


def test_a_socket_does_not_say_either_that_the_order_is_missing(play: Play) -> None:
    async def scenario(h: Harness) -> None:
        await _place_without_an_answer(h)
        async with h.socket("/ws", user=ALICE) as socket:
            socket.say(action="cancel", id=7, client_order_id="mine")
            assert (await socket.hear("error"))["error"]["status"] == 503
            _engine_returns(h)
            socket.say(action="cancel", id=8, client_order_id="mine")
            assert (await socket.hear("result"))["data"]["status"] == "CANCELLED"

    play(scenario, answer_seconds_max=1)
