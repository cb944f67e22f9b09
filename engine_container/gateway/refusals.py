"""The engine's refusals as problems: its code is the catalogue's, its figures become members of the document."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from engine_container.views.rendering import iso
from mycrypto.contracts.trading import SymbolStatus
from mycrypto.errors import CATALOGUE, FieldError, ProblemError
from mycrypto.money import format_amount

_COUNTS: Final = {
    "OPEN_ORDER_LIMIT": frozenset({"open", "maximum"}),
    "MARKET_CLOSED": frozenset({"opens_minute", "closes_minute", "resume_ms"}),
    "VALIDATION_ERROR": frozenset({"current", "latest"}),
}
"""Figures that are counts or minutes; every other number is an amount in units."""

_INTERNAL: Final = frozenset({"order", "reason", "field", "expected"})
"""Members that are words of the detail, or numbers that mean nothing outside."""

_FIELDS: Final = {
    "ORDER_001": "symbol",
    "ORDER_002": "price",
    "INVALID_QUANTITY": "quantity",
    "PRICE_BAND": "price",
    "MIN_NOTIONAL": "quantity",
}


def refusal(code: str, details: Mapping[str, int | str]) -> ProblemError:
    """The problem of an engine's refusal. Amounts are printed as decimal strings."""
    if code not in CATALOGUE:
        return ProblemError("TRADE_001", f"refused with {code}")
    figures = {name: _shown(code, name, value) for name, value in details.items() if name not in _INTERNAL and value != ""}
    resume_ms = figures.pop("resume_ms", 0)
    if resume_ms:
        figures["estimated_resume"] = iso(int(resume_ms))
    detail = f"{details['field']} is not accepted" if "field" in details else str(details.get("reason") or CATALOGUE[code].title)
    field = str(details.get("field", "")) or _FIELDS.get(code)
    if "expected" in details:
        detail = f"{field}: {details['expected']}" if field else str(details["expected"])
    elif figures:
        detail += " (" + ", ".join(f"{name} {value}" for name, value in figures.items()) + ")"
    return ProblemError(
        code, detail, errors=[FieldError(field, detail.removeprefix(f"{field} "))] if field else (), headers=None, **figures
    )


def _shown(code: str, name: str, value: int | str) -> int | str:
    if name == "symbol_status":
        return SymbolStatus(int(value)).name
    if isinstance(value, str) or name in _COUNTS.get(code, ()):
        return value
    return format_amount(value)
