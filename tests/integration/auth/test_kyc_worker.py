"""The KYC worker: what auth puts into the queue is scanned, and a picture with a virus ends its application."""

from __future__ import annotations

import importlib
import json
import socket
import threading
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.kyc.scanners import EICAR, Clamd, ScannerError, read_reply
from tests.integration.auth.test_kyc import FILES, JPEG, _decide, _status, _submit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.integration.auth.conftest import Account, Identity


@pytest.fixture(scope="module")
def admin(identity: Identity) -> Account:
    return identity.member(roles=["ADMIN"], rate_limit_tier="vip")


@pytest.fixture
def worker(identity: Identity) -> Iterator[Any]:
    identity.drain("kyc-processing")
    module = importlib.import_module("functions.kyc.handler")
    yield module
    module.db().close()
    for kept in (module.db, module.pictures, module.relay, module.scanner):
        kept.cache_clear()


def work(identity: Identity, worker: Any, *, times: int = 1) -> list[dict[str, str]]:
    """Hand what the queue holds to the worker, so often; the failures of the last time."""
    records = [{"messageId": str(n), "body": json.dumps(message)} for n, message in enumerate(identity.drain("kyc-processing"))]
    assert records
    answers = [worker.handler({"Records": records}, LambdaContext()) for _ in range(times)]
    failures: list[dict[str, str]] = answers[-1]["batchItemFailures"]
    return failures


def pictures(identity: Identity, account: Account) -> set[str]:
    documents: Any = _status(identity, account)["documents"]
    return {entry["status"] for entry in documents}


def test_clean_pictures_are_marked_and_the_application_waits_for_a_person(identity: Identity, admin: Account, worker: Any) -> None:
    account = identity.member()
    submission = _submit(identity, account).body["id"]
    assert work(identity, worker, times=2) == []
    assert (_status(identity, account)["status"], pictures(identity, account)) == ("PENDING", {"CLEAN"})
    assert _decide(identity, admin, submission, approve=True).status == 200


def test_a_picture_with_a_virus_ends_the_application_once(identity: Identity, worker: Any) -> None:
    account = identity.member()
    _submit(identity, account, files=FILES | {"selfie": JPEG + EICAR})
    assert work(identity, worker, times=2) == []
    assert (_status(identity, account)["status"], pictures(identity, account)) == ("REJECTED", {"CLEAN", "INFECTED"})
    assert [mail["type"] for mail in identity.mails_to(account.email)].count("kyc_rejected") == 1
    assert identity.row(account.email, "kyc_status") == "REJECTED"


def test_a_picture_that_was_changed_after_the_upload_is_not_taken_for_clean(identity: Identity, worker: Any) -> None:
    account = identity.member()
    submission = _submit(identity, account).body["id"]
    row = identity.owner.execute("SELECT s3_key FROM kyc_documents WHERE submission_id = %s LIMIT 1", (submission,)).fetchone()
    assert row is not None
    boto3.client("s3").put_object(Bucket="kyc-documents", Key=row[0], Body=JPEG + b"other")
    assert work(identity, worker) == []
    assert _status(identity, account)["status"] == "REJECTED"


def test_without_a_scanner_the_application_waits_and_the_message_comes_again(
    identity: Identity, admin: Account, worker: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = identity.member()
    submission = _submit(identity, account).body["id"]
    gone = socket.create_server(("127.0.0.1", 0))
    port = gone.getsockname()[1]
    gone.close()
    monkeypatch.setattr(worker, "scanner", lambda: Clamd(f"127.0.0.1:{port}"))
    assert work(identity, worker) == [{"itemIdentifier": "0"}]
    assert (_status(identity, account)["status"], pictures(identity, account)) == ("PENDING", {"UPLOADED"})
    assert _decide(identity, admin, submission, approve=True).code == "KYC_NOT_OPEN"


@pytest.mark.parametrize("body", ["{}", "no json", json.dumps({"type": "audit"})])
def test_what_is_no_application_becomes_a_dead_letter(worker: Any, body: str) -> None:
    answer = worker.handler({"Records": [{"messageId": "m", "body": body}]}, LambdaContext())
    assert answer == {"batchItemFailures": [{"itemIdentifier": "m"}]}


def test_a_picture_goes_to_clamd_whole_and_its_answer_is_read() -> None:
    server = socket.create_server(("127.0.0.1", 0))
    taken: list[bytes] = []

    def serve() -> None:
        for reply in (b"stream: OK\0", b"stream: Eicar-Signature FOUND\0"):
            connection, _ = server.accept()
            with connection:
                file = connection.makefile("rb")
                assert file.read(10) == b"zINSTREAM\0"
                content = b""
                while size := int.from_bytes(file.read(4)):
                    content += file.read(size)
                taken.append(content)
                connection.sendall(reply)

    thread = threading.Thread(target=serve)
    thread.start()
    scanner, content = Clamd(f"127.0.0.1:{server.getsockname()[1]}"), b"x" * 200_000
    assert (scanner.scan(content), scanner.scan(EICAR)) == (None, "Eicar-Signature")
    thread.join()
    server.close()
    assert taken == [content, EICAR]


@pytest.mark.parametrize("reply", [b"", b"\0", b"INSTREAM size limit exceeded. ERROR\0", b"stream: OK but\0"])
def test_anything_but_a_judgement_is_none(reply: bytes) -> None:
    with pytest.raises(ScannerError):
        read_reply(reply)
