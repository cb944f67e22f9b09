"""A wiped Redis does not know who logged out: until the marks are restored no token can open a position."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest

from engine_container.gateway import auth
from engine_container.gateway.sockets.session_check import SessionCheck
from engine_container.web.steps import finish
from mycrypto.errors import ProblemError
from mycrypto.security import revocation
from tests.unit.gateway.conftest import Harness

Play = Callable[..., None]
ALICE = UUID("018f0000-0000-7000-8000-00000000000a")
LIMIT = {"symbol": "BTC/USDT", "side": "BUY", "type": "LIMIT", "quantity": "0.5", "price": "42500.10"}
ORDERS = "/api/v1/orders"
OPENING: tuple[tuple[str, dict[str, Any]], ...] = (
    (ORDERS, LIMIT),
    (f"{ORDERS}/batch", {"orders": [LIMIT]}),
    (f"{ORDERS}/oco", {}),
    (f"{ORDERS}/batch/oco", {}),
    (f"{ORDERS}/batch/replace", {}),
    (f"{ORDERS}/018f0000-0000-7000-8000-00000000000a/replace", {}),
)


@pytest.fixture(autouse=True)
def asked_every_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(auth, "REVOCATION_AGE_SECONDS_MAX", -1.0)


def test_a_token_that_was_logged_out_places_nothing_after_a_wipe(play: Play) -> None:
    async def scenario(h: Harness) -> None:
        headers = {"Authorization": f"Bearer {h.token(ALICE)}"}
        placed = await h.call("POST", ORDERS, LIMIT, headers=headers)
        claims = (await finish(h.gateway.auth.verify(headers["Authorization"].removeprefix("Bearer ")))).claims
        assert claims is not None
        h.redis.values[revocation.token_key(claims.jti)] = b"1"
        assert (await h.call("POST", ORDERS, LIMIT, headers=headers)).status_code == 401
        h.redis.values.clear()  # FLUSHALL
        for path, body in OPENING:
            answer = await h.call("POST", path, body, headers=headers)
            assert (answer.status_code, answer.json()["code"]) == (503, "SERVICE_UNAVAILABLE"), path
        assert len(h.engine.orders) == 1
        order_id = placed.json()["order"]["id"]
        changed = await h.call("PATCH", f"{ORDERS}/{order_id}", {"price": "42500.20"}, headers=headers)
        assert changed.status_code == 503
        assert (await h.call("GET", ORDERS, headers=headers)).status_code == 200
        assert (await h.call("DELETE", f"{ORDERS}/{order_id}", headers=headers)).status_code == 200  # a cancellation ends a risk
        h.redis.values[revocation.COMPLETE_KEY] = b"1"
        assert (await h.call("POST", ORDERS, LIMIT, user=ALICE)).status_code == 201

    play(scenario)


def test_a_socket_places_nothing_either(play: Play) -> None:
    async def scenario(h: Harness) -> None:
        async with h.socket("/ws", user=ALICE) as socket:
            socket.say(action="place", id=1, order=LIMIT)
            name = (await socket.hear("result"))["data"]["order"]["client_order_id"]
            h.redis.values.clear()
            await h.call("GET", ORDERS, user=ALICE)  # so that the gateway has asked; by itself it does so once a second
            for action, content in (("place", {"order": LIMIT}), ("place_batch", {"orders": [LIMIT]}), ("place_oco", {"order": LIMIT})):
                socket.say(action=action, id=2, **content)
                assert (await socket.hear("error"))["error"]["code"] == "SERVICE_UNAVAILABLE", action
            socket.say(action="cancel", id=3, client_order_id=name)
            assert (await socket.hear("result"))["data"]["status"] == "CANCELLED"

    play(scenario)


def test_the_look_at_open_sockets_notices_the_wipe(play: Play) -> None:
    async def scenario(h: Harness) -> None:
        h.redis.values.clear()
        await SessionCheck(h.gateway)._close_revoked([])
        with pytest.raises(ProblemError, match="SERVICE_UNAVAILABLE"):
            h.gateway.auth.require_complete()

    play(scenario)
