"""International bank account numbers (ISO 13616) and bank identifier codes (ISO 9362), as python-stdnum knows the form of each country. Pure."""

from __future__ import annotations

from typing import Final

from stdnum import bic, iban
from stdnum.exceptions import InvalidChecksum, InvalidComponent, ValidationError

from mycrypto.spelling import typed

COUNTRIES: Final = {"TRY": "TR"}
"""Where accounts of a currency are: a transfer of lira neither comes from abroad nor goes there."""


class InvalidIbanError(ValueError):
    """The text is no IBAN; ``str()`` says why."""


class InvalidSwiftError(ValueError):
    """The text is no SWIFT code; ``str()`` says why."""


def normalise(text: str) -> str:
    """Without spaces and in upper case, also where a Turkish keyboard made capitals."""
    code = "".join(typed(text).split())
    return code.upper() if code.isascii() else code  # capitals of other letters may be ASCII ones


def parse_iban(text: str, *, currency: str = "") -> str:
    """The IBAN in its electronic form, of the country that ``currency`` asks for. Raises :class:`InvalidIbanError`."""
    code = normalise(text)
    if not (code.isascii() and code.isalnum()):  # the library passes over dashes and takes digits of other scripts
        raise InvalidIbanError("must be letters and digits")
    try:
        found = str(iban.validate(code))
    except InvalidChecksum:
        raise InvalidIbanError("the check digits do not match") from None
    except InvalidComponent:
        raise InvalidIbanError("must begin with a country that has IBANs") from None
    except ValidationError:
        raise InvalidIbanError("does not have the form of its country's IBANs") from None
    country = COUNTRIES.get(currency)
    if country is not None and found[:2] != country:
        raise InvalidIbanError(f"must be an account in {country}: {currency} is paid there alone")
    return found


def parse_swift(text: str) -> str:
    """The SWIFT code in upper case, 8 or 11 characters. Raises :class:`InvalidSwiftError`."""
    code = normalise(text)
    if not (code.isascii() and code.isalnum() and bic.is_valid(code)):
        raise InvalidSwiftError("must be 8 or 11 characters: bank (4 letters), country (2 letters), location (2), branch (3, optional)")
    return str(bic.compact(code))


def mask_iban(number: str) -> str:
    """The first six and the last four characters, as users see it."""
    return f"{number[:6]}{'*' * (len(number) - 10)}{number[-4:]}"
