"""The money of a withdrawal leaves exactly once, or comes back whole: whatever dies, and whatever bank and chain say."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from mycrypto.ledger import verify
from mycrypto.withdrawals import payouts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mycrypto.database import Database
    from tests.integration.wallet.conftest import User, Wallet

DESTINATION = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"
HALF_HOUR = timedelta(minutes=30)


class Killed(BaseException):
    """The worker's process ended here."""


class Fuse:
    """Burns at the n-th time that the worker is about to do something, or has just done it."""

    def __init__(self, at: int | None) -> None:
        self.left = at
        self.passed = 0

    def __call__(self) -> None:
        self.passed += 1
        if self.left is not None:
            self.left -= 1
            if self.left == 0:
                raise Killed


class DyingDatabase:
    """Transactions that are cut off before they begin, before the commit, or after it."""

    def __init__(self, database: Database, fuse: Fuse) -> None:
        self._database, self._fuse = database, fuse

    def connection(self) -> Any:
        return self._database.connection()

    @contextmanager
    def transaction(self) -> Iterator[Any]:
        self._fuse()
        with self._database.transaction() as connection:
            yield connection
            self._fuse()
        self._fuse()


class DyingPartner:
    """Calls that are never made, or whose answer is lost."""

    def __init__(self, partner: Any, fuse: Fuse) -> None:
        self._partner, self._fuse = partner, fuse

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._partner, name)

        def call(*arguments: Any, **options: Any) -> Any:
            self._fuse()
            answer = method(*arguments, **options)
            self._fuse()
            return answer

        return call


@pytest.fixture
def staff(new_user: Callable[..., User]) -> User:
    return new_user(roles="USER,ADMIN")


@pytest.fixture
def saver(wallet: Wallet, new_user: Callable[..., User]) -> User:
    user = new_user(kyc_level=3)
    wallet.enable_second_factor(user)
    return user


def withdraw(wallet: Wallet, saver: User, staff: User, kind: str) -> dict[str, Any]:
    """Approved and queued: 300 TRY to the bank account, or 1 ETH to an address."""
    if kind == "bank":
        account = wallet.funded(saver)
        body: dict[str, Any] = {"amount": "300", "fiat_account_id": account, "two_fa_code": wallet.code(saver)}
    else:
        address = wallet.call("POST", "/api/wallet/deposit/crypto", {"currency": "ETH"}, user=saver).body["address"]
        wallet.report("chain", wallet.chain_report(address, "ETH", "2"))
        wallet.run_engine()
        body = {"currency": "ETH", "destination_address": DESTINATION, "amount": "1", "two_fa_code": wallet.code(saver)}
    path = "fiat" if kind == "bank" else "crypto"
    asked: dict[str, Any] = wallet.call("POST", f"/api/wallet/withdraw/{path}", body, user=saver).body
    wallet.run_engine()
    approved = wallet.call("POST", f"/api/wallet/admin/withdrawals/{asked['id']}/approve", user=staff)
    assert approved.body["status"] == "APPROVED", approved
    return asked


def status(wallet: Wallet, user: User, withdrawal: dict[str, Any]) -> str:
    return str(wallet.call("GET", f"/api/wallet/withdraw/{withdrawal['id']}", user=user).body["status"])


def left(wallet: Wallet, kind: str) -> list[str]:
    """The amounts that left, by the books of bank and chain."""
    found = wallet.partners.bank.statement() if kind == "bank" else wallet.partners.chain.mined()
    return [entry["amount"] for entry in found]


def books(wallet: Wallet, kind: str) -> dict[str, Decimal]:
    currency = "TRY" if kind == "bank" else "ETH"
    report = verify.run(wallet.database.connect())
    assert report.differences == []
    sums = next(total.sums for total in report.totals if total.currency == currency)
    return {account: Decimal(amount) for account, amount in sums.items() if Decimal(amount)}


