"""The audit log, for staff."""

from __future__ import annotations

from typing import Final

from functions.auth import audit_search
from functions.auth.app import context
from functions.auth.audit_search import AuditQuery
from functions.auth.routes.shared import CURSOR_PAGE, CURSOR_RULE
from functions.auth.store.audit import AuditEntry
from mycrypto import permissions
from mycrypto.audit import Result
from mycrypto.http.cursors import Continued
from mycrypto.http.operation import Operation, Parameter
from mycrypto.http.request import Reply, Request

MOMENT: Final = {"format": "date-time"}
SEARCH: Final = (
    Parameter("since", "string", "From this moment on", shape=MOMENT),
    Parameter("until", "string", "Before this moment", shape=MOMENT),
    Parameter("user_id", "string", "About this user"),
    Parameter("actor_id", "string", "Done by this user", shape={"format": "uuid"}),
    Parameter("action", "string", "Of one kind, such as login.failed; login. for all that begin so"),
    Parameter("resource", "string", "About one thing, such as user:ID"),
    Parameter("result", "string", "How it ended", shape={"enum": [result.value for result in Result]}),
    Parameter("request_id", "string", "Of one request (X-Request-ID)"),
)
RULES: Final = CURSOR_RULE | {"since": "is a moment with its offset", "until": "is a moment with its offset, after since"}


@Operation(
    method="get",
    path="/api/auth/admin/audit-logs",
    name="listAuditLogs",
    summary="The audit log, newest first",
    tag="staff",
    answer=Continued[AuditEntry],
    parameters=(*SEARCH, *CURSOR_PAGE),
    rules=RULES,
    permission=permissions.STAFF,
)
def get_audit_logs(request: Request) -> Continued[AuditEntry]:
    return audit_search.find(context(), request.params(AuditQuery))


@Operation(
    method="get",
    path="/api/auth/admin/audit-logs.csv",
    name="exportAuditLogs",
    summary="The same as CSV, 5,000 rows at most; X-Next-Cursor continues",
    tag="staff",
    answer={"type": "string"},
    answer_media="text/csv",
    parameters=(*SEARCH, CURSOR_PAGE[1]),
    rules=RULES,
    permission=permissions.STAFF,
)
def get_audit_csv(request: Request) -> Reply:
    text, following = audit_search.export(context(), request.caller, request.params(AuditQuery), request.client)
    headers = {"Content-Disposition": 'attachment; filename="audit.csv"'} | ({"X-Next-Cursor": following} if following else {})
    return Reply(text, headers=headers, media="text/csv; charset=utf-8")
