"""A withdrawal is seen from the request to its end: in the balance, in the history, and in one mail for each thing that happens."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.integration.wallet.conftest import Answer, User, Wallet


@pytest.fixture
def saver(wallet: Wallet, new_user: Callable[..., User]) -> User:
    """A user with a second factor and 1000 TRY."""
    user = new_user()
    wallet.enable_second_factor(user)
    user.account = wallet.funded(user)  # type: ignore[attr-defined]
    return user


@pytest.fixture
def staff(new_user: Callable[..., User]) -> User:
    return new_user(roles="USER,ADMIN")


def ask(wallet: Wallet, user: User, amount: str = "300", code: str = "", **options: Any) -> Answer:
    account = user.account  # type: ignore[attr-defined]
    body = {"amount": amount, "fiat_account_id": account, "two_fa_code": code or wallet.code(user)}
    return wallet.call("POST", "/api/wallet/withdraw/fiat", body, user=user, **options)


def shown(wallet: Wallet, user: User) -> tuple[str, str, str]:
    """Available, locked, total; the list says the same as the single balance."""
    one = wallet.call("GET", "/api/wallet/balance/TRY", user=user).body
    all_of_them = wallet.call("GET", "/api/wallet/balances", user=user).body["data"]
    assert all_of_them[0] == one
    return one["available_balance"], one["locked_balance"], one["total_balance"]


def history(wallet: Wallet, user: User, **query: str) -> list[tuple[str, str, str, str]]:
    rows = wallet.call("GET", "/api/wallet/transactions", user=user, query=query or None).body["data"]
    return [(row["type"], row["amount"], row["balance_after"], row["status"]) for row in rows]


def mails(wallet: Wallet, user: User) -> list[str]:
    wallet.context.flush()
    kinds = {"withdrawal_requested", "withdrawal_status", "bank_account_added"}
    found = [message for message in wallet.sqs.messages() if message["type"] in kinds and message["data"]["to"] == user.email]
    return [message["data"].get("status", message["type"]) for message in found]


DEPOSIT = ("DEPOSIT", "1000", "1000", "COMPLETED")


def test_the_money_is_locked_and_the_history_says_pending_until_it_is_paid(wallet: Wallet, saver: User, staff: User) -> None:
    assert shown(wallet, saver) == ("1000", "0", "1000")
    wallet.kafka.failing = True  # the engine does not hear of it for a while
    withdrawal = ask(wallet, saver).body
    pending = [("FEE", "-5", "695", "PENDING"), ("WITHDRAWAL", "-300", "700", "PENDING"), DEPOSIT]
    assert shown(wallet, saver) == ("695", "305", "1000")
    assert history(wallet, saver) == pending
    wallet.kafka.failing = False
    wallet.pass_time(timedelta(seconds=6))
    wallet.context.flush()
    wallet.run_engine()
    assert shown(wallet, saver) == ("695", "305", "1000")
    assert history(wallet, saver) == pending
    path = f"/api/wallet/admin/withdrawals/{withdrawal['id']}/approve"
    assert wallet.call("POST", path, user=staff).status == 200
    assert (shown(wallet, saver), history(wallet, saver)) == (("695", "305", "1000"), pending)
    wallet.run_payouts()
    assert shown(wallet, saver) == ("695", "0", "695")
    assert history(wallet, saver) == [("FEE", "-5", "695", "COMPLETED"), ("WITHDRAWAL", "-300", "700", "COMPLETED"), DEPOSIT]
    assert mails(wallet, saver) == ["bank_account_added", "withdrawal_requested", "APPROVED", "COMPLETED"]


@pytest.mark.parametrize("end", ["CANCELLED", "REJECTED", "FAILED"])
@pytest.mark.parametrize("debited", [True, False])
def test_what_ends_unpaid_stays_locked_until_the_money_is_back(wallet: Wallet, saver: User, staff: User, end: str, debited: bool) -> None:
    if end == "FAILED" and not debited:
        pytest.skip("nothing is paid out that was not debited")
    wallet.kafka.failing = True
    withdrawal = ask(wallet, saver).body

    def engine_hears() -> None:
        wallet.kafka.failing = False
        wallet.pass_time(timedelta(seconds=6))
        wallet.context.flush()
        wallet.run_engine()

    if debited:
        engine_hears()
    admin = f"/api/wallet/admin/withdrawals/{withdrawal['id']}"
    wallet.kafka.failing = True
    if end == "CANCELLED":
        wallet.call("POST", f"/api/wallet/withdraw/{withdrawal['id']}/cancel", user=saver)
    elif end == "REJECTED":
        wallet.call("POST", f"{admin}/reject", {"reason": "no"}, user=staff)
    else:
        wallet.call("POST", f"{admin}/approve", user=staff)
        wallet.fail_payout("bank")
    assert shown(wallet, saver) == ("695", "305", "1000"), "not back yet"
    engine_hears()
    if not debited:
        assert shown(wallet, saver) == ("695", "305", "1000")
        engine_hears()
    assert shown(wallet, saver) == ("1000", "0", "1000")
    assert history(wallet, saver) == [
        ("REFUND", "305", "1000", "COMPLETED"),
        ("FEE", "-5", "695", end),
        ("WITHDRAWAL", "-300", "700", end),
        DEPOSIT,
    ]
    assert mails(wallet, saver)[-1] == end


def test_what_the_engine_refuses_is_locked_no_longer(wallet: Wallet, saver: User) -> None:
    ask(wallet, saver)
    wallet.engine.balances[saver.id, "TRY"] = [0, 1000 * 10**8]
    wallet.run_engine()
    assert shown(wallet, saver) == ("1000", "0", "1000")
    assert history(wallet, saver) == [DEPOSIT]
    assert mails(wallet, saver) == ["bank_account_added", "withdrawal_requested", "REJECTED"]


def test_what_is_asked_for_is_not_asked_for_twice(wallet: Wallet, saver: User) -> None:
    wallet.kafka.failing = True
    assert ask(wallet, saver, "600").status == 201
    refused = ask(wallet, saver, "391")
    assert (refused.code, refused.body["available"]) == ("WALLET_001", "395")
    assert ask(wallet, saver, "390").status == 201
    assert shown(wallet, saver) == ("0", "1000", "1000")
    before_the_deposit = history(wallet, saver)[:4]
    assert all(row[3] == "PENDING" for row in before_the_deposit)


def test_pages_are_cut_from_what_is_pending_and_what_is_booked(wallet: Wallet, saver: User) -> None:
    ask(wallet, saver, "100")
    wallet.run_engine()
    wallet.kafka.failing = True
    ask(wallet, saver, "200")
    whole = wallet.call("GET", "/api/wallet/transactions", user=saver, query={"limit": "100"}).body
    assert (len(whole["data"]), whole["pagination"]["total"], len({row["id"] for row in whole["data"]})) == (5, 5, 5)
    for limit in (1, 2, 3, 4):
        pages = [
            wallet.call("GET", "/api/wallet/transactions", user=saver, query={"limit": str(limit), "page": str(page)}).body["data"]
            for page in range(1, 7)
        ]
        assert [row for page in pages for row in page] == whole["data"], limit
    assert [row[:2] for row in history(wallet, saver, type="FEE")] == [("FEE", "-5"), ("FEE", "-5")]
    assert history(wallet, saver, currency="BTC") == []
    wallet.pass_time(timedelta(seconds=1))
    lines = wallet.call("GET", "/api/wallet/transactions/export", user=saver).body.splitlines()
    assert [line.split(",")[7] for line in lines] == ["status", "PENDING", "PENDING", "PENDING", "PENDING", "COMPLETED"]


def test_a_repeated_request_tells_once_and_each_mail_names_where_the_money_goes(wallet: Wallet, saver: User) -> None:
    code, headers = wallet.code(saver), {"Idempotency-Key": "once"}
    for _ in range(3):
        assert ask(wallet, saver, code=code, headers=headers).status == 201
    withdrawal = wallet.call("GET", "/api/wallet/withdraw/requests", user=saver).body["data"][0]
    path = f"/api/wallet/withdraw/{withdrawal['id']}/cancel"
    assert [wallet.call("POST", path, user=saver).status for _ in range(3)] == [200, 409, 409]
    assert mails(wallet, saver) == ["bank_account_added", "withdrawal_requested", "CANCELLED"]
    told = next(message["data"] for message in wallet.sqs.messages() if message["type"] == "withdrawal_requested")
    assert (told["amount"], told["currency"], told["destination"]) == ("300", "TRY", "TR3300****************1326")


def test_an_automatic_approval_is_told_too(wallet: Wallet, saver: User) -> None:
    wallet.database.connect().execute(
        """INSERT INTO withdrawals (id, user_id, kind, currency, amount, platform_fee, network_fee, destination, network, status,
                                    requires_approval, email, debited_at, completed_at)
           VALUES (gen_random_uuid(), %s, 'CRYPTO', 'ETH', 1, 0, 0, 'x', 'ETHEREUM', 'COMPLETED', false, 'x', now(), now())""",
        (saver.id,),
    )
    ask(wallet, saver)
    wallet.run_engine()
    assert mails(wallet, saver) == ["bank_account_added", "withdrawal_requested", "APPROVED"]
