"""The table ``audit_logs``, as staff search it."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from psycopg import Connection
from psycopg.rows import class_row

from mycrypto.audit import ActorType, Result
from mycrypto.http.cursors import Place


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


class AuditFilter(msgspec.Struct, frozen=True):
    """``since`` is inclusive, ``until`` exclusive; ``action`` ends with a dot for all of its kind, as ``login.``; ``None`` and "" do not narrow."""

    since: datetime | None
    until: datetime | None
    user_id: UUID | None
    actor_id: UUID | None
    action: str
    resource: str
    result: str | None
    request_id: str


_CONDITIONS = {
    "since": "timestamp >= %(since)s",
    "until": "timestamp < %(until)s",
    "user_id": "user_id = %(user_id)s",
    "actor_id": "actor_id = %(actor_id)s",
    "action": "action = %(action)s",
    "kind": "starts_with(action, %(kind)s)",
    "resource": "resource = %(resource)s",
    "result": "result = %(result)s",
    "request_id": "request_id = %(request_id)s",
    "moment": "(timestamp, id) < (%(moment)s, %(id)s)",
}


def page(connection: Connection, narrowed: AuditFilter, after: Place | None, limit: int) -> list[AuditEntry]:
    """Records, newest first. Only the conditions that are asked for are in the statement, so that each search finds its index."""
    values: dict[str, object] = {**msgspec.structs.asdict(narrowed), "limit": limit}
    if narrowed.action.endswith("."):
        values |= {"action": "", "kind": narrowed.action}
    if after is not None:
        values |= {"moment": after.moment, "id": after.id}
    conditions = " AND ".join(text for name, text in _CONDITIONS.items() if values.get(name) not in (None, "")) or "true"
    with connection.cursor(row_factory=class_row(AuditEntry)) as cursor:
        return cursor.execute(
            f"""SELECT id, user_id, actor_id, actor_type, action, resource, result, old_value, new_value, reason,
                       host(ip_address) AS ip_address, request_id, timestamp
                  FROM audit_logs WHERE {conditions} ORDER BY timestamp DESC, id DESC LIMIT %(limit)s""",  # noqa: S608 - our own conditions
            values,
        ).fetchall()
