"""What bank and chain hold is held against the books: what is under way explains a difference, and what does not fit an hour later either is told, once."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from functions.withdrawals import reconciling
from functions.withdrawals.closing_balances import judge
from functions.withdrawals.closing_store import Books, Range
from functions.withdrawals.ports import Held
from mycrypto import telemetry
from mycrypto.partners import AwayError
from tests.integration.wallet.test_payouts import saver, staff, withdraw

if TYPE_CHECKING:
    from functions.withdrawals.reconciling import Found
    from tests.integration.wallet.conftest import User, Wallet

__all__ = ["saver", "staff"]
HOUR = timedelta(hours=1)
CURRENCY = {"bank": "TRY", "chain": "ETH"}


def booked(wallet: Wallet, partner: str) -> str:
    row = (
        wallet.database.connect()
        .execute(
            "SELECT trim_scale(coalesce(-sum(balance), 0))::text FROM ledger_accounts WHERE kind LIKE 'custody:%%' AND currency = %s",
            (CURRENCY[partner],),
        )
        .fetchone()
    )
    assert row is not None
    return str(row[0])


def come(wallet: Wallet, partner: str, amount: str, key: str = "more") -> None:
    wallet.partners.ledger.receive(partner, key, CURRENCY[partner], amount)


def look(wallet: Wallet, after: timedelta = HOUR, **changes: Any) -> Found:
    wallet.pass_time(after)
    parts: dict[str, Any] = {"bank": wallet.partners.http_bank, "node": wallet.partners.http_chain} | changes
    return reconciling.balances(wallet.context.db, parts["bank"], parts["node"], wallet.now, telemetry.logger("test"))


def told(found: Found) -> list[tuple[str, str, str]]:
    return [(each.source, each.reason, each.amount) for each in found.differences]


@pytest.fixture(params=["bank", "chain"])
def partner(request: pytest.FixtureRequest, wallet: Wallet, saver: User) -> str:
    """One that holds what the books say, by a first look."""
    for name in CURRENCY:
        come(wallet, name, booked(wallet, name), "all")
    assert told(look(wallet)) == []
    return str(request.param)


def test_a_payout_fits_at_every_step(wallet: Wallet, saver: User, staff: User, partner: str) -> None:
    wallet.partners.ledger.plan(partner, "slow", 1)
    withdrawal = withdraw(wallet, saver, staff, partner)
    come(wallet, partner, booked(wallet, partner), "all")  # what is withdrawn came in before
    wallet.run_payouts()
    assert told(look(wallet)) == told(look(wallet)) == []
    of_partner = wallet.partners.bank if partner == "bank" else wallet.partners.chain
    assert of_partner.settle(f"payout:{withdrawal['id']}", "COMPLETED")
    assert told(look(wallet)) == told(look(wallet)) == [], "gone there and not booked here"
    wallet.look_again()
    assert told(look(wallet)) == told(look(wallet)) == [], "booked"


@pytest.mark.parametrize(("amount", "reason"), [("-25", "BALANCE_SHORT"), ("25", "BALANCE_OVER")])
def test_what_does_not_fit_twice_is_told_once(wallet: Wallet, staff: User, partner: str, amount: str, reason: str) -> None:
    come(wallet, partner, amount)
    assert told(look(wallet)) == [], "it may be on its way"
    assert told(look(wallet)) == [(partner.upper(), reason, "25")]
    assert told(look(wallet)) == told(look(wallet)) == [], "people know"
    (item,) = wallet.call("GET", "/api/wallet/admin/reconciliations", user=staff).body["data"]
    assert (item["reason"], item["nature"], item["amount"]) == (reason, "MISSING" if amount[0] == "-" else "RECEIVED", "25")


def test_what_arrives_within_the_hour_is_no_difference(wallet: Wallet, partner: str) -> None:
    come(wallet, partner, "25")
    look(wallet)
    come(wallet, partner, "0")
    assert told(look(wallet)) == told(look(wallet)) == []


def test_a_decision_lets_it_fit_again(wallet: Wallet, staff: User, partner: str) -> None:
    come(wallet, partner, "-25")
    look(wallet)
    look(wallet)
    (item,) = wallet.call("GET", "/api/wallet/admin/reconciliations", user=staff).body["data"]
    path = f"/api/wallet/admin/reconciliations/{item['id']}"
    body = {"action": "WRITE_OFF", "reason": "a charge of the partner"}
    assert wallet.call("POST", f"{path}/propose", body, user=staff).status == 200
    other = type(staff)(roles="USER,ADMIN")
    assert wallet.call("POST", f"{path}/approve", user=other).status == 200
    assert told(look(wallet)) == told(look(wallet)) == []
    come(wallet, partner, "-26")
    look(wallet)
    assert told(look(wallet)) == [(partner.upper(), "BALANCE_SHORT", "1")], "nothing hides behind what was decided"


def test_a_partner_that_is_away_or_talks_nonsense_stops_only_itself(wallet: Wallet, partner: str) -> None:
    class Away:
        def balances(self) -> list[Held]:
            raise AwayError("no answer")

    class Liar:
        def balances(self) -> list[Held]:
            return [Held("TRY", "much")]

    come(wallet, "chain", "-1")
    assert look(wallet, bank=Away()).away == ["bank"]
    found = look(wallet, bank=Liar())
    assert (found.away, told(found)) == (["bank"], [("CHAIN", "BALANCE_SHORT", "1")])


@pytest.mark.parametrize(
    ("held", "books", "after", "wrong"),
    [
        (100, Books(100, 0, 0, 0), Range(0, 0), 0),
        (90, Books(100, 10, 0, 0), Range(0, 0), 0),
        (110, Books(100, 0, 10, 0), Range(0, 0), 0),
        (97, Books(100, 0, 0, 3), Range(-3, -3), 0),
        (96, Books(100, 0, 0, 3), Range(0, 0), -1),
        (104, Books(100, 0, 0, 3), Range(0, 0), 1),
        (80, Books(100, 10, 10, 0), Range(0, 0), -10),
    ],
)
def test_a_range_is_narrowed_by_each_look(held: int, books: Books, after: Range, wrong: int) -> None:
    assert judge(Range(0, 0), held, books) == (after, wrong)


def test_the_first_look_is_where_it_begins() -> None:
    assert judge(None, 70, Books(100, 10, 5, 0)) == (Range(-35, -20), 0)
