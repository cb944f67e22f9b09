"""An account gets a new address when the old and the new one have both agreed, and nothing is withdrawn for a day."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest

from functions.auth import email_change
from functions.auth.context import Context
from functions.maintenance import store as maintenance
from mycrypto.http.request import Client
from mycrypto.security.withdrawal_hold import HoldReason

from .conftest import PASSWORD, Account, Answer, Identity
from .test_two_factor import _enrolled, _later, _post
from .test_withdrawal_hold import NEW, Wait, _held_for, _hold

ASK = "/api/auth/email-change"


def _new_address() -> str:
    return f"new-{uuid4()}@example.com"


def _ask(identity: Identity, account: Account, new_email: str, password: str = PASSWORD) -> Answer:
    return identity.call("POST", ASK, {"new_email": new_email, "password": password}, token=account.access_token)


def _confirm(identity: Identity, token: str) -> Answer:
    return identity.call("POST", f"{ASK}/confirm", {"token": token})


def _tokens(identity: Identity, account: Account, new_email: str) -> tuple[str, str]:
    """What the old and the new address were mailed."""
    return identity.token_mailed_to(account.email), identity.token_mailed_to(new_email)


def _asked(identity: Identity) -> tuple[Account, str, tuple[str, str]]:
    account, new_email = identity.member(), _new_address()
    assert _ask(identity, account, new_email.upper()).status == 202
    return account, new_email, _tokens(identity, account, new_email)


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_the_second_of_both_addresses_puts_it_in_force(identity: Identity, order: tuple[int, int]) -> None:
    account, new_email, tokens = _asked(identity)
    state = identity.call("GET", ASK, token=account.access_token).body
    assert (state["new_email"], state["old_confirmed"], state["new_confirmed"]) == (new_email, False, False)
    for _ in range(2):  # a link that is opened twice agrees once
        assert _confirm(identity, tokens[order[0]]).body == {"completed": False}
    assert identity.row(account.email, "email") == account.email
    assert _hold(identity, account) is None, "to ask is not to change"
    assert _confirm(identity, tokens[order[1]]).body == {"completed": True}
    old, account.email = account.email, new_email
    assert _held_for(identity, account, HoldReason.EMAIL_CHANGED)
    assert identity.call("GET", "/api/auth/profile", token=account.access_token).status == 401
    assert identity.call("POST", "/api/auth/refresh", {"refresh_token": account.refresh_token}).status == 401
    assert identity.login(Account(old)).code == "AUTH_001"
    assert identity.login(account).status == 200
    for address in (old, new_email):
        assert identity.mails_to(address)[-1]["type"] == "email_changed"
    assert {_confirm(identity, token).code for token in tokens} == {"VERIFICATION_TOKEN_INVALID"}


def test_what_asks_for_it_is_the_password_and_the_second_factor(identity: Identity, wait: Wait) -> None:
    account, phone, _ = _enrolled(identity)
    assert _ask(identity, account, _new_address()).code == "AUTH_003"
    _later(phone, wait)
    assert _post(identity, account, "verify", {"code": phone.code()}).status == 200
    assert _ask(identity, account, _new_address(), "wrong").code == "AUTH_001"
    assert identity.call("GET", ASK, token=account.access_token).status == 404
    assert _ask(identity, account, _new_address()).status == 202


@pytest.mark.parametrize("address", ["", "x", "a@b", "a b@example.com", "a@example.com\nb@example.com", "x" * 250 + "@example.com"])
def test_what_is_no_address_is_refused(identity: Identity, address: str) -> None:
    account = identity.member()
    assert _ask(identity, account, address).code == "VALIDATION_ERROR"
    assert _ask(identity, account, account.email).code == "VALIDATION_ERROR"


def test_the_answer_does_not_tell_whether_an_address_has_an_account(identity: Identity) -> None:
    account, taken = identity.member(), identity.member()
    before = len(identity.mails_to(taken.email))
    answers = [_ask(identity, account, address) for address in (taken.email, _new_address())]
    assert {answer.status for answer in answers} == {202}
    assert len({answer.body["message"] for answer in answers}) == 1
    assert len(identity.mails_to(taken.email)) == before


def test_an_address_that_was_registered_meanwhile_is_not_taken_over(identity: Identity) -> None:
    account, new_email, (old_token, new_token) = _asked(identity)
    _, registered = identity.register(new_email)
    assert registered.status == 201
    _confirm(identity, old_token)
    assert _confirm(identity, new_token).code == "VERIFICATION_TOKEN_INVALID"
    assert identity.row(account.email, "email") == account.email


def test_links_die_after_a_day_with_a_newer_request_a_cancellation_and_a_new_password(identity: Identity, wait: Wait) -> None:
    account, new_email, first = _asked(identity)
    assert _ask(identity, account, new_email).status == 202
    assert {_confirm(identity, token).code for token in first} == {"VERIFICATION_TOKEN_INVALID"}
    second = _tokens(identity, account, new_email)
    assert identity.call("DELETE", ASK, token=account.access_token).status == 204
    assert identity.call("DELETE", ASK, token=account.access_token).status == 404
    assert {_confirm(identity, token).code for token in second} == {"VERIFICATION_TOKEN_INVALID"}
    other, _, third = _asked(identity)
    body = {"current_password": PASSWORD, "new_password": NEW, "confirm_password": NEW}
    assert identity.call("PUT", "/api/auth/password", body, token=other.access_token).status == 200
    assert {_confirm(identity, token).code for token in third} == {"VERIFICATION_TOKEN_INVALID"}
    last, _, tokens = _asked(identity)
    wait(timedelta(hours=24, seconds=1))
    assert {_confirm(identity, token).code for token in tokens} == {"VERIFICATION_TOKEN_INVALID"}
    maintenance.delete_old_identity_rows(identity.owner, identity.auth.context().now())
    left = identity.owner.execute("SELECT count(*) FROM email_changes WHERE user_id = %s", (identity.row(last.email, "id"),)).fetchone()
    assert left == (0,)


def test_reset_links_of_the_old_address_open_nothing(identity: Identity) -> None:
    account, new_email, tokens = _asked(identity)
    identity.call("POST", "/api/auth/password/reset", {"email": account.email})
    reset = identity.token_mailed_to(account.email)
    for token in tokens:
        _confirm(identity, token)
    body = {"token": reset, "new_password": NEW, "confirm_password": NEW}
    assert identity.call("POST", "/api/auth/password/reset", body).code == "RESET_TOKEN_INVALID"
    assert identity.row(new_email, "email") == new_email


def test_both_who_agree_at_once_put_it_in_force_once(identity: Identity) -> None:
    account, new_email, tokens = _asked(identity)
    waiting = iter(tokens)

    def agree(context: Context) -> str:
        return str(email_change.confirm(context, next(waiting), Client("127.0.0.1", "", "")).completed)

    assert sorted(identity.at_once(2, agree)) == ["False", "True"]
    assert [mail["type"] for mail in identity.mails_to(account.email)].count("email_changed") == 1
    assert identity.row(new_email, "email") == new_email


@pytest.mark.parametrize("token", ["", "x", "0" * 64, "é" * 64])
def test_what_is_no_token_agrees_to_nothing(identity: Identity, token: str) -> None:
    assert _confirm(identity, token).code == "VERIFICATION_TOKEN_INVALID"


def test_a_suspended_account_gets_no_new_address(identity: Identity) -> None:
    account, _, tokens = _asked(identity)
    identity.owner.execute("UPDATE users SET status = 'SUSPENDED' WHERE email = %s", (account.email,))
    assert {_confirm(identity, token).code for token in tokens} == {"VERIFICATION_TOKEN_INVALID"}


def test_one_user_asks_three_times_an_hour(identity: Identity) -> None:
    account = identity.member()
    assert [_ask(identity, account, _new_address()).status for _ in range(4)] == [202, 202, 202, 429]
