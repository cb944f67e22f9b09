"""An application's pictures are fetched, compared with what was uploaded, and scanned; one with a virus is refused. Then the population register is asked.

Each picture's judgement is a transaction of its own, so a repetition scans only what is left. A scanner that is away makes the message come
again, and at last a dead letter with its alarm: the application waits meanwhile, and an unscanned picture is never approved. The register is asked at
each delivery until it answers, and its first answer is kept; if it has not answered by the last delivery, a person compares without it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime
from uuid import UUID

import msgspec
from psycopg import Connection

from functions.kyc import store
from functions.kyc.register import Person, Register, RegisterError
from functions.kyc.scanners import Scanner
from functions.kyc.store import IdentityCheck, Picture
from mycrypto import audit, mail
from mycrypto.audit import ActorType, AuditRecord
from mycrypto.database import Database
from mycrypto.kyc import Rejection
from mycrypto.mail import MailKind
from mycrypto.queue import Envelope, MessageError

KIND = "kyc_submitted"

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


def check_identity(
    db: Database,
    job: Job,
    register: Register | None,
    open_sealed: Callable[[str, str], str],
    now: Callable[[], datetime],
    *,
    last: bool = False,
    trace_id: str = "",
) -> IdentityCheck | None:
    """Ask the register about an open application that waits for its answer, and keep what it says; ``None`` where nothing was to be asked.

    ``last``: the message does not come again. Raises RegisterError where there is no answer, unless it is the last time.
    """
    waiting = store.waits_for_register(db.connection(), job.submission_id)
    if waiting is None:
        return None
    if register is None:
        found = IdentityCheck.NOT_ASKED
    else:
        number = open_sealed(waiting.sealed_national_id, str(job.submission_id))
        person = Person(number, waiting.first_name, waiting.last_name, waiting.date_of_birth)
        try:
            found = IdentityCheck.MATCH if register.knows(person) else IdentityCheck.MISMATCH
        except RegisterError:
            if not last:
                raise
            found = IdentityCheck.UNANSWERED
    with db.transaction() as connection:
        if not store.checked(connection, job.submission_id, found, now()):
            return None
        record = AuditRecord(
            "kyc.identity_checked",
            user_id=job.user_id,
            actor_type=ActorType.SYSTEM,
            resource=f"kyc:{job.submission_id}",
            new_value={"identity_check": found.value},
        )
        audit.add(connection, record, trace_id=trace_id)
    return found


def _refuse(connection: Connection, job: Job, now: datetime, found: str, trace_id: str) -> None:
    """In the transaction of the judgement."""
    applicant = store.refuse(connection, job.submission_id, Rejection.INFECTED, now)
    if applicant is None:
        return
    mail.add(
        connection,
        MailKind.KYC_REJECTED,
        to=applicant.email,
        user_id=applicant.user_id,
        trace_id=trace_id,
        rejection=Rejection.INFECTED.value,
        reason="",
    )
    record = AuditRecord(
        "kyc.infected",
        user_id=applicant.user_id,
        actor_type=ActorType.SYSTEM,
        resource=f"kyc:{job.submission_id}",
        new_value={"found": found},
    )
    audit.add(connection, record, trace_id=trace_id)
