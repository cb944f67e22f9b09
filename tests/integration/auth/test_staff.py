"""Staff: support reads, administrators change users, no one of them their own account, and every change is recorded."""

from __future__ import annotations

import asyncio
import json
import logging
from itertools import product
from typing import Any
from uuid import uuid4

import msgspec
import pytest

from engine_container.gateway.audit import AuditTrail, Change
from engine_container.gateway.auth import Caller
from engine_container.web.call import Call
from mycrypto.errors import ProblemError
from mycrypto.security import tokens
from mycrypto.security.api_keys import redis_key

from .conftest import PASSWORD, Account, Answer, Identity
from .test_kyc import FIELDS, _national_id, _submit


def _put(identity: Identity, admin: Account, user: Account, what: str, **body: object) -> Answer:
    user_id = identity.row(user.email, "id")
    return identity.call("PUT", f"/api/auth/admin/users/{user_id}/{what}", {"reason": "asked for"} | body, token=admin.access_token)


@pytest.fixture(scope="module")
def admin(identity: Identity) -> Account:
    return identity.member(roles=["USER", "ADMIN"], rate_limit_tier="vip")


@pytest.mark.parametrize("path", ["users", f"users/{uuid4()}", "audit-logs"])
def test_a_user_sees_nothing_of_this(identity: Identity, path: str) -> None:
    answer = identity.call("GET", f"/api/auth/admin/{path}", token=identity.member().access_token)
    assert (answer.status, answer.code) == (403, "FORBIDDEN")


def test_support_reads_and_changes_nothing(identity: Identity) -> None:
    support, user = identity.member(roles=["SUPPORT"]), identity.member()
    found = identity.call("GET", "/api/auth/admin/users", query={"email": user.email[:20], "limit": "5"}, token=support.access_token)
    assert found.status == 200
    assert user.email in [entry["email"] for entry in found.body["data"]]
    assert "password_hash" not in found.body["data"][0]
    for what, body in (("roles", {"roles": ["ADMIN"]}), ("tier", {"tier": "vip"}), ("status", {"status": "SUSPENDED"})):
        assert _put(identity, support, user, what, **body).code == "FORBIDDEN"


def test_a_search_text_is_no_pattern(identity: Identity, admin: Account) -> None:
    identity.member()
    for text, field in product(("%", "_", "\\"), ("email", "phone", "name")):
        assert identity.call("GET", "/api/auth/admin/users", query={field: text}, token=admin.access_token).body["data"] == []


def _found(identity: Identity, admin: Account, **query: str) -> list[str]:
    answer = identity.call("GET", "/api/auth/admin/users", query=query | {"limit": "100"}, token=admin.access_token)
    assert answer.status == 200
    return [entry["email"] for entry in answer.body["data"]]


def test_users_are_found_by_whatever_is_known_of_them(identity: Identity, admin: Account) -> None:
    mark = uuid4().hex[:8]
    user, other = identity.member(phone="+905321112233"), identity.member(kyc_level=2)
    fields = FIELDS | {"tc_kimlik_no": _national_id(), "first_name": f"Işıl İnci {mark}", "last_name": "Kaya"}
    assert _submit(identity, user, fields).status == 201
    for name in (f"işil inci {mark}", f"ISIL INCI {mark}".replace("S", "Ş"), f"{mark} kaya", mark.upper()):
        assert _found(identity, admin, name=name) == [user.email], name
    assert _found(identity, admin, id=str(identity.row(user.email, "id"))) == [user.email]
    assert user.email in _found(identity, admin, phone="532 111")
    assert other.email in _found(identity, admin, kyc_level="2")
    assert user.email not in _found(identity, admin, kyc_level="2")
    assert admin.email in _found(identity, admin, role="ADMIN")
    assert user.email not in _found(identity, admin, role="ADMIN")
    assert _found(identity, admin, name=mark, kyc_level="3") == []


