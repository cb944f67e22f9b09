"""Money goes out: debited, approved, paid; or given back to the last unit."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import msgspec
import pytest

from functions.wallet.models import iso
from mycrypto.ledger import verify
from mycrypto.security import withdrawal_hold
from mycrypto.security.withdrawal_hold import HoldReason

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.integration.wallet.conftest import Answer, User, Wallet

ETH_ADDRESS = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"


@pytest.fixture
def staff(new_user: Callable[..., User]) -> User:
    return new_user(roles="USER,ADMIN")


@pytest.fixture
def saver(wallet: Wallet, new_user: Callable[..., User]) -> tuple[User, str]:
    """A user with a second factor, 1000 TRY and a verified account."""
    user = new_user()
    wallet.enable_second_factor(user)
    return user, wallet.funded(user)


def ask(wallet: Wallet, saver: tuple[User, str], amount: str = "300", **options: Any) -> Answer:
    user, account = saver
    code = options.pop("code", None) or wallet.code(user)
    body = {"amount": amount, "fiat_account_id": account, "two_fa_code": code}
    return wallet.call("POST", "/api/wallet/withdraw/fiat", body, user=user, **options)


def status(wallet: Wallet, user: User, withdrawal: dict[str, Any]) -> str:
    return str(wallet.call("GET", f"/api/wallet/withdraw/{withdrawal['id']}", user=user).body["status"])


def approve(wallet: Wallet, staff: User, withdrawal: dict[str, Any]) -> Answer:
    return wallet.call("POST", f"/api/wallet/admin/withdrawals/{withdrawal['id']}/approve", user=staff)


def payout(wallet: Wallet, withdrawal: dict[str, Any], outcome: str = "COMPLETED", sender: str = "bank", **changes: Any) -> Answer:
    report = {"withdrawal_id": withdrawal["id"], "outcome": outcome, "reference": f"PAY-{withdrawal['id'][:8]}"} | changes
    return wallet.report_to(f"{sender}/payout", sender, report)


def sums(wallet: Wallet, currency: str) -> dict[str, str]:
    report = verify.run(wallet.database.connect())
    assert report.differences == []
    return next(({k: v for k, v in total.sums.items() if v != "0"} for total in report.totals if total.currency == currency), {})


def test_a_withdrawal_from_request_to_payout(wallet: Wallet, saver: tuple[User, str], staff: User) -> None:
    user, _ = saver
    told = wallet.call("GET", "/api/wallet/withdraw/fiat/fees", user=user).body
    asked = ask(wallet, saver)
    assert asked.status == 201
    withdrawal = asked.body
    assert (told["network"], told["total_fee"], told["minimum"]) == ("BANK", withdrawal["platform_fee"], "100")
    assert (withdrawal["status"], withdrawal["amount"], withdrawal["platform_fee"], withdrawal["total_amount"]) == (
        "PENDING",
        "300",
        "5",
        "305",
    )
    assert withdrawal["destination"] == "TR3300****************1326"
    early = approve(wallet, staff, withdrawal)
    assert (early.status, early.code) == (409, "WITHDRAWAL_STATUS")
    wallet.run_engine()
    assert wallet.balance(user, "TRY") == "1000", "305 of it are locked"
    assert sums(wallet, "TRY") == {"custody:bank": "-1000", "spot": "695", "transit": "305"}
    assert status(wallet, user, withdrawal) == "PENDING"  # the first one waits for a person
    assert approve(wallet, staff, withdrawal).body["status"] == "APPROVED"
    assert approve(wallet, staff, withdrawal).status == 409
    assert payout(wallet, withdrawal).body["reason"] == "PAYOUT_OF_APPROVED", "nothing was tried yet"
    assert wallet.run_payouts() == 1
    assert status(wallet, user, withdrawal) == "COMPLETED"
    paid = wallet.call("GET", f"/api/wallet/withdraw/{withdrawal['id']}", user=user).body
    assert [booking["transaction_id"] for booking in wallet.partners.bank.statement()] == [paid["payout_reference"]]
    assert payout(wallet, withdrawal, reference=paid["payout_reference"]).body["outcome"] == "REPEATED"
    assert sums(wallet, "TRY") == {"custody:bank": "-700", "fees": "5", "spot": "695"}
    rows = wallet.call("GET", "/api/wallet/transactions", user=user).body["data"]
    assert [(row["type"], row["amount"], row["balance_after"]) for row in rows] == [
        ("FEE", "-5", "695"),
        ("WITHDRAWAL", "-300", "700"),
        ("DEPOSIT", "1000", "1000"),
    ]
    second = ask(wallet, saver, "100").body
    assert second["requires_admin_approval"] is False
    wallet.run_engine()
    assert status(wallet, user, second) == "APPROVED"
    audited = {message["data"]["action"] for message in wallet.sqs.messages() if message["type"] == "audit"}
    assert {"withdrawal.requested", "withdrawal.approved"} <= audited


def test_a_cancelled_withdrawal_comes_back_whole(wallet: Wallet, saver: tuple[User, str], staff: User) -> None:
    user, _ = saver
    withdrawal = ask(wallet, saver).body
    wallet.run_engine()
    path = f"/api/wallet/withdraw/{withdrawal['id']}/cancel"
    assert wallet.call("POST", path, user=staff).status == 404
    assert wallet.call("POST", path, user=user).body["status"] == "CANCELLED"
    assert wallet.call("POST", path, user=user).status == 409
    assert approve(wallet, staff, withdrawal).status == 409
    assert sums(wallet, "TRY")["transit"] == "305"
    wallet.run_engine()
    assert wallet.balance(user, "TRY") == "1000"
    assert sums(wallet, "TRY") == {"custody:bank": "-1000", "spot": "1000"}
    assert wallet.call("GET", "/api/wallet/transactions", user=user).body["data"][0]["type"] == "REFUND"
    assert payout(wallet, withdrawal).body["reason"] == "PAYOUT_OF_CANCELLED"


def test_a_withdrawal_cancelled_before_its_debit_comes_back_when_that_arrives(wallet: Wallet, saver: tuple[User, str]) -> None:
    user, _ = saver
    wallet.kafka.failing = True
    withdrawal = ask(wallet, saver).body
    wallet.call("POST", f"/api/wallet/withdraw/{withdrawal['id']}/cancel", user=user)
    assert sums(wallet, "TRY") == {"custody:bank": "-1000", "spot": "1000"}
    wallet.kafka.failing = False
    wallet.pass_time(timedelta(seconds=6))
    wallet.context.flush()
    wallet.run_engine()
    assert sums(wallet, "TRY") == {"custody:bank": "-1000", "spot": "695", "transit": "305"}
    wallet.context.flush()
    wallet.run_engine()
    assert sums(wallet, "TRY") == {"custody:bank": "-1000", "spot": "1000"}


def test_a_failed_payout_comes_back_whole(wallet: Wallet, saver: tuple[User, str], staff: User) -> None:
    user, _ = saver
    withdrawal = ask(wallet, saver).body
    wallet.run_engine()
    approve(wallet, staff, withdrawal)
    wallet.fail_payout("bank")
    assert payout(wallet, withdrawal, "COMPLETED").body["reason"] == "PAYOUT_OF_FAILED"
    wallet.run_engine()
    assert (wallet.balance(user, "TRY"), status(wallet, user, withdrawal)) == ("1000", "FAILED")
    assert sums(wallet, "TRY") == {"custody:bank": "-1000", "spot": "1000"}
    wallet.context.flush()
    told = [message["data"]["status"] for message in wallet.sqs.messages() if message["type"] == "withdrawal_status"]
    assert told == ["APPROVED", "FAILED"]


def test_staff_refuses_with_a_reason(wallet: Wallet, saver: tuple[User, str], staff: User) -> None:
    user, _ = saver
    withdrawal = ask(wallet, saver).body
    wallet.run_engine()
    path = f"/api/wallet/admin/withdrawals/{withdrawal['id']}/reject"
    assert wallet.call("POST", path, {"reason": "no"}, user=user).code == "FORBIDDEN"
    assert wallet.call("POST", path, {}, user=staff).code == "VALIDATION_ERROR"
    refused = wallet.call("POST", path, {"reason": "source of funds"}, user=staff).body
    assert (refused["status"], refused["reason"]) == ("REJECTED", "source of funds")
    wallet.run_engine()
    assert wallet.balance(user, "TRY") == "1000"
    listed = wallet.call("GET", "/api/wallet/admin/withdrawals", user=staff, query={"status": "rejected"}).body
    assert [row["id"] for row in listed["data"]] == [withdrawal["id"]]


def test_money_goes_only_by_an_administrator_who_has_just_shown_a_second_factor(
    wallet: Wallet, saver: tuple[User, str], staff: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    withdrawal = ask(wallet, saver).body
    wallet.run_engine()
    reject = f"/api/wallet/admin/withdrawals/{withdrawal['id']}/reject"
    elsewhere = msgspec.structs.replace(wallet.context.settings, stage="prod")
    with monkeypatch.context() as patched:
        patched.setattr(wallet.context, "settings", elsewhere)
        assert approve(wallet, staff, withdrawal).code == "AUTH_003", "only on one machine goes it without any"
    wallet.enable_second_factor(staff)
    assert approve(wallet, staff, withdrawal).code == "AUTH_003"
    assert wallet.call("POST", reject, {"reason": "no"}, user=staff).code == "AUTH_003"
    assert status(wallet, saver[0], withdrawal) == "PENDING"
    wallet.show_second_factor()
    assert approve(wallet, staff, withdrawal).body["status"] == "APPROVED"


def test_what_the_engine_will_not_give_is_rejected(wallet: Wallet, saver: tuple[User, str]) -> None:
    """The wallet's row said it was there; meanwhile an order has locked it."""
    user, _ = saver
    withdrawal = ask(wallet, saver).body
    wallet.engine.balances[user.id, "TRY"] = [0, 1000 * 10**8]
    wallet.run_engine()
    assert status(wallet, user, withdrawal) == "REJECTED"
    assert sums(wallet, "TRY") == {"custody:bank": "-1000", "spot": "1000"}
    wallet.context.flush()
    assert [m["data"]["status"] for m in wallet.sqs.messages() if m["type"] == "withdrawal_status"] == ["REJECTED"]


