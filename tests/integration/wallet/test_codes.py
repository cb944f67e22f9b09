"""The wallet hears whether a code is right, from a function that may be away, and cannot read what codes are made of."""

from __future__ import annotations

from collections.abc import Callable
from typing import LiteralString
from uuid import uuid4

import psycopg
import pytest

from mycrypto.errors import ProblemError

from .conftest import SECRETS, Answer, User, Wallet


def _withdraw(wallet: Wallet, user: User, account: str, code: str, key: str) -> Answer:
    body = {"amount": "100", "fiat_account_id": account, "two_fa_code": code}
    return wallet.call("POST", "/api/wallet/withdraw/fiat", body, user=user, headers={"Idempotency-Key": key})


def _withdrawals(wallet: Wallet, user: User) -> int:
    row = wallet.database.kept().execute("SELECT count(*) FROM withdrawals WHERE user_id = %s", (user.id,)).fetchone()
    return int(row[0]) if row else -1


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT secret_encrypted FROM two_factor_secrets",
        "SELECT user_id FROM two_factor_secrets",
        "UPDATE two_factor_secrets SET last_step = 0",
        "SELECT code_hash FROM two_factor_backup_codes",
        "INSERT INTO two_factor_audit_log (id, user_id, action) SELECT gen_random_uuid(), id, 'verify_success' FROM users",
        "UPDATE secret_guards SET failures = 0",
        "SELECT failures FROM secret_guards",
        "INSERT INTO secret_guards (kind, subject, failures, changed_at) VALUES ('second_factor', 'x', 0, now())",
    ],
)
def test_the_wallets_role_reads_no_secret_and_moves_no_count(wallet: Wallet, statement: LiteralString) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        wallet.database.connect("wallet_app").execute(statement)
    assert "two-factor" not in SECRETS
    assert not hasattr(wallet.context.settings, "two_factor_secret_name")


def test_without_an_answer_nothing_is_done_and_the_key_is_free(wallet: Wallet, new_user: Callable[..., User]) -> None:
    user = new_user()
    wallet.enable_second_factor(user)
    account, key = wallet.funded(user), str(uuid4())
    wallet.codes.problem = ProblemError("SERVICE_UNAVAILABLE", "the check gave no answer", headers={"Retry-After": "30"})
    refused = _withdraw(wallet, user, account, wallet.code(user), key)
    assert (refused.status, refused.code, refused.headers["Retry-After"]) == (503, "SERVICE_UNAVAILABLE", "30")
    assert _withdrawals(wallet, user) == 0
    assert wallet.balance(user, "TRY") == "1000"
    assert wallet.codes.asked == 1
    wallet.codes.problem = None
    assert _withdraw(wallet, user, account, wallet.code(user), key).status == 201
    assert _withdrawals(wallet, user) == 1


def test_a_repeated_request_has_no_code_checked(wallet: Wallet, new_user: Callable[..., User]) -> None:
    user = new_user()
    wallet.enable_second_factor(user)
    account, key = wallet.funded(user), str(uuid4())
    code = wallet.code(user)
    first = _withdraw(wallet, user, account, code, key)
    again = _withdraw(wallet, user, account, code, key)
    assert (first.status, again.status, again.body) == (201, 201, first.body)
    assert wallet.codes.asked == 1
