"""Levels of proven identity, what each may move per day, and the Turkish national id.

Level 1 is a confirmed e-mail address, 2 an id document with a selfie, 3 a proof of address as well.
"""

from __future__ import annotations

import re
from typing import Final

import msgspec

from mycrypto.money import UNITS_PER_ONE

LEVEL_MAX: Final = 3
_FORM: Final = re.compile(r"[1-9][0-9]{10}")


class DailyLimits(msgspec.Struct, frozen=True):
    """Units of 10^-8 TRY per day; ``None`` is without limit."""

    deposit: int | None
    withdrawal: int | None


LIMITS: Final = (
    DailyLimits(0, 0),
    DailyLimits(1_000 * UNITS_PER_ONE, 1_000 * UNITS_PER_ONE),
    DailyLimits(50_000 * UNITS_PER_ONE, 50_000 * UNITS_PER_ONE),
    DailyLimits(None, None),
)
"""By level."""


def is_national_id(text: str) -> bool:
    """Whether the text has the form and both check digits of a TC kimlik number."""
    if not _FORM.fullmatch(text):
        return False
    digits = [int(letter) for letter in text]
    tenth = (7 * sum(digits[0:9:2]) - sum(digits[1:8:2])) % 10
    return digits[9] == tenth and digits[10] == sum(digits[:10]) % 10
