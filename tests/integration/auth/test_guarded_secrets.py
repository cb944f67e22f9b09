"""Guessing a secret: a wall that looks the same from outside whether the guess was wrong, right or one too many."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from functions.auth import login, new_password, second_factor
from functions.auth.context import Context, subject_of
from functions.auth.models import LoginRequest, PasswordChange, TwoFactorVerify
from mycrypto.http.request import Client, Principal
from mycrypto.mail import MailKind
from mycrypto.security import passwords, tokens, totp

from .conftest import PASSWORD, Account, Answer, Identity

Wait = Callable[[timedelta], None]
WRONG = "Wr0ng!password"
NEW = "N3w!password"
HERE = Client("127.0.0.1", "", "")
HIDDEN = {"trace_id"}


def _said(answer: Answer) -> tuple[int, dict[str, Any], dict[str, str]]:
    """All that a caller can see, but the number of the request and what the caller's tier allows."""
    headers = {name: text for name, text in answer.headers.items() if not name.startswith("X-") and name != "Date"}
    return answer.status, {name: value for name, value in answer.body.items() if name not in HIDDEN}, headers


@dataclass
class Door:
    """A place where a secret is tried: how, what a right secret gives, and how long it stays shut."""

    try_secret: Callable[[bool], Answer]
    refusal: str
    shut_for: timedelta
    opens: int = 200


def _phone_of(identity: Identity, account: Account) -> str:
    setup = identity.call("POST", "/api/auth/2fa/setup", {"password": PASSWORD}, token=account.access_token).body
    body = {"setup_token": setup["setup_token"], "code": totp.code_at(setup["manual_entry_key"], int(time.time()))}
    assert identity.call("POST", "/api/auth/2fa/verify-setup", body, token=account.access_token).status == 200
    return str(setup["manual_entry_key"])


def _now(identity: Identity) -> int:
    return int(identity.auth.context().now().timestamp())


def _code(identity: Identity, secret: str, *, right: bool) -> str:
    good = [totp.code_at(secret, _now(identity) + 30 * step) for step in range(-2, 3)]
    return good[2] if right else next(code for code in (f"{number:06d}" for number in range(10)) if code not in good)


def _doors(identity: Identity, name: str) -> tuple[Account, Door]:
    account = identity.member()
    half, quarter = timedelta(minutes=30), timedelta(minutes=15)

    def post(path: str, body: Mapping[str, object], method: str = "POST") -> Answer:
        return identity.call(method, f"/api/auth/{path}", body, token=account.access_token)

    def password(right: bool) -> str:
        return PASSWORD if right else WRONG

    if name == "login":
        return account, Door(lambda right: identity.login(Account(account.email), password(right)), "AUTH_001", half)
    if name == "password":
        new = {"new_password": NEW, "confirm_password": NEW}
        return account, Door(lambda right: post("password", new | {"current_password": password(right)}, "PUT"), "AUTH_001", half)
    if name == "api-keys":
        key = {"label": "x", "scopes": ["read"]}
        return account, Door(lambda right: post("api-keys", key | {"password": password(right)}), "AUTH_001", half, opens=201)
    if name == "profile":
        return account, Door(lambda right: post("profile", {"phone": None, "password": password(right)}, "PUT"), "AUTH_001", half)
    if name == "2fa/setup":
        return account, Door(lambda right: post("2fa/setup", {"password": password(right)}), "AUTH_001", half)
    secret = _phone_of(identity, account)
    if name == "2fa/verify":
        return account, Door(lambda right: post("2fa/verify", {"code": _code(identity, secret, right=right)}), "AUTH_004", quarter)
    if name == "2fa/disable with wrong codes":
        return account, Door(
            lambda right: post("2fa/disable", {"password": PASSWORD, "code": _code(identity, secret, right=right)}), "AUTH_004", quarter
        )
    if name == "2fa/disable with wrong passwords":
        return account, Door(
            lambda right: post("2fa/disable", {"password": password(right), "code": _code(identity, secret, right=True)}), "AUTH_001", half
        )
    if name == "2fa/backup-codes":
        return account, Door(
            lambda right: post("2fa/backup-codes/regenerate", {"password": password(right), "code": _code(identity, secret, right=True)}),
            "AUTH_001",
            half,
        )
    challenge = identity.login(Account(account.email)).body["challenge_token"]

    def second_step(right: bool) -> Answer:
        return identity.call("POST", "/api/auth/2fa/verify", {"challenge_token": challenge, "code": _code(identity, secret, right=right)})

    return account, Door(second_step, "AUTH_004", quarter)


