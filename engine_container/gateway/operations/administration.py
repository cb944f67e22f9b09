"""What administrators do, and what those ask who run the platform."""

from __future__ import annotations

from typing import Final

from mycrypto import permissions
from mycrypto.contracts import api
from mycrypto.health import Health, Readiness
from mycrypto.http.operation import Operation

_ADMIN_ERRORS: Final = (
    "VALIDATION_ERROR", "AUTH_003", "NOT_FOUND", "PAYLOAD_TOO_LARGE", "UNSUPPORTED_MEDIA_TYPE", "SERVICE_UNAVAILABLE", "OUTCOME_UNKNOWN",
    "COMMAND_FAILED",
)  # fmt: skip

_AMOUNT: Final = "is a plain decimal number with at most 10 digits before the point and 8 after it"

ADMINISTRATION: Final = (
    Operation(
        method="post",
        path="/api/v1/admin/emergency/halt-all",
        name="haltAll",
        summary="Halt every symbol",
        tag="admin",
        answer=api.MarketList,
        body=api.EmergencyRequest,
        errors=_ADMIN_ERRORS,
        permission=permissions.ADMINISTRATION,
    ),
    Operation(
        method="post",
        path="/api/v1/admin/emergency/resume-all",
        name="resumeAll",
        summary="Resume what was halted with all",
        tag="admin",
        answer=api.MarketList,
        body=api.EmergencyRequest,
        errors=_ADMIN_ERRORS,
        permission=permissions.ADMINISTRATION,
    ),
    Operation(
        method="post",
        path="/api/v1/admin/circuit-breaker/{symbol}",
        name="setBreaker",
        summary="Trip or reset a symbol's circuit breaker",
        tag="admin",
        answer=api.Market,
        body=api.BreakerRequest,
        errors=_ADMIN_ERRORS,
        permission=permissions.ADMINISTRATION,
    ),
    Operation(
        method="put",
        path="/api/v1/admin/symbols/{symbol}",
        name="setSymbol",
        summary="List a symbol or change its rules",
        tag="admin",
        answer=api.Market,
        body=api.SetSymbolRequest,
        errors=_ADMIN_ERRORS,
        also=((201, "Listed", api.Market),),
        permission=permissions.ADMINISTRATION,
    ),
    Operation(
        method="put",
        path="/api/v1/admin/symbols/{symbol}/status",
        name="setSymbolStatus",
        summary="Halt, resume or delist a symbol",
        tag="admin",
        answer=api.Market,
        body=api.SetStatusRequest,
        errors=_ADMIN_ERRORS,
        permission=permissions.ADMINISTRATION,
    ),
    Operation(
        method="get",
        path="/api/v1/admin/rules",
        name="getRules",
        summary="The version of the matching rules in force",
        tag="admin",
        answer=api.RulesVersion,
        permission=permissions.STAFF_READING,
    ),
    Operation(
        method="put",
        path="/api/v1/admin/rules",
        name="setRules",
        summary="Switch on a newer version of the matching rules",
        tag="admin",
        answer=api.RulesVersion,
        body=api.SetRulesRequest,
        errors=_ADMIN_ERRORS,
        permission=permissions.ADMINISTRATION,
    ),
    Operation(
        method="get",
        path="/api/v1/admin/log-time",
        name="getLogTime",
        summary="The time of the log, and the broker's where it is not believed",
        tag="admin",
        answer=api.LogTime,
        permission=permissions.STAFF_READING,
    ),
    Operation(
        method="put",
        path="/api/v1/admin/log-time",
        name="acceptLogTime",
        summary="Let the log's time go further than a record may move it",
        tag="admin",
        answer=api.LogTime,
        body=api.AcceptTimeRequest,
        errors=_ADMIN_ERRORS,
        rules={"until": "is an ISO-8601 time with offset"},
        permission=permissions.ADMINISTRATION,
    ),
    Operation(
        method="get",
        path="/api/v1/admin/users/{user_id}/limits",
        name="getUserLimits",
        summary="A user's limits",
        tag="admin",
        answer=api.UserLimits,
        permission=permissions.STAFF_READING,
    ),
    Operation(
        method="put",
        path="/api/v1/admin/users/{user_id}/limits",
        name="setUserLimits",
        summary="Change a user's limits",
        tag="admin",
        answer=api.UserLimits,
        body=api.SetLimitsRequest,
        errors=_ADMIN_ERRORS,
        rules={"daily_notional_max": _AMOUNT},
        permission=permissions.ADMINISTRATION,
    ),
    Operation(
        method="get",
        path="/health",
        name="health",
        summary="Is the process alive",
        tag="operations",
        answer=Health,
        permission=permissions.OPEN,
    ),
    Operation(
        method="get",
        path="/ready",
        name="ready",
        summary="Is everything there that it needs",
        tag="operations",
        answer=Readiness,
        also=((503, "Something is missing; the body names it", Readiness),),
        permission=permissions.OPEN,
    ),
)
