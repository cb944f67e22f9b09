"""Where a mapping has come to in its topic, and sending it back."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from kafka import KafkaConsumer, TopicPartition
from kafka.errors import CommitFailedError
from kafka.structs import OffsetAndMetadata

from mycrypto_local.pump.sources import EventSource

MEMBER_FORGOTTEN_SECONDS_MAX: Final = 60
"""Longer than the session time-out of a consumer that was killed."""


@contextmanager
def _consumer(bootstrap: str, source: EventSource) -> Iterator[KafkaConsumer]:
    consumer = KafkaConsumer(bootstrap_servers=bootstrap, group_id=source.group, client_id="mycrypto-up", enable_auto_commit=False)
    try:
        yield consumer
    finally:
        consumer.close(autocommit=False)


def done_before(bootstrap: str, source: EventSource, partition: int) -> int:
    """The offset before which everything was handed to the function; 0 for a mapping that has done nothing yet."""
    with _consumer(bootstrap, source) as consumer:
        return int(consumer.committed(TopicPartition(source.topic, partition)) or 0)


def go_back(bootstrap: str, source: EventSource, partition: int, offset: int) -> None:
    """Have the mapping begin at ``offset`` when it next starts. It must not run; a member that died without leaving is waited for."""
    deadline = time.monotonic() + MEMBER_FORGOTTEN_SECONDS_MAX
    with _consumer(bootstrap, source) as consumer:
        place = TopicPartition(source.topic, partition)
        consumer.assign([place])
        while True:
            try:
                consumer.commit({place: OffsetAndMetadata(offset, "", -1)})
            except CommitFailedError:  # Kafka refuses it while the group has members
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.5)
            else:
                return
