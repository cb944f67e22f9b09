"""What clients send to upload pictures one by one, and what they get back."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from functions.auth.documents import BYTES_MAX
from functions.auth.models import Input
from mycrypto.faults import MUST_BE

Slot = Literal["id_front", "id_back", "selfie", "address_proof"]
Digest = Annotated[
    str, msgspec.Meta(pattern=r"^[0-9a-f]{64}\Z", examples=["ab" * 32], extra={MUST_BE: "a SHA-256 as 64 hexadecimal digits"})
]
"""SHA-256 in hex."""


class KycUploadRequest(Input, frozen=True):
    """What will be uploaded: the picture's exact size and its SHA-256."""

    slot: Slot
    sha256: Digest
    size: Annotated[int, msgspec.Meta(ge=1, le=BYTES_MAX)]
    content_type: Literal["image/jpeg", "image/png"]


class KycUpload(msgspec.Struct, frozen=True):
    """Send the picture to ``url`` by ``method`` with exactly these headers."""

    url: str
    method: str
    headers: dict[str, str]
    expires_in: int


class KycPictures(Input, frozen=True):
    """The SHA-256 of what was uploaded for each slot."""

    id_front: Digest | None = None
    id_back: Digest | None = None
    selfie: Digest | None = None
    address_proof: Digest | None = None


class KycApplication(Input, frozen=True):
    tc_kimlik_no: str
    first_name: str
    last_name: str
    date_of_birth: str
    phone: str
    pictures: KycPictures
    level: Literal["LEVEL_1", "LEVEL_2"] = "LEVEL_1"
