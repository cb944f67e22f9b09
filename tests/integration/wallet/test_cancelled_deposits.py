"""A user takes an announced transfer back; money that comes all the same waits for people."""

from __future__ import annotations

import threading
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from tests.integration.wallet.test_fiat_deposits import items, status

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.integration.wallet.conftest import Answer, User, Wallet


def cancel(wallet: Wallet, user: User, deposit: dict[str, Any]) -> Answer:
    return wallet.call("POST", f"/api/wallet/deposit/{deposit['deposit_id']}/cancel", user=user)


def test_a_cancelled_deposit_is_not_credited_and_its_money_waits_for_people(wallet: Wallet, new_user: Callable[..., User]) -> None:
    user = new_user()
    deposit = wallet.fiat_deposit(user, "250").body
    assert cancel(wallet, user, deposit).body["status"] == "CANCELLED"
    assert cancel(wallet, user, deposit).body["status"] == "CANCELLED"
    reported = wallet.report("bank", wallet.bank_report(deposit))
    assert (reported.body["outcome"], reported.body["reason"]) == ("RECONCILIATION", "DEPOSIT_CANCELLED")
    wallet.run_engine()
    assert wallet.balance(user, "TRY") == "0"
    assert [(source, reason, Decimal(amount), state) for source, reason, amount, state in items(wallet)] == [
        ("BANK", "DEPOSIT_CANCELLED", Decimal(250), "OPEN")
    ]


def test_what_is_on_its_way_cannot_be_cancelled_nor_what_is_anothers(wallet: Wallet, new_user: Callable[..., User]) -> None:
    user = new_user()
    deposit = wallet.fiat_deposit(user, "250").body
    assert cancel(wallet, new_user(), deposit).code == "DEPOSIT_NOT_FOUND"
    wallet.report("bank", wallet.bank_report(deposit))
    assert cancel(wallet, user, deposit).code == "DEPOSIT_STATUS"
    wallet.run_engine()
    assert cancel(wallet, user, deposit).body["status_now"] == "COMPLETED"
    assert wallet.balance(user, "TRY") == "250"


def test_a_cancelled_deposit_gives_its_limit_back(wallet: Wallet, new_user: Callable[..., User]) -> None:
    user = new_user(kyc_level=1)
    account = wallet.bank_account(user)
    first = wallet.fiat_deposit(user, "1000", account=account)
    assert wallet.fiat_deposit(user, "1000", account=account).code == "WALLET_002"
    cancel(wallet, user, first.body)
    assert wallet.fiat_deposit(user, "1000", account=account).status == 201


def test_a_report_and_a_cancellation_at_once_end_in_one_way(wallet: Wallet, new_user: Callable[..., User]) -> None:
    """The report holds the row while the cancellation asks for it: the cancellation finds it approved."""
    user = new_user()
    deposit = wallet.fiat_deposit(user, "250").body
    other = wallet.database.connect("wallet_app")
    done: list[Answer] = []
    with other.transaction():
        other.execute("UPDATE deposit_requests SET status = 'APPROVED', approved_at = now() WHERE id = %s", (deposit["deposit_id"],))
        waiting = threading.Thread(target=lambda: done.append(cancel(wallet, user, deposit)))
        waiting.start()
    waiting.join()
    assert done[0].code == "DEPOSIT_STATUS"
    assert status(wallet, user, deposit) == "APPROVED"
