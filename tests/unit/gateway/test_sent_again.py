"""The same id with the same content gets the same answer: what was accepted as what was refused, whichever way it is sent again, and by a gateway
that has just started as well.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

import httpx
import pytest

from engine_container.gateway.refusals import refusal
from mycrypto.contracts import commands as c
from tests.unit.gateway.conftest import Harness
from tests.unit.gateway.core_engine import CoreEngine
from tests.unit.gateway.memory_logs import MemoryEvents

UNIT = 100_000_000
SYMBOL = "BTC/USDT"
ALICE, BOB = UUID(int=11), UUID(int=12)
POOR = UUID(int=13)

Play = Callable[..., None]


class Market:
    """A core that lists a symbol, with two rich users."""

    def __init__(self) -> None:
        self.engine = CoreEngine(MemoryEvents())
        self.ids = 0
        self.do(
            c.SetSymbol(self.id(), SYMBOL, "BTC", "USDT", UNIT // 100, UNIT // 1000, UNIT // 1000, 100 * UNIT, 10 * UNIT, 1_000, 500, 1000)
        )
        for user in (ALICE, BOB):
            for asset in ("BTC", "USDT"):
                self.do(c.Credit(self.id(), user.bytes, asset, 10**6 * UNIT, self.id()))

    def id(self) -> bytes:
        self.ids += 1
        return self.ids.to_bytes(16, "big")

    def do(self, command: c.Command) -> None:
        assert self.engine.carry_out([command]) is not None


def limit(side: str = "BUY", price: str = "100.00", quantity: str = "1", **more: Any) -> dict[str, Any]:
    return {"symbol": SYMBOL, "side": side, "type": "LIMIT", "price": price, "quantity": quantity, **more}


REFUSED: dict[str, tuple[UUID, dict[str, Any]]] = {
    "WALLET_001": (POOR, limit()),
    "NO_LIQUIDITY": (ALICE, {"symbol": SYMBOL, "side": "SELL", "type": "MARKET", "quantity": "1"}),
    "POST_ONLY_WOULD_TRADE": (ALICE, limit(price="101.00", post_only=True)),
    "FOK_NOT_FILLABLE": (ALICE, limit(price="101.00", quantity="5", time_in_force="FOK")),
    "PRICE_BAND": (ALICE, limit(price="200.00")),
    "MIN_NOTIONAL": (ALICE, limit(quantity="0.001")),
    "INVALID_QUANTITY": (ALICE, limit(quantity="0.0001")),
    "ORDER_002": (ALICE, limit(price="100.001")),
}


def same(answer: httpx.Response | dict[str, Any]) -> dict[str, Any]:
    """A body without what names this very request."""
    body: dict[str, Any] = dict(answer if isinstance(answer, dict) else answer.json())
    for name in ("trace_id", "instance", "timestamp"):
        body.pop(name, None)
    return body


async def open_book(harness: Harness) -> None:
    """One sale at 101 rests, and 100 was traded last."""
    await harness.call("POST", "/api/v1/orders", limit("SELL"), user=BOB)
    await harness.call("POST", "/api/v1/orders", limit("BUY"), user=ALICE)
    rested = await harness.call("POST", "/api/v1/orders", limit("SELL", "101.00"), user=BOB)
    assert rested.status_code == 201


@pytest.mark.parametrize("code", REFUSED)
def test_a_refusal_is_answered_again_as_it_was(play: Play, code: str) -> None:
    user, order = REFUSED[code]
    body = order | {"client_order_id": "again"}
    market = Market()
    first: list[dict[str, Any]] = []

    async def ask(harness: Harness) -> None:
        if not first:
            await open_book(harness)
        for _ in range(2):
            answer = await harness.call("POST", "/api/v1/orders", body, user=user)
            first.append(same(answer) | {"status": answer.status_code})
            (item,) = (await harness.call("POST", "/api/v1/orders/batch", {"orders": [body]}, user=user)).json()["results"]
            first.append(same(item["error"]) | {"status": item["status"]})
            async with harness.socket("/ws", user=user) as socket:
                await socket.hear("connected")
                socket.say(action="place", id=1, order=body)
                heard = await socket.hear("error")
            assert (heard["error"]["code"], heard["error"]["detail"]) == (first[0]["code"], first[0]["detail"])

    play(ask, core=market.engine)
    play(ask, core=market.engine)  # another gateway, which reads the log from its beginning
    assert first[0]["code"] == code
    assert all(answer == first[0] for answer in first)


def test_a_refusal_that_reached_no_client_is_the_answer_to_a_repeat(play: Play) -> None:
    market = Market()
    command = c.PlaceOrder(market.id(), POOR.bytes, SYMBOL, 0, 0, 0, UNIT, 100 * UNIT, "unheard")  # type: ignore[arg-type] # as the log has them
    market.do(command)

    async def ask(harness: Harness) -> None:
        answer = await harness.call("POST", "/api/v1/orders", limit(client_order_id="unheard"), user=POOR)
        assert (answer.status_code, answer.json()["code"], answer.json()["required"]) == (400, "WALLET_001", "100.1")

    play(ask, core=market.engine)


def test_another_content_under_the_id_of_a_refusal_is_a_conflict(play: Play) -> None:
    async def ask(harness: Harness) -> None:
        body = limit(client_order_id="mine")
        assert (await harness.call("POST", "/api/v1/orders", body, user=POOR)).status_code == 400
        other = await harness.call("POST", "/api/v1/orders", body | {"quantity": "2"}, user=POOR)
        assert (other.status_code, other.json()["code"]) == (409, "IDEMPOTENCY_CONFLICT")

    play(ask, core=Market().engine)


def test_a_refusal_reads_the_same_whatever_order_its_figures_are_kept_in() -> None:
    """A database gives members back in an order of its own."""
    details: dict[str, int | str] = {"quantity": 5 * UNIT, "fillable": UNIT, "required": 3 * UNIT, "asset": "USDT"}
    backwards = dict(reversed(details.items()))
    assert refusal("FOK_NOT_FILLABLE", details).body() == refusal("FOK_NOT_FILLABLE", backwards).body()
