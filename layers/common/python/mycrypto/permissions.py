"""Who may carry out which operation: the permission matrix of the platform, as data.

Every declared operation (:class:`mycrypto.http.operation.Operation`) names its ``permission``; there is no default, so that an operation which
says nothing about it cannot even be imported. The frame of each service holds callers against it before an endpoint runs
(:class:`mycrypto.http.api.Api` in the functions, ``Admission`` in the gateway); endpoints themselves check no roles. Documents say it, the page
``docs/reference/permissions.md`` is made of it, and a test tries every operation as everybody.

A new operation is declared with one of the constants below (or a ``Permission`` of its own); ``docs/endpoints.md`` shows how. Whose record it is (own orders, own deposits) is no matter of the matrix: the rules look at that.

``ACCOUNT STATE``: a permission that names roles is for accounts in good standing. Suspending or locking an account ends its tokens and takes
its keys away, so that it stands before each operation as a stranger; no operation makes an exception.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import msgspec

from mycrypto.allowances import Use
from mycrypto.errors import ProblemError
from mycrypto.security.api_keys import Scope
from mycrypto.security.tokens import Role


class Permission(msgspec.Struct, frozen=True, kw_only=True):
    """``roles``: one of them is needed; none at all means that anybody may. ``scope`` is what an API key needs beside its user's roles,
    ``None`` where no key opens it. ``second_factor``: shown in this session within five minutes. ``unrevoked``: refused while Redis has
    lost the list of revoked tokens, and not only when the list names the token. ``use`` is what it counts as. ``instead`` says what an
    operation without roles asks for in their place.
    """

    roles: tuple[Role, ...] = ()
    scope: Scope | None = None
    second_factor: bool = False
    unrevoked: bool = False
    use: Use = Use.API
    instead: str = ""

    @property
    def is_open(self) -> bool:
        """Whether anybody may, without signing in."""
        return not self.roles

    def require_role(self, roles: Iterable[Role]) -> None:
        """Raises FORBIDDEN unless one of the caller's roles is enough."""
        for role in roles:
            if role in self.roles:
                return
        raise ProblemError("FORBIDDEN", "the role " + " or ".join(self.roles) + " is needed")

    def require_scope(self, scopes: Iterable[Scope]) -> Scope:
        """The scope that opens it to a key. Raises FORBIDDEN where no key does, or not this one."""
        if self.scope is None:
            raise ProblemError("FORBIDDEN", "API keys cannot do this; log in")
        if self.scope not in scopes:
            raise ProblemError("FORBIDDEN", f"the key may not do this ({self.scope.value})")
        return self.scope


_EVERYBODY: Final = (Role.USER, Role.ADMIN, Role.SUPPORT)
_CUSTOMERS: Final = (Role.USER, Role.ADMIN)
_STAFF: Final = (Role.ADMIN, Role.SUPPORT)

OPEN: Final = Permission()
SIGNED_IN: Final = Permission(roles=_EVERYBODY)
"""For the caller's own account: every role."""
READING: Final = Permission(roles=_EVERYBODY, scope=Scope.READ)
CUSTOMER: Final = Permission(roles=_CUSTOMERS)
"""What moves own money. Support does not."""
TRADING: Final = Permission(roles=_CUSTOMERS, scope=Scope.TRADE, use=Use.ORDERS)
PLACING: Final = msgspec.structs.replace(TRADING, unrevoked=True)
"""Trading that may open a position; cancelling is possible at any time."""
CHANGING: Final = Permission(roles=_CUSTOMERS, scope=Scope.TRADE)
"""What changes something of one's own that is no order."""
SUPPORT_READS: Final = frozenset(
    {"listUsers", "getUser", "listAuditLogs", "exportAuditLogs", "listKyc", "reviewKyc", "getUserLimits", "getRules", "getLogTime"}
)
"""What support sees of others: every operation, by its name. A test holds it against all that are declared."""
SUPPORT_DOES: Final = frozenset({"claimKyc", "claimNextKyc", "releaseKyc", "decideKyc"})
"""What support changes for others."""
STAFF: Final = Permission(roles=_STAFF)
STAFF_WORK: Final = Permission(roles=_STAFF, second_factor=True)
"""What support and administrators do for others."""
STAFF_READING: Final = Permission(roles=_STAFF, scope=Scope.READ)
REVIEWING: Final = Permission(roles=(Role.ADMIN,))
"""What administrators look at and support does not."""
ADMINISTRATION: Final = Permission(roles=(Role.ADMIN,), second_factor=True)
