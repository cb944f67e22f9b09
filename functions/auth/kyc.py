"""Proof of identity: applied for with pictures, judged by staff, and then worth higher limits."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import boto3
from botocore.config import Config
from psycopg import Connection

from functions.auth import api_keys, documents, kyc_claims, profile, sessions
from functions.auth.context import Context
from functions.auth.documents import Document, DocumentType
from functions.auth.models import KycDecision, KycLimits, KycReview, KycStatus, KycSubmitted
from functions.auth.multipart import Form
from functions.auth.store import kyc as store
from functions.auth.store import users
from functions.auth.store.kyc import NewSubmission, Submission
from mycrypto import mail, outbox
from mycrypto.audit import ActorType, AuditRecord
from mycrypto.errors import FieldError, ProblemError
from mycrypto.http.request import Client, Principal
from mycrypto.ids import new_uuid
from mycrypto.kyc import LIMITS, NATIONAL_ID, Rejection, is_national_id, rejection_text
from mycrypto.mail import MailKind
from mycrypto.money import format_amount
from mycrypto.ratelimit import Limit
from mycrypto.security.tokens import Tier

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

PER_DAY: Final = Limit("kyc", 3, 24 * 3600)
AGE_MIN: Final = 18
NAME_LENGTHS: Final = range(2, 101)
NOTE_MAX: Final = 500
LINK_LIFE_S: Final = 300
REVIEW_TEXT: Final = "24-48 saat"
REVIEW_HOURS: Final = {"PENDING": 48, "IN_REVIEW": 12}


class Level(StrEnum):
    """As clients name what they apply for."""

    LEVEL_1 = "LEVEL_1"
    LEVEL_2 = "LEVEL_2"

    @property
    def number(self) -> int:
        return 2 if self is Level.LEVEL_1 else 3


SLOTS: Final = {
    "id_front": DocumentType.ID_FRONT,
    "id_back": DocumentType.ID_BACK,
    "selfie": DocumentType.SELFIE,
    "address_proof": DocumentType.ADDRESS_PROOF,
}
_FIELDS: Final = frozenset({"level", "tc_kimlik_no", "first_name", "last_name", "date_of_birth", "phone"})


@cache
def documents_client() -> S3Client:
    """The one of this execution environment."""
    once = Config(signature_version="s3v4", connect_timeout=2, read_timeout=5, retries={"total_max_attempts": 2})
    return boto3.client("s3", config=once)


@cache
def links_client(endpoint: str) -> S3Client:
    """Signs links and asks nothing of S3. Without an endpoint it is the one of the environment."""
    return boto3.client("s3", endpoint_url=endpoint or None, config=Config(signature_version="s3v4"))


def link_to(context: Context, bucket: str, key: str) -> str:
    """By which a browser reads a file for ``LINK_LIFE_S`` seconds."""
    client = links_client(context.settings.links_endpoint_url)
    return client.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": key}, ExpiresIn=LINK_LIFE_S)


def age_on(born: date, today: date) -> int:
    """Whole years."""
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))


def _birth(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if len(text) == len("2000-01-31") else None
    except ValueError:
        return None


def _phone(text: str) -> str | None:
    try:
        return profile.normal_phone(text)
    except ProblemError:
        return None


def problems_of(form: Form, today: date, pictures_in: str = "") -> list[FieldError]:
    """Everything that is wrong with an application. ``pictures_in`` stands before the name of a picture's field."""
    fields, files = form.fields, form.files
    born = _birth(fields.get("date_of_birth", ""))
    needed = {"id_front", "id_back", "selfie"} | ({"address_proof"} if fields.get("level") == Level.LEVEL_2 else set())
    checks: list[tuple[str, bool, str]] = [
        ("level", fields.get("level", Level.LEVEL_1) in Level.__members__, "must be LEVEL_1 or LEVEL_2"),
        ("tc_kimlik_no", is_national_id(fields.get("tc_kimlik_no", "")), "is not a valid national id"),
        ("first_name", len(fields.get("first_name", "").strip()) in NAME_LENGTHS, "must have 2 to 100 characters"),
        ("last_name", len(fields.get("last_name", "").strip()) in NAME_LENGTHS, "must have 2 to 100 characters"),
        ("date_of_birth", born is not None, "must be a date such as 1990-12-31"),
        ("date_of_birth", born is None or age_on(born, today) >= AGE_MIN, f"must be at least {AGE_MIN} years ago"),
        ("phone", _phone(fields.get("phone", "")) is not None, "must be a Turkish mobile number such as +905321234567"),
        *((name, False, "is not a known field") for name in sorted((fields.keys() - _FIELDS) | (files.keys() - SLOTS.keys()))),
        *((pictures_in + name, False, "is required") for name in sorted(needed - files.keys())),
    ]
    found = [FieldError(field, words) for field, good, words in checks if not good]
    wrong = [(name, words) for name, file in files.items() if name in SLOTS and (words := documents.problem(file))]
    return found + [FieldError(pictures_in + name, words) for name, words in wrong]


