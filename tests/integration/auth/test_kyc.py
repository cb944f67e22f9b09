"""Proof of identity from the form to the higher limit."""

from __future__ import annotations

import hashlib
from urllib.parse import urlparse
from uuid import uuid4

import boto3
import jwt
import msgspec
import pytest

from functions.auth.documents import BYTES_MAX
from functions.notifications.templates import LANGUAGES, render
from mycrypto.mail import MailKind

from .conftest import Account, Answer, Identity

JPEG = b"\xff\xd8\xff\xe0" + b"j" * 2_000
PNG = b"\x89PNG\r\n\x1a\n" + b"p" * 2_000
FIELDS = {
    "tc_kimlik_no": "10000000146",
    "first_name": "Ayşe",
    "last_name": "Yılmaz",
    "date_of_birth": "1990-12-31",
    "phone": "0532 123 45 67",
}
FILES = {"id_front": JPEG, "id_back": JPEG, "selfie": PNG}


def _national_id() -> str:
    """A valid number that no other test uses."""
    digits = [1, *(int(letter) for letter in f"{uuid4().int % 10**8:08d}")]
    digits.append((7 * sum(digits[0:9:2]) - sum(digits[1:8:2])) % 10)
    digits.append(sum(digits) % 10)
    return "".join(map(str, digits))


def _form(fields: dict[str, str], files: dict[str, bytes]) -> tuple[str, bytes]:
    boundary = "x" * 20
    parts = [f'--{boundary}\r\nContent-Disposition: form-data; name="{k}"\r\n\r\n{v}\r\n'.encode() for k, v in fields.items()]
    for name, content in files.items():
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"; filename="{name}.jpg"\r\nContent-Type: image/jpeg\r\n\r\n'
        parts.append(head.encode() + content + b"\r\n")
    return f"multipart/form-data; boundary={boundary}", b"".join(parts) + f"--{boundary}--\r\n".encode()


def _submit(identity: Identity, account: Account, fields: dict[str, str] | None = None, files: dict[str, bytes] | None = None) -> Answer:
    form = _form(FIELDS | {"tc_kimlik_no": _national_id()} if fields is None else fields, files or FILES)
    return identity.call("POST", "/api/auth/kyc/submit", form=form, token=account.access_token)


def _decide(identity: Identity, admin: Account, submission_id: str, **body: object) -> Answer:
    return identity.call("POST", f"/api/auth/admin/kyc/{submission_id}/decision", body, token=admin.access_token)


def _found_clean(identity: Identity, submission_id: str) -> None:
    """As the worker writes it; ``test_kyc_worker`` has the worker itself."""
    identity.owner.execute("UPDATE kyc_documents SET status = 'CLEAN' WHERE submission_id = %s", (submission_id,))
    identity.owner.execute("UPDATE kyc_submissions SET identity_check = 'MATCH' WHERE id = %s", (submission_id,))


def _status(identity: Identity, account: Account) -> dict[str, object]:
    return identity.call("GET", "/api/auth/kyc/status", token=account.access_token).body


@pytest.fixture(scope="module")
def admin(identity: Identity) -> Account:
    return identity.member(roles=["ADMIN"], rate_limit_tier="vip")


