"""The user's transactions, filtered and by pages."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from functions.wallet import transactions

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.integration.wallet.conftest import User, Wallet

PATH = "/api/wallet/transactions"
EXPORT = f"{PATH}/export"


@pytest.fixture
def saver(wallet: Wallet, new_user: Callable[..., User]) -> User:
    """A user with three deposits in TRY and one in BTC, and another user."""
    user = new_user()
    account = wallet.bank_account(user)
    for amount in ("100", "200", "300"):
        wallet.report("bank", wallet.bank_report(wallet.fiat_deposit(user, amount, account=account).body))
        wallet.run_engine()
    coins = wallet.call("POST", "/api/wallet/deposit/crypto", {"currency": "BTC"}, user=user).body
    wallet.report("chain", wallet.chain_report(coins["address"], "BTC", "1"))
    wallet.report("bank", wallet.bank_report(wallet.fiat_deposit(new_user()).body))
    wallet.run_engine()
    return user


def test_transactions_come_newest_first_with_running_balances(wallet: Wallet, saver: User) -> None:
    page = wallet.call("GET", PATH, user=saver).body
    assert [(row["currency"], row["amount"], row["balance_before"], row["balance_after"]) for row in page["data"]] == [
        ("BTC", "1", "0", "1"),
        ("TRY", "300", "300", "600"),
        ("TRY", "200", "100", "300"),
        ("TRY", "100", "0", "100"),
    ]
    assert page["pagination"] == {"page": 1, "limit": 20, "total": 4, "total_pages": 1}
    assert len({row["id"] for row in page["data"]}) == 4


def test_transactions_are_narrowed_and_cut_into_pages(wallet: Wallet, saver: User) -> None:
    def amounts(**query: str) -> list[str]:
        return [row["amount"] for row in wallet.call("GET", PATH, user=saver, query=query).body["data"]]

    assert amounts(currency="try") == ["300", "200", "100"]
    assert amounts(currency="TRY", limit="2", page="2") == ["100"]
    assert amounts(type="deposit", currency="BTC") == ["1"]
    assert amounts(type="WITHDRAWAL") == []
    log_day = wallet.call("GET", PATH, user=saver).body["data"][0]["created_at"][:10]
    assert len(amounts(start_date=log_day, end_date=log_day)) == 4
    assert amounts(end_date="2020-01-01") == []
    assert len(amounts(start_date="2020-01-01T00:00:00+03:00")) == 4
    assert amounts(page="9") == []


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"currency": "DOGE"}, "CURRENCY_NOT_SUPPORTED"),
        ({"type": "GIFT"}, "VALIDATION_ERROR"),
        ({"start_date": "yesterday"}, "VALIDATION_ERROR"),
        ({"start_date": "2026-02-30"}, "VALIDATION_ERROR"),
        ({"start_date": "2026-02-02", "end_date": "2026-01-01"}, "VALIDATION_ERROR"),
        ({"limit": "1000"}, "VALIDATION_ERROR"),
        ({"page": "-1"}, "VALIDATION_ERROR"),
        ({"order": "asc"}, "VALIDATION_ERROR"),
    ],
)
def test_a_wrong_filter_is_refused(wallet: Wallet, new_user: Callable[..., User], query: dict[str, str], code: str) -> None:
    assert wallet.call("GET", PATH, user=new_user(), query=query).code == code


def test_a_period_is_exported_as_csv(wallet: Wallet, saver: User, monkeypatch: pytest.MonkeyPatch) -> None:
    listed = wallet.call("GET", PATH, user=saver).body["data"]
    answer = wallet.call("GET", EXPORT, user=saver)
    assert (answer.headers["Content-Type"], answer.headers["Content-Disposition"]) == (
        "text/csv; charset=utf-8",
        'attachment; filename="transactions.csv"',
    )
    rows = list(csv.DictReader(io.StringIO(answer.body)))
    assert rows == [{name: value for name, value in row.items() if name != "metadata"} for row in listed]
    assert rows[0]["description"] == "BTC yatırma"
    narrowed = wallet.call("GET", EXPORT, user=saver, query={"currency": "BTC"}).body
    assert [row["amount"] for row in csv.DictReader(io.StringIO(narrowed))] == ["1"]
    monkeypatch.setattr(transactions, "EXPORT_ROWS_MAX", 3)
    refused = wallet.call("GET", EXPORT, user=saver)
    assert refused.body["detail"] == "start_date leads to 4 rows; at most 3 fit into a file, so take a shorter period"
    wallet.pass_time(timedelta(days=91))
    assert wallet.call("GET", EXPORT, user=saver).body.splitlines() == [",".join(transactions.EXPORT_COLUMNS)]


@pytest.mark.parametrize(
    "query",
    [
        {"start_date": "2026-01-01", "end_date": "2026-04-02"},
        {"start_date": "2020-01-01"},
        {"page": "2"},
        {"type": "GIFT"},
    ],
)
def test_a_wrong_period_is_refused(wallet: Wallet, new_user: Callable[..., User], query: dict[str, str]) -> None:
    assert wallet.call("GET", EXPORT, user=new_user(), query=query).code == "VALIDATION_ERROR"


def test_a_whole_quarter_of_dates_is_exported(wallet: Wallet, new_user: Callable[..., User]) -> None:
    assert wallet.call("GET", EXPORT, user=new_user(), query={"start_date": "2026-01-01", "end_date": "2026-03-31"}).status == 200


def test_a_user_does_not_see_the_transactions_of_another(wallet: Wallet, saver: User, new_user: Callable[..., User]) -> None:
    assert wallet.call("GET", PATH, user=new_user()).body["data"] == []


def test_unknown_paths_and_wrong_methods_are_told_apart(wallet: Wallet, new_user: Callable[..., User]) -> None:
    user = new_user()
    assert wallet.call("GET", "/api/wallet/treasure", user=user).code == "NOT_FOUND"
    assert wallet.call("DELETE", PATH, user=user).code == "METHOD_NOT_ALLOWED"
    assert wallet.call("POST", "/api/wallet/deposit/fiat", "{not json", user=user).code == "VALIDATION_ERROR"
