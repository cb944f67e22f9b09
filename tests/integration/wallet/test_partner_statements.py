"""The nightly look at the statements of bank and chain finds what left without a withdrawal, what did not leave, and what left after it was given back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from functions.withdrawals import handler as worker
from functions.withdrawals import reconciling
from mycrypto import telemetry
from mycrypto.partners import AwayError
from tests.integration.wallet.test_payouts import left, saver, staff, status, withdraw

if TYPE_CHECKING:
    from functions.withdrawals.reconciling import Found
    from tests.integration.wallet.conftest import User, Wallet

__all__ = ["saver", "staff"]
KINDS = ("bank", "chain")


def look(wallet: Wallet, **changes: Any) -> Found:
    """Two hours later, so that every partner shows what it has done."""
    parts: dict[str, Any] = {"bank": wallet.partners.http_bank, "node": wallet.partners.http_chain} | changes
    return reconciling.run(wallet.context.db, parts["bank"], parts["node"], wallet.now + timedelta(hours=2), telemetry.logger("test"))


def reasons(wallet: Wallet) -> list[tuple[str, str]]:
    found = wallet.database.connect().execute("SELECT source, reason FROM reconciliation_items ORDER BY source, reason").fetchall()
    return [(source, reason) for source, reason in found]


def pay(wallet: Wallet, saver: User, staff: User, kind: str) -> dict[str, Any]:
    withdrawal = withdraw(wallet, saver, staff, kind)
    wallet.run_payouts()
    wallet.look_again()
    assert status(wallet, saver, withdrawal) == "COMPLETED"
    return withdrawal


def change(wallet: Wallet, statement: str, *values: object) -> None:
    """The withdrawal as the platform has it becomes another one."""
    with wallet.database.connect() as admin:
        admin.execute("SET session_replication_role = replica")
        assert admin.execute(statement.encode(), values).rowcount == 1


@pytest.mark.parametrize("kind", KINDS)
def test_where_everything_was_paid_nothing_differs(wallet: Wallet, saver: User, staff: User, kind: str) -> None:
    pay(wallet, saver, staff, kind)
    found = look(wallet)
    assert (found.statements, found.withdrawals, found.differences, found.away) == (1, 1, [], [])


@pytest.mark.parametrize("kind", KINDS)
def test_what_left_without_a_withdrawal_is_found_once(wallet: Wallet, saver: User, staff: User, kind: str) -> None:
    pay(wallet, saver, staff, kind)
    with wallet.partners.ledger.transaction() as ledger:
        if kind == "bank":
            ledger.execute("INSERT INTO bookings (transaction_id, key, amount, iban) VALUES ('OUT-X', 'payout:x', '5', 'TR')")
        else:
            spending = '{"currency":"ETH","amount":"5"}'
            ledger.execute("INSERT INTO signatures (key, spending, raw, tx_hash) VALUES ('x', ?, x'01', '0xab')", (spending,))
            ledger.execute(
                "INSERT INTO transactions (tx_hash, currency, state, confirmations, calls) VALUES ('0xab', 'ETH', 'MINED', 9, 1)"
            )
    (difference,) = look(wallet).differences
    assert (difference.reason, difference.amount, difference.withdrawal) == ("PAYOUT_UNKNOWN", "5", None)
    assert look(wallet).differences == [], "told once"
    source = {"bank": "BANK", "chain": "CHAIN"}[kind]
    assert reasons(wallet) == [(source, "PAYOUT_UNKNOWN")]


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_booked_as_left_and_did_not_leave_is_found(wallet: Wallet, saver: User, staff: User, kind: str) -> None:
    pay(wallet, saver, staff, kind)
    with wallet.partners.ledger.transaction() as ledger:
        ledger.execute("DELETE FROM bookings")
        ledger.execute("DELETE FROM transactions")
    assert [each.reason for each in look(wallet).differences] == ["PAYOUT_MISSING"]
    assert reasons(wallet) == [(kind.upper(), "PAYOUT_MISSING")]


@pytest.mark.parametrize("kind", KINDS)
def test_what_left_after_its_money_was_given_back_is_found(wallet: Wallet, saver: User, staff: User, kind: str) -> None:
    withdrawal = pay(wallet, saver, staff, kind)
    change(wallet, "UPDATE withdrawals SET status = 'FAILED' WHERE id = %s", withdrawal["id"])
    assert [each.reason for each in look(wallet).differences] == ["PAYOUT_AFTER_RELEASE"]


def test_another_amount_than_was_asked_is_found(wallet: Wallet, saver: User, staff: User) -> None:
    pay(wallet, saver, staff, "bank")
    with wallet.partners.ledger.transaction() as ledger:
        ledger.execute("UPDATE bookings SET amount = '3000'")
    (difference,) = look(wallet).differences
    assert (difference.reason, difference.amount, difference.left) == ("PAYOUT_DISPUTED", "3000", True)


def test_a_difference_is_one_that_people_can_decide_about(wallet: Wallet, saver: User, staff: User) -> None:
    """What left unasked is missing in custody; what did not leave is there, and may be given back to the user."""
    withdrawal = pay(wallet, saver, staff, "bank")
    with wallet.partners.ledger.transaction() as ledger:
        ledger.execute("UPDATE bookings SET key = 'payout:unknown'")
    look(wallet)
    items = wallet.call("GET", "/api/wallet/admin/reconciliations", user=staff).body["data"]
    natures = {item["reason"]: item["nature"] for item in items}
    assert natures == {"PAYOUT_UNKNOWN": "MISSING", "PAYOUT_MISSING": "RECEIVED"}
    missing = next(item for item in items if item["reason"] == "PAYOUT_MISSING")
    assert (missing["user_id"], missing["document"]["withdrawal_id"]) == (str(saver.id), withdrawal["id"])


def test_a_partner_that_is_away_does_not_keep_the_other_from_being_asked(wallet: Wallet, saver: User, staff: User) -> None:
    pay(wallet, saver, staff, "chain")

    class Away:
        def outgoing(self, _: datetime) -> list[Any]:
            raise AwayError("no answer")

    found = look(wallet, bank=Away())
    assert (found.away, found.withdrawals, found.differences) == (["bank"], 1, [])


def test_what_is_under_way_is_no_difference(wallet: Wallet, saver: User, staff: User) -> None:
    wallet.partners.ledger.plan("bank", "slow", 1)
    withdraw(wallet, saver, staff, "bank")
    wallet.run_payouts()
    assert look(wallet).differences == []
    assert left(wallet, "bank") == []


def test_the_schedule_asks_every_hour_and_one_hour_compares(wallet: Wallet, monkeypatch: pytest.MonkeyPatch) -> None:
    parts = SimpleNamespace(db=wallet.context.db, bank=wallet.partners.http_bank, chain=wallet.partners.http_chain)
    monkeypatch.setattr(worker, "resources", lambda: parts)
    night = datetime(2026, 11, 30, 2, tzinfo=UTC)
    assert worker.reconcile(night + timedelta(hours=1)) == {}
    assert worker.reconcile(night + timedelta(hours=1), at_once=True)["differences"] == [], "an operator need not wait for the night"
    assert worker.reconcile(night)["differences"] == []
    wallet.partners.ledger.receive("bank", "more", "TRY", "-1")
    assert worker.reconcile(night + timedelta(days=1))["differences"] == []
    assert [each["reason"] for each in worker.reconcile(night + timedelta(days=1, hours=1))["differences"]] == ["BALANCE_SHORT"]
    assert worker.reconcile(night + timedelta(days=1, hours=3))["differences"] == [], "told, and looked at until it fits"
