"""Every operation of the three documents, tried as everybody, against the matrix. Nothing that is sent is complete, so nothing is done."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from engine_container.gateway.declared import OPERATIONS as TRADING
from functions.auth.openapi import OPERATIONS as ACCOUNTS
from functions.wallet.openapi import OPERATIONS as WALLET
from mycrypto.http.operation import Operation
from mycrypto_local.running import Running
from tests.e2e.everybody import Actor, NoLimits, everybody, filled_path, send

OPERATIONS = (*ACCOUNTS, *WALLET, *TRADING)
ACTORS = ("stranger", "USER", "ADMIN", "SUPPORT", "reading key", "trading key", "suspended", "suspended's key")
INCOMPLETE = b'{"no such field": true}'
SIGNED_OUT = {"UNAUTHORIZED", "INVALID_TOKEN"}
KEPT_OUT = SIGNED_OUT | {"FORBIDDEN"}


@pytest.fixture(scope="module")
def actors(platform: Running) -> dict[str, Actor]:
    return everybody(platform)


@pytest.fixture(scope="module")
def limits(platform: Running) -> Iterator[NoLimits]:
    found = NoLimits(platform)
    yield found
    found.close()


def refusal_of(actor: Actor, operation: Operation) -> set[str]:
    """The codes, one of which the matrix wants as the answer; none where the actor passes."""
    permission = operation.permission
    if permission.is_open:
        return set()
    if not actor.roles or (actor.key_id and not operation.path.startswith("/api/v1/")):
        return SIGNED_OUT
    if actor.key_id and permission.scope not in actor.scopes:
        return {"FORBIDDEN"}
    return set() if set(actor.roles) & set(permission.roles) else {"FORBIDDEN"}


@pytest.mark.parametrize("name", ACTORS)
def test_everybody_passes_where_the_matrix_says_so_and_nowhere_else(
    door: httpx.Client, actors: dict[str, Actor], limits: NoLimits, name: str
) -> None:
    actor = actors[name]
    wrong = []
    for operation in OPERATIONS:
        limits.forget()
        body = INCOMPLETE if operation.body is not None else b""
        path = filled_path(operation, {"symbol": "BTCTRY", "currency": "BTC", "sender": "bank"})
        answer = send(door, actor, operation.method, path, body)
        code = answer.json().get("code", "") if "json" in answer.headers.get("content-type", "") else ""
        wanted = refusal_of(actor, operation)
        own = {"FORBIDDEN"} if operation.path.startswith("/api/v1/") and "{" in operation.path else set()  # whose record it is
        passed = not wanted and answer.status_code < 500 and (operation.permission.is_open or code not in KEPT_OUT - own)
        if not passed and code not in wanted:
            wrong.append(f"{operation.method} {path}: {answer.status_code} {code}, the matrix says {wanted or 'passes'}")
    assert not wrong, "\n".join(wrong)
