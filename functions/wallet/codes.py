"""The code that comes with a withdrawal: the function ``codes`` checks and spends it, the wallet hears the result alone."""

from __future__ import annotations

from functions.wallet.context import Context
from mycrypto.errors import ProblemError
from mycrypto.http.request import Principal, Request
from mycrypto.security.second_factor import Check


def require(context: Context, request: Request, principal: Principal, code: str) -> None:
    """Have the code checked and spent. It is spent for good: what is refused afterwards needs the next one.

    Raises AUTH_003 if the user has no second factor, AUTH_004 for a wrong code and for a right one while the guard is shut, SERVICE_UNAVAILABLE where no
    certain answer came.
    """
    found = context.codes.check(principal.user_id, code, ip=request.client_ip, user_agent=request.user_agent, trace_id=request.trace_id)
    if found is Check.NOT_ENABLED:
        raise ProblemError("AUTH_003", "withdrawals need a second factor; set it up first")
    if found is not Check.RIGHT:
        raise ProblemError("AUTH_004")
