"""Bank accounts of users."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.integration.wallet.conftest import User, Wallet

IBANS = ("TR330006100519786457841326", "TR050009900000000000000001", "TR74 0006 2005 1978 6457 8413 26", "TR490001000519786457841327")
GOOD = {"bank_name": "Banka", "account_holder_name": "Ayşe Yılmaz", "iban": IBANS[0], "currency": "TRY"}
PATH = "/api/wallet/bank-accounts"


def test_an_account_is_added_shown_and_masked_in_the_list(wallet: Wallet, new_user: Callable[..., User]) -> None:
    user = new_user()
    made = wallet.call("POST", PATH, GOOD | {"iban": "tr33 0006 1005 1978 6457 8413 26", "swift_code": "isbktris"}, user=user)
    assert made.status == 201
    assert (made.body["iban"], made.body["swift_code"], made.body["is_verified"]) == (IBANS[0], "ISBKTRIS", False)
    listed = wallet.call("GET", PATH, user=user).body
    assert listed["meta"] == {"count": 1}
    assert listed["data"][0]["iban"] == "TR3300****************1326"
    assert wallet.call("GET", PATH, user=new_user()).body["data"] == []


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"iban": "TR330006100519786457841327"}, 400, "INVALID_IBAN"),
        ({"iban": "nonsense"}, 400, "INVALID_IBAN"),
        ({"swift_code": "SHORT"}, 400, "WALLET_003"),
        ({"currency": "BTC"}, 404, "CURRENCY_NOT_SUPPORTED"),
        ({"currency": "EUR"}, 404, "CURRENCY_NOT_SUPPORTED"),
        ({"bank_name": ""}, 400, "VALIDATION_ERROR"),
        ({"bank_name": "   "}, 400, "VALIDATION_ERROR"),
        ({"account_holder_name": "x" * 256}, 400, "VALIDATION_ERROR"),
        ({"iban": 7}, 400, "VALIDATION_ERROR"),
        ({"surprise": 1}, 400, "VALIDATION_ERROR"),
    ],
)
def test_a_wrong_account_is_refused(
    wallet: Wallet, new_user: Callable[..., User], changes: dict[str, object], status: int, code: str
) -> None:
    user = new_user()
    answer = wallet.call("POST", PATH, GOOD | changes, user=user)
    assert (answer.status, answer.code) == (status, code)
    assert wallet.call("GET", PATH, user=user).body["data"] == []


def test_an_iban_is_there_once_per_user_and_three_are_the_most(wallet: Wallet, new_user: Callable[..., User]) -> None:
    user = new_user()
    assert [wallet.call("POST", PATH, GOOD | {"iban": iban}, user=user).status for iban in IBANS[:2]] == [201, 201]
    again = wallet.call("POST", PATH, GOOD, user=user)
    assert (again.status, again.code) == (409, "DUPLICATE_IBAN")
    assert wallet.call("POST", PATH, GOOD, user=new_user()).status == 201
    assert wallet.call("POST", PATH, GOOD | {"iban": IBANS[2]}, user=user).status == 201
    too_many = wallet.call("POST", PATH, GOOD | {"iban": IBANS[3]}, user=user)
    assert (too_many.status, too_many.code) == (400, "WALLET_003")


def test_an_account_of_lira_is_in_turkey(wallet: Wallet, new_user: Callable[..., User]) -> None:
    answer = wallet.call("POST", PATH, GOOD | {"iban": "DE89370400440532013000"}, user=new_user())
    assert (answer.status, answer.code) == (400, "INVALID_IBAN")
    assert answer.body["errors"][0]["field"] == "iban"


def test_an_account_is_deleted_by_its_owner_unless_a_deposit_waits_on_it(wallet: Wallet, new_user: Callable[..., User]) -> None:
    user = new_user()
    account = wallet.bank_account(user)
    stranger = wallet.call("DELETE", f"{PATH}/{account}", user=new_user())
    assert (stranger.status, stranger.code) == (404, "ACCOUNT_NOT_FOUND")
    assert wallet.call("DELETE", f"{PATH}/none", user=user).status == 404
    deposit = wallet.fiat_deposit(user, account=account).body
    waiting = wallet.call("DELETE", f"{PATH}/{account}", user=user)
    assert (waiting.status, waiting.code) == (400, "ACCOUNT_HAS_PENDING_DEPOSITS")
    wallet.report("bank", wallet.bank_report(deposit))
    wallet.run_engine()
    assert wallet.call("DELETE", f"{PATH}/{account}", user=user).status == 204
    assert wallet.call("GET", PATH, user=user).body["data"] == []
    assert wallet.call("POST", PATH, GOOD, user=user).status == 201
