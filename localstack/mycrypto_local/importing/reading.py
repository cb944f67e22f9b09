"""Values of a row of the earlier platform, read strictly. Each function raises :class:`MisfitError` where the value is not what it should be."""

from __future__ import annotations

from datetime import UTC, date, datetime
from uuid import UUID

from mycrypto.money import AmountError, parse_amount
from mycrypto_local.importing.copy_text import Row


class MisfitError(ValueError):
    """A row cannot be taken over: ``reason`` is its code."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


def text(row: Row, *names: str) -> str:
    """The first of these columns that has a value, or ""."""
    return next((value for name in names if (value := row.get(name))), "")


def uuid(row: Row, name: str) -> UUID:
    try:
        return UUID(text(row, name))
    except ValueError:
        raise MisfitError("NOT_A_UUID", f"{name} is no UUID") from None


def moment(row: Row, name: str) -> datetime:
    """Without an offset it is UTC."""
    found = moment_or_none(row, name)
    if found is None:
        raise MisfitError("NO_TIME", f"{name} is no time")
    return found


def moment_or_none(row: Row, name: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text(row, name))
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def day(row: Row, name: str) -> date:
    try:
        return date.fromisoformat(text(row, name)[:10])
    except ValueError:
        raise MisfitError("NO_DATE", f"{name} is no date") from None


def truth(row: Row, name: str) -> bool:
    return text(row, name).lower() in {"t", "true"}


def units(row: Row, name: str) -> int:
    """A non-negative amount in units of 10^-8."""
    try:
        return parse_amount(text(row, name))
    except AmountError as error:
        raise MisfitError("AMOUNT", f"{name} {error}") from None
