"""What a user has: balances, price alerts, fee rates and positions."""

from __future__ import annotations

from typing import Literal

import msgspec

from mycrypto.contracts.api.vocabulary import AmountText, SymbolText


class Balance(msgspec.Struct, frozen=True):
    asset: str
    available: str
    locked: str
    total: str
    updated_at: str


class BalanceList(msgspec.Struct, frozen=True):
    data: list[Balance]


AlertConditionName = Literal["ABOVE", "BELOW"]


class PlaceAlertRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Be told once when the last price is at ``price`` or above (ABOVE), or at it or below (BELOW)."""

    symbol: SymbolText
    condition: AlertConditionName
    price: AmountText


class ChangeAlertRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """New values, at least one."""

    condition: AlertConditionName | None = None
    price: AmountText | None = None


class Alert(msgspec.Struct, frozen=True):
    """A price alert that has not fired; it is gone when it has."""

    id: str
    symbol: str
    condition: AlertConditionName
    price: str
    created_at: str


class AlertList(msgspec.Struct, frozen=True):
    """Oldest first; all of them."""

    data: list[Alert]


class Fees(msgspec.Struct, frozen=True):
    """The caller's own rates on a symbol, in parts per million of the value, charged in the quote asset."""

    symbol: str
    maker_fee_ppm: int
    taker_fee_ppm: int


class FeeList(msgspec.Struct, frozen=True):
    data: list[Fees]


class Position(msgspec.Struct, frozen=True):
    """What the user's own trades on a symbol add up to, by average cost. Money is in the quote asset; fees count as cost.

    ``quantity`` is what was bought and not yet sold here; deposits and withdrawals do not count.
    """

    symbol: str
    side: Literal["LONG"]
    quantity: str
    average_entry_price: str | None
    current_price: str | None
    unrealized_pnl: str | None
    unrealized_pnl_percent: str | None
    realized_pnl: str
    opened_at: str | None
    updated_at: str


class PositionList(msgspec.Struct, frozen=True):
    data: list[Position]
