"""The consuming side of the SQS queues: one envelope for all messages, and a batch where one bad message does not hold up the others."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec

from mycrypto import texts
from mycrypto.telemetry import Logger

VERSION: Final = 1


class Envelope(msgspec.Struct, frozen=True):
    """What stands around every message (see ``mycrypto.outbox.message``). ``data`` stays as it came until its type is known; ``deliveries`` is how often
    the queue has handed the message out, this time included.
    """

    message_id: UUID
    type: str
    version: int
    timestamp: datetime
    data: msgspec.Raw
    trace_id: str = ""
    deliveries: int = 1


class MessageError(ValueError):
    """A message that no repetition will make better; it ends in the dead-letter queue."""


_decoder = msgspec.json.Decoder(Envelope)


def decode(body: str) -> Envelope:
    """The envelope of a queue message. Raises MessageError."""
    try:
        envelope = _decoder.decode(texts.storable_json(body.encode("utf-8", "replace")))
    except msgspec.MsgspecError as error:
        raise MessageError(f"not a message of ours: {error}") from None
    if envelope.version != VERSION:
        raise MessageError(f"version {envelope.version} is not known")
    return envelope


def consume(
    event: Mapping[str, Any],
    handle: Callable[[Envelope], None],
    logger: Logger,
    *,
    hide: Callable[[Mapping[str, Any]], None] | None = None,
) -> dict[str, list[dict[str, str]]]:
    """Handle each record of an SQS event; the answer names those that must be delivered again. ``hide`` sets when, for a record that failed."""
    failed: list[dict[str, str]] = []
    for record in event.get("Records", ()):
        try:
            envelope = msgspec.structs.replace(decode(str(record["body"])), deliveries=_deliveries(record))
            logger.append_keys(traceId=envelope.trace_id, messageId=str(envelope.message_id))
            handle(envelope)
        except Exception:
            logger.exception("a message was not handled", sqsMessageId=record.get("messageId"))
            failed.append({"itemIdentifier": str(record["messageId"])})
            if hide is not None:
                _hidden(record, hide, logger)
        finally:
            logger.remove_keys(["traceId", "messageId"])
    return {"batchItemFailures": failed}


def _deliveries(record: Mapping[str, Any]) -> int:
    return int(record.get("attributes", {}).get("ApproximateReceiveCount", 1))


def _hidden(record: Mapping[str, Any], hide: Callable[[Mapping[str, Any]], None], logger: Logger) -> None:
    """Its own failure makes the next delivery come at the queue's time, and loses nothing."""
    try:
        hide(record)
    except Exception as error:  # noqa: BLE001 - a client may raise anything; the message comes again all the same
        logger.warning("a failed message comes again at the queue's own time", error=str(error), sqsMessageId=record.get("messageId"))
