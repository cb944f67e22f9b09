"""Levels of proven identity, what each may move per day, and the Turkish national id.

Level 1 is a confirmed e-mail address, 2 an id document with a selfie, 3 a proof of address as well.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Final

import msgspec

LEVEL_MAX: Final = 3
_FORM: Final = re.compile(r"[1-9][0-9]{10}")


class DailyLimits(msgspec.Struct, frozen=True):
    """Per day in TRY; ``None`` is without limit."""

    deposit: Decimal | None
    withdrawal: Decimal | None


LIMITS: Final = (
    DailyLimits(Decimal(0), Decimal(0)),
    DailyLimits(Decimal(1_000), Decimal(1_000)),
    DailyLimits(Decimal(50_000), Decimal(50_000)),
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
