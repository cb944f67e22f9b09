"""One spelling for text that people, keyboards and banks write in several. Pure.

Turkish software makes ``İ`` of ``i`` and ``I`` of ``ı``; old systems read Turkish text in the wrong code page. For comparing, not for showing.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from mycrypto import texts

_LETTERS: Final = str.maketrans(
    {
        "İ": "i", "I": "i", "ı": "i",
        # ISO 8859-9 that was read as ISO 8859-1
        "Ý": "i", "ý": "i", "Þ": "s", "þ": "s", "Ð": "g", "ð": "g",
        # what Unicode does not take apart
        "ß": "ss", "ẞ": "ss", "Æ": "ae", "æ": "ae", "Œ": "oe", "œ": "oe", "Ø": "o", "ø": "o", "Đ": "d", "đ": "d", "Ł": "l", "ł": "l",
    }
)  # fmt: skip
_WORD: Final = re.compile(r"[^\W_]+")
_INVISIBLE: Final = frozenset({"Cf", "Mn", "Me"})
"""Categories of characters that change how a text looks or breaks, not what it says: accents, joiners, byte order marks."""


def fold(text: str) -> str:
    """Lower case without accents; all four Turkish letters i are ``i``. Give it text of bounded length: some characters become many."""
    plain = unicodedata.normalize("NFKD", text.translate(_LETTERS))
    return "".join(letter for letter in plain if unicodedata.category(letter) not in _INVISIBLE).translate(_LETTERS).casefold()


def words(text: str) -> list[str]:
    """The folded words, in order: runs of letters and digits."""
    return _WORD.findall(fold(text))


def typed(text: str) -> str:
    """A text that a user typed into a form, without the blanks around it, and with ASCII letters for Turkish ones in codes."""
    return text.strip().replace("İ", "I").replace("ı", "i")


def printable(text: str, length_max: int) -> str:
    """At most ``length_max`` characters of a foreign text, as a database can keep it and a person can read it."""
    return texts.storable(text[:length_max])[:length_max]
