"""The part of Kafka's protocol that a log of one partition needs: six requests, each in the oldest version that brokers from 2.2 to 4 share and that says all that is needed.

Functions named after a request give its body; those that end in ``_answer`` read the answer that follows the correlation id. Records are
made and read by aiokafka's compiled builders, which know every compression and check every sum.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from enum import Enum
from typing import Final

from aiokafka.errors import KafkaError
from aiokafka.record.default_records import DefaultRecordBatchBuilder
from aiokafka.record.memory_records import MemoryRecords

EARLIEST: Final = -2
LATEST: Final = -1

_ALL_REPLICAS: Final = -1
_BATCH_MAGIC: Final = 2
_BATCH_BYTES_UNLIMITED: Final = 1 << 30
_ERRORS: Final = {
    1: "OFFSET_OUT_OF_RANGE",
    2: "CORRUPT_MESSAGE",
    3: "UNKNOWN_TOPIC_OR_PARTITION",
    5: "LEADER_NOT_AVAILABLE",
    6: "NOT_LEADER_OR_FOLLOWER",
    7: "REQUEST_TIMED_OUT",
    10: "MESSAGE_TOO_LARGE",
    19: "NOT_ENOUGH_REPLICAS",
    20: "NOT_ENOUGH_REPLICAS_AFTER_APPEND",
    29: "TOPIC_AUTHORIZATION_FAILED",
    33: "UNSUPPORTED_SASL_MECHANISM",
    35: "UNSUPPORTED_VERSION",
    56: "KAFKA_STORAGE_ERROR",
    58: "SASL_AUTHENTICATION_FAILED",
    74: "FENCED_LEADER_EPOCH",
    75: "UNKNOWN_LEADER_EPOCH",
}


class Api(Enum):
    """A request's key and version."""

    PRODUCE = (0, 7)
    FETCH = (1, 4)
    LIST_OFFSETS = (2, 1)
    METADATA = (3, 4)
    SASL_HANDSHAKE = (17, 1)
    SASL_AUTHENTICATE = (36, 1)


class BrokerError(OSError):
    """The broker answered with an error, or with what cannot be understood."""


def _check(code: int) -> None:
    if code:
        raise BrokerError(_ERRORS.get(code, f"error {code} of the broker"))


def _text(text: str) -> bytes:
    raw = text.encode()
    return struct.pack(">h", len(raw)) + raw


