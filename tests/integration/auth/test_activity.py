"""What an account's owner sees of what happened to it, and the sessions that are ended because of it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from .conftest import PASSWORD, Account, Identity


def _settle(identity: Identity) -> None:
    """Every audit record that waits becomes a row."""
    identity.auth.context().flush()
    records = [{"messageId": str(n), "body": json.dumps(body)} for n, body in enumerate(identity.drain("audit-logs"))]
    assert identity.audit.handler({"Records": records}, None) == {"batchItemFailures": []}


def _activity(identity: Identity, account: Account, **query: str) -> Any:
    return identity.call("GET", "/api/auth/activity", token=account.access_token, query=query)


def test_the_list_is_read_to_its_end_by_its_cursor(identity: Identity) -> None:
    account = identity.member()
    identity.login(account, "wrong-password")
    identity.call("PATCH", "/api/auth/profile/preferences", {"locale": "en"}, token=account.access_token)
    _settle(identity)
    whole = _activity(identity, account).body
    actions = [entry["action"] for entry in whole["data"]]
    assert sorted(actions) == sorted(["user.registered", "user.email_verified", "login.succeeded", "login.failed", "profile.changed"])
    assert whole["pagination"]["next_cursor"] is None
    failed = next(entry for entry in whole["data"] if entry["action"] == "login.failed")
    assert (failed["result"], failed["ip_address"], failed["user_agent"], failed["by_staff"]) == ("FAILURE", "127.0.0.1", "tests", False)
    pages: list[Any] = []
    cursor: str | None = ""
    while cursor is not None:
        page = _activity(identity, account, limit="2", **({"cursor": cursor} if cursor else {})).body
        pages += page["data"]
        cursor = page["pagination"]["next_cursor"]
    assert pages == whole["data"]


def test_nothing_of_another_account_is_in_it(identity: Identity) -> None:
    mine, other = identity.member(), identity.member()
    _settle(identity)
    cursor = _activity(identity, other, limit="1").body["pagination"]["next_cursor"]
    assert [entry["action"] for entry in _activity(identity, mine, cursor=cursor).body["data"]].count("user.registered") == 1
    ids = {entry["id"] for entry in _activity(identity, mine).body["data"]}
    assert not ids & {entry["id"] for entry in _activity(identity, other).body["data"]}


def test_what_staff_did_is_told_without_who_did_it(identity: Identity) -> None:
    account, chief = identity.member(), identity.member(roles=["ADMIN"])
    path = f"/api/auth/admin/users/{identity.row(account.email, 'id')}/tier"
    assert identity.call("PUT", path, {"tier": "pro", "reason": "a long-standing customer"}, token=chief.access_token).status == 200
    identity.login(account)
    _settle(identity)
    (entry,) = [entry for entry in _activity(identity, account).body["data"] if entry["action"] == "user.tier"]
    assert (entry["by_staff"], entry["ip_address"], entry["user_agent"]) == (True, None, "")
    assert set(entry) == {"id", "action", "result", "resource", "by_staff", "ip_address", "user_agent", "timestamp"}


@pytest.mark.parametrize("cursor", ["x", "AAAA", "k" * 100, "é", "kgHEEA", "kv_EEAAAAAAAAAAAAAAAAAAAAAA"])
def test_a_cursor_that_was_not_given_out_is_refused(identity: Identity, cursor: str) -> None:
    answer = _activity(identity, identity.member(), cursor=cursor)
    assert (answer.status, answer.code) == (400, "VALIDATION_ERROR")


def test_all_other_sessions_are_ended_at_once(identity: Identity) -> None:
    account, stranger = identity.member(), identity.member()
    others = [Account(account.email) for _ in range(2)]
    for other in others:
        identity.login(other)
    answer = identity.call("DELETE", "/api/auth/sessions", token=account.access_token)
    assert (answer.status, answer.body) == (200, {"ended": 2})
    for other in others:
        assert identity.call("GET", "/api/auth/profile", token=other.access_token).status == 401
        assert identity.call("POST", "/api/auth/refresh", {"refresh_token": other.refresh_token}).status == 401
    assert identity.call("GET", "/api/auth/profile", token=account.access_token).status == 200
    assert identity.call("POST", "/api/auth/refresh", {"refresh_token": account.refresh_token}).status == 200
    assert identity.call("GET", "/api/auth/profile", token=stranger.access_token).status == 200
    assert identity.call("DELETE", "/api/auth/sessions", token=account.access_token).body == {"ended": 0}


def test_without_redis_no_session_is_ended(identity: Identity, monkeypatch: pytest.MonkeyPatch) -> None:
    import redis

    account, other = identity.member(), Account("")
    other.email = account.email
    identity.login(other)

    def away(*_: object, **__: object) -> None:
        raise redis.ConnectionError

    with monkeypatch.context() as patch:
        patch.setattr("functions.auth.sessions._mark_ended", away)
        assert identity.call("DELETE", "/api/auth/sessions", token=account.access_token).status == 503
    assert identity.call("POST", "/api/auth/refresh", {"refresh_token": other.refresh_token}).status == 200
    assert identity.login(account, PASSWORD).status == 200