def test_a_request_is_checked_in_order_and_changes_nothing_when_refused(wallet: Wallet, saver: tuple[User, str], staff: User) -> None:
    user, account = saver
    assert ask(wallet, saver, "99").code == "INVALID_AMOUNT"
    assert ask(wallet, saver, "50001").code == "WALLET_002"
    assert ask(wallet, saver, "1000.01").code == "WALLET_002"
    assert ask(wallet, saver, code="000000").code == "AUTH_004"
    assert ask(wallet, saver, code="12345").code == "VALIDATION_ERROR"
    assert ask(wallet, saver).code == "RATE_LIMIT_EXCEEDED"
    wallet.context.redis.delete(f"ratelimit:{user.id}:withdraw")
    poor = ask(wallet, saver, "1000")
    assert (poor.status, poor.code, poor.body["required"], poor.body["available"]) == (400, "WALLET_001", "1005", "1000")
    unverified = wallet.bank_account(user, "TR050009900000000000000001")
    assert ask(wallet, (user, unverified)).code == "ACCOUNT_NOT_VERIFIED"
    assert ask(wallet, (user, str(uuid4()))).code == "ACCOUNT_NOT_FOUND"
    assert ask(wallet, (staff, account), code="123456").code == "AUTH_003"
    assert wallet.call("GET", "/api/wallet/withdraw/requests", user=user).body["data"] == []
    assert wallet.database.connect().execute("SELECT count(*) FROM transfers WHERE amount < 0").fetchone() == (0,)


