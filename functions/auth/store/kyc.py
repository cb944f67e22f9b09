"""The tables of proven identity."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

import msgspec
from psycopg import Connection
from psycopg.errors import UniqueViolation
from psycopg.rows import class_row

from functions.auth.documents import Document
from mycrypto.kyc import Rejection


class NewSubmission(msgspec.Struct, frozen=True):
    id: UUID
    user_id: UUID
    level: int
    tc_kimlik_no_encrypted: str
    tc_kimlik_no_fingerprint: str
    first_name: str
    last_name: str
    date_of_birth: date
    phone: str
    submitted_at: datetime
    ip_address: str
    user_agent: str
    priority: int


class Submission(msgspec.Struct, frozen=True):
    """An application as staff see it; the national id is not part of it. ``claimed_by`` has it until ``claimed_until``."""

    id: UUID
    user_id: UUID
    level: int
    status: str
    first_name: str
    last_name: str
    date_of_birth: date
    phone: str
    mks_verified: bool
    identity_check: str
    submitted_at: datetime
    reviewed_at: datetime | None
    rejection_code: str | None
    rejection_reason: str | None
    priority: int
    claimed_by: UUID | None
    claimed_until: datetime | None


class DocumentState(msgspec.Struct, frozen=True):
    id: UUID
    document_type: str
    status: str
    rejection_reason: str | None
    s3_bucket: str
    s3_key: str


class IdentityTakenError(Exception):
    """The national id is verified for another account: of two decisions at once this was the second."""


_COLUMNS = """id, user_id, level, status, first_name, last_name, date_of_birth, phone, mks_verified, identity_check, submitted_at, reviewed_at,
    rejection_code, rejection_reason, priority, claimed_by, claimed_until"""
OPEN = ("PENDING", "IN_REVIEW")


def insert(connection: Connection, submission: NewSubmission, documents: Sequence[Document]) -> None:
    connection.execute(
        """INSERT INTO kyc_submissions (id, user_id, level, tc_kimlik_no_encrypted, tc_kimlik_no_fingerprint, first_name, last_name,
               date_of_birth, phone, submitted_at, ip_address, user_agent, priority, identity_check)
           VALUES (%(id)s, %(user_id)s, %(level)s, %(tc_kimlik_no_encrypted)s, %(tc_kimlik_no_fingerprint)s, %(first_name)s, %(last_name)s,
               %(date_of_birth)s, %(phone)s, %(submitted_at)s, %(ip_address)s, %(user_agent)s, %(priority)s, 'WAITING')""",
        msgspec.structs.asdict(submission),
    )
    with connection.cursor() as cursor:
        cursor.executemany(
            """INSERT INTO kyc_documents (id, submission_id, user_id, document_type, original_filename, file_size, mime_type, file_hash,
                   s3_bucket, s3_key)
               VALUES (%(id)s, %(submission_id)s, %(user_id)s, %(document_type)s, %(original_filename)s, %(file_size)s, %(mime_type)s,
                   %(file_hash)s, %(s3_bucket)s, %(s3_key)s)""",
            [
                msgspec.structs.asdict(document)
                | {"submission_id": submission.id, "user_id": submission.user_id, "document_type": document.document_type.value}
                for document in documents
            ],
        )


def latest(connection: Connection, user_id: UUID) -> Submission | None:
    with connection.cursor(row_factory=class_row(Submission)) as cursor:
        return cursor.execute(
            f"SELECT {_COLUMNS} FROM kyc_submissions WHERE user_id = %s ORDER BY submitted_at DESC, id DESC LIMIT 1",  # noqa: S608
            (user_id,),
        ).fetchone()


def lock(connection: Connection, submission_id: UUID) -> Submission | None:
    with connection.cursor(row_factory=class_row(Submission)) as cursor:
        return cursor.execute(f"SELECT {_COLUMNS} FROM kyc_submissions WHERE id = %s FOR UPDATE", (submission_id,)).fetchone()  # noqa: S608


def documents(connection: Connection, submission_id: UUID) -> list[DocumentState]:
    with connection.cursor(row_factory=class_row(DocumentState)) as cursor:
        return cursor.execute(
            """SELECT id, document_type, status, rejection_reason, s3_bucket, s3_key FROM kyc_documents
                WHERE submission_id = %s ORDER BY document_type""",
            (submission_id,),
        ).fetchall()


def waiting(connection: Connection, limit: int, offset: int) -> tuple[list[Submission], int]:
    """Open applications, the most urgent first and then the oldest, and how many there are in all."""
    with connection.cursor(row_factory=class_row(Submission)) as cursor:
        found = cursor.execute(
            f"""SELECT {_COLUMNS} FROM kyc_submissions WHERE status IN ('PENDING', 'IN_REVIEW')
                 ORDER BY priority, submitted_at, id LIMIT %s OFFSET %s""",  # noqa: S608
            (limit, offset),
        ).fetchall()
    total = connection.execute("SELECT count(*) FROM kyc_submissions WHERE status IN ('PENDING', 'IN_REVIEW')").fetchone()
    return found, total[0] if total else 0


def belongs_to_another_user(connection: Connection, submission_id: UUID) -> bool:
    """Whether the national id of this application was approved for another account."""
    row = connection.execute(
        """SELECT 1 FROM kyc_submissions this JOIN verified_identities verified ON verified.fingerprint = this.tc_kimlik_no_fingerprint
            WHERE this.id = %s AND verified.user_id <> this.user_id""",
        (submission_id,),
    ).fetchone()
    return row is not None


def sealed_national_id(connection: Connection, submission_id: UUID) -> str:
    row = connection.execute("SELECT tc_kimlik_no_encrypted FROM kyc_submissions WHERE id = %s", (submission_id,)).fetchone()
    return str(row[0]) if row else ""


def decide(
    connection: Connection, submission_id: UUID, *, reviewer: UUID, rejection: Rejection | None, note: str | None, now: datetime
) -> None:
    """Approve, or reject for a reason. Raises IdentityTakenError if the national id is verified for another account; the caller's transaction is then
    lost.
    """
    approved = rejection is None
    status = "APPROVED" if approved else "REJECTED"
    try:
        connection.execute(
            """UPDATE kyc_submissions SET status = %s, reviewed_at = %s, reviewed_by = %s, rejection_code = %s, rejection_reason = %s,
                      updated_at = %s WHERE id = %s""",
            (status, now, reviewer, rejection, note, now, submission_id),
        )
    except UniqueViolation:
        raise IdentityTakenError from None
    connection.execute(
        "UPDATE kyc_documents SET status = %s, updated_at = %s WHERE submission_id = %s AND status <> 'INFECTED'",
        ("VERIFIED" if approved else "REJECTED", now, submission_id),
    )


def set_user_state(connection: Connection, user_id: UUID, status: str, *, level: int | None = None, phone: str | None = None) -> None:
    """The user's flag; level and phone only where they are given, and a level never falls here."""
    connection.execute(
        """UPDATE users SET kyc_status = %s, kyc_level = greatest(kyc_level, coalesce(%s::smallint, kyc_level)),
               phone = coalesce(%s, phone), updated_at = now() WHERE id = %s""",
        (status, level, phone, user_id),
    )
