"""The outbox against a real database and a real log."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import psycopg
import pytest
from kafka import KafkaConsumer, TopicPartition

from mycrypto import outbox
from mycrypto.contracts import commands
from mycrypto.database import Database
from mycrypto.log_producer import LogProducer
from mycrypto.outbox import KafkaSender, Relay, Waiting

if TYPE_CHECKING:
    from psycopg import Connection

    from tests.integration.conftest import TestDatabase


class Caught:
    def __init__(self, *, refuse: frozenset[bytes] = frozenset()) -> None:
        self.rows: list[Waiting] = []
        self.refuse = refuse

    def send(self, destination: str, rows: Sequence[Waiting]) -> Sequence[UUID]:
        if destination == "sqs:audit-logs":
            raise ConnectionError(destination)
        accepted = [row for row in rows if row.payload not in self.refuse]
        self.rows += accepted
        return [row.id for row in accepted]


def waiting(connection: Connection) -> list[tuple[bytes, int]]:
    return connection.execute("SELECT payload, attempts FROM outbox WHERE sent_at IS NULL ORDER BY place").fetchall()


def test_what_was_rolled_back_is_never_sent(exchange: TestDatabase) -> None:
    connection = exchange.connect("wallet_app")

    def fail() -> None:
        with connection.transaction():
            outbox.add(connection, outbox.EMAIL, b"never")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    outbox.add(connection, outbox.EMAIL, b"sent")
    caught = Caught()
    assert Relay({"sqs": caught}, lambda _destination, _error: None).flush(connection) == 1
    assert [row.payload for row in caught.rows] == [b"sent"]


def test_a_destination_out_of_reach_keeps_only_its_own_rows(exchange: TestDatabase) -> None:
    connection = exchange.connect("wallet_app")
    for destination, payload in ((outbox.AUDIT, b"a"), (outbox.EMAIL, b"b"), (outbox.EMAIL, b"c"), (outbox.ENGINE_COMMANDS, b"d")):
        outbox.add(connection, destination, payload)
    failures: list[tuple[str, Exception]] = []
    caught = Caught(refuse=frozenset([b"c"]))
    relay = Relay({"sqs": caught}, lambda destination, error: failures.append((destination, error)))
    assert relay.flush(connection) == 1
    assert [destination for destination, _ in failures] == ["sqs:audit-logs"]
    assert waiting(connection) == [(b"a", 1), (b"c", 1), (b"d", 0)]  # no sender for the log here: left to maintenance


def test_a_dead_queue_holds_up_no_command_and_is_left_alone_for_a_moment(exchange: TestDatabase) -> None:
    connection = exchange.connect("wallet_app")
    for _ in range(5):
        outbox.add(connection, outbox.AUDIT, b"a")
    outbox.add(connection, outbox.ENGINE_COMMANDS, b"credit")
    now = 0.0
    failures: list[str] = []
    kafka = Caught()
    relay = Relay({"sqs": Caught(), "kafka": kafka}, lambda destination, _error: failures.append(destination), clock=lambda: now)
    assert relay.flush(connection, rows_max=3) == 1
    assert [row.payload for row in kafka.rows] == [b"credit"]
    outbox.add(connection, outbox.EMAIL, b"mail")
    assert relay.flush(connection) == 0
    now = outbox.PAUSE_SECONDS
    assert relay.flush(connection) == 1
    assert failures == ["sqs:audit-logs"] * 2


def test_a_flush_ends_although_the_log_does_not_answer(exchange: TestDatabase, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cold producer waits half a minute for a broker that is away; the function whose transaction is committed has ten seconds."""
    monkeypatch.setattr(outbox, "SEND_SECONDS_MAX", 0.2)
    connection = exchange.connect("wallet_app")
    outbox.add(connection, outbox.ENGINE_COMMANDS, b"credit")
    outbox.add(connection, outbox.EMAIL, b"mail")
    now = 0.0
    broker_is_back = threading.Event()
    failures: list[tuple[str, str]] = []

    class Cold(Caught):
        def send(self, destination: str, rows: Sequence[Waiting]) -> Sequence[UUID]:
            self.rows += rows
            assert broker_is_back.wait(60)
            return [row.id for row in rows]

    cold, mails = Cold(), Caught()
    relay = Relay({"kafka": cold, "sqs": mails}, lambda where, error: failures.append((where, str(error))), clock=lambda: now)
    assert relay.flush(connection) == 1
    assert [row.payload for row in mails.rows] == [b"mail"]
    assert waiting(connection) == [(b"credit", 1)]
    now += outbox.PAUSE_SECONDS
    assert relay.flush(connection) == 0
    assert [where for where, _ in failures] == [outbox.ENGINE_COMMANDS] * 2
    assert len(cold.rows) == 1, "a second attempt was begun beside the first"
    broker_is_back.set()
    while waiting(connection):
        now += outbox.PAUSE_SECONDS
        relay.flush(connection)
    assert cold.rows[0].id == cold.rows[-1].id  # it was sent again: its readers know it by its id


