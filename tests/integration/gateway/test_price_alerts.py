"""Price alerts through the gateway's API, on a real database, fired by the last price that the history has."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import msgspec
import pytest

from engine_container.gateway.alerts import ALERTS_MAX
from engine_container.publisher.price_alerts import PriceAlerts
from functions.notifications.templates import render
from mycrypto.mail import MailKind
from mycrypto.outbox import Waiting
from mycrypto.queue import decode
from tests.integration.gateway.paper_desk import ALICE, BOB, Desk, open_desk

if TYPE_CHECKING:
    from tests.integration.conftest import TestDatabase

ABOVE = {"symbol": "BTCUSDT", "condition": "ABOVE", "price": "41000"}
BELOW = {"symbol": "BTC/USDT", "condition": "BELOW", "price": "39000.50"}


class Queue:
    """Messages by id; ``away`` fails, ``refuses`` are left out of the answer."""

    def __init__(self) -> None:
        self.away = False
        self.refuses: set[UUID] = set()
        self.messages: list[tuple[UUID, dict[str, str]]] = []

    def send(self, destination: str, rows: Sequence[Waiting]) -> Sequence[UUID]:
        if self.away:
            raise OSError("gone")
        assert destination == "sqs:email-notifications"
        taken = [row for row in rows if row.id not in self.refuses]
        for row in taken:
            envelope = decode(row.payload.decode())
            details = msgspec.json.decode(envelope.data, type=dict[str, str])
            assert "{" not in render(MailKind(envelope.type), details).text
            self.messages.append((row.id, details))
        return [row.id for row in taken]


class Reporter:
    def warning(self, msg: object, *args: object) -> None:
        pass

    def exception(self, msg: object, *args: object) -> None:
        pass


Scenario = Callable[[Desk, PriceAlerts, Queue], Coroutine[Any, Any, None]]
Play = Callable[[Scenario], None]


@pytest.fixture
def with_alerts(trade_database: TestDatabase, tmp_path: Path) -> Play:
    def run(scenario: Scenario) -> None:
        async def all_of_it() -> None:
            async with open_desk(trade_database, tmp_path) as desk:
                queue = Queue()
                await scenario(desk, PriceAlerts(desk.pool, queue, Reporter()), queue)

        asyncio.run(all_of_it())

    return run


async def add(desk: Desk, body: object, user: UUID = ALICE) -> Any:
    answer = await desk.call("POST", "/api/v1/alerts", body, user=user)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def listed(desk: Desk, user: UUID = ALICE) -> list[Any]:
    rows: list[Any] = (await desk.call("GET", "/api/v1/alerts", user=user)).json()["data"]
    return rows


def test_alerts_are_made_read_changed_and_deleted_by_their_owner_alone(with_alerts: Play) -> None:
    async def scenario(desk: Desk, _alerts: PriceAlerts, _queue: Queue) -> None:
        one, two = await add(desk, ABOVE), await add(desk, BELOW)
        assert (one["symbol"], one["condition"], one["price"], two["price"]) == ("BTC/USDT", "ABOVE", "41000", "39000.5")
        assert await listed(desk) == [one, two]
        path = f"/api/v1/alerts/{one['id']}"
        assert (await desk.call("GET", path)).json() == one
        for method, body in (("GET", None), ("PATCH", {"price": "1"}), ("DELETE", None)):
            assert (await desk.call(method, path, body, user=BOB)).json()["code"] == "NOT_FOUND"
        changed = (await desk.call("PATCH", path, {"condition": "BELOW", "price": "40500"})).json()
        assert changed == {**one, "condition": "BELOW", "price": "40500"}
        assert (await desk.call("PATCH", path, {"price": "40501"})).json()["condition"] == "BELOW"
        assert (await desk.call("DELETE", path)).status_code == 200
        assert await listed(desk) == [two]

    with_alerts(scenario)


def test_concurrent_requests_leave_ten_alerts_at_most(with_alerts: Play) -> None:
    async def scenario(desk: Desk, _alerts: PriceAlerts, _queue: Queue) -> None:
        answers = await asyncio.gather(*(desk.call("POST", "/api/v1/alerts", ABOVE) for _ in range(ALERTS_MAX + 3)))
        assert sorted(answer.status_code for answer in answers) == [201] * ALERTS_MAX + [409] * 3
        refused = next(answer.json() for answer in answers if answer.status_code == 409)
        assert (refused["code"], refused["limit"]) == ("ALERT_LIMIT", ALERTS_MAX)
        await add(desk, ABOVE, BOB)

    with_alerts(scenario)


@pytest.mark.parametrize(
    ("method", "path", "body", "code"),
    [
        ("POST", "/api/v1/alerts", {**ABOVE, "symbol": "DOGE/USDT"}, "ORDER_001"),
        ("POST", "/api/v1/alerts", {**ABOVE, "price": "0"}, "ORDER_002"),
        ("POST", "/api/v1/alerts", {**ABOVE, "price": 41_000}, "VALIDATION_ERROR"),
        ("POST", "/api/v1/alerts", {**ABOVE, "condition": "NEAR"}, "VALIDATION_ERROR"),
        ("POST", "/api/v1/alerts", {**ABOVE, "colour": "red"}, "VALIDATION_ERROR"),
        ("PATCH", f"/api/v1/alerts/{uuid4()}", {}, "VALIDATION_ERROR"),
        ("PATCH", f"/api/v1/alerts/{uuid4()}", {"price": "1"}, "NOT_FOUND"),
        ("GET", "/api/v1/alerts/mine", None, "VALIDATION_ERROR"),
        ("GET", "/api/v1/alerts?limit=1", None, "VALIDATION_ERROR"),
    ],
)
def test_bad_input_has_its_answer(with_alerts: Play, method: str, path: str, body: object, code: str) -> None:
    async def scenario(desk: Desk, _alerts: PriceAlerts, _queue: Queue) -> None:
        assert (await desk.call(method, path, body)).json()["code"] == code

    with_alerts(scenario)


def test_an_alert_fires_once_when_the_last_price_is_there_and_is_gone(with_alerts: Play) -> None:
    async def scenario(desk: Desk, alerts: PriceAlerts, queue: Queue) -> None:
        above, below = await add(desk, ABOVE), await add(desk, BELOW)
        assert await alerts.step() is False  # there is no trade yet
        await desk.trade(40_000)
        await alerts.step()
        assert (queue.messages, len(await listed(desk))) == ([], 2)
        await desk.trade(41_000)
        await alerts.step()
        ((message_id, details),) = queue.messages
        assert message_id == UUID(above["id"])
        assert details == {"user_id": str(ALICE), "symbol": "BTC/USDT", "condition": "ABOVE", "price": "41000", "last_price": "41000"}
        assert await listed(desk) == [below]
        await desk.trade(39_000)
        await alerts.step()
        await alerts.step()
        assert [message_id for message_id, _ in queue.messages] == [UUID(above["id"]), UUID(below["id"])]
        assert await listed(desk) == []

    with_alerts(scenario)


def test_an_alert_that_fired_waits_for_the_queue_and_keeps_its_id(with_alerts: Play, trade_database: TestDatabase) -> None:
    async def scenario(desk: Desk, alerts: PriceAlerts, queue: Queue) -> None:
        one, two = await add(desk, ABOVE), await add(desk, {**ABOVE, "price": "41001"})
        await desk.trade(42_000)
        queue.away = True
        with pytest.raises(OSError, match="gone"):
            await alerts.step()
        assert await listed(desk) == []
        assert (await desk.call("DELETE", f"/api/v1/alerts/{one['id']}")).json()["code"] == "NOT_FOUND"
        await desk.trade(40_000)  # it fired all the same
        queue.away, queue.refuses = False, {UUID(two["id"])}
        await alerts.step()
        queue.refuses = set()
        await alerts.step()
        assert [message_id for message_id, _ in queue.messages] == [UUID(one["id"]), UUID(two["id"])]
        assert {details["last_price"] for _, details in queue.messages} == {"42000"}
        assert trade_database.connect().execute("SELECT count(*) FROM price_alerts").fetchone() == (0,)

    with_alerts(scenario)
