"""The permission matrix says what the product says."""

from __future__ import annotations

import pytest

from engine_container.gateway.declared import OPERATIONS as TRADING
from functions.auth.openapi import OPERATIONS as ACCOUNTS
from functions.wallet.openapi import OPERATIONS as WALLET
from mycrypto.http.operation import Operation
from mycrypto.permissions import ADMINISTRATION, STAFF_WORK, SUPPORT_DOES, SUPPORT_READS
from mycrypto.permissions import PLACING as TO_PLACE
from mycrypto.permissions import TRADING as TO_TRADE
from mycrypto.security.api_keys import Scope
from mycrypto.security.tokens import Role

ALL = (*ACCOUNTS, *WALLET, *TRADING)


def test_an_operation_that_says_nothing_about_who_may_cannot_be_made() -> None:
    with pytest.raises(TypeError, match="permission"):
        Operation(method="get", path="/", name="x", summary="", tag="")  # type: ignore[call-arg] # that is the point


@pytest.mark.parametrize("operation", ALL, ids=lambda operation: operation.name)
def test_what_the_product_says_of_roles_and_keys(operation: Operation) -> None:
    permission = operation.permission
    if permission.scope is Scope.TRADE or (
        "/withdraw" in operation.path and operation.method == "post" and "/admin/" not in operation.path
    ):
        assert Role.SUPPORT not in permission.roles, "support neither trades nor moves money"
    if "/admin/" in operation.path:
        assert Role.USER not in permission.roles
        assert permission.roles
        assert operation.method == "get" or permission in (ADMINISTRATION, STAFF_WORK), "what staff change asks for the second factor"
    if operation.path.startswith("/api/v1/orders") and operation.method != "get":
        ends = operation.name.startswith("cancel")
        assert permission == (TO_TRADE if ends else TO_PLACE), "what may open a position asks whether the token was revoked"
    assert permission.scope is None or not permission.second_factor, "a program cannot show a second factor"


def test_support_sees_and_does_what_its_table_says() -> None:
    """Of others: an operation that support may carry out and users may not."""
    support = [operation for operation in ALL if Role.SUPPORT in operation.permission.roles and Role.USER not in operation.permission.roles]
    assert {operation.name for operation in support if operation.method == "get"} == SUPPORT_READS
    assert {operation.name for operation in support if operation.method != "get"} == SUPPORT_DOES
    for operation in ALL:
        if operation.name in SUPPORT_DOES:
            assert operation.permission.second_factor, operation.name
