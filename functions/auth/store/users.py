"""The table ``users``."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec
from psycopg import Connection
from psycopg.errors import UniqueViolation
from psycopg.rows import class_row

from functions.auth.rules import UserStatus
from mycrypto.security.tokens import Identity, Role, Tier, parse_roles


class User(msgspec.Struct, frozen=True):
    """A row, without what only the database needs."""

    id: UUID
    email: str
    password_hash: str
    email_verified: bool
    two_fa_enabled: bool
    phone: str | None
    roles: list[str]
    rate_limit_tier: str
    kyc_status: str
    kyc_level: int
    status: str
    last_login_at: datetime | None
    created_at: datetime
    locale: str
    time_zone: str
    mail_word: str | None

    @property
    def identity(self) -> Identity:
        return Identity(self.id, self.email, self.role_set, Tier(self.rate_limit_tier), self.kyc_level, self.two_fa_enabled)

    @property
    def role_set(self) -> tuple[Role, ...]:
        return parse_roles(self.roles)

    @property
    def account_status(self) -> UserStatus:
        return UserStatus(self.status)

    def is_active(self) -> bool:
        return self.account_status is UserStatus.ACTIVE


class NewUser(msgspec.Struct, frozen=True):
    id: UUID
    email: str
    password_hash: str
    token_hash: str
    token_expires_at: datetime
    consent_version: str
    locale: str
    created_at: datetime


NO_USER_ID: Final = UUID(int=0)
"""No user has this id. The statements for an unknown address run with it, so that they take the same time."""


class EmailTakenError(Exception):
    """The address has an account already."""


COLUMNS = """id, email, password_hash, email_verified, two_fa_enabled, phone, roles, rate_limit_tier, kyc_status, kyc_level, status,
    last_login_at, created_at, locale, time_zone, mail_word"""


def _one(connection: Connection, condition: str, value: object) -> User | None:
    with connection.cursor(row_factory=class_row(User)) as cursor:
        # the condition is one of the texts of this module; values are always parameters
        return cursor.execute(f"SELECT {COLUMNS} FROM users WHERE {condition}", (value,)).fetchone()  # noqa: S608


def by_email(connection: Connection, email: str) -> User | None:
    return _one(connection, "email = %s", email)


def by_id(connection: Connection, user_id: UUID) -> User | None:
    return _one(connection, "id = %s", user_id)


def lock_by_id(connection: Connection, user_id: UUID) -> User | None:
    """The row, held until the transaction ends: attempts on one account are judged one after the other."""
    return _one(connection, "id = %s FOR UPDATE", user_id)


def lock_by_email(connection: Connection, email: str) -> User | None:
    return _one(connection, "email = %s FOR UPDATE", email)


def email_exists(connection: Connection, email: str) -> bool:
    return connection.execute("SELECT 1 FROM users WHERE email = %s", (email,)).fetchone() is not None


def insert(connection: Connection, user: NewUser) -> None:
    """Raises EmailTakenError; the caller's transaction is then lost."""
    try:
        connection.execute(
            """INSERT INTO users (id, email, password_hash, email_verification_token_hash, email_verification_token_expires_at,
                   terms_accepted, terms_version, kvkk_consent_accepted, kvkk_consent_version, consented_at, locale, created_at, updated_at)
               VALUES (%(id)s, %(email)s, %(password_hash)s, %(token_hash)s, %(token_expires_at)s,
                   true, %(consent_version)s, true, %(consent_version)s, %(created_at)s, %(locale)s, %(created_at)s, %(created_at)s)""",
            msgspec.structs.asdict(user),
        )
    except UniqueViolation:
        raise EmailTakenError from None


def set_verification_token(connection: Connection, user_id: UUID, token_hash: str, expires_at: datetime) -> None:
    """Replace the token; an earlier one is worth nothing from now on."""
    connection.execute(
        """UPDATE users SET email_verification_token_hash = %s, email_verification_token_expires_at = %s, updated_at = now()
            WHERE id = %s AND NOT email_verified""",
        (token_hash, expires_at, user_id),
    )


def verify_email(connection: Connection, token_hash: str, now: datetime) -> User | None:
    """Spend the token: the address is confirmed, KYC level 1 reached. ``None`` if it is unknown, spent or expired."""
    with connection.cursor(row_factory=class_row(User)) as cursor:
        return cursor.execute(
            f"""UPDATE users SET email_verified = true, kyc_level = greatest(kyc_level, 1), updated_at = %s,
                   email_verification_token_hash = NULL, email_verification_token_expires_at = NULL
                WHERE email_verification_token_hash = %s AND email_verification_token_expires_at > %s RETURNING {COLUMNS}""",  # noqa: S608
            (now, token_hash, now),
        ).fetchone()


def record_login(connection: Connection, user_id: UUID, ip: str, now: datetime) -> None:
    connection.execute(
        "UPDATE users SET last_login_at = %s, last_login_ip = %s, updated_at = %s WHERE id = %s",
        (now, ip, now, user_id),
    )


def set_password_hash(connection: Connection, user_id: UUID, password_hash: str) -> None:
    connection.execute("UPDATE users SET password_hash = %s, updated_at = now() WHERE id = %s", (password_hash, user_id))


def set_phone(connection: Connection, user_id: UUID, phone: str | None) -> None:
    connection.execute("UPDATE users SET phone = %s, updated_at = now() WHERE id = %s", (phone, user_id))


def set_email(connection: Connection, user_id: UUID, email: str, now: datetime) -> None:
    """Raises EmailTakenError; the caller's transaction is then lost."""
    try:
        connection.execute("UPDATE users SET email = %s, updated_at = %s WHERE id = %s", (email, now, user_id))
    except UniqueViolation:
        raise EmailTakenError from None


def set_preferences(connection: Connection, user_id: UUID, locale: str, time_zone: str) -> None:
    connection.execute("UPDATE users SET locale = %s, time_zone = %s, updated_at = now() WHERE id = %s", (locale, time_zone, user_id))


def is_time_zone(connection: Connection, name: str) -> bool:
    """Whether the database knows a time zone by exactly this name."""
    return connection.execute("SELECT 1 FROM pg_timezone_names WHERE name = %s", (name,)).fetchone() is not None


def set_mail_word(connection: Connection, user_id: UUID, word: str | None) -> None:
    connection.execute("UPDATE users SET mail_word = %s, updated_at = now() WHERE id = %s", (word, user_id))


def cut_off_tokens(connection: Connection, user_id: UUID, now: datetime) -> None:
    """Write down that tokens from before this moment are refused; Redis only repeats it."""
    connection.execute("UPDATE users SET tokens_valid_from = %s, updated_at = %s WHERE id = %s", (now, now, user_id))