PAID = {
    "bank": {"custody:bank": Decimal(-700), "fees": Decimal(5), "spot": Decimal(695)},
    "chain": {"custody:hot": Decimal("-0.998"), "fees": Decimal("0.005"), "spot": Decimal("0.993")},
}
UNTOUCHED = {
    "bank": {"custody:bank": Decimal(-1000), "spot": Decimal(1000)},
    "chain": {"custody:hot": Decimal(-2), "spot": Decimal(2)},
}


def run_dying(wallet: Wallet, at: int | None) -> Fuse:
    """The worker does the queued job and dies at its n-th step; the message stays, and another worker gets it."""
    fuse = Fuse(at)
    dying = wallet.partners.worker(
        DyingDatabase(wallet.context.db, fuse),  # type: ignore[arg-type]
        wallet.context.relay,
        wallet.context.cache,
        lambda: wallet.now,
        bank=DyingPartner(wallet.partners.http_bank, fuse),
        signer=DyingPartner(wallet.partners.http_chain, fuse),
        node=DyingPartner(wallet.partners.http_chain, fuse),
    )
    healthy, wallet.payouts = wallet.payouts, dying
    rows = list(wallet.sqs.rows)
    try:
        wallet.run_payouts()
    except Killed:
        wallet.context.db.close()
        wallet.sqs.rows = rows
    finally:
        wallet.payouts = healthy
    return fuse


@pytest.mark.parametrize("kind", ["bank", "chain"])
def test_a_worker_that_dies_between_any_two_steps_pays_once(wallet: Wallet, saver: User, staff: User, kind: str) -> None:
    """One withdrawal after another, each with a death one step later, until a run has no step left to die at."""
    account = wallet.funded(saver, "50000") if kind == "bank" else ""
    if kind == "chain":
        address = wallet.call("POST", "/api/wallet/deposit/crypto", {"currency": "ETH"}, user=saver).body["address"]
        wallet.report("chain", wallet.chain_report(address, "ETH", "90"))
        wallet.run_engine()
    for step in range(1, 100):
        wallet.context.redis.delete(f"ratelimit:{saver.id}:withdraw")
        wallet.pass_time(timedelta(days=1))
        code = wallet.code(saver)
        body: dict[str, Any] = {"amount": "100", "fiat_account_id": account, "two_fa_code": code}
        if kind == "chain":
            body = {"currency": "ETH", "destination_address": DESTINATION, "amount": "1", "two_fa_code": code}
        path = "/api/wallet/withdraw/" + ("fiat" if kind == "bank" else "crypto")
        asked = wallet.call("POST", path, body, user=saver).body
        wallet.run_engine()
        if step == 1:
            wallet.call("POST", f"/api/wallet/admin/withdrawals/{asked['id']}/approve", user=staff)
        fuse = run_dying(wallet, step)
        wallet.run_payouts()
        wallet.look_again()
        assert status(wallet, saver, asked) == "COMPLETED", step
        assert len(left(wallet, kind)) == step, f"death at step {step}"
        books(wallet, kind)
        if fuse.left:
            break
    else:
        pytest.fail("the worker never came to its end")
    assert step > 12, "that many places to die at"


@pytest.mark.parametrize("kind", ["bank", "chain"])
@pytest.mark.parametrize("behaviour", ["normal", "slow", "error", "timeout"])
def test_partners_that_are_slow_fail_or_time_out_after_paying(wallet: Wallet, saver: User, staff: User, kind: str, behaviour: str) -> None:
    withdrawal = withdraw(wallet, saver, staff, kind)
    wallet.partners.ledger.plan(kind, behaviour, 1)
    wallet.run_payouts()
    if behaviour == "slow":
        assert status(wallet, saver, withdrawal) == {"bank": "PROCESSING", "chain": "BROADCASTED"}[kind]
        assert (left(wallet, kind), books(wallet, kind)["spot"]) == ([], PAID[kind]["spot"])
        wallet.look_again(HALF_HOUR)
        simulator = wallet.partners.bank if kind == "bank" else wallet.partners.chain
        assert simulator.settle(payouts.payout_key(withdrawal["id"]), "COMPLETED")
        wallet.look_again()
    assert status(wallet, saver, withdrawal) == "COMPLETED"
    assert (len(left(wallet, kind)), books(wallet, kind)) == (1, PAID[kind])


