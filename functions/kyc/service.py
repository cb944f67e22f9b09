"""An application's pictures are fetched, compared with what was uploaded, and scanned; one with a virus is refused.

Each picture's judgement is a transaction of its own, so a repetition scans only what is left. A scanner that is away makes the message come
again, and at last a dead letter with its alarm: the application waits meanwhile, and an unscanned picture is never approved.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime
from uuid import UUID

import msgspec
from psycopg import Connection

from functions.kyc import store
from functions.kyc.scanners import Scanner
from functions.kyc.store import Picture
from mycrypto import audit, mail
from mycrypto.audit import ActorType, AuditRecord
from mycrypto.database import Database
from mycrypto.mail import MailKind
from mycrypto.queue import Envelope, MessageError

KIND = "kyc_submitted"
REASON = "Yüklenen belgede zararlı içerik bulundu"

Fetch = Callable[[Picture], bytes]


class Job(msgspec.Struct, frozen=True):
    submission_id: UUID
    user_id: UUID


def job_of(envelope: Envelope) -> Job:
    """Raises MessageError for what is no application."""
    if envelope.type != KIND:
        raise MessageError(f"not an application: {envelope.type!r}")
    try:
        return msgspec.json.decode(envelope.data, type=Job)
    except msgspec.MsgspecError as error:
        raise MessageError(f"not an application: {error}") from None


def work(db: Database, job: Job, fetch: Fetch, scanner: Scanner, now: Callable[[], datetime], *, trace_id: str = "") -> dict[str, str]:
    """Scan what is not scanned; returns the judgements by kind of picture. Raises ScannerError, and whatever ``fetch`` raises."""
    judged = {}
    for picture in store.unscanned(db.connection(), job.submission_id):
        content = fetch(picture)
        if hashlib.sha256(content).hexdigest() != picture.file_hash:
            found: str | None = "CHANGED_AFTER_UPLOAD"
        else:
            found = scanner.scan(content)
        with db.transaction() as connection:
            store.scanned(connection, picture.id, found, now())
            if found is not None:
                _refuse(connection, job, now(), found, trace_id)
        judged[picture.document_type] = found or "CLEAN"
    return judged


def _refuse(connection: Connection, job: Job, now: datetime, found: str, trace_id: str) -> None:
    """In the transaction of the judgement."""
    applicant = store.refuse(connection, job.submission_id, REASON, now)
    if applicant is None:
        return
    mail.add(connection, MailKind.KYC_REJECTED, to=applicant.email, user_id=applicant.user_id, trace_id=trace_id, reason=REASON)
    record = AuditRecord(
        "kyc.infected",
        user_id=applicant.user_id,
        actor_type=ActorType.SYSTEM,
        resource=f"kyc:{job.submission_id}",
        new_value={"found": found},
    )
    audit.add(connection, record, trace_id=trace_id)
