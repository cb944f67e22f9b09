"""The code of a withdrawal stands behind the guard of every second factor: counted in PostgreSQL, answered alike, told by mail."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import msgspec
import pytest

from mycrypto.security import totp

from .conftest import Answer, User, Wallet


@pytest.fixture
def saver(wallet: Wallet, new_user: Callable[..., User]) -> tuple[User, str]:
    user = new_user()
    wallet.enable_second_factor(user)
    return user, wallet.funded(user)


def _ask(wallet: Wallet, saver: tuple[User, str], code: str, amount: str = "100", **options: Any) -> Answer:
    user, account = saver
    wallet.context.redis.flushdb()  # the limit of five requests a minute; and a wiped Redis forgives no guess
    return wallet.call(
        "POST", "/api/wallet/withdraw/fiat", {"amount": amount, "fiat_account_id": account, "two_fa_code": code}, user=user, **options
    )


def _wrong(wallet: Wallet, user: User) -> str:
    good = {totp.code_at(user.second_factor, int(wallet.now.timestamp()) + 30 * step) for step in range(-2, 3)}
    return next(code for code in (f"{number:06d}" for number in range(10)) if code not in good)


def _right(wallet: Wallet, user: User) -> str:
    """Without letting time pass, as the code of the platform's tests does."""
    return totp.code_at(user.second_factor, int(wallet.now.timestamp()))


def _count(wallet: Wallet, user: User) -> tuple[int, bool] | None:
    return (
        wallet.database.kept()
        .execute(
            "SELECT failures, locked_until IS NOT NULL FROM secret_guards WHERE kind = 'second_factor' AND subject = %s", (str(user.id),)
        )
        .fetchone()
    )


def test_the_right_code_among_many_guesses_is_answered_as_a_wrong_one(wallet: Wallet, saver: tuple[User, str]) -> None:
    user, _ = saver
    answers = [_ask(wallet, saver, _wrong(wallet, user)) for _ in range(3)]
    answers.append(_ask(wallet, saver, _right(wallet, user)))
    wallet.pass_time(timedelta(seconds=31))
    answers += [_ask(wallet, saver, _wrong(wallet, user)) for _ in range(2)]
    answers += [_ask(wallet, saver, _right(wallet, user)) for _ in range(5)]
    said = [(answer.status, {name: text for name, text in answer.body.items() if name != "trace_id"}) for answer in answers]
    assert said[0][0] == 401
    assert all(one == said[0] for one in said)
    assert _count(wallet, user) == (5, True)
    waiting = (
        wallet.database.kept().execute("SELECT convert_from(payload, 'UTF8') FROM outbox WHERE destination LIKE 'sqs:email%%'").fetchall()
    )
    sent = [row.payload.decode() for row in wallet.sqs.rows if row.destination.endswith("email-notifications")]
    told = [text for text in (*sent, *(row[0] for row in waiting)) if text and msgspec.json.decode(text)["type"] == "second_factor_locked"]
    assert len(told) == 1
    wallet.pass_time(timedelta(minutes=15))
    assert _ask(wallet, saver, wallet.code(user)).status == 201
    assert _count(wallet, user) is None


def test_what_was_refused_for_another_reason_and_what_is_repeated_counts_as_no_guess(wallet: Wallet, saver: tuple[User, str]) -> None:
    user, _ = saver
    code, key = wallet.code(user), {"Idempotency-Key": str(uuid4())}
    assert _ask(wallet, saver, code, headers=key).status == 201
    for _ in range(6):
        assert _ask(wallet, saver, code, headers=key).status == 201, "the stored answer; the code was spent by the first"
        assert _ask(wallet, saver, "000000", amount="1.00").code == "INVALID_AMOUNT"
    assert _count(wallet, user) in {None, (0, False)}
    assert _ask(wallet, saver, wallet.code(user)).status == 201


def test_a_right_code_clears_the_count_though_the_money_is_not_there(wallet: Wallet, saver: tuple[User, str]) -> None:
    user, _ = saver
    for _ in range(3):
        assert _ask(wallet, saver, _wrong(wallet, user)).code == "AUTH_004"
        assert _ask(wallet, saver, _wrong(wallet, user)).code == "AUTH_004"
        assert _ask(wallet, saver, wallet.code(user), amount="999.00").code == "WALLET_001"
    assert _count(wallet, user) is None
