"""The names of queues in SQS: writers, templates and tools spell them in this one way."""

from __future__ import annotations

from typing import Final

FIFO_QUEUES: Final = frozenset({"withdrawal-processing"})
"""Queues that keep the order of messages of one group; SQS wants their names to end so."""

DELIVERIES_MAX: Final = 4
"""Of one message, the first and three more; then it is a dead letter."""


def _suffix(queue: str) -> str:
    return ".fifo" if queue in FIFO_QUEUES else ""


def queue_name(stage: str, queue: str) -> str:
    """Such as ``mycrypto-prod-audit-logs`` and ``mycrypto-prod-withdrawal-processing.fifo``."""
    return f"mycrypto-{stage}-{queue}{_suffix(queue)}"


def dead_letters_name(stage: str, queue: str) -> str:
    """Of the queue's dead-letter queue."""
    return f"mycrypto-{stage}-{queue}-dlq{_suffix(queue)}"
