"""Messages that failed come again after a time that grows: half a minute, two minutes, eight minutes, and then they are dead letters.

SQS itself waits equally long each time. The function that has failed tells SQS how long the message stays hidden, by how often it was delivered.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import boto3
from botocore.config import Config

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

FIRST_S: Final = 30
FACTOR: Final = 4
LONGEST_S: Final = 15 * 60
_CLIENT: Final = Config(connect_timeout=1, read_timeout=2, retries={"total_max_attempts": 1})


def seconds_after(deliveries: int) -> int:
    """How long a message waits that was delivered so often and failed each time."""
    return int(min(FIRST_S * FACTOR ** (min(max(deliveries, 1), 10) - 1), LONGEST_S))


class BackOff:
    """Hides failed records of an SQS event. The client is made when the first record fails."""

    def __init__(self, client: SQSClient | None = None) -> None:
        self._client = client
        self._urls: dict[str, str] = {}

    def hide(self, record: Mapping[str, Any]) -> None:
        """Raises whatever the client raises; the message then comes again after the queue's own time."""
        name = str(record["eventSourceARN"]).rpartition(":")[2]
        if self._client is None:
            self._client = boto3.client("sqs", config=_CLIENT)
        if name not in self._urls:
            self._urls[name] = self._client.get_queue_url(QueueName=name)["QueueUrl"]
        self._client.change_message_visibility(
            QueueUrl=self._urls[name],
            ReceiptHandle=str(record["receiptHandle"]),
            VisibilityTimeout=seconds_after(int(record["attributes"]["ApproximateReceiveCount"])),
        )
