"""Levels of proven identity, what each may move per day and month, why an application is rejected, and the Turkish national id.

Level 1 is a confirmed e-mail address, 2 an id document with a selfie, 3 a proof of address as well.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Final

import msgspec

from mycrypto.money import UNITS_PER_ONE

LEVEL_MAX: Final = 3
NATIONAL_ID: Final = "national-id"
"""The purpose that national ids are sealed for."""
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


class Rejection(StrEnum):
    """Why an application was rejected. OTHER is explained by the reviewer's own words; INFECTED and ACCOUNT_CLOSED are the platform's."""

    UNREADABLE_DOCUMENT = "UNREADABLE_DOCUMENT"
    DATA_MISMATCH = "DATA_MISMATCH"
    POOR_PHOTO = "POOR_PHOTO"
    EXPIRED_DOCUMENT = "EXPIRED_DOCUMENT"
    OTHER = "OTHER"
    INFECTED = "INFECTED"
    ACCOUNT_CLOSED = "ACCOUNT_CLOSED"


REJECTIONS: Final[Mapping[str, Mapping[Rejection, str]]] = {
    "tr": {
        Rejection.UNREADABLE_DOCUMENT: "Belge okunamıyor",
        Rejection.DATA_MISMATCH: "Belgedeki bilgiler başvurudaki bilgilerle uyuşmuyor",
        Rejection.POOR_PHOTO: "Fotoğrafın kalitesi yeterli değil",
        Rejection.EXPIRED_DOCUMENT: "Belgenin geçerlilik süresi dolmuş",
        Rejection.OTHER: "Başvuru uygun bulunmadı",
        Rejection.INFECTED: "Yüklenen belgede zararlı içerik bulundu",
        Rejection.ACCOUNT_CLOSED: "Hesap kapatıldı",
    },
    "en": {
        Rejection.UNREADABLE_DOCUMENT: "The document cannot be read",
        Rejection.DATA_MISMATCH: "What the document says differs from the application",
        Rejection.POOR_PHOTO: "The quality of the photo is too low",
        Rejection.EXPIRED_DOCUMENT: "The document has expired",
        Rejection.OTHER: "The application was not found in order",
        Rejection.INFECTED: "A file that was uploaded contains harmful content",
        Rejection.ACCOUNT_CLOSED: "The account was closed",
    },
}
"""The reasons as applicants read them, by language."""


def rejection_text(code: str, note: str, language: str) -> str:
    """What an applicant reads, in ``tr`` or ``en``; the reviewer's note follows the reason, and stands alone where the reason is OTHER."""
    reason = Rejection(code) if code in Rejection.__members__ else Rejection.OTHER
    if note and reason is Rejection.OTHER:
        return note
    words = REJECTIONS["en" if language == "en" else "tr"][reason]
    return f"{words}: {note}" if note else words


def is_national_id(text: str) -> bool:
    """Whether the text has the form and both check digits of a TC kimlik number."""
    if not _FORM.fullmatch(text):
        return False
    digits = [int(letter) for letter in text]
    tenth = (7 * sum(digits[0:9:2]) - sum(digits[1:8:2])) % 10
    return digits[9] == tenth and digits[10] == sum(digits[:10]) % 10
