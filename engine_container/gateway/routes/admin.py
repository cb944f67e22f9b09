"""What staff with the role ADMIN and a fresh second factor may change: symbols, their status, a user's limits, the version of the rules. Every
change is written down with what was before, and so is one that the engine refused or did not answer.
"""

from __future__ import annotations

import time
from typing import Final
from uuid import UUID

import msgspec
from msgspec import UNSET

from engine_container.gateway.audit import Change
from engine_container.gateway.auth import Caller
from engine_container.gateway.parts import Gateway
from engine_container.gateway.placing import limit_amount, parse_time
from engine_container.gateway.refusals import refusal
from engine_container.gateway.routes.market import symbol_in_path
from engine_container.views.projection import Projection
from engine_container.views.rendering import iso, limits_model, market_model
from engine_container.web.call import NOTHING, BodyDecoder, Call, Reply
from engine_container.web.quick_ids import new_uuid_bytes
from mycrypto.contracts import api, events
from mycrypto.contracts.commands import AcceptTime, Command, Halt, Resume, SetRules, SetStatus, SetSymbol, SetUser
from mycrypto.contracts.trading import SelfTradePrevention, SymbolStatus
from mycrypto.errors import FieldError, ProblemError, invalid

_SYMBOL: Final = BodyDecoder(api.SetSymbolRequest)
_STATUS: Final = BodyDecoder(api.SetStatusRequest)
_LIMITS: Final = BodyDecoder(api.SetLimitsRequest)
_RULES: Final = BodyDecoder(api.SetRulesRequest)
_LOG_TIME: Final = BodyDecoder(api.AcceptTimeRequest)
_EMERGENCY: Final = BodyDecoder(api.EmergencyRequest)
_BREAKER: Final = BodyDecoder(api.BreakerRequest)
_BREAKER_HALT_MS: Final = 300_000
_ASSET_LENGTH_MAX: Final = 10


