"""The table ``audit_logs``."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from psycopg import Connection
from psycopg.types.json import Jsonb


class AuditRow(msgspec.Struct, frozen=True):
    id: UUID
    user_id: UUID | None
    actor_id: UUID | None
    actor_type: str
    action: str
    resource: str
    result: str
    old_value: dict[str, Any] | None
    new_value: dict[str, Any] | None
    reason: str
    ip_address: str | None
    user_agent: str
    request_id: str
    timestamp: datetime


def insert(connection: Connection, rows: Sequence[AuditRow]) -> int:
    """Add the rows that are not there yet, in one transaction; returns how many were new."""
    with connection.transaction(), connection.cursor() as cursor:
        cursor.executemany(
            """INSERT INTO audit_logs (id, user_id, actor_id, actor_type, action, resource, result, old_value, new_value, reason,
                   ip_address, user_agent, request_id, timestamp)
               VALUES (%(id)s, %(user_id)s, %(actor_id)s, %(actor_type)s, %(action)s, %(resource)s, %(result)s, %(old_value)s,
                   %(new_value)s, %(reason)s, %(ip_address)s, %(user_agent)s, %(request_id)s, %(timestamp)s)
               ON CONFLICT (id) DO NOTHING""",
            [_parameters(row) for row in rows],
        )
        return cursor.rowcount


def _parameters(row: AuditRow) -> dict[str, Any]:
    values = msgspec.structs.asdict(row)
    for name in ("old_value", "new_value"):
        values[name] = Jsonb(values[name]) if values[name] is not None else None
    return values
