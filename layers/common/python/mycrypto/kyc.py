"""Levels of proven identity, what each may move per day and month, and the Turkish national id.

Level 1 is a confirmed e-mail address, 2 an id document with a selfie, 3 a proof of address as well.
"""

from __future__ import annotations

import re
from typing import Final

import msgspec

from mycrypto.money import UNITS_PER_ONE

LEVEL_MAX: Final = 3
_FORM: Final = re.compile(r"[1-9][0-9]{10}")


class Limit(msgspec.Struct, frozen=True):
    """What may move in one direction, as the value in units of 10^-8 TRY: per Turkish day and per Turkish month. ``None`` is without limit."""

    day: int | None
    month: int | None


class ValueLimits(msgspec.Struct, frozen=True):
    deposit: Limit
    withdrawal: Limit


def _both(day: int | None, month: int | None) -> ValueLimits:
    limit = Limit(None if day is None else day * UNITS_PER_ONE, None if month is None else month * UNITS_PER_ONE)
    return ValueLimits(limit, limit)


LIMITS: Final = (_both(0, 0), _both(1_000, 500_000), _both(50_000, 500_000), _both(None, None))
"""By level, fiat and crypto together. At level 1 the day binds before the month does."""


def is_national_id(text: str) -> bool:
    """Whether the text has the form and both check digits of a TC kimlik number."""
    if not _FORM.fullmatch(text):
        return False
    digits = [int(letter) for letter in text]
    tenth = (7 * sum(digits[0:9:2]) - sum(digits[1:8:2])) % 10
    return digits[9] == tenth and digits[10] == sum(digits[:10]) % 10