def documents_bucket(context: Context) -> str:
    """Where documents are kept. Raises SERVICE_UNAVAILABLE where no bucket is configured."""
    if not context.settings.kyc_bucket:
        raise ProblemError("SERVICE_UNAVAILABLE", "there is no place for documents")
    return context.settings.kyc_bucket


def submit(context: Context, caller: Principal, form: Form, client: Client, *, pictures_in: str = "") -> KycSubmitted:
    """An application with its pictures; ``pictures_in`` as for :func:`problems_of`.

    Raises VALIDATION_ERROR (every field at fault), KYC_ALREADY_SUBMITTED, RATE_LIMIT_EXCEEDED, SERVICE_UNAVAILABLE.
    """
    now, bucket = context.now(), documents_bucket(context)
    if problems := problems_of(form, now.date(), pictures_in):
        raise ProblemError("VALIDATION_ERROR", "; ".join(f"{item.field} {item.message}" for item in problems), errors=problems)
    level = Level(form.fields.get("level", Level.LEVEL_1)).number
    _require_possible(context.db.connection(), caller.user_id, level)
    context.take(PER_DAY, str(caller.user_id)).require()
    kept = [
        (documents.describe(file, SLOTS[name], user_id=caller.user_id, bucket=bucket, now=now), file.content)
        for name, file in sorted(form.files.items())
    ]
    for document, content in kept:
        documents.keep(documents_client(), document, content)
    priority = priority_of(caller.tier, repeated=store.latest(context.db.connection(), caller.user_id) is not None)
    submission = _submission(context, caller, form, client, level, now, priority)
    with context.db.transaction() as connection:
        users.lock_by_id(connection, caller.user_id)
        _require_possible(connection, caller.user_id, level)
        _write(context, connection, submission, [document for document, _ in kept], client)
    context.flush()
    return KycSubmitted(submission.id, "PENDING", REVIEW_TEXT, mks_verified=False, submitted_at=now)


def priority_of(tier: Tier, *, repeated: bool) -> int:
    """1 for customers of the higher tiers, 3 for an application after another one, 2 for everyone else."""
    if tier in {Tier.PRO, Tier.VIP}:
        return 1
    return 3 if repeated else 2


def _require_possible(connection: Connection, user_id: UUID, level: int) -> None:
    last, user = store.latest(connection, user_id), users.by_id(connection, user_id)
    if (last is not None and last.status in store.OPEN) or (user is not None and user.kyc_level >= level):
        raise ProblemError("KYC_ALREADY_SUBMITTED")


def _submission(context: Context, caller: Principal, form: Form, client: Client, level: int, now: datetime, priority: int) -> NewSubmission:
    national_id, sealer = form.fields["tc_kimlik_no"], context.sealer(NATIONAL_ID)
    submission_id = new_uuid()
    return NewSubmission(
        id=submission_id,
        user_id=caller.user_id,
        level=level,
        tc_kimlik_no_encrypted=sealer.seal(national_id, str(submission_id)),
        tc_kimlik_no_fingerprint=sealer.fingerprint(national_id),
        first_name=form.fields["first_name"].strip(),
        last_name=form.fields["last_name"].strip(),
        date_of_birth=date.fromisoformat(form.fields["date_of_birth"]),
        phone=profile.normal_phone(form.fields["phone"]),
        submitted_at=now,
        priority=priority,
        ip_address=client.ip,
        user_agent=client.user_agent,
    )


