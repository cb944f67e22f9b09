"""The text format of PostgreSQL's COPY, as ``pg_dump`` writes it."""

from __future__ import annotations

import re
from typing import Final

Row = dict[str, str | None]
"""A row by column, every value as PostgreSQL prints it."""

_ESCAPE: Final = re.compile(r"\\(x[0-9a-fA-F]{1,2}|[0-7]{1,3}|.)", re.DOTALL)
_LETTERS: Final = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_NULL: Final = "\\N"


def _meant(match: re.Match[str]) -> str:
    code = match[1]
    if code in _LETTERS:
        return _LETTERS[code]
    if code[0] == "x" and len(code) > 1:
        return chr(int(code[1:], 16))
    return chr(int(code, 8)) if code.isdigit() else code


def parse_line(line: str) -> list[str | None]:
    """The values of one line, without its line feed."""
    return [None if value == _NULL else _ESCAPE.sub(_meant, value) if "\\" in value else value for value in line.split("\t")]
