"""What can become of something that fits nothing: its states, the ways out of each kind, and the postings of each way. Pure.

OPEN -> PROPOSED -> RESOLVED     credited to a user, or written off
                 -> RETURNING    to be paid back; RESOLVED when the payment is reported, OPEN if it was not possible
                 -> CHARGING     to be taken from a user; the engine says RESOLVED or OPEN
                 -> OPEN         the proposal was turned down
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final
from uuid import UUID

import msgspec

from mycrypto.errors import ProblemError, invalid
from mycrypto.ledger import EXTERNAL, WRITTEN_OFF, Account, Kind, Move, custody_of, transit


class ItemStatus(StrEnum):
    OPEN = "OPEN"
    PROPOSED = "PROPOSED"
    RETURNING = "RETURNING"
    CHARGING = "CHARGING"
    RESOLVED = "RESOLVED"


class Action(StrEnum):
    CREDIT = "CREDIT"
    """To a user."""
    RETURN = "RETURN"
    """To whom it came from."""
    WRITE_OFF = "WRITE_OFF"
    """The platform keeps it, or bears it; or there is nothing in it."""
    CHARGE = "CHARGE"
    """Taken from the user who has it."""


class Nature(StrEnum):
    RECEIVED = "RECEIVED"
    """Money came in, or may have."""
    MISSING = "MISSING"
    """Money that was credited or paid back is not there."""
    STUCK = "STUCK"
    """Money of a user in transit, which the engine would not take."""


REORGANISED: Final = "REORGANISED"
REINCLUDED: Final = "REINCLUDED"
CREDITED_TWICE: Final = "CREDITED_TWICE"
BALANCE_SHORT: Final = "BALANCE_SHORT"
"""The partner has less than the books say; with BALANCE_OVER it has more."""
PAYOUT: Final = "PAYOUT_"

_WAYS_OUT: Final = {
    Nature.RECEIVED: frozenset({Action.CREDIT, Action.RETURN, Action.WRITE_OFF}),
    Nature.MISSING: frozenset({Action.CHARGE, Action.WRITE_OFF}),
    Nature.STUCK: frozenset({Action.CREDIT, Action.RETURN, Action.WRITE_OFF}),
}
_STATUS_AFTER: Final = {
    Action.CREDIT: ItemStatus.RESOLVED,
    Action.WRITE_OFF: ItemStatus.RESOLVED,
    Action.RETURN: ItemStatus.RETURNING,
    Action.CHARGE: ItemStatus.CHARGING,
}


class Subject(msgspec.Struct, frozen=True):
    """What the rules ask of an item. Units of 10^-8; ``amount`` is ``None`` where the report does not say it in units."""

    status: ItemStatus
    source: str
    reason: str
    currency: str
    amount: int | None
    booked: int
    user_id: UUID | None
    paid_out: bool = False
    """A payout was reported as done, for a withdrawal that had ended otherwise."""

    @property
    def nature(self) -> Nature:
        if self.source == "ENGINE":
            return Nature.STUCK
        if self.reason in {REORGANISED, CREDITED_TWICE, BALANCE_SHORT} or (self.reason.startswith(PAYOUT) and self.paid_out):
            return Nature.MISSING
        return Nature.RECEIVED

    @property
    def is_certain(self) -> bool:
        """Whether the ledger knows the amount, so that staff need not state it."""
        return self.booked > 0 or self.nature is Nature.STUCK or self.reason in {REORGANISED, CREDITED_TWICE}


def require_status(subject: Subject, *wanted: ItemStatus) -> None:
    """Raises RECONCILIATION_STATUS."""
    if subject.status not in wanted:
        raise ProblemError("RECONCILIATION_STATUS", f"the item is {subject.status}", status_now=subject.status.value)


def amount_of(subject: Subject, action: Action, given: int | None) -> int:
    """How much is decided about. Raises VALIDATION_ERROR for a way that is none for such an item, and for an amount that cannot be.

    Where the books know the amount it is decided whole. Elsewhere people say it; to write off nothing says that there is nothing in it.
    """
    if action not in _WAYS_OUT[subject.nature]:
        raise invalid("action", "must be one of " + ", ".join(sorted(_WAYS_OUT[subject.nature])) + " for this item")
    known = subject.booked or subject.amount
    if subject.is_certain:
        if known is None or given not in {None, known}:
            raise invalid("amount", "is known for this item and cannot be another one")
        return known
    found = known if given is None else given
    if found is None:
        raise invalid("amount", "is required: the report does not say it in a way that the books can hold")
    if found == 0 and action is not Action.WRITE_OFF:
        raise invalid("amount", "must be greater than zero")
    return found


def after(action: Action) -> ItemStatus:
    """The status of an item after the action was approved."""
    return _STATUS_AFTER[action]


def origin(subject: Subject) -> Account:
    """The account that holds the money until a decision."""
    if subject.nature is Nature.STUCK and subject.user_id is not None:
        return transit(subject.user_id)
    return EXTERNAL


def receipt(subject: Subject, currency: str, amount: int) -> Move | None:
    """The posting that says that the money came in, where none has said so yet."""
    if subject.nature is not Nature.RECEIVED or subject.booked or not amount:
        return None
    return Move(amount=amount, currency=currency, source=custody_of(currency), target=EXTERNAL, kind=Kind.DEPOSIT)


def ending(subject: Subject, action: Action, currency: str, amount: int) -> Move | None:
    """The posting of a return or a write-off; what is credited or charged crosses into trading or out of it instead."""
    if not amount:
        return None
    if action is Action.RETURN:
        return Move(amount=amount, currency=currency, source=origin(subject), target=custody_of(currency), kind=Kind.REFUND)
    if subject.nature is Nature.MISSING:
        source, target = WRITTEN_OFF, custody_of(currency)
    else:
        source, target = origin(subject), WRITTEN_OFF
    return Move(amount=amount, currency=currency, source=source, target=target, kind=Kind.ADMIN_ADJUSTMENT)
