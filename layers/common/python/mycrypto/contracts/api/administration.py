"""What administrators change: symbols, market status, rules, log time and the limits of users."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from mycrypto.contracts.api.market_data import TradingHours
from mycrypto.contracts.api.vocabulary import AmountText, ReasonText, SymbolStatusName


class SetSymbolRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Lists a symbol or changes its rules. An absent rule keeps its value; for a new symbol ``tick_size``, ``lot_size``, ``quantity_min``
    and ``quantity_max`` are required. "0" or 0 switches ``notional_min``, ``price_band_bps`` and ``breaker_bps`` off.
    """

    tick_size: AmountText | None = None
    lot_size: AmountText | None = None
    quantity_min: AmountText | None = None
    quantity_max: AmountText | None = None
    notional_min: AmountText | None = None
    price_band_bps: Annotated[int, Meta(ge=0, le=9_999)] | None = None
    breaker_bps: Annotated[int, Meta(ge=0, le=9_999)] | None = None
    breaker_halt_ms: Annotated[int, Meta(ge=1_000, le=86_400_000)] | None = None
    maker_fee_ppm: Annotated[int, Meta(ge=0, le=100_000)] | None = None
    taker_fee_ppm: Annotated[int, Meta(ge=0, le=100_000)] | None = None
    trading_hours: TradingHours | UnsetType | None = UNSET


class SetStatusRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Leaving ACTIVE cancels the resting orders and frees their funds."""

    status: SymbolStatusName
    reason: ReasonText = ""
    estimated_resume: Annotated[str, Meta(max_length=40, extra_json_schema={"format": "date-time"})] | None = None


class EmergencyRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why everything is halted or resumed."""

    reason: ReasonText


class BreakerRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """TRIGGER halts the symbol for ``duration_minutes``, RESET lets it trade again."""

    action: Literal["TRIGGER", "RESET"]
    duration_minutes: Annotated[int, Meta(ge=1, le=1_440)] = 5
    reason: ReasonText = ""


class SetRulesRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The version of the matching rules that counts from now on: never an older one than is in force."""

    version: Annotated[int, Meta(ge=1, le=65535)]


class RulesVersion(msgspec.Struct, frozen=True):
    """The version of the matching rules in force."""

    version: int


class LogTime(msgspec.Struct, frozen=True):
    """The time of the log's last event, and the broker's where that is too far ahead to be believed."""

    log_time: str
    doubted_time: str | None = None


class AcceptTimeRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Up to where the log's time may go at once, though one record moves it by a day at most. It counts for one jump and cannot be undone."""

    until: Annotated[str, Meta(max_length=40)]


class SetLimitsRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A user's limits and habits. Null takes the platform's default, 0 switches a limit off; an absent field keeps its value."""

    open_orders_max: Annotated[int, Meta(ge=0, le=1000000)] | UnsetType | None = UNSET
    open_orders_per_symbol_max: Annotated[int, Meta(ge=0, le=1000000)] | UnsetType | None = UNSET
    daily_notional_max: AmountText | UnsetType | None = UNSET
    maker_fee_ppm: Annotated[int, Meta(ge=0, le=100000)] | UnsetType | None = UNSET
    taker_fee_ppm: Annotated[int, Meta(ge=0, le=100000)] | UnsetType | None = UNSET
    self_trade_prevention: Literal["CANCEL_TAKER", "CANCEL_MAKER", "CANCEL_BOTH", "DECREMENT", "ALLOW"] | UnsetType = UNSET
    market_maker: bool | UnsetType = UNSET


class UserLimits(msgspec.Struct, frozen=True):
    """As in force; null is the platform's default, 0 is off."""

    user_id: str
    open_orders_max: int | None
    open_orders_per_symbol_max: int | None
    daily_notional_max: str | None
    maker_fee_ppm: int | None
    taker_fee_ppm: int | None
    self_trade_prevention: str
    market_maker: bool