def _write(context: Context, connection: Connection, submission: NewSubmission, kept: list[Document], client: Client) -> None:
    store.insert(connection, submission, kept)
    store.set_user_state(connection, submission.user_id, "PENDING")
    job = {"submission_id": str(submission.id), "user_id": str(submission.user_id)}
    outbox.add_message(connection, outbox.KYC, "kyc_submitted", job, trace_id=client.trace_id, key=str(submission.user_id))
    record = AuditRecord(
        "kyc.submitted",
        user_id=submission.user_id,
        actor_id=submission.user_id,
        resource=f"kyc:{submission.id}",
        new_value={"level": submission.level},
    )
    context.record(connection, record, client)


def status(context: Context, caller: Principal) -> KycStatus:
    """The newest application, or that there was none."""
    connection = context.db.connection()
    last = store.latest(connection, caller.user_id)
    if last is None:
        return KycStatus(
            id=None, level=None, status="NOT_STARTED", submitted_at=None, reviewed_at=None, rejection_code=None, rejection_reason=None
        )
    code, reason = _why(last, users.by_id(connection, caller.user_id))
    return KycStatus(
        id=last.id,
        level=last.level,
        status=last.status,
        submitted_at=last.submitted_at,
        reviewed_at=last.reviewed_at,
        rejection_code=code,
        rejection_reason=reason,
        estimated_hours=REVIEW_HOURS.get(last.status, 0),
        documents=[
            {"document_type": document.document_type, "status": document.status} for document in store.documents(connection, last.id)
        ],
    )


def _why(last: Submission, user: users.User | None) -> tuple[Rejection | None, str | None]:
    """Code and text of a rejection, in the user's language; an application from before there were codes has the reviewer's words alone."""
    if last.status != "REJECTED":
        return None, None
    code = Rejection(last.rejection_code or Rejection.OTHER)
    return code, rejection_text(code, last.rejection_reason or "", user.locale if user else "tr")


def _or_without(limit: int | None) -> str:
    return "-1" if limit is None else format_amount(limit)


def limits(context: Context, caller: Principal) -> KycLimits:
    """What the caller's level may move, by the database and not by the token."""
    user = users.by_id(context.db.connection(), caller.user_id)
    if user is None:
        raise ProblemError("UNAUTHORIZED", "the account does not exist any more")
    allowed = LIMITS[user.kyc_level]
    return KycLimits(
        level=user.kyc_level,
        daily_deposit_limit=_or_without(allowed.deposit.day),
        daily_withdrawal_limit=_or_without(allowed.withdrawal.day),
        monthly_deposit_limit=_or_without(allowed.deposit.month),
        monthly_withdrawal_limit=_or_without(allowed.withdrawal.month),
        trading_limit="-1" if user.kyc_level else "0",
        is_approved=user.kyc_status == "APPROVED",
    )


def waiting(context: Context, limit: int, offset: int) -> tuple[list[Submission], int]:
    return store.waiting(context.db.connection(), limit, offset)


def review(context: Context, caller: Principal, submission_id: UUID, client: Client) -> KycReview:
    """Everything a reviewer needs, the national id and links to the pictures included; that it was looked at is recorded."""
    with context.db.transaction() as connection:
        submission = store.lock(connection, submission_id)
        if submission is None:
            raise ProblemError("NOT_FOUND", "there is no such application")
        kyc_claims.require_free(submission, caller.user_id, context.now())
        links = {
            document.document_type: link_to(context, document.s3_bucket, document.s3_key)
            for document in store.documents(connection, submission_id)
        }
        national_id = context.sealer(NATIONAL_ID).open(store.sealed_national_id(connection, submission_id), str(submission_id))
        taken = store.belongs_to_another_user(connection, submission_id)
        context.record(connection, _record("kyc.viewed", submission, caller), client)
    context.flush()
    return KycReview(submission=submission, tc_kimlik_no=national_id, id_of_another_account=taken, document_links=links)


