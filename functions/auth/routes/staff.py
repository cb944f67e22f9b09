"""Accounts as staff see them: support reads, administrators change."""

from __future__ import annotations

from typing import Any

from functions.auth import staff
from functions.auth.app import api, caller, client, context
from functions.auth.models import AuditQuery, Listed, Pagination, Profile, RolesChange, StatusChange, TierChange, UsersQuery
from functions.auth.store import staff as store
from functions.auth.store.staff import AuditEntry
from mycrypto.http.request import Request


@api.get("/api/auth/admin/users")
def get_users(request: Request) -> Listed[Profile]:
    caller(request)
    query = request.params(UsersQuery)
    found, total = staff.find(context(), query.email, query.status or "", query.limit, query.offset)
    return Listed(found, Pagination(query.limit, query.offset, total))


@api.get("/api/auth/admin/users/<user_id>")
def get_user(request: Request, user_id: str) -> Any:
    caller(request)
    return staff.read(context(), request.uuid(user_id))


@api.put("/api/auth/admin/users/<user_id>/roles")
def put_roles(request: Request, user_id: str) -> Any:
    return staff.set_roles(context(), caller(request), request.uuid(user_id), request.json(RolesChange), client(request))


@api.put("/api/auth/admin/users/<user_id>/tier")
def put_tier(request: Request, user_id: str) -> Any:
    return staff.set_tier(context(), caller(request), request.uuid(user_id), request.json(TierChange), client(request))


@api.put("/api/auth/admin/users/<user_id>/status")
def put_status(request: Request, user_id: str) -> Any:
    return staff.set_status(context(), caller(request), request.uuid(user_id), request.json(StatusChange), client(request))


@api.get("/api/auth/admin/audit-logs")
def get_audit_logs(request: Request) -> Listed[AuditEntry]:
    caller(request)
    query = request.params(AuditQuery)
    found, total = store.audit_entries(context().db.connection(), query.user_id, query.action, query.limit, query.offset)
    return Listed(found, Pagination(query.limit, query.offset, total))