def test_an_application_keeps_pictures_in_the_bucket_and_the_number_sealed(identity: Identity) -> None:
    account, number = identity.member(), _national_id()
    assert _status(identity, account)["status"] == "NOT_STARTED"
    answer = _submit(identity, account, FIELDS | {"tc_kimlik_no": number})
    assert (answer.status, answer.body["status"], answer.body["mks_verified"]) == (201, "PENDING", False)
    status = _status(identity, account)
    assert (status["status"], status["level"], status["estimated_hours"]) == ("PENDING", 2, 48)
    assert {entry["status"] for entry in status["documents"]} == {"UPLOADED"}  # type: ignore[attr-defined]
    rows = identity.owner.execute("SELECT s3_key, file_hash, mime_type FROM kyc_documents WHERE submission_id = %s", (answer.body["id"],))
    kept = {key: (digest, mime) for key, digest, mime in rows.fetchall()}
    assert sorted(mime for _, mime in kept.values()) == ["image/jpeg", "image/jpeg", "image/png"]
    for key, (digest, _) in kept.items():
        content = boto3.client("s3").get_object(Bucket="kyc-documents", Key=key)["Body"].read()
        assert hashlib.sha256(content).hexdigest() == digest
        assert content in (JPEG, PNG)
    stored = identity.owner.execute("SELECT s::text FROM kyc_submissions s WHERE id = %s", (answer.body["id"],)).fetchone()
    assert stored is not None
    assert number not in stored[0]
    (job,) = [message for message in identity.drain("kyc-processing") if message["data"]["submission_id"] == answer.body["id"]]
    assert job["type"] == "kyc_submitted"
    assert identity.row(account.email, "kyc_status") == "PENDING"


@pytest.mark.parametrize(
    ("fields", "files", "wrong"),
    [
        ({"level": "LEVEL_9"}, {}, ["level"]),
        ({"tc_kimlik_no": "10000000147"}, {}, ["tc_kimlik_no"]),
        ({"first_name": "A", "last_name": "x" * 101}, {}, ["first_name", "last_name"]),
        ({"date_of_birth": "31.12.1990"}, {}, ["date_of_birth"]),
        ({"date_of_birth": "2020-01-01"}, {}, ["date_of_birth"]),
        ({"phone": "12345"}, {}, ["phone"]),
        ({"colour": "red"}, {}, ["colour"]),
        ({"level": "LEVEL_2"}, {}, ["address_proof"]),
        ({}, {"selfie": b"GIF89a..."}, ["selfie"]),
        ({}, {"selfie": b""}, ["selfie"]),
        ({}, {"selfie": JPEG + b"x" * BYTES_MAX}, ["selfie"]),
        ({}, {"passport": JPEG}, ["passport"]),
    ],
)
def test_every_fault_is_named_and_nothing_is_kept(
    identity: Identity, fields: dict[str, str], files: dict[str, bytes], wrong: list[str]
) -> None:
    account = identity.member()
    answer = _submit(identity, account, FIELDS | fields, FILES | files)
    assert (answer.status, [error["field"] for error in answer.body["errors"]]) == (400, wrong)
    assert _status(identity, account)["status"] == "NOT_STARTED"


@pytest.mark.parametrize(
    ("media", "body", "code"),
    [
        ("application/json", b"{}", "UNSUPPORTED_MEDIA_TYPE"),
        ("multipart/form-data", b"x", "VALIDATION_ERROR"),
        ("multipart/form-data; boundary=x", b"", "VALIDATION_ERROR"),
        ("multipart/form-data; boundary=x", b"--x\r\n\r\nno name\r\n--x--\r\n", "VALIDATION_ERROR"),
        ("multipart/form-data; boundary=x", b'--x\r\nContent-Disposition: form-data; name="level"\r\n\r\nLEVEL_1', "VALIDATION_ERROR"),
        ("multipart/form-data; boundary=x", b"\xff" * 7 * 1024 * 1024, "PAYLOAD_TOO_LARGE"),
    ],
)
def test_what_is_no_form_is_refused(identity: Identity, media: str, body: bytes, code: str) -> None:
    assert identity.call("POST", "/api/auth/kyc/submit", form=(media, body), token=identity.member().access_token).code == code


def test_one_application_at_a_time_and_three_a_day(identity: Identity, admin: Account) -> None:
    account = identity.member()
    for _ in range(3):
        first = _submit(identity, account)
        assert first.status == 201
        again = _submit(identity, account)
        assert (again.status, again.code) == (409, "KYC_ALREADY_SUBMITTED")
        assert _decide(identity, admin, first.body["id"], approve=False, reason="Belge okunamıyor").status == 200
    assert _submit(identity, account).status == 429


