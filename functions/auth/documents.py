"""Identity documents: what is accepted as a picture, and where it is kept."""

from __future__ import annotations

import hashlib
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Final
from uuid import UUID

import msgspec

from functions.auth.multipart import File
from mycrypto.ids import new_uuid

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

BYTES_MAX: Final = 5 * 1024 * 1024
_SIGNATURES: Final = {b"\xff\xd8\xff": ("image/jpeg", "jpg"), b"\x89PNG\r\n\x1a\n": ("image/png", "png")}


class DocumentType(StrEnum):
    ID_FRONT = "ID_FRONT"
    ID_BACK = "ID_BACK"
    SELFIE = "SELFIE"
    ADDRESS_PROOF = "ADDRESS_PROOF"


class Document(msgspec.Struct, frozen=True):
    """A checked picture and its place in the bucket."""

    id: UUID
    document_type: DocumentType
    original_filename: str
    file_size: int
    mime_type: str
    file_hash: str
    s3_bucket: str
    s3_key: str


def problem(file: File) -> str | None:
    """Why the file is not taken, if so. What it is says its content, not its name."""
    if not file.content:
        return "is empty"
    if len(file.content) > BYTES_MAX:
        return f"must have at most {BYTES_MAX} bytes"
    if _kind(file.content) is None:
        return "must be a JPEG or PNG picture"
    return None


def _kind(content: bytes) -> tuple[str, str] | None:
    return next((kind for signature, kind in _SIGNATURES.items() if content.startswith(signature)), None)


def describe(file: File, document_type: DocumentType, *, user_id: UUID, bucket: str, now: datetime) -> Document:
    """The row of a file that has no problem."""
    kind = _kind(file.content)
    if kind is None:
        raise ValueError("the file was not checked")
    mime_type, extension = kind
    digest = hashlib.sha256(file.content).hexdigest()
    moment = int(now.timestamp() * 1000)
    return Document(
        id=new_uuid(),
        document_type=document_type,
        original_filename=file.filename,
        file_size=len(file.content),
        mime_type=mime_type,
        file_hash=digest,
        s3_bucket=bucket,
        s3_key=f"kyc/{user_id}/{document_type.value.lower()}_{moment}_{digest[:8]}.{extension}",
    )


def keep(client: S3Client, document: Document, content: bytes) -> None:
    """Put the picture into the bucket, which encrypts it; S3 checks the digest on arrival."""
    client.put_object(
        Bucket=document.s3_bucket,
        Key=document.s3_key,
        Body=content,
        ContentType=document.mime_type,
        ChecksumAlgorithm="SHA256",
        Metadata={"sha256": document.file_hash},
    )
