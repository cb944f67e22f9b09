"""How much value a user may move per Turkish day and month, fiat and crypto together.

What comes in by a chain cannot be refused: it is credited and may be traded. What of it lies above the limit stays: no withdrawal may
leave the user with less than that, until the level is raised. Call these with the user locked: they count rows.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Final
from uuid import UUID

from psycopg import Connection

from functions.wallet import limits, prices
from functions.wallet.context import Context
from functions.wallet.models import DirectionLimits, LimitUse, WalletLimits, iso
from functions.wallet.store import balances
from functions.wallet.store import values as store
from functions.wallet.store.values import Moved
from mycrypto import kyc
from mycrypto.currencies import TRY
from mycrypto.errors import ProblemError
from mycrypto.http.request import Principal
from mycrypto.money import format_amount, from_numeric
from mycrypto.security import withdrawal_hold
from mycrypto.withdrawals import owners

IN: Final = "IN"
OUT: Final = "OUT"


def require_in(connection: Connection, principal: Principal, units: int, now: datetime) -> None:
    """A deposit of TRY is announced. Raises WALLET_002."""
    limit = kyc.LIMITS[principal.kyc_level].deposit
    limits.require_within(principal.kyc_level, limit, _moved(connection, principal.user_id, IN, now), units)


def require_out(connection: Connection, principal: Principal, currency: str, amount: int, now: datetime) -> int | None:
    """A withdrawal is asked for; returns its value in units of 10^-8 TRY, ``None`` where no limit needs one and there is no price.

    Raises PRICE_UNAVAILABLE where a limit needs a price that is not known, WALLET_002, DEPOSITS_OVER_LIMIT.
    """
    allowed = kyc.LIMITS[principal.kyc_level]
    known = store.last_prices(connection, now - prices.AGE_MAX)
    value = prices.worth(amount, currency, known)
    if allowed.withdrawal.day is None and allowed.withdrawal.month is None:
        return value
    if value is None:
        raise ProblemError("PRICE_UNAVAILABLE", f"there was no trade of {currency} in the last 24 hours that says what it is worth in TRY")
    limits.require_within(principal.kyc_level, allowed.withdrawal, _moved(connection, principal.user_id, OUT, now), value)
    _require_rest(connection, principal, allowed.deposit, value, known)
    return value


def _require_rest(connection: Connection, principal: Principal, limit: kyc.Limit, leaving: int, known: dict[str, int]) -> None:
    over = _over_limit(connection, principal.user_id, limit, known)
    if not over:
        return
    rows = balances.of_user(connection, principal.user_id)
    held = sum(prices.worth(row.available + row.locked, currency, known) or 0 for currency, row in rows.items())
    if held - leaving < over:
        raise ProblemError(
            "DEPOSITS_OVER_LIMIT",
            f"deposits worth {format_amount(over)} TRY are above the limits of KYC level {principal.kyc_level} and stay until the level is raised",
            over_limit=format_amount(over),
            withdrawable=format_amount(max(0, held - over)),
            level=principal.kyc_level,
        )


def _over_limit(connection: Connection, user_id: UUID, limit: kyc.Limit, known: dict[str, int]) -> int:
    _value_late(connection, user_id, known)
    return store.over_limit(connection, user_id, limit)


def _value_late(connection: Connection, user_id: UUID, known: dict[str, int]) -> None:
    """Deposits that came when there was no price get the first one that is known."""
    found = {row[0]: prices.worth(from_numeric(row[2]), row[1], known) for row in store.without_value(connection, user_id)}
    store.set_values(connection, {deposit_id: value for deposit_id, value in found.items() if value is not None})


def value_deposit(connection: Connection, deposit_id: UUID, currency: str, amount: Decimal, now: datetime) -> None:
    """A chain deposit is confirmed: from now on it counts with what it is worth now."""
    value = prices.worth(from_numeric(amount), currency, store.last_prices(connection, now - prices.AGE_MAX))
    if value is not None:
        store.set_values(connection, {deposit_id: value})


def _moved(connection: Connection, user_id: UUID, direction: str, now: datetime) -> Moved:
    return store.moved(connection, user_id, direction, limits.day_start(now), limits.month_start(now))


def overview(context: Context, principal: Principal) -> WalletLimits:
    """What the caller may move, what of it is used, and what holds withdrawals up."""
    now, allowed = context.now(), kyc.LIMITS[principal.kyc_level]
    with context.db.transaction() as connection:
        owners.lock(connection, principal.user_id)
        known = store.last_prices(connection, now - prices.AGE_MAX)
        over = _over_limit(connection, principal.user_id, allowed.deposit, known)
        into, out = (_moved(connection, principal.user_id, direction, now) for direction in (IN, OUT))
        hold = withdrawal_hold.of_users(connection, [principal.user_id], now).get(principal.user_id)
    return WalletLimits(
        kyc_level=principal.kyc_level,
        currency=TRY.code,
        deposit=_shown(allowed.deposit, into),
        withdrawal=_shown(allowed.withdrawal, out),
        deposits_over_limit=format_amount(over),
        day_ends_at=iso(limits.next_day(now)),
        month_ends_at=iso(limits.next_month(now)),
        withdrawals_held_until=iso(hold.until) if hold else None,
        withdrawals_held_reason=hold.reason.value if hold else None,
    )


def _shown(limit: kyc.Limit, used: Moved) -> DirectionLimits:
    def use(most: int | None, moved: int) -> LimitUse:
        if most is None:
            return LimitUse(None, format_amount(moved), None)
        return LimitUse(format_amount(most), format_amount(moved), format_amount(max(0, most - moved)))

    return DirectionLimits(day=use(limit.day, used.day), month=use(limit.month, used.month))