def test_an_approval_raises_the_level_the_limits_and_the_next_token(identity: Identity, admin: Account) -> None:
    account, number = identity.member(), _national_id()
    before = identity.call("GET", "/api/auth/kyc/limits", token=account.access_token).body
    assert (before["level"], before["daily_deposit_limit"], before["is_approved"]) == (1, "1000", False)
    submission = _submit(identity, account, FIELDS | {"tc_kimlik_no": number}).body["id"]
    listed = identity.call("GET", "/api/auth/admin/kyc", query={"limit": "100"}, token=admin.access_token).body["data"]
    assert submission in [entry["id"] for entry in listed]
    review = identity.call("GET", f"/api/auth/admin/kyc/{submission}", token=admin.access_token).body
    assert (review["tc_kimlik_no"], review["id_of_another_account"]) == (number, False)
    assert set(review["document_links"]) == {"ID_FRONT", "ID_BACK", "SELFIE"}
    assert all("Signature" in urlparse(link).query for link in review["document_links"].values())
    _found_clean(identity, submission)
    decided = _decide(identity, admin, submission, approve=True)
    assert (decided.status, decided.body["status"]) == (200, "APPROVED")
    assert identity.call("GET", "/api/auth/profile", token=account.access_token).status == 401
    fresh = identity.call("POST", "/api/auth/refresh", {"refresh_token": account.refresh_token}).body["access_token"]
    assert jwt.decode(fresh, options={"verify_signature": False})["kyc_level"] == 2
    after = identity.call("GET", "/api/auth/kyc/limits", token=fresh).body
    assert (after["level"], after["daily_deposit_limit"], after["is_approved"]) == (2, "50000", True)
    assert identity.call("GET", "/api/auth/profile", token=fresh).body["phone"] == "+905321234567"
    assert identity.mails_to(account.email)[-1]["type"] == "kyc_approved"
    assert _decide(identity, admin, submission, approve=False, reason="x").code == "KYC_NOT_OPEN"
    account.access_token = fresh
    assert _submit(identity, account).code == "KYC_ALREADY_SUBMITTED"
    third = _submit(identity, account, FIELDS | {"tc_kimlik_no": number, "level": "LEVEL_2"}, FILES | {"address_proof": PNG})
    assert third.status == 201
    assert _decide(identity, admin, third.body["id"], approve=False, reason="Eski belge").status == 200
    assert (identity.row(account.email, "kyc_level"), identity.row(account.email, "kyc_status")) == (2, "APPROVED")


def test_a_rejection_needs_a_reason_and_reaches_the_user(identity: Identity, admin: Account) -> None:
    account = identity.member()
    submission = _submit(identity, account).body["id"]
    assert _decide(identity, admin, submission, approve=False).body["errors"][0]["field"] == "reason"
    assert _decide(identity, admin, submission, approve=False, reason="Belge okunamıyor").status == 200
    status = _status(identity, account)
    assert (status["status"], status["rejection_reason"], status["estimated_hours"]) == ("REJECTED", "Belge okunamıyor", 0)
    assert status["rejection_code"] == "OTHER"
    assert identity.mails_to(account.email)[-1]["data"]["reason"] == "Belge okunamıyor"
    assert identity.row(account.email, "kyc_level") == 1


@pytest.mark.parametrize(
    ("locale", "note", "shown"),
    [
        ("tr", "", "Belgenin geçerlilik süresi dolmuş"),
        ("en", "", "The document has expired"),
        ("en", "since 2019", "The document has expired: since 2019"),
    ],
)
def test_the_reason_is_shown_and_mailed_in_the_language_of_the_profile(
    identity: Identity, admin: Account, locale: str, note: str, shown: str
) -> None:
    account = identity.member(locale=locale)
    submission = _submit(identity, account).body["id"]
    decided = _decide(identity, admin, submission, approve=False, rejection_code="EXPIRED_DOCUMENT", reason=note)
    assert (decided.status, decided.body["rejection_code"]) == (200, "EXPIRED_DOCUMENT")
    status = _status(identity, account)
    assert (status["rejection_code"], status["rejection_reason"]) == ("EXPIRED_DOCUMENT", shown)
    mail = identity.mails_to(account.email)[-1]
    rendered = render(MailKind(mail["type"]), mail["data"], LANGUAGES[locale])
    assert shown in rendered.text


