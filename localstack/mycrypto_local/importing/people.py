"""Rules for users and their proofs of identity."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Final
from uuid import UUID

import msgspec

from mycrypto.kyc import is_national_id
from mycrypto.security import passwords
from mycrypto_local.importing import reading
from mycrypto_local.importing.copy_text import Row
from mycrypto_local.importing.reading import MisfitError
from mycrypto_local.importing.report import Effect, Misfit

USERS: Final = "users"
KYC: Final = "kyc_submissions"
CONSENT: Final = "earlier-platform"
"""The version of the terms that an imported user accepted."""

NO_PASSWORD: Final = passwords.DUMMY_HASH
"""No user's password; comparing with it takes as long as with any other."""

_HASH: Final = re.compile(r"\$2[aby]\$[0-9]{2}\$[./A-Za-z0-9]{53}|\$argon2id\$.{20,400}")
_EMAIL: Final = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_PHONE: Final = re.compile(r"\+905[0-9]{9}")
_STATUSES: Final = {"ACTIVE", "SUSPENDED", "LOCKED"}
_LEVELS: Final = {"LEVEL_1": 2, "LEVEL_2": 3, "2": 2, "3": 3}
_NAME_LENGTHS: Final = range(2, 101)


class NewUser(msgspec.Struct, frozen=True, kw_only=True):
    """As it is written into ``users``; the level of a proved identity comes with the proof."""

    id: UUID
    email: str
    password_hash: str
    email_verified: bool
    phone: str | None
    status: str
    locked_until: datetime | None
    last_login_at: datetime | None
    created_at: datetime
    proof_claimed: bool
    """The earlier platform says that an identity was proved or applied for."""


class NewProof(msgspec.Struct, frozen=True, kw_only=True):
    """A decided application; the national id is sealed when it is written."""

    id: UUID
    user_id: UUID
    level: int
    status: str
    national_id: str
    first_name: str
    last_name: str
    date_of_birth: date
    phone: str
    mks_verified: bool
    submitted_at: datetime
    reviewed_at: datetime
    rejection_reason: str | None


def user_of(row: Row) -> tuple[NewUser, list[Misfit]]:
    """Raises MisfitError. What is only less than it was comes as a list: a second factor, a staff role, an unreadable hash or phone."""
    user_id = reading.uuid(row, "id")
    email = reading.text(row, "email").strip().lower()
    if not _EMAIL.fullmatch(email) or len(email) > 255:
        raise MisfitError("EMAIL", "the e-mail address is none")
    if not (reading.truth(row, "terms_accepted") and reading.truth(row, "kvkk_consent_accepted")):
        raise MisfitError("NO_CONSENT", "terms or KVKK were not accepted")
    status, password, phone = reading.text(row, "status"), reading.text(row, "password_hash"), reading.text(row, "phone")
    roles = reading.text(row, "roles", "role")
    lost = [
        (status not in _STATUSES, "STATUS", "unknown status; SUSPENDED here until staff decide"),
        (not _HASH.fullmatch(password), "PASSWORD_HASH", "neither bcrypt nor Argon2id; the user asks for a new password"),
        (bool(phone) and not _PHONE.fullmatch(phone), "PHONE", "no Turkish mobile number; left empty"),
        (
            reading.truth(row, "two_fa_enabled"),
            "SECOND_FACTOR",
            "its secret is sealed with the earlier platform's key; the user sets it up again",
        ),
        ("ADMIN" in roles or "SUPPORT" in roles, "STAFF_ROLE", "roles of staff are given here"),
    ]
    user = NewUser(
        id=user_id,
        email=email,
        password_hash=password if _HASH.fullmatch(password) else NO_PASSWORD,
        email_verified=reading.truth(row, "email_verified"),
        phone=phone if _PHONE.fullmatch(phone) else None,
        status=status if status in _STATUSES else "SUSPENDED",
        locked_until=reading.moment_or_none(row, "locked_until"),
        last_login_at=reading.moment_or_none(row, "last_login_at"),
        created_at=reading.moment(row, "created_at"),
        proof_claimed=reading.text(row, "kyc_status") in {"APPROVED", "PENDING"},
    )
    return user, [Misfit(USERS, str(user_id), reason, detail, Effect.CHANGED) for holds, reason, detail in lost if holds]


def proof_of(row: Row) -> NewProof:
    """Raises MisfitError, also for one that is not decided: its pictures are not here, so nothing could be reviewed."""
    status, level = reading.text(row, "status"), _LEVELS.get(reading.text(row, "level"))
    if status not in {"APPROVED", "REJECTED"}:
        raise MisfitError("PROOF_NOT_DECIDED", "the pictures are not here; the user applies again")
    if level is None:
        raise MisfitError("LEVEL", "is none of LEVEL_1, LEVEL_2, 2, 3")
    national_id, phone = reading.text(row, "tc_kimlik_no"), reading.text(row, "phone")
    first, last = reading.text(row, "first_name").strip(), reading.text(row, "last_name").strip()
    if not is_national_id(national_id):
        raise MisfitError("NATIONAL_ID", "the national id is none")
    if not _PHONE.fullmatch(phone):
        raise MisfitError("PHONE", "no Turkish mobile number")
    if len(first) not in _NAME_LENGTHS or len(last) not in _NAME_LENGTHS:
        raise MisfitError("NAME", "first and last name have 2 to 100 characters")
    submitted = reading.moment(row, "submitted_at")
    return NewProof(
        id=reading.uuid(row, "id"),
        user_id=reading.uuid(row, "user_id"),
        level=level,
        status=status,
        national_id=national_id,
        first_name=first,
        last_name=last,
        date_of_birth=reading.day(row, "date_of_birth"),
        phone=phone,
        mks_verified=reading.truth(row, "mks_verified"),
        submitted_at=submitted,
        reviewed_at=reading.moment_or_none(row, "reviewed_at") or submitted,
        rejection_reason=(reading.text(row, "rejection_reason") or "not said")[:500] if status == "REJECTED" else None,
    )
