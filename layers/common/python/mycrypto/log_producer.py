"""Appends command records to the log ``engine-commands``."""

from __future__ import annotations

import threading
from typing import Any, Final, Literal

from kafka import KafkaProducer

from mycrypto.contracts import commands
from mycrypto.ids import SHARD_SPOT

KafkaAuth = Literal["none", "iam"]
ACKNOWLEDGED_SECONDS: Final = 4


def auth_options(auth: KafkaAuth) -> dict[str, Any]:
    """The client options of each way to log in to the brokers: none on one machine, IAM on MSK."""
    if auth == "iam":
        return {"security_protocol": "SASL_SSL", "sasl_mechanism": "AWS_MSK_IAM"}
    return {"security_protocol": "PLAINTEXT"}


class LogProducer:
    """A producer that waits until the record is on the log, durably. Connects at the first append; threads may share it."""

    def __init__(self, bootstrap_servers: str, auth: KafkaAuth = "none", *, topic: str = commands.TOPIC) -> None:
        self._bootstrap_servers = bootstrap_servers
        self._auth = auth
        self._topic = topic
        self._lock = threading.Lock()
        self._producer: KafkaProducer | None = None

    def append(self, *records: bytes, shard: int = SHARD_SPOT) -> list[int]:
        """Append encoded records in this order, or none from some place on; returns their offsets. Each waits for the one before: sent
        together, one that is given up may be passed by the next.

        Raises ``kafka.errors.KafkaError`` if any was not acknowledged in time. It may be on the log all the same:
        append it again, every command may be repeated without effect.
        """
        producer = self._connected()
        return [producer.send(self._topic, value=record, partition=shard).get(timeout=ACKNOWLEDGED_SECONDS).offset for record in records]

    def append_commands(self, batch: list[commands.Command], *, shard: int = SHARD_SPOT) -> int:
        """Append one record that holds ``batch``; returns its offset."""
        return self.append(commands.encode_record(batch), shard=shard)[0]

    def close(self) -> None:
        """Send what is waiting and disconnect."""
        with self._lock:
            if self._producer is not None:
                self._producer.close(timeout=ACKNOWLEDGED_SECONDS)
                self._producer = None

    def _connected(self) -> KafkaProducer:
        with self._lock:
            if self._producer is None:
                self._producer = KafkaProducer(
                    bootstrap_servers=self._bootstrap_servers.split(","),
                    acks="all",
                    enable_idempotence=True,
                    linger_ms=0,
                    compression_type="lz4",
                    bootstrap_timeout_ms=ACKNOWLEDGED_SECONDS * 1000,  # 30 s of its own accord: longer than a function may run
                    max_block_ms=ACKNOWLEDGED_SECONDS * 1000,
                    delivery_timeout_ms=ACKNOWLEDGED_SECONDS * 1000,
                    request_timeout_ms=ACKNOWLEDGED_SECONDS * 500,
                    **auth_options(self._auth),
                )
            return self._producer
