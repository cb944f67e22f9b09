"""Backup codes: ten for the day the phone is lost, each good once, stored as bcrypt hashes."""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from typing import Final
from uuid import UUID

import bcrypt

from functions.auth.store.second_factor import BackupCode

COUNT: Final = 10
BCRYPT_ROUNDS: Final = 10
_FORM: Final = re.compile(r"[0-9A-F]{4}-[0-9A-F]{4}")


def new_codes() -> list[str]:
    """Ten codes of the form XXXX-XXXX (hex digits), all different."""
    codes: set[str] = set()
    while len(codes) < COUNT:
        digits = secrets.token_hex(4).upper()
        codes.add(f"{digits[:4]}-{digits[4:]}")
    return sorted(codes)


def hashes_of(codes: Sequence[str]) -> list[str]:
    """What is stored; about half a second for ten."""
    return [bcrypt.hashpw(code.encode(), bcrypt.gensalt(BCRYPT_ROUNDS)).decode() for code in codes]


def normal(text: str) -> str | None:
    """A code as it was printed, or ``None`` if this is none; lower case is understood."""
    code = text.strip().upper()
    return code if _FORM.fullmatch(code) else None


def find(code: str, unused: Sequence[BackupCode]) -> UUID | None:
    """Which of the unused codes this is. All are compared, so that time tells nothing about the place of a match."""
    matches = [stored.id for stored in unused if bcrypt.checkpw(code.encode(), stored.code_hash.encode())]
    return matches[0] if matches else None
