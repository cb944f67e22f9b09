"""What is written to the ledger: an entry is one effect under a unique key, made of moves from one account to another.

    Entry(
        key="deposit:0192...", why="Banka havalesi ile yatırma", reference=("DEPOSIT_REQUEST", "0192..."), moment=now,
        moves=(Move(amount=100_00000000, currency="TRY", source=CUSTODY_BANK, target=transit(user), kind=Kind.DEPOSIT),),
    )

A move is two signed postings, so an entry sums to zero per currency by construction; the database checks it again.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

import msgspec

LEGS_MAX: Final = 32_767
"""Of one entry: its lines are numbered by a smallint."""


class LedgerError(RuntimeError):
    """What was to be written breaks a rule of the ledger; nothing was written."""


class Kind(StrEnum):
    """What a user is told that a posting was."""

    DEPOSIT = "DEPOSIT"
    WITHDRAWAL = "WITHDRAWAL"
    TRADE_BUY = "TRADE_BUY"
    TRADE_SELL = "TRADE_SELL"
    FEE = "FEE"
    REFUND = "REFUND"
    ADMIN_ADJUSTMENT = "ADMIN_ADJUSTMENT"
    DUST = "DUST"


PLATFORM: Final = UUID(int=0)
"""The owner of the platform's own accounts."""


class Account(msgspec.Struct, frozen=True, gc=False, cache_hash=True):
    """An account in every currency; the currency is named by the move."""

    kind: str
    owner: UUID


CUSTODY_BANK: Final = Account("custody:bank", PLATFORM)
CUSTODY_HOT: Final = Account("custody:hot", PLATFORM)
CUSTODY_COLD: Final = Account("custody:cold", PLATFORM)
"""What the platform holds, as a negative balance: it is owed to the others."""

_OF_USERS: Final = frozenset({"spot", "transit"})
"""The other kinds are the platform's, one account of each."""

FEES: Final = Account("fees", PLATFORM)
EXTERNAL: Final = Account("external", PLATFORM)
"""Received but not yet anybody's (manual reconciliation), or given by the platform itself."""

DUST: Final = Account("dust", PLATFORM)

WRITTEN_OFF: Final = Account("written-off", PLATFORM)
"""What two people have decided that the platform keeps (positive) or bears (negative)."""


def custody_of(currency: str) -> Account:
    """Where we hold a currency that was paid to us."""
    return CUSTODY_BANK if currency == "TRY" else CUSTODY_HOT


def spot(user_id: UUID) -> Account:
    """What the engine holds for the user."""
    return Account("spot", user_id)


def transit(user_id: UUID) -> Account:
    """What is the user's and on its way into the engine or out of it."""
    return Account("transit", user_id)


class Move(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """``amount`` units of 10^-8 of ``currency`` from ``source`` to ``target``; the target may name it differently in its history."""

    amount: int
    currency: str
    source: Account
    target: Account
    kind: Kind
    target_kind: Kind | None = None


class Leg(msgspec.Struct, frozen=True, gc=False):
    """One signed posting, units of 10^-8."""

    account: Account
    currency: str
    kind: Kind
    units: int


class Entry(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """One effect. ``key`` makes it happen once; ``reference`` is what it belongs to, as (type, id); ``why`` is read by the user."""

    key: str
    why: str
    reference: tuple[str, str]
    moment: datetime
    moves: tuple[Move, ...]
    metadata: Mapping[str, str] | None = None

    def legs(self) -> list[Leg]:
        """The postings in order; the platform's fee lines are drawn together, one per currency.

        Raises :class:`LedgerError` for an amount that is not positive, for a move from an account to itself, and for too many postings.
        """
        if not self.key or not self.moves:
            raise LedgerError(f"an entry needs a key and a move: {self.key!r}")
        legs: list[Leg] = []
        fees: dict[str, int] = {}
        for move in self.moves:
            if move.amount <= 0:
                raise LedgerError(f"{self.key}: amounts are positive, {move.amount} is not")
            if move.source.kind == move.target.kind and move.source.kind not in _OF_USERS:
                raise LedgerError(f"{self.key}: from {move.source.kind} to itself")
            legs.append(Leg(move.source, move.currency, move.kind, -move.amount))
            if move.target.kind == FEES.kind:
                fees[move.currency] = fees.get(move.currency, 0) + move.amount
            else:
                legs.append(Leg(move.target, move.currency, move.target_kind or move.kind, move.amount))
        legs += [Leg(FEES, currency, Kind.FEE, units) for currency, units in fees.items()]
        if len(legs) > LEGS_MAX:
            raise LedgerError(f"{self.key}: {len(legs)} postings, at most {LEGS_MAX} are possible")
        return legs
