"""Passwords at rest: Argon2id (46 MiB, one pass, one lane) is written; bcrypt, from earlier systems, is still read.

The parameters stand in each hash, so they can be raised at any time: a hash made with others verifies and asks to be renewed.
"""

from __future__ import annotations

from typing import Final

import bcrypt
import msgspec
from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError

MEMORY_KIB: Final = 46 * 1024
PASSES: Final = 1
LANES: Final = 1
BCRYPT_BYTES_MAX: Final = 72
_BCRYPT_PREFIXES: Final = ("$2a$", "$2b$", "$2y$")

_hasher: Final = PasswordHasher(time_cost=PASSES, memory_cost=MEMORY_KIB, parallelism=LANES, hash_len=32, salt_len=16, type=Type.ID)

DUMMY_HASH: Final = "$argon2id$v=19$m=47104,t=1,p=1$MDEyMzQ1Njc4OWFiY2RlZg$8n0j0Zs0m1yq8Xh0Tt4mEoQ0mQ3z5s0u3C8m1l2o9pE"
"""A hash of no user's password, with today's parameters: verified for unknown users, so that they take as long as known ones."""


class Verification(msgspec.Struct, frozen=True):
    """Whether the password is right, and whether it should be hashed again with today's parameters."""

    matches: bool
    outdated: bool = False


def hash_password(password: str) -> str:
    """The hash to store, in PHC form. Takes about 0.1 s of one core."""
    return _hasher.hash(password)


def verify_password(stored: str, password: str) -> Verification:
    """Compare in constant time. A damaged or unknown hash matches nothing."""
    if stored.startswith(_BCRYPT_PREFIXES):
        # bcrypt never looked further than 72 bytes; the library now insists on being told so
        try:
            matches = bcrypt.checkpw(password.encode()[:BCRYPT_BYTES_MAX], stored.encode())
        except ValueError:
            matches = False
        return Verification(matches, outdated=matches)
    try:
        _hasher.verify(stored, password)
    except (VerificationError, InvalidHashError):
        return Verification(matches=False)
    return Verification(matches=True, outdated=_hasher.check_needs_rehash(stored))


def waste_time(password: str) -> None:
    """Do the work of a verification for a user who does not exist."""
    verify_password(DUMMY_HASH, password)
