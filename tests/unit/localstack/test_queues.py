"""Dead letters go back to their queue, each once, in order where the queue keeps one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import boto3
import pytest
from moto import mock_aws

from mycrypto.queue_names import dead_letters_name, queue_name
from mycrypto_local import queues

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_sqs import SQSClient


@pytest.fixture
def sqs(monkeypatch: pytest.MonkeyPatch) -> Iterator[SQSClient]:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        client = boto3.client("sqs")
        for name in queues.WORK_QUEUES:
            for made in (queue_name("prod", name), dead_letters_name("prod", name)):
                attributes: Any = {"FifoQueue": "true"} if made.endswith(".fifo") else {}
                client.create_queue(QueueName=made, Attributes=attributes)
        yield client


def url(sqs: SQSClient, name: str) -> str:
    return sqs.get_queue_url(QueueName=name)["QueueUrl"]


def bodies(sqs: SQSClient, name: str) -> list[str]:
    found = sqs.receive_message(QueueUrl=url(sqs, name), MaxNumberOfMessages=10, VisibilityTimeout=0).get("Messages", [])
    return sorted(message["Body"] for message in found)


def test_dead_letters_of_a_queue_go_back(sqs: SQSClient) -> None:
    for number in range(23):
        sqs.send_message(QueueUrl=url(sqs, "mycrypto-prod-audit-logs-dlq"), MessageBody=f"letter {number}")
    state = next(state for state in queues.states(sqs, "prod") if state.name == "audit-logs")
    assert (state.waiting, state.dead) == (0, 23)
    assert queues.redrive(sqs, "prod", "audit-logs") == 23
    state = next(state for state in queues.states(sqs, "prod") if state.name == "audit-logs")
    assert (state.waiting, state.dead) == (23, 0)
    assert queues.redrive(sqs, "prod", "audit-logs") == 0


def test_a_queue_in_order_keeps_the_groups(sqs: SQSClient) -> None:
    dead = url(sqs, "mycrypto-prod-withdrawal-processing-dlq.fifo")
    for user in ("ayse", "mehmet"):
        sqs.send_message(QueueUrl=dead, MessageBody=user, MessageGroupId=user, MessageDeduplicationId=user)
    assert queues.redrive(sqs, "prod", "withdrawal-processing") == 2
    found = sqs.receive_message(
        QueueUrl=url(sqs, "mycrypto-prod-withdrawal-processing.fifo"), MaxNumberOfMessages=10, AttributeNames=["All"]
    )["Messages"]
    assert {message["Body"]: message["Attributes"]["MessageGroupId"] for message in found} == {"ayse": "ayse", "mehmet": "mehmet"}


def test_a_letter_that_was_not_deleted_is_sent_again_and_none_is_lost(sqs: SQSClient, monkeypatch: pytest.MonkeyPatch) -> None:
    sqs.send_message(QueueUrl=url(sqs, "mycrypto-prod-audit-logs-dlq"), MessageBody="letter")

    def stopped(**_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(queues, "HIDDEN_SECONDS", 0)
    with monkeypatch.context() as patched:
        patched.setattr(sqs, "delete_message", stopped)
        with pytest.raises(KeyboardInterrupt):
            queues.redrive(sqs, "prod", "audit-logs")
    assert queues.redrive(sqs, "prod", "audit-logs") == 1
    assert bodies(sqs, "mycrypto-prod-audit-logs") == ["letter", "letter"]


@pytest.mark.parametrize("name", ["", "nothing", "audit-logs-dlq"])
def test_only_queues_of_the_platform_are_redriven(sqs: SQSClient, name: str) -> None:
    with pytest.raises(queues.QueueError, match="there are: audit-logs"):
        queues.redrive(sqs, "prod", name)


def test_a_stage_that_is_not_there_is_named(sqs: SQSClient) -> None:
    with pytest.raises(queues.QueueError, match="mycrypto-dev-audit-logs"):
        queues.states(sqs, "dev")
