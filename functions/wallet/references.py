"""References that identify a bank transfer. A typing error never turns one into another, and they are found in every way of writing. Pure."""

from __future__ import annotations

import re
import secrets
from datetime import datetime
from typing import Final

from mycrypto.spelling import fold

ALPHABET: Final = "ABCDEFGHIKMNPRTY"
"""Letters alone, none of which looks like another or like a digit, and each of which stays itself when it is folded: the four Turkish letters i
are one. 16 million a day are enough. Older references have letters and digits of the whole alphabet; they are found in the same way.
"""
TEXT_LENGTH_MAX: Final = 500
"""Of a transfer's text that is looked at."""

_CODE_LENGTH: Final = 6
_FORM: Final = re.compile(r"(?=([0-9]{8})([a-z0-9]{6}))")
_SEPARATOR: Final = re.compile(r"[^a-z0-9]+")


def new_reference(now: datetime) -> str:
    """``DEP-YYYYMMDD-`` and six random characters."""
    return f"DEP-{now:%Y%m%d}-" + "".join(secrets.choice(ALPHABET) for _ in range(_CODE_LENGTH))


def references_in(text: str) -> list[str]:
    """Everything in a transfer's text that may be a reference, in the form in which references are kept.

    Case, Turkish letters, hyphens, spaces and text round it make no difference, nor does a missing DEP. More is found than was meant: only
    what exists counts.
    """
    compact = _SEPARATOR.sub("", fold(text[:TEXT_LENGTH_MAX]))
    found = (f"DEP-{match[1]}-{match[2].upper()}" for match in _FORM.finditer(compact))
    return list(dict.fromkeys(found))
