"""Money crosses between the platform's own accounts and trading.

In one transaction: the posting into the user's transit account, the transfer that names what it is for, and the outbox row with the
engine's ``Credit`` command. What happens when something dies:

- before the commit: nothing has happened, and the bank or chain watcher reports the money again;
- after the commit, before the command is on the log: the row waits in the outbox, the maintenance function sends it;
- after it is on the log, before the row is marked: it is sent again, the engine knows the transfer id and changes nothing;
- before settlement has committed: Lambda hands over the same events again, the watermark says which are new.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec
from psycopg import Connection

from mycrypto import outbox
from mycrypto.contracts.commands import Credit, Debit
from mycrypto.ledger.entries import Account, Entry, Kind, Move, transit
from mycrypto.ledger.posting import post
from mycrypto.money import to_numeric

RECONCILIATION: Final = "RECONCILIATION"
"""The type of what a crossing is for when two people have decided it; its id is the item's."""

ADJUSTMENT: Final = "ADJUSTMENT"
"""The type of what a crossing is for when staff correct a balance; its id is the adjustment's, and so is the transfer's."""


class Crossing(msgspec.Struct, frozen=True, kw_only=True):
    """``amount`` units of 10^-8 of a user. ``transfer_id`` makes it happen once; ``reference`` is (type, id) of what it is for."""

    transfer_id: UUID
    user_id: UUID
    currency: str
    amount: int
    kind: Kind
    reference: tuple[str, UUID]
    why: str


def into_trading(
    connection: Connection, crossing: Crossing, *, source: Account, moment: datetime, metadata: Mapping[str, str] | None = None
) -> bool:
    """Book the money from ``source`` and send it on, in the caller's transaction; false if this transfer id had been started before."""
    entry = Entry(
        key=f"crossing:{crossing.transfer_id}",
        why=crossing.why,
        reference=(crossing.reference[0], str(crossing.reference[1])),
        moment=moment,
        moves=(
            Move(
                amount=crossing.amount,
                currency=crossing.currency,
                source=source,
                target=transit(crossing.user_id),
                kind=crossing.kind,
            ),
        ),
        metadata=metadata,
    )
    if not post(connection, [entry]):
        return False
    _ask(connection, crossing, crossing.amount, fee=0)
    return True


def out_of_trading(connection: Connection, crossing: Crossing, *, fee: int) -> None:
    """Ask the engine for the user's money: ``amount`` of it, of which ``fee`` is the price of the withdrawal.

    Nothing is posted yet: the engine says yes or no, and settlement posts what it said.
    """
    _ask(connection, crossing, -crossing.amount, fee=fee)


def back_into_trading(connection: Connection, crossing: Crossing) -> None:
    """Give back what the engine had given out: it is in transit already, so there is nothing to post before the engine has it."""
    _ask(connection, crossing, crossing.amount, fee=0)


def _ask(connection: Connection, crossing: Crossing, amount: int, *, fee: int) -> None:
    reference_type, reference_id = crossing.reference
    connection.execute(
        """INSERT INTO transfers (transfer_id, user_id, currency, amount, fee, purpose, reference_type, reference_id, description)
           VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)""",
        (
            crossing.transfer_id,
            crossing.user_id,
            crossing.currency,
            to_numeric(amount),
            to_numeric(fee),
            crossing.kind.value,
            reference_type,
            reference_id,
            crossing.why,
        ),
    )
    transfer, user = crossing.transfer_id.bytes, crossing.user_id.bytes
    command: Credit | Debit = (
        Credit(transfer, user, crossing.currency, amount, transfer)
        if amount > 0
        else Debit(transfer, user, crossing.currency, -amount, transfer)
    )
    outbox.add_command(connection, command, key=str(crossing.user_id))
