"""Proof of identity, for users and for staff."""

from __future__ import annotations

from typing import Any, Final

from functions.auth import kyc, kyc_claims, kyc_uploads, models, multipart
from functions.auth.app import context
from functions.auth.kyc import SLOTS, Level
from functions.auth.kyc_upload_models import KycApplication, KycUpload, KycUploadRequest
from functions.auth.models import KycDecision, Listed, PageQuery, Pagination
from functions.auth.routes.shared import PAGE, STAFF_BODY
from functions.auth.store.kyc import Submission
from mycrypto import permissions
from mycrypto.http.operation import BODY_ERRORS, Operation
from mycrypto.http.request import Reply, Request

FORM_BYTES_MAX: Final = 6 * 1024 * 1024
"""What Lambda takes in one request; three pictures of a phone that scales them down."""
_PERSON: Final = ("tc_kimlik_no", "first_name", "last_name", "date_of_birth", "phone")
_KYC_FORM: Final[dict[str, Any]] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["tc_kimlik_no", "first_name", "last_name", "date_of_birth", "phone", "id_front", "id_back", "selfie"],
    "properties": {
        "level": {"type": "string", "enum": list(Level.__members__), "default": Level.LEVEL_1.value},
        "tc_kimlik_no": {"type": "string", "description": "The Turkish national id, with right check digits"},
        "first_name": {"type": "string", "minLength": 2, "maxLength": 100},
        "last_name": {"type": "string", "minLength": 2, "maxLength": 100},
        "date_of_birth": {"type": "string", "format": "date"},
        "phone": {"type": "string", "examples": ["+905321234567"]},
        **{slot: {"type": "string", "format": "binary", "description": "JPEG or PNG"} for slot in SLOTS},
    },
}


@Operation(
    method="post",
    path="/api/auth/kyc/submit",
    name="submitKyc",
    summary="Apply for a higher level with pictures",
    tag="identity",
    answer=models.KycSubmitted,
    status=201,
    body=_KYC_FORM,
    body_media="multipart/form-data",
    errors=(*BODY_ERRORS, "KYC_ALREADY_SUBMITTED"),
    rules=dict.fromkeys(
        _KYC_FORM["properties"],
        "is a person's own and right: the number has right check digits, the person is of age, pictures are pictures",
    ),
    permission=permissions.CUSTOMER,
    body_bytes_max=FORM_BYTES_MAX,
)
def post_submit(request: Request) -> Reply:
    principal = request.caller
    form = multipart.parse(request.header("content-type") or "", request.body)
    return Reply(kyc.submit(context(), principal, form, request.client), status=201)


@Operation(
    method="post",
    path="/api/auth/kyc/uploads",
    name="uploadKycPicture",
    summary="A link to upload one picture with, for ten minutes",
    tag="identity",
    answer=KycUpload,
    status=201,
    body=KycUploadRequest,
    errors=(*BODY_ERRORS, "SERVICE_UNAVAILABLE"),
    permission=permissions.CUSTOMER,
)
def post_upload(request: Request) -> Reply:
    return Reply(kyc_uploads.allow(context(), request.caller, request.json(KycUploadRequest)), status=201)


@Operation(
    method="post",
    path="/api/auth/kyc/applications",
    name="applyKyc",
    summary="Apply for a higher level with pictures that were uploaded before",
    tag="identity",
    answer=models.KycSubmitted,
    status=201,
    body=KycApplication,
    errors=(*BODY_ERRORS, "KYC_ALREADY_SUBMITTED", "SERVICE_UNAVAILABLE"),
    rules={"pictures": "each was uploaded, and is a picture", **dict.fromkeys(_PERSON, "is a person's own and right")},
    permission=permissions.CUSTOMER,
)
def post_application(request: Request) -> Reply:
    return Reply(kyc_uploads.apply(context(), request.caller, request.json(KycApplication), request.client), status=201)


