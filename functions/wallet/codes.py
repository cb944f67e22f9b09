"""The code that comes with a withdrawal: its try is counted before anything is judged, and settled when everything has been."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from psycopg import Connection

from functions.wallet.context import Context
from mycrypto.errors import ProblemError
from mycrypto.http.request import Principal, Request
from mycrypto.security import guard, second_factor
from mycrypto.security.guard import Kind, Try
from mycrypto.security.second_factor import Check


class Code:
    """A code on trial, and what came of it."""

    def __init__(self, context: Context, request: Request, principal: Principal, tried: Try) -> None:
        self._context = context
        self._request = request
        self._principal = principal
        self.tried = tried
        self.found: Check | None = None

    def require(self, connection: Connection, text: str) -> None:
        """Check and spend it, in the transaction that it protects.

        Raises AUTH_003 if the user has no second factor, AUTH_004 for a wrong code and for a right one while the guard is shut.
        """
        user_id = self._principal.user_id
        self.found = second_factor.check(connection, user_id, text, self._context.sealer(), self._context.now(), tried=self.tried)
        if self.found is Check.NOT_ENABLED:
            raise ProblemError("AUTH_003", "withdrawals need a second factor; set it up first")
        if self.found is Check.WRONG:
            raise ProblemError("AUTH_004")
        self.record(connection, "verify_success")

    def record(self, connection: Connection, action: str) -> None:
        """A line of the second factor's own log."""
        ip, agent = self._request.client_ip, self._request.user_agent
        second_factor.record(connection, self._principal.user_id, action, ip=ip, user_agent=agent, purpose="withdrawal")


@contextmanager
def on_trial(context: Context, request: Request, principal: Principal) -> Iterator[Code]:
    """Count a try; at the end of the block, whatever it raised, forget the count, keep it with what is to be told, or take it back where the
    code was not looked at (a repeated request, an amount that is too large).
    """
    code = Code(context, request, principal, guard.admit(context.db, Kind.SECOND_FACTOR, str(principal.user_id), context.now()))
    try:
        yield code
    finally:
        with context.db.transaction() as connection:
            _settle(connection, code, request, principal)


def _settle(connection: Connection, code: Code, request: Request, principal: Principal) -> None:
    if code.found is Check.RIGHT:
        guard.clear(connection, code.tried.kind, code.tried.subject)
    elif code.found is Check.WRONG:
        code.record(connection, "verify_failed")
        to, user_id = principal.email, principal.user_id
        guard.tell(connection, code.tried, to=to, user_id=user_id, trace_id=request.trace_id, ip=request.client_ip)
    else:
        guard.take_back(connection, code.tried)
