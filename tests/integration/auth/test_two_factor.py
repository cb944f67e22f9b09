"""The second factor from enrolment to the day the phone is lost."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import jwt
import pytest

from functions.auth import second_factor
from functions.auth.context import Context
from functions.auth.models import TwoFactorVerify
from mycrypto.http.request import Client
from mycrypto.security import totp

from .conftest import PASSWORD, Account, Answer, Identity

Wait = Callable[[timedelta], None]


class Phone:
    """An authenticator program: one secret, and the time of the tests."""

    def __init__(self, secret: str) -> None:
        self.secret = secret
        self.offset_s = 0

    def code(self) -> str:
        return totp.code_at(self.secret, int(time.time()) + self.offset_s)

    @property
    def wrong(self) -> str:
        good = {totp.code_at(self.secret, int(time.time()) + self.offset_s + step * 30) for step in range(-2, 3)}
        return next(code for code in (f"{number:06d}" for number in range(10)) if code not in good)


def _post(identity: Identity, account: Account, path: str, body: object = None) -> Answer:
    return identity.call("POST", f"/api/auth/2fa/{path}", body, token=account.access_token)


def _enrolled(identity: Identity) -> tuple[Account, Phone, list[str]]:
    account = identity.member()
    setup = _post(identity, account, "setup", {"password": PASSWORD}).body
    phone = Phone(setup["manual_entry_key"])
    done = _post(identity, account, "verify-setup", {"setup_token": setup["setup_token"], "code": phone.code()})
    assert done.status == 200
    return account, phone, done.body["backup_codes"]


def _challenge(identity: Identity, account: Account) -> str:
    answer = identity.login(account)
    assert (answer.status, answer.body["requires_2fa"]) == (200, True)
    assert "access_token" not in answer.body
    return str(answer.body["challenge_token"])


def _verify(identity: Identity, challenge: str, code: str) -> Answer:
    return identity.call("POST", "/api/auth/2fa/verify", {"challenge_token": challenge, "code": code})


def _later(phone: Phone, wait: Wait) -> None:
    """On to the next step, so that there is a code that was not used."""
    wait(timedelta(seconds=30))
    phone.offset_s += 30


def test_enrolment_shows_a_secret_and_ten_backup_codes_once(identity: Identity) -> None:
    account = identity.member()
    setup = _post(identity, account, "setup", {"password": PASSWORD}).body
    assert setup["qr_code"].startswith("data:image/png;base64,iVBOR")
    assert len(setup["manual_entry_key"]) == 52
    assert len(setup["setup_token"]) == 64
    phone = Phone(setup["manual_entry_key"])
    done = _post(identity, account, "verify-setup", {"setup_token": setup["setup_token"], "code": phone.code()})
    assert len(set(done.body["backup_codes"])) == 10
    state = identity.call("GET", "/api/auth/2fa/status", token=account.access_token).body
    assert (state["is_enabled"], state["backup_codes_remaining"]) == (True, 10)
    stored = identity.owner.execute("SELECT string_agg(s::text, '') FROM two_factor_secrets s").fetchone()
    assert stored is not None
    assert phone.secret not in stored[0]
    assert _post(identity, account, "setup", {"password": PASSWORD}).code == "2FA_ALREADY_ENABLED"
    assert identity.mails_to(account.email)[-1]["type"] == "two_factor_enabled"


def test_enrolment_needs_the_right_token_and_code_of_the_same_user(identity: Identity) -> None:
    account, other = identity.member(), identity.member()
    setup = _post(identity, account, "setup", {"password": PASSWORD}).body
    phone = Phone(setup["manual_entry_key"])
    assert _post(identity, account, "verify-setup", {"setup_token": "0" * 64, "code": phone.code()}).code == "INVALID_SETUP_TOKEN"
    assert _post(identity, account, "verify-setup", {"setup_token": setup["setup_token"], "code": phone.wrong}).code == "INVALID_2FA_CODE"
    stolen = {"setup_token": setup["setup_token"], "code": phone.code()}
    assert _post(identity, other, "verify-setup", stolen).code == "INVALID_SETUP_TOKEN"
    assert identity.row(account.email, "two_fa_enabled") is False
    assert _post(identity, account, "verify-setup", stolen).status == 200


def test_a_log_in_takes_two_steps(identity: Identity, wait: Wait) -> None:
    account, phone, _ = _enrolled(identity)
    _later(phone, wait)
    challenge = _challenge(identity, account)
    wrong = _verify(identity, challenge, phone.wrong)
    assert (wrong.status, wrong.code) == (401, "AUTH_004")
    answer = _verify(identity, challenge, phone.code())
    assert answer.status == 200
    assert identity.call("GET", "/api/auth/profile", token=answer.body["access_token"]).body["two_factor_enabled"] is True
    claims = jwt.decode(answer.body["access_token"], options={"verify_signature": False})
    assert claims["two_factor"] is True, "by which the gateway knows that an administrator has one to show"
    again = _verify(identity, challenge, phone.code())
    assert (again.status, again.code) == (401, "INVALID_CHALLENGE")


def test_a_code_opens_once(identity: Identity, wait: Wait) -> None:
    account, phone, _ = _enrolled(identity)
    assert _verify(identity, _challenge(identity, account), phone.code()).code == "AUTH_004"  # spent at enrolment
    _later(phone, wait)
    code = phone.code()
    assert _verify(identity, _challenge(identity, account), code).status == 200
    assert _verify(identity, _challenge(identity, account), code).code == "AUTH_004"


def test_two_who_show_one_code_at_once_are_one(identity: Identity, wait: Wait) -> None:
    account, phone, _ = _enrolled(identity)
    _later(phone, wait)
    code, challenges = phone.code(), [_challenge(identity, account) for _ in range(3)]
    waiting = iter(challenges)

    def show(context: Context) -> str:
        return second_factor.complete_login(context, TwoFactorVerify(code, next(waiting)), Client("127.0.0.1", "", "")).token_type

    assert sorted(identity.at_once(3, show)) == ["AUTH_004", "AUTH_004", "Bearer"]


@pytest.mark.parametrize("challenge", ["0" * 64, "x"])
def test_there_is_no_second_step_without_the_first(identity: Identity, challenge: str) -> None:
    assert _verify(identity, challenge, "000000").code == "INVALID_CHALLENGE"


def test_a_backup_code_opens_once_and_is_reported(identity: Identity) -> None:
    account, _, codes = _enrolled(identity)
    assert _verify(identity, _challenge(identity, account), codes[3].lower()).status == 200
    assert _verify(identity, _challenge(identity, account), codes[3]).code == "AUTH_004"
    mail = identity.mails_to(account.email)[-1]
    assert (mail["type"], mail["data"]["remaining"]) == ("backup_code_used", "9")
    assert identity.call("GET", "/api/auth/2fa/status", token=account.access_token).body["backup_codes_remaining"] == 9


def test_new_backup_codes_make_the_old_ones_worthless(identity: Identity) -> None:
    account, _, codes = _enrolled(identity)
    wrong = _post(identity, account, "backup-codes/regenerate", {"password": "Wr0ng!password", "code": codes[0]})
    assert (wrong.status, wrong.code) == (401, "AUTH_001")
    fresh = _post(identity, account, "backup-codes/regenerate", {"password": PASSWORD, "code": codes[0]}).body["backup_codes"]
    assert len(fresh) == 10
    assert set(fresh) & set(codes) == set()
    assert _verify(identity, _challenge(identity, account), codes[1]).code == "AUTH_004"
    assert _verify(identity, _challenge(identity, account), fresh[1]).status == 200


def test_turning_it_off_takes_password_and_code(identity: Identity, wait: Wait) -> None:
    account, phone, _ = _enrolled(identity)
    _later(phone, wait)
    assert _post(identity, account, "disable", {"password": "Wr0ng!password", "code": phone.code()}).code == "AUTH_001"
    assert _post(identity, account, "disable", {"password": PASSWORD, "code": phone.wrong}).code == "AUTH_004"
    done = _post(identity, account, "disable", {"password": PASSWORD, "code": phone.code()})
    assert (done.status, done.body["is_enabled"]) == (200, False)
    assert "access_token" in identity.login(account).body
    assert identity.mails_to(account.email)[-1]["type"] == "two_factor_disabled"
    left = identity.owner.execute("SELECT count(*) FROM two_factor_backup_codes WHERE user_id = %s", (identity.row(account.email, "id"),))
    assert left.fetchone() == (0,)
    assert _post(identity, account, "disable", {"password": PASSWORD, "code": "000000"}).code == "2FA_NOT_ENABLED"


def test_a_step_up_is_fresh_for_five_minutes_in_its_own_session(identity: Identity, wait: Wait) -> None:
    account, phone, _ = _enrolled(identity)
    _later(phone, wait)
    answer = _post(identity, account, "verify", {"code": phone.code()})
    assert (answer.status, answer.body) == (200, {"valid": True, "expires_in": 300})
    context = identity.auth.context()
    sessions = identity.owner.execute("SELECT family_id FROM sessions WHERE user_id = %s", (identity.row(account.email, "id"),)).fetchall()
    ((sid,),) = sessions
    assert isinstance(sid, UUID)
    assert 0 < context.redis.ttl(f"2fa:fresh:{sid}") <= 300
    without = identity.call("POST", "/api/auth/2fa/verify", {"code": phone.code()})
    assert (without.status, without.code) == (401, "UNAUTHORIZED")
    identity.call("POST", "/api/auth/logout", token=account.access_token)
    revoked = identity.call(
        "POST", "/api/auth/2fa/verify", {"code": phone.code()}, headers={"Authorization": f"Bearer {account.access_token}"}
    )
    assert (revoked.status, revoked.code) == (401, "INVALID_TOKEN")