DOORS = (
    "login",
    "password",
    "api-keys",
    "profile",
    "2fa/setup",
    "2fa/verify",
    "2fa/disable with wrong codes",
    "2fa/disable with wrong passwords",
    "2fa/backup-codes",
    "second step of a log-in",
)


@pytest.mark.parametrize("name", DOORS)
def test_the_right_secret_among_many_guesses_is_answered_as_a_wrong_one(identity: Identity, wait: Wait, name: str) -> None:
    account, door = _doors(identity, name)
    wait(timedelta(seconds=31))  # a code that was not used for the enrolment
    wrong = [_said(door.try_secret(False)) for _ in range(3)]
    codes = door.refusal == "AUTH_004"
    if codes:
        assert _said(door.try_secret(True)) == wrong[0], "three wrong codes shut for half a minute"
        wait(timedelta(seconds=31))
    wrong += [_said(door.try_secret(False)) for _ in range(2)]
    guesses = [_said(door.try_secret(right)) for right in (True, False) * 10]
    assert (wrong[0][0], wrong[0][1]["code"]) == (401, door.refusal)
    assert all(said == wrong[0] for said in (*wrong, *guesses))
    mails = [mail["type"] for mail in identity.mails_to(account.email)]
    assert sum(mail.endswith("_locked") for mail in mails) == 1, "the owner is told, once"
    if name == "second step of a log-in":
        return  # a challenge does not live that long
    wait(door.shut_for)
    if account.access_token:
        account.access_token = _renewed(identity, account)
    assert door.try_secret(True).status == door.opens


def _renewed(identity: Identity, account: Account) -> str:
    answer = identity.call("POST", "/api/auth/refresh", {"refresh_token": account.refresh_token})
    assert answer.status == 200, "sessions that are open stay open"
    account.refresh_token = answer.body["refresh_token"]
    return str(answer.body["access_token"])


def test_wiping_redis_forgives_nothing(identity: Identity) -> None:
    account = identity.verified()
    for _ in range(5):
        identity.login(account, WRONG)
    identity.auth.context().redis.flushdb()
    assert identity.login(account).code == "AUTH_001"


def test_guesses_at_the_log_in_do_not_lock_open_sessions_and_a_reset_unlocks(identity: Identity) -> None:
    account = identity.member()
    for _ in range(6):
        identity.login(Account(account.email), WRONG)
    body = {"current_password": PASSWORD, "new_password": NEW, "confirm_password": NEW}
    assert identity.call("PUT", "/api/auth/password", body, token=account.access_token).status == 200
    assert identity.login(account, NEW).code == "AUTH_001", "the log-in itself is shut"
    identity.call("POST", "/api/auth/password/reset", {"email": account.email})
    reset = {"token": identity.token_mailed_to(account.email), "new_password": PASSWORD, "confirm_password": PASSWORD}
    assert identity.call("POST", "/api/auth/password/reset/confirm", reset).status == 200
    assert identity.login(account).status == 200


def _principal(identity: Identity, account: Account) -> Principal:
    claims = tokens.verify_access(account.access_token, identity.auth.context().keys.public)
    return Principal(claims.sub, claims.email, claims.roles, claims.tier, claims.kyc_level, claims.jti, claims.sid, claims.exp)


@pytest.mark.parametrize("name", ["login", "password", "code"])
def test_of_guesses_that_run_side_by_side_no_more_are_judged_than_one_by_one(identity: Identity, name: str) -> None:
    """Twelve at once: five (codes: three) are counted, and those shut the door for the others."""
    account = identity.member()
    if name == "code":
        secret = _phone_of(identity, account)
        challenge = identity.login(Account(account.email)).body["challenge_token"]

    def guess(context: Context) -> str:
        if name == "login":
            login.login(context, LoginRequest(account.email, WRONG), HERE)
        elif name == "password":
            change = PasswordChange(WRONG, NEW, NEW)
            new_password.change(context, _principal(identity, account), change, HERE, fresh=False)
        else:
            second_factor.complete_login(context, TwoFactorVerify(_code(identity, secret, right=False), challenge), HERE)
        return "in"

    refusal = "AUTH_004" if name == "code" else "AUTH_001"
    assert identity.at_once(12, guess) == [refusal] * 12
    principal = _principal(identity, account)
    subjects = {"login": subject_of(account.email), "password": str(principal.sid), "code": str(principal.user_id)}
    row = identity.owner.execute(
        "SELECT failures, locked_until > now() FROM secret_guards WHERE subject = %s", (subjects[name],)
    ).fetchone()
    assert row == (3 if name == "code" else 5, True)


