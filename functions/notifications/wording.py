"""What a language brings to a mail: its sentences, its words for states, and how it writes numbers."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final

import msgspec

from mycrypto.mail import MailKind

_DECIMAL: Final = re.compile(r"(-?)([0-9]+)(?:\.([0-9]+))?")


class Template(msgspec.Struct, frozen=True):
    """Paragraphs with ``{detail}`` marks; ``button`` is the text of the link to ``{link}``, if there is one."""

    subject: str
    paragraphs: tuple[str, ...]
    button: str = ""


class Language(msgspec.Struct, frozen=True, kw_only=True):
    """``word`` is the sentence that shows the user's anti-phishing word."""

    code: str
    greeting: str
    signature: str
    word: str
    templates: Mapping[MailKind, Template]
    status: Mapping[str, str]
    condition: Mapping[str, str]
    side: Mapping[str, str]
    number: Callable[[str], str]


def _number(text: str, thousands: str, decimal: str) -> str:
    found = _DECIMAL.fullmatch(text)
    if not found:
        return text
    grouped = re.sub(r"(?<=[0-9])(?=(?:[0-9]{3})+$)", thousands, found[2])
    return f"{found[1]}{grouped}{decimal}{found[3]}" if found[3] else found[1] + grouped


def turkish_number(text: str) -> str:
    """A decimal string as it is read in Turkey: ``1234.50`` as ``1.234,50``. Any other text is returned as it is."""
    return _number(text, ".", ",")


def english_number(text: str) -> str:
    """A decimal string as it is read in English: ``1234.50`` as ``1,234.50``. Any other text is returned as it is."""
    return _number(text, ",", ".")
