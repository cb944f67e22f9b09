"""What the answers about a payout mean. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from functions.withdrawals.ports import Booking, ChainState, Payment, PaymentState, Seen
from mycrypto.money import AmountError, parse_amount
from mycrypto.networks import Network


class Verdict(StrEnum):
    """``SEND`` again under the same key, ``WAIT`` and ask later, ``PAID``, ``ABSENT``: nothing left and nothing will, ``DISPUTED``: a person."""

    SEND = "SEND"
    WAIT = "WAIT"
    PAID = "PAID"
    ABSENT = "ABSENT"
    DISPUTED = "DISPUTED"


def same_amount(text: str, units: int) -> bool:
    """Whether a decimal string says so many units of 10^-8."""
    try:
        return parse_amount(text) == units
    except AmountError:
        return False


def of_bank(found: Payment | None, bookings: Sequence[Booking], *, units: int, iban: str) -> Verdict:
    """The statement decides whether money left. The state says only what to expect, so a bank that misstates it moves nothing."""
    if bookings:
        expected = len(bookings) == 1 and same_amount(bookings[0].amount, units) and bookings[0].iban.replace(" ", "").upper() == iban
        return Verdict.PAID if expected else Verdict.DISPUTED
    if found is None:
        return Verdict.SEND
    return Verdict.ABSENT if found.state is PaymentState.REJECTED else Verdict.WAIT


def of_chain(seen: Seen | None, network: Network) -> Verdict:
    """Both a success and a failure count once they lie deep enough; a transaction that is not known is broadcast again, the same one."""
    if seen is None:
        return Verdict.SEND
    if seen.state is ChainState.PENDING or seen.confirmations < network.confirmations:
        return Verdict.WAIT
    return Verdict.PAID if seen.state is ChainState.MINED else Verdict.ABSENT