@Operation(
    method="get",
    path="/api/auth/kyc/status",
    name="getKycStatus",
    summary="The newest application",
    tag="identity",
    answer=models.KycStatus,
    errors=(),
    permission=permissions.SIGNED_IN,
)
def get_status(request: Request) -> Any:
    return kyc.status(context(), request.caller)


@Operation(
    method="get",
    path="/api/auth/kyc/limits",
    name="getKycLimits",
    summary="What the own level may move a day",
    tag="identity",
    answer=models.KycLimits,
    errors=(),
    permission=permissions.SIGNED_IN,
)
def get_limits(request: Request) -> Any:
    return kyc.limits(context(), request.caller)


@Operation(
    method="get",
    path="/api/auth/admin/kyc",
    name="listKyc",
    summary="Applications that wait, the most urgent first",
    tag="staff",
    answer=models.Listed[Submission],
    parameters=PAGE,
    errors=("VALIDATION_ERROR", "AUTH_003"),
    permission=permissions.STAFF_WORK,
)
def get_waiting(request: Request) -> Listed[Submission]:
    query = request.params(PageQuery)
    found, total = kyc.waiting(context(), query.limit, query.offset)
    return Listed(found, Pagination(query.limit, query.offset, total))


@Operation(
    method="get",
    path="/api/auth/admin/kyc/{submission_id}",
    name="reviewKyc",
    summary="An application with links to its pictures; that it was looked at is recorded",
    tag="staff",
    answer=models.KycReview,
    errors=("NOT_FOUND", "AUTH_003", "KYC_CLAIMED"),
    permission=permissions.STAFF_WORK,
)
def get_review(request: Request, submission_id: str) -> Any:
    return kyc.review(context(), request.caller, request.uuid(submission_id), request.client)


@Operation(
    method="post",
    path="/api/auth/admin/kyc/{submission_id}/decision",
    name="decideKyc",
    summary="Approve or reject",
    tag="staff",
    answer=Submission,
    body=models.KycDecision,
    errors=(*STAFF_BODY, "AUTH_002", "KYC_NOT_OPEN", "KYC_CLAIMED"),
    rules={"reason": "has at most 500 characters, and at least one for a rejection whose code is OTHER"},
    permission=permissions.STAFF_WORK,
)
def post_decision(request: Request, submission_id: str) -> Any:
    return kyc.decide(context(), request.caller, request.uuid(submission_id), request.json(KycDecision), request.client)


@Operation(
    method="post",
    path="/api/auth/admin/kyc-claims",
    name="claimNextKyc",
    summary="Take the most urgent application that is scanned and free, for half an hour",
    tag="staff",
    answer=Submission,
    errors=("NOT_FOUND", "AUTH_003"),
    permission=permissions.STAFF_WORK,
)
def post_claim_next(request: Request) -> Any:
    return kyc_claims.claim_next(context(), request.caller, request.client)


@Operation(
    method="post",
    path="/api/auth/admin/kyc/{submission_id}/claim",
    name="claimKyc",
    summary="Take this application for half an hour; no other reviewer sees or decides it meanwhile",
    tag="staff",
    answer=Submission,
    errors=("NOT_FOUND", "AUTH_003", "KYC_NOT_OPEN", "KYC_CLAIMED"),
    permission=permissions.STAFF_WORK,
)
def post_claim(request: Request, submission_id: str) -> Any:
    return kyc_claims.claim(context(), request.caller, request.uuid(submission_id), request.client)


@Operation(
    method="delete",
    path="/api/auth/admin/kyc/{submission_id}/claim",
    name="releaseKyc",
    summary="Give it back before the half hour is over",
    tag="staff",
    status=204,
    errors=("NOT_FOUND", "AUTH_003"),
    permission=permissions.STAFF_WORK,
)
def delete_claim(request: Request, submission_id: str) -> Reply:
    kyc_claims.release(context(), request.caller, request.uuid(submission_id))
    return Reply(status=204)
