"""The engine's refusals as problems: its code is the catalogue's, its figures become members of the document."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from engine_container.views.orders import Order
from engine_container.views.rendering import iso
from mycrypto.contracts.trading import OrderStatus, SymbolStatus
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
    shown = sorted((name for name in details if name not in _INTERNAL and details[name] != ""), key=_place_in_history)
    figures = {name: _shown(code, name, details[name]) for name in shown}
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


def _place_in_history(name: str) -> tuple[int, str]:
    """A database keeps members by length and name: said in that order, a refusal that has left memory reads as it did."""
    return len(name), name


def refusal_of(order: Order) -> ProblemError | None:
    """The problem that a refused order was answered with, and is answered with again; ``None`` for one that was accepted."""
    if order.status is not OrderStatus.REJECTED:
        return None
    return refusal(order.code or order.reason, order.details or {})


def _shown(code: str, name: str, value: int | str) -> int | str:
    if name == "symbol_status":
        return SymbolStatus(int(value)).name
    if isinstance(value, str) or name in _COUNTS.get(code, ()):
        return value
    return format_amount(value)
