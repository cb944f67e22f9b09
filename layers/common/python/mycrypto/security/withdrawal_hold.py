"""No withdrawals for a day after a change of an account's password, second factor or e-mail address.

An attacker who has taken over an account changes its password or its second factor first and takes the money next. The day gives the owner time to
read the mail about the change and to object. Auth writes the hold in the transaction of the change; the wallet asks for it before every withdrawal.
A trigger of the table writes it for a new e-mail address, whatever code changes the address.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, NamedTuple
from uuid import UUID

from psycopg import Connection

HOLD: Final = timedelta(hours=24)


class HoldReason(StrEnum):
    PASSWORD_RESET = "PASSWORD_RESET"  # noqa: S105 - a reason
    PASSWORD_CHANGED = "PASSWORD_CHANGED"  # noqa: S105 - a reason
    SECOND_FACTOR_ENABLED = "SECOND_FACTOR_ENABLED"
    SECOND_FACTOR_DISABLED = "SECOND_FACTOR_DISABLED"
    BACKUP_CODES_REPLACED = "BACKUP_CODES_REPLACED"
    EMAIL_CHANGED = "EMAIL_CHANGED"


class Hold(NamedTuple):
    until: datetime
    reason: HoldReason


def start(connection: Connection, user_id: UUID, reason: HoldReason, now: datetime) -> None:
    """Hold the user's withdrawals, in the transaction of what was changed. A hold never gets shorter; its reason is the latest change."""
    connection.execute(
        """UPDATE users SET withdrawals_held_until = greatest(withdrawals_held_until, %s), withdrawals_held_reason = %s, updated_at = %s
            WHERE id = %s""",
        (now + HOLD, reason.value, now, user_id),
    )


def of_users(connection: Connection, user_ids: Collection[UUID], now: datetime) -> dict[UUID, Hold]:
    """The holds that run now, by user."""
    rows = connection.execute(
        "SELECT id, withdrawals_held_until, withdrawals_held_reason FROM users WHERE id = ANY(%s) AND withdrawals_held_until > %s",
        (list(user_ids), now),
    ).fetchall()
    return {row[0]: Hold(row[1], HoldReason(row[2])) for row in rows}
