"""What staff read and change."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec
from psycopg import Connection
from psycopg.rows import class_row

from functions.auth.rules import normal_email
from functions.auth.store.users import COLUMNS, User


class UserFilter(msgspec.Struct, frozen=True):
    """Texts are parts of what they name, in any case and with or without the dots of Turkish letters; ``None`` and "" do not narrow."""

    id: UUID | None
    email: str
    phone: str
    name: str
    kyc_level: int | None
    role: str
    status: str


_CONDITIONS = {
    "id": "id = %(id)s",
    "email": "email LIKE %(email)s",
    "phone": "phone LIKE %(phone)s",
    "name": """id IN (SELECT user_id FROM kyc_submissions
        WHERE lower(translate(first_name || ' ' || last_name, 'İIı', 'iii')) LIKE %(name)s)""",
    "kyc_level": "kyc_level = %(kyc_level)s",
    "role": "%(role)s = ANY(roles)",
    "status": "status = %(status)s",
}
_TURKISH_I = str.maketrans("İIı", "iii")


def _pattern(text: str) -> str:
    """A text that is searched for is no pattern."""
    return "%" + text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%" if text else ""


def find_users(connection: Connection, narrowed: UserFilter, limit: int, offset: int) -> tuple[list[User], int]:
    """Users, newest first, and how many there are in all."""
    values: dict[str, object] = {
        **msgspec.structs.asdict(narrowed),
        "email": _pattern(normal_email(narrowed.email)),
        "phone": _pattern("".join(narrowed.phone.split())),
        "name": _pattern(" ".join(narrowed.name.translate(_TURKISH_I).lower().split())),
        "limit": limit,
        "offset": offset,
    }
    condition = " AND ".join(text for name, text in _CONDITIONS.items() if values[name] not in (None, "")) or "true"
    with connection.cursor(row_factory=class_row(User)) as cursor:
        found = cursor.execute(
            f"SELECT {COLUMNS} FROM users WHERE {condition} ORDER BY created_at DESC, id LIMIT %(limit)s OFFSET %(offset)s",  # noqa: S608
            values,
        ).fetchall()
    total = connection.execute(f"SELECT count(*) FROM users WHERE {condition}", values).fetchone()  # noqa: S608
    return found, total[0] if total else 0


def set_roles(connection: Connection, user_id: UUID, roles: list[str], now: datetime) -> None:
    connection.execute("UPDATE users SET roles = %s, updated_at = %s WHERE id = %s", (roles, now, user_id))


def set_tier(connection: Connection, user_id: UUID, tier: str, now: datetime) -> None:
    connection.execute("UPDATE users SET rate_limit_tier = %s, updated_at = %s WHERE id = %s", (tier, now, user_id))


def set_status(connection: Connection, user_id: UUID, status: str, now: datetime) -> None:
    connection.execute("UPDATE users SET status = %s, updated_at = %s WHERE id = %s", (status, now, user_id))
