"""``permissions.md``: who may carry out which operation, from the tables that the services hold callers against."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from engine_container.gateway.declared import OPERATIONS as TRADING
from functions.auth.openapi import OPERATIONS as ACCOUNTS
from functions.wallet.openapi import OPERATIONS as WALLET
from mycrypto.http.operation import Operation
from mycrypto.permissions import Permission
from mycrypto.security.api_keys import Scope
from mycrypto.security.tokens import Role
from mycrypto_local.reference.markdown import code, page, table

SERVICES: Final = (("Accounts", ACCOUNTS), ("Wallet", WALLET), ("Trading", TRADING))
YES: Final = "yes"


def permissions() -> str:
    """The page."""
    return page(
        "Who may do what",
        "The matrix is data: each operation names its permission (`mycrypto/permissions.py`), each service has one place that holds callers "
        "against it before anything else is done, and a test tries every operation as each kind of caller. An operation without a permission cannot be "
        "declared.",
        "A stranger is a caller who is not signed in, or whose account is suspended or locked: its tokens end and its keys are taken "
        "away at once. A key has the rights of its user's roles, narrowed by its scopes; no key opens what has no scope here, and none of them "
        "opens accounts or wallet. *Fresh second factor*: shown with `POST /api/auth/2fa/verify` in this session within five minutes (on one "
        "machine an administrator who has none may do without). Other rules come on top: a user sees and changes own records only, support and "
        "administrators may look at all orders, withdrawals ask for a code and a level of identity.",
        *(f"## {title}\n\n{_matrix(operations)}" for title, operations in SERVICES),
    )


def _matrix(operations: Iterable[Operation]) -> str:
    heads = ("operation", "what", "stranger", *(role.value for role in Role), "key", "also asked for")
    return table(heads, (_row(operation, operation.permission) for operation in operations))


def _row(operation: Operation, permission: Permission) -> tuple[str, ...]:
    also = "fresh second factor" if permission.second_factor else permission.instead
    return (
        code(f"{operation.method.upper()} {operation.path}"),
        operation.summary,
        YES if permission.is_open else "",
        *(YES if permission.is_open or role in permission.roles else "" for role in Role),
        _scope(permission.scope),
        also,
    )


def _scope(scope: Scope | None) -> str:
    return "" if scope is None else code(scope.value)
