"""The archived command log comes back under its own offsets and times, as far as the databases can follow."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import pytest
from kafka import KafkaAdminClient, KafkaConsumer, TopicPartition
from kafka.admin import ConfigResource, ConfigResourceType

from engine_container.tools import restore
from engine_container.tools.restore import RestoreError
from mycrypto import archive, outbox
from mycrypto.archive import FolderStore, Record
from mycrypto.contracts.commands import TOPIC, Credit, Tick, encode_record
from mycrypto.ledger import CUSTODY_HOT, Kind
from mycrypto.ledger.crossing import Crossing, into_trading
from mycrypto.log_producer import LogProducer
from mycrypto_local.parts.kafka import Kafka, ensure_topics
from mycrypto_local.parts.spawn import spawned
from mycrypto_local.ports import any_free
from tests.listing import LISTED

if TYPE_CHECKING:
    from psycopg import Connection

    from tests.integration.conftest import TestDatabase

STARTED_MS = 1_700_000_000_000


@pytest.fixture(scope="module")
def broker(server_folder: Path) -> Iterator[str]:
    """An empty broker."""
    server = Kafka(server_folder / "restored", *any_free(2))
    server.prepare()
    with spawned(server.part(), server_folder / "restored-kafka.log"):
        ensure_topics(server.bootstrap)
        yield server.bootstrap


def credit(transfer: UUID, user: UUID) -> Credit:
    return Credit(transfer.bytes, user.bytes, "BTC", 10**8, transfer.bytes)


def archived(folder: Path, *payloads: bytes) -> FolderStore:
    store = FolderStore(folder)
    archive.keep(store, 0, [Record(offset, STARTED_MS + offset * 1_000, payload) for offset, payload in enumerate(payloads)])
    return store


def deposit(connection: Connection, transfer: UUID, user: UUID) -> None:
    crossing = Crossing(
        transfer_id=transfer,
        user_id=user,
        currency="BTC",
        amount=10**8,
        kind=Kind.DEPOSIT,
        reference=("CRYPTO_DEPOSIT", transfer),
        why="test",
    )
    with connection.transaction():
        into_trading(connection, crossing, source=CUSTODY_HOT, moment=datetime.now(UTC))


def topic_setting(bootstrap: str) -> str:
    admin = KafkaAdminClient(bootstrap_servers=bootstrap)
    try:
        found = admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, TOPIC)], config_filter="all")
    finally:
        admin.close()
    return str(found)


def test_offsets_times_and_bytes_come_back_and_the_brokers_clock_rules_again(broker: str, tmp_path: Path) -> None:
    payloads = [encode_record([LISTED]), b"no record at all", *(encode_record([Tick(b"")]) for _ in range(2_500))]
    store = archived(tmp_path, *payloads)
    told: list[int] = []
    assert restore.fill(store, 0, 2_400, broker, told=told.append) == 2_400
    assert told == [1_000, 2_000, 2_400]
    consumer = KafkaConsumer(bootstrap_servers=broker, consumer_timeout_ms=5_000)
    partition = TopicPartition(TOPIC, 0)
    consumer.assign([partition])
    consumer.seek_to_beginning(partition)
    found: list[Record] = []
    while len(found) < 2_400:
        found += [Record(row.offset, row.timestamp, row.value) for row in next(iter(consumer.poll(5_000).values()))]
    assert found == list(archive.read(store, 0))[:2_400]
    before_ms = int(datetime.now(UTC).timestamp() * 1_000)
    producer = LogProducer(broker)
    assert producer.append(encode_record([Tick(b"")])) == [2_400]
    producer.close()
    (row,) = next(iter(consumer.poll(5_000).values()))
    consumer.close()
    assert row.timestamp >= before_ms - 1_000, "the brokers' clock again, not the writer's"
    assert "LogAppendTime" in topic_setting(broker)
    with pytest.raises(RestoreError, match="holds 2401 records already"):
        restore.fill(store, 0, 10, broker)


def test_the_log_is_cut_before_a_transfer_that_the_database_does_not_know(exchange: TestDatabase, tmp_path: Path) -> None:
    user, known, unknown = uuid4(), uuid4(), uuid4()
    connection = exchange.connect("wallet_app")
    deposit(connection, known, user)
    store = archived(
        tmp_path,
        encode_record([LISTED]),
        encode_record([credit(known, user)]),
        encode_record([Tick(b"")]),
        encode_record([Tick(b""), credit(unknown, user)]),
        encode_record([Tick(b"")]),
    )
    plan = restore.survey(store, 0, exchange.admin_dsn)
    assert (plan.place.next_offset, plan.archived, plan.cut_at) == (3, 5, unknown)
    assert plan.last_ms == STARTED_MS + 2_000
    deposit(connection, unknown, user)
    whole = restore.survey(store, 0, exchange.admin_dsn)
    assert (whole.place.next_offset, whole.cut_at) == (5, None)
    assert whole.place.state_hash != plan.place.state_hash


def test_a_database_that_has_seen_more_than_the_archive_is_refused(
    exchange: TestDatabase, trade_database: TestDatabase, tmp_path: Path
) -> None:
    store = archived(tmp_path, encode_record([LISTED]))
    last = restore.survey(store, 0).place.next_seq - 1
    for database, consumer in ((exchange, "settlement"), (trade_database, "history")):
        connection = database.connect()
        insert = "INSERT INTO projection_watermark (consumer, shard, seq, event_time) VALUES (%s, 0, %s, now())"
        connection.execute(insert, (consumer, last))
        restore.survey(store, 0, exchange.admin_dsn, trade_database.admin_dsn)
        connection.execute("UPDATE projection_watermark SET seq = %s", (last + 1,))
        with pytest.raises(RestoreError, match=f"{consumer} has applied event {last + 1} .* restore that database to an earlier moment"):
            restore.survey(store, 0, exchange.admin_dsn, trade_database.admin_dsn)
        connection.execute("UPDATE projection_watermark SET seq = %s", (last,))


def test_what_was_sent_to_the_lost_end_of_the_log_is_sent_again(exchange: TestDatabase, tmp_path: Path) -> None:
    user, kept, lost = uuid4(), uuid4(), uuid4()
    connection = exchange.connect("wallet_app")
    for transfer in (kept, lost):
        deposit(connection, transfer, user)
    outbox.add(connection, outbox.EMAIL, b"a mail")
    connection.execute("UPDATE outbox SET sent_at = now()")
    store = archived(tmp_path, encode_record([LISTED]), encode_record([credit(kept, user)]))
    assert restore.send_again(store, 0, 2, exchange.admin_dsn) == 1
    (row,) = connection.execute("SELECT payload FROM outbox WHERE sent_at IS NULL").fetchall()
    assert lost.bytes in row[0]
