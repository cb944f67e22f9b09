"""What the platform keeps about one user, read whole."""

from __future__ import annotations

from typing import Any, Final, LiteralString
from uuid import UUID

from psycopg import Connection
from psycopg.rows import dict_row

ROWS_MAX: Final = 100_000
"""Of each list; the newest."""

_OWN: Final[dict[str, LiteralString]] = {
    "sessions": """SELECT family_id AS session, host(ip_address) AS ip_address, user_agent, signed_in_at, created_at, expires_at, revoked_at,
        revoked_reason FROM sessions WHERE user_id = %s ORDER BY created_at DESC LIMIT %s""",
    "trusted_devices": """SELECT host(ip_address) AS ip_address, user_agent, trusted_at, last_used_at, expires_at FROM trusted_devices
        WHERE user_id = %s ORDER BY trusted_at LIMIT %s""",
    "api_keys": """SELECT key_id, label, scopes, ip_list::text[] AS ip_list, created_at, expires_at, suspended_at, revoked_at FROM api_keys
        WHERE user_id = %s ORDER BY created_at LIMIT %s""",
    "identity_applications": """SELECT id, level, status, first_name, last_name, date_of_birth, phone, submitted_at, reviewed_at,
        rejection_code, rejection_reason FROM kyc_submissions WHERE user_id = %s ORDER BY submitted_at LIMIT %s""",
    "identity_pictures": """SELECT submission_id, document_type, status, mime_type, file_size, file_hash AS sha256, created_at FROM kyc_documents
        WHERE user_id = %s ORDER BY created_at LIMIT %s""",
    "activity": """SELECT action, result, resource, actor_type <> 'USER' AS by_staff,
        CASE WHEN actor_type = 'USER' THEN host(ip_address) END AS ip_address, CASE WHEN actor_type = 'USER' THEN user_agent END AS user_agent,
        timestamp FROM audit_logs WHERE user_id = %s AND action NOT LIKE '%%.viewed' ORDER BY timestamp DESC LIMIT %s""",
    "notices": """SELECT kind, params, happened_at, read_at FROM notices WHERE user_id = %s ORDER BY place DESC LIMIT %s""",
    "mails": """SELECT type, recipient, status, sent_at, created_at FROM email_logs WHERE user_id = %s ORDER BY created_at DESC LIMIT %s""",
}


def account(connection: Connection, user_id: UUID) -> dict[str, Any] | None:
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(
            """SELECT id, email, email_verified, phone, locale, time_zone, mail_word AS anti_phishing_word, roles, rate_limit_tier, kyc_status,
                      kyc_level, status, two_fa_enabled AS two_factor_enabled, terms_version, kvkk_consent_version, consented_at,
                      host(last_login_ip) AS last_login_ip, last_login_at, created_at
                 FROM users WHERE id = %s""",
            (user_id,),
        ).fetchone()


def own_lists(connection: Connection, user_id: UUID) -> dict[str, list[dict[str, Any]]]:
    """The lists that auth itself keeps."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return {name: cursor.execute(statement, (user_id, ROWS_MAX)).fetchall() for name, statement in _OWN.items()}


def money(connection: Connection, user_id: UUID) -> dict[str, Any]:
    """What the wallet keeps; every value is a text."""
    row = connection.execute("SELECT personal_money_data(%s, %s)", (user_id, ROWS_MAX)).fetchone()
    earlier = connection.execute("SELECT earlier_records_of(%s, %s)", (user_id, ROWS_MAX)).fetchone()
    found = {name: rows or [] for name, rows in (row[0] if row else {}).items()}
    return {**found, "earlier_platform": earlier[0] if earlier else []}


def sealed_national_ids(connection: Connection, user_id: UUID) -> list[tuple[UUID, str]]:
    return connection.execute("SELECT id, tc_kimlik_no_encrypted FROM kyc_submissions WHERE user_id = %s", (user_id,)).fetchall()
