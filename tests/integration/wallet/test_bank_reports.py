"""What a bank reports: references however they are typed, names however they are spelled, and money that is never lost for the form of a report."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from mycrypto.ledger import verify
from mycrypto.money import to_numeric

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.integration.wallet.conftest import Answer, User, Wallet

TOO_MUCH = "\u0130\u0000x\ud800" * 200


def items(wallet: Wallet) -> list[tuple[Any, ...]]:
    found = wallet.database.connect().execute("SELECT reason, amount::float, booked::float, user_id FROM reconciliation_items ORDER BY id")
    return found.fetchall()


def held_in_suspense(wallet: Wallet) -> float:
    row = wallet.database.connect().execute("SELECT coalesce(sum(balance), 0) FROM ledger_accounts WHERE kind = 'external'").fetchone()
    assert row is not None
    return float(row[0])


def identify(wallet: Wallet, user: User, first: str, last: str) -> None:
    """Staff have approved the user's papers."""
    wallet.enable_second_factor(user)
    wallet.database.connect().execute(
        """INSERT INTO kyc_submissions (id, user_id, level, status, tc_kimlik_no_encrypted, tc_kimlik_no_fingerprint, first_name, last_name,
                  date_of_birth, phone, reviewed_at)
           VALUES (%s, %s, 2, 'APPROVED', 'sealed', %s, %s, %s, '1990-01-01', '+905001234567', now())""",
        (uuid4(), user.id, hashlib.sha256(user.id.bytes).hexdigest(), first, last),
    )


SPELLINGS: dict[str, Callable[[str], str]] = {
    "small letters": str.lower,
    "Turkish capitals": lambda reference: reference.lower().replace("i", "\u0130").upper(),
    "dotless i": lambda reference: reference.replace("I", "\u0131"),
    "dot as a mark of its own": lambda reference: reference.replace("I", "I\u0307"),
    "no hyphens": lambda reference: reference.replace("-", ""),
    "spaces": lambda reference: reference.replace("-", " "),
    "a space in between": lambda reference: reference[:8] + " " + reference[8:16] + "  " + reference[16:],
    "text round it": lambda reference: f"FAST GELEN {reference} AHMET Y 12345678",
    "text stuck to it": lambda reference: f"HAVALE/{reference.replace('-', '')}/AYSE",
    "other hyphens": lambda reference: reference.replace("-", "\u2013"),
    "full width": lambda reference: "".join(chr(ord(letter) + 0xFEE0) for letter in reference),
    "line break": lambda reference: reference + "\n",
    "invisible marks": lambda reference: "\ufeff" + reference.replace("-", "\u200b-"),
    "without DEP": lambda reference: reference.removeprefix("DEP-"),
    "twice": lambda reference: f"{reference} {reference}",
}


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_reference_is_found_however_it_is_typed(wallet: Wallet, new_user: Callable[..., User], spelling: str) -> None:
    """Also an old one, of the whole alphabet."""
    user = new_user()
    deposit = wallet.fiat_deposit(user, "100").body
    old = f"DEP-20261130-{uuid4().hex[:3].upper()}IO1"
    wallet.database.connect().execute("UPDATE deposit_requests SET reference = %s", (old,))
    report = wallet.bank_report(deposit, reference=SPELLINGS[spelling](old))
    assert wallet.report("bank", report).body["outcome"] == "ACCEPTED"
    fresh = wallet.fiat_deposit(user, "100", account=deposit["fiat_account_id"]).body
    assert wallet.report("bank", wallet.bank_report(fresh, reference=SPELLINGS[spelling](fresh["reference"]))).body["outcome"] == "ACCEPTED"


def test_only_a_text_with_two_references_is_for_a_person(wallet: Wallet, new_user: Callable[..., User]) -> None:
    user = new_user()
    account = wallet.bank_account(user)
    both = [wallet.fiat_deposit(user, "100", account=account).body for _ in range(2)]
    text = f"{both[0]['reference']} ve {both[1]['reference']}"
    assert wallet.report("bank", wallet.bank_report(both[0], reference=text)).body["reason"] == "AMBIGUOUS_REFERENCE"
    assert held_in_suspense(wallet) == 100
    invented = f"DEP-20200101-ABCDEF {both[0]['reference']}"
    assert wallet.report("bank", wallet.bank_report(both[0], reference=invented)).body["outcome"] == "ACCEPTED"