def test_a_code_opens_once_and_a_key_asks_once(wallet: Wallet, saver: tuple[User, str]) -> None:
    user, _ = saver
    code = wallet.code(user)
    headers = {"Idempotency-Key": "withdraw-1"}
    first = ask(wallet, saver, "100", code=code, headers=headers)
    again = ask(wallet, saver, "100", code=code, headers=headers)
    assert (again.status, again.body) == (201, first.body)
    assert ask(wallet, saver, "100", code=code).code == "AUTH_004"
    wallet.run_engine()
    assert wallet.call("GET", "/api/wallet/balance/TRY", user=user).body["available_balance"] == "895"


def test_a_withdrawal_needs_a_key(wallet: Wallet, saver: tuple[User, str]) -> None:
    refused = ask(wallet, saver, "100", code=wallet.code(saver[0]), headers={})
    assert (refused.status, [fault["field"] for fault in refused.body["errors"]]) == (400, ["Idempotency-Key"])


def test_an_account_with_a_withdrawal_under_way_stays(wallet: Wallet, saver: tuple[User, str]) -> None:
    user, account = saver
    ask(wallet, saver)
    assert wallet.call("DELETE", f"/api/wallet/bank-accounts/{account}", user=user).code == "ACCOUNT_HAS_PENDING_WITHDRAWALS"


