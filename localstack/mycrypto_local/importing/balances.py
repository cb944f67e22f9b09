"""Rules for balances: what a user had, available and locked, becomes one opening entry of the ledger."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import Final
from uuid import UUID, uuid5

import msgspec

from mycrypto.currencies import SUPPORTED
from mycrypto.ledger import Kind
from mycrypto.ledger.crossing import Crossing
from mycrypto_local.importing import reading
from mycrypto_local.importing.copy_text import Row
from mycrypto_local.importing.reading import MisfitError
from mycrypto_local.importing.sources import Source, SourceError

TABLES: Final = ("wallets", "user_wallets")
WITHDRAWALS: Final = ("withdrawals", "withdrawal_requests", "fiat_withdrawal_requests", "crypto_withdrawal_requests")
ENDED: Final = {"COMPLETED", "FAILED", "CANCELLED", "REJECTED"}
NAMESPACE: Final = UUID("6f0b7a3c-2f54-5c3e-9d0e-6d2b5c1f8a10")
REFERENCE: Final = "EARLIER_PLATFORM"
WHY: Final = "Açılış bakiyesi"


class Meaning(StrEnum):
    """What the column ``balance`` of the earlier platform says."""

    TOTAL = "total"
    AVAILABLE = "available"


class Opening(msgspec.Struct, frozen=True):
    """What a user had of a currency, in units of 10^-8."""

    user_id: UUID
    currency: str
    units: int

    @property
    def transfer_id(self) -> UUID:
        """The same at each run, so that a balance is posted once."""
        return uuid5(NAMESPACE, f"opening:{self.user_id}:{self.currency}")

    def crossing(self) -> Crossing:
        return Crossing(
            transfer_id=self.transfer_id,
            user_id=self.user_id,
            currency=self.currency,
            amount=self.units,
            kind=Kind.DEPOSIT,
            reference=(REFERENCE, self.transfer_id),
            why=WHY,
        )


def columns_of(columns: Sequence[str], meaning: Meaning | None) -> tuple[str, ...]:
    """The columns whose sum a user had. Raises SourceError where ``balance`` could be either and ``meaning`` does not say which."""
    for name in ("available_balance", "available"):
        if name in columns:
            return (name, *(locked for locked in ("locked_balance", "locked") if locked in columns))
    if "balance" not in columns:
        raise SourceError("the balances have none of the columns available_balance, available and balance")
    if meaning is None:
        raise SourceError("the column balance may be the total or what is available: say which with --balance-is")
    return ("balance",) if meaning is Meaning.TOTAL else ("balance", *(name for name in ("locked_balance", "locked") if name in columns))


def opening_of(row: Row, columns: Iterable[str]) -> Opening:
    """Raises MisfitError."""
    currency = reading.text(row, "currency").upper()
    if currency not in SUPPORTED:
        raise MisfitError("CURRENCY", f"{currency[:16]} is none of {', '.join(SUPPORTED)}")
    return Opening(reading.uuid(row, "user_id"), currency, sum(reading.units(row, name) for name in columns))


def under_way(source: Source) -> set[tuple[str, str]]:
    """Users and currencies with a withdrawal that has not ended: the earlier platform may still pay it, so that its money must not be here too."""
    return {
        (reading.text(row, "user_id"), reading.text(row, "currency").upper() or "TRY")
        for table in WITHDRAWALS
        for row in source.rows(table)
        if reading.text(row, "status") not in ENDED
    }
