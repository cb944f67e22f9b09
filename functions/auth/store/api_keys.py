"""The table ``api_keys``."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec
from psycopg import Connection
from psycopg.rows import class_row

from functions.auth.store.users import User


class ApiKey(msgspec.Struct, frozen=True):
    """A key as its owner sees it."""

    id: UUID
    key_id: str
    label: str
    scopes: list[str]
    ip_list: list[str]
    created_at: datetime
    expires_at: datetime | None
    suspended_at: datetime | None
    """Since when it does not work, because the password was changed; its owner may resume it."""


class StoredApiKey(ApiKey, frozen=True):
    secret_encrypted: str
    public_key: str | None = None
    """In PEM, where the owner signs with a key of their own."""

    def public(self) -> ApiKey:
        """Without its secret."""
        return ApiKey(**{name: getattr(self, name) for name in ApiKey.__struct_fields__})


_PUBLIC = "id, key_id, label, scopes, ip_list::text[] AS ip_list, created_at, expires_at, suspended_at"


def insert(connection: Connection, user: User, key: StoredApiKey) -> None:
    connection.execute(
        """INSERT INTO api_keys (id, user_id, key_id, secret_encrypted, label, scopes, ip_list, created_at, expires_at, public_key)
           VALUES (%s, %s, %s, %s, %s, %s, %s::text[]::cidr[], %s, %s, %s)""",
        (
            *(key.id, user.id, key.key_id, key.secret_encrypted, key.label, key.scopes),
            *(key.ip_list, key.created_at, key.expires_at, key.public_key),
        ),
    )


def live(connection: Connection, user_id: UUID, now: datetime) -> list[ApiKey]:
    with connection.cursor(row_factory=class_row(ApiKey)) as cursor:
        return cursor.execute(
            f"""SELECT {_PUBLIC} FROM api_keys
                 WHERE user_id = %s AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > %s) ORDER BY created_at DESC""",  # noqa: S608
            (user_id, now),
        ).fetchall()


def live_with_secrets(connection: Connection, user_id: UUID, now: datetime) -> list[StoredApiKey]:
    with connection.cursor(row_factory=class_row(StoredApiKey)) as cursor:
        return cursor.execute(
            f"""SELECT {_PUBLIC}, secret_encrypted, public_key FROM api_keys
                 WHERE user_id = %s AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > %s)""",  # noqa: S608
            (user_id, now),
        ).fetchall()


def owners(connection: Connection, now: datetime) -> list[UUID]:
    """Users with a live key."""
    rows = connection.execute(
        "SELECT DISTINCT user_id FROM api_keys WHERE revoked_at IS NULL AND (expires_at IS NULL OR expires_at > %s)", (now,)
    )
    return [row[0] for row in rows.fetchall()]


def revoke(connection: Connection, user_id: UUID, row_id: UUID, now: datetime) -> str | None:
    """The public key id of the revoked row; ``None`` if the user has no such live key."""
    row = connection.execute(
        "UPDATE api_keys SET revoked_at = %s WHERE id = %s AND user_id = %s AND revoked_at IS NULL RETURNING key_id",
        (now, row_id, user_id),
    ).fetchone()
    return row[0] if row else None


def suspend_all(connection: Connection, user_id: UUID, now: datetime) -> list[str]:
    """Suspend every key of the user that works; their public ids."""
    rows = connection.execute(
        """UPDATE api_keys SET suspended_at = %s
            WHERE user_id = %s AND revoked_at IS NULL AND suspended_at IS NULL AND (expires_at IS NULL OR expires_at > %s) RETURNING key_id""",
        (now, user_id, now),
    )
    return [row[0] for row in rows.fetchall()]


def resume(connection: Connection, row_id: UUID) -> None:
    connection.execute("UPDATE api_keys SET suspended_at = NULL WHERE id = %s", (row_id,))


def key_ids(connection: Connection, user_id: UUID) -> Sequence[str]:
    """Every key the user ever had."""
    return [row[0] for row in connection.execute("SELECT key_id FROM api_keys WHERE user_id = %s", (user_id,)).fetchall()]


def revoke_all(connection: Connection, user_id: UUID, now: datetime) -> list[str]:
    """Revoke every key of the user; their public ids."""
    rows = connection.execute(
        "UPDATE api_keys SET revoked_at = %s WHERE user_id = %s AND revoked_at IS NULL RETURNING key_id", (now, user_id)
    )
    return [row[0] for row in rows.fetchall()]
