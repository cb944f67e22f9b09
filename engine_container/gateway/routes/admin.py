"""What staff with the role ADMIN and a fresh second factor may change: symbols, their status, a user's limits, the version of the rules. Every
change is written down with what was before, and so is one that the engine refused or did not answer.
"""

from __future__ import annotations

import time
from typing import Final
from uuid import UUID

from engine_container.gateway.administration import changed_limits, changed_symbol, new_symbol
from engine_container.gateway.audit import Change
from engine_container.gateway.auth import Caller
from engine_container.gateway.parts import Gateway
from engine_container.gateway.placing import parse_time
from engine_container.gateway.refusals import refusal
from engine_container.gateway.routes.market import symbol_in_path
from engine_container.views.projection import Projection
from engine_container.views.rendering import iso, limits_model, market_model
from engine_container.web.call import BodyDecoder, Call, Reply
from engine_container.web.fast_path.uuid7 import new_uuid_bytes
from mycrypto import permissions
from mycrypto.contracts import api, events
from mycrypto.contracts.commands import AcceptTime, Command, Halt, Resume, SetRules, SetStatus
from mycrypto.contracts.trading import SymbolStatus
from mycrypto.errors import ProblemError, invalid
from mycrypto.http.operation import Operation

_SYMBOL: Final = BodyDecoder(api.SetSymbolRequest)
_STATUS: Final = BodyDecoder(api.SetStatusRequest)
_LIMITS: Final = BodyDecoder(api.SetLimitsRequest)
_RULES: Final = BodyDecoder(api.SetRulesRequest)
_LOG_TIME: Final = BodyDecoder(api.AcceptTimeRequest)
_EMERGENCY: Final = BodyDecoder(api.EmergencyRequest)
_BREAKER: Final = BodyDecoder(api.BreakerRequest)

_ERRORS: Final = (
    "VALIDATION_ERROR", "AUTH_003", "NOT_FOUND", "PAYLOAD_TOO_LARGE", "UNSUPPORTED_MEDIA_TYPE", "SERVICE_UNAVAILABLE", "OUTCOME_UNKNOWN",
    "COMMAND_FAILED",
)  # fmt: skip
_AMOUNT: Final = "is a plain decimal number with at most 10 digits before the point and 8 after it"


