"""Corrections of balances: two people, the engine has the last word, and the books say where the money came from and went."""

from __future__ import annotations

import threading
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from tests.integration.wallet.conftest import Answer, User, Wallet

PATH = "/api/wallet/admin/adjustments"


class Desk:
    """Two administrators and a user who has an account."""

    def __init__(self, wallet: Wallet) -> None:
        self.wallet = wallet
        self.first, self.second, self.user = User(roles="ADMIN"), User(roles="ADMIN"), User()
        wallet.enable_second_factor(self.user)
        wallet.show_second_factor()

    def propose(self, *, by: User | None = None, headers: dict[str, str] | None = None, **changes: Any) -> Answer:
        body = {
            "user_id": str(self.user.id),
            "direction": "CREDIT",
            "currency": "TRY",
            "amount": "12.5",
            "reason": "hatalı komisyon",
        } | changes
        return self.wallet.call("POST", PATH, body, user=by or self.first, headers=headers)

    def approve(self, adjustment: Answer, by: User | None = None) -> Answer:
        return self.wallet.call("POST", f"{PATH}/{adjustment.body['id']}/approve", user=by or self.second)

    def reject(self, adjustment: Answer, by: User) -> Answer:
        return self.wallet.call("POST", f"{PATH}/{adjustment.body['id']}/reject", {"reason": "gerek yok"}, user=by)

    def status(self, adjustment: Answer) -> str:
        return str(self.wallet.call("GET", f"{PATH}/{adjustment.body['id']}", user=self.first).body["status"])

    def account(self, kind: str) -> str:
        row = self.wallet.database.connect().execute("SELECT sum(balance)::text FROM ledger_accounts WHERE kind = %s", (kind,)).fetchone()
        return str(row[0]) if row else ""


@pytest.fixture
def desk(wallet: Wallet) -> Desk:
    return Desk(wallet)


def test_one_asks_another_approves_and_the_engine_credits(desk: Desk) -> None:
    asked = desk.propose()
    assert asked.status == 201
    assert (asked.body["status"], asked.body["direction"], asked.body["amount"]) == ("PROPOSED", "CREDIT", "12.5")
    assert desk.account("written-off") == "None"
    assert desk.approve(asked).body["status"] == "APPROVED"
    desk.wallet.run_engine()
    assert desk.status(asked) == "APPLIED"
    assert desk.wallet.balance(desk.user, "TRY") == "12.5"
    assert (desk.account("written-off"), desk.account("transit")) == ("-12.50000000", "0.00000000")
    rows = desk.wallet.call("GET", "/api/wallet/transactions", user=desk.user).body["data"]
    assert [(row["type"], row["amount"], row["description"]) for row in rows] == [("ADMIN_ADJUSTMENT", "12.5", "Bakiye düzeltmesi")]


def test_what_is_taken_goes_to_the_platform(desk: Desk) -> None:
    desk.wallet.funded(desk.user, "500")
    asked = desk.propose(direction="CHARGE", amount="120")
    desk.approve(asked)
    desk.wallet.run_engine()
    assert desk.status(asked) == "APPLIED"
    assert desk.wallet.balance(desk.user, "TRY") == "380"
    assert (desk.account("written-off"), desk.account("transit")) == ("120.00000000", "0.00000000")


def test_what_the_user_does_not_have_is_not_taken(desk: Desk) -> None:
    desk.wallet.funded(desk.user, "100")
    asked = desk.propose(direction="CHARGE", amount="100.01")
    desk.approve(asked)
    desk.wallet.run_engine()
    shown = desk.wallet.call("GET", f"{PATH}/{asked.body['id']}", user=desk.first).body
    assert (shown["status"], shown["decision_reason"]) == ("FAILED", "WALLET_001")
    assert desk.wallet.balance(desk.user, "TRY") == "100"
    assert desk.account("written-off") == "None"


def test_an_administrator_decides_neither_alone_nor_about_own_money(desk: Desk) -> None:
    asked = desk.propose()
    assert desk.approve(asked, by=desk.first).code == "FORBIDDEN"
    admin = User(id=desk.user.id, roles="ADMIN")
    assert desk.approve(asked, by=admin).code == "FORBIDDEN"
    assert desk.propose(by=admin).code == "FORBIDDEN"
    for roles in ("USER", "SUPPORT"):
        assert desk.propose(by=User(roles=roles)).code == "FORBIDDEN"
    assert desk.status(asked) == "PROPOSED"
    assert desk.wallet.kafka.rows == []


