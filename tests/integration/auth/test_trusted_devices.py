"""A device that passed the second factor skips it for thirty days, at log-in alone and until its owner changes anything."""

from __future__ import annotations

from datetime import timedelta

import pytest

from functions.auth import trusted_devices
from functions.auth.cookies import DEVICE_NAME
from functions.maintenance import store as maintenance

from .conftest import PASSWORD, Account, Answer, Identity
from .test_page_sessions import PAGE
from .test_two_factor import Phone, Wait, _challenge, _enrolled, _later, _post, _verify

NEW = "N3w!passw0rd-of-today"


def _trusted(identity: Identity, wait: Wait) -> tuple[Account, Phone, str]:
    """A user with a second factor, and the token of a device that the user trusts."""
    account, phone, _ = _enrolled(identity)
    return account, phone, _trust(identity, account, phone, wait)


def _trust(identity: Identity, account: Account, phone: Phone, wait: Wait) -> str:
    _later(phone, wait)
    body = {"challenge_token": _challenge(identity, account), "code": phone.code(), "trust_device": True}
    answer = identity.call("POST", "/api/auth/2fa/verify", body)
    assert answer.status == 200
    return str(answer.body["device_token"])


def _login(identity: Identity, account: Account, token: str, password: str = "") -> Answer:
    body = {"email": account.email, "password": password or account.password, "device_token": token}
    answer = identity.call("POST", "/api/auth/login", body)
    if "access_token" in answer.body:
        account.access_token, account.refresh_token = answer.body["access_token"], answer.body["refresh_token"]
    return answer


def _asks_for_a_code(answer: Answer) -> bool:
    return answer.status == 200 and answer.body.get("requires_2fa") is True and "access_token" not in answer.body


def test_a_trusted_device_needs_the_password_alone(identity: Identity, wait: Wait) -> None:
    account, _, token = _trusted(identity, wait)
    assert _login(identity, account, token).body["user"]["email"] == account.email
    assert _login(identity, account, token, "wrong-password").code == "AUTH_001"
    (device,) = identity.call("GET", "/api/auth/trusted-devices", token=account.access_token).body["data"]
    assert device["user_agent"] == "tests"
    assert token not in str(device)
    stored = identity.owner.execute("SELECT string_agg(d::text, '') FROM trusted_devices d").fetchone()
    assert stored is not None
    assert token not in stored[0]
    assert "device_trusted" in [mail["type"] for mail in identity.mails_to(account.email)]


def test_a_device_is_trusted_only_where_its_user_asks(identity: Identity, wait: Wait) -> None:
    account, phone, _ = _enrolled(identity)
    _later(phone, wait)
    answer = _verify(identity, _challenge(identity, account), phone.code())
    assert "device_token" not in answer.body
    assert identity.call("GET", "/api/auth/trusted-devices", token=answer.body["access_token"]).body["data"] == []


def test_a_wrong_code_makes_no_trust(identity: Identity) -> None:
    account, phone, _ = _enrolled(identity)
    body = {"challenge_token": _challenge(identity, account), "code": phone.wrong, "trust_device": True}
    assert identity.call("POST", "/api/auth/2fa/verify", body).code == "AUTH_004"
    assert identity.call("GET", "/api/auth/trusted-devices", token=account.access_token).body["data"] == []


def test_trust_is_of_one_user_and_of_one_token(identity: Identity, wait: Wait) -> None:
    account, _, token = _trusted(identity, wait)
    other, _, _ = _enrolled(identity)
    assert _asks_for_a_code(_login(identity, other, token))
    for wrong in ("", "x", token[:-1], token.upper() + "0", "0" * 64):
        assert _asks_for_a_code(_login(identity, account, wrong))


def test_trust_ends_after_thirty_days_and_its_row_goes(identity: Identity, wait: Wait) -> None:
    account, _, token = _trusted(identity, wait)
    wait(timedelta(days=29, hours=23))
    assert "access_token" in _login(identity, account, token).body, "and a use does not prolong it"
    wait(timedelta(hours=2))
    assert _asks_for_a_code(_login(identity, account, token))
    maintenance.delete_old_identity_rows(identity.owner, identity.auth.context().now())
    assert identity.owner.execute(
        "SELECT count(*) FROM trusted_devices WHERE user_id = %s", (identity.row(account.email, "id"),)
    ).fetchone() == (0,)