class Admin:
    """The endpoints under ``/api/v1/admin``."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    def _admin(self, call: Call) -> Caller:
        call.query()
        return self._gateway.caller(call)

    @Operation(
        method="put",
        path="/api/v1/admin/symbols/{symbol}",
        name="setSymbol",
        summary="List a symbol or change its rules",
        tag="admin",
        answer=api.Market,
        body=api.SetSymbolRequest,
        errors=_ERRORS,
        also=((201, "Listed", api.Market),),
        permission=permissions.ADMINISTRATION,
    )
    async def put_symbol(self, call: Call) -> Reply:
        caller = self._admin(call)
        request = await _SYMBOL.read(call)
        symbols = self._gateway.require_views().symbols
        old = symbols.find(call.path_params["symbol"])
        command = new_symbol(call.path_params["symbol"], request, caller) if old is None else changed_symbol(old, request, caller)
        name = command.symbol
        change = Change(call, caller, "symbol.set", name, None if old is None else market_model(old, 0), request)
        await self._carry_out(change, command)
        now = market_model(symbols.rules(name), symbols.changed_ms(name))
        self._gateway.audit.note(change, now)
        return Reply(now, 201 if old is None else 200)

    @Operation(
        method="put",
        path="/api/v1/admin/symbols/{symbol}/status",
        name="setSymbolStatus",
        summary="Halt, resume or delist a symbol",
        tag="admin",
        answer=api.Market,
        body=api.SetStatusRequest,
        errors=_ERRORS,
        permission=permissions.ADMINISTRATION,
    )
    async def put_status(self, call: Call) -> Reply:
        caller = self._admin(call)
        request = await _STATUS.read(call)
        views = self._gateway.require_views()
        old = symbol_in_path(views, call)
        resume_ms = 0 if request.estimated_resume is None else parse_time("estimated_resume", request.estimated_resume)
        if request.estimated_resume is not None and resume_ms <= _now_ms():
            raise invalid("estimated_resume", "must be a time to come")
        change = Change(call, caller, "symbol.status", old.symbol, {"status": old.status.name}, request, request.reason)
        await self._carry_out(
            change, SetStatus(new_uuid_bytes(), old.symbol, SymbolStatus[request.status], request.reason, caller.user_id, resume_ms)
        )
        symbols = self._gateway.views.symbols
        now = market_model(symbols.rules(old.symbol), symbols.changed_ms(old.symbol))
        self._gateway.audit.note(change, {"status": now.status})
        return Reply(now)

    @Operation(
        method="put",
        path="/api/v1/admin/users/{user_id}/limits",
        name="setUserLimits",
        summary="Change a user's limits",
        tag="admin",
        answer=api.UserLimits,
        body=api.SetLimitsRequest,
        errors=_ERRORS,
        rules={"daily_notional_max": _AMOUNT},
        permission=permissions.ADMINISTRATION,
    )
    async def put_limits(self, call: Call) -> Reply:
        caller = self._admin(call)
        request = await _LIMITS.read(call)
        try:
            user_id = UUID(call.path_params["user_id"]).bytes
        except ValueError:
            raise invalid("user_id", "must be a UUID") from None
        old = self._gateway.require_views().users.get(user_id)
        before, about = limits_model(user_id, old), UUID(bytes=user_id)
        change = Change(call, caller, "user.limits", before.user_id, before, request, about=about)
        await self._carry_out(change, changed_limits(user_id, old, request, caller))
        now = limits_model(user_id, self._gateway.views.users.get(user_id))
        self._gateway.audit.note(change, now)
        return Reply(now)

    @Operation(
        method="get",
        path="/api/v1/admin/users/{user_id}/limits",
        name="getUserLimits",
        summary="A user's limits",
        tag="admin",
        answer=api.UserLimits,
        permission=permissions.STAFF_READING,
    )
    async def get_limits(self, call: Call) -> Reply:
        call.query()
        try:
            user_id = UUID(call.path_params["user_id"]).bytes
        except ValueError:
            raise invalid("user_id", "must be a UUID") from None
        return Reply(limits_model(user_id, self._gateway.require_views().users.get(user_id)))

    @Operation(
        method="put",
        path="/api/v1/admin/rules",
        name="setRules",
        summary="Switch on a newer version of the matching rules",
        tag="admin",
        answer=api.RulesVersion,
        body=api.SetRulesRequest,
        errors=_ERRORS,
        permission=permissions.ADMINISTRATION,
    )
    async def put_rules(self, call: Call) -> Reply:
        caller = self._admin(call)
        request = await _RULES.read(call)
        old = api.RulesVersion(self._gateway.require_views().rules_version)
        change = Change(call, caller, "rules.set", "rules", old, request)
        await self._carry_out(change, SetRules(new_uuid_bytes(), request.version))
        now = api.RulesVersion(self._gateway.views.rules_version)
        self._gateway.audit.note(change, now)
        return Reply(now)

    @Operation(
        method="get",
        path="/api/v1/admin/rules",
        name="getRules",
        summary="The version of the matching rules in force",
        tag="admin",
        answer=api.RulesVersion,
        permission=permissions.STAFF_READING,
    )
    async def get_rules(self, call: Call) -> Reply:
        call.query()
        return Reply(api.RulesVersion(self._gateway.require_views().rules_version))

    @Operation(
        method="put",
        path="/api/v1/admin/log-time",
        name="acceptLogTime",
        summary="Let the log's time go further than a record may move it",
        tag="admin",
        answer=api.LogTime,
        body=api.AcceptTimeRequest,
        errors=_ERRORS,
        rules={"until": "is an ISO-8601 time with offset"},
        permission=permissions.ADMINISTRATION,
    )
    async def put_log_time(self, call: Call) -> Reply:
        caller = self._admin(call)
        request = await _LOG_TIME.read(call)
        until_ms = parse_time("until", request.until)
        old = _log_time(self._gateway.require_views())
        change = Change(call, caller, "log-time.accept", "log-time", old, request)
        await self._carry_out(change, AcceptTime(new_uuid_bytes(), until_ms, caller.user_id))
        now = _log_time(self._gateway.views)
        self._gateway.audit.note(change, now)
        return Reply(now)

    @Operation(
        method="get",
        path="/api/v1/admin/log-time",
        name="getLogTime",
        summary="The time of the log, and the broker's where it is not believed",
        tag="admin",
        answer=api.LogTime,
        permission=permissions.STAFF_READING,
    )
    async def get_log_time(self, call: Call) -> Reply:
        call.query()
        return Reply(_log_time(self._gateway.require_views()))

    async def _carry_out(self, change: Change, command: Command) -> None:
        """Raises what keeps it from being done, once that is written down: the refusal, SERVICE_UNAVAILABLE or OUTCOME_UNKNOWN."""
        gateway = self._gateway
        try:
            if isinstance(command, Halt | Resume):
                answer = await gateway.submit_silent(command, change.caller.user_id)
            else:
                (answer,) = await gateway.submit([command])
            for event in answer.result.events:
                if isinstance(event, events.CommandRefused):
                    raise refusal(event.code, event.details)
        except ProblemError as problem:
            gateway.audit.note_failed(change, problem)
            raise

    @Operation(
        method="post",
        path="/api/v1/admin/emergency/halt-all",
        name="haltAll",
        summary="Halt every symbol",
        tag="admin",
        answer=api.MarketList,
        body=api.EmergencyRequest,
        errors=_ERRORS,
        permission=permissions.ADMINISTRATION,
    )
    async def halt_all(self, call: Call) -> Reply:
        """Halt every symbol; resting orders are cancelled and their funds freed."""
        return await self._everywhere(call, "market.halt_all", SymbolStatus.HALTED)

    @Operation(
        method="post",
        path="/api/v1/admin/emergency/resume-all",
        name="resumeAll",
        summary="Resume what was halted with all",
        tag="admin",
        answer=api.MarketList,
        body=api.EmergencyRequest,
        errors=_ERRORS,
        permission=permissions.ADMINISTRATION,
    )
    async def resume_all(self, call: Call) -> Reply:
        """Resume every symbol that was halted with all."""
        return await self._everywhere(call, "market.resume_all", SymbolStatus.ACTIVE)

    async def _everywhere(self, call: Call, action: str, status: SymbolStatus) -> Reply:
        caller = self._admin(call)
        request = await _EMERGENCY.read(call)
        symbols = self._gateway.require_views().symbols
        old = {symbol.symbol: symbol.status.name for symbol in symbols.all()}
        kind = Halt if status is SymbolStatus.HALTED else Resume
        change = Change(call, caller, action, "markets", old, {"status": status.name, "reason": request.reason}, request.reason)
        await self._carry_out(change, kind(new_uuid_bytes(), request.reason, caller.user_id))
        now = [market_model(symbol, symbols.changed_ms(symbol.symbol)) for symbol in self._gateway.views.symbols.all()]
        self._gateway.audit.note(change, {market.symbol: market.status for market in now})
        return Reply(api.MarketList(now))

    @Operation(
        method="post",
        path="/api/v1/admin/circuit-breaker/{symbol}",
        name="setBreaker",
        summary="Trip or reset a symbol's circuit breaker",
        tag="admin",
        answer=api.Market,
        body=api.BreakerRequest,
        errors=_ERRORS,
        permission=permissions.ADMINISTRATION,
    )
    async def breaker(self, call: Call) -> Reply:
        """Trip a symbol's circuit breaker by hand for some minutes, or reset it."""
        caller = self._admin(call)
        request = await _BREAKER.read(call)
        views = self._gateway.require_views()
        old = symbol_in_path(views, call)
        trip = request.action == "TRIGGER"
        # not from the views' time alone: that is the time of the last event, which may be hours old
        resume_ms = max(views.time_ms, _now_ms()) + request.duration_minutes * 60_000 if trip else 0
        status = SymbolStatus.HALTED if trip else SymbolStatus.ACTIVE
        action = f"symbol.breaker_{request.action.lower()}"
        change = Change(call, caller, action, old.symbol, {"status": old.status.name}, request, request.reason)
        await self._carry_out(change, SetStatus(new_uuid_bytes(), old.symbol, status, request.reason, caller.user_id, resume_ms))
        symbols = self._gateway.views.symbols
        now = market_model(symbols.rules(old.symbol), symbols.changed_ms(old.symbol))
        self._gateway.audit.note(change, now)
        return Reply(now)


def _log_time(views: Projection) -> api.LogTime:
    return api.LogTime(iso(views.time_ms), iso(views.doubted_ms) if views.doubted_ms else None)


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
