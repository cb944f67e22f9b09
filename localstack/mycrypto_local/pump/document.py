"""The event that Lambda hands to a function whose source is a topic on MSK."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from typing import Any, Final, Protocol

ARN: Final = "arn:aws:kafka:eu-central-1:000000000000:cluster/mycrypto-local/00000000-0000-0000-0000-000000000000-1"
TIMESTAMP_TYPES: Final = {0: "CREATE_TIME", 1: "LOG_APPEND_TIME"}
DOCUMENT_BYTES_MAX: Final = 5_000_000
"""Lambda takes 6 MB in one invocation; the rest is for what stands around the values."""
RECORD_OVERHEAD_BYTES: Final = 250


class Record(Protocol):
    """What is used of a consumer's record. ``timestamp`` in epoch milliseconds."""

    @property
    def topic(self) -> str: ...
    @property
    def partition(self) -> int: ...
    @property
    def offset(self) -> int: ...
    @property
    def timestamp(self) -> int: ...
    @property
    def timestamp_type(self) -> int: ...
    @property
    def key(self) -> bytes | None: ...
    @property
    def value(self) -> bytes | None: ...
    @property
    def headers(self) -> Sequence[tuple[str, bytes]]: ...


def size(record: Record) -> int:
    """About how many bytes a record takes in the document."""
    return RECORD_OVERHEAD_BYTES + (len(record.key or b"") + len(record.value or b"")) * 4 // 3


def batches(records: Sequence[Record], batch_size: int) -> Iterable[Sequence[Record]]:
    """Cut records into batches that are within both limits; a record that is too big alone goes alone."""
    start, used = 0, 0
    for index, record in enumerate(records):
        weight = size(record)
        if index > start and (index - start >= batch_size or used + weight > DOCUMENT_BYTES_MAX):
            yield records[start:index]
            start, used = index, 0
        used += weight
    if start < len(records):
        yield records[start:]


def _encoded(data: bytes | None) -> str | None:
    return None if data is None else base64.b64encode(data).decode()


def msk_event(records: Iterable[Record], bootstrap: str) -> dict[str, Any]:
    """The document for these records, grouped by topic and partition as MSK does."""
    grouped: dict[str, list[dict[str, Any]]] = {}
    for record in records:
        entry: dict[str, Any] = {
            "topic": record.topic,
            "partition": record.partition,
            "offset": record.offset,
            "timestamp": record.timestamp,
            "timestampType": TIMESTAMP_TYPES[record.timestamp_type],
            "value": _encoded(record.value),
            "headers": [{name: list(value)} for name, value in record.headers],
        }
        if record.key is not None:
            entry["key"] = _encoded(record.key)
        grouped.setdefault(f"{record.topic}-{record.partition}", []).append(entry)
    return {"eventSource": "aws:kafka", "eventSourceArn": ARN, "bootstrapServers": bootstrap, "records": grouped}
