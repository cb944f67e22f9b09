"""What the answers of bank and chain about a payout mean."""

from __future__ import annotations

import pytest

from functions.withdrawals import judging
from functions.withdrawals.judging import Verdict
from functions.withdrawals.ports import Booking, ChainState, Payment, PaymentState, Seen
from mycrypto.networks import DECLARED, Network, find

IBAN = "TR330006100519786457841326"
BOOKED = [Booking("OUT-1", "300.00", "TR33 0006 1005 1978 6457 8413 26")]


@pytest.mark.parametrize(
    ("found", "bookings", "verdict"),
    [
        (None, [], Verdict.SEND),
        (None, BOOKED, Verdict.PAID),
        (Payment(PaymentState.REJECTED), BOOKED, Verdict.PAID),
        (Payment(PaymentState.REJECTED), [], Verdict.ABSENT),
        (Payment(PaymentState.ACCEPTED), [], Verdict.WAIT),
        (Payment(PaymentState.COMPLETED), [], Verdict.WAIT),
        (Payment(PaymentState.COMPLETED), BOOKED * 2, Verdict.DISPUTED),
        (Payment(PaymentState.COMPLETED), [Booking("OUT-1", "300.01", IBAN)], Verdict.DISPUTED),
        (Payment(PaymentState.COMPLETED), [Booking("OUT-1", "many", IBAN)], Verdict.DISPUTED),
    ],
)
def test_the_statement_of_the_bank_decides(found: Payment | None, bookings: list[Booking], verdict: Verdict) -> None:
    assert judging.of_bank(found, bookings, units=300 * 10**8, iban=IBAN) is verdict


@pytest.mark.parametrize(
    ("seen", "verdict"),
    [
        (None, Verdict.SEND),
        (Seen(ChainState.PENDING, 99), Verdict.WAIT),
        (Seen(ChainState.MINED, 11), Verdict.WAIT),
        (Seen(ChainState.MINED, 12), Verdict.PAID),
        (Seen(ChainState.FAILED, 11), Verdict.WAIT),
        (Seen(ChainState.FAILED, 12), Verdict.ABSENT),
    ],
)
def test_the_depth_in_the_chain_decides(seen: Seen | None, verdict: Verdict) -> None:
    assert judging.of_chain(seen, find("ETH")) is verdict


@pytest.mark.parametrize("network", DECLARED, ids=lambda network: network.name)
def test_each_network_has_a_depth_of_its_own(network: Network) -> None:
    assert {each.name: each.confirmations for each in DECLARED} == {"BITCOIN": 3, "ETHEREUM": 12, "ERC20": 12, "TRC20": 19}
    for below, verdict in ((1, Verdict.WAIT), (0, Verdict.PAID)):
        assert judging.of_chain(Seen(ChainState.MINED, network.confirmations - below), network) is verdict
