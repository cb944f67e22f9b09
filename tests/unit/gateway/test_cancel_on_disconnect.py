"""Orders that are cancelled when their connection ends."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

import pytest

from engine_container.gateway.sockets import connection as wire
from tests.unit.gateway.conftest import Harness

Play = Callable[..., None]
ALICE = UUID("018f0000-0000-7000-8000-00000000000a")
BOB = UUID("018f0000-0000-7000-8000-00000000000b")
LIMIT = {"symbol": "BTC/USDT", "side": "BUY", "type": "LIMIT", "quantity": "0.5", "price": "100"}
pytestmark = pytest.mark.usefixtures("socket_protocol")


async def _rest(h: Harness, user: UUID) -> None:
    assert (await h.call("POST", "/api/v1/orders", LIMIT, user=user)).status_code == 201


async def _open_orders(h: Harness, user: UUID) -> int:
    await h.settle()
    return len([order for order in h.engine.orders.values() if order.user_id == user.bytes])


@pytest.mark.parametrize("way", ["leaves", "idle", "engine away for a moment"])
def test_orders_are_cancelled_with_the_connection_where_the_user_asked_for_it(
    play: Play, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    monkeypatch.setattr("engine_container.gateway.sockets.server.CANCEL_RETRY_SECONDS", 0.01)

    async def scenario(h: Harness) -> None:
        async with h.socket("/ws") as socket:
            socket.say(action="auth", token=h.token(ALICE), cancel_on_disconnect=True)
            assert (await socket.hear("authenticated"))["data"]["cancel_on_disconnect"] is True
            for user in (ALICE, ALICE, BOB):
                await _rest(h, user)
            if way == "idle":
                monkeypatch.setattr("engine_container.gateway.sockets.server.IDLE_SECONDS_MAX", 0)
                assert await socket.closed() == wire.CLOSE_IDLE
            elif way.startswith("engine"):
                h.engine.failures = 3
        assert await _open_orders(h, ALICE) == 0
        assert await _open_orders(h, BOB) == 1

    play(scenario)


@pytest.mark.parametrize(("wish", "left"), [(None, 1), (False, 1), (True, 0)])
def test_the_last_wish_about_disconnecting_counts(play: Play, wish: bool | None, left: int) -> None:
    async def scenario(h: Harness) -> None:
        async with h.socket("/ws") as socket:
            socket.say(action="auth", token=h.token(ALICE), cancel_on_disconnect=not wish if wish is not None else None)
            await socket.hear("authenticated")
            socket.say(action="auth", token=h.token(ALICE), cancel_on_disconnect=wish)
            await socket.hear("authenticated")
            await _rest(h, ALICE)
        assert await _open_orders(h, ALICE) == left

    play(scenario)


def test_a_connection_without_a_sign_in_cancels_nothing(play: Play) -> None:
    async def scenario(h: Harness) -> None:
        await _rest(h, ALICE)
        async with h.socket("/ws/orderbook/BTCUSDT", query="cancel_on_disconnect=true") as socket:
            await socket.hear("snapshot")
        async with h.socket("/ws/orders", user=ALICE) as other:
            await other.hear("subscribed")
        assert await _open_orders(h, ALICE) == 1
        async with h.socket("/ws/orders", user=ALICE, query="cancel_on_disconnect=true") as asked:
            await asked.hear("subscribed")
        assert await _open_orders(h, ALICE) == 0

    play(scenario)
