"""The rules of accounts, without effects: which input is valid, what follows from a log-in attempt, what a user may do."""

from __future__ import annotations

import re
from datetime import timedelta
from enum import StrEnum
from typing import Final

from mycrypto.errors import FieldError

EMAIL_LENGTH_MAX: Final = 255
PASSWORD_LENGTH_MIN: Final = 8
PASSWORD_LENGTH_MAX: Final = 128
PASSWORD_SPECIALS: Final = "@$!%*?&"  # noqa: S105 - the characters of the rule

CONSENT_VERSION: Final = "1.0 (2025-11-19)"
VERIFICATION_LIFE: Final = timedelta(hours=24)

_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_EMAIL: Final = re.compile(rf"[A-Za-z0-9.!#$%&'*+/=?^_`{{|}}~-]{{1,64}}@(?:{_LABEL}\.)+{_LABEL}")


class UserStatus(StrEnum):
    ACTIVE = "ACTIVE"
    SUSPENDED = "SUSPENDED"
    LOCKED = "LOCKED"
    CLOSED = "CLOSED"


def normal_email(text: str) -> str:
    """The one spelling under which an address is stored and looked up, also where a Turkish keyboard made capitals."""
    return text.strip().replace("İ", "i").lower()


def email_problem(email: str) -> str | None:
    """Why this is no address that we write to, if so."""
    if len(email) > EMAIL_LENGTH_MAX:
        return f"must have at most {EMAIL_LENGTH_MAX} characters"
    local, _, _ = email.partition("@")
    if not _EMAIL.fullmatch(email) or ".." in local or local.startswith(".") or local.endswith("."):
        return "is not a valid e-mail address"
    return None


def password_problem(password: str) -> str | None:
    """What a new password lacks, if anything."""
    if not PASSWORD_LENGTH_MIN <= len(password) <= PASSWORD_LENGTH_MAX:
        return f"must have {PASSWORD_LENGTH_MIN} to {PASSWORD_LENGTH_MAX} characters"
    missing = [
        name
        for name, present in (
            ("a lower-case letter", any(letter.islower() for letter in password)),
            ("an upper-case letter", any(letter.isupper() for letter in password)),
            ("a digit", any("0" <= letter <= "9" for letter in password)),
            (f"one of {' '.join(PASSWORD_SPECIALS)}", any(letter in PASSWORD_SPECIALS for letter in password)),
        )
        if not present
    ]
    return f"must contain {', '.join(missing)}" if missing else None


def registration_problems(email: str, password: str, *, terms: bool, consent: bool) -> list[FieldError]:
    """Everything that keeps these details from becoming an account; empty if nothing does."""
    found = (
        ("email", email_problem(email)),
        ("password", password_problem(password)),
        ("terms_accepted", None if terms else "must be accepted"),
        ("kvkk_consent_accepted", None if consent else "must be accepted"),
    )
    return [FieldError(field, words) for field, words in found if words]


class LoginOutcome(StrEnum):
    """What follows from a password; everything but ``WRONG`` is said only to who knows the password and is let try it."""

    WRONG = "wrong"
    SUSPENDED = "suspended"
    UNVERIFIED = "unverified"
    SECOND_FACTOR = "second_factor"
    OPEN = "open"


def judge_login(*, password_right: bool, status: UserStatus, email_verified: bool, second_factor: bool) -> LoginOutcome:
    """The outcome of a log-in. A right password that the guard does not admit is none."""
    if not password_right:
        return LoginOutcome.WRONG
    if status is not UserStatus.ACTIVE:
        return LoginOutcome.SUSPENDED
    if not email_verified:
        return LoginOutcome.UNVERIFIED
    return LoginOutcome.SECOND_FACTOR if second_factor else LoginOutcome.OPEN
