"""The engine's refusals as problems: its code is the catalogue's, its figures become members of the document."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from mycrypto.errors import CATALOGUE, FieldError, ProblemError
from mycrypto.money import format_amount

PLAIN_FIGURES: Final = frozenset(
    {"limit", "open_orders", "band_bps", "count", "order", "created_ms", "resume_ms", "opens_minute", "closes_minute"}
)
"""Figures that are counts, times or rates; every other number is an amount in units."""

_FIELDS: Final = {"ORDER_001": "symbol", "ORDER_002": "price", "INVALID_QUANTITY": "quantity", "PRICE_BAND": "price"}


def refusal(code: str, details: Mapping[str, int | str]) -> ProblemError:
    """The problem of an engine's refusal. Amounts are printed as decimal strings."""
    if code not in CATALOGUE:
        return ProblemError("TRADE_001", f"refused with {code}")
    figures: dict[str, int | str] = {}
    for name, value in details.items():
        if isinstance(value, int) and not isinstance(value, bool) and name not in PLAIN_FIGURES:
            figures[name] = format_amount(value)
        else:
            figures[name] = value
    title = CATALOGUE[code].title
    detail = str(figures.pop("detail", "") or figures.pop("why", "")) or title
    said = ", ".join(f"{name} {value}" for name, value in figures.items())
    field = _FIELDS.get(code)
    return ProblemError(
        code,
        f"{detail} ({said})" if said else detail,
        errors=[FieldError(field, detail)] if field else (),
        headers=None,
        **figures,
    )
