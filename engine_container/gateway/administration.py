"""What an administrator's request makes of a symbol or of a user's limits: the command that carries it out."""

from __future__ import annotations

from typing import Final

import msgspec
from msgspec import UNSET

from engine_container.gateway.auth import Caller
from engine_container.gateway.placing import limit_amount
from engine_container.web.fast_path.uuid7 import new_uuid_bytes
from mycrypto.contracts import api, events
from mycrypto.contracts.commands import SetSymbol, SetUser
from mycrypto.contracts.trading import SelfTradePrevention, SymbolStatus
from mycrypto.errors import FieldError, ProblemError, invalid

_BREAKER_HALT_MS: Final = 300_000
_ASSET_LENGTH_MAX: Final = 10


def new_symbol(spelling: str, request: api.SetSymbolRequest, caller: Caller) -> SetSymbol:
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
    return changed_symbol(empty, request, caller)


def _assets(spelling: str) -> tuple[str, str]:
    """Base and quote of a symbol that is not listed yet, so they must be told apart by a separator."""
    parts = spelling.upper().replace("-", "/").replace("_", "/").split("/")
    if len(parts) != 2 or not all(part.isascii() and part.isalnum() and len(part) <= _ASSET_LENGTH_MAX for part in parts):
        raise invalid("symbol", "must be written BASE-QUOTE to list it")
    return parts[0], parts[1]


def changed_symbol(old: events.SymbolChanged, request: api.SetSymbolRequest, caller: Caller) -> SetSymbol:
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


def changed_limits(user_id: bytes, old: events.UserChanged | None, request: api.SetLimitsRequest, caller: Caller) -> SetUser:
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
