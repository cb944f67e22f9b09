"""The tables of the second factor."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec
from psycopg import Connection
from psycopg.rows import class_row

from mycrypto.ids import new_uuid


class BackupCode(msgspec.Struct, frozen=True):
    id: UUID
    code_hash: str


class State(msgspec.Struct, frozen=True):
    enabled_at: datetime
    backup_codes_remaining: int


def state(connection: Connection, user_id: UUID) -> State | None:
    """``None`` while the second factor is off."""
    with connection.cursor(row_factory=class_row(State)) as cursor:
        return cursor.execute(
            """SELECT s.verified_at AS enabled_at, count(c.id) FILTER (WHERE c.used_at IS NULL) AS backup_codes_remaining
                 FROM two_factor_secrets s LEFT JOIN two_factor_backup_codes c USING (user_id)
                WHERE s.user_id = %s AND s.is_enabled GROUP BY s.verified_at""",
            (user_id,),
        ).fetchone()


def enable(connection: Connection, user_id: UUID, sealed_secret: str, *, step: int, now: datetime) -> None:
    connection.execute(
        """INSERT INTO two_factor_secrets (user_id, secret_encrypted, last_step, verified_at, created_at, updated_at)
           VALUES (%s, %s, %s, %s, %s, %s)""",
        (user_id, sealed_secret, step, now, now, now),
    )
    connection.execute("UPDATE users SET two_fa_enabled = true, updated_at = %s WHERE id = %s", (now, user_id))


def disable(connection: Connection, user_id: UUID, now: datetime) -> None:
    """Secret and backup codes are gone."""
    connection.execute("DELETE FROM two_factor_secrets WHERE user_id = %s", (user_id,))
    connection.execute("UPDATE users SET two_fa_enabled = false, updated_at = %s WHERE id = %s", (now, user_id))


def replace_backup_codes(connection: Connection, user_id: UUID, hashes: Sequence[str]) -> None:
    connection.execute("DELETE FROM two_factor_backup_codes WHERE user_id = %s", (user_id,))
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO two_factor_backup_codes (id, user_id, code_hash) VALUES (%s, %s, %s)",
            [(new_uuid(), user_id, code_hash) for code_hash in hashes],
        )


def unused_backup_codes(connection: Connection, user_id: UUID) -> list[BackupCode]:
    """Held until the transaction ends, so that one code is not used twice at once."""
    with connection.cursor(row_factory=class_row(BackupCode)) as cursor:
        return cursor.execute(
            "SELECT id, code_hash FROM two_factor_backup_codes WHERE user_id = %s AND used_at IS NULL ORDER BY id FOR UPDATE", (user_id,)
        ).fetchall()


def use_backup_code(connection: Connection, code_id: UUID, now: datetime) -> None:
    connection.execute("UPDATE two_factor_backup_codes SET used_at = %s WHERE id = %s", (now, code_id))