@dataclass
class Work:
    """What a request made the machine do."""

    statements: list[str] = field(default_factory=list)
    hashes: int = 0
    messages: list[tuple[int, list[str]]] = field(default_factory=list)


@pytest.fixture
def working(identity: Identity, monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], Answer]], Work]:
    """Runs a call and tells the work that it was: statements in their order, password hashes, messages with their size and members."""

    def measure(call: Callable[[], Answer]) -> Work:
        identity.drain("email-notifications"), identity.drain("audit-logs")
        work = Work()
        execute, verify = psycopg.Cursor.execute, passwords.verify_password
        with monkeypatch.context() as patched:

            def noted(cursor: Any, query: Any, *rest: Any, **options: Any) -> Any:
                work.statements.append(" ".join(str(query).split()))
                return execute(cursor, query, *rest, **options)

            def counted(stored: str, password: str) -> passwords.Verification:
                work.hashes += 1
                return verify(stored, password)

            patched.setattr(psycopg.Cursor, "execute", noted)
            patched.setattr(passwords, "verify_password", counted)
            call()
        mails = identity.drain("email-notifications")
        identity._mails += mails
        for message in (*mails, *identity.drain("audit-logs")):
            work.messages.append((len(str(message["data"].get("to", ""))), sorted(message["data"])))
        return work

    return measure


def _addresses(identity: Identity, states: Sequence[str]) -> list[str]:
    made = []
    for state in states:
        address = f"{state}-{uuid4()}@example.com".rjust(60, "x")
        if state != "unknown":
            assert identity.register(address)[1].status == 201
        if state in {"verified", "suspended"}:
            assert identity.call("POST", "/api/auth/verify-email", {"token": identity.token_mailed_to(address)}).status == 200
        if state == "suspended":
            identity.owner.execute("UPDATE users SET status = 'SUSPENDED' WHERE email = %s", (address,))
        made.append(address)
    return made


@pytest.mark.parametrize("path", ["password/reset", "resend-verification", "login"])
def test_the_work_is_the_same_for_registered_and_unknown_addresses(
    identity: Identity, working: Callable[[Callable[[], Answer]], Work], path: str
) -> None:
    """Compared by what is done, not by the clock: for a log-in through all five failures, the lock and its mail included."""
    found: list[list[Work]] = []
    for address in _addresses(identity, ["unknown", "unverified", "verified", "suspended"]):
        body = {"email": address} | ({"password": WRONG} if path == "login" else {})
        rounds = 6 if path == "login" else 2

        def call(body: dict[str, str] = body) -> Answer:
            return identity.call("POST", f"/api/auth/{path}", body)

        found.append([working(call) for _ in range(rounds)])
    assert all(works == found[0] for works in found)
    assert all(work.hashes == (1 if path == "login" else 0) for work in found[0])
    assert all(len(work.statements) > 5 for work in found[0]), "something was measured"


def test_a_token_without_a_user_opens_nothing(identity: Identity) -> None:
    address = f"unknown-{uuid4()}@example.com"
    identity.call("POST", "/api/auth/password/reset", {"email": address})
    (mail,) = [mail for mail in identity.drain("email-notifications") if mail["data"]["to"] == address]
    assert mail["type"] == MailKind.NO_RECIPIENT
    body = {"token": mail["data"]["link"].rpartition("token=")[2], "new_password": NEW, "confirm_password": NEW}
    assert identity.call("POST", "/api/auth/password/reset/confirm", body).code == "RESET_TOKEN_INVALID"


def test_what_goes_nowhere_is_not_sent(identity: Identity) -> None:
    identity.call("POST", "/api/auth/password/reset", {"email": f"unknown-{uuid4()}@example.com"})
    event = {"Records": [{"messageId": "1", "body": json.dumps(mail)} for mail in identity.drain("email-notifications")]}
    before = identity.owner.execute("SELECT count(*) FROM email_logs").fetchone()
    assert identity.notifications.handler(event, None) == {"batchItemFailures": []}
    assert identity.owner.execute("SELECT count(*) FROM email_logs").fetchone() == before
