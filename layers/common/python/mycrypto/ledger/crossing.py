"""Money crosses from the platform's own accounts into trading.

In one transaction: the posting into the user's transit account, the transfer that names what it is for, and the outbox row with the
engine's ``Credit`` command. What happens when something dies:

- before the commit: nothing has happened, whoever reported the money reports it again;
- after the commit, before the command is on the log: the row waits in the outbox, the maintenance function sends it;
- after it is on the log, before the row is marked: it is sent again, the engine knows the transfer id and changes nothing;
- before settlement has committed: Lambda hands over the same events again, the watermark says which are new.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

import msgspec
from psycopg import Connection

from mycrypto import outbox
from mycrypto.contracts.commands import Credit
from mycrypto.ledger.entries import Account, Entry, Kind, Move, transit
from mycrypto.ledger.posting import post
from mycrypto.money import to_numeric


class Crossing(msgspec.Struct, frozen=True, kw_only=True):
    """``amount`` units of 10^-8 for a user. ``transfer_id`` makes it happen once; ``reference`` is (type, id) of what it is for."""

    transfer_id: UUID
    user_id: UUID
    currency: str
    amount: int
    source: Account
    kind: Kind
    reference: tuple[str, UUID]
    why: str
    moment: datetime
    metadata: Mapping[str, str] | None = None


def into_trading(connection: Connection, crossing: Crossing) -> bool:
    """Start the crossing in the caller's transaction; false if this transfer id had been started before."""
    reference_type, reference_id = crossing.reference
    entry = Entry(
        key=f"crossing:{crossing.transfer_id}",
        why=crossing.why,
        reference=(reference_type, str(reference_id)),
        moment=crossing.moment,
        moves=(
            Move(
                amount=crossing.amount,
                currency=crossing.currency,
                source=crossing.source,
                target=transit(crossing.user_id),
                kind=crossing.kind,
            ),
        ),
        metadata=crossing.metadata,
    )
    if not post(connection, [entry]):
        return False
    connection.execute(
        """INSERT INTO transfers (transfer_id, user_id, currency, amount, purpose, reference_type, reference_id, description)
           VALUES (%s, %s, %s, %s, %s, %s, %s, %s)""",
        (
            crossing.transfer_id,
            crossing.user_id,
            crossing.currency,
            to_numeric(crossing.amount),
            crossing.kind.value,
            reference_type,
            reference_id,
            crossing.why,
        ),
    )
    transfer, user = crossing.transfer_id.bytes, crossing.user_id.bytes
    outbox.add_command(connection, Credit(transfer, user, crossing.currency, crossing.amount, transfer), key=str(crossing.user_id))
    return True
