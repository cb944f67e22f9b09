"""Pictures that go to the bucket by themselves, one request each, and are named in the application afterwards.

The link is bound to the user, the slot, the size, the type and the SHA-256 of one picture; S3 refuses anything else. What lies there is not yet part of
an application: it is read, judged and kept as a picture of a form is, and what no application names is deleted after a day.
"""

from __future__ import annotations

import base64
import hashlib
from typing import Final
from uuid import UUID

import msgspec
from botocore.exceptions import BotoCoreError, ClientError

from functions.auth import documents, kyc
from functions.auth.context import Context
from functions.auth.kyc_upload_models import KycApplication, KycUpload, KycUploadRequest
from functions.auth.models import KycSubmitted
from functions.auth.multipart import File, Form
from mycrypto.errors import FieldError, ProblemError
from mycrypto.http.request import Client, Principal
from mycrypto.ratelimit import Limit

LINK_LIFE_S: Final = 600
PICTURES_IN: Final = "pictures."
"""What stands before the name of a picture in the fields of an application."""
PER_DAY: Final = Limit("kyc-uploads", 40, 24 * 3600)
_ABSENT: Final = frozenset({"NoSuchKey", "404"})


def _place(user_id: UUID, slot: str, sha256: str) -> str:
    return f"uploads/{user_id}/{slot}_{sha256}"


def allow(context: Context, caller: Principal, request: KycUploadRequest) -> KycUpload:
    """A link for one picture; the same picture may be asked for again. Raises RATE_LIMIT_EXCEEDED, SERVICE_UNAVAILABLE."""
    bucket = kyc.documents_bucket(context)
    context.take(PER_DAY, str(caller.user_id)).require()
    checksum = base64.b64encode(bytes.fromhex(request.sha256)).decode()
    url = kyc.links_client(context.settings.links_endpoint_url).generate_presigned_url(
        "put_object",
        Params={
            "Bucket": bucket,
            "Key": _place(caller.user_id, request.slot, request.sha256),
            "ContentLength": request.size,
            "ContentType": request.content_type,
            "ChecksumSHA256": checksum,
        },
        ExpiresIn=LINK_LIFE_S,
    )
    headers = {"content-length": str(request.size), "content-type": request.content_type, "x-amz-checksum-sha256": checksum}
    return KycUpload(url, "PUT", headers, LINK_LIFE_S)


def apply(context: Context, caller: Principal, application: KycApplication, client: Client) -> KycSubmitted:
    """An application whose pictures were uploaded before; from here on it goes the way of one with a form. Raises as ``kyc.submit``."""
    bucket = kyc.documents_bucket(context)
    pictures = sorted(msgspec.structs.asdict(application.pictures).items())
    found = {slot: _fetch(bucket, caller.user_id, slot, sha256) for slot, sha256 in pictures if sha256 is not None}
    if absent := [FieldError(PICTURES_IN + slot, "was not uploaded as announced") for slot, content in found.items() if content is None]:
        raise ProblemError("VALIDATION_ERROR", "; ".join(f"{item.field} {item.message}" for item in absent), errors=absent)
    files = {slot: File(slot, content) for slot, content in found.items() if content is not None}
    fields = {
        "level": application.level,
        "tc_kimlik_no": application.tc_kimlik_no,
        "first_name": application.first_name,
        "last_name": application.last_name,
        "date_of_birth": application.date_of_birth,
        "phone": application.phone,
    }
    return kyc.submit(context, caller, Form(fields, files), client, pictures_in=PICTURES_IN)


def _fetch(bucket: str, user_id: UUID, slot: str, sha256: str) -> bytes | None:
    """The picture if it lies there and is the one that was announced. Raises SERVICE_UNAVAILABLE where the bucket does not answer."""
    try:
        found = kyc.documents_client().get_object(Bucket=bucket, Key=_place(user_id, slot, sha256))
        content = found["Body"].read() if found["ContentLength"] <= documents.BYTES_MAX else b""
    except ClientError as error:
        if error.response["Error"]["Code"] in _ABSENT:
            return None
        raise _away() from error
    except (BotoCoreError, OSError) as error:
        raise _away() from error
    return content if hashlib.sha256(content).hexdigest() == sha256 else None


def _away() -> ProblemError:
    return ProblemError("SERVICE_UNAVAILABLE", "the place of the documents does not answer", headers={"Retry-After": "5"})