class _Reader:
    """Reads an answer from front to back."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def take(self, layout: str) -> tuple[int, ...]:
        try:
            found: tuple[int, ...] = struct.unpack_from(layout, self._data, self._at)
        except struct.error as error:
            raise BrokerError("the broker's answer is cut short") from error
        self._at += struct.calcsize(layout)
        return found

    def one(self, layout: str) -> int:
        return self.take(layout)[0]

    def _bytes(self, count: int) -> bytes:
        start, self._at = self._at, self._at + max(count, 0)
        if self._at > len(self._data):
            raise BrokerError("the broker's answer is cut short")
        return self._data[start : self._at]

    def text(self) -> str:
        return self._bytes(self.one(">h")).decode()

    def blob(self) -> bytes:
        return self._bytes(self.one(">i"))

    def each(self) -> Iterator[int]:
        yield from range(self.one(">i"))


def header(api: Api, client_id: str) -> tuple[bytes, bytes]:
    """What stands before and after the correlation id."""
    return struct.pack(">hh", *api.value), _text(client_id)


# records


def record_batch(payloads: Sequence[bytes], time_ms: int) -> bytes:
    """One uncompressed batch: records are small, already packed tightly, and a compressor would cost more than it saves on the way."""
    builder = DefaultRecordBatchBuilder(
        _BATCH_MAGIC,
        0,
        is_transactional=0,
        producer_id=-1,
        producer_epoch=-1,
        base_sequence=-1,
        batch_size=_BATCH_BYTES_UNLIMITED,
    )
    for place, payload in enumerate(payloads):
        builder.append(place, time_ms, None, payload, [])
    return bytes(builder.build())


def records(batches: bytes, first_offset: int) -> list[tuple[int, int, bytes]]:
    """Offset, time (epoch milliseconds) and payload of the records from ``first_offset`` on; what was cut off at the end is left out."""
    found: list[tuple[int, int, bytes]] = []
    reader = MemoryRecords(batches)
    try:
        while reader.has_next():
            batch = reader.next_batch()
            if not batch.validate_crc():
                raise BrokerError("a batch of the log does not have its checksum")
            if not batch.is_control_batch:
                found += [(record.offset, record.timestamp, record.value or b"") for record in batch if record.offset >= first_offset]
    except KafkaError as error:
        raise BrokerError(f"a batch of the log cannot be read: {error!r}") from error
    return found


# requests about one partition


class PartitionRequests:
    """The bodies for one partition, prepared as far as they never change."""

    def __init__(self, topic: str, partition: int) -> None:
        self._address = struct.pack(">i", 1) + _text(topic) + struct.pack(">ii", 1, partition)
        self._skip = f"{len(self._address)}x"  # an answer names the partition as the request did
        self._fetched = struct.Struct(f">4x{self._skip}hqqii")

    def produce(self, batch: bytes, timeout_ms: int) -> bytes:
        """Acknowledged when all replicas in sync have it."""
        return struct.pack(">hhi", -1, _ALL_REPLICAS, timeout_ms) + self._address + struct.pack(">i", len(batch)) + batch

    def produce_answer(self, answer: bytes) -> int:
        """The offset of the first record."""
        code, offset = _Reader(answer).take(f">{self._skip}hq")
        _check(code)
        return offset

    def fetch(self, offset: int, wait_ms: int, bytes_max: int) -> bytes:
        """Answered at once when there is a record, else after ``wait_ms``. A batch above ``bytes_max`` comes whole."""
        consumer, bytes_min, uncommitted_too = -1, 1, 0
        bounds = struct.pack(">iiiib", consumer, wait_ms, bytes_min, bytes_max, uncommitted_too)
        return bounds + self._address + struct.pack(">qi", offset, bytes_max)

    def fetch_answer(self, answer: bytes) -> bytes:
        """The batches."""
        if len(answer) >= self._fetched.size:
            code, _, _, aborted, length = self._fetched.unpack_from(answer)
            if code == 0 and aborted <= 0 <= length == len(answer) - self._fetched.size:  # nearly always
                return answer[self._fetched.size :]
        reader = _Reader(answer)
        code, _, _ = reader.take(f">4x{self._skip}hqq")
        _check(code)
        for _ in range(reader.one(">i")):  # aborted transactions; -1 for none
            reader.take(">qq")
        return reader.blob()

    def offset_at(self, time: int) -> bytes:
        """``EARLIEST``, or ``LATEST``: the offset that the next record will get."""
        return struct.pack(">i", -1) + self._address + struct.pack(">q", time)

    def offset_answer(self, answer: bytes) -> int:
        code, _, offset = _Reader(answer).take(f">{self._skip}hqq")
        _check(code)
        return offset


def metadata(topic: str) -> bytes:
    return struct.pack(">i", 1) + _text(topic) + b"\x00"  # and do not create it


def leader_answer(answer: bytes, partition: int) -> tuple[str, int] | None:
    """Host and port of the partition's leader; ``None`` for a topic that does not exist."""
    reader = _Reader(answer)
    reader.one(">i")
    brokers: dict[int, tuple[str, int]] = {}
    for _ in reader.each():
        node, host, port = reader.one(">i"), reader.text(), reader.one(">i")
        brokers[node] = (host, port)
        reader.text()
    reader.text()
    reader.one(">i")
    for _ in reader.each():
        if reader.one(">h") == 3:
            return None
        reader.text()
        reader.one(">b")
        for _ in reader.each():
            code, index, leader = reader.take(">hii")
            for _ in ("replicas", "in sync"):
                for _ in reader.each():
                    reader.one(">i")
            if index == partition:
                _check(code)
                if leader not in brokers:
                    raise BrokerError("LEADER_NOT_AVAILABLE")
                return brokers[leader]
    return None


# signing in


def sasl_handshake(mechanism: str) -> bytes:
    return _text(mechanism)


def sasl_handshake_answer(answer: bytes) -> None:
    _check(_Reader(answer).one(">h"))


def bearer(token: str) -> bytes:
    """The only message of OAUTHBEARER (RFC 7628)."""
    return f"n,,\x01auth=Bearer {token}\x01\x01".encode()


def sasl_authenticate(message: bytes) -> bytes:
    return struct.pack(">i", len(message)) + message


def sasl_authenticate_answer(answer: bytes) -> float:
    """How many seconds the session lasts; 0 where the broker does not end it."""
    reader = _Reader(answer)
    code, reason = reader.one(">h"), reader.text()
    if code:
        raise BrokerError(f"{_ERRORS.get(code, code)}: {reason}")
    reader.blob()
    return reader.one(">q") / 1_000
