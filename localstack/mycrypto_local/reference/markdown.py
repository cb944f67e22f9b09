"""Tables of Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

WRITTEN: str = "Written by `mycrypto docs`; edit the source it names, not this page."


def page(title: str, *parts: str) -> str:
    """A page from paragraphs and tables."""
    return "\n\n".join((f"# {title}", WRITTEN, *parts)) + "\n"


def table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table; a bar inside a cell is escaped, a line break becomes a space."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join("| " + " | ".join(_cell(cell) for cell in line) + " |" for line in lines)


def code(text: object) -> str:
    """As code; empty stays empty."""
    return f"`{text}`" if text not in {"", None} else ""


def _cell(value: object) -> str:
    return " ".join(str(value).split()).replace("|", "\\|")
