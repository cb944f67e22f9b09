"""The outbox: what must leave the database after a commit, written in the transaction that causes it.

``add`` joins the caller's transaction. ``Relay.flush`` right after the commit sends what waits; the maintenance function does the same
every minute, so that a crash between commit and send only delays. A message may be sent twice (crash between send and mark):
every consumer drops a message id, transfer id or command id that it has seen. Mails and audit records are sent until their reader has
given a receipt (``mycrypto.receipts``): that a queue has accepted a message does not say that it keeps it.

A flush ends within seconds whatever its clients wait for, because the request that it follows is committed and has to be answered.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Collection, Sequence
from datetime import UTC, datetime
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final, Protocol
from uuid import UUID

import boto3
import msgspec
from botocore.config import Config
from psycopg import Connection
from psycopg.rows import class_row

from mycrypto.contracts import commands
from mycrypto.ids import new_uuid
from mycrypto.queue_names import FIFO_QUEUES, queue_name

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import SendMessageBatchRequestEntryTypeDef

    from mycrypto.log_producer import LogProducer  # brings kafka-python, a second of start that most functions need not pay

ENGINE_COMMANDS: Final = f"kafka:{commands.TOPIC}"
EMAIL: Final = "sqs:email-notifications"
KYC: Final = "sqs:kyc-processing"
WITHDRAWALS: Final = "sqs:withdrawal-processing"
AUDIT: Final = "sqs:audit-logs"

FLUSH_ROWS_MAX: Final = 100
SQS_BATCH_MAX: Final = 10
PAUSE_SECONDS: Final = 5.0
SEND_SECONDS_MAX: Final = 2.0
"""For all messages to one kind of destination."""


class Waiting(msgspec.Struct, frozen=True):
    """A row that has not been sent."""

    id: UUID
    destination: str
    key: str
    payload: bytes


class Sender(Protocol):
    """Sends rows of one kind of destination; returns the ids that were accepted, raises if nothing can be said."""

    def send(self, destination: str, rows: Sequence[Waiting]) -> Sequence[UUID]: ...


class DeliveryError(Exception):
    """Rows of a destination could not be sent; they stay in the outbox and are tried again."""


def add(connection: Connection, destination: str, payload: bytes, *, key: str = "") -> UUID:
    """Write a row in the caller's transaction; returns its id."""
    row_id = new_uuid()
    connection.execute("INSERT INTO outbox (id, destination, key, payload) VALUES (%s, %s, %s, %s)", (row_id, destination, key, payload))
    return row_id


def message(
    kind: str, data: dict[str, Any], *, trace_id: str = "", message_id: UUID | None = None, at: datetime | None = None
) -> tuple[UUID, bytes]:
    """A queue message ``{message_id, type, version, trace_id, timestamp, data}`` as JSON, with its id. ``at`` is when that happened which it tells of,
    now if nothing is said.
    """
    chosen = message_id or new_uuid()
    envelope = {
        "message_id": str(chosen),
        "type": kind,
        "version": 1,
        "trace_id": trace_id,
        "timestamp": (at or datetime.now(UTC)).astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "data": data,
    }
    return chosen, msgspec.json.encode(envelope)


def add_message(
    connection: Connection,
    destination: str,
    kind: str,
    data: dict[str, Any],
    *,
    trace_id: str = "",
    key: str = "",
    message_id: UUID | None = None,
) -> UUID:
    """Write a queue message in the caller's transaction; its row id is its message id. ``key`` groups the messages of a FIFO queue."""
    chosen, payload = message(kind, data, trace_id=trace_id, message_id=message_id)
    connection.execute("INSERT INTO outbox (id, destination, key, payload) VALUES (%s, %s, %s, %s)", (chosen, destination, key, payload))
    return chosen


def add_command(connection: Connection, command: commands.Command, *, key: str = "") -> UUID:
    """Write a command for the engine's log in the caller's transaction."""
    return add(connection, ENGINE_COMMANDS, commands.encode_record([command]), key=key)


def send_commands_again(connection: Connection, on_the_log: Collection[bytes]) -> int:
    """Take back that commands were sent whose transfer is not ``on_the_log`` (transfer ids): after a log was restored without its end.

    Returns how many. A command that is on the log all the same is harmless there: a transfer takes effect once.
    """
    with connection.transaction():
        rows = connection.execute(
            "SELECT id, payload FROM outbox WHERE destination = %s AND sent_at IS NOT NULL FOR UPDATE", (ENGINE_COMMANDS,)
        ).fetchall()
        lost = [row_id for row_id, payload in rows if not _transfers(payload) <= set(on_the_log)]
        connection.execute("UPDATE outbox SET sent_at = NULL WHERE id = ANY(%s)", (lost,))
    return len(lost)


def _transfers(payload: bytes) -> set[bytes]:
    return {command.transfer_id for command in commands.decode_record(payload) if isinstance(command, commands.Credit | commands.Debit)}


_CLIENT: Final = Config(connect_timeout=1, read_timeout=SEND_SECONDS_MAX, retries={"total_max_attempts": 1})
"""The outbox is what tries again."""


def _entry(queue: str, row: Waiting) -> SendMessageBatchRequestEntryTypeDef:
    entry: SendMessageBatchRequestEntryTypeDef = {"Id": str(row.id), "MessageBody": row.payload.decode()}
    if queue in FIFO_QUEUES:  # sent twice within five minutes, it is one message
        entry |= {"MessageGroupId": row.key, "MessageDeduplicationId": str(row.id)}
    return entry