def test_the_database_itself_asks_for_two_people(desk: Desk) -> None:
    asked = desk.propose()
    connection = desk.wallet.database.connect("wallet_app")
    for someone in (desk.first.id, desk.user.id):
        with pytest.raises(psycopg.errors.CheckViolation):
            connection.execute(
                "UPDATE adjustments SET status = 'APPROVED', decided_by = %s, decided_at = now() WHERE id = %s", (someone, asked.body["id"])
            )
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("UPDATE adjustments SET amount = 1000000")


def test_a_decision_is_made_once(desk: Desk) -> None:
    asked = desk.propose()
    outcomes: list[Answer] = []
    third = User(roles="ADMIN")
    threads = [threading.Thread(target=lambda by=by: outcomes.append(_ask(desk, asked, by))) for by in (desk.second, third)]
    for thread in threads:
        thread.start()
        thread.join()
    assert sorted(outcome.status for outcome in outcomes) == [200, 409]
    desk.wallet.run_engine()
    desk.wallet.run_engine()
    assert desk.wallet.balance(desk.user, "TRY") == "12.5"
    assert desk.reject(asked, desk.second).code == "ADJUSTMENT_STATUS"


def _ask(desk: Desk, asked: Answer, by: User) -> Answer:
    return desk.approve(asked, by)


def test_a_rejected_proposal_moves_nothing(desk: Desk) -> None:
    asked = desk.propose()
    assert desk.reject(asked, desk.first).body["decision_reason"] == "gerek yok"
    assert desk.approve(asked).code == "ADJUSTMENT_STATUS"
    assert desk.wallet.kafka.rows == []


def test_a_proposal_that_is_sent_twice_under_one_key_is_one(desk: Desk) -> None:
    key = {"Idempotency-Key": str(uuid4())}
    first, again = desk.propose(headers=key), desk.propose(headers=key)
    assert first.body == again.body
    assert desk.wallet.call("GET", PATH, user=desk.first).body["pagination"]["total"] == 1
    found = desk.wallet.call("GET", PATH, user=desk.first, query={"status": "PROPOSED", "user_id": str(desk.user.id)}).body["data"]
    assert [each["id"] for each in found] == [first.body["id"]]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"amount": "0"}, "VALIDATION_ERROR"),
        ({"amount": "-1"}, "VALIDATION_ERROR"),
        ({"amount": "1.001"}, "VALIDATION_ERROR"),
        ({"amount": "1" * 30}, "VALIDATION_ERROR"),
        ({"currency": "DOGE"}, "CURRENCY_NOT_SUPPORTED"),
        ({"reason": " "}, "VALIDATION_ERROR"),
        ({"reason": "x" * 501}, "VALIDATION_ERROR"),
        ({"user_id": str(uuid4())}, "VALIDATION_ERROR"),
        ({"direction": "GIVE"}, "VALIDATION_ERROR"),
    ],
)
def test_bad_proposals_are_refused(desk: Desk, changes: dict[str, Any], code: str) -> None:
    assert desk.propose(**changes).code == code
    assert desk.wallet.call("GET", PATH, user=desk.first).body["data"] == []


def test_each_step_is_in_the_audit_trail(desk: Desk) -> None:
    asked = desk.propose()
    desk.approve(asked)
    records = [message for message in desk.wallet.sqs.messages() if str(message).find("adjustment.") >= 0]
    assert len(records) == 2
    assert all("hatalı komisyon" in str(record) for record in records)


def test_the_balance_sheet_balances(desk: Desk) -> None:
    desk.wallet.funded(desk.user, "1000")
    desk.approve(desk.propose())
    desk.wallet.run_engine()
    answer = desk.wallet.call("GET", "/api/wallet/admin/balance-sheet", user=desk.first)
    assert answer.status == 200
    assert answer.body["balanced"]
    assert answer.body["event_number"] == desk.wallet.engine.seq
    lira = next(each for each in answer.body["currencies"] if each["currency"] == "TRY")
    assert (lira["assets_total"], lira["owed_total"], lira["own_total"], lira["difference"]) == ("1000", "1012.5", "-12.5", "0")
    assert [each["currency"] for each in answer.body["currencies"]] == ["TRY", "BTC", "ETH", "USDT"]
    desk.wallet.database.connect().execute("UPDATE ledger_accounts SET balance = balance + 1 WHERE kind = 'custody:bank'")
    broken = desk.wallet.call("GET", "/api/wallet/admin/balance-sheet", user=desk.first).body
    assert not broken["balanced"]
    assert desk.wallet.call("GET", "/api/wallet/admin/balance-sheet", user=desk.user).code == "FORBIDDEN"
