"""TRY deposits from announcement to balance (flow F4), and what happens when something dies on the way."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from functions.maintenance import service as maintenance
from functions.maintenance.report import Report
from mycrypto.database import Database
from mycrypto.ledger import verify
from mycrypto.outbox import Relay

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.integration.wallet.conftest import Answer, User, Wallet


def items(wallet: Wallet) -> list[tuple[Any, ...]]:
    return wallet.database.connect().execute("SELECT source, reason, amount::text, status FROM reconciliation_items ORDER BY id").fetchall()


def status(wallet: Wallet, user: User, deposit: dict[str, Any]) -> str:
    return str(wallet.call("GET", f"/api/wallet/deposit/{deposit['deposit_id']}", user=user).body["status"])


def test_a_deposit_goes_from_announcement_to_balance(wallet: Wallet, new_user: Callable[..., User]) -> None:
    user = new_user()
    opened = wallet.fiat_deposit(user, "250.50")
    assert opened.status == 201
    deposit = opened.body
    assert (deposit["amount"], deposit["status"], deposit["virtual_iban"]) == ("250.5", "PENDING", "TR050009900000000000000001")
    assert wallet.balance(user, "TRY") == "0"
    reported = wallet.report("bank", wallet.bank_report(deposit, amount="250.50", sender_iban="TR33 0006 1005 1978 6457 8413 26"))
    assert (reported.status, reported.body["outcome"]) == (200, "ACCEPTED")
    assert status(wallet, user, deposit) == "APPROVED"
    assert verify.run(wallet.database.connect()).ok  # the money is in transit
    wallet.run_engine()
    assert status(wallet, user, deposit) == "COMPLETED"
    assert wallet.balance(user, "TRY") == "250.5"
    listed = wallet.call("GET", "/api/wallet/transactions", user=user).body
    assert [(row["type"], row["amount"], row["balance_after"], row["reference_type"]) for row in listed["data"]] == [
        ("DEPOSIT", "250.5", "250.5", "DEPOSIT_REQUEST")
    ]
    assert listed["data"][0]["reference_id"] == deposit["deposit_id"]
    account = wallet.call("GET", "/api/wallet/bank-accounts", user=user).body["data"][0]
    assert account["is_verified"] is True
    wallet.context.flush()
    mails = [mail for mail in wallet.sqs.messages() if mail["type"] != "bank_account_added"]
    assert [(mail["type"], mail["data"]["to"], mail["data"]["amount"]) for mail in mails] == [("deposit_credited", user.email, "250.5")]
    assert verify.run(wallet.database.connect()).ok


@pytest.mark.parametrize(
    ("amount", "code"),
    [
        ("99.99", "INVALID_AMOUNT"),
        ("0", "INVALID_AMOUNT"),
        ("-500", "INVALID_AMOUNT"),
        ("500.001", "INVALID_AMOUNT"),
        ("5e2", "INVALID_AMOUNT"),
        ("NaN", "INVALID_AMOUNT"),
        ("\u0665\u0660\u0660", "INVALID_AMOUNT"),
        ("99999999999", "INVALID_AMOUNT"),
        ("50000.01", "WALLET_002"),
        ("1000.01", "WALLET_002"),
        (500, "VALIDATION_ERROR"),
        (None, "VALIDATION_ERROR"),
    ],
)
def test_a_wrong_amount_is_refused_and_nothing_is_kept(wallet: Wallet, new_user: Callable[..., User], amount: object, code: str) -> None:
    user = new_user()
    answer = wallet.fiat_deposit(user, amount)  # type: ignore[arg-type]  # wrong on purpose
    assert (answer.status, answer.code) == (400, code)
    assert wallet.call("GET", "/api/wallet/deposit/requests", user=user).body["pagination"]["total"] == 0


def test_a_user_without_a_confirmed_address_deposits_nothing(wallet: Wallet, new_user: Callable[..., User]) -> None:
    answer = wallet.fiat_deposit(new_user(kyc_level=0))
    assert (answer.status, answer.code) == (403, "KYC_REQUIRED")


def test_a_deposit_needs_an_account_of_ones_own(wallet: Wallet, new_user: Callable[..., User]) -> None:
    user, other = new_user(), new_user()
    answer = wallet.fiat_deposit(user, account=wallet.bank_account(other))
    assert (answer.status, answer.code) == (404, "ACCOUNT_NOT_FOUND")
    deposit = wallet.fiat_deposit(user).body
    foreign = wallet.call("GET", f"/api/wallet/deposit/{deposit['deposit_id']}", user=other)
    assert (foreign.status, foreign.code) == (404, "DEPOSIT_NOT_FOUND")


def test_the_day_has_a_limit_that_no_haste_can_pass(wallet: Wallet, new_user: Callable[..., User]) -> None:
    user = new_user()
    account = wallet.bank_account(user)
    answers: list[Answer] = []

    def deposit() -> None:
        answers.append(wallet.fiat_deposit(user, "400", account=account))

    deposit()
    deposit()
    deposit()
    assert sorted(answer.status for answer in answers) == [201, 201, 400]
    assert answers[2].body["code"] == "WALLET_002"
    assert answers[2].body["remaining"] == "200"
    assert wallet.fiat_deposit(user, "200", account=account).status == 201
    wallet.pass_time(timedelta(days=1))
    assert wallet.fiat_deposit(user, "1000", account=account).status == 201
    verified = new_user(kyc_level=2)
    assert wallet.fiat_deposit(verified, "50000").status == 201


def test_the_same_key_opens_one_deposit(wallet: Wallet, new_user: Callable[..., User]) -> None:
    user = new_user()
    account = wallet.bank_account(user)
    headers = {"Idempotency-Key": "key-1"}
    first = wallet.fiat_deposit(user, account=account, headers=headers)
    again = wallet.fiat_deposit(user, account=account, headers=headers)
    assert (again.status, again.body) == (201, first.body)
    assert again.headers["Idempotency-Replayed"] == "true"
    other = wallet.fiat_deposit(user, "501", account=account, headers=headers)
    assert (other.status, other.code) == (409, "IDEMPOTENCY_CONFLICT")
    assert wallet.call("GET", "/api/wallet/deposit/requests", user=user).body["pagination"]["total"] == 1
    stranger = new_user()
    assert wallet.fiat_deposit(stranger, headers=headers).body["deposit_id"] != first.body["deposit_id"]
    wallet.pass_time(timedelta(hours=25))
    later = wallet.fiat_deposit(user, account=account, headers=headers)
    assert later.body["deposit_id"] != first.body["deposit_id"]


def test_a_key_is_the_same_with_blanks_round_it_and_is_ascii(wallet: Wallet, new_user: Callable[..., User]) -> None:
    user = new_user()
    account = wallet.bank_account(user)
    first = wallet.fiat_deposit(user, account=account, headers={"Idempotency-Key": "key-1"})
    again = wallet.fiat_deposit(user, account=account, headers={"Idempotency-Key": " key-1  "})
    assert again.body == first.body
    earlier = wallet.fiat_deposit(user, account=account, headers={"X-Idempotency-Key": "key-1"})
    assert earlier.body == first.body, "the earlier name of the header"
    other = new_user()
    announced = wallet.fiat_deposit(other, account=wallet.bank_account(other), headers={})
    assert announced.status == 201, "an announcement moves no money, so it needs no key"
    for bad in ("", " ", "anahtar\u0131", "a\u200bb", "x" * 256):
        refused = wallet.fiat_deposit(user, account=account, headers={"Idempotency-Key": bad})
        assert (refused.status, refused.code) == (400, "VALIDATION_ERROR")


def test_a_refusal_leaves_the_key_free(wallet: Wallet, new_user: Callable[..., User]) -> None:
    user = new_user()
    account = wallet.bank_account(user)
    headers = {"Idempotency-Key": "key-2"}
    assert wallet.fiat_deposit(user, "1001", account=account, headers=headers).status == 400
    assert wallet.fiat_deposit(user, "1000", account=account, headers=headers).status == 201


def test_requests_with_one_key_at_the_same_time_open_one_deposit(wallet: Wallet, new_user: Callable[..., User]) -> None:
    from functions.wallet import fiat_deposits, idempotency
    from functions.wallet.models import OpenFiatDeposit
    from mycrypto.http.request import Reply, Request
    from mycrypto.proxies import Proxy

    user = new_user()
    account = wallet.bank_account(user)
    body = f'{{"amount": "500", "fiat_account_id": "{account}"}}'
    event = {"httpMethod": "POST", "path": "/x", "body": body, "headers": {"Idempotency-Key": "k", "Content-Type": "application/json"}}
    event["requestContext"] = {
        "authorizer": {
            "user_id": str(user.id), "email": user.email, "roles": "USER", "tier": "free", "kyc_level": "1",
            "jti": str(user.id), "sid": str(user.id),
        }
    }  # fmt: skip
    ids: list[str] = []

    def once() -> None:
        request = Request(event, proxy=Proxy(), body_bytes_max=1000)
        context = object.__new__(type(wallet.context))
        context.__dict__.update(wallet.context.__dict__, db=Database(wallet.database.dsn("wallet_app")))
        reply = idempotency.once(
            context,
            request,
            user.id,
            lambda connection: Reply(
                fiat_deposits.open_deposit(context, connection, request.principal(), request.json(OpenFiatDeposit)), status=201
            ),
        )
        ids.append(str(reply.body.deposit_id if reply.headers == {} else bytes(reply.body)))
        context.db.close()

    threads = [threading.Thread(target=once) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(ids) == 4
    assert wallet.call("GET", "/api/wallet/deposit/requests", user=user).body["pagination"]["total"] == 1


def test_a_report_counts_once_however_often_it_comes(wallet: Wallet, new_user: Callable[..., User]) -> None:
    user = new_user()
    deposit = wallet.fiat_deposit(user).body
    report = wallet.bank_report(deposit)
    assert [wallet.report("bank", report).body["outcome"] for _ in range(3)] == ["ACCEPTED", "REPEATED", "REPEATED"]
    wallet.run_engine()
    assert wallet.report("bank", report).body["outcome"] == "REPEATED"
    assert wallet.balance(user, "TRY") == "500"
    assert items(wallet) == []
    conflicting = wallet.report("bank", report | {"amount": "501"})
    assert conflicting.body == {"outcome": "RECONCILIATION", "deposit_id": None, "reason": "CONFLICTING_REPORT"}


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"reference": "DEP-20261123-XXXXXX"}, "UNKNOWN_REFERENCE"),
        ({"reference": ""}, "UNKNOWN_REFERENCE"),
        ({"amount": "499.99"}, "AMOUNT_MISMATCH"),
        ({"sender_iban": "TR050009900000000000000001"}, "SENDER_MISMATCH"),
        ({"sender_iban": "not an iban"}, "SENDER_MISMATCH"),
    ],
)
def test_a_transfer_that_fits_nothing_is_kept_for_a_person(
    wallet: Wallet, new_user: Callable[..., User], changes: dict[str, str], reason: str
) -> None:
    user = new_user()
    deposit = wallet.fiat_deposit(user).body
    report = wallet.bank_report(deposit, **changes)
    assert wallet.report("bank", report).body == {"outcome": "RECONCILIATION", "deposit_id": None, "reason": reason}
    assert wallet.report("bank", report).body["outcome"] == "REPEATED"
    assert [(row[0], row[1], row[3]) for row in items(wallet)] == [("BANK", reason, "OPEN")]
    assert status(wallet, user, deposit) == "PENDING"
    books = verify.run(wallet.database.connect())
    assert books.ok
    assert books.totals[0].sums == {"custody:bank": f"-{float(report['amount']):g}", "external": f"{float(report['amount']):g}"}
    assert wallet.report("bank", wallet.bank_report(deposit)).body["outcome"] == "ACCEPTED"


def test_a_second_transfer_for_the_same_deposit_is_kept_for_a_person(wallet: Wallet, new_user: Callable[..., User]) -> None:
    deposit = wallet.fiat_deposit(new_user()).body
    wallet.report("bank", wallet.bank_report(deposit))
    assert wallet.report("bank", wallet.bank_report(deposit)).body["reason"] == "DEPOSIT_APPROVED"
    wallet.run_engine()
    assert wallet.report("bank", wallet.bank_report(deposit)).body["reason"] == "DEPOSIT_COMPLETED"


def test_a_transfer_after_the_day_is_kept_for_a_person(wallet: Wallet, new_user: Callable[..., User]) -> None:
    user = new_user()
    deposit = wallet.fiat_deposit(user).body
    wallet.pass_time(timedelta(hours=24))
    assert wallet.report("bank", wallet.bank_report(deposit)).body["reason"] == "DEPOSIT_EXPIRED"
    connection = wallet.database.connect("wallet_app")
    run_maintenance(wallet, lambda: connection)
    assert status(wallet, user, deposit) == "EXPIRED"
    assert wallet.report("bank", wallet.bank_report(deposit)).body["reason"] == "DEPOSIT_EXPIRED"
    assert wallet.fiat_deposit(user, "1000", account=deposit["fiat_account_id"]).status == 201  # what ran out does not count for the day


def run_maintenance(wallet: Wallet, exchange: Callable[[], Any]) -> Report:
    relay = Relay({"kafka": wallet.kafka, "sqs": wallet.sqs}, lambda _destination, _error: None)
    failures: list[Exception] = []
    report = maintenance.run(wallet.now, relay, exchange, exchange, lambda _step, error: failures.append(error))
    report.failed.remove("partition_trade")  # there is no trade database here
    assert report.failed == []
    return report


@pytest.mark.parametrize("seconds", [-301, 301])
def test_an_old_signature_is_refused(wallet: Wallet, new_user: Callable[..., User], seconds: int) -> None:
    report = wallet.bank_report(wallet.fiat_deposit(new_user()).body)
    answer = wallet.report("bank", report, seconds=int(wallet.now.timestamp()) + seconds)
    assert (answer.status, answer.code) == (401, "INVALID_WEBHOOK_SIGNATURE")


def test_only_the_bank_speaks_for_the_bank(wallet: Wallet, new_user: Callable[..., User]) -> None:
    user = new_user()
    deposit = wallet.fiat_deposit(user).body
    report = wallet.bank_report(deposit)
    assert wallet.report("bank", report, secret="chain-secret").status == 401
    assert wallet.call("POST", "/api/wallet/webhooks/bank", report).status == 401
    assert wallet.call("POST", "/api/wallet/webhooks/bank", report, headers={"X-Signature": "t=1,v1=00"}).status == 401
    assert status(wallet, user, deposit) == "PENDING"


def test_a_dead_log_delays_a_deposit_and_maintenance_sends_it(wallet: Wallet, new_user: Callable[..., User]) -> None:
    """After the commit, before the log has the command: the outbox keeps it."""
    user = new_user()
    deposit = wallet.fiat_deposit(user).body
    wallet.kafka.failing = True
    assert wallet.report("bank", wallet.bank_report(deposit)).body["outcome"] == "ACCEPTED"
    wallet.run_engine()
    assert (status(wallet, user, deposit), wallet.balance(user, "TRY")) == ("APPROVED", "0")
    connection = wallet.database.connect("wallet_app")
    assert run_maintenance(wallet, lambda: connection).messages_waiting == 1
    wallet.kafka.failing = False
    report = run_maintenance(wallet, lambda: connection)
    assert (report.messages_sent, report.messages_waiting) == (1, 0)
    wallet.run_engine()
    assert (status(wallet, user, deposit), wallet.balance(user, "TRY")) == ("COMPLETED", "500")
    assert verify.run(wallet.database.connect()).ok


def test_dying_between_log_and_mark_sends_twice_and_credits_once(wallet: Wallet, new_user: Callable[..., User]) -> None:
    """The command is on the log, the row is not marked: it goes out again, and the engine knows the transfer."""
    user = new_user()
    deposit = wallet.fiat_deposit(user).body
    wallet.kafka.dying = True
    with pytest.raises(KeyboardInterrupt):
        wallet.report("bank", wallet.bank_report(deposit))
    wallet.kafka.dying = False
    connection = wallet.database.connect("wallet_app")
    run_maintenance(wallet, lambda: connection)
    assert len(wallet.kafka.rows) == 2
    assert wallet.kafka.rows[0].payload == wallet.kafka.rows[1].payload
    wallet.run_engine()
    assert wallet.balance(user, "TRY") == "500"
    assert verify.run(wallet.database.connect()).ok


def test_dying_before_the_commit_leaves_nothing_and_the_bank_reports_again(
    wallet: Wallet, new_user: Callable[..., User], monkeypatch: pytest.MonkeyPatch
) -> None:
    user = new_user()
    deposit = wallet.fiat_deposit(user).body
    report = wallet.bank_report(deposit)
    for line in ("lock_by_references", "record_transfer", "approve"):
        with monkeypatch.context() as patch:
            from functions.wallet.store import fiat_deposits as store

            real = getattr(store, line)

            def dies(*arguments: Any, real: Any = real) -> None:
                real(*arguments)
                raise KeyboardInterrupt

            patch.setattr(store, line, dies)
            with pytest.raises(KeyboardInterrupt):
                wallet.report("bank", report)
        assert status(wallet, user, deposit) == "PENDING"
        assert wallet.database.connect().execute("SELECT count(*) FROM ledger_entries").fetchone() == (0,)
    assert wallet.report("bank", report).body["outcome"] == "ACCEPTED"
    wallet.run_engine()
    assert wallet.balance(user, "TRY") == "500"


def test_deposits_are_listed_newest_first_by_pages(wallet: Wallet, new_user: Callable[..., User]) -> None:
    user = new_user()
    account = wallet.bank_account(user)
    made = []
    for _ in range(3):
        made.append(wallet.fiat_deposit(user, "100", account=account).body)
        wallet.pass_time(timedelta(seconds=1))
    page = wallet.call("GET", "/api/wallet/deposit/requests", user=user, query={"limit": "2"}).body
    assert [row["deposit_id"] for row in page["data"]] == [made[2]["deposit_id"], made[1]["deposit_id"]]
    assert page["pagination"] == {"page": 1, "limit": 2, "total": 3, "total_pages": 2}
    second = wallet.call("GET", "/api/wallet/deposit/requests", user=user, query={"limit": "2", "page": "2"}).body
    assert [row["deposit_id"] for row in second["data"]] == [made[0]["deposit_id"]]
    for bad in ({"limit": "0"}, {"limit": "101"}, {"page": "0"}, {"page": "x"}, {"surprise": "1"}):
        assert wallet.call("GET", "/api/wallet/deposit/requests", user=user, query=bad).code == "VALIDATION_ERROR"
