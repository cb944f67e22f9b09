"""Staff find in the audit log what they look for, page by page and as CSV."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from psycopg.types.json import Jsonb

from functions.auth import audit_search

from .conftest import Account, Answer, Identity
from .test_activity import _settle

PATH = "/api/auth/admin/audit-logs"
START = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def support(identity: Identity) -> Account:
    return identity.member(roles=["SUPPORT"], rate_limit_tier="vip")


def _write(identity: Identity, user: UUID, count: int, **columns: object) -> None:
    """Records about the user, a second apart; two in a row share their moment."""
    for number in range(count):
        values: dict[str, Any] = {
            "id": uuid4(), "user_id": user, "actor_type": "USER", "action": "x.y", "result": "SUCCESS", "timestamp": START + timedelta(seconds=number // 2),
        } | columns  # fmt: skip
        names = ", ".join(values)
        marks = ", ".join(f"%({name})s" for name in values)
        identity.owner.execute(f"INSERT INTO audit_logs ({names}) VALUES ({marks})", values)


def _search(identity: Identity, support: Account, **query: str) -> Answer:
    return identity.call("GET", PATH, query=query, token=support.access_token)


def _count(identity: Identity, support: Account, **query: str) -> int:
    answer = _search(identity, support, limit="100", **query)
    assert answer.status == 200
    return len(answer.body["data"])


def test_the_log_is_read_on_by_its_cursor_whatever_is_added(identity: Identity, support: Account) -> None:
    user = uuid4()
    _write(identity, user, 7)
    pages: list[Any] = []
    cursor: str | None = ""
    while cursor is not None:
        page = _search(identity, support, user_id=str(user), limit="3", **({"cursor": cursor} if cursor else {})).body
        pages += page["data"]
        cursor = page["pagination"]["next_cursor"]
        _write(identity, user, 1, timestamp=datetime.now(UTC))
    assert len({entry["id"] for entry in pages}) == len(pages) == 7
    assert [entry["timestamp"] for entry in pages] == sorted((entry["timestamp"] for entry in pages), reverse=True)


def test_each_condition_narrows(identity: Identity, support: Account) -> None:
    user, actor, request = uuid4(), uuid4(), f"request-{uuid4()}"
    _write(identity, user, 4)
    _write(identity, user, 1, action="x.z", result="FAILURE", actor_id=actor, request_id=request, resource=f"user:{user}")
    subject = {"user_id": str(user)}
    assert _count(identity, support, **subject) == 5
    assert _count(identity, support, **subject, action="x.") == 5
    assert _count(identity, support, **subject, action="x.y") == 4
    assert _count(identity, support, **subject, action="x") == 0
    assert _count(identity, support, **subject, result="FAILURE") == 1
    assert _count(identity, support, actor_id=str(actor)) == 1
    assert _count(identity, support, request_id=request) == 1
    assert _count(identity, support, resource=f"user:{user}") == 1
    assert _count(identity, support, **subject, since="2026-03-01T12:00:01Z") == 2
    assert _count(identity, support, **subject, until="2026-03-01T15:00:01+03:00") == 3
    assert _count(identity, support, **subject, since="2026-03-01T12:00:00Z", until="2026-03-01T12:00:01Z") == 3
    assert _count(identity, support, actor_id=str(actor), action="x.y") == 0


@pytest.mark.parametrize(
    "query",
    [
        {"since": "yesterday"},
        {"since": "2026-03-01T12:00:00"},
        {"actor_id": "x"},
        {"result": "MAYBE"},
        {"limit": "101"},
        {"offset": "1"},
        {"until": "2026-03-01T12:00:00Z", "since": "2026-03-01T12:00:00Z"},
        {"cursor": "x"},
    ],
)
def test_a_bad_search_is_refused(identity: Identity, support: Account, query: dict[str, str]) -> None:
    answer = _search(identity, support, **query)
    assert (answer.status, answer.body["errors"][0]["field"]) == (400, next(iter(query)))


def test_the_same_search_is_a_file_and_taking_it_is_recorded(identity: Identity, support: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    user = uuid4()
    _write(identity, user, 3, reason="=cmd|' /C calc'!A0", new_value=Jsonb({"say": 'a "b", c'}))
    monkeypatch.setattr(audit_search, "CSV_ROWS_MAX", 2)
    query = {"user_id": str(user)}
    first = identity.call("GET", f"{PATH}.csv", query=query, token=support.access_token)
    assert (first.status, first.headers["Content-Type"]) == (200, "text/csv; charset=utf-8")
    rows = list(csv.DictReader(io.StringIO(first.text)))
    assert [(row["action"], row["reason"], row["new_value"]) for row in rows] == [
        ("x.y", "'=cmd|' /C calc'!A0", '{"say":"a \\"b\\", c"}')
    ] * 2
    last = identity.call("GET", f"{PATH}.csv", query=query | {"cursor": first.headers["X-Next-Cursor"]}, token=support.access_token)
    assert len(list(csv.DictReader(io.StringIO(last.text)))) == 1
    assert "X-Next-Cursor" not in last.headers
    assert identity.call("GET", f"{PATH}.csv", query={"limit": "9"}, token=support.access_token).code == "VALIDATION_ERROR"
    _settle(identity)
    assert _count(identity, support, actor_id=str(identity.row(support.email, "id")), action="audit.exported") == 2


def test_only_staff_search(identity: Identity) -> None:
    account = identity.member()
    for path in (PATH, f"{PATH}.csv"):
        assert identity.call("GET", path, token=account.access_token).code == "FORBIDDEN"
