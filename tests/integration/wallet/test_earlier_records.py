"""What a user did on the earlier platform: own records, newest first, and part of the own copy of all data."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

import psycopg
import pytest

from mycrypto.kyc import NATIONAL_ID
from mycrypto.security.sealing import Sealer
from mycrypto_local.importing.earlier import Record
from mycrypto_local.importing.target import Target

from .conftest import SEALING, User, Wallet

PATH = "/api/wallet/earlier-records"
BEGUN = datetime(2025, 1, 1, tzinfo=UTC)


def _keep(wallet: Wallet, user_id: UUID, kind: str, count: int) -> None:
    records = [Record(user_id, kind, f"{kind}-{n}", BEGUN + timedelta(days=n), {"amount": str(n)}) for n in range(count)]
    target = Target(wallet.database.connect("exchange_owner"), Sealer.from_secret(SEALING, NATIONAL_ID))
    assert target.add_records(records) == count
    assert target.add_records(records) == 0


def test_own_records_in_pages_newest_first(wallet: Wallet, new_user: Callable[..., User]) -> None:
    user, other = new_user(), new_user()
    _keep(wallet, user.id, "ORDER", 3)
    _keep(wallet, user.id, "TRADE", 1)
    _keep(wallet, other.id, "ORDER", 5)
    answer = wallet.call("GET", PATH, user=user, query={"limit": "2"})
    assert answer.status == 200
    assert [row["id"] for row in answer.body["data"]] == ["ORDER-2", "ORDER-1"]
    assert answer.body["pagination"]["total"] == 4
    trades = wallet.call("GET", PATH, user=user, query={"kind": "TRADE"})
    assert [(row["kind"], row["document"]) for row in trades.body["data"]] == [("TRADE", {"amount": "0"})]
    assert wallet.call("GET", PATH, user=user, query={"kind": "SECRET"}).code == "VALIDATION_ERROR"
    assert wallet.call("GET", PATH, user=new_user()).body["data"] == []
    assert wallet.call("GET", PATH).status == 401


def test_the_copy_of_all_personal_data_has_them(wallet: Wallet, new_user: Callable[..., User]) -> None:
    user = new_user()
    _keep(wallet, user.id, "TRANSACTION", 2)
    row = wallet.database.connect("auth_app").execute("SELECT earlier_records_of(%s, 1)", (user.id,)).fetchone()
    assert row is not None
    assert [record["source_id"] for record in row[0]] == ["TRANSACTION-1"]


def test_no_role_changes_them(wallet: Wallet, new_user: Callable[..., User]) -> None:
    _keep(wallet, new_user().id, "ORDER", 1)
    for role in ("wallet_app", "exchange_owner"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            wallet.database.connect(role).execute("UPDATE earlier_records SET document = '{}'")
