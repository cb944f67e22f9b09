"""A forgotten password: one hour, one use, and the answers do not tell who is registered."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from functions.auth import login, new_password
from functions.auth.context import Context
from functions.auth.models import LoginRequest, PasswordResetConfirm, TokenPair
from mycrypto import cache
from mycrypto.http.request import Client
from mycrypto.security import totp
from mycrypto.security.api_keys import COMPLETE_KEY, redis_key

from .conftest import PASSWORD, Account, Answer, Identity

Wait = Callable[[timedelta], None]
NEW = "N3w!password"


def _ask(identity: Identity, email: str, ip: str = "127.0.0.1") -> Answer:
    return identity.call("POST", "/api/auth/password/reset", {"email": email}, ip=ip)


def _confirm(identity: Identity, token: str, password: str = NEW, again: str = "") -> Answer:
    body = {"token": token, "new_password": password, "confirm_password": again or password}
    return identity.call("POST", "/api/auth/password/reset/confirm", body)


def test_a_new_password_replaces_the_old_and_ends_every_session(identity: Identity) -> None:
    account = identity.member()
    _ask(identity, account.email.upper())
    token = identity.token_mailed_to(account.email)
    assert _confirm(identity, token).status == 200
    assert identity.call("GET", "/api/auth/profile", token=account.access_token).status == 401
    assert identity.call("POST", "/api/auth/refresh", {"refresh_token": account.refresh_token}).status == 401
    assert identity.login(account, PASSWORD).code == "AUTH_001"
    assert identity.login(account, NEW).status == 200
    assert identity.call("GET", "/api/auth/profile", token=account.access_token).status == 200
    assert [mail["type"] for mail in identity.mails_to(account.email)] == ["verify_email", "password_reset", "password_reset_success"]


def test_a_link_is_good_once_for_an_hour_and_until_the_next(identity: Identity, wait: Wait) -> None:
    account = identity.verified()
    _ask(identity, account.email)
    first = identity.token_mailed_to(account.email)
    _ask(identity, account.email)
    second = identity.token_mailed_to(account.email)
    assert _confirm(identity, first).code == "RESET_TOKEN_INVALID"
    wait(timedelta(hours=1, seconds=1))
    assert _confirm(identity, second).code == "RESET_TOKEN_INVALID"
    wait(timedelta(hours=-1))
    assert _confirm(identity, second).status == 200
    assert _confirm(identity, second, "An0ther!password").code == "RESET_TOKEN_INVALID"
    assert identity.login(account, NEW).status == 200


def test_only_a_digest_of_the_token_is_kept(identity: Identity) -> None:
    account = identity.verified()
    _ask(identity, account.email)
    token = identity.token_mailed_to(account.email)
    rows = identity.owner.execute("SELECT p::text FROM password_reset_tokens p").fetchall()
    assert all(token not in row[0] for row in rows)


def test_a_refused_password_does_not_cost_the_token(identity: Identity) -> None:
    account = identity.verified()
    _ask(identity, account.email)
    token = identity.token_mailed_to(account.email)
    weak = _confirm(identity, token, "weak", "other")
    assert [error["field"] for error in weak.body["errors"]] == ["new_password", "confirm_password"]
    assert identity.call("POST", "/api/auth/password/reset", {"token": token, "new_password": NEW, "confirm_password": NEW}).status == 200


def test_a_reset_lifts_a_lock(identity: Identity) -> None:
    account = identity.verified()
    for _ in range(5):
        identity.login(account, "Wr0ng!password")
    _ask(identity, account.email)
    _confirm(identity, identity.token_mailed_to(account.email))
    assert identity.login(account, NEW).status == 200


def test_the_answer_is_the_same_for_everybody(identity: Identity, monkeypatch: pytest.MonkeyPatch) -> None:
    account, unknown = identity.verified(), f"unknown-{uuid4()}@example.com"
    answers = [_ask(identity, email) for email in (account.email, unknown, *[account.email] * 4, "no address")]
    monkeypatch.setattr(identity.auth.context(), "_limiter", None)  # trouble inside
    answers.append(_ask(identity, account.email))
    assert {(answer.status, answer.body["message"]) for answer in answers} == {(200, answers[0].body["message"])}
    assert len(identity.mails_to(account.email)) == 1 + 3
    assert identity.mails_to(unknown) == []


def test_one_address_asks_for_three_an_hour(identity: Identity, request: pytest.FixtureRequest) -> None:
    accounts = [identity.verified() for _ in range(4)]
    request.getfixturevalue("strict_limits")
    for account in accounts:
        assert _ask(identity, account.email, ip="203.0.113.60").status == 200
    assert [len(identity.mails_to(account.email)) for account in accounts] == [2, 2, 2, 1]


def test_a_reset_without_an_address_is_refused(identity: Identity) -> None:
    assert identity.call("POST", "/api/auth/password/reset", {}).body["errors"][0]["field"] == "email"


def test_when_verifiers_cannot_be_told_the_password_stays(identity: Identity, monkeypatch: pytest.MonkeyPatch) -> None:
    account = identity.member()
    _ask(identity, account.email)
    token = identity.token_mailed_to(account.email)
    with monkeypatch.context() as without_redis:
        without_redis.setattr(identity.auth.context(), "redis", cache.client("redis://127.0.0.1:9/0"))
        answer = _confirm(identity, token)
    assert (answer.status, answer.code) == (503, "SERVICE_UNAVAILABLE")
    assert identity.login(account, PASSWORD).status == 200
    assert _confirm(identity, token).status == 200


def test_who_knows_the_password_changes_it_and_every_session_ends(identity: Identity) -> None:
    account = identity.member()
    body = {"current_password": PASSWORD, "new_password": NEW, "confirm_password": NEW}
    wrong = identity.call("PUT", "/api/auth/password", body | {"current_password": "Wr0ng!password"}, token=account.access_token)
    assert (wrong.status, wrong.code) == (401, "AUTH_001")
    weak = identity.call("PUT", "/api/auth/password", body | {"new_password": "weak"}, token=account.access_token)
    assert [error["field"] for error in weak.body["errors"]] == ["new_password", "confirm_password"]
    assert identity.call("PUT", "/api/auth/password", body, token=account.access_token).status == 200
    assert identity.call("GET", "/api/auth/profile", token=account.access_token).status == 401
    assert identity.login(account, PASSWORD).code == "AUTH_001"
    assert identity.login(account, NEW).status == 200
    assert identity.mails_to(account.email)[-1]["type"] == "password_reset_success"


def test_with_a_second_factor_a_change_needs_a_fresh_one(identity: Identity) -> None:
    account = identity.member()
    identity.owner.execute("UPDATE users SET two_fa_enabled = true WHERE email = %s", (account.email,))
    body = {"current_password": PASSWORD, "new_password": NEW, "confirm_password": NEW}
    answer = identity.call("PUT", "/api/auth/password", body, token=account.access_token)
    assert (answer.status, answer.code) == (403, "AUTH_003")


def _key(identity: Identity, account: Account) -> dict[str, Any]:
    body = {"label": "robot", "scopes": ["read"], "password": account.password}
    return identity.call("POST", "/api/auth/api-keys", body, token=account.access_token).body


def _is_published(identity: Identity, key_id: str) -> bool:
    return bool(identity.auth.context().redis.exists(redis_key(key_id)))


@pytest.mark.parametrize("way", ["change", "reset"])
def test_a_new_password_suspends_keys_until_their_owner_resumes_them(identity: Identity, way: str) -> None:
    account, stranger = identity.member(), identity.member()
    made, others = _key(identity, account), _key(identity, stranger)
    if way == "change":
        body = {"current_password": PASSWORD, "new_password": NEW, "confirm_password": NEW}
        assert identity.call("PUT", "/api/auth/password", body, token=account.access_token).status == 200
    else:
        _ask(identity, account.email)
        assert _confirm(identity, identity.token_mailed_to(account.email)).status == 200
    assert not _is_published(identity, made["key_id"])
    assert _is_published(identity, others["key_id"])
    told = identity.mails_to(account.email)[-1]
    assert (told["type"], told["data"]["count"]) == ("api_keys_suspended", "1")
    identity.auth.context().redis.delete(COMPLETE_KEY)
    assert identity.login(account, NEW).status == 200
    assert not _is_published(identity, made["key_id"]), "nor does it come back when Redis is told everything again"
    (listed,) = identity.call("GET", "/api/auth/api-keys", token=account.access_token).body["data"]
    assert listed["suspended_at"] is not None
    path = f"/api/auth/api-keys/{made['id']}/resume"
    assert identity.call("POST", path, {"password": PASSWORD}, token=account.access_token).code == "AUTH_001"
    assert identity.call("POST", path, {"password": PASSWORD}, token=stranger.access_token).status == 404
    resumed = identity.call("POST", path, {"password": NEW}, token=account.access_token)
    assert (resumed.status, resumed.body["suspended_at"]) == (200, None)
    assert _is_published(identity, made["key_id"])
    assert identity.call("POST", path, {"password": NEW}, token=account.access_token).status == 200, "safe to repeat"
    assert [mail["type"] for mail in identity.mails_to(account.email)].count("api_key_resumed") == 1


@pytest.mark.parametrize("way", ["change", "reset"])
def test_what_was_begun_with_the_old_password_dies_with_it(identity: Identity, way: str) -> None:
    """A challenge, and an enrolment of a second factor that waits for its first code."""
    account, other = identity.member(), identity.member()
    setup = identity.call("POST", "/api/auth/2fa/setup", {"password": PASSWORD}, token=account.access_token).body
    identity.owner.execute("UPDATE users SET two_fa_enabled = true WHERE email = %s", (other.email,))
    challenge = identity.login(Account(other.email)).body["challenge_token"]
    for one in (account, other):
        if way == "change":
            identity.owner.execute("UPDATE users SET two_fa_enabled = false WHERE email = %s", (one.email,))
            body = {"current_password": PASSWORD, "new_password": NEW, "confirm_password": NEW}
            assert identity.call("PUT", "/api/auth/password", body, token=one.access_token).status == 200
        else:
            _ask(identity, one.email)
            assert _confirm(identity, identity.token_mailed_to(one.email)).status == 200
    answer = identity.call("POST", "/api/auth/2fa/verify", {"challenge_token": challenge, "code": "000000"})
    assert (answer.status, answer.code) == (401, "INVALID_CHALLENGE")
    assert identity.login(account, NEW).status == 200
    code = totp.code_at(setup["manual_entry_key"], int(time.time()))
    body = {"setup_token": setup["setup_token"], "code": code}
    assert identity.call("POST", "/api/auth/2fa/verify-setup", body, token=account.access_token).code == "INVALID_SETUP_TOKEN"


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "2fa/setup", {}),
        ("POST", "api-keys", {"label": "x", "scopes": ["read"]}),
        ("PUT", "profile", {"phone": None}),
        ("PUT", "password", {"new_password": NEW, "confirm_password": NEW}),
        ("POST", "2fa/disable", {"code": "000000"}),
        ("POST", "2fa/backup-codes/regenerate", {"code": "000000"}),
    ],
)
def test_an_access_token_alone_changes_nothing_about_who_gets_in(
    identity: Identity, method: str, path: str, body: dict[str, object]
) -> None:
    answer = identity.call(method, f"/api/auth/{path}", body, token=identity.member().access_token)
    assert (answer.status, answer.code) == (400, "VALIDATION_ERROR")


def test_a_log_in_with_the_old_password_at_the_moment_of_the_change_leaves_no_way_in(identity: Identity) -> None:
    """Whichever of the two comes first: no session and no access token of the old password is good afterwards."""
    for _ in range(5):
        account = identity.verified()
        _ask(identity, account.email)
        confirm = PasswordResetConfirm(identity.token_mailed_to(account.email), NEW, NEW)
        first = iter((True, False))

        def act(
            context: Context, account: Account = account, confirm: PasswordResetConfirm = confirm, first: Iterator[bool] = first
        ) -> str:
            client = Client("127.0.0.1", "", "")
            if next(first):
                return new_password.confirm(context, confirm, client).message
            pair = login.login(context, LoginRequest(account.email, PASSWORD), client)
            assert isinstance(pair, TokenPair)
            return pair.access_token

        for answer in identity.at_once(2, act):
            if answer.startswith("eyJ"):
                assert identity.call("GET", "/api/auth/profile", token=answer).status == 401
        live = identity.owner.execute(
            "SELECT count(*) FROM sessions WHERE user_id = %s AND NOT is_revoked", (identity.row(account.email, "id"),)
        ).fetchone()
        assert live == (0,)


def test_no_way_to_a_password_takes_one_that_is_guessed_first(identity: Identity) -> None:
    account, bad = identity.member(), "P@ssw0rd2026!"
    _, registered = identity.register(changes={"password": bad})
    change = {"current_password": PASSWORD, "new_password": bad, "confirm_password": bad}
    changed = identity.call("PUT", "/api/auth/password", change, token=account.access_token)
    _ask(identity, account.email)
    token = identity.token_mailed_to(account.email)
    fields = [(answer.status, answer.body["errors"][0]["field"]) for answer in (registered, changed, _confirm(identity, token, bad))]
    assert fields == [(400, "password"), (400, "new_password"), (400, "new_password")]
    assert _confirm(identity, token).status == 200, "the token is not spent by it"
