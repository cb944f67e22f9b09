"""Whether two names are of the same person, as a bank writes names and as a passport does. Pure."""

from __future__ import annotations

from typing import Final

from mycrypto.spelling import words

NAME_LENGTH_MAX: Final = 255
_TITLES: Final = frozenset(
    "av bay bayan doc dr dt ecz gor mim mr mrs ms muh ogr op prof sayin sn uz uzm yrd".split()  # noqa: SIM905 - as a list it fills a page
)


def same_name(one: str, other: str) -> bool:
    """Case, accents, the Turkish letters i, the order of the names, spaces and titles in front make no difference; a missing name does.

    A text without letters is not a name: it equals no other.
    """
    first, second = words(one[:NAME_LENGTH_MAX]), words(other[:NAME_LENGTH_MAX])
    return _same(first, second) or _same(_without_titles(first), _without_titles(second))


def _without_titles(name: list[str]) -> list[str]:
    """A title is one only in front of two names: there are people whose name is Sayın."""
    while len(name) > 2 and name[0] in _TITLES:
        name = name[1:]
    return name


def _same(one: list[str], other: list[str]) -> bool:
    return bool(one) and (sorted(one) == sorted(other) or "".join(one) == "".join(other))
