"""A forgotten password: one hour, one use, and nobody learns who is registered."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest

from mycrypto import cache

from .conftest import PASSWORD, Answer, Identity

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
    account, unknown = identity.verified(), f"nobody-{uuid4()}@example.com"
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


def test_nothing_is_asked_of_nobody(identity: Identity) -> None:
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
