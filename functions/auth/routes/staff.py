"""Accounts as staff see them: support reads, administrators change."""

from __future__ import annotations

from typing import Any

from functions.auth import models, staff
from functions.auth.app import context
from functions.auth.models import Listed, Pagination, Profile, RolesChange, StatusChange, TierChange, UsersQuery
from functions.auth.routes.shared import PAGE, STAFF_BODY
from functions.auth.rules import UserStatus
from mycrypto import permissions
from mycrypto.http.operation import Operation, Parameter
from mycrypto.http.request import Request
from mycrypto.kyc import LEVEL_MAX
from mycrypto.security.tokens import Role


@Operation(
    method="get",
    path="/api/auth/admin/users",
    name="listUsers",
    summary="Users, for administrators and support",
    tag="staff",
    answer=models.Listed[models.Profile],
    parameters=(
        Parameter("id", "string", "This user", shape={"format": "uuid"}),
        Parameter("email", "string", "A part of the address"),
        Parameter("phone", "string", "A part of the number, as +90532"),
        Parameter("name", "string", "A part of the name of an application for proof of identity"),
        Parameter("kyc_level", "integer", "Only this level", shape={"minimum": 0, "maximum": LEVEL_MAX}),
        Parameter("role", "string", "Only with this role", shape={"enum": [role.value for role in Role]}),
        Parameter("status", "string", "Only this status", shape={"enum": [status.value for status in UserStatus]}),
        *PAGE,
    ),
    permission=permissions.STAFF,
)
def get_users(request: Request) -> Listed[Profile]:
    query = request.params(UsersQuery)
    found, total = staff.find(context(), query)
    return Listed(found, Pagination(query.limit, query.offset, total))


@Operation(
    method="get",
    path="/api/auth/admin/users/{user_id}",
    name="getUser",
    summary="A user",
    tag="staff",
    answer=models.Profile,
    errors=("NOT_FOUND",),
    permission=permissions.STAFF,
)
def get_user(request: Request, user_id: str) -> Any:
    return staff.read(context(), request.uuid(user_id))


@Operation(
    method="put",
    path="/api/auth/admin/users/{user_id}/roles",
    name="setRoles",
    summary="Change a user's roles",
    tag="staff",
    answer=models.Profile,
    body=models.RolesChange,
    errors=STAFF_BODY,
    rules={"reason": "has 1 to 500 characters", "roles": "names at least one"},
    permission=permissions.ADMINISTRATION,
)
def put_roles(request: Request, user_id: str) -> Any:
    return staff.set_roles(context(), request.caller, request.uuid(user_id), request.json(RolesChange), request.client)


@Operation(
    method="put",
    path="/api/auth/admin/users/{user_id}/tier",
    name="setTier",
    summary="Change a user's tier of limits",
    tag="staff",
    answer=models.Profile,
    body=models.TierChange,
    errors=STAFF_BODY,
    rules={"reason": "has 1 to 500 characters"},
    permission=permissions.ADMINISTRATION,
)
def put_tier(request: Request, user_id: str) -> Any:
    return staff.set_tier(context(), request.caller, request.uuid(user_id), request.json(TierChange), request.client)


@Operation(
    method="put",
    path="/api/auth/admin/users/{user_id}/status",
    name="setStatus",
    summary="Suspend, lock or reactivate a user",
    tag="staff",
    answer=models.Profile,
    body=models.StatusChange,
    errors=STAFF_BODY,
    rules={"reason": "has 1 to 500 characters", "status": "is not CLOSED"},
    permission=permissions.ADMINISTRATION,
)
def put_status(request: Request, user_id: str) -> Any:
    return staff.set_status(context(), request.caller, request.uuid(user_id), request.json(StatusChange), request.client)