@pytest.mark.parametrize(
    "query",
    [
        {"limit": "0"},
        {"limit": "101"},
        {"offset": "-1"},
        {"status": "GONE"},
        {"colour": "red"},
        {"kyc_level": "4"},
        {"role": "ROOT"},
        {"id": "x"},
    ],
)
def test_a_bad_query_is_refused(identity: Identity, admin: Account, query: dict[str, str]) -> None:
    answer = identity.call("GET", "/api/auth/admin/users", query=query, token=admin.access_token)
    assert (answer.status, answer.body["errors"][0]["field"]) == (400, next(iter(query)))


def test_a_change_of_roles_ends_the_tokens_that_say_otherwise(identity: Identity, admin: Account) -> None:
    user = identity.member()
    answer = _put(identity, admin, user, "roles", roles=["SUPPORT"])
    assert (answer.status, answer.body["roles"]) == (200, ["SUPPORT"])
    assert identity.call("GET", "/api/auth/profile", token=user.access_token).status == 401
    identity.login(user)
    assert identity.call("GET", "/api/auth/admin/users", token=user.access_token).status == 200


def test_a_suspension_holds_at_once_for_tokens_and_keys_and_can_be_taken_back(identity: Identity, admin: Account) -> None:
    user = identity.member()
    key_id = identity.call(
        "POST", "/api/auth/api-keys", {"label": "x", "scopes": ["read"], "password": PASSWORD}, token=user.access_token
    ).body["key_id"]
    assert _put(identity, admin, user, "status", status="SUSPENDED").status == 200
    assert identity.call("GET", "/api/auth/profile", token=user.access_token).status == 401
    assert identity.auth.context().redis.get(redis_key(key_id)) is None
    assert identity.login(user).code == "ACCOUNT_SUSPENDED"
    assert _put(identity, admin, user, "status", status="ACTIVE").status == 200
    assert identity.login(user).status == 200
    assert identity.auth.context().redis.get(redis_key(key_id)) is not None


def test_a_tier_reaches_tokens_and_keys(identity: Identity, admin: Account) -> None:
    user = identity.member()
    key_id = identity.call(
        "POST", "/api/auth/api-keys", {"label": "x", "scopes": ["read"], "password": PASSWORD}, token=user.access_token
    ).body["key_id"]
    assert _put(identity, admin, user, "tier", tier="vip").body["rate_limit_tier"] == "vip"
    published = msgspec.json.decode(identity.auth.context().redis.get(redis_key(key_id)))
    assert published["tier"] == "vip"


@pytest.mark.parametrize(
    ("what", "body", "field"),
    [
        ("roles", {"roles": []}, "roles"),
        ("roles", {"roles": ["ROOT"]}, "roles[0]"),
        ("tier", {"tier": "gold"}, "tier"),
        ("status", {"status": "GONE"}, "status"),
        ("tier", {"tier": "pro", "reason": " "}, "reason"),
        ("tier", {"tier": "pro", "reason": "x" * 501}, "reason"),
    ],
)
def test_what_makes_no_sense_changes_nothing(identity: Identity, admin: Account, what: str, body: dict[str, object], field: str) -> None:
    user = identity.member()
    answer = _put(identity, admin, user, what, **body)
    assert (answer.status, answer.body["errors"][0]["field"]) == (400, field)
    assert identity.call("GET", "/api/auth/profile", token=user.access_token).status == 200


def test_staff_change_neither_their_own_rights_nor_those_of_an_unknown_user(identity: Identity, admin: Account) -> None:
    assert _put(identity, admin, admin, "roles", roles=["USER"]).code == "FORBIDDEN"
    unknown = identity.call("PUT", f"/api/auth/admin/users/{uuid4()}/tier", {"tier": "pro", "reason": "x"}, token=admin.access_token)
    assert unknown.status == 404


