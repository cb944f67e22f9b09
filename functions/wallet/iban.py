"""International bank account numbers (ISO 13616, mod 97) and bank identifier codes (ISO 9362). Pure."""

from __future__ import annotations

import re
from typing import Final

from mycrypto.spelling import typed

_SHAPE: Final = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}")
_BIC: Final = re.compile(r"[A-Z]{4}[A-Z]{2}[A-Z0-9]{2}(?:[A-Z0-9]{3})?")

LENGTHS: Final = {
    "AT": 20, "BE": 16, "CH": 21, "CZ": 24, "DE": 22, "DK": 18, "ES": 24, "FI": 18, "FR": 27, "GB": 22, "GR": 27, "IE": 22,
    "IT": 27, "LU": 20, "NL": 18, "NO": 15, "PL": 28, "PT": 25, "RO": 24, "SE": 24, "TR": 26,
}  # fmt: skip
"""Length by country; other countries are held to the general 15 to 34."""


class InvalidIbanError(ValueError):
    """The text is no IBAN; ``str()`` says why."""


class InvalidSwiftError(ValueError):
    """The text is no SWIFT code; ``str()`` says why."""


def normalise(text: str) -> str:
    """Without spaces and in upper case, also where a Turkish keyboard made capitals."""
    code = "".join(typed(text).split())
    return code.upper() if code.isascii() else code  # capitals of other letters may be ASCII ones


def parse_iban(text: str) -> str:
    """The IBAN in its electronic form. Raises :class:`InvalidIbanError`."""
    iban = normalise(text)
    if not _SHAPE.fullmatch(iban):
        raise InvalidIbanError("must be two letters, two digits and 11 to 30 letters or digits")
    expected = LENGTHS.get(iban[:2])
    if expected is not None and len(iban) != expected:
        raise InvalidIbanError(f"an IBAN of {iban[:2]} has {expected} characters")
    # Letters count as 10 to 35; the country and the check digits go to the end.
    if int("".join(str(int(letter, 36)) for letter in iban[4:] + iban[:4])) % 97 != 1:
        raise InvalidIbanError("the check digits do not match")
    return iban


def parse_swift(text: str) -> str:
    """The SWIFT code in upper case, 8 or 11 characters. Raises :class:`InvalidSwiftError`."""
    code = normalise(text)
    if not _BIC.fullmatch(code):
        raise InvalidSwiftError("must be 8 or 11 characters: bank (4 letters), country (2 letters), location (2), branch (3, optional)")
    return code


def mask_iban(iban: str) -> str:
    """The first six and the last four characters, as users see it."""
    return f"{iban[:6]}{'*' * (len(iban) - 10)}{iban[-4:]}"
