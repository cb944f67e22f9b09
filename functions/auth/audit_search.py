"""The audit log, searched by staff: as pages and as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Final
from uuid import UUID

import msgspec

from functions.auth.context import Context
from functions.auth.store import audit as store
from functions.auth.store.audit import AuditEntry, AuditFilter
from mycrypto.audit import ActorType, AuditRecord, Result
from mycrypto.errors import invalid
from mycrypto.http import cursors
from mycrypto.http.cursors import Continued, CursorPagination, CursorQuery, Place
from mycrypto.http.request import Client, Principal

CSV_ROWS_MAX: Final = 5_000
"""Of one file; a Lambda function answers with six megabytes at most."""
_Moment = Annotated[datetime, msgspec.Meta(tz=True)]


class AuditQuery(CursorQuery, frozen=True):
    since: _Moment | None = None
    until: _Moment | None = None
    user_id: UUID | None = None
    actor_id: UUID | None = None
    action: str = ""
    resource: str = ""
    result: Result | None = None
    request_id: str = ""

    @property
    def narrowed(self) -> AuditFilter:
        """Raises VALIDATION_ERROR for a time that ends before it begins."""
        if self.since and self.until and self.until <= self.since:
            raise invalid("until", "must be after since")
        result = self.result.value if self.result else None
        return AuditFilter(self.since, self.until, self.user_id, self.actor_id, self.action, self.resource, result, self.request_id)


def find(context: Context, query: AuditQuery) -> Continued[AuditEntry]:
    """A page of records, newest first. Raises VALIDATION_ERROR."""
    found, following = _page(context, query, query.limit)
    return Continued(found, CursorPagination(query.limit, following))


def export(context: Context, caller: Principal, query: AuditQuery, client: Client) -> tuple[str, str | None]:
    """Up to ``CSV_ROWS_MAX`` records as CSV, and the cursor that continues; that they were taken is recorded. Raises VALIDATION_ERROR."""
    found, following = _page(context, query, CSV_ROWS_MAX)
    with context.db.transaction() as connection:
        record = AuditRecord("audit.exported", actor_id=caller.user_id, actor_type=ActorType.STAFF, new_value={"rows": len(found)})
        context.record(connection, record, client)
    context.flush()
    return as_csv(found), following


def _page(context: Context, query: AuditQuery, limit: int) -> tuple[list[AuditEntry], str | None]:
    found = store.page(context.db.connection(), query.narrowed, cursors.parse(query.cursor), limit + 1)
    shown = found[:limit]
    return shown, cursors.text_of(Place(shown[-1].timestamp, shown[-1].id)) if len(found) > limit else None


def as_csv(entries: Sequence[AuditEntry]) -> str:
    """RFC 4180, with a head line. A cell that a spreadsheet would run as a formula is a text there."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(AuditEntry.__struct_fields__)
    for entry in entries:
        writer.writerow(_cell(value) for value in msgspec.to_builtins(entry).values())
    return text.getvalue()


def _cell(value: object) -> str:
    text = "" if value is None else value if isinstance(value, str) else msgspec.json.encode(value).decode()
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text
