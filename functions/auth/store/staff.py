"""What staff read and change."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from psycopg import Connection
from psycopg.rows import class_row

from functions.auth.rules import normal_email
from functions.auth.store.users import COLUMNS, User
from mycrypto.audit import ActorType, Result


class AuditEntry(msgspec.Struct, frozen=True):
    """Where ``result`` is no SUCCESS, ``new_value`` is what was asked for. UNKNOWN: no answer came in time, the change may have been made."""

    id: UUID
    user_id: UUID | None
    actor_id: UUID | None
    actor_type: ActorType
    action: str
    resource: str
    result: Result
    old_value: dict[str, Any] | None
    new_value: dict[str, Any] | None
    reason: str
    ip_address: str | None
    request_id: str
    timestamp: datetime


def find_users(connection: Connection, email_part: str, status: str, limit: int, offset: int) -> tuple[list[User], int]:
    """Users whose address contains the text, newest first, and how many there are in all."""
    # a text that is searched for is no pattern
    pattern = "%" + normal_email(email_part).replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
    condition = "email LIKE %(pattern)s AND (%(status)s = '' OR status = %(status)s)"
    parameters = {"pattern": pattern, "status": status, "limit": limit, "offset": offset}
    with connection.cursor(row_factory=class_row(User)) as cursor:
        found = cursor.execute(
            f"SELECT {COLUMNS} FROM users WHERE {condition} ORDER BY created_at DESC, id LIMIT %(limit)s OFFSET %(offset)s",  # noqa: S608
            parameters,
        ).fetchall()
    total = connection.execute(f"SELECT count(*) FROM users WHERE {condition}", parameters).fetchone()  # noqa: S608
    return found, total[0] if total else 0


def set_roles(connection: Connection, user_id: UUID, roles: list[str], now: datetime) -> None:
    connection.execute("UPDATE users SET roles = %s, updated_at = %s WHERE id = %s", (roles, now, user_id))


def set_tier(connection: Connection, user_id: UUID, tier: str, now: datetime) -> None:
    connection.execute("UPDATE users SET rate_limit_tier = %s, updated_at = %s WHERE id = %s", (tier, now, user_id))


def set_status(connection: Connection, user_id: UUID, status: str, now: datetime) -> None:
    connection.execute("UPDATE users SET status = %s, updated_at = %s WHERE id = %s", (status, now, user_id))


def audit_entries(connection: Connection, user_id: UUID | None, action: str, limit: int, offset: int) -> tuple[list[AuditEntry], int]:
    """Audit records, newest first, and how many there are in all."""
    condition = "(%(user)s::uuid IS NULL OR user_id = %(user)s) AND (%(action)s = '' OR action = %(action)s)"
    parameters = {"user": user_id, "action": action, "limit": limit, "offset": offset}
    with connection.cursor(row_factory=class_row(AuditEntry)) as cursor:
        found = cursor.execute(
            f"""SELECT id, user_id, actor_id, actor_type, action, resource, result, old_value, new_value, reason,
                       host(ip_address) AS ip_address, request_id, timestamp
                  FROM audit_logs WHERE {condition} ORDER BY timestamp DESC, id DESC LIMIT %(limit)s OFFSET %(offset)s""",  # noqa: S608
            parameters,
        ).fetchall()
    total = connection.execute(f"SELECT count(*) FROM audit_logs WHERE {condition}", parameters).fetchone()  # noqa: S608
    return found, total[0] if total else 0
