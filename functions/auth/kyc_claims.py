"""Claims: two people never work on one application. A claim lasts half an hour, so that a reviewer who goes home holds up no applicant."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from psycopg import Connection

from functions.auth.context import Context
from functions.auth.store import kyc as store
from functions.auth.store import kyc_claims as claims
from functions.auth.store.kyc import Submission
from mycrypto.audit import ActorType, AuditRecord
from mycrypto.errors import ProblemError
from mycrypto.http.request import Client, Principal

LIFE: Final = timedelta(minutes=30)


def require_free(submission: Submission, reviewer: UUID, now: datetime) -> None:
    """Raises KYC_CLAIMED while another reviewer has the application."""
    if submission.claimed_by not in (None, reviewer) and submission.claimed_until is not None and submission.claimed_until > now:
        raise ProblemError("KYC_CLAIMED", f"another reviewer has it until {submission.claimed_until.isoformat(timespec='seconds')}")


def claim(context: Context, caller: Principal, submission_id: UUID, client: Client) -> Submission:
    """Take an open application, or keep it for half an hour more. Raises NOT_FOUND, FORBIDDEN for one's own, KYC_NOT_OPEN, KYC_CLAIMED."""
    with context.db.transaction() as connection:
        submission = store.lock(connection, submission_id)
        if submission is None:
            raise ProblemError("NOT_FOUND", "there is no such application")
        if submission.user_id == caller.user_id:
            raise ProblemError("FORBIDDEN", "no reviewer judges their own application")
        if submission.status not in store.OPEN:
            raise ProblemError("KYC_NOT_OPEN", f"the application is {submission.status}")
        require_free(submission, caller.user_id, context.now())
        taken = _take(context, connection, caller, submission, client)
    context.flush()
    return taken


def claim_next(context: Context, caller: Principal, client: Client) -> Submission:
    """Take the most urgent application that is scanned and free. Raises NOT_FOUND where none waits."""
    with context.db.transaction() as connection:
        found = claims.next_free(connection, caller.user_id, context.now())
        submission = store.lock(connection, found) if found else None
        if submission is None:
            raise ProblemError("NOT_FOUND", "no application waits")
        taken = _take(context, connection, caller, submission, client)
    context.flush()
    return taken


def _take(context: Context, connection: Connection, caller: Principal, submission: Submission, client: Client) -> Submission:
    claims.take(connection, submission.id, caller.user_id, context.now() + LIFE)
    record = AuditRecord(
        "kyc.claimed",
        user_id=submission.user_id,
        actor_id=caller.user_id,
        actor_type=ActorType.STAFF,
        resource=f"kyc:{submission.id}",
    )
    context.record(connection, record, client)
    return store.lock(connection, submission.id) or submission


def release(context: Context, caller: Principal, submission_id: UUID) -> None:
    """Give one's own claim back. Raises NOT_FOUND."""
    with context.db.transaction() as connection:
        if not claims.release(connection, submission_id, caller.user_id):
            raise ProblemError("NOT_FOUND", "this application is not claimed by the caller")
