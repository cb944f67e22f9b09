"""What an entry is made of, before any database."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import pytest

from mycrypto.ledger import CUSTODY_BANK, FEES, Account, Entry, Kind, LedgerError, Move, spot, transit

AYSE = UUID(int=1)
MEHMET = UUID(int=2)
NOW = datetime(2026, 11, 23, tzinfo=UTC)


def move(amount: int, source: Account, target: Account, currency: str = "TRY", kind: Kind = Kind.DEPOSIT) -> Move:
    return Move(amount=amount, currency=currency, source=source, target=target, kind=kind)


def entry(*moves: Move, key: str = "key") -> Entry:
    return Entry(key=key, why="because", reference=("TEST", "1"), moment=NOW, moves=moves)


def test_a_move_is_two_signed_postings() -> None:
    legs = list(entry(move(100, CUSTODY_BANK, transit(AYSE))).legs())
    assert [(leg.account, leg.units) for leg in legs] == [(CUSTODY_BANK, -100), (transit(AYSE), 100)]


def test_the_fees_of_one_entry_are_one_line_per_currency() -> None:
    legs = list(
        entry(
            move(3, spot(AYSE), FEES, kind=Kind.FEE),
            move(4, spot(MEHMET), FEES, kind=Kind.FEE),
            move(5, spot(MEHMET), FEES, currency="USDT", kind=Kind.FEE),
        ).legs()
    )
    assert [(leg.currency, leg.units) for leg in legs if leg.account == FEES] == [("TRY", 7), ("USDT", 5)]
    assert sum(leg.units for leg in legs) == 0


@pytest.mark.parametrize("amount", [0, -1])
def test_an_amount_is_positive(amount: int) -> None:
    with pytest.raises(LedgerError, match="positive"):
        list(entry(move(amount, CUSTODY_BANK, transit(AYSE))).legs())


def test_an_entry_needs_a_move_and_a_key() -> None:
    with pytest.raises(LedgerError, match="needs a key and a move"):
        list(entry().legs())
    with pytest.raises(LedgerError, match="needs a key and a move"):
        list(entry(move(1, CUSTODY_BANK, transit(AYSE)), key="").legs())


def test_the_platform_does_not_pay_itself() -> None:
    with pytest.raises(LedgerError, match="to itself"):
        list(entry(move(1, CUSTODY_BANK, CUSTODY_BANK)).legs())
