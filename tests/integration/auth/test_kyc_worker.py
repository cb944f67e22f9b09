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

from functions.kyc.register import Person, RegisterError
from functions.kyc.scanners import EICAR, Clamd, ScannerError, read_reply
from functions.notifications.templates import render
from mycrypto.mail import MailKind
from mycrypto.queue_names import DELIVERIES_MAX
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
    for kept in (module.db, module.pictures, module.relay, module.scanner, module.register):
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
    (mail,) = [mail for mail in identity.mails_to(account.email) if mail["type"] == "kyc_rejected"]
    assert "zararlı içerik" in render(MailKind.KYC_REJECTED, mail["data"]).text
    assert _status(identity, account)["rejection_code"] == "INFECTED"
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


class Population:
    """A register whose answers are planned: what it says, or what it raises."""

    def __init__(self, *answers: bool | Exception) -> None:
        self.answers = list(answers)
        self.asked: list[Person] = []

    def knows(self, person: Person) -> bool:
        self.asked.append(person)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def _checked(identity: Identity, submission: str) -> Any:
    return identity.owner.execute(
        "SELECT identity_check, mks_verified, status FROM kyc_submissions WHERE id = %s", (submission,)
    ).fetchone()


@pytest.mark.parametrize(("match", "row"), [(True, ("MATCH", True, "IN_REVIEW")), (False, ("MISMATCH", False, "PENDING"))])
def test_the_first_answer_of_the_register_is_kept_and_a_person_decides(
    identity: Identity, admin: Account, worker: Any, monkeypatch: pytest.MonkeyPatch, match: bool, row: tuple[object, ...]
) -> None:
    population = Population(match, not match)
    monkeypatch.setattr(worker, "register", lambda: population)
    submission = _submit(identity, identity.member()).body["id"]
    assert work(identity, worker, times=2) == []
    assert _checked(identity, submission) == row
    (person,) = population.asked
    assert (len(person.national_id), person.first_name, person.date_of_birth.year) == (11, "Ayşe", 1990)
    assert _decide(identity, admin, submission, approve=True).status == 200


def test_while_the_register_is_away_the_application_waits_and_is_not_approved(
    identity: Identity, admin: Account, worker: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    population = Population(RegisterError("away"), RegisterError("away"), True)
    monkeypatch.setattr(worker, "register", lambda: population)
    account = identity.member()
    submission = _submit(identity, account).body["id"]
    records = [{"messageId": "0", "body": json.dumps(message)} for message in identity.drain("kyc-processing")]
    for _ in range(2):
        assert worker.handler({"Records": records}, LambdaContext()) == {"batchItemFailures": [{"itemIdentifier": "0"}]}
        assert pictures(identity, account) == {"CLEAN"}
        assert _checked(identity, submission) == ("WAITING", False, "PENDING")
        refused = _decide(identity, admin, submission, approve=True)
        assert (refused.code, "register" in refused.body["detail"]) == ("KYC_NOT_OPEN", True)
    assert worker.handler({"Records": records}, LambdaContext()) == {"batchItemFailures": []}
    assert _checked(identity, submission) == ("MATCH", True, "IN_REVIEW")
    assert _decide(identity, admin, submission, approve=True).status == 200


def test_a_register_that_never_answers_leaves_the_application_to_a_person(
    identity: Identity, admin: Account, worker: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    population = Population(*(RegisterError("away") for _ in range(DELIVERIES_MAX)))
    monkeypatch.setattr(worker, "register", lambda: population)
    submission = _submit(identity, identity.member()).body["id"]
    (message,) = identity.drain("kyc-processing")
    for count in range(1, DELIVERIES_MAX + 1):
        record = {"messageId": "0", "body": json.dumps(message), "attributes": {"ApproximateReceiveCount": str(count)}}
        failures = worker.handler({"Records": [record]}, LambdaContext())["batchItemFailures"]
        assert bool(failures) is (count < DELIVERIES_MAX)
    assert _checked(identity, submission) == ("UNANSWERED", False, "PENDING")
    assert _decide(identity, admin, submission, approve=True).status == 200


def test_nothing_is_asked_about_an_application_with_a_virus(identity: Identity, worker: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    population = Population()
    monkeypatch.setattr(worker, "register", lambda: population)
    _submit(identity, identity.member(), files=FILES | {"selfie": JPEG + EICAR})
    assert work(identity, worker) == []
    assert population.asked == []
