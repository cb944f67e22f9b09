"""Synchronous invocations through Lambda's own API, and the queue for what is given up."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, Protocol

import boto3
import msgspec
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from mycrypto_local.pump.document import ARN, Record, size

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_sqs import SQSClient

READ_SECONDS_MAX: Final = 120


class FunctionFailedError(Exception):
    """The function ran and raised; the message is its error document."""


class NotInvokedError(Exception):
    """The function did not run, or may not have run: the emulator is away, the function is not there yet, the time was up."""


class Invoker(Protocol):
    async def invoke(self, function: str, event: dict[str, Any]) -> None:
        """Raises :class:`FunctionFailedError` or :class:`NotInvokedError`."""

    async def give_up(self, queue: str, function: str, records: Sequence[Record], tries: int) -> None:
        """Tell a dead-letter queue; raises :class:`NotInvokedError`."""


class LambdaInvoker:
    """boto3 in threads, one for each mapping that may be under way."""

    def __init__(self, threads: int, bootstrap: str) -> None:
        configuration = Config(connect_timeout=2, read_timeout=READ_SECONDS_MAX, retries={"max_attempts": 0}, max_pool_connections=threads)
        self._lambda: LambdaClient = boto3.client("lambda", config=configuration)
        self._sqs: SQSClient = boto3.client("sqs", config=configuration)
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="invoke")
        self._bootstrap = bootstrap

    async def invoke(self, function: str, event: dict[str, Any]) -> None:
        await asyncio.get_running_loop().run_in_executor(self._threads, self._invoke, function, msgspec.json.encode(event))

    async def give_up(self, queue: str, function: str, records: Sequence[Record], tries: int) -> None:
        await asyncio.get_running_loop().run_in_executor(
            self._threads, self._send, queue, given_up(function, records, tries, self._bootstrap)
        )

    def _invoke(self, function: str, payload: bytes) -> None:
        try:
            answer = self._lambda.invoke(FunctionName=function, InvocationType="RequestResponse", Payload=payload)
            body = answer["Payload"].read()
        except (BotoCoreError, ClientError, OSError) as error:
            raise NotInvokedError(str(error)) from error
        if answer.get("FunctionError"):
            raise FunctionFailedError(body.decode(errors="replace")[:2_000])

    def _send(self, queue: str, document: dict[str, Any]) -> None:
        try:
            url = self._sqs.get_queue_url(QueueName=queue)["QueueUrl"]
            self._sqs.send_message(QueueUrl=url, MessageBody=msgspec.json.encode(document).decode())
        except (BotoCoreError, ClientError, OSError) as error:
            raise NotInvokedError(str(error)) from error


def given_up(function: str, records: Sequence[Record], tries: int, bootstrap: str) -> dict[str, Any]:
    """What Lambda sends to an on-failure destination: where the records are, not the records."""
    first, last = records[0], records[-1]
    return {
        "requestContext": {"functionArn": function, "condition": "RetryAttemptsExhausted", "approximateInvokeCount": tries},
        "responseContext": {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"},
        "version": "1.0",
        "timestamp": datetime.now(UTC).isoformat(),
        "KafkaBatchInfo": {
            "batchSize": len(records),
            "eventSourceArn": ARN,
            "bootstrapServers": bootstrap,
            "payloadSize": sum(size(record) for record in records),
            "recordInfo": {
                "topicPartition": f"{first.topic}-{first.partition}",
                "firstRecordOffset": str(first.offset),
                "lastRecordOffset": str(last.offset),
                "firstRecordTimestamp": first.timestamp,
                "lastRecordTimestamp": last.timestamp,
            },
        },
    }
