"""Notices through the gateway: listed and marked as read by their owner alone, and told over the socket when they are written."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID, uuid4

import httpx
import msgspec
import psycopg
import pytest

from functions.notifications import notice_store
from mycrypto.notices import NoticeKind
from mycrypto.security import keys
from tests.unit.gateway.conftest import Harness, running

if TYPE_CHECKING:
    from tests.integration.conftest import TestDatabase

LIST: Final = "/api/v1/notices"
READ: Final = "/api/v1/notices/read"
ALICE, BOB = uuid4(), uuid4()
BEGIN: Final = datetime.now(UTC).replace(microsecond=123_000) - timedelta(hours=1)
Writer = Callable[[UUID, str], str]
Scenario = Callable[[Harness, Writer], Coroutine[Any, Any, None]]


def writer(database: TestDatabase) -> Writer:
    """Writes a notice as the notifications function does; returns its id."""
    with database.connect() as admin:
        for user_id in (ALICE, BOB):
            admin.execute(
                """INSERT INTO users (id, email, password_hash, terms_version, terms_accepted, kvkk_consent_version, kvkk_consent_accepted, consented_at)
                   VALUES (%s, %s, 'x', '1', true, '1', true, now())""",
                (user_id, f"{user_id}@example.com"),
            )
    connection, count = database.connect("auth_app"), 0

    def write(user_id: UUID, symbol: str) -> str:
        nonlocal count
        count += 1
        notice_id, at = uuid4(), BEGIN + timedelta(seconds=count)
        params = {"symbol": symbol, "orders": str(count)}
        assert notice_store.write(connection, notice_id, user_id, NoticeKind.MARKET_HALTED, params, at, datetime.now(UTC))
        return str(notice_id)

    return write


@pytest.fixture
def key() -> keys.SigningKey:
    stored = keys.generate("2026-01-01T00:00:00Z", bits=2048)
    return keys.signing_key({"keys": [msgspec.to_builtins(stored)]})


@pytest.fixture
def public_key(key: keys.SigningKey, tmp_path: Path) -> Path:
    path = tmp_path / "jwks.json"
    path.write_bytes(msgspec.json.encode(keys.publish({key.kid: key.public_key})))
    return path


@pytest.fixture
def with_notices(exchange: TestDatabase, key: keys.SigningKey, public_key: Path) -> Callable[[Scenario], None]:
    def run(scenario: Scenario) -> None:
        async def all_of_it() -> None:
            write = writer(exchange)
            async with running(key, public_key, notices_database_url=exchange.dsn("notices_app")) as harness:
                await scenario(harness, write)

        asyncio.run(all_of_it())

    return run


async def listed(h: Harness, user: UUID, **query: object) -> Any:
    answer = await h.call("GET", LIST, user=user, params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def read(h: Harness, user: UUID, **body: object) -> httpx.Response:
    return await h.call("POST", READ, body, user=user)


def test_notices_are_listed_newest_first_page_by_page(with_notices: Callable[[Scenario], None]) -> None:
    async def scenario(h: Harness, write: Writer) -> None:
        assert await listed(h, ALICE) == {"data": [], "pagination": {"limit": 50, "has_next": False, "next_cursor": None}, "unread": 0}
        ids = [write(ALICE, "BTC/TRY") for _ in range(5)]
        write(BOB, "ETH/TRY")
        page = await listed(h, ALICE, limit=2)
        assert [each["id"] for each in page["data"]] == ids[:2:-1]
        at = (BEGIN + timedelta(seconds=5)).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        params = {"symbol": "BTC/TRY", "orders": "5"}
        assert page["data"][0] == {"id": ids[4], "kind": "market_halted", "params": params, "happened_at": at, "read_at": None}
        assert page["unread"] == 5
        write(ALICE, "BTC/TRY")  # what comes meanwhile moves no page
        found = [each["id"] for each in page["data"]]
        while cursor := page["pagination"]["next_cursor"]:
            page = await listed(h, ALICE, limit=2, cursor=cursor)
            found += [each["id"] for each in page["data"]]
        assert found == ids[::-1]
        for query in ({"cursor": "x"}, {"limit": 0}, {"offset": 1}):
            assert (await h.call("GET", LIST, user=ALICE, params=query)).json()["code"] == "VALIDATION_ERROR"

    with_notices(scenario)


def test_some_or_all_up_to_one_are_marked_and_a_second_time_changes_nothing(with_notices: Callable[[Scenario], None]) -> None:
    async def scenario(h: Harness, write: Writer) -> None:
        ids = [write(ALICE, "BTC/TRY") for _ in range(4)]
        assert (await read(h, ALICE, ids=[ids[3], str(uuid4())])).json() == {"unread": 3}
        first = {each["id"]: each["read_at"] for each in (await listed(h, ALICE))["data"]}
        assert [first[each] is not None for each in ids] == [False, False, False, True]
        assert (await read(h, ALICE, ids=[ids[3].upper()])).json() == {"unread": 3}
        assert (await read(h, ALICE, up_to=ids[1])).json() == {"unread": 1}
        assert (await read(h, ALICE, up_to=ids[1])).json() == {"unread": 1}
        page = await listed(h, ALICE)
        last = {each["id"]: each["read_at"] for each in page["data"]}
        assert [last[each] is not None for each in ids] == [True, True, False, True]
        assert (last[ids[3]], page["unread"]) == (first[ids[3]], 1), "what is read keeps its moment"
        assert (await read(h, ALICE, up_to=ids[3])).json() == {"unread": 0}

    with_notices(scenario)


def test_what_is_not_ones_own_can_neither_be_seen_nor_marked(with_notices: Callable[[Scenario], None]) -> None:
    async def scenario(h: Harness, write: Writer) -> None:
        own, strange = write(ALICE, "BTC/TRY"), write(BOB, "ETH/TRY")
        assert (await read(h, ALICE, ids=[strange])).json() == {"unread": 1}
        assert (await read(h, ALICE, up_to=strange)).json() == {"unread": 1}
        assert [(each["id"], each["read_at"]) for each in (await listed(h, BOB))["data"]] == [(strange, None)]
        assert [each["id"] for each in (await listed(h, ALICE))["data"]] == [own]

    with_notices(scenario)


def test_who_is_to_mark_says_what(with_notices: Callable[[Scenario], None]) -> None:
    async def scenario(h: Harness, write: Writer) -> None:
        notice = write(ALICE, "BTC/TRY")
        bodies: list[dict[str, object]] = [{}, {"up_to": notice, "ids": [notice]}, {"ids": []}, {"up_to": "x" * 36}, {"all": True}]
        bodies.append({"ids": [notice] * 101})
        for body in bodies:
            assert (await read(h, ALICE, **body)).json()["code"] == "VALIDATION_ERROR", body
        assert (await h.call("GET", LIST)).status_code == 401
        assert (await listed(h, ALICE))["unread"] == 1

    with_notices(scenario)


def test_new_notices_come_over_the_socket_of_their_owner_in_order(with_notices: Callable[[Scenario], None]) -> None:
    async def scenario(h: Harness, write: Writer) -> None:
        write(ALICE, "BTC/TRY")
        async with h.socket("/ws", user=ALICE) as socket, h.socket("/ws", user=BOB) as other:
            for each in (socket, other):
                each.say(action="subscribe", stream="notices", id=1)
                assert (await each.hear("subscribed"))["success"] is True
            ids = [write(ALICE, "BTC/TRY") for _ in range(3)]
            strange = write(BOB, "ETH/TRY")
            assert [(await socket.hear("notice"))["data"]["id"] for _ in range(3)] == ids
            assert (await other.hear("notice"))["data"]["id"] == strange
            socket.say(action="unsubscribe", stream="notices")
            await socket.hear("unsubscribed")
            missed = write(ALICE, "BTC/TRY")
            socket.say(action="subscribe", stream="notices")
            await socket.hear("subscribed")
            newest = write(ALICE, "BTC/TRY")
            assert (await socket.hear("notice"))["data"]["id"] == newest
            assert (await listed(h, ALICE))["data"][1]["id"] == missed, "what was missed is in the list"

    with_notices(scenario)


def test_notices_are_for_people_who_are_signed_in(with_notices: Callable[[Scenario], None]) -> None:
    async def scenario(h: Harness, write: Writer) -> None:
        async with h.socket("/ws") as socket:
            socket.say(action="subscribe", stream="notices")
            assert (await socket.hear("error"))["error"]["code"] == "UNAUTHORIZED"
        async with h.socket("/ws", user=ALICE) as socket:
            socket.say(action="subscribe", stream="notices", mode="paper")
            assert (await socket.hear("error"))["error"]["code"] == "VALIDATION_ERROR"
            socket.say(action="subscribe", stream="notices")
            await socket.hear("subscribed")
            socket.say(action="resync", stream="notices")
            assert (await socket.hear("error"))["error"]["code"] == "VALIDATION_ERROR"

    with_notices(scenario)


def test_the_gateways_role_reads_notices_and_marks_them_and_does_nothing_else(exchange: TestDatabase) -> None:
    notices = exchange.connect("notices_app")
    notices.execute("SELECT * FROM notices")
    notices.execute("UPDATE notices SET read_at = now()")
    for refused in (
        "UPDATE notices SET params = '{}'",
        "DELETE FROM notices",
        "INSERT INTO notices (id, user_id, kind, params, happened_at) VALUES (gen_random_uuid(), gen_random_uuid(), 'x', '{}', now())",
        "SELECT email FROM users",
        "SELECT * FROM withdrawals",
        "SELECT * FROM outbox",
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            notices.execute(refused.encode())


def test_without_a_database_the_gateway_says_so(key: keys.SigningKey, public_key: Path) -> None:
    async def scenario() -> None:
        async with running(key, public_key, notices_database_url="postgresql://nothing@127.0.0.1:1/x") as h:
            answer = await h.call("GET", LIST, user=ALICE)
            assert (answer.status_code, answer.json()["code"]) == (503, "SERVICE_UNAVAILABLE")

    asyncio.run(scenario())
