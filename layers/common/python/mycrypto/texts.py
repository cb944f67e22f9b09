"""The one gate for text from outside: what a path, a query, a header, a body, a file's name or a message may hold, whichever server reads it.

A text is no longer than :data:`LENGTH_MAX`, holds nothing that a reader cannot see or a database cannot keep (control characters, line
separators, lone surrogates, code points that are no characters), and nothing that shows other text than it holds (overrides and isolates of
the writing direction). What passes is in Unicode's normal form C, so that one name has one spelling.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final
from unicodedata import is_normalized, normalize

import msgspec

from mycrypto.errors import ProblemError, invalid

LENGTH_MAX: Final = 8_192
FIELD_NAME_SHOWN_MAX: Final = 60
PATTERN: Final = "^[^\\u0000-\\u001F\\u007F-\\u009F\\u2028\\u2029\\u202A-\\u202E\\u2066-\\u2069\\uFDD0-\\uFDEF\\uFFFE\\uFFFF]*$"
"""What the documents say of a text that has no narrower form; the rest of the rule is no matter of single characters."""

NOT_BLANK: Final = PATTERN.replace("^", r"^(?=.*\S)", 1).removesuffix("$") + r"\Z"
"""The same of a text that says something, for models: ``$`` would let a line break through behind it."""

_REFUSED: Final = re.compile(
    "[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufdd0-\ufdef"
    + "".join(f"{chr(plane * 0x10000 + 0xFFFE)}{chr(plane * 0x10000 + 0xFFFF)}" for plane in range(17))
    + "]"
)
_LONG: Final = re.compile(rb'"[^"]{%d}' % (LENGTH_MAX + 1))


def fault_of(text: str) -> str:
    """What is wrong with a text, to stand behind its name; "" for nothing."""
    if len(text) > LENGTH_MAX:
        return f"must have at most {LENGTH_MAX} characters"
    if text.isascii() and text.isprintable():
        return ""
    found = _REFUSED.search(text)
    return "" if found is None else f"must not hold the character U+{ord(found[0]):04X}"


def accepted(text: str, field: str) -> str:
    """The text in normal form. Raises VALIDATION_ERROR that names the field."""
    if fault := fault_of(text):
        shown = _REFUSED.sub("?", field)[:FIELD_NAME_SHOWN_MAX]
        raise invalid(shown, fault)
    return text if text.isascii() else normalize("NFC", text)


def accepted_header(raw: bytes, field: str) -> str:
    """A header's value; it is read as UTF-8, and as Latin-1 where it is none. Raises VALIDATION_ERROR."""
    try:
        return accepted(raw.decode(), field)
    except UnicodeDecodeError:
        return accepted(raw.decode("latin-1"), field)


def accepted_json(raw: bytes) -> bytes:
    """A JSON text whose texts, at any depth, are acceptable and in normal form. Raises VALIDATION_ERROR. A body that is not JSON is returned as it
    is: the decoder of its model reports it.
    """
    if raw.isascii() and b"\\" not in raw and b"\x7f" not in raw and (len(raw) <= LENGTH_MAX or not _LONG.search(raw)):
        return raw  # nothing in it can be refused: parsers take no raw control characters
    try:
        document = msgspec.json.decode(raw)
        if not _walk(document, ""):
            return msgspec.json.encode(_mapped(document, lambda text: normalize("NFC", text)))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return raw
    return raw


def storable(text: str) -> str:
    """A text of a log or a queue as PostgreSQL can keep it. Characters that the API refuses are replaced here, whatever their origin, because a
    consumer that stops at one record would stop for ever.
    """
    return text if fault_of(text) == "" else normalize("NFC", _REFUSED.sub("\ufffd", text)[:LENGTH_MAX])


def storable_json(raw: bytes) -> bytes:
    """A JSON message of a queue with every text as :func:`storable` has it."""
    try:
        return accepted_json(raw)
    except ProblemError:
        return msgspec.json.encode(_mapped(msgspec.json.decode(raw), storable))


def _walk(value: Any, field: str) -> bool:
    """Whether all texts at and below this place are in normal form. Raises VALIDATION_ERROR for one that is not acceptable."""
    normal = True
    if isinstance(value, str):
        if fault := fault_of(value):
            raise invalid(field or "body", fault)
        normal = value.isascii() or is_normalized("NFC", value)
    elif isinstance(value, dict):
        for name, inner in value.items():
            shown = accepted(name, "a field's name")
            normal &= shown == name
            normal &= _walk(inner, f"{field}.{shown}" if field else shown)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            normal &= _walk(inner, f"{field}[{index}]")
    return normal


def _mapped(value: Any, change: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, dict):
        return {change(name): _mapped(inner, change) for name, inner in value.items()}
    return [_mapped(inner, change) for inner in value] if isinstance(value, list) else value
