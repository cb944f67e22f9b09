"""A message of the e-mail queue becomes one mail, once, or comes back."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import boto3
import pytest
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.ses.models import ses_backends

from mycrypto.back_off import BackOff, seconds_after

from .conftest import Identity


def _message(kind: str, **data: str) -> dict[str, Any]:
    envelope = {"message_id": str(uuid4()), "type": kind, "version": 1, "trace_id": "t", "timestamp": "2026-11-23T12:00:00Z"}
    return envelope | {"data": {"user_id": str(uuid4())} | data}


def _deliver(identity: Identity, *messages: object) -> list[str]:
    records = [
        {"messageId": str(n), "body": message if isinstance(message, str) else json.dumps(message)} for n, message in enumerate(messages)
    ]
    answer = identity.notifications.handler({"Records": records}, None)
    return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


def _sent_to(address: str) -> list[Any]:
    sent = ses_backends[DEFAULT_ACCOUNT_ID]["eu-central-1"].sent_messages
    return [message for message in sent if address in message.destinations["ToAddresses"]]


def test_a_registration_ends_in_a_turkish_mail_with_the_link(identity: Identity) -> None:
    account, _ = identity.register()
    (message,) = identity.mails_to(account.email)
    assert _deliver(identity, message) == []
    (mail,) = _sent_to(account.email)
    assert mail.source == "no-reply@mycrypto.example"
    assert mail.subject == "E-posta adresinizi doğrulayın - MyCrypto"
    link = message["data"]["link"]
    assert link in mail.body


def test_a_repeated_message_is_one_mail(identity: Identity) -> None:
    address = f"{uuid4()}@example.com"
    message = _message("deposit_credited", to=address, amount="1000.00", currency="TRY")
    assert _deliver(identity, message, message) == []
    assert _deliver(identity, message) == []
    assert len(_sent_to(address)) == 1
    row = identity.owner.execute("SELECT type, status, attempts FROM email_logs WHERE message_id = %s", (message["message_id"],))
    assert row.fetchone() == ("deposit_credited", "SENT", 1)


def test_a_mail_that_was_not_accepted_is_tried_again(identity: Identity, monkeypatch: pytest.MonkeyPatch) -> None:
    address = f"{uuid4()}@example.com"
    message = _message("two_factor_enabled", to=address)
    send = identity.notifications.send

    def refuse(_: str, __: object) -> str:
        raise ConnectionError("throttled")

    monkeypatch.setattr(identity.notifications, "send", refuse)
    assert _deliver(identity, message) == ["0"]
    monkeypatch.setattr(identity.notifications, "send", send)
    assert _deliver(identity, message) == []
    assert len(_sent_to(address)) == 1


def test_a_message_that_another_execution_claimed_waits_until_the_claim_is_old(identity: Identity) -> None:
    address = f"{uuid4()}@example.com"
    message = _message("two_factor_disabled", to=address)
    claim = "INSERT INTO email_logs (message_id, type, recipient, status, claimed_at) VALUES (%s, 'x', %s, 'SENDING', now())"
    identity.owner.execute(claim, (message["message_id"], address))
    assert _deliver(identity, message) == ["0"]
    assert _sent_to(address) == []
    identity.owner.execute(
        "UPDATE email_logs SET claimed_at = now() - interval '6 minutes' WHERE message_id = %s", (message["message_id"],)
    )
    assert _deliver(identity, message) == []
    assert len(_sent_to(address)) == 1


def test_one_bad_message_does_not_hold_up_the_others(identity: Identity) -> None:
    address = f"{uuid4()}@example.com"
    good = _message("kyc_approved", to=address, level="2")
    bad = [
        "not json",
        {"type": "verify_email"},
        _message("lottery_won", to=address),
        _message("verify_email", to=address, code="ABC123"),
        _message("verify_email", to=address, code="ABC123", link="javascript:alert(1)"),
        _message("kyc_approved", to="no-address", level="2"),
        _message("kyc_approved", to="a@example.com\r\nBcc: b@example.com", level="2"),
        good | {"message_id": str(uuid4()), "version": 2},
    ]
    assert _deliver(identity, *bad, good) == [str(number) for number in range(len(bad))]
    assert len(_sent_to(address)) == 1


def test_a_message_that_names_a_user_goes_to_the_users_address(identity: Identity) -> None:
    account, _ = identity.register()
    (user_id,) = identity.owner.execute("SELECT id FROM users WHERE email = %s", (account.email,)).fetchone() or (None,)
    message = _message("market_halted", symbol="BTC/TRY", orders="2", user_id=str(user_id))
    before = len(_sent_to(account.email))
    assert _deliver(identity, message, message) == []
    assert [mail.subject for mail in _sent_to(account.email)[before:]] == ["İşlemler durduruldu - MyCrypto"]


def test_no_mail_is_sent_for_an_unknown_user(identity: Identity) -> None:
    message = _message("market_halted", symbol="BTC/TRY", orders="2")
    assert _deliver(identity, message) == []
    logged = identity.owner.execute("SELECT count(*) FROM email_logs WHERE message_id = %s", (message["message_id"],))
    assert logged.fetchone() == (0,)


def test_a_message_with_neither_address_nor_user_is_no_message(identity: Identity) -> None:
    message = _message("market_halted", symbol="BTC/TRY", orders="2")
    assert _deliver(identity, message | {"data": {"symbol": "BTC/TRY", "orders": "2"}}) == ["0"]
    assert _deliver(identity, message | {"data": {"user_id": "no-id", "symbol": "BTC/TRY", "orders": "2"}}) == ["0"]


def test_a_mail_that_fails_comes_again_after_a_time_that_grows(identity: Identity, monkeypatch: pytest.MonkeyPatch) -> None:
    """Against a queue: the handler hides each failed message itself, and leaves the others alone."""
    client = boto3.client("sqs")
    name = f"mycrypto-local-{uuid4().hex[:8]}"
    url = client.create_queue(QueueName=name, Attributes={"VisibilityTimeout": "0"})["QueueUrl"]
    hidden: list[tuple[str, int]] = []
    real = client.change_message_visibility

    def change(**asked: Any) -> Any:
        hidden.append((asked["ReceiptHandle"], asked["VisibilityTimeout"]))
        return real(**asked)

    monkeypatch.setattr(client, "change_message_visibility", change)
    monkeypatch.setattr(identity.notifications, "back_off", BackOff(client))
    client.send_message(QueueUrl=url, MessageBody=json.dumps(_message("lottery_won", to="a@example.com")))
    (message,) = client.receive_message(QueueUrl=url, AttributeNames=["ApproximateReceiveCount"])["Messages"]
    bad = {
        "messageId": "bad",
        "body": message["Body"],
        "receiptHandle": message["ReceiptHandle"],
        "eventSourceARN": f"arn:aws:sqs:eu-central-1:123456789012:{name}",
    }
    good = bad | {"messageId": "good", "body": json.dumps(_message("two_factor_enabled", to=f"{uuid4()}@example.com"))}
    for count in ("1", "2", "3"):
        records = [each | {"attributes": {"ApproximateReceiveCount": count}} for each in (bad, good)]
        assert identity.notifications.handler({"Records": records}, None) == {"batchItemFailures": [{"itemIdentifier": "bad"}]}
    assert hidden == [(message["ReceiptHandle"], seconds) for seconds in (30, 120, 480)]
    assert "Messages" not in client.receive_message(QueueUrl=url)


def test_a_failed_message_is_named_even_where_it_cannot_be_hidden(identity: Identity, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(_: object) -> None:
        raise ConnectionError

    monkeypatch.setattr(identity.notifications.back_off, "hide", away)
    assert _deliver(identity, _message("lottery_won", to="a@example.com")) == ["0"]


def test_the_time_does_not_grow_for_ever() -> None:
    assert [seconds_after(count) for count in (0, 1, 2, 3, 4, 50)] == [30, 30, 120, 480, 900, 900]