@pytest.mark.parametrize("kind", ["bank", "chain"])
def test_a_payout_that_fails_comes_back_after_the_second_proof(wallet: Wallet, saver: User, staff: User, kind: str) -> None:
    withdrawal = withdraw(wallet, saver, staff, kind)
    wallet.partners.ledger.plan(kind, "fail", 1)
    wallet.run_payouts()
    assert status(wallet, saver, withdrawal) == {"bank": "PROCESSING", "chain": "BROADCASTED"}[kind], "one answer is no proof"
    wallet.look_again(timedelta(seconds=119))
    assert status(wallet, saver, withdrawal) != "FAILED"
    wallet.look_again(timedelta(seconds=2))
    assert status(wallet, saver, withdrawal) == "FAILED"
    wallet.context.flush()
    wallet.run_engine()
    assert (left(wallet, kind), books(wallet, kind)) == ([], UNTOUCHED[kind])


@pytest.mark.parametrize("behaviour", ["forget", "lie-rejected"])
def test_a_bank_that_denies_a_payment_that_it_made_does_not_pay_twice(wallet: Wallet, saver: User, staff: User, behaviour: str) -> None:
    withdrawal = withdraw(wallet, saver, staff, "bank")
    wallet.partners.ledger.plan("bank", behaviour, 1)
    wallet.run_payouts()
    assert status(wallet, saver, withdrawal) == "COMPLETED", "the statement decides"
    wallet.look_again(HALF_HOUR)
    assert (left(wallet, "bank"), books(wallet, "bank")) == (["300"], PAID["bank"])


def test_a_bank_that_claims_a_payment_that_it_did_not_make_is_not_believed(wallet: Wallet, saver: User, staff: User) -> None:
    withdrawal = withdraw(wallet, saver, staff, "bank")
    wallet.partners.ledger.plan("bank", "lie-completed", 1)
    wallet.run_payouts()
    report = {"withdrawal_id": withdrawal["id"], "outcome": "COMPLETED", "reference": "OUT-1"}
    answers = [wallet.report_to("bank/payout", "bank", report).body["outcome"] for _ in range(2)]
    assert answers == ["ACCEPTED", "REPEATED"]
    wallet.look_again(HALF_HOUR)
    assert status(wallet, saver, withdrawal) == "PROCESSING"
    assert wallet.partners.bank.settle(payouts.payout_key(withdrawal["id"]), "COMPLETED")
    wallet.look_again()
    assert (status(wallet, saver, withdrawal), left(wallet, "bank")) == ("COMPLETED", ["300"])


def test_a_report_of_failure_alone_gives_nothing_back(wallet: Wallet, saver: User, staff: User) -> None:
    withdrawal = withdraw(wallet, saver, staff, "bank")
    wallet.partners.ledger.plan("bank", "slow", 1)
    wallet.run_payouts()
    report = {"withdrawal_id": withdrawal["id"], "outcome": "FAILED", "reference": "x"}
    assert wallet.report_to("bank/payout", "bank", report).body["outcome"] == "ACCEPTED"
    wallet.run_payouts()
    wallet.look_again(HALF_HOUR)
    assert status(wallet, saver, withdrawal) == "PROCESSING"


def test_a_report_brings_the_next_look_and_may_come_twice(wallet: Wallet, saver: User, staff: User) -> None:
    withdrawal = withdraw(wallet, saver, staff, "bank")
    wallet.partners.ledger.plan("bank", "slow", 1)
    wallet.run_payouts()
    wallet.partners.bank.settle(payouts.payout_key(withdrawal["id"]), "COMPLETED")
    report = {"withdrawal_id": withdrawal["id"], "outcome": "COMPLETED", "reference": "OUT-2"}
    assert [wallet.report_to("bank/payout", "bank", report).body["outcome"] for _ in range(2)] == ["ACCEPTED", "REPEATED"]
    assert wallet.run_payouts() == 1
    assert (status(wallet, saver, withdrawal), books(wallet, "bank")) == ("COMPLETED", PAID["bank"])


