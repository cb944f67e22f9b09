"""The queues of a stage: how full they are, and dead letters sent back to where they failed. The same on the emulator and on AWS."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from mycrypto.queue_names import FIFO_QUEUES, dead_letters_name, queue_name

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

WORK_QUEUES: Final = ("audit-logs", "email-notifications", "kyc-processing", "withdrawal-processing")
BATCH: Final = 10
HIDDEN_SECONDS: Final = 60
"""A letter that was taken and not sent back, because this command was stopped, is there again after this time."""


class QueueError(RuntimeError):
    """The queue is not there; the message says which."""


@dataclass(frozen=True, slots=True)
class QueueState:
    """Numbers of messages: ``waiting`` for a reader, ``in_work``, and ``dead``."""

    name: str
    waiting: int
    in_work: int
    dead: int


def _url(sqs: SQSClient, name: str) -> str:
    try:
        return sqs.get_queue_url(QueueName=name)["QueueUrl"]
    except sqs.exceptions.QueueDoesNotExist:
        raise QueueError(f"there is no queue {name}") from None


def _numbers(sqs: SQSClient, name: str) -> tuple[int, int]:
    wanted: Any = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    found = sqs.get_queue_attributes(QueueUrl=_url(sqs, name), AttributeNames=wanted)["Attributes"]
    return int(found["ApproximateNumberOfMessages"]), int(found["ApproximateNumberOfMessagesNotVisible"])


def states(sqs: SQSClient, stage: str) -> list[QueueState]:
    """Of every work queue."""
    found = []
    for name in WORK_QUEUES:
        waiting, in_work = _numbers(sqs, queue_name(stage, name))
        found.append(QueueState(name, waiting, in_work, sum(_numbers(sqs, dead_letters_name(stage, name)))))
    return found


def redrive(sqs: SQSClient, stage: str, name: str) -> int:
    """Send the dead letters that are there now back to their queue; returns how many.

    A letter is sent before it is deleted: stopped between the two, it is there twice, and its reader drops the second. One that fails again comes
    back as a dead letter and is left to the next redrive.
    """
    if name not in WORK_QUEUES:
        raise QueueError(f"there is no queue {name}; there are: {', '.join(WORK_QUEUES)}")
    source, target = _url(sqs, dead_letters_name(stage, name)), _url(sqs, queue_name(stage, name))
    left = _numbers(sqs, dead_letters_name(stage, name))[0]
    moved = 0
    while moved < left:
        letters = sqs.receive_message(
            QueueUrl=source,
            MaxNumberOfMessages=min(BATCH, left - moved),
            VisibilityTimeout=HIDDEN_SECONDS,
            AttributeNames=["All"],
            MessageAttributeNames=["All"],
        ).get("Messages", [])
        if not letters:
            break
        for letter in letters:
            order: Any = _order(name, letter)
            sqs.send_message(QueueUrl=target, MessageBody=letter["Body"], **order)
            sqs.delete_message(QueueUrl=source, ReceiptHandle=letter["ReceiptHandle"])
            moved += 1
    return moved


def _order(name: str, letter: Any) -> dict[str, str]:
    """A FIFO queue wants the group again, and a name of its own for this sending: under the old one it would drop the message unread."""
    if name not in FIFO_QUEUES:
        return {}
    return {"MessageGroupId": letter["Attributes"]["MessageGroupId"], "MessageDeduplicationId": f"redrive-{letter['MessageId']}"}
