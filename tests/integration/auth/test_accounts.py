"""Registration and log-in as product.md section 1 describes them, through the functions, on the real stores."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import UUID, uuid4

import bcrypt
import pytest

from mycrypto.security import onetime

from .conftest import PASSWORD, Identity

Wait = Callable[[timedelta], None]


def test_an_account_is_opened_unverified_and_a_mail_goes_out(identity: Identity) -> None:
    account, answer = identity.register()
    assert answer.status == 201
    assert answer.body["user"].keys() == {"id", "email", "email_verified", "created_at"}
    assert (answer.body["user"]["email"], answer.body["user"]["email_verified"]) == (account.email, False)
    (mail,) = identity.mails_to(account.email)
    token = identity.token_mailed_to(account.email)
    assert (mail["type"], mail["version"], mail["data"]["code"]) == ("verify_email", 1, token[:6].upper())
    assert mail["data"]["link"] == f"https://exchange.example/verify-email#token={token}"
    assert mail["trace_id"] == answer.headers["X-Request-ID"]


def test_neither_password_nor_token_is_stored(identity: Identity, real_hashes: None) -> None:
    account, _ = identity.register()
    token = identity.token_mailed_to(account.email)
    assert identity.row(account.email, "password_hash").startswith("$argon2id$v=19$m=47104,t=1,p=1$")
    assert identity.row(account.email, "email_verification_token_hash") == onetime.digest(token)
    row = identity.owner.execute("SELECT users::text FROM users WHERE email = %s", (account.email,)).fetchone()
    assert row is not None
    assert token not in row[0]
    assert PASSWORD not in row[0]
    messages = [{"messageId": "1", "body": json.dumps(mail)} for mail in identity.mails_to(account.email)]
    assert identity.notifications.handler({"Records": messages}, None) == {"batchItemFailures": []}
    waiting = identity.owner.execute("SELECT count(*) FROM outbox WHERE position(convert_to(%s, 'UTF8') IN payload) > 0", (token,))
    assert waiting.fetchone() == (0,)


def test_an_address_is_taken_in_any_spelling(identity: Identity) -> None:
    account, _ = identity.register()
    again, answer = identity.register(account.email.upper())
    assert again.email != account.email
    assert (answer.status, answer.code) == (409, "EMAIL_ALREADY_EXISTS")


def test_of_many_who_register_one_address_at_once_one_is_first(identity: Identity) -> None:
    from functions.auth import registration
    from functions.auth.context import Context
    from functions.auth.models import RegisterRequest
    from mycrypto.errors import ProblemError
    from mycrypto.http.request import Client

    email = f"race-{uuid4()}@example.com"

    def register(_: int) -> str:
        context = Context.from_settings(identity.auth.context().settings, identity.auth.context().logger, identity.auth.context().meter)
        request = RegisterRequest(email, PASSWORD, terms_accepted=True, kvkk_consent_accepted=True)
        try:
            return registration.register(context, request, Client("127.0.0.1", "", ""), "").user.email
        except ProblemError as refused:
            return refused.kind.code
        finally:
            context.db.close()
            context.redis.close()

    with ThreadPoolExecutor(4) as threads:
        answers = sorted(threads.map(register, range(4)))
    assert answers == ["EMAIL_ALREADY_EXISTS"] * 3 + [email]
    assert len(identity.mails_to(email)) == 1


def test_every_field_at_fault_is_named(identity: Identity) -> None:
    answer = identity.call(
        "POST", "/api/auth/register", {"email": "no-address", "password": "short", "terms_accepted": False, "kvkk_consent_accepted": False}
    )
    assert (answer.status, answer.code) == (400, "VALIDATION_ERROR")
    assert [error["field"] for error in answer.body["errors"]] == ["email", "password", "terms_accepted", "kvkk_consent_accepted"]


@pytest.mark.parametrize(
    "change",
    [
        {"role": "ADMIN"},
        {"email": None},
        {"email": 5},
        {"terms_accepted": "true"},
        {"terms_accepted": 1},
        {"password": ["x"]},
        {"email": "a\u0000b@example.com"},
    ],
)
def test_what_has_the_wrong_form_is_refused_and_nothing_is_stored(identity: Identity, change: dict[str, object]) -> None:
    account, answer = identity.register(changes=change)
    assert (answer.status, answer.code) == (400, "VALIDATION_ERROR")
    assert identity.owner.execute("SELECT count(*) FROM users WHERE email = %s", (account.email,)).fetchone() == (0,)


def test_the_token_verifies_once(identity: Identity) -> None:
    account, _ = identity.register()
    token = identity.token_mailed_to(account.email)
    first = identity.call("POST", "/api/auth/verify-email", {"token": token})
    assert (first.status, first.body) == (200, {"email": account.email, "email_verified": True})
    assert (identity.row(account.email, "email_verified"), identity.row(account.email, "kyc_level")) == (True, 1)
    second = identity.call("POST", "/api/auth/verify-email", {"token": token})
    assert (second.status, second.code) == (400, "VERIFICATION_TOKEN_INVALID")


def test_the_token_is_void_after_24_hours_and_when_a_new_one_is_asked_for(identity: Identity, wait: Wait) -> None:
    account, _ = identity.register()
    first = identity.token_mailed_to(account.email)
    identity.call("POST", "/api/auth/resend-verification", {"email": account.email.upper()})
    second = identity.token_mailed_to(account.email)
    assert first != second
    assert identity.call("POST", "/api/auth/verify-email", {"token": first}).code == "VERIFICATION_TOKEN_INVALID"
    wait(timedelta(hours=24, seconds=1))
    assert identity.call("POST", "/api/auth/verify-email", {"token": second}).code == "VERIFICATION_TOKEN_INVALID"
    wait(timedelta(hours=-1))
    assert identity.call("POST", "/api/auth/verify-email", {"token": second}).status == 200


def test_a_token_of_another_user_is_refused_and_stays_good(identity: Identity) -> None:
    account, _ = identity.register()
    token = identity.token_mailed_to(account.email)
    wrong = identity.call("POST", "/api/auth/verify-email", {"token": token, "email": "other@example.com"})
    assert wrong.code == "VERIFICATION_TOKEN_INVALID"
    assert identity.call("POST", "/api/auth/verify-email", {"token": token, "email": account.email}).status == 200


def test_resending_does_not_tell_who_is_registered(identity: Identity) -> None:
    unknown = f"unknown-{uuid4()}@example.com"
    verified = identity.verified()
    answers = [identity.call("POST", "/api/auth/resend-verification", {"email": email}) for email in (unknown, verified.email)]
    assert [answer.status for answer in answers] == [200, 200]
    assert answers[0].body == answers[1].body
    assert identity.mails_to(unknown) == []
    assert len(identity.mails_to(verified.email)) == 1


def test_resending_is_limited_to_three_an_hour(identity: Identity) -> None:
    account, _ = identity.register()
    answers = [identity.call("POST", "/api/auth/resend-verification", {"email": account.email}) for _ in range(4)]
    assert [answer.status for answer in answers] == [200, 200, 200, 429]
    assert int(answers[-1].headers["Retry-After"]) > 0


def test_a_log_in_gives_a_pair_and_a_session(identity: Identity) -> None:
    account = identity.verified()
    answer = identity.login(account, headers={"User-Agent": "phone"}, ip="198.51.100.7")
    assert answer.status == 200
    assert answer.body.keys() == {"access_token", "refresh_token", "token_type", "expires_in", "user"}
    assert (answer.body["token_type"], answer.body["expires_in"]) == ("Bearer", 900)
    row = identity.owner.execute(
        "SELECT host(s.ip_address), s.user_agent, host(u.last_login_ip), s.family_id, s.expires_at - s.created_at FROM sessions s "
        "JOIN users u ON u.id = s.user_id WHERE u.email = %s",
        (account.email,),
    ).fetchone()
    assert row is not None
    assert row[:3] == ("198.51.100.7", "phone", "198.51.100.7")
    assert row[4] == timedelta(days=30)
    copy = json.loads(identity.auth.context().redis.get(f"session:{row[3]}"))
    assert (copy["user_id"], copy["ip_address"]) == (answer.body["user"]["id"], "198.51.100.7")


def test_unknown_user_and_wrong_password_get_the_same_answer(identity: Identity) -> None:
    account = identity.verified()
    wrong = identity.login(account, "Wr0ng!password")
    unknown = identity.call("POST", "/api/auth/login", {"email": f"unknown-{uuid4()}@example.com", "password": "Wr0ng!password"})
    assert (wrong.status, wrong.code) == (unknown.status, unknown.code) == (401, "AUTH_001")
    hidden = {"trace_id"}
    assert {k: v for k, v in wrong.body.items() if k not in hidden} == {k: v for k, v in unknown.body.items() if k not in hidden}


def test_an_unverified_user_is_told_so_only_with_the_right_password(identity: Identity) -> None:
    account, _ = identity.register()
    assert identity.login(account, "Wr0ng!password").code == "AUTH_001"
    answer = identity.login(account)
    assert (answer.status, answer.code) == (403, "AUTH_002")


def test_a_right_password_resets_the_count(identity: Identity) -> None:
    account = identity.verified()
    for _ in range(2):
        for _ in range(4):
            assert identity.login(account, "Wr0ng!password").code == "AUTH_001"
        assert identity.login(account).status == 200


def test_a_suspended_user_is_told_so(identity: Identity) -> None:
    account = identity.verified()
    identity.owner.execute("UPDATE users SET status = 'SUSPENDED' WHERE email = %s", (account.email,))
    answer = identity.login(account)
    assert (answer.status, answer.code) == (403, "ACCOUNT_SUSPENDED")


def test_a_bcrypt_hash_opens_the_door_and_is_renewed(identity: Identity, real_hashes: None) -> None:
    account = identity.verified()
    old = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)).decode()
    identity.owner.execute("UPDATE users SET password_hash = %s WHERE email = %s", (old, account.email))
    assert identity.login(account, "Wr0ng!password").status == 401
    assert identity.row(account.email, "password_hash") == old
    assert identity.login(account).status == 200
    assert identity.row(account.email, "password_hash").startswith("$argon2id$")
    assert identity.login(account).status == 200


@pytest.mark.parametrize("password", ["", "x" * 129, "ü" * 1000])
def test_a_password_that_no_account_can_have_is_just_wrong(identity: Identity, password: str) -> None:
    account = identity.verified()
    answer = identity.call("POST", "/api/auth/login", {"email": account.email, "password": password})
    assert (answer.status, answer.code) == (401, "AUTH_001")


def test_registrations_from_one_address_are_limited(identity: Identity, strict_limits: None) -> None:
    ip = "203.0.113.50"
    answers = [identity.call("POST", "/api/auth/register", {}, ip=ip) for _ in range(6)]
    assert [answer.status for answer in answers] == [400] * 5 + [429]
    assert answers[0].headers["X-RateLimit-Limit"] == "5"
    assert answers[0].headers["X-RateLimit-Remaining"] == "4"
    assert 0 < int(answers[5].headers["Retry-After"]) <= 3600


def test_log_ins_from_one_address_are_limited(identity: Identity, strict_limits: None) -> None:
    ip = "203.0.113.51"
    answers = [identity.call("POST", "/api/auth/login", {}, ip=ip) for _ in range(21)]
    assert [answer.status for answer in answers] == [400] * 20 + [429]


def test_the_profile_is_as_the_database_has_it(identity: Identity) -> None:
    account = identity.member(rate_limit_tier="pro")
    answer = identity.call("GET", "/api/auth/profile", token=account.access_token)
    assert answer.status == 200
    assert UUID(answer.body["id"]).version == 7
    assert (answer.body["email"], answer.body["email_verified"], answer.body["phone"]) == (account.email, True, None)
    assert (answer.body["roles"], answer.body["status"], answer.body["rate_limit_tier"]) == (["USER"], "ACTIVE", "pro")
    assert (answer.body["kyc"], answer.body["two_factor_enabled"]) == ({"status": "NONE", "level": 1}, False)
    assert answer.body["created_at"].endswith("Z")
    assert answer.headers["X-RateLimit-Limit"] == "2000"


def test_a_phone_number_is_kept_in_one_form(identity: Identity) -> None:
    account = identity.member()
    answer = identity.call("PUT", "/api/auth/profile", {"phone": "0532 123 45 67", "password": PASSWORD}, token=account.access_token)
    assert (answer.status, answer.body["phone"]) == (200, "+905321234567")
    wrong = identity.call("PUT", "/api/auth/profile", {"phone": "12345", "password": PASSWORD}, token=account.access_token)
    assert (wrong.status, wrong.body["errors"][0]["field"]) == (400, "phone")
    alone = identity.call("PUT", "/api/auth/profile", {"phone": None, "password": "Wr0ng!password"}, token=account.access_token)
    assert (alone.status, alone.code) == (401, "AUTH_001")
    assert (
        identity.call("PUT", "/api/auth/profile", {"phone": None, "password": PASSWORD}, token=account.access_token).body["phone"] is None
    )


def test_calls_of_a_user_are_limited_by_tier(identity: Identity) -> None:
    account = identity.member()
    started = time.monotonic()
    answers = [identity.call("GET", "/api/auth/profile", token=account.access_token) for _ in range(100)]
    assert [answer.status for answer in answers] == [200] * 100
    while (answer := identity.call("GET", "/api/auth/profile", token=account.access_token)).status == 200:
        answers.append(answer)
        assert len(answers) <= 101 + (time.monotonic() - started) * 100 / 60, "the bucket fills up by 100 a minute"
    assert (answer.status, answer.headers["Retry-After"]) == (429, "1")


@pytest.mark.parametrize("path", ["/api/auth/profile", "/api/auth/logout", "/api/auth/sessions"])
def test_private_routes_are_closed_without_the_authorizers_word(identity: Identity, path: str) -> None:
    answer = identity.call("POST" if path.endswith("logout") else "GET", path)
    assert (answer.status, answer.code) == (401, "UNAUTHORIZED")


def test_health_says_what_answers(identity: Identity) -> None:
    assert identity.call("GET", "/api/auth/health").body["status"] == "ok"
    ready = identity.call("GET", "/api/auth/health/ready")
    assert (ready.status, ready.body["checks"]) == (200, {"database": "ok", "redis": "ok", "token_keys": "ok"})


def test_what_happened_is_written_down(identity: Identity) -> None:
    account = identity.member()
    identity.login(account, "Wr0ng!password")
    user_id = str(identity.row(account.email, "id"))
    records = [message for message in identity.drain("audit-logs") if message["data"]["user_id"] == user_id]
    assert [record["data"]["action"] for record in records] == [
        "user.registered",
        "user.email_verified",
        "login.succeeded",
        "login.failed",
    ]
    event = {"Records": [{"messageId": str(n), "body": json.dumps(record)} for n, record in enumerate(records)]}
    event["Records"].append({"messageId": "bad", "body": '{"not": "ours"}'})
    for _ in range(2):  # a repeated delivery adds nothing
        assert identity.audit.handler(event, None) == {"batchItemFailures": [{"itemIdentifier": "bad"}]}
    rows = identity.owner.execute("SELECT action, result, host(ip_address) FROM audit_logs WHERE user_id = %s ORDER BY id", (user_id,))
    assert rows.fetchall() == [
        ("user.registered", "SUCCESS", "127.0.0.1"),
        ("user.email_verified", "SUCCESS", "127.0.0.1"),
        ("login.succeeded", "SUCCESS", "127.0.0.1"),
        ("login.failed", "FAILURE", "127.0.0.1"),
    ]
