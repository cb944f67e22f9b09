"""Passwords that are guessed first: common and breached ones, in whatever dress, and those made of what everybody knows about the account.

zxcvbn brings frequency lists (30,000 breached passwords, names, English words) and estimates how many guesses an attacker needs who knows
them, keyboards, dates, repetitions and usual substitutions. That is asked twice: of the password as it is, and of its core, which is what is left
without Turkish letters, usual substitutions, and digits and signs at the ends: ``Şifre123!`` and ``P@ssw0rd2026!`` are one common word each.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from zxcvbn import zxcvbn

from functions.auth.turkish_words import WORDS
from mycrypto.spelling import fold

GUESSES_MIN: Final = 1_000_000
"""What a throttled guard makes hopeless (240 a day) and the fastest list of an attacker does not reach first."""
CORE_GUESSES_MIN: Final = 100_000
"""Of the core, which many dresses share."""
LENGTH_JUDGED: Final = 72
SUBSTITUTES_MAX: Final = 6
CONTEXT_MIN: Final = 4
"""A part of the address that is shorter says nothing about a password that has it."""
BRAND: Final = ("mycrypto", "my crypto", "exchange", "bitcoin", "ethereum", "tether", "kripto", "borsa")
_SUBSTITUTES: Final = str.maketrans("@4830!1|$5760€", "aabeoiilsstgoe")
_SUBSTITUTES_OF_THE_LIBRARY: Final = frozenset("4@8({[<369!1|0$57+%2")
_ENDS: Final = re.compile(r"^[^a-z]+|[^a-z]+$")
WORDS_OF: Final = "is one of the passwords that are guessed first"


def cores(password: str) -> Iterator[str]:
    """What is left of a password without its dress: first of the ends, then of the substitutions; and the other way round."""
    plain = fold(password)
    bare = _ENDS.sub("", plain)
    yield bare.translate(_SUBSTITUTES)
    yield _ENDS.sub("", plain.translate(_SUBSTITUTES))
    yield bare


def context_of(email: str) -> list[str]:
    """What everybody knows who knows the address: its parts, joined and one by one."""
    local, _, domain = fold(email).partition("@")
    parts = [re.sub(r"[^a-z0-9]", "", local), *re.split(r"[^a-z]+", local), *domain.split(".")[:-1]]
    return [part for part in dict.fromkeys(parts) if len(part) >= CONTEXT_MIN]


def problem(password: str, email: str) -> str | None:
    """Why this password must not be used for this account, if so."""
    known = [*context_of(email), *BRAND, *WORDS]
    if _guesses(password, known) < GUESSES_MIN:
        return WORDS_OF
    for core in dict.fromkeys(cores(password)):
        letters = re.sub(r"[^a-z0-9]", "", core)
        # a core of three letters and less is no word: then the digits and signs around it are the password, and were judged above
        if len(letters) >= CONTEXT_MIN and (letters in known or (core == letters and _guesses(letters, known) < CORE_GUESSES_MIN)):
            return WORDS_OF
    return None


def _guesses(text: str, known: list[str]) -> int:
    judged = text[:LENGTH_JUDGED]
    # the library tries every combination of substitutes; a password with more kinds of them is no word in disguise
    usual = dict.fromkeys(letter for letter in judged if letter in _SUBSTITUTES_OF_THE_LIBRARY)
    for letter in list(usual)[SUBSTITUTES_MAX:]:
        judged = judged.replace(letter, "_")
    return int(zxcvbn(judged, user_inputs=known)["guesses"]) if judged else 0
