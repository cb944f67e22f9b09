"""Deposits that fall out of their chain, before they are credited and after; what that does to withdrawals, and how it ends."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from mycrypto.ledger import verify
from mycrypto.withdrawals import owners

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.integration.wallet.conftest import Answer, User, Wallet

DESTINATION = "0x52908400098527886E0F7030069857D2E4169EE7"


def deposit(wallet: Wallet, user: User, amount: str = "2", currency: str = "ETH") -> dict[str, Any]:
    """A credited deposit; returns the report that did it."""
    own = wallet.call("POST", "/api/wallet/deposit/crypto", {"currency": currency}, user=user).body["address"]
    report = wallet.chain_report(own, currency, amount)
    assert wallet.report("chain", report).body["outcome"] == "ACCEPTED"
    wallet.run_engine()
    return report


def item(wallet: Wallet) -> tuple[Any, ...]:
    rows = (
        wallet.database.connect()
        .execute("SELECT reason, status, resolution, withheld::float, user_id FROM reconciliation_items")
        .fetchall()
    )
    assert len(rows) == 1
    return rows[0]


def withdraw(wallet: Wallet, user: User, amount: str) -> Answer:
    body = {"currency": "ETH", "destination_address": DESTINATION, "amount": amount, "two_fa_code": wallet.code(user)}
    return wallet.call("POST", "/api/wallet/withdraw/crypto", body, user=user)


def shown(wallet: Wallet, user: User) -> list[tuple[str, int, str | None]]:
    listed = wallet.call("GET", "/api/wallet/deposit/crypto/history", user=user).body["data"]
    return [(row["status"], row["confirmations"], row["replaced_by"]) for row in listed]


@pytest.mark.parametrize("state", ["GONE", "FAILED", "REPLACED"])
def test_before_it_is_credited_a_deposit_falls_and_may_come_back(wallet: Wallet, new_user: Callable[..., User], state: str) -> None:
    user = new_user()
    own = wallet.call("POST", "/api/wallet/deposit/crypto", {"currency": "ETH"}, user=user).body["address"]
    report = wallet.chain_report(own, "ETH", "1", confirmations=5)
    other = "0X" + "CD" * 32
    fallen = report | {"state": state, "confirmations": 0} | ({"replaced_by": other} if state == "REPLACED" else {})
    assert wallet.report("chain", fallen).body["outcome"] == "DROPPED"  # overtaken on its way
    assert [wallet.report("chain", said).body["outcome"] for said in (report, fallen, fallen)] == ["PENDING", "DROPPED", "REPEATED"]
    assert shown(wallet, user) == [("DROPPED", 0, "0x" + "cd" * 32 if state == "REPLACED" else None)]
    assert wallet.report("chain", report | {"confirmations": 1, "state": "DETECTED"}).body["outcome"] == "PENDING"
    assert shown(wallet, user) == [("PENDING", 1, None)]
    assert wallet.report("chain", report | {"confirmations": 12, "state": "CONFIRMED"}).body["outcome"] == "ACCEPTED"
    wallet.run_engine()
    assert wallet.balance(user, "ETH") == "1"


def test_what_is_only_seen_is_not_credited(wallet: Wallet, new_user: Callable[..., User]) -> None:
    own = wallet.call("POST", "/api/wallet/deposit/crypto", {"currency": "ETH"}, user=new_user()).body["address"]
    report = wallet.chain_report(own, "ETH", "1", confirmations=100, state="DETECTED")
    assert wallet.report("chain", report).body["outcome"] == "PENDING"


@pytest.mark.parametrize(
    "said",
    [
        {"confirmations": 0},
        {"state": "GONE"},
        {"state": "FAILED"},
        {"state": "REPLACED", "replaced_by": "ab" * 32},
        {"state": "GONE", "amount": "77"},
    ],
)
def test_after_it_is_credited_the_amount_stays_until_the_chain_has_it_again(
    wallet: Wallet, new_user: Callable[..., User], capsys: pytest.CaptureFixture[str], said: dict[str, Any]
) -> None:
    user = new_user(kyc_level=3)
    wallet.enable_second_factor(user)
    report = deposit(wallet, user, "2")
    capsys.readouterr()
    answer = wallet.report("chain", report | said)
    assert (answer.body["outcome"], answer.body["reason"]) == ("REVERSED", "REORGANISED")
    assert '"wallet_deposits_reversed_total":1' in capsys.readouterr().out
    assert wallet.report("chain", report | said).body["outcome"] == "REPEATED"
    assert item(wallet) == ("REORGANISED", "OPEN", None, 2.0, user.id)
    assert shown(wallet, user)[0][0] == "REVERSED"
    wallet.context.flush()
    assert wallet.sqs.messages()[-1]["type"] == "deposit_reversed"
    deposit(wallet, user, "1")
    refused = withdraw(wallet, user, "0.9999")
    assert (refused.status, refused.code, refused.body["withheld"]) == (403, "WITHDRAWALS_BLOCKED", "2")
    allowed = withdraw(wallet, user, "0.9")
    assert allowed.status == 201
    assert withdraw(wallet, user, "0.09").code == "WITHDRAWALS_BLOCKED"  # what is asked for counts before the engine has taken it
    wallet.run_engine()
    back = wallet.report("chain", report | {"tx_hash": "0x" + report["tx_hash"], "confirmations": 12, "state": "CONFIRMED"})
    assert back.body["outcome"] == "RESTORED"
    assert item(wallet)[1:3] == ("RESOLVED", "REINCLUDED")
    assert withdraw(wallet, user, "1").status == 201
    assert shown(wallet, user)[-1][0] == "CREDITED"
    assert verify.run(wallet.database.connect()).ok


def test_a_user_who_sold_the_coins_withdraws_nothing(wallet: Wallet, new_user: Callable[..., User]) -> None:
    """Here they left by a withdrawal; by a trade it is the same."""
    user = new_user(kyc_level=3)
    wallet.enable_second_factor(user)
    account = wallet.funded(user, "1000")
    report = deposit(wallet, user, "1")
    assert withdraw(wallet, user, "0.9").status == 201
    wallet.run_engine()
    wallet.report("chain", report | {"state": "GONE"})
    body = {"amount": "100", "fiat_account_id": account, "two_fa_code": wallet.code(user)}
    assert wallet.call("POST", "/api/wallet/withdraw/fiat", body, user=user).code == "WITHDRAWALS_BLOCKED"
    wallet.report("chain", report)
    body["two_fa_code"] = wallet.code(user)
    assert wallet.call("POST", "/api/wallet/withdraw/fiat", body, user=user).status == 201


def test_a_withdrawal_that_waits_goes_no_further(wallet: Wallet, new_user: Callable[..., User]) -> None:
    """Neither by itself when the engine has given the money, nor by a person."""
    user, staff = new_user(kyc_level=3), new_user(roles="USER,ADMIN")
    wallet.enable_second_factor(user)
    report = deposit(wallet, user, "1")
    database = wallet.database.connect()
    asked = withdraw(wallet, user, "0.5").body
    database.execute("UPDATE withdrawals SET requires_approval = false")
    wallet.report("chain", report | {"state": "GONE"})
    wallet.run_engine()
    approve = f"/api/wallet/admin/withdrawals/{asked['id']}/approve"
    assert wallet.call("GET", f"/api/wallet/withdraw/{asked['id']}", user=user).body["status"] == "PENDING"
    blocked = wallet.call("POST", approve, user=staff)
    assert (blocked.status, blocked.code) == (403, "WITHDRAWALS_BLOCKED")
    deposit(wallet, user, "0.6")
    assert wallet.call("POST", approve, user=staff).body["status"] == "APPROVED"


def test_a_withdrawal_and_a_reversal_at_the_same_time_never_both_take_the_money(wallet: Wallet, new_user: Callable[..., User]) -> None:
    """Whichever is first: either nothing was withdrawn, or what was withdrawn waits for a person."""
    from functions.wallet import holds

    user = new_user(kyc_level=3)
    wallet.enable_second_factor(user)
    report = deposit(wallet, user, "1")
    other = wallet.database.connect("wallet_app")
    started, outcome = threading.Event(), []

    def reverse() -> None:
        started.set()
        outcome.append(wallet.report("chain", report | {"state": "GONE"}).body["outcome"])

    with other.transaction():
        owners.lock(other, user.id)
        holds.require_covered(other, user.id, currency="ETH", amount=10**7)
        thread = threading.Thread(target=reverse)
        thread.start()
        started.wait()
        waiting = wallet.database.connect().execute
        while waiting("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted").fetchone() == (0,):
            assert thread.is_alive()
    thread.join()
    assert outcome == ["REVERSED"]
    assert withdraw(wallet, user, "0.5").code == "WITHDRAWALS_BLOCKED"


def test_a_deposit_that_falls_twice_is_noticed_twice(wallet: Wallet, new_user: Callable[..., User]) -> None:
    report = deposit(wallet, new_user(), "1")
    for _ in range(2):
        assert wallet.report("chain", report | {"state": "GONE"}).body["outcome"] == "REVERSED"
        assert wallet.report("chain", report).body["outcome"] == "RESTORED"
    found = wallet.database.connect().execute("SELECT status, resolution FROM reconciliation_items").fetchall()
    assert found == [("RESOLVED", "REINCLUDED")] * 2


def test_a_reversed_deposit_that_was_never_credited_holds_no_balance(wallet: Wallet, new_user: Callable[..., User]) -> None:
    user = new_user(kyc_level=3)
    wallet.enable_second_factor(user)
    own = deposit(wallet, user, "1")["address"]
    little = wallet.chain_report(own, "ETH", "0.0001")
    assert wallet.report("chain", little).body["reason"] == "BELOW_MINIMUM"
    assert wallet.report("chain", little | {"state": "GONE"}).body["outcome"] == "REVERSED"
    assert withdraw(wallet, user, "0.9").status == 201


def test_one_transaction_is_one_deposit_however_it_is_spelled(wallet: Wallet, new_user: Callable[..., User]) -> None:
    user = new_user()
    for currency, amount in (("USDT", "100"), ("ETH", "1"), ("BTC", "0.5")):
        report = deposit(wallet, user, amount, currency)
        digits, own = report["tx_hash"], report["address"]
        hashes = (digits, "0x" + digits, "0X" + digits.upper(), f" {digits}\n", f"\t0x{digits}\r\n")
        addresses = (own, own.upper() if currency == "BTC" else own.lower(), f"{own}\n", own[2:] if currency != "BTC" else own)
        for tx_hash in hashes:
            for address in addresses:
                for code in (currency, currency.lower(), f"{currency} "):
                    again = report | {
                        "tx_hash": tx_hash,
                        "address": address,
                        "currency": code,
                        "amount": f"{amount}.0" if "." not in amount else amount,
                    }
                    assert wallet.report("chain", again).body["outcome"] == "REPEATED"
            found = wallet.call("GET", f"/api/wallet/deposit/crypto/transaction/{tx_hash.strip()}", user=user)
            assert found.body["amount"] == amount
        wallet.run_engine()
        assert wallet.balance(user, currency) == amount


def test_rows_from_before_the_one_spelling_are_found(wallet: Wallet, new_user: Callable[..., User]) -> None:
    """The migration over a database in which a transaction was credited in two spellings."""
    from pathlib import Path

    user = new_user()
    report = deposit(wallet, user, "100", "USDT")
    database = wallet.database.connect()
    columns = "output_index, address, user_id, currency, chain_amount, amount, status, confirmations, required_confirmations"
    digits = report["tx_hash"]
    database.execute("ALTER TABLE blockchain_transactions DISABLE TRIGGER blockchain_transactions_one_spelling")
    for spelling in (digits, f"{digits}\n"):
        database.execute(
            f"INSERT INTO blockchain_transactions (id, tx_hash, {columns}) SELECT gen_random_uuid(), %s, {columns} FROM blockchain_transactions LIMIT 1",
            (spelling,),
        )
    database.execute("ALTER TABLE blockchain_transactions ENABLE TRIGGER blockchain_transactions_one_spelling")
    text = (Path(__file__).parents[3] / "functions/migrations/exchange_dev/0035_one_spelling.sql").read_text()
    with database.transaction():
        database.execute(text[: text.index("CREATE FUNCTION refuse_other_spelling")].encode())
    kept = database.execute("SELECT tx_hash FROM blockchain_transactions ORDER BY created_at").fetchall()
    assert kept[0] == ("0x" + digits,)
    assert {row[0][:10] for row in kept[1:]} == {"duplicate:"}
    assert database.execute("SELECT reason FROM reconciliation_items").fetchall() == [("CREDITED_TWICE",)] * 2
    assert wallet.report("chain", report).body["outcome"] == "REPEATED"
    with pytest.raises(psycopg.errors.CheckViolation):
        database.execute(
            f"INSERT INTO blockchain_transactions (id, tx_hash, {columns}) SELECT gen_random_uuid(), %s, {columns} FROM blockchain_transactions LIMIT 1",
            (digits,),
        )