def test_the_same_message_delivered_again_changes_nothing(wallet: Wallet, saver: User, staff: User) -> None:
    withdraw(wallet, saver, staff, "bank")
    wallet.context.flush()
    rows = [row for row in wallet.sqs.rows if row.destination == "sqs:withdrawal-processing"]
    wallet.sqs.rows += rows
    assert wallet.run_payouts() == 2
    assert (left(wallet, "bank"), books(wallet, "bank")) == (["300"], PAID["bank"])


def test_a_transaction_that_the_network_lost_is_broadcast_again_unchanged(wallet: Wallet, saver: User, staff: User) -> None:
    withdrawal = withdraw(wallet, saver, staff, "chain")
    wallet.partners.ledger.plan("chain", "lose", 1)
    wallet.run_payouts()
    assert (status(wallet, saver, withdrawal), left(wallet, "chain")) == ("BROADCASTING", [])
    wallet.look_again()
    assert (status(wallet, saver, withdrawal), left(wallet, "chain")) == ("COMPLETED", ["1"])


def test_what_the_signer_refuses_was_never_sent_and_comes_back_at_once(wallet: Wallet, saver: User, staff: User) -> None:
    withdrawal = withdraw(wallet, saver, staff, "chain")
    wallet.partners.ledger.plan("signer", "fail", 1)
    wallet.run_payouts()
    wallet.run_engine()
    assert (status(wallet, saver, withdrawal), books(wallet, "chain")) == ("FAILED", UNTOUCHED["chain"])


def test_a_payout_waits_while_the_signer_has_no_coins_on_its_network(wallet: Wallet, saver: User, staff: User) -> None:
    withdrawal = withdraw(wallet, saver, staff, "chain")
    wallet.partners.ledger.plan("signer", "short", 2)
    wallet.run_payouts()
    assert (status(wallet, saver, withdrawal), waits_for(wallet, withdrawal)) == ("SIGNING", "HOT_WALLET_SHORT")
    wallet.look_again()
    assert (status(wallet, saver, withdrawal), left(wallet, "chain")) == ("SIGNING", [])
    wallet.look_again()
    assert (status(wallet, saver, withdrawal), left(wallet, "chain")) == ("COMPLETED", ["1"])


def waits_for(wallet: Wallet, withdrawal: dict[str, Any]) -> str:
    row = wallet.database.connect().execute("SELECT waits_for FROM payouts WHERE withdrawal_id = %s", (withdrawal["id"],)).fetchone()
    assert row is not None
    return str(row[0])


def test_withdrawals_of_a_suspended_user_stop_until_the_account_is_good_again(wallet: Wallet, saver: User, staff: User) -> None:
    withdrawal = withdraw(wallet, saver, staff, "bank")
    admin = wallet.database.connect()
    admin.execute("UPDATE users SET status = 'SUSPENDED' WHERE id = %s", (saver.id,))
    wallet.run_payouts()
    wallet.look_again()
    assert (status(wallet, saver, withdrawal), waits_for(wallet, withdrawal), left(wallet, "bank")) == ("APPROVED", "ACCOUNT_SUSPENDED", [])
    body = {"amount": "100", "fiat_account_id": withdrawal["id"], "two_fa_code": wallet.code(saver)}
    assert wallet.call("POST", "/api/wallet/withdraw/fiat", body, user=saver).code == "ACCOUNT_SUSPENDED"
    admin.execute("UPDATE users SET status = 'ACTIVE' WHERE id = %s", (saver.id,))
    wallet.look_again()
    assert (status(wallet, saver, withdrawal), left(wallet, "bank")) == ("COMPLETED", ["300"])


def test_staff_refuse_what_is_approved_while_nothing_was_tried(wallet: Wallet, saver: User, staff: User) -> None:
    withdrawal = withdraw(wallet, saver, staff, "bank")
    path = f"/api/wallet/admin/withdrawals/{withdrawal['id']}/reject"
    assert wallet.call("POST", path, {"reason": "fraud"}, user=staff).body["status"] == "REJECTED"
    assert wallet.run_payouts() == 1
    wallet.run_engine()
    assert (left(wallet, "bank"), books(wallet, "bank")) == ([], UNTOUCHED["bank"])
    other = withdraw(wallet, saver, staff, "chain")
    wallet.run_payouts()
    assert wallet.call("POST", path.replace(withdrawal["id"], other["id"]), {"reason": "late"}, user=staff).code == "WITHDRAWAL_STATUS"


