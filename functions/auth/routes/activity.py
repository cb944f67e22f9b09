"""What happened to the own account."""

from __future__ import annotations

from functions.auth import activity
from functions.auth.app import context
from functions.auth.routes.shared import CURSOR_PAGE, CURSOR_RULE
from functions.auth.store.activity import Activity
from mycrypto import permissions
from mycrypto.http.cursors import Continued, CursorQuery
from mycrypto.http.operation import Operation
from mycrypto.http.request import Request


@Operation(
    method="get",
    path="/api/auth/activity",
    name="listActivity",
    summary="What happened to the own account, newest first",
    tag="accounts",
    answer=Continued[Activity],
    parameters=CURSOR_PAGE,
    rules=CURSOR_RULE,
    permission=permissions.SIGNED_IN,
)
def get_activity(request: Request) -> Continued[Activity]:
    return activity.own(context(), request.caller, request.params(CursorQuery))