def test_two_at_once_do_not_send_the_same(exchange: TestDatabase) -> None:
    first, second = exchange.connect("wallet_app"), exchange.connect("wallet_app")
    outbox.add(first, outbox.EMAIL, b"once")
    inner = Caught()

    class Meanwhile(Caught):
        def send(self, destination: str, rows: Sequence[Waiting]) -> Sequence[UUID]:
            assert Relay({"sqs": inner}, lambda _destination, _error: None).flush(second) == 0
            return super().send(destination, rows)

    assert Relay({"sqs": Meanwhile()}, lambda _destination, _error: None).flush(first) == 1
    assert inner.rows == []


def test_a_message_has_its_envelope(exchange: TestDatabase) -> None:
    connection = exchange.connect("auth_app")
    message_id = outbox.add_message(connection, outbox.EMAIL, "verify_email", {"to": "a@example.com"}, trace_id="trace")
    row = connection.execute("SELECT id, convert_from(payload, 'UTF8')::jsonb FROM outbox").fetchone()
    assert row is not None
    assert row[0] == message_id
    assert {key: row[1][key] for key in ("message_id", "type", "version", "trace_id", "data")} == {
        "message_id": str(message_id),
        "type": "verify_email",
        "version": 1,
        "trace_id": "trace",
        "data": {"to": "a@example.com"},
    }
    assert row[1]["timestamp"].endswith("Z")


def test_commands_reach_the_log_in_order_and_durably(exchange: TestDatabase, kafka: str) -> None:
    connection = exchange.connect("wallet_app")
    sent = [commands.Credit(uuid4().bytes, uuid4().bytes, "TRY", amount, uuid4().bytes) for amount in range(1, 21)]
    for command in sent:
        outbox.add_command(connection, command)
    producer = LogProducer(kafka)
    partition = TopicPartition(commands.TOPIC, 0)
    consumer = KafkaConsumer(bootstrap_servers=kafka, auto_offset_reset="earliest", consumer_timeout_ms=20_000, enable_auto_commit=False)
    consumer.assign([partition])
    start = consumer.end_offsets([partition])[partition]
    consumer.seek(partition, start)
    try:
        assert Relay({"kafka": KafkaSender(producer)}, lambda _destination, _error: None).flush(connection) == 20
        read: list[commands.Command] = []
        for record in consumer:
            read += commands.decode_record(record.value)
            if len(read) == len(sent):
                break
        assert read == sent
        assert producer.append_commands(list(sent[:2])) == start + 20
    finally:
        consumer.close()
        producer.close()


def test_a_broken_connection_is_renewed(exchange: TestDatabase) -> None:
    database = Database(exchange.dsn("wallet_app"))
    first = database.connection()
    assert database.connection() is first
    exchange.connect().execute("SELECT pg_terminate_backend(%s)", (first.info.backend_pid,))
    assert database.connection().execute("SELECT 1").fetchone() == (1,)
    with pytest.raises(psycopg.errors.UndefinedTable), database.transaction() as connection:
        connection.execute("SELECT * FROM nothing")
    with database.transaction() as connection:
        assert connection.execute("SELECT 2").fetchone() == (2,)
    database.close()
