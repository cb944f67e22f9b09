"""The function codes: it counts each try once and spends each code once, however many ask at the same time."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest

from functions.codes import service
from mycrypto.database import Database
from mycrypto.security import second_factor, totp
from mycrypto.security.code_check import CodeCheck
from mycrypto.security.sealing import Sealer
from mycrypto.security.second_factor import Check

from .conftest import SEALING, User, Wallet


@pytest.fixture
def database(wallet: Wallet) -> Iterator[Callable[[], Database]]:
    opened: list[Database] = []

    def connect() -> Database:
        opened.append(Database(wallet.database.dsn("auth_app")))
        return opened[-1]

    yield connect
    for each in opened:
        each.close()


def _check(db: Database, user_id: UUID, code: str, now: datetime) -> Check:
    asked = CodeCheck(uuid4(), user_id, code, "withdrawal", "192.0.2.1", "agent", "trace")
    answer = service.check(db, asked, Sealer.from_secret(SEALING, second_factor.PURPOSE), now)
    assert answer.id == asked.id
    return answer.result


def _failures(wallet: Wallet, user: User) -> int:
    row = (
        wallet.database.kept()
        .execute("SELECT failures FROM secret_guards WHERE kind = 'second_factor' AND subject = %s", (str(user.id),))
        .fetchone()
    )
    return int(row[0]) if row else 0


def test_of_many_that_ask_with_one_code_one_is_told_that_it_is_right(
    wallet: Wallet, new_user: Callable[..., User], database: Callable[[], Database]
) -> None:
    user = new_user()
    wallet.enable_second_factor(user)
    now = datetime.now(UTC)
    code = totp.code_at(user.second_factor, int(now.timestamp()))
    found: list[Check] = []
    threads = [
        threading.Thread(target=lambda db: found.append(_check(db, user.id, code, now)), args=(database(),), daemon=True) for _ in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(found) == [Check.RIGHT] + [Check.WRONG] * 5


def test_each_wrong_code_counts_once_and_a_user_without_a_second_factor_is_not_counted(
    wallet: Wallet, new_user: Callable[..., User], database: Callable[[], Database]
) -> None:
    user, other, now, db = new_user(), new_user(), datetime.now(UTC), database()
    wallet.enable_second_factor(user)
    for tries in (1, 2):
        assert _check(db, user.id, "not a code", now) is Check.WRONG
        assert _failures(wallet, user) == tries
    assert _check(db, user.id, totp.code_at(user.second_factor, int(now.timestamp())), now) is Check.RIGHT
    assert _failures(wallet, user) == 0
    assert _check(db, other.id, "123456", now) is Check.NOT_ENABLED
    assert _failures(wallet, other) == 0
    log = wallet.database.kept().execute(
        "SELECT action, metadata->>'purpose' FROM two_factor_audit_log WHERE user_id = %s ORDER BY created_at, id", (user.id,)
    )
    assert log.fetchall() == [("verify_failed", "withdrawal")] * 2 + [("verify_success", "withdrawal")]