def _record(action: str, submission: Submission, caller: Principal, **changes: Any) -> AuditRecord:
    return AuditRecord(
        action,
        user_id=submission.user_id,
        actor_id=caller.user_id,
        actor_type=ActorType.STAFF,
        resource=f"kyc:{submission.id}",
        **changes,
    )


def decide(context: Context, caller: Principal, submission_id: UUID, decision: KycDecision, client: Client) -> Submission:
    """Approve or reject an open application.

    Raises NOT_FOUND, KYC_NOT_OPEN (decided before, or an infected or unscanned picture), FORBIDDEN for one's own, VALIDATION_ERROR.
    """
    note = decision.reason.strip()
    rejection = None if decision.approve else Rejection(decision.rejection_code)
    if rejection is not None and (len(note) > NOTE_MAX or (not note and rejection is Rejection.OTHER)):
        errors = [FieldError("reason", f"must have 1 to {NOTE_MAX} characters, or a code must say why")]
        raise ProblemError("VALIDATION_ERROR", "a rejection needs a reason", errors=errors)
    now = context.now()
    with context.db.transaction() as connection:
        submission = store.lock(connection, submission_id)
        if submission is None:
            raise ProblemError("NOT_FOUND", "there is no such application")
        if submission.user_id == caller.user_id:
            raise ProblemError("FORBIDDEN", "you cannot decide about your own application")
        kyc_claims.require_free(submission, caller.user_id, now)
        user = users.lock_by_id(connection, submission.user_id)
        if submission.status not in store.OPEN or user is None:
            raise ProblemError("KYC_NOT_OPEN", f"the application is {submission.status}")
        if decision.approve:
            _require_approvable(connection, submission, user)
        try:
            store.decide(
                connection, submission_id, reviewer=caller.user_id, rejection=rejection, note=note if rejection and note else None, now=now
            )
        except store.IdentityTakenError:
            raise _identity_taken() from None
        state = "APPROVED" if decision.approve else ("APPROVED" if user.kyc_level > 1 else "REJECTED")
        level, phone = (submission.level, submission.phone) if decision.approve else (None, None)
        store.set_user_state(connection, user.id, state, level=level, phone=phone)
        action = "kyc.approved" if decision.approve else "kyc.rejected"
        old: dict[str, Any] = {"kyc_level": user.kyc_level}
        new: dict[str, Any] = {"kyc_level": max(user.kyc_level, level or 0)}
        if rejection is not None:
            new["rejection"] = rejection.value
        context.record(connection, _record(action, submission, caller, old_value=old, new_value=new, reason=note), client)
        if rejection is None:
            mail.add(
                connection, MailKind.KYC_APPROVED, to=user.email, user_id=user.id, trace_id=client.trace_id, level=str(submission.level)
            )
            sessions.end_access(context, user.id, now)
            api_keys.publish_again(context, connection, user.id, now)
        else:
            why = {"rejection": rejection.value, "reason": note}
            mail.add(connection, MailKind.KYC_REJECTED, to=user.email, user_id=user.id, trace_id=client.trace_id, **why)
        decided = store.lock(connection, submission_id)
    context.flush()
    context.meter.count("kyc_decisions_total", decision="approved" if decision.approve else "rejected")
    return decided or submission


def _identity_taken() -> ProblemError:
    return ProblemError("KYC_NOT_OPEN", "the national id was approved for another account")


def _require_approvable(connection: Connection, submission: Submission, user: users.User) -> None:
    if not user.email_verified:
        raise ProblemError("AUTH_002")
    if store.belongs_to_another_user(connection, submission.id):
        raise _identity_taken()
    if submission.identity_check == "WAITING":
        raise ProblemError("KYC_NOT_OPEN", "the population register has not answered yet")
    states = {document.status for document in store.documents(connection, submission.id)}
    if not states or not states <= {"CLEAN", "VERIFIED"}:
        raise ProblemError("KYC_NOT_OPEN", "a picture has not been found clean by the virus scan")
