"""Whatever opens an account is changed: from then on nothing is withdrawn for a day, and it says why."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from mycrypto.security.withdrawal_hold import HOLD, HoldReason

from .conftest import PASSWORD, Account, Identity
from .test_two_factor import _enrolled, _later, _post

Wait = Callable[[timedelta], None]
NEW = "N3w!passw0rd-of-today"


def _hold(identity: Identity, account: Account) -> tuple[timedelta, str] | None:
    until = identity.row(account.email, "withdrawals_held_until")
    return (until - datetime.now(UTC), identity.row(account.email, "withdrawals_held_reason")) if until else None


def _held_for(identity: Identity, account: Account, reason: HoldReason, passed: timedelta = timedelta()) -> bool:
    found = _hold(identity, account)
    assert found is not None
    left, why = found
    return abs(left - passed - HOLD) < timedelta(minutes=5) and why == reason


def test_a_password_that_was_reset_holds(identity: Identity) -> None:
    account = identity.member()
    assert _hold(identity, account) is None, "a new account, its log-in and its confirmed address hold nothing"
    identity.call("POST", "/api/auth/password/reset", {"email": account.email})
    assert _hold(identity, account) is None, "to ask is not to change: else anybody could stop anybody's withdrawals"
    token = identity.token_mailed_to(account.email)
    body = {"token": token, "new_password": NEW, "confirm_password": NEW}
    assert identity.call("POST", "/api/auth/password/reset/confirm", body | {"token": "0" * 64}).status == 400
    assert _hold(identity, account) is None
    assert identity.call("POST", "/api/auth/password/reset/confirm", body).status == 200
    assert _held_for(identity, account, HoldReason.PASSWORD_RESET)


def test_a_password_that_was_changed_holds(identity: Identity) -> None:
    account = identity.member()
    body = {"current_password": "Wr0ng!password", "new_password": NEW, "confirm_password": NEW}
    assert identity.call("PUT", "/api/auth/password", body, token=account.access_token).status == 401
    assert _hold(identity, account) is None
    assert identity.call("PUT", "/api/auth/password", body | {"current_password": PASSWORD}, token=account.access_token).status == 200
    assert _held_for(identity, account, HoldReason.PASSWORD_CHANGED)


def test_each_change_of_the_second_factor_restarts_the_hold(identity: Identity, wait: Wait) -> None:
    account, phone, _ = _enrolled(identity)
    assert _held_for(identity, account, HoldReason.SECOND_FACTOR_ENABLED)
    steps = (("backup-codes/regenerate", HoldReason.BACKUP_CODES_REPLACED), ("disable", HoldReason.SECOND_FACTOR_DISABLED))
    passed = timedelta()
    for path, reason in steps:
        wait(timedelta(hours=3))
        phone.offset_s += 3 * 3600
        passed += timedelta(hours=3)
        _later(phone, wait)
        assert _post(identity, account, path, {"password": "Wr0ng!password", "code": phone.code()}).status == 401
        assert not _held_for(identity, account, reason, passed), "a try changes nothing"
        _later(phone, wait)
        answer = _post(identity, account, path, {"password": PASSWORD, "code": phone.code()})
        assert answer.status == 200, answer
        assert _held_for(identity, account, reason, passed)


def test_a_log_in_that_hashes_the_password_again_is_no_change(identity: Identity) -> None:
    account = identity.member()
    assert identity.login(account).status == 200
    assert _hold(identity, account) is None


def test_an_address_that_an_operator_changes_in_the_database_holds(identity: Identity) -> None:
    account = identity.member()
    identity.owner.execute("UPDATE users SET email = email, updated_at = now() WHERE email = %s", (account.email,))
    assert _hold(identity, account) is None
    identity.owner.execute("UPDATE users SET email = 'new-' || email WHERE email = %s", (account.email,))
    account.email = f"new-{account.email}"
    assert _held_for(identity, account, HoldReason.EMAIL_CHANGED)
