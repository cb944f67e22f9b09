"""What should make a person look closer at a withdrawal. Pure: the facts and the words for them."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from functions.wallet.store.staff_view import Facts, Owner
from mycrypto.money import UNITS_PER_ONE, from_numeric
from mycrypto.withdrawals.rows import WithdrawalRow

LARGE_DAY: Final = 100_000 * UNITS_PER_ONE
"""Value in TRY of a user's withdrawals in 24 hours from which MASAK wants to be told."""
DEPOSITS_PER_HOUR: Final = 5
YOUNG: Final = timedelta(days=7)
ROUND: Final = 1_000 * UNITS_PER_ONE


class Risk(StrEnum):
    """Beside these, the reason of a hold that runs, such as PASSWORD_RESET."""

    ACCOUNT_SUSPENDED = "ACCOUNT_SUSPENDED"
    YOUNG_ACCOUNT = "YOUNG_ACCOUNT"
    FIRST_WITHDRAWAL = "FIRST_WITHDRAWAL"
    NEW_DESTINATION = "NEW_DESTINATION"
    LARGE_DAY = "LARGE_DAY"
    MANY_DEPOSITS = "MANY_DEPOSITS"
    JUST_DEPOSITED = "JUST_DEPOSITED"
    ROUND_AMOUNT = "ROUND_AMOUNT"


def of(row: WithdrawalRow, owner: Owner | None, facts: Facts, now: datetime) -> list[Risk]:
    checks = {
        Risk.ACCOUNT_SUSPENDED: owner is not None and owner.status == "SUSPENDED",
        Risk.YOUNG_ACCOUNT: owner is not None and now - owner.created_at < YOUNG,
        Risk.FIRST_WITHDRAWAL: facts.completed == 0,
        Risk.NEW_DESTINATION: facts.to_this_destination == 0,
        Risk.LARGE_DAY: from_numeric(facts.out_day) > LARGE_DAY,
        Risk.MANY_DEPOSITS: facts.deposits_hour > DEPOSITS_PER_HOUR,
        Risk.JUST_DEPOSITED: facts.last_deposit_at is not None and row.created_at - facts.last_deposit_at < timedelta(hours=1),
        Risk.ROUND_AMOUNT: row.kind == "FIAT" and row.amount_units % ROUND == 0,
    }
    return [risk for risk, applies in checks.items() if applies]