@pytest.mark.parametrize(
    ("holder", "sender", "outcome"),
    [
        ("Ayşe Yılmaz", "AYSE YILMAZ", "ACCEPTED"),
        ("YILMAZ, Ayşe", "  ayşe   yilmaz ", "ACCEPTED"),
        ("Ayşe Yılmaz", "YILMAZ AYŞE", "ACCEPTED"),
        ("ayse yılmaz", "Dr. AY\u00deE YILMAZ", "ACCEPTED"),
        ("Ayşe Yılmaz", "", "ACCEPTED"),
        ("Ayşe Yılmaz", "Mehmet Yılmaz", "RECONCILIATION"),
        ("Mehmet Yılmaz", "Ayşe Yılmaz", "RECONCILIATION"),
        ("Ayşe Yılmaz", "Ayşe", "RECONCILIATION"),
        ("Ayşe Yılmaz", "???", "RECONCILIATION"),
    ],
)
def test_names_are_compared_with_the_proved_one(
    wallet: Wallet, new_user: Callable[..., User], holder: str, sender: str, outcome: str
) -> None:
    user = new_user(kyc_level=2)
    identify(wallet, user, "Ayşe", "Yılmaz")
    body = {"bank_name": "Banka", "account_holder_name": holder, "iban": "TR330006100519786457841326", "currency": "TRY"}
    account = wallet.call("POST", "/api/wallet/bank-accounts", body, user=user).body["id"]
    deposit = wallet.fiat_deposit(user, "100", account=account).body
    answer = wallet.report("bank", wallet.bank_report(deposit, sender_name=sender)).body
    assert answer["outcome"] == outcome
    if outcome == "RECONCILIATION":
        assert answer["reason"] == "NAME_MISMATCH"
        assert items(wallet) == [("NAME_MISMATCH", 100.0, 100.0, user.id)]
        wallet.context.flush()
        assert [mail["type"] for mail in wallet.sqs.messages()] == ["bank_account_added", "deposit_held"]


def test_without_a_proved_name_there_is_none_to_compare_with(wallet: Wallet, new_user: Callable[..., User]) -> None:
    deposit = wallet.fiat_deposit(new_user(), "100").body
    assert wallet.report("bank", wallet.bank_report(deposit, sender_name="Mehmet Demir")).body["outcome"] == "ACCEPTED"


@pytest.mark.parametrize("field", ["reference", "sender_iban", "sender_name"])
@pytest.mark.parametrize("text", ["x" * 35, "x" * 5_000, TOO_MUCH, "\u0000", "", "\n", "👍" * 300])
def test_money_is_booked_whatever_the_texts_of_its_report(wallet: Wallet, new_user: Callable[..., User], field: str, text: str) -> None:
    deposit = wallet.fiat_deposit(new_user(), "100").body
    answer = raw_report(wallet, json.dumps(wallet.bank_report(deposit) | {field: text}).encode())
    assert answer.status == 200
    if answer.body["outcome"] == "ACCEPTED":  # a name that is compared with no other
        assert field == "sender_name"
        return
    found = items(wallet)
    assert [row[0] for row in found] in (["UNKNOWN_REFERENCE"], ["SENDER_MISMATCH"], ["UNREADABLE_REPORT"])
    assert held_in_suspense(wallet) == found[0][2]
    assert verify.run(wallet.database.connect()).ok


@pytest.mark.parametrize(
    "changes",
    [
        {"amount": "1.005"},
        {"amount": "-500"},
        {"amount": "0"},
        {"amount": "1e3"},
        {"amount": "99999999999999999999999999999999999"},
        {"amount": "1.000,00"},
        {"amount": 500.1},
        {"amount": None},
        {"amount": "\u0000"},
        {"reference": 5},
        {"sender_iban": None},
        {"currency": 7},
        {"transaction_id": ["BANK"]},
        {"transaction_id": None},
    ],
)
def test_a_report_that_cannot_be_read_is_kept_once_for_a_person(
    wallet: Wallet, new_user: Callable[..., User], changes: dict[str, Any]
) -> None:
    report = wallet.bank_report(wallet.fiat_deposit(new_user(), "100").body) | changes
    first = wallet.report("bank", report)
    assert (first.status, first.body["outcome"], first.body["reason"]) == (200, "RECONCILIATION", "UNREADABLE_REPORT")
    assert wallet.report("bank", report).body["outcome"] == "REPEATED"
    assert [row[:3] for row in items(wallet)] == [("UNREADABLE_REPORT", 0.0, 0.0)]


@pytest.mark.parametrize(
    "body", [b"{", b"[1, 2]", b"\xff\xfe", b'"text"', b"null", b'{"amount": "\\ud800"}', b"[" * 50_000, b'{"a":' * 3_000]
)
def test_bytes_that_are_no_report_are_kept_too(wallet: Wallet, body: bytes) -> None:
    assert raw_report(wallet, body).body["reason"] == "UNREADABLE_REPORT"
    document = wallet.database.connect().execute("SELECT document ->> 'raw' FROM reconciliation_items").fetchone()
    assert document is not None
    assert 0 < len(document[0]) <= 8_000