class SqsSender:
    """Sends to the queues of a stage."""

    def __init__(self, stage: str, client: SQSClient | None = None) -> None:
        self._stage = stage
        self._client = client
        self._urls: dict[str, str] = {}

    def send(self, destination: str, rows: Sequence[Waiting]) -> Sequence[UUID]:
        """Send in batches of ten; rows that SQS refuses one by one are left out of the answer."""
        name = destination.partition(":")[2]
        if self._client is None:
            self._client = boto3.client("sqs", config=_CLIENT)
        if name not in self._urls:
            self._urls[name] = self._client.get_queue_url(QueueName=queue_name(self._stage, name))["QueueUrl"]
        accepted: list[UUID] = []
        for start in range(0, len(rows), SQS_BATCH_MAX):
            entries = [_entry(name, row) for row in rows[start : start + SQS_BATCH_MAX]]
            answer = self._client.send_message_batch(QueueUrl=self._urls[name], Entries=entries)
            accepted += [UUID(entry["Id"]) for entry in answer.get("Successful", [])]
        return accepted


class KafkaSender:
    """Appends to the engine's command log, in the order of the rows."""

    def __init__(self, producer: LogProducer) -> None:
        self._producer = producer

    def send(self, destination: str, rows: Sequence[Waiting]) -> Sequence[UUID]:
        """Append every row or raise ``KafkaError``."""
        if destination != ENGINE_COMMANDS:
            raise DeliveryError(f"no such log: {destination}")
        self._producer.append(*(row.payload for row in rows))
        return [row.id for row in rows]


class _Attempts:
    """Calls a sender on a thread of its own, so that the caller waits no longer than intended. An attempt that was given up may still send: its
    rows are sent again, and consumers accept duplicates. No other attempt begins before it has ended.
    """

    def __init__(self, sender: Sender) -> None:
        self._sender = sender
        self._thread: threading.Thread | None = None

    def send(self, destination: str, rows: Sequence[Waiting], seconds_max: float) -> Sequence[UUID]:
        """As the sender's; raises DeliveryError if it takes too long."""
        if self._thread is not None and self._thread.is_alive():
            raise DeliveryError("the attempt before has not ended")
        outcome: queue.SimpleQueue[Sequence[UUID] | BaseException] = queue.SimpleQueue()

        def attempt() -> None:
            try:
                outcome.put(self._sender.send(destination, rows))
            except BaseException as error:  # noqa: BLE001 - it is raised where it is waited for
                outcome.put(error)

        self._thread = threading.Thread(target=attempt, name="outbox", daemon=True)
        self._thread.start()
        try:
            found = outcome.get(timeout=max(0.0, seconds_max))
        except queue.Empty:
            raise DeliveryError(f"no answer within {SEND_SECONDS_MAX:g} s") from None
        if isinstance(found, BaseException):
            raise found
        return found


class Relay:
    """Sends what waits in the outbox, by kind of destination ("sqs", "kafka"). One that is out of reach holds up no other."""

    def __init__(
        self, senders: dict[str, Sender], on_failure: Callable[[str, Exception], None], *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._senders = {kind: _Attempts(sender) for kind, sender in senders.items()}
        self._on_failure = on_failure
        self._clock = clock
        self._paused_until: dict[str, float] = {}

    def flush(self, connection: Connection, *, rows_max: int = FLUSH_ROWS_MAX) -> int:
        """Send up to ``rows_max`` of the oldest rows of each kind; returns how many went out.

        Call it outside of a transaction. It waits ``SEND_SECONDS_MAX`` for each kind at most. It never raises for a destination that is out
        of reach: the rows wait, ``on_failure`` is told, and for a few seconds no request tries again, so that a dead service costs one time-out
        and not one per request. Destinations that this relay has no sender for are left to the maintenance function.
        """
        return sum(
            self._flush_kind(connection, kind, sender, rows_max)
            for kind, sender in self._senders.items()
            if self._clock() >= self._paused_until.get(kind, float("-inf"))
        )

    def _flush_kind(self, connection: Connection, kind: str, sender: _Attempts, rows_max: int) -> int:
        sent: list[UUID] = []
        deadline = time.monotonic() + SEND_SECONDS_MAX
        with connection.transaction():
            waiting = _lock_oldest(connection, kind, rows_max)
            if not waiting:
                return 0
            for destination, group in groupby(sorted(waiting, key=_by_destination), key=_by_destination):
                try:
                    sent += sender.send(destination, list(group), deadline - time.monotonic())
                except Exception as error:  # noqa: BLE001 - whatever a client raises, the row stays and is tried again
                    self._paused_until[kind] = self._clock() + PAUSE_SECONDS
                    self._on_failure(destination, error)
            connection.execute(
                "UPDATE outbox SET attempts = attempts + 1, sent_at = CASE WHEN id = ANY(%s) THEN now() END WHERE id = ANY(%s)",
                (sent, [row.id for row in waiting]),
            )
        return len(sent)


def _by_destination(row: Waiting) -> str:
    return row.destination


def _lock_oldest(connection: Connection, kind: str, rows_max: int) -> list[Waiting]:
    with connection.cursor(row_factory=class_row(Waiting)) as cursor:
        return cursor.execute(
            """SELECT id, destination, key, payload FROM outbox
                WHERE sent_at IS NULL AND split_part(destination, ':', 1) = %s
                ORDER BY place LIMIT %s FOR UPDATE SKIP LOCKED""",
            (kind, rows_max),
        ).fetchall()