def test_trust_is_no_second_factor_shown(identity: Identity, wait: Wait) -> None:
    """What asks for a fresh code goes on asking: a new password here, and with the same check withdrawals and administration."""
    account, _, token = _trusted(identity, wait)
    _login(identity, account, token)
    body = {"current_password": PASSWORD, "new_password": NEW, "confirm_password": NEW}
    assert identity.call("PUT", "/api/auth/password", body, token=account.access_token).code == "AUTH_003"
    identity.owner.execute("UPDATE users SET roles = '{ADMIN}' WHERE email = %s", (account.email,))
    _login(identity, account, token)
    change = {"tier": "pro", "reason": "x"}
    path = f"/api/auth/admin/users/{identity.row(identity.member().email, 'id')}/tier"
    assert identity.call("PUT", path, change, token=account.access_token).code == "AUTH_003"


def test_an_owner_forgets_a_device_and_no_stranger_does(identity: Identity, wait: Wait) -> None:
    account, phone, token = _trusted(identity, wait)
    kept = _trust(identity, account, phone, wait)
    stranger = identity.member()
    devices = identity.call("GET", "/api/auth/trusted-devices", token=account.access_token).body["data"]
    path = f"/api/auth/trusted-devices/{devices[-1]['id']}"
    assert identity.call("DELETE", path, token=stranger.access_token).status == 404
    assert identity.call("DELETE", path, token=account.access_token).status == 204
    assert identity.call("DELETE", path, token=account.access_token).status == 404
    assert _asks_for_a_code(_login(identity, account, token))
    assert "access_token" in _login(identity, account, kept).body


@pytest.mark.parametrize("change", ["password", "reset", "all_devices"])
def test_what_ends_all_sessions_ends_all_trust(identity: Identity, wait: Wait, change: str) -> None:
    account, phone, token = _trusted(identity, wait)
    if change == "all_devices":
        identity.call("POST", "/api/auth/logout", {"all_devices": True}, token=account.access_token)
    elif change == "reset":
        identity.call("POST", "/api/auth/password/reset", {"email": account.email})
        body = {"token": identity.token_mailed_to(account.email), "new_password": NEW, "confirm_password": NEW}
        assert identity.call("POST", "/api/auth/password/reset", body).status == 200
        account.password = NEW
    else:
        _later(phone, wait)
        _post(identity, account, "verify", {"code": phone.code()})
        body = {"current_password": PASSWORD, "new_password": NEW, "confirm_password": NEW}
        assert identity.call("PUT", "/api/auth/password", body, token=account.access_token).status == 200
        account.password = NEW
    assert _asks_for_a_code(_login(identity, account, token))


def test_a_second_factor_that_is_turned_off_takes_its_trust_with_it(identity: Identity, wait: Wait) -> None:
    account, phone, token = _trusted(identity, wait)
    _later(phone, wait)
    assert _post(identity, account, "disable", {"password": PASSWORD, "code": phone.code()}).status == 200
    setup = _post(identity, account, "setup", {"password": PASSWORD}).body
    other = Phone(setup["manual_entry_key"])
    other.offset_s = phone.offset_s
    assert _post(identity, account, "verify-setup", {"setup_token": setup["setup_token"], "code": other.code()}).status == 200
    assert _asks_for_a_code(_login(identity, account, token))


def test_ten_devices_are_trusted_and_the_least_used_is_forgotten(identity: Identity, wait: Wait, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trusted_devices, "KEPT", 2)
    account, phone, first = _trusted(identity, wait)
    second = _trust(identity, account, phone, wait)
    wait(timedelta(seconds=1))
    phone.offset_s += 1
    assert "access_token" in _login(identity, account, first).body
    _trust(identity, account, phone, wait)
    assert _asks_for_a_code(_login(identity, account, second))
    assert "access_token" in _login(identity, account, first).body


def test_a_page_keeps_the_token_in_a_cookie_that_no_script_reads(identity: Identity, wait: Wait) -> None:
    account, phone, _ = _enrolled(identity)
    _later(phone, wait)
    body = {"challenge_token": _challenge(identity, account), "code": phone.code(), "trust_device": True, "session": "cookie"}
    answer = identity.call("POST", "/api/auth/2fa/verify", body, headers=PAGE)
    assert "device_token" not in answer.body
    cookie, _, attributes = next(each for each in answer.cookies if each.startswith(DEVICE_NAME)).partition(";")
    assert attributes == " HttpOnly; Secure; SameSite=Strict; Path=/api/auth; Max-Age=2592000"
    credentials = {"email": account.email, "password": PASSWORD, "session": "cookie"}
    assert "access_token" in identity.call("POST", "/api/auth/login", credentials, headers=PAGE | {"Cookie": cookie}).body
    assert _asks_for_a_code(identity.call("POST", "/api/auth/login", credentials, headers=PAGE | {"Cookie": f"{cookie}; {cookie}"}))
    assert identity.call("POST", "/api/auth/login", credentials, headers={"Cookie": cookie}).code == "FORBIDDEN"