def test_a_rejection_from_before_there_were_codes_says_what_the_reviewer_wrote(identity: Identity, admin: Account) -> None:
    account = identity.member(locale="en")
    submission = _submit(identity, account).body["id"]
    assert _decide(identity, admin, submission, approve=False, rejection_code="POOR_PHOTO").status == 200
    identity.owner.execute("UPDATE kyc_submissions SET rejection_code = NULL, rejection_reason = 'Bulanık' WHERE id = %s", (submission,))
    status = _status(identity, account)
    assert (status["rejection_code"], status["rejection_reason"]) == ("OTHER", "Bulanık")


def test_an_unknown_code_is_refused(identity: Identity, admin: Account) -> None:
    submission = _submit(identity, identity.member()).body["id"]
    for code in ("INFECTED", "x"):
        assert _decide(identity, admin, submission, approve=False, rejection_code=code, reason="x").code == "VALIDATION_ERROR"


def test_one_person_has_one_verified_account(identity: Identity, admin: Account) -> None:
    number, first, second = _national_id(), identity.member(), identity.member()
    ids = [_submit(identity, account, FIELDS | {"tc_kimlik_no": number}).body["id"] for account in (first, second)]
    for submission in ids:
        _found_clean(identity, submission)
    assert _decide(identity, admin, ids[0], approve=True).status == 200
    assert identity.call("GET", f"/api/auth/admin/kyc/{ids[1]}", token=admin.access_token).body["id_of_another_account"] is True
    assert _decide(identity, admin, ids[1], approve=True).code == "KYC_NOT_OPEN"
    assert identity.row(second.email, "kyc_level") == 1


@pytest.mark.parametrize("status", ["UPLOADED", "SCANNING", "INFECTED"])
def test_a_picture_that_was_not_found_clean_is_never_approved(identity: Identity, admin: Account, status: str) -> None:
    account = identity.member()
    submission = _submit(identity, account).body["id"]
    _found_clean(identity, submission)
    identity.owner.execute(
        "UPDATE kyc_documents SET status = %s WHERE submission_id = %s AND document_type = 'SELFIE'", (status, submission)
    )
    assert _decide(identity, admin, submission, approve=True).code == "KYC_NOT_OPEN"
    assert identity.row(account.email, "kyc_level") == 1
    assert _decide(identity, admin, submission, approve=False, reason="x").status == 200


def test_only_administrators_see_and_decide_and_not_about_their_own(identity: Identity, admin: Account) -> None:
    account = identity.member()
    submission = _submit(identity, account).body["id"]
    for method, path in (("GET", ""), ("GET", f"/{submission}"), ("POST", f"/{submission}/decision")):
        body = {"approve": True} if method == "POST" else None
        assert identity.call(method, f"/api/auth/admin/kyc{path}", body, token=account.access_token).code == "FORBIDDEN"
    own = _submit(identity, admin).body["id"]
    assert _decide(identity, admin, own, approve=True).code == "FORBIDDEN"
    assert _decide(identity, admin, str(uuid4()), approve=True).status == 404


def test_without_a_bucket_nothing_is_taken(identity: Identity, monkeypatch: pytest.MonkeyPatch) -> None:
    context = identity.auth.context()
    monkeypatch.setattr(context, "settings", msgspec.structs.replace(context.settings, kyc_bucket=""))
    assert _submit(identity, identity.member()).status == 503
