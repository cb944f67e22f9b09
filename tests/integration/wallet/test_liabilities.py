"""Proof of liabilities from the ledger to the user's file, and that the script believes it."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from types import ModuleType
from uuid import UUID

import psycopg
import pytest
from psycopg.errors import UniqueViolation

from functions.maintenance import handler as maintenance
from mycrypto.ledger import CUSTODY_HOT, Entry, Kind, Move, post, spot, transit, verify
from mycrypto.liabilities import publishing
from mycrypto.liabilities.publishing import Publication
from mycrypto.money import to_numeric
from tests.integration.wallet.conftest import User, Wallet
from tests.unit.liabilities.conftest import verifier

__all__ = ["verifier"]
WHEN = datetime.now(UTC)


def publish(wallet: Wallet, *, once_a_day: bool = False) -> Publication | None:
    return publishing.publish(wallet.database.connect("wallet_app"), wallet.now, once_a_day=once_a_day)


def give(connection: psycopg.Connection, key: str, user: UUID, units: int, *, moving: int = 0, currency: str = "BTC") -> None:
    moves = [Move(amount=units, currency=currency, source=CUSTODY_HOT, target=spot(user), kind=Kind.DEPOSIT)]
    if moving:
        moves.append(Move(amount=moving, currency=currency, source=spot(user), target=transit(user), kind=Kind.WITHDRAWAL))
    with connection.transaction():
        post(connection, [Entry(key=key, why="a test", reference=("TEST", key), moment=WHEN, moves=tuple(moves))])


def test_each_user_downloads_a_proof_that_holds(wallet: Wallet, verifier: ModuleType) -> None:
    first, second, third = User(), User(), User()
    wallet.funded(first, "750")
    admin = wallet.database.connect()
    give(admin, "a", second.id, 3_00000001, moving=1_00000000)
    give(admin, "b", first.id, 7)
    made = publish(wallet)
    assert made is not None
    seen = wallet.call("GET", "/api/wallet/liabilities")
    assert seen.status == 200
    assert seen.body["pagination"]["total"] == 1
    assert seen.body["data"][0]["hash"] == made.hash.hex()
    totals = {each["currency"]: each["total"] for each in seen.body["data"][0]["currencies"]}
    assert totals == {"BTC": "3.00000008", "ETH": "0", "TRY": "750", "USDT": "0"}
    for user, balances in ((first, {"BTC": 7, "TRY": 750_00000000}), (second, {"BTC": 3_00000001}), (third, {})):
        answer = wallet.call("GET", "/api/wallet/liabilities/proof", user=user)
        assert answer.status == 200
        assert answer.headers["Content-Disposition"] == 'attachment; filename="liabilities-1.json"'
        expected = dict.fromkeys(totals, 0) | balances
        assert verifier.check(answer.body, seen.body) == expected
        text = json.dumps(answer.body)
        assert not any(str(other.id) in text for other in (first, second, third) if other is not user)
    amounts = {step["sum"] for balance in wallet.call("GET", "/api/wallet/liabilities/proof", user=first).body["balances"] if balance["currency"] == "BTC" for leaf in balance["leaves"] for step in leaf["path"]}  # fmt: skip
    assert "3.00000001" not in amounts - {totals["BTC"]}, "the whole balance of the other user is no neighbour in a proof"


def test_totals_are_the_ledgers_at_the_event_that_is_named(wallet: Wallet) -> None:
    user = User()
    wallet.funded(user, "500")
    report = verify.run(wallet.database.connect("wallet_app"))
    sums = {each.currency: each.sums for each in report.totals}
    made = publish(wallet)
    assert made is not None
    assert {root.currency: to_numeric(root.units) for root in made.roots if root.units} == {
        "TRY": sum(Decimal(sums["TRY"].get(kind, "0")) for kind in ("spot", "transit"))
    }
    assert made.event_number == wallet.engine.seq


def test_a_publication_names_the_one_before_it_and_stays(wallet: Wallet) -> None:
    first, second = publish(wallet), publish(wallet)
    assert first is not None
    assert second is not None
    assert (second.number, second.previous) == (2, first.hash)
    admin = wallet.database.connect()
    for table in ("liability_publications", "liability_roots"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            admin.execute(f"DELETE FROM {table}".encode())


def test_one_publication_a_day_is_enough(wallet: Wallet) -> None:
    assert publish(wallet, once_a_day=True) is not None
    assert publish(wallet, once_a_day=True) is None
    wallet.pass_time(timedelta(days=1))
    assert publish(wallet, once_a_day=True) is not None


def test_of_two_that_publish_at_once_one_does(wallet: Wallet) -> None:
    give(wallet.database.connect(), "a", User().id, 10**9)
    outcomes: list[object] = []
    begin = threading.Barrier(2)

    def work() -> None:
        connection = wallet.database.connect("wallet_app")
        begin.wait()
        try:
            outcomes.append(publishing.publish(connection, wallet.now, once_a_day=True))
        except UniqueViolation as error:
            outcomes.append(error)

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(isinstance(outcome, Publication) for outcome in outcomes) == 1
    admin = wallet.database.connect()
    assert admin.execute("SELECT count(*), max(number) FROM liability_publications").fetchone() == (1, 1)


def test_nothing_is_published_that_is_not_what_the_books_owe(wallet: Wallet) -> None:
    admin = wallet.database.connect()
    give(admin, "a", User().id, 5)
    admin.execute("UPDATE ledger_accounts SET balance = balance - 0.00000001 WHERE kind = 'spot'")
    with pytest.raises(publishing.LiabilitiesError, match="BTC: the tree says 4, the ledger 5 units"):
        publish(wallet)
    assert admin.execute("SELECT count(*) FROM liability_nodes").fetchone() == (0,)


def test_leaves_go_after_ninety_days_and_the_roots_stay(wallet: Wallet) -> None:
    user = User()
    give(wallet.database.connect(), "a", user.id, 10**9)
    publish(wallet)
    connection = wallet.database.connect("wallet_app")
    assert publishing.forget(connection, wallet.now + timedelta(days=89), 10**6) == 0
    assert publishing.forget(connection, wallet.now + timedelta(days=91), 10**6) > 0
    assert wallet.call("GET", "/api/wallet/liabilities/proof", user=user).code == "PUBLICATION_NOT_FOUND"
    assert wallet.call("GET", "/api/wallet/liabilities").body["pagination"]["total"] == 1


@pytest.mark.parametrize("number", ["0", "x", "-1", str(2**63)])
def test_a_number_that_is_none_is_refused(wallet: Wallet, number: str) -> None:
    assert wallet.call("GET", "/api/wallet/liabilities/proof", user=User(), query={"number": number}).code == "VALIDATION_ERROR"


def test_before_the_first_publication_there_is_none(wallet: Wallet) -> None:
    assert wallet.call("GET", "/api/wallet/liabilities").body["data"] == []
    assert wallet.call("GET", "/api/wallet/liabilities/proof", user=User()).code == "PUBLICATION_NOT_FOUND"
    assert wallet.call("GET", "/api/wallet/liabilities/proof").status == 401


def test_the_hourly_job_publishes_once_a_day(wallet: Wallet, new_user: Callable[..., User], monkeypatch: pytest.MonkeyPatch) -> None:
    class Resources:
        exchange = wallet.context.db

    monkeypatch.setattr(maintenance, "_resources", Resources)
    give(wallet.database.connect(), "a", new_user().id, 10**9)
    assert maintenance.handler({"job": "liabilities"}, None)["published"] == 1  # type: ignore[arg-type]  # the job makes no use of the context
    assert maintenance.handler({"job": "liabilities"}, None)["published"] in {None, 2}  # type: ignore[arg-type]  # a new day may have begun
    assert wallet.context.db.connection().isolation_level is None