def test_crypto_leaves_by_the_chain(wallet: Wallet, new_user: Callable[..., User], staff: User) -> None:
    user = new_user(kyc_level=3)
    wallet.enable_second_factor(user)
    address = wallet.call("POST", "/api/wallet/deposit/crypto", {"currency": "ETH"}, user=user).body["address"]
    wallet.report("chain", wallet.chain_report(address, "ETH", "2"))
    wallet.run_engine()
    fees = wallet.call("GET", "/api/wallet/withdraw/crypto/fees/eth", user=user).body
    assert (fees["platform_fee"], fees["network_fee"], fees["total_fee"], fees["minimum"]) == ("0.005", "0.002", "0.007", "0.01")
    body = {"currency": "ETH", "destination_address": ETH_ADDRESS.lower(), "amount": "1.5", "two_fa_code": wallet.code(user)}
    assert wallet.call("POST", "/api/wallet/withdraw/crypto", body | {"destination_address": "0x12"}, user=user).code == "VALIDATION_ERROR"
    withdrawal = wallet.call("POST", "/api/wallet/withdraw/crypto", body, user=user).body
    assert (withdrawal["destination"], withdrawal["total_amount"]) == (ETH_ADDRESS, "1.507")
    wallet.run_engine()
    assert approve(wallet, staff, withdrawal).body["status"] == "APPROVED"
    assert payout(wallet, withdrawal, sender="bank").code == "WITHDRAWAL_NOT_FOUND"
    wallet.run_payouts()
    (left,) = wallet.partners.chain.mined()
    assert (left["destination"], left["amount"], left["network_fee"]) == (ETH_ADDRESS, "1.5", "0.002")
    assert payout(wallet, withdrawal, sender="chain", reference=left["tx_hash"]).body["outcome"] == "REPEATED"
    assert wallet.balance(user, "ETH") == "0.493"
    assert {kind: Decimal(total) for kind, total in sums(wallet, "ETH").items()} == {
        "custody:hot": Decimal("-0.498"),
        "fees": Decimal("0.005"),
        "spot": Decimal("0.493"),
    }


def hold(wallet: Wallet, user: User, reason: HoldReason) -> str:
    """What auth writes when something is changed; returns until when."""
    withdrawal_hold.start(wallet.database.connect("auth_app"), user.id, reason, wallet.now)
    return iso(wallet.now + withdrawal_hold.HOLD)


@pytest.mark.parametrize("reason", list(HoldReason))
def test_nothing_new_leaves_for_a_day_after_a_change_of_security(wallet: Wallet, saver: tuple[User, str], reason: HoldReason) -> None:
    user, _ = saver
    until = hold(wallet, user, reason)
    code = wallet.code(user)
    refused = [ask(wallet, saver, code=code)]
    body = {"currency": "ETH", "destination_address": ETH_ADDRESS, "amount": "0.01", "two_fa_code": code}
    refused.append(wallet.call("POST", "/api/wallet/withdraw/crypto", body, user=user))
    for answer in refused:
        assert (answer.status, answer.code, answer.body["until"], answer.body["reason"]) == (403, "WITHDRAWALS_HELD", until, reason.value)
    assert wallet.database.connect().execute("SELECT count(*) FROM withdrawals").fetchone() == (0,)
    wallet.pass_time(withdrawal_hold.HOLD - timedelta(minutes=2))
    assert ask(wallet, saver).code == "WITHDRAWALS_HELD"
    wallet.pass_time(timedelta(minutes=2))
    assert ask(wallet, saver).status == 201


def test_a_hold_gets_no_shorter_and_stops_no_other(wallet: Wallet, saver: tuple[User, str], new_user: Callable[..., User]) -> None:
    other = new_user()
    wallet.enable_second_factor(other)
    until = hold(wallet, saver[0], HoldReason.PASSWORD_RESET)
    withdrawal_hold.start(wallet.database.connect("auth_app"), saver[0].id, HoldReason.PASSWORD_CHANGED, wallet.now - timedelta(hours=5))
    refused = ask(wallet, saver)
    assert (refused.body["until"], refused.body["reason"]) == (until, "PASSWORD_CHANGED")
    assert ask(wallet, (other, str(uuid4()))).code == "ACCOUNT_NOT_FOUND"


def test_what_waits_for_a_person_is_marked_when_the_security_changes(wallet: Wallet, saver: tuple[User, str], staff: User) -> None:
    withdrawal = ask(wallet, saver).body
    wallet.run_engine()

    def risks() -> list[str]:
        listed = wallet.call("GET", "/api/wallet/admin/withdrawals", user=staff).body["data"]
        return next(list(row["risks"]) for row in listed if row["id"] == withdrawal["id"])

    assert risks() == []
    hold(wallet, saver[0], HoldReason.PASSWORD_RESET)
    assert risks() == ["PASSWORD_RESET"]
    own = wallet.call("GET", f"/api/wallet/withdraw/{withdrawal['id']}", user=saver[0]).body
    assert "risks" not in own
    wallet.pass_time(timedelta(hours=25))
    assert risks() == []
