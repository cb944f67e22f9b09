"""The one way into the gateway: who calls, how often, and what they may.

It runs through without waiting while token, key and lease are fresh, as they are for nearly every order; asynchronous code renews them where they are
not, and asks Redis for what must never be taken from memory: whether a signature was used before and a second factor was shown.
"""

from __future__ import annotations

from engine_container.gateway.api_keys import ApiKeys, is_signed
from engine_container.gateway.auth import Authenticator, Caller
from engine_container.gateway.limits import RateLimits, RateLimitStatus
from engine_container.web.call import Call
from engine_container.web.steps import Steps
from mycrypto.allowances import Use
from mycrypto.contracts.api import BATCH_ITEMS_MAX
from mycrypto.errors import ProblemError, invalid
from mycrypto.http.operation import Operation
from mycrypto.security.tokens import bearer


class Admission:
    """Holds callers against what operations declare."""

    def __init__(self, auth: Authenticator, api_keys: ApiKeys, limits: RateLimits) -> None:
        self._auth = auth
        self._api_keys = api_keys
        self._limits = limits

    def admit(self, call: Call, operation: Operation) -> Steps[None]:
        """Puts a caller's name on the call. Raises UNAUTHORIZED, INVALID_TOKEN, SIGNATURE_VERSION, FORBIDDEN, AUTH_003, RATE_LIMIT_EXCEEDED, and
        VALIDATION_ERROR for a body where none is taken.
        """
        permission = operation.permission
        if not permission.is_open:
            if is_signed(call):
                key = yield from self._api_keys.verify(call, permission)
                caller = Caller(key.user_id.bytes, key.identity)
            else:
                header = call.header(b"authorization")
                caller = yield from self._auth.verify(bearer(None if header is None else header.decode("latin-1")))
            call.tell((yield from self._limits.spend(caller.user_id, caller.tier, permission.use)))
            permission.require_role(caller.identity.roles)
            if permission.unrevoked and caller.claims is not None:
                self._auth.require_complete()
            if permission.second_factor:
                yield self._auth.require_fresh_second_factor(caller)
            call.caller = caller
        if operation.body is None:
            yield call.require_no_body()

    def charge(self, caller: Caller, orders: int) -> Steps[RateLimitStatus | None]:
        """Take tokens for more orders. Raises RATE_LIMIT_EXCEEDED."""
        return self._limits.spend(caller.user_id, caller.tier, Use.ORDERS, orders)

    def charge_batch(self, caller: Caller, orders: int) -> Steps[RateLimitStatus | None]:
        """Take the tokens of a batch but the first, which :meth:`admit` took. Raises BATCH_TOO_LARGE, also where the tier's bucket can never hold so
        many, and RATE_LIMIT_EXCEEDED.
        """
        check_batch(orders, self._limits.at_once(caller.tier, Use.ORDERS))
        return self.charge(caller, orders - 1)


def check_batch(count: int, at_once: int = 0) -> None:
    """``at_once``: the most orders that the caller's tier allows in one call, 0 for no such limit. Raises BATCH_TOO_LARGE, VALIDATION_ERROR."""
    if count == 0:
        raise invalid("orders", "must not be empty")
    if count > BATCH_ITEMS_MAX:
        raise ProblemError("BATCH_TOO_LARGE", f"at most {BATCH_ITEMS_MAX} items", limit=BATCH_ITEMS_MAX)
    if 0 < at_once < count:
        raise ProblemError("BATCH_TOO_LARGE", f"at most {at_once} items, as your tier allows {at_once} orders a second", limit=at_once)
