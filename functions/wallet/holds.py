"""A user whose credited deposit was reorganised out of its chain must keep the missing amount of that currency until staff has decided.

The amount counts in the currency itself and not in its value, so no price, and no trade at a bad price, can lift the hold. A user who has sold the
coins cannot withdraw anything before the balance is there again. The engine's balances are a little ahead of the ones that are read here; the lock
on the user lets one withdrawal at a time through, and a requested withdrawal counts as gone before the engine has debited it.
"""

from __future__ import annotations

from uuid import UUID

from psycopg import Connection

from functions.wallet.store import withdrawals
from mycrypto.errors import ProblemError
from mycrypto.money import format_amount
from mycrypto.withdrawals import owners


def require_covered(connection: Connection, user_id: UUID, *, currency: str = "", amount: int = 0) -> None:
    """Raises WITHDRAWALS_BLOCKED if a withdrawal of ``amount`` would leave less than the user has to keep.

    Without an amount: whether a withdrawal may go whose money is out of trading already.
    """
    owners.lock(connection, user_id)
    for held in owners.withheld(connection, user_id):
        left = held.free - (amount if held.currency == currency else 0)
        if left < held.amount:
            raise ProblemError(
                "WITHDRAWALS_BLOCKED",
                f"{format_amount(held.amount)} {held.currency} must stay until a deposit that was reversed is settled",
                currency=held.currency,
                withheld=format_amount(held.amount),
            )


def lock_owner(connection: Connection, withdrawal_id: UUID) -> None:
    """The lock of the user comes before that of the withdrawal, as everywhere: two that wait for each other would both fail."""
    owner = withdrawals.owner_of(connection, withdrawal_id)
    if owner is not None:
        owners.lock(connection, owner)