def test_the_hot_wallet_sends_no_more_than_it_holds_and_than_a_day_allows(wallet: Wallet, saver: User, staff: User) -> None:
    withdrawal = withdraw(wallet, saver, staff, "chain")
    worker = wallet.payouts

    def with_limit(units: int) -> str:
        wallet.payouts = wallet.partners.worker(
            wallet.context.db, wallet.context.relay, wallet.context.cache, lambda: wallet.now, hot_wallet_limits={"ETH": units}
        )
        wallet.look_again()
        return waits_for(wallet, withdrawal)

    assert with_limit(10**8) == "HOT_WALLET_LIMIT"
    assert left(wallet, "chain") == []
    wallet.payouts = worker
    admin = wallet.database.connect()
    admin.execute("UPDATE ledger_accounts SET balance = balance + 1.5 WHERE kind = 'custody:hot' AND currency = 'ETH'")
    wallet.look_again()
    assert (waits_for(wallet, withdrawal), left(wallet, "chain")) == ("HOT_WALLET_SHORT", [])
    admin.execute("UPDATE ledger_accounts SET balance = balance - 1.5 WHERE kind = 'custody:hot' AND currency = 'ETH'")
    wallet.look_again()
    assert (status(wallet, saver, withdrawal), left(wallet, "chain")) == ("COMPLETED", ["1"])


def test_without_a_partner_withdrawals_wait(wallet: Wallet, saver: User, staff: User) -> None:
    withdrawal = withdraw(wallet, saver, staff, "bank")
    wallet.payouts = wallet.partners.worker(wallet.context.db, wallet.context.relay, wallet.context.cache, lambda: wallet.now, bank=None)
    wallet.run_payouts()
    assert (status(wallet, saver, withdrawal), waits_for(wallet, withdrawal)) == ("APPROVED", "NO_PARTNER")


def test_a_booking_that_is_not_what_was_asked_for_waits_for_a_person(wallet: Wallet, saver: User, staff: User) -> None:
    withdrawal = withdraw(wallet, saver, staff, "bank")
    wallet.partners.ledger.plan("bank", "slow", 1)
    wallet.run_payouts()
    with wallet.partners.ledger.transaction() as file:
        file.execute("INSERT INTO bookings VALUES ('OUT-9', ?, '299', 'TR1')", (payouts.payout_key(withdrawal["id"]),))
    wallet.look_again()
    listed = wallet.call("GET", "/api/wallet/admin/reconciliations", user=staff, query={"reason": "PAYOUT_DISPUTED"}).body["data"]
    assert [item["source_key"] for item in listed] == [withdrawal["id"]]
    assert (status(wallet, saver, withdrawal), waits_for(wallet, withdrawal)) == ("PROCESSING", "DISPUTED")


def test_large_sums_need_two_people(wallet: Wallet, saver: User, staff: User, new_user: Callable[..., User]) -> None:
    account = wallet.funded(saver, "50000")
    body = {"amount": "25000", "fiat_account_id": account, "two_fa_code": wallet.code(saver)}
    asked = wallet.call("POST", "/api/wallet/withdraw/fiat", body, user=saver).body
    assert asked["approvals_required"] == 2
    wallet.run_engine()
    path = f"/api/wallet/admin/withdrawals/{asked['id']}/approve"
    assert wallet.call("POST", path, user=staff).body["status"] == "PENDING"
    assert wallet.call("POST", path, user=staff).code == "WITHDRAWAL_STATUS"
    assert wallet.run_payouts() == 0
    assert wallet.call("POST", path, user=new_user(roles="USER,ADMIN")).body["status"] == "APPROVED"
    wallet.run_payouts()
    assert left(wallet, "bank") == ["25000"]
