"""What administrators and support do with users."""

from __future__ import annotations

from typing import Final

from functions.auth import models
from functions.auth.operations.shared import PAGE, STAFF_BODY
from functions.auth.rules import UserStatus
from functions.auth.store.staff import AuditEntry
from mycrypto import permissions
from mycrypto.http.operation import Operation, Parameter

STAFF: Final = (
    Operation(
        method="get",
        path="/api/auth/admin/users",
        name="listUsers",
        summary="Users, for administrators and support",
        tag="staff",
        answer=models.Listed[models.Profile],
        parameters=(
            Parameter("email", "string", "A part of the address"),
            Parameter("status", "string", "Only this status", shape={"enum": [status.value for status in UserStatus]}),
            *PAGE,
        ),
        permission=permissions.STAFF,
    ),
    Operation(
        method="get",
        path="/api/auth/admin/users/{user_id}",
        name="getUser",
        summary="A user",
        tag="staff",
        answer=models.Profile,
        errors=("NOT_FOUND",),
        permission=permissions.STAFF,
    ),
    Operation(
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
    ),
    Operation(
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
    ),
    Operation(
        method="put",
        path="/api/auth/admin/users/{user_id}/status",
        name="setStatus",
        summary="Suspend, lock or reactivate a user",
        tag="staff",
        answer=models.Profile,
        body=models.StatusChange,
        errors=STAFF_BODY,
        rules={"reason": "has 1 to 500 characters"},
        permission=permissions.ADMINISTRATION,
    ),
    Operation(
        method="get",
        path="/api/auth/admin/audit-logs",
        name="listAuditLogs",
        summary="The audit log, for administrators and support",
        tag="staff",
        answer=models.Listed[AuditEntry],
        parameters=(
            Parameter("user_id", "string", "Of one user"),
            Parameter("action", "string", "Of one kind, such as login.failed"),
            *PAGE,
        ),
        permission=permissions.STAFF,
    ),
)
