"""What a queue has accepted and lost is sent again, until its reader says that it has it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from mycrypto import outbox, receipts
from mycrypto.outbox import Relay, Waiting

if TYPE_CHECKING:
    from psycopg import Connection

    from tests.integration.conftest import TestDatabase


class ForgetfulQueue:
    """Accepts everything; ``die`` loses the messages that were not read."""

    def __init__(self) -> None:
        self.held: list[Waiting] = []

    def send(self, _destination: str, rows: Sequence[Waiting]) -> Sequence[UUID]:
        self.held += rows
        return [row.id for row in rows]

    def die(self) -> None:
        self.held = []


def _relay(queue: ForgetfulQueue) -> Relay:
    return Relay({"sqs": queue}, lambda _destination, _error: None)


def _said(connection: Connection) -> bytes:
    row = connection.execute("SELECT payload FROM outbox").fetchone()
    assert row is not None
    return bytes(row[0])


def test_a_mail_that_died_with_its_queue_is_sent_again_with_what_it_said(exchange: TestDatabase) -> None:
    connection = exchange.connect("wallet_app")
    queue = ForgetfulQueue()
    mail = outbox.add(connection, outbox.EMAIL, b"code 123456")
    assert _relay(queue).flush(connection) == 1
    queue.die()
    assert receipts.send_again(connection) == 0, "its reader has not had its time"
    assert receipts.send_again(connection, timedelta(0)) == 1
    assert _relay(queue).flush(connection) == 1
    assert [(row.id, row.payload) for row in queue.held] == [(mail, b"code 123456")]


def test_a_mail_with_a_receipt_is_not_sent_again_and_says_nothing_any_more(exchange: TestDatabase) -> None:
    connection = exchange.connect("wallet_app")
    reader = exchange.connect("auth_app")
    queue = ForgetfulQueue()
    mail = outbox.add(connection, outbox.EMAIL, b"code 123456")
    assert _relay(queue).flush(connection) == 1
    receipts.give(reader, [mail])
    assert receipts.send_again(connection, timedelta(0)) == 0
    assert _said(connection) == b""


def test_a_receipt_that_overtakes_the_mark_of_the_sender_counts(exchange: TestDatabase) -> None:
    """The sender gave the attempt up, and the message arrived all the same."""
    connection = exchange.connect("wallet_app")
    mail = outbox.add(connection, outbox.EMAIL, b"code 123456")
    receipts.give(connection, [mail])
    queue = ForgetfulQueue()
    assert _relay(queue).flush(connection) == 0
    assert queue.held == []


def test_other_queues_give_no_receipts_and_a_hopeless_message_is_left_to_the_dead_letters(exchange: TestDatabase) -> None:
    connection = exchange.connect("wallet_app")
    queue = ForgetfulQueue()
    outbox.add(connection, outbox.KYC, b"kyc")
    outbox.add(connection, outbox.AUDIT, b"audit")
    for _ in range(receipts.ATTEMPTS_MAX + 3):
        _relay(queue).flush(connection)
        receipts.send_again(connection, timedelta(0))
    assert [row.payload for row in queue.held].count(b"kyc") == 1
    assert [row.payload for row in queue.held].count(b"audit") == receipts.ATTEMPTS_MAX


def test_a_receipt_that_no_reader_took_says_nothing_after_a_day(exchange: TestDatabase) -> None:
    connection = exchange.connect("wallet_app")
    outbox.add(connection, outbox.EMAIL, b"code 123456")
    connection.execute("UPDATE outbox SET sent_at = now() - %s", (receipts.OF_USE + timedelta(seconds=1),))
    assert receipts.send_again(connection) == 0
    assert _said(connection) == b""