class Admin:
    """The endpoints under ``/api/v1/admin``."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    def _admin(self, call: Call) -> Caller:
        call.query(NOTHING)
        return self._gateway.caller(call)

    async def put_symbol(self, call: Call) -> Reply:
        caller = self._admin(call)
        request = await _SYMBOL.read(call)
        symbols = self._gateway.require_views().symbols
        old = symbols.find(call.path_params["symbol"])
        command = _new_symbol(call.path_params["symbol"], request, caller) if old is None else _changed_symbol(old, request, caller)
        name = command.symbol
        change = Change(call, caller, "symbol.set", name, None if old is None else market_model(old, 0), request)
        await self._carry_out(change, command)
        now = market_model(symbols.rules(name), symbols.changed_ms(name))
        self._gateway.audit.note(change, now)
        return Reply(now, 201 if old is None else 200)

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
        await self._carry_out(change, _limits(user_id, old, request, caller))
        now = limits_model(user_id, self._gateway.views.users.get(user_id))
        self._gateway.audit.note(change, now)
        return Reply(now)

    async def get_limits(self, call: Call) -> Reply:
        call.query(NOTHING)
        try:
            user_id = UUID(call.path_params["user_id"]).bytes
        except ValueError:
            raise invalid("user_id", "must be a UUID") from None
        return Reply(limits_model(user_id, self._gateway.require_views().users.get(user_id)))

    async def put_rules(self, call: Call) -> Reply:
        caller = self._admin(call)
        request = await _RULES.read(call)
        old = api.RulesVersion(self._gateway.require_views().rules_version)
        change = Change(call, caller, "rules.set", "rules", old, request)
        await self._carry_out(change, SetRules(new_uuid_bytes(), request.version))
        now = api.RulesVersion(self._gateway.views.rules_version)
        self._gateway.audit.note(change, now)
        return Reply(now)

    async def get_rules(self, call: Call) -> Reply:
        call.query(NOTHING)
        return Reply(api.RulesVersion(self._gateway.require_views().rules_version))

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

    async def get_log_time(self, call: Call) -> Reply:
        call.query(NOTHING)
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

    async def halt_all(self, call: Call) -> Reply:
        """Halt every symbol; resting orders are cancelled and their funds freed."""
        return await self._everywhere(call, "market.halt_all", SymbolStatus.HALTED)

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


def _new_symbol(spelling: str, request: api.SetSymbolRequest, caller: Caller) -> SetSymbol:
    base, quote = _assets(spelling)
    needed = ("tick_size", "lot_size", "quantity_min", "quantity_max")
    absent = [FieldError(field, "is required for a new symbol") for field in needed if getattr(request, field) is None]
    if absent:
        raise ProblemError("VALIDATION_ERROR", f"{absent[0].field} {absent[0].message}", errors=absent)
    empty = events.SymbolChanged(
        symbol=f"{base}/{quote}",
        base=base,
        quote=quote,
        tick=0,
        lot=0,
        quantity_min=0,
        quantity_max=0,
        notional_min=0,
        band_bps=0,
        maker_fee_ppm=0,
        taker_fee_ppm=0,
        breaker_bps=0,
        breaker_halt_ms=_BREAKER_HALT_MS,
        opens_minute=-1,
        closes_minute=-1,
        status=SymbolStatus.ACTIVE,
        reason="",
        resume_ms=0,
    )
    return _changed_symbol(empty, request, caller)


def _assets(spelling: str) -> tuple[str, str]:
    """Base and quote of a symbol that is not listed yet, so they must be told apart by a separator."""
    parts = spelling.upper().replace("-", "/").replace("_", "/").split("/")
    if len(parts) != 2 or not all(part.isascii() and part.isalnum() and len(part) <= _ASSET_LENGTH_MAX for part in parts):
        raise invalid("symbol", "must be written BASE-QUOTE to list it")
    return parts[0], parts[1]


def _changed_symbol(old: events.SymbolChanged, request: api.SetSymbolRequest, caller: Caller) -> SetSymbol:
    def units(field: str, value: int) -> int:
        text = getattr(request, field)
        return value if text is None else limit_amount(field, text)

    def number(given: int | None, value: int) -> int:
        return value if given is None else given

    hours = request.trading_hours
    opens, closes = (old.opens_minute, old.closes_minute) if hours is UNSET else (-1, -1)
    if isinstance(hours, api.TradingHours):
        opens, closes = hours.opens_minute, hours.closes_minute
    return SetSymbol(
        command_id=new_uuid_bytes(),
        symbol=old.symbol,
        base=old.base,
        quote=old.quote,
        tick=units("tick_size", old.tick),
        lot=units("lot_size", old.lot),
        quantity_min=units("quantity_min", old.quantity_min),
        quantity_max=units("quantity_max", old.quantity_max),
        notional_min=units("notional_min", old.notional_min),
        band_bps=number(request.price_band_bps, old.band_bps),
        maker_fee_ppm=number(request.maker_fee_ppm, old.maker_fee_ppm),
        taker_fee_ppm=number(request.taker_fee_ppm, old.taker_fee_ppm),
        breaker_bps=number(request.breaker_bps, old.breaker_bps),
        breaker_halt_ms=number(request.breaker_halt_ms, old.breaker_halt_ms),
        actor_id=caller.user_id,
        opens_minute=opens,
        closes_minute=closes,
    )


def _limits(user_id: bytes, old: events.UserChanged | None, request: api.SetLimitsRequest, caller: Caller) -> SetUser:
    """Null asks for the platform's default, which is -1 in the log."""
    current = old or events.UserChanged(user_id, -1, -1, -1, -1, -1, SelfTradePrevention.CANCEL_TAKER, market_maker=False)

    def number(given: int | msgspec.UnsetType | None, value: int) -> int:
        if given is UNSET:
            return value
        return -1 if given is None else given

    daily: int | msgspec.UnsetType | None
    if isinstance(request.daily_notional_max, str):
        daily = limit_amount("daily_notional_max", request.daily_notional_max)
    else:
        daily = request.daily_notional_max
    prevention = SelfTradePrevention(current.self_trade_prevention)
    if request.self_trade_prevention is not UNSET:
        prevention = SelfTradePrevention[request.self_trade_prevention]
    return SetUser(
        command_id=new_uuid_bytes(),
        user_id=user_id,
        open_orders_max=number(request.open_orders_max, current.open_orders_max),
        open_orders_per_symbol_max=number(request.open_orders_per_symbol_max, current.open_orders_per_symbol_max),
        daily_notional_max=number(daily, current.daily_notional_max),
        maker_fee_ppm=number(request.maker_fee_ppm, current.maker_fee_ppm),
        taker_fee_ppm=number(request.taker_fee_ppm, current.taker_fee_ppm),
        self_trade_prevention=prevention,
        market_maker=current.market_maker if request.market_maker is UNSET else request.market_maker,
        actor_id=caller.user_id,
    )
