"""SQL of the KYC worker."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from psycopg import Connection
from psycopg.rows import class_row

from mycrypto.kyc import Rejection

UNSCANNED = ("UPLOADED", "SCANNING")


class Picture(NamedTuple):
    id: UUID
    document_type: str
    s3_bucket: str
    s3_key: str
    file_hash: str


class IdentityCheck(StrEnum):
    """What the register said: ``kyc_submissions.identity_check`` once it is no longer WAITING. UNANSWERED and NOT_ASKED leave it to people."""

    MATCH = "MATCH"
    MISMATCH = "MISMATCH"
    UNANSWERED = "UNANSWERED"
    NOT_ASKED = "NOT_ASKED"


class Unchecked(NamedTuple):
    sealed_national_id: str
    first_name: str
    last_name: str
    date_of_birth: date


class Applicant(NamedTuple):
    user_id: UUID
    email: str
    kyc_level: int


def unscanned(connection: Connection, submission_id: UUID) -> list[Picture]:
    with connection.cursor(row_factory=class_row(Picture)) as cursor:
        return cursor.execute(
            """SELECT id, document_type, s3_bucket, s3_key, file_hash FROM kyc_documents
                WHERE submission_id = %s AND status = ANY(%s) ORDER BY document_type""",
            (submission_id, list(UNSCANNED)),
        ).fetchall()


def scanned(connection: Connection, picture_id: UUID, found: str | None, now: datetime) -> None:
    """Keep the judgement about a picture; a later one never replaces it."""
    connection.execute(
        """UPDATE kyc_documents SET status = %s, virus_scan_result = %s, virus_scanned_at = %s, updated_at = %s,
                  rejection_reason = CASE WHEN %s::text IS NULL THEN rejection_reason ELSE 'VIRUS' END
            WHERE id = %s AND status = ANY(%s)""",
        ("CLEAN" if found is None else "INFECTED", found or "OK", now, now, found, picture_id, list(UNSCANNED)),
    )


def waits_for_register(connection: Connection, submission_id: UUID) -> Unchecked | None:
    """``None`` where it was answered before, or the application is decided."""
    with connection.cursor(row_factory=class_row(Unchecked)) as cursor:
        return cursor.execute(
            """SELECT tc_kimlik_no_encrypted AS sealed_national_id, first_name, last_name, date_of_birth FROM kyc_submissions
                WHERE id = %s AND identity_check = 'WAITING' AND status IN ('PENDING', 'IN_REVIEW')""",
            (submission_id,),
        ).fetchone()


def checked(connection: Connection, submission_id: UUID, found: IdentityCheck, now: datetime) -> bool:
    """Keep the first answer; whether this was it. What matches is in review."""
    done = connection.execute(
        """UPDATE kyc_submissions SET identity_check = %(found)s, mks_verified = %(match)s, updated_at = %(now)s,
                  status = CASE WHEN %(match)s THEN 'IN_REVIEW' ELSE status END
            WHERE id = %(id)s AND identity_check = 'WAITING' AND status IN ('PENDING', 'IN_REVIEW')""",
        {"found": found.value, "match": found is IdentityCheck.MATCH, "now": now, "id": submission_id},
    )
    return done.rowcount > 0


def refuse(connection: Connection, submission_id: UUID, rejection: Rejection, now: datetime) -> Applicant | None:
    """Refuse an application that is still open; ``None`` where it was decided before."""
    row = connection.execute(
        """UPDATE kyc_submissions SET status = 'REJECTED', rejection_code = %s, reviewed_at = %s, updated_at = %s
            WHERE id = %s AND status IN ('PENDING', 'IN_REVIEW') RETURNING user_id""",
        (rejection, now, now, submission_id),
    ).fetchone()
    if row is None:
        return None
    user = connection.execute(
        """UPDATE users SET kyc_status = CASE WHEN kyc_level > 1 THEN 'APPROVED' ELSE 'REJECTED' END, updated_at = %s
            WHERE id = %s RETURNING id, email, kyc_level""",
        (now, row[0]),
    ).fetchone()
    return Applicant(*user) if user else None
