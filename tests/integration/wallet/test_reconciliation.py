"""Money that fits nothing finds its way out, by two people, and the books say where it went."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

import psycopg
import pytest

from mycrypto.contracts import commands, events
from mycrypto.ledger import verify

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.integration.wallet.conftest import Answer, User, Wallet

PATH = "/api/wallet/admin/reconciliations"


@pytest.fixture
def two(new_user: Callable[..., User]) -> tuple[User, User]:
    """Who proposes, and who decides."""
    return new_user(roles="USER,ADMIN"), new_user(roles="USER,ADMIN")


@pytest.fixture
def customer(wallet: Wallet, new_user: Callable[..., User]) -> User:
    user = new_user(kyc_level=3)
    wallet.enable_second_factor(user)
    return user


def items(wallet: Wallet, staff: User, **query: str) -> list[dict[str, Any]]:
    answer = wallet.call("GET", PATH, user=staff, query=query or None)
    assert answer.status == 200, answer
    found: list[dict[str, Any]] = answer.body["data"]
    return found


def act(wallet: Wallet, staff: User, item: dict[str, Any], action: str, body: dict[str, Any] | None = None) -> Answer:
    return wallet.call("POST", f"{PATH}/{item['id']}/{action}", body, user=staff)


def resolve(wallet: Wallet, two: tuple[User, User], item: dict[str, Any], action: str, **body: Any) -> dict[str, Any]:
    """Proposed by one and approved by the other."""
    proposed = act(wallet, two[0], item, "propose", {"action": action, "reason": "looked into"} | body)
    assert (proposed.status, proposed.body["status"]) == (200, "PROPOSED"), proposed
    approved = act(wallet, two[1], item, "approve")
    assert approved.status == 200, approved
    answer: dict[str, Any] = approved.body
    return answer


def books(wallet: Wallet, currency: str) -> dict[str, float]:
    report = verify.run(wallet.database.connect())
    assert report.differences == []
    return next(
        ({kind: float(sum_) for kind, sum_ in total.sums.items() if sum_ != "0"} for total in report.totals if total.currency == currency),
        {},
    )


def unmatched(wallet: Wallet, user: User, **changes: Any) -> dict[str, Any]:
    """A transfer of 100 TRY that fits nothing; returns the report."""
    report = wallet.bank_report(wallet.fiat_deposit(user, "100").body, amount="100", sender_iban="TR050009900000000000000001") | changes
    assert wallet.report("bank", report).body["outcome"] == "RECONCILIATION"
    return report


def own_address(wallet: Wallet, user: User, currency: str) -> str:
    return str(wallet.call("POST", "/api/wallet/deposit/crypto", {"currency": currency}, user=user).body["address"])


def mails(wallet: Wallet) -> list[str]:
    wallet.context.flush()
    return [row["type"] for row in wallet.sqs.messages() if row["type"].startswith("deposit_")]


def test_an_unmatched_transfer_is_credited_to_its_user(wallet: Wallet, two: tuple[User, User], customer: User) -> None:
    unmatched(wallet, customer)
    (item,) = items(wallet, two[0], status="OPEN", source="BANK")
    assert (item["reason"], item["nature"], item["booked_amount"], item["user_id"]) == (
        "SENDER_MISMATCH",
        "RECEIVED",
        "100",
        str(customer.id),
    )
    assert item["document"]["sender_iban"] == "TR050009900000000000000001"
    assert books(wallet, "TRY") == {"custody:bank": -100, "external": 100}
    assert resolve(wallet, two, item, "CREDIT")["status"] == "RESOLVED"
    assert books(wallet, "TRY") == {"custody:bank": -100, "transit": 100}
    wallet.run_engine()
    assert books(wallet, "TRY") == {"custody:bank": -100, "spot": 100}
    assert wallet.balance(customer, "TRY") == "100"
    assert mails(wallet) == ["deposit_held", "deposit_credited"]
    told = wallet.call("GET", "/api/wallet/transactions", user=customer).body["data"]
    assert [(row["type"], row["amount"], row["reference_type"]) for row in told] == [("DEPOSIT", "100", "RECONCILIATION")]
    audited = [row["data"] for row in wallet.sqs.messages() if row["type"] == "audit"]
    assert [(row["action"], row["actor_id"]) for row in audited] == [
        ("reconciliation.proposed", str(two[0].id)),
        ("reconciliation.approved", str(two[1].id)),
    ]


def test_it_takes_two_and_neither_for_money_of_their_own(
    wallet: Wallet, two: tuple[User, User], customer: User, new_user: Callable[..., User]
) -> None:
    unmatched(wallet, customer)
    (item,) = items(wallet, two[0])
    body = {"action": "CREDIT", "reason": "it is theirs"}
    for stranger, status in ((customer, 403), (new_user(roles="USER,SUPPORT"), 403), (None, 401)):
        assert wallet.call("POST", f"{PATH}/{item['id']}/propose", body, user=stranger).status == status
        assert wallet.call("POST", f"{PATH}/{item['id']}/approve", user=stranger).status == status
        assert wallet.call("POST", f"{PATH}/{item['id']}/reject", {"reason": "no"}, user=stranger).status == status
        assert wallet.call("POST", f"{PATH}/{item['id']}/returned", {"reference": "x"}, user=stranger).status == status
    assert act(wallet, two[0], item, "approve").code == "RECONCILIATION_STATUS"
    assert act(wallet, two[0], item, "propose", body | {"user_id": str(two[0].id)}).code == "VALIDATION_ERROR"  # auth knows no such user
    assert act(wallet, two[0], item, "propose", body).status == 200
    assert act(wallet, two[0], item, "propose", body).code == "RECONCILIATION_STATUS"
    assert act(wallet, two[0], item, "approve").code == "FORBIDDEN"
    customer.roles = "USER,ADMIN"
    wallet.show_second_factor()
    assert act(wallet, customer, item, "approve").code == "FORBIDDEN"
    with pytest.raises(psycopg.errors.CheckViolation):
        wallet.database.connect().execute(
            "UPDATE reconciliation_proposals SET status = 'APPROVED', decided_by = proposed_by, decided_at = now()"
        )
    assert act(wallet, two[1], item, "approve").body["status"] == "RESOLVED"
    for again in ("approve", "propose", "reject", "returned"):
        late = act(wallet, two[1], item, again, {"propose": body, "reject": {"reason": "no"}, "returned": {"reference": "x"}}.get(again))
        assert (late.status, late.code, late.body["status_now"]) == (409, "RECONCILIATION_STATUS", "RESOLVED")
    wallet.run_engine()
    assert wallet.balance(customer, "TRY") == "100"


def test_a_second_factor_is_asked_of_staff_who_have_one(wallet: Wallet, customer: User) -> None:
    unmatched(wallet, customer)
    customer.roles = "USER,ADMIN"
    (item,) = items(wallet, customer)
    body = {"action": "WRITE_OFF", "reason": "x"}
    assert act(wallet, customer, item, "propose", body).code == "AUTH_003"
    wallet.show_second_factor()
    assert act(wallet, customer, item, "propose", body).status == 200


def test_a_proposal_is_turned_down_and_another_one_taken(wallet: Wallet, two: tuple[User, User], customer: User) -> None:
    unmatched(wallet, customer)
    (item,) = items(wallet, two[0])
    act(wallet, two[0], item, "propose", {"action": "WRITE_OFF", "reason": "ours"})
    rejected = act(wallet, two[1], item, "reject", {"reason": "it is not"}).body
    assert (rejected["status"], rejected["proposals"][0]["status"]) == ("OPEN", "REJECTED")
    assert resolve(wallet, two, item, "CREDIT")["status"] == "RESOLVED"
    shown = wallet.call("GET", f"{PATH}/{item['id']}", user=two[0]).body
    assert [proposal["status"] for proposal in shown["proposals"]] == ["REJECTED", "APPROVED"]


def test_money_goes_back_to_its_sender(wallet: Wallet, two: tuple[User, User], customer: User) -> None:
    unmatched(wallet, customer)
    (item,) = items(wallet, two[0])
    assert resolve(wallet, two, item, "RETURN")["status"] == "RETURNING"
    assert books(wallet, "TRY") == {"custody:bank": -100, "external": 100}
    assert act(wallet, two[0], item, "reject", {"reason": "the account is closed"}).body["status"] == "OPEN"
    assert resolve(wallet, two, item, "RETURN")["status"] == "RETURNING"
    assert act(wallet, two[0], item, "returned", {"reference": "IADE-1"}).body["status"] == "RESOLVED"
    assert books(wallet, "TRY") == {}
    assert mails(wallet) == ["deposit_held", "deposit_returned"]


def test_money_without_an_owner_is_written_off(wallet: Wallet, two: tuple[User, User], customer: User) -> None:
    unmatched(wallet, customer, reference="no idea")
    (item,) = items(wallet, two[0], reason="UNKNOWN_REFERENCE")
    assert item["user_id"] is None
    assert act(wallet, two[0], item, "propose", {"action": "CREDIT", "reason": "x"}).body["errors"][0]["field"] == "user_id"
    assert act(wallet, two[0], item, "propose", {"action": "CHARGE", "reason": "x"}).body["errors"][0]["field"] == "action"
    assert (
        act(wallet, two[0], item, "propose", {"action": "WRITE_OFF", "reason": "x", "amount": "99"}).body["errors"][0]["field"] == "amount"
    )
    assert resolve(wallet, two, item, "WRITE_OFF")["status"] == "RESOLVED"
    assert books(wallet, "TRY") == {"custody:bank": -100, "written-off": 100}
    assert items(wallet, two[0], status="OPEN") == []


def test_too_small_and_wrong_coins_are_credited_by_people(wallet: Wallet, two: tuple[User, User], customer: User) -> None:
    own = own_address(wallet, customer, "USDT")
    wallet.report("chain", wallet.chain_report(own, "USDT", "0.5"))
    wallet.report("chain", wallet.chain_report(own, "ETH", "2"))
    for item, nature in zip(items(wallet, two[0], user_id=str(customer.id)), ("BELOW_MINIMUM", "CURRENCY_MISMATCH"), strict=True):
        assert item["reason"] == nature
        resolve(wallet, two, item, "CREDIT")
    wallet.run_engine()
    assert (wallet.balance(customer, "USDT"), wallet.balance(customer, "ETH")) == ("0.5", "2")
    assert books(wallet, "ETH") == {"custody:hot": -2, "spot": 2}


def test_money_that_is_not_booked_is_booked_by_the_decision(wallet: Wallet, two: tuple[User, User], customer: User) -> None:
    """An address that is none of ours, a report that cannot be read, another currency: people say how much came in, if anything did."""
    wallet.report("chain", wallet.chain_report("bc1qmxrw6qdh5g3ztfcwm0et5l8mvws4eva24kmp8m", "BTC", "1"))
    report = wallet.bank_report(wallet.fiat_deposit(customer, "100").body)
    wallet.report("bank", report | {"amount": "1.000,00"})
    wallet.report("bank", report | {"currency": "EUR", "transaction_id": "E-1"})
    strange, unread, euros = items(wallet, two[0])
    assert resolve(wallet, two, strange, "WRITE_OFF", amount="0")["status"] == "RESOLVED"
    assert books(wallet, "BTC") == {}
    missing = act(wallet, two[0], unread, "propose", {"action": "CREDIT", "reason": "x", "user_id": str(customer.id)})
    assert missing.body["errors"][0]["field"] == "amount"
    resolve(wallet, two, unread, "CREDIT", amount="1000", user_id=str(customer.id))
    assert (
        act(wallet, two[0], euros, "propose", {"action": "CREDIT", "reason": "x", "user_id": str(customer.id)}).code
        == "CURRENCY_NOT_SUPPORTED"
    )
    resolve(wallet, two, euros, "CREDIT", amount="3500.50", currency="TRY", user_id=str(customer.id))
    wallet.run_engine()
    assert wallet.balance(customer, "TRY") == "4500.5"
    assert books(wallet, "TRY") == {"custody:bank": -4500.5, "spot": 4500.5}
    assert wallet.report("bank", report).body["reason"] == "CONFLICTING_REPORT"  # its money was credited by people


def reversed_deposit(wallet: Wallet, customer: User, amount: str = "1") -> dict[str, Any]:
    report = wallet.chain_report(own_address(wallet, customer, "ETH"), "ETH", amount)
    wallet.report("chain", report)
    wallet.run_engine()
    assert wallet.report("chain", report | {"state": "GONE"}).body["outcome"] == "REVERSED"
    return report


def test_a_reversed_deposit_is_taken_from_its_user(wallet: Wallet, two: tuple[User, User], customer: User) -> None:
    reversed_deposit(wallet, customer)
    (item,) = items(wallet, two[0])
    assert (item["nature"], item["withheld_amount"]) == ("MISSING", "1")
    for action in ("CREDIT", "RETURN"):
        assert act(wallet, two[0], item, "propose", {"action": action, "reason": "x"}).body["errors"][0]["field"] == "action"
    assert resolve(wallet, two, item, "CHARGE")["status"] == "CHARGING"
    wallet.run_engine()
    assert wallet.balance(customer, "ETH") == "0"
    assert books(wallet, "ETH") == {}
    assert items(wallet, two[0], status="RESOLVED")[0]["resolution"] == "CHARGE"


def test_what_a_user_does_not_have_cannot_be_taken_and_is_borne(wallet: Wallet, two: tuple[User, User], customer: User) -> None:
    report = reversed_deposit(wallet, customer)
    (item,) = items(wallet, two[0])
    resolve(wallet, two, item, "CHARGE")
    (row,) = wallet.kafka.rows
    (debit,) = commands.decode_record(row.payload)
    assert isinstance(debit, commands.Debit)
    wallet.kafka.rows.clear()
    wallet.engine.emit(events.TransferRefused(debit.transfer_id, debit.user_id, debit.asset, -debit.amount, "WALLET_001", {}))
    wallet.run_engine()
    (again,) = items(wallet, two[0], status="OPEN")
    shown = wallet.call("GET", f"{PATH}/{again['id']}", user=two[0]).body
    assert [(proposal["status"], proposal["decision_reason"]) for proposal in shown["proposals"]] == [("FAILED", "WALLET_001")]
    assert resolve(wallet, two, again, "WRITE_OFF")["status"] == "RESOLVED"
    assert books(wallet, "ETH") == {"spot": 1, "written-off": -1}
    assert wallet.report("chain", report).body["outcome"] == "RESTORED"  # and the coins are there again after all
    (late,) = items(wallet, two[0], status="OPEN")
    assert (late["reason"], late["booked_amount"]) == ("REINCLUDED", "1")
    resolve(wallet, two, late, "WRITE_OFF")
    assert books(wallet, "ETH") == {"custody:hot": -1, "spot": 1}


def test_a_proposal_is_overtaken_when_the_chain_has_the_deposit_again(wallet: Wallet, two: tuple[User, User], customer: User) -> None:
    report = reversed_deposit(wallet, customer)
    (item,) = items(wallet, two[0])
    act(wallet, two[0], item, "propose", {"action": "CHARGE", "reason": "x"})
    assert wallet.report("chain", report).body["outcome"] == "RESTORED"
    assert act(wallet, two[1], item, "approve").code == "RECONCILIATION_STATUS"
    assert wallet.call("GET", f"{PATH}/{item['id']}", user=two[0]).body["proposals"][0]["status"] == "OVERTAKEN"
    wallet.run_engine()
    assert wallet.balance(customer, "ETH") == "1"


def test_what_the_engine_would_not_take_is_sent_again(
    wallet: Wallet, two: tuple[User, User], customer: User, new_user: Callable[..., User]
) -> None:
    unmatched(wallet, customer)
    (item,) = items(wallet, two[0])
    resolve(wallet, two, item, "CREDIT")
    (row,) = wallet.kafka.rows
    (credit,) = commands.decode_record(row.payload)
    assert isinstance(credit, commands.Credit)
    wallet.kafka.rows.clear()
    wallet.engine.emit(events.TransferRefused(credit.transfer_id, credit.user_id, credit.asset, credit.amount, "INVALID_AMOUNT", {}))
    wallet.run_engine()
    (stuck,) = items(wallet, two[0], source="ENGINE")
    assert (stuck["nature"], stuck["user_id"]) == ("STUCK", str(customer.id))
    assert books(wallet, "TRY") == {"custody:bank": -100, "transit": 100}
    resolve(wallet, two, stuck, "CREDIT")
    wallet.run_engine()
    assert wallet.balance(customer, "TRY") == "100"
    assert books(wallet, "TRY") == {"custody:bank": -100, "spot": 100}


def test_a_withdrawal_that_was_paid_although_it_was_given_back_is_missing(wallet: Wallet, two: tuple[User, User], customer: User) -> None:
    wallet.funded(customer, "1000")
    account = wallet.call("GET", "/api/wallet/bank-accounts", user=customer).body["data"][0]["id"]
    body = {"amount": "300", "fiat_account_id": account, "two_fa_code": wallet.code(customer)}
    asked = wallet.call("POST", "/api/wallet/withdraw/fiat", body, user=customer).body
    wallet.run_engine()
    wallet.call("POST", f"/api/wallet/withdraw/{asked['id']}/cancel", user=customer)
    wallet.run_engine()
    paid = {"withdrawal_id": asked["id"], "outcome": "COMPLETED", "reference": "x" * 4_000, "reason": "\u0000" * 900, "more": 1}
    assert wallet.report_to("bank/payout", "bank", paid).body["reason"] == "PAYOUT_OF_CANCELLED"
    (item,) = items(wallet, two[0])
    assert item["nature"] == "MISSING"
    resolve(wallet, two, item, "WRITE_OFF")
    assert books(wallet, "TRY") == {"custody:bank": -700, "spot": 1000, "written-off": -300}
    strange = wallet.report_to("bank/payout", "bank", {"withdrawal_id": asked["id"], "outcome": "LOST", "reference": 5})
    assert strange.body["outcome"] == "RECONCILIATION"
    assert wallet.report_to("bank/payout", "bank", {"outcome": "COMPLETED", "reference": "x"}).code == "VALIDATION_ERROR"


@pytest.mark.parametrize(
    "query", [{"status": "NEW"}, {"source": "x"}, {"user_id": "me"}, {"reason": "x" * 65}, {"limit": "0"}, {"more": "1"}]
)
def test_a_wrong_question_is_refused(wallet: Wallet, two: tuple[User, User], query: dict[str, str]) -> None:
    assert wallet.call("GET", PATH, user=two[0], query=query).code == "VALIDATION_ERROR"


@pytest.mark.parametrize("item_id", ["none", str(UUID(int=7))])
def test_what_is_not_there_is_not_found(wallet: Wallet, two: tuple[User, User], item_id: str) -> None:
    bodies = {"propose": {"action": "CREDIT", "reason": "x"}, "approve": None, "reject": {"reason": "x"}, "returned": {"reference": "x"}}
    assert wallet.call("GET", f"{PATH}/{item_id}", user=two[0]).code == "RECONCILIATION_NOT_FOUND"
    for action, body in bodies.items():
        assert act(wallet, two[0], {"id": item_id}, action, body).code == "RECONCILIATION_NOT_FOUND"


def test_two_approvals_at_once_are_one(wallet: Wallet, two: tuple[User, User], customer: User) -> None:
    """The transfer of a proposal has the proposal's id: ledger and engine take it once, however often it is sent."""
    unmatched(wallet, customer)
    (item,) = items(wallet, two[0])
    resolve(wallet, two, item, "CREDIT")
    wallet.database.connect().execute("UPDATE reconciliation_items SET status = 'PROPOSED'")
    wallet.database.connect().execute("UPDATE reconciliation_proposals SET status = 'PROPOSED', decided_at = NULL, decided_by = NULL")
    act(wallet, two[1], item, "approve")
    wallet.run_engine()
    assert wallet.balance(customer, "TRY") == "100"
    assert books(wallet, "TRY") == {"custody:bank": -100, "spot": 100}


def test_what_staff_credited_and_the_chain_took_back_is_held_at_the_credited_user(
    wallet: Wallet, two: tuple[User, User], customer: User, new_user: Callable[..., User]
) -> None:
    """The deposit went to another user's address, and staff credited it to the customer."""
    owner = new_user()
    report = wallet.chain_report(own_address(wallet, owner, "USDT"), "USDT", "0.5")
    wallet.report("chain", report)
    (item,) = items(wallet, two[0])
    resolve(wallet, two, item, "CREDIT", user_id=str(customer.id))
    wallet.run_engine()
    assert wallet.report("chain", report | {"state": "GONE"}).body["outcome"] == "REVERSED"
    (missing,) = items(wallet, two[0], status="OPEN")
    assert (missing["reason"], missing["user_id"], missing["withheld_amount"]) == ("REORGANISED", str(customer.id), "0.5")
    resolve(wallet, two, missing, "CHARGE")
    wallet.run_engine()
    assert books(wallet, "USDT") == {}
