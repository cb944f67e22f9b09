"""Pictures that were uploaded by themselves become an application as those of a form do, and nothing else does."""

from __future__ import annotations

import base64
import hashlib
from typing import Any
from urllib.parse import parse_qs, urlparse

import boto3
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, ReadTimeoutError

from functions.auth import kyc
from functions.auth.documents import BYTES_MAX

from .conftest import Account, Answer, Identity
from .test_kyc import FIELDS, FILES, JPEG, PNG, _national_id

BUCKET = "kyc-documents"


def _ask(identity: Identity, account: Account, place: str, content: bytes, **changes: object) -> Answer:
    body = {"slot": place, "sha256": hashlib.sha256(content).hexdigest(), "size": len(content), "content_type": "image/jpeg"} | changes
    return identity.call("POST", "/api/auth/kyc/uploads", body, token=account.access_token)


def _upload(identity: Identity, account: Account, slot: str, content: bytes, instead: bytes | None = None) -> str:
    """As a client does it whose every header is what the link says; S3 itself is played."""
    answer = _ask(identity, account, slot, content)
    assert answer.status == 201, answer.body
    key = urlparse(answer.body["url"]).path.removeprefix(f"/{BUCKET}").lstrip("/")
    boto3.client("s3").put_object(Bucket=BUCKET, Key=key, Body=content if instead is None else instead)
    return hashlib.sha256(content).hexdigest()


def _apply(identity: Identity, account: Account, pictures: dict[str, str], **changes: object) -> Answer:
    body: dict[str, Any] = FIELDS | {"tc_kimlik_no": _national_id(), "pictures": pictures} | changes
    return identity.call("POST", "/api/auth/kyc/applications", body, token=account.access_token)


def test_three_uploads_and_an_application_are_what_a_form_is(identity: Identity) -> None:
    account = identity.member()
    pictures = {slot: _upload(identity, account, slot, content) for slot, content in FILES.items()}
    answer = _apply(identity, account, pictures)
    assert (answer.status, answer.body["status"]) == (201, "PENDING")
    rows = identity.owner.execute(
        "SELECT document_type, file_hash, mime_type, s3_key, status FROM kyc_documents WHERE submission_id = %s", (answer.body["id"],)
    ).fetchall()
    assert {row[0].lower(): row[1] for row in rows} == pictures
    assert {row[2] for row in rows} == {"image/jpeg", "image/png"}, "the content says what it is, not the client"
    assert {row[4] for row in rows} == {"UPLOADED"}
    for row in rows:
        assert row[3].startswith("kyc/"), "a copy that no link reaches"
        assert hashlib.sha256(boto3.client("s3").get_object(Bucket=BUCKET, Key=row[3])["Body"].read()).hexdigest() == row[1]
    assert any(message["data"]["submission_id"] == answer.body["id"] for message in identity.drain("kyc-processing"))
    assert _apply(identity, account, pictures).code == "KYC_ALREADY_SUBMITTED"


def test_the_link_is_bound_to_the_user_the_size_the_type_and_the_digest(identity: Identity) -> None:
    account = identity.member()
    found = _ask(identity, account, "selfie", PNG, content_type="image/png").body
    asked = {name: values[0] for name, values in parse_qs(urlparse(found["url"]).query).items()}
    assert set(asked["X-Amz-SignedHeaders"].split(";")) >= {"content-length", "content-type", "x-amz-checksum-sha256"}
    assert asked["X-Amz-Expires"] == "600"
    assert found["headers"] == {
        "content-length": str(len(PNG)),
        "content-type": "image/png",
        "x-amz-checksum-sha256": base64.b64encode(hashlib.sha256(PNG).digest()).decode(),
    }
    assert str(identity.row(account.email, "id")) in found["url"]


@pytest.mark.parametrize(
    "changes",
    [
        {"size": BYTES_MAX + 1},
        {"size": 0},
        {"sha256": "x"},
        {"sha256": "../" * 20},
        {"slot": "passport"},
        {"content_type": "image/svg+xml"},
        {"key": "kyc/other"},
    ],
)
def test_what_no_picture_is_gets_no_link(identity: Identity, changes: dict[str, object]) -> None:
    answer = _ask(identity, identity.member(), "selfie", JPEG, **changes)
    assert (answer.status, answer.code) == (400, "VALIDATION_ERROR")


def test_a_picture_that_is_absent_another_users_or_not_the_announced_one_is_named(identity: Identity) -> None:
    account, other = identity.member(), identity.member()
    pictures = {
        "id_front": hashlib.sha256(b"never sent").hexdigest(),
        "id_back": _upload(identity, other, "id_back", JPEG),
        "selfie": _upload(identity, account, "selfie", PNG, instead=PNG + b"changed"),
    }
    answer = _apply(identity, account, pictures)
    assert (answer.status, answer.code) == (400, "VALIDATION_ERROR")
    assert [problem["field"] for problem in answer.body["errors"]] == ["pictures.id_back", "pictures.id_front", "pictures.selfie"]
    assert identity.row(account.email, "kyc_status") == "NONE"


def test_what_an_application_lacks_is_named_as_for_a_form(identity: Identity) -> None:
    account = identity.member()
    pictures = {"id_front": _upload(identity, account, "id_front", b"GIF89a...")}
    answer = _apply(identity, account, pictures, tc_kimlik_no="10000000147")
    assert [problem["field"] for problem in answer.body["errors"]] == [
        "tc_kimlik_no",
        "pictures.id_back",
        "pictures.selfie",
        "pictures.id_front",
    ]


def _raises(error: Exception) -> Any:
    def get_object(**_: object) -> dict[str, Any]:
        raise error

    return type("Away", (), {"get_object": staticmethod(get_object)})


@pytest.mark.parametrize(
    "error",
    [
        EndpointConnectionError(endpoint_url="https://s3.example"),
        ReadTimeoutError(endpoint_url="https://s3.example"),
        ClientError({"Error": {"Code": "SlowDown", "Message": "x"}}, "GetObject"),
        ClientError({"Error": {"Code": "AccessDenied", "Message": "x"}}, "GetObject"),
    ],
)
def test_while_the_bucket_does_not_answer_nothing_is_taken(identity: Identity, monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    account = identity.member()
    monkeypatch.setattr(kyc, "documents_client", lambda: _raises(error))
    answer = _apply(identity, account, dict.fromkeys(FILES, hashlib.sha256(JPEG).hexdigest()))
    assert (answer.status, answer.code) == (503, "SERVICE_UNAVAILABLE")
    assert identity.row(account.email, "kyc_status") == "NONE"
