"""A user's own copy of everything, and the end of an account: what goes, what is kept under a pseudonym, and what stands in the way."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any
from urllib.parse import urlparse
from uuid import UUID, uuid4

import boto3
import psycopg
import pytest

from functions.auth.context import Context
from functions.auth.store import personal_data
from functions.maintenance import store as maintenance

from .conftest import PASSWORD, Account, Answer, Identity
from .test_activity import _settle
from .test_kyc import FIELDS, _decide, _found_clean, _national_id, _submit
from .test_mails import _deliver, _sent_to
from .test_two_factor import Wait, _enrolled, _later, _post


def _export(identity: Identity, account: Account, password: str = PASSWORD) -> Answer:
    return identity.call("POST", "/api/auth/personal-data", {"password": password}, token=account.access_token)


def _close(identity: Identity, account: Account, password: str = PASSWORD) -> Answer:
    return identity.call("POST", "/api/auth/closure", {"password": password}, token=account.access_token)


def _file(answer: Answer) -> Any:
    assert answer.status == 201
    key = urlparse(answer.body["link"]).path.removeprefix("/").removeprefix("kyc-documents/")
    content = boto3.client("s3").get_object(Bucket="kyc-documents", Key=key)["Body"].read()
    assert len(content) == answer.body["size"]
    return json.loads(content)


def _bank_account(identity: Identity, user_id: UUID) -> str:
    row_id = str(uuid4())
    identity.owner.execute(
        """INSERT INTO bank_accounts (id, user_id, currency, bank_name, account_holder_name, iban)
           VALUES (%s, %s, 'TRY', 'Banka', 'Ayşe Yılmaz', 'TR330006100519786457841326')""",
        (row_id, user_id),
    )
    return row_id


def _deposit(identity: Identity, user_id: UUID, email: str, status: str) -> str:
    row_id = str(uuid4())
    identity.owner.execute(
        """INSERT INTO deposit_requests (id, user_id, bank_account_id, currency, amount, virtual_iban, reference, status, email, expires_at)
           VALUES (%s, %s, %s, 'TRY', 1234.5, 'TR33', %s, %s, %s, now())""",
        (row_id, user_id, _bank_account(identity, user_id), row_id[:12], status, email),
    )
    return row_id


def _deposit_address(identity: Identity, user_id: UUID, email: str) -> str:
    address = f"0x{uuid4().hex}"
    identity.owner.execute(
        """INSERT INTO crypto_addresses (id, user_id, currency, network, address, coin_type, address_index, derivation_path, public_key, email)
           VALUES (%s, %s, 'USDT', 'ERC20', %s, 60, 900001, 'm/44', 'key', %s)""",
        (uuid4(), user_id, address, email),
    )
    return address


def test_the_copy_has_everything_and_no_secret(identity: Identity) -> None:
    account, other, number = identity.member(), identity.member(), _national_id()
    identity.call("PUT", "/api/auth/profile/anti-phishing-word", {"word": "mavi balina", "password": PASSWORD}, token=account.access_token)
    made = identity.call(
        "POST", "/api/auth/api-keys", {"label": "robot", "scopes": ["read"], "password": PASSWORD}, token=account.access_token
    )
    assert _submit(identity, account, FIELDS | {"tc_kimlik_no": number}).status == 201
    user_id = identity.row(account.email, "id")
    _deposit(identity, user_id, account.email, "COMPLETED")
    address = _deposit_address(identity, user_id, account.email)
    _settle(identity)
    found = _file(_export(identity, account))
    assert (found["account"]["email"], found["account"]["anti_phishing_word"]) == (account.email, "mavi balina")
    (application,) = found["identity_applications"]
    assert (application["tc_kimlik_no"], application["first_name"], application["date_of_birth"]) == (number, "Ayşe", "1990-12-31")
    assert {each["document_type"] for each in found["identity_pictures"]} == {"ID_FRONT", "ID_BACK", "SELFIE"}
    assert {"login.succeeded", "user.registered", "kyc.submitted"} <= {each["action"] for each in found["activity"]}
    assert [each["user_agent"] for each in found["sessions"]] == ["tests"]
    assert [each["key_id"] for each in found["api_keys"]] == [made.body["key_id"]]
    assert (found["bank_accounts"][0]["iban"], found["bank_deposits"][0]["amount"]) == ("TR330006100519786457841326", "1234.50000000")
    assert [(each["currency"], each["network"], each["address"]) for each in found["deposit_addresses"]] == [("USDT", "ERC20", address)]
    assert found["transactions"] == found["withdrawals"] == []
    text = json.dumps(found)
    for secret in (PASSWORD, made.body["secret"], "argon2", "token_hash", "encrypted", account.refresh_token, other.email):
        assert secret not in text


def test_the_copy_asks_for_password_and_second_factor_three_times_a_day(identity: Identity, wait: Wait) -> None:
    account, phone, _ = _enrolled(identity)
    assert _export(identity, account).code == "AUTH_003"
    assert _close(identity, account).code == "AUTH_003"
    _later(phone, wait)
    assert _post(identity, account, "verify", {"code": phone.code()}).status == 200
    assert _export(identity, account, "wrong").code == "AUTH_001"
    assert _close(identity, account, "wrong").code == "AUTH_001"
    assert [_export(identity, account).status for _ in range(4)] == [201, 201, 201, 429]


def test_auth_reads_the_wallets_tables_through_its_function_alone(identity: Identity) -> None:
    context: Context = identity.auth.context()
    for table in ("bank_accounts", "withdrawals", "ledger_postings", "deposit_requests"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            context.db.connection().execute(f"SELECT 1 FROM {table}")
    assert personal_data.money(context.db.connection(), uuid4())["transactions"] == []


@pytest.mark.parametrize(
    ("kind", "write"),
    [
        ("BALANCE", "INSERT INTO ledger_accounts (kind, owner, currency, balance) VALUES ('spot', %(user)s, 'BTC', 0.00000001)"),
        ("BALANCE", "INSERT INTO ledger_accounts (kind, owner, currency, balance) VALUES ('transit', %(user)s, 'TRY', 5)"),
        (
            "OPEN_ORDERS",
            """INSERT INTO wallets (user_id, currency, available, locked, shard, seq, updated_at)
               VALUES (%(user)s, 'TRY', 0, 12.5, 0, 1, now())""",
        ),
    ],
)
def test_an_account_with_money_or_orders_is_not_closed_and_says_why(identity: Identity, kind: str, write: str) -> None:
    account = identity.member()
    identity.owner.execute(write, {"user": identity.row(account.email, "id")})
    answer = _close(identity, account)
    assert (answer.status, answer.code) == (409, "ACCOUNT_NOT_EMPTY")
    (reason,) = answer.body["errors"]
    assert (reason["field"], Decimal(reason["message"].split()[0]) > 0) == (kind, True)
    assert identity.row(account.email, "status") == "ACTIVE"
    assert identity.call("GET", "/api/auth/profile", token=account.access_token).status == 200


def test_an_account_with_a_deposit_under_way_is_not_closed(identity: Identity) -> None:
    account = identity.member()
    _deposit(identity, identity.row(account.email, "id"), account.email, "APPROVED")
    assert _close(identity, account).body["errors"] == [
        {"field": "DEPOSIT", "message": "1234.50000000 TRY", "code": "LEFT", "params": {"amount": "1234.50000000", "currency": "TRY"}}
    ]


def test_staff_do_not_close_their_accounts(identity: Identity) -> None:
    assert _close(identity, identity.member(roles=["USER", "SUPPORT"])).code == "FORBIDDEN"


def test_a_closed_account_is_a_pseudonym_and_who_it_was_is_sealed(identity: Identity) -> None:
    account, admin, number = identity.member(), identity.member(roles=["ADMIN"], rate_limit_tier="vip"), _national_id()
    submission = _submit(identity, account, FIELDS | {"tc_kimlik_no": number}).body["id"]
    _found_clean(identity, submission)
    assert _decide(identity, admin, submission, approve=True).status == 200
    identity.login(account)
    identity.call("POST", "/api/auth/api-keys", {"label": "robot", "scopes": ["read"], "password": PASSWORD}, token=account.access_token)
    user_id = identity.row(account.email, "id")
    _deposit(identity, user_id, account.email, "EXPIRED")
    _deliver(identity, *identity.mails_to(account.email))
    assert _close(identity, account).status == 200
    pseudonym = f"{user_id}@closed.invalid"
    assert (identity.row(pseudonym, "status"), identity.row(pseudonym, "phone"), identity.row(pseudonym, "kyc_level")) == (
        "CLOSED",
        None,
        2,
    )
    assert identity.call("GET", "/api/auth/profile", token=account.access_token).status == 401
    assert identity.call("POST", "/api/auth/refresh", {"refresh_token": account.refresh_token}).status == 401
    assert identity.login(account).code == "AUTH_001"
    closed = identity.mails_to(account.email)[-1]
    assert (closed["type"], _deliver(identity, closed)) == ("account_closed", [])
    assert _sent_to(account.email)[-1].subject == "Hesabınız kapatıldı - MyCrypto"
    kept = "SELECT string_agg(content, '') FROM (" + " UNION ALL ".join(
        f"SELECT each::text AS content FROM {table} each WHERE {column} = %(user)s"
        for table, column in (
            ("users", "id"), ("sessions", "user_id"), ("kyc_submissions", "user_id"), ("email_logs", "user_id"), ("api_keys", "user_id"),
            ("deposit_requests", "user_id"), ("trusted_devices", "user_id"), ("closed_accounts", "user_id"), ("kyc_documents", "user_id"),
        )
    ) + ") kept"  # fmt: skip
    row = identity.owner.execute(kept, {"user": user_id}).fetchone()
    assert row is not None
    for personal in (account.email, "Ayşe", "Yılmaz", "1990-12-31", "+905321234567", "127.0.0.1", number):
        assert personal not in row[0], personal
    path = f"/api/auth/admin/users/{user_id}"
    seen = identity.call("GET", f"{path}/closed-identity", token=admin.access_token).body
    assert (seen["email"], seen["names"][0]["first_name"], seen["names"][0]["phone"]) == (account.email, "Ayşe", "+905321234567")
    assert identity.call("GET", f"{path}/closed-identity", token=identity.member().access_token).code == "FORBIDDEN"
    assert identity.call("GET", f"/api/auth/admin/users/{uuid4()}/closed-identity", token=admin.access_token).status == 404
    _settle(identity)
    records = identity.owner.execute("SELECT action FROM audit_logs WHERE user_id = %s", (user_id,)).fetchall()
    assert {"account.closed", "account.closed_viewed"} <= {action for (action,) in records}
    for change in ({"status": "ACTIVE", "reason": "x"}, {"status": "CLOSED", "reason": "x"}):
        assert identity.call("PUT", f"{path}/status", change, token=admin.access_token).status in {400, 403}
    assert identity.row(pseudonym, "status") == "CLOSED"
    again, registered = identity.register(account.email)
    assert registered.status == 201, "the address is free again"
    identity.call("POST", "/api/auth/verify-email", {"token": identity.token_mailed_to(again.email)})
    identity.login(again)
    submission = _submit(identity, again, FIELDS | {"tc_kimlik_no": number}).body["id"]
    _found_clean(identity, submission)
    assert _decide(identity, admin, submission, approve=True).status == 200, "and so is the person"


def test_what_was_kept_long_enough_goes(identity: Identity) -> None:
    account = identity.member()
    user_id = identity.row(account.email, "id")
    assert _close(identity, account).status == 200
    count = "SELECT count(*) FROM closed_accounts WHERE user_id = %s"
    now = identity.auth.context().now()
    maintenance.delete_old_identity_rows(identity.owner, now)
    assert identity.owner.execute(count, (user_id,)).fetchone() == (1,)
    identity.owner.execute(
        "UPDATE closed_accounts SET closed_at = now() - interval '9 years', keep_until = now() - interval '1 day' WHERE user_id = %s",
        (user_id,),
    )
    maintenance.delete_old_identity_rows(identity.owner, now)
    assert identity.owner.execute(count, (user_id,)).fetchone() == (0,)


def test_deposits_are_told_to_the_address_of_today(identity: Identity) -> None:
    account = identity.member()
    deposit = _deposit(identity, identity.row(account.email, "id"), account.email, "PENDING")
    new_email = f"new-{uuid4()}@example.com"
    body = {"new_email": new_email, "password": PASSWORD}
    assert identity.call("POST", "/api/auth/email-change", body, token=account.access_token).status == 202
    for address in (account.email, new_email):
        identity.call("POST", "/api/auth/email-change/confirm", {"token": identity.token_mailed_to(address)})
    assert identity.owner.execute("SELECT email FROM deposit_requests WHERE id = %s", (deposit,)).fetchone() == (new_email,)