def test_an_empty_body_reports_nothing(wallet: Wallet) -> None:
    assert raw_report(wallet, b" ").code == "VALIDATION_ERROR"


def raw_report(wallet: Wallet, body: bytes) -> Answer:
    seconds = int(wallet.now.timestamp())
    text = body.decode("utf-8", "surrogateescape")
    sent = text.encode("utf-8", "surrogatepass")
    digest = hmac.new(b"bank-secret", f"{seconds}.".encode() + sent, hashlib.sha256).hexdigest()
    return wallet.call("POST", "/api/wallet/webhooks/bank", text, headers={"X-Signature": f"t={seconds},v1={digest}"})


def test_a_report_that_comes_again_and_can_be_read_needs_no_person(wallet: Wallet, new_user: Callable[..., User]) -> None:
    user = new_user()
    report = wallet.bank_report(wallet.fiat_deposit(user, "100").body)
    assert wallet.report("bank", report | {"amount": "1e2"}).body["reason"] == "UNREADABLE_REPORT"
    assert wallet.report("bank", report).body["outcome"] == "ACCEPTED"
    wallet.run_engine()
    assert wallet.balance(user, "TRY") == "100"
    resolved = wallet.database.connect().execute("SELECT status, resolution FROM reconciliation_items").fetchall()
    assert resolved == [("RESOLVED", "OVERTAKEN")]


def test_a_report_that_takes_back_what_it_said_is_for_a_person(wallet: Wallet, new_user: Callable[..., User]) -> None:
    user = new_user()
    report = wallet.bank_report(wallet.fiat_deposit(user, "100").body)
    assert wallet.report("bank", report | {"currency": "EUR"}).body["reason"] == "CURRENCY_MISMATCH"
    assert wallet.report("bank", report).body["outcome"] == "ACCEPTED"
    assert wallet.report("bank", report | {"currency": "EUR"}).body["reason"] == "CONFLICTING_REPORT"
    assert wallet.report("bank", report | {"amount": "1e2"}).body["reason"] == "CONFLICTING_REPORT"
    wallet.run_engine()
    assert wallet.balance(user, "TRY") == "100"
    found = wallet.database.connect().execute("SELECT reason, status FROM reconciliation_items ORDER BY id").fetchall()
    assert found == [("CURRENCY_MISMATCH", "RESOLVED"), ("CONFLICTING_REPORT", "OPEN")]


def test_money_that_staff_decided_about_is_not_credited_again(wallet: Wallet, new_user: Callable[..., User]) -> None:
    report = wallet.bank_report(wallet.fiat_deposit(new_user(), "100").body)
    wallet.report("bank", report | {"amount": "1e2"})
    admin = wallet.database.connect()
    admin.execute("UPDATE reconciliation_items SET status = 'RESOLVED', resolution = 'CREDIT', booked = %s", (to_numeric(10**10),))
    assert wallet.report("bank", report).body["reason"] == "CONFLICTING_REPORT"


@pytest.mark.parametrize("currency", ["EUR", "eur", "try", "euros please", "\u0000"])
def test_another_currency_is_for_a_person(wallet: Wallet, new_user: Callable[..., User], currency: str) -> None:
    report = wallet.bank_report(wallet.fiat_deposit(new_user(), "100").body) | {"currency": currency}
    answer = wallet.report("bank", report).body
    assert (answer["outcome"], answer["reason"]) == (("ACCEPTED", None) if currency == "try" else ("RECONCILIATION", "CURRENCY_MISMATCH"))
    assert held_in_suspense(wallet) == 0


@pytest.mark.parametrize(
    "change", [str.lower, lambda key: f" {key}\n", lambda key: key.replace("I", "\u0130"), lambda key: key[:3] + " " + key[3:]]
)
def test_a_transaction_id_has_one_spelling(wallet: Wallet, new_user: Callable[..., User], change: Callable[[str], str]) -> None:
    user = new_user()
    report = wallet.bank_report(wallet.fiat_deposit(user, "100").body, transaction_id=f"BANKI-{uuid4().hex.upper()}")
    assert wallet.report("bank", report).body["outcome"] == "ACCEPTED"
    again = report | {
        "transaction_id": change(report["transaction_id"]),
        "sender_iban": "tr33 0006 1005 1978 6457 8413 26",
        "amount": "100.00",
    }
    assert wallet.report("bank", again).body["outcome"] == "REPEATED"
    assert items(wallet) == []


def test_a_member_that_we_do_not_know_is_passed_over(wallet: Wallet, new_user: Callable[..., User]) -> None:
    deposit = wallet.fiat_deposit(new_user(), "100").body
    assert wallet.report("bank", wallet.bank_report(deposit, booked_at="2026-11-30", amount="100.000")).body["outcome"] == "ACCEPTED"
