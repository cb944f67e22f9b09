"""Who somebody is: applications, and their review."""

from __future__ import annotations

from typing import Any, Final

from functions.auth import models
from functions.auth.kyc import SLOTS, Level
from functions.auth.operations.shared import PAGE, STAFF_BODY
from functions.auth.store.kyc import Submission
from mycrypto import permissions
from mycrypto.http.operation import BODY_ERRORS, Operation

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

IDENTITY: Final = (
    Operation(
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
    ),
    Operation(
        method="get",
        path="/api/auth/kyc/status",
        name="getKycStatus",
        summary="The newest application",
        tag="identity",
        answer=models.KycStatus,
        errors=(),
        permission=permissions.SIGNED_IN,
    ),
    Operation(
        method="get",
        path="/api/auth/kyc/limits",
        name="getKycLimits",
        summary="What the own level may move a day",
        tag="identity",
        answer=models.KycLimits,
        errors=(),
        permission=permissions.SIGNED_IN,
    ),
    Operation(
        method="get",
        path="/api/auth/admin/kyc",
        name="listKyc",
        summary="Applications that wait",
        tag="staff",
        answer=models.Listed[Submission],
        parameters=PAGE,
        errors=("VALIDATION_ERROR", "AUTH_003"),
        permission=permissions.ADMINISTRATION,
    ),
    Operation(
        method="get",
        path="/api/auth/admin/kyc/{submission_id}",
        name="reviewKyc",
        summary="An application with links to its pictures; that it was looked at is recorded",
        tag="staff",
        answer=models.KycReview,
        errors=("NOT_FOUND", "AUTH_003"),
        permission=permissions.ADMINISTRATION,
    ),
    Operation(
        method="post",
        path="/api/auth/admin/kyc/{submission_id}/decision",
        name="decideKyc",
        summary="Approve or reject",
        tag="staff",
        answer=Submission,
        body=models.KycDecision,
        errors=(*STAFF_BODY, "AUTH_002", "KYC_NOT_OPEN"),
        rules={"reason": "has 1 to 500 characters for a rejection"},
        permission=permissions.ADMINISTRATION,
    ),
)