def test_away_from_one_machine_a_change_needs_a_fresh_second_factor(
    identity: Identity, admin: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    user, context = identity.member(), identity.auth.context()
    monkeypatch.setattr(context, "settings", msgspec.structs.replace(context.settings, stage="prod"))
    assert _put(identity, admin, user, "tier", tier="pro").code == "AUTH_003"
    row = identity.owner.execute("SELECT family_id FROM sessions WHERE user_id = %s AND NOT is_revoked", (identity.row(admin.email, "id"),))
    (sid,) = row.fetchone()  # type: ignore[misc]
    context.redis.set(f"2fa:fresh:{sid}", "1", ex=60)
    assert _put(identity, admin, user, "tier", tier="pro").status == 200
    context.redis.delete(f"2fa:fresh:{sid}")


def _written_down(identity: Identity, admin: Account, user: Account, action: str) -> list[dict[str, Any]]:
    """What the audit log says of the user, once the queue's messages about the user have been taken in; newest first."""
    user_id = str(identity.row(user.email, "id"))
    messages = [message for message in identity.drain("audit-logs") if message["data"]["user_id"] == user_id]
    records = [{"messageId": str(n), "body": json.dumps(message)} for n, message in enumerate(messages)]
    assert identity.audit.handler({"Records": records}, None) == {"batchItemFailures": []}
    query = {"user_id": user_id, "action": action}
    found = identity.call("GET", "/api/auth/admin/audit-logs", query=query, token=admin.access_token).body
    assert found["pagination"]["next_cursor"] is None
    entries: list[dict[str, Any]] = found["data"]
    return entries


def test_a_change_is_written_down_with_old_and_new_value(identity: Identity, admin: Account) -> None:
    user = identity.member()
    _put(identity, admin, user, "tier", tier="pro")
    (entry,) = _written_down(identity, admin, user, "user.tier")
    assert (entry["old_value"], entry["new_value"], entry["reason"]) == ({"tier": "free"}, {"tier": "pro"}, "asked for")
    assert (entry["actor_type"], entry["actor_id"]) == ("STAFF", str(identity.row(admin.email, "id")))


@pytest.mark.parametrize(
    ("code", "result"),
    [("", "SUCCESS"), ("VALIDATION_ERROR", "FAILURE"), ("SERVICE_UNAVAILABLE", "FAILURE"), ("OUTCOME_UNKNOWN", "UNKNOWN")],
)
def test_what_staff_do_over_the_gateway_is_written_down_whatever_came_of_it(
    identity: Identity, admin: Account, code: str, result: str
) -> None:
    user = identity.member()
    user_id, admin_id = identity.row(user.email, "id"), identity.row(admin.email, "id")
    caller = Caller(admin_id.bytes, tokens.Identity(admin_id, admin.email, (tokens.Role.ADMIN,)))

    async def no_body() -> Any:
        raise AssertionError("the body is not asked for")

    call = Call({"type": "http", "client": ("203.0.113.9", 1), "headers": [(b"user-agent", b"tests")]}, no_body, "trace-1")
    change = Change(call, caller, "user.limits", str(user_id), {"open_orders_max": 1}, {"open_orders_max": 5}, "asked for", user_id)
    trail = AuditTrail("local", logging.getLogger(__name__))
    if code:
        trail.note_failed(change, ProblemError(code, "no luck"))
    else:
        trail.note(change, change.asked)
    asyncio.run(trail._deliver(trail._waiting.get_nowait()))
    (entry,) = _written_down(identity, admin, user, "user.limits")
    assert (entry["result"], entry["old_value"], entry["new_value"]) == (result, {"open_orders_max": 1}, {"open_orders_max": 5})
    assert entry["reason"] == (f"{code}: no luck" if code else "asked for")
    assert (entry["actor_id"], entry["actor_type"], entry["ip_address"]) == (str(admin_id), "STAFF", "203.0.113.9")
    stored = identity.owner.execute("SELECT result FROM audit_logs WHERE id = %s", (entry["id"],)).fetchone()
    assert stored == (result,)
