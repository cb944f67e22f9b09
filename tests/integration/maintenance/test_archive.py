"""Old partitions are copied whole, dropped when their time is over, and survive a death between any two steps of it."""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import IO, Any, cast
from uuid import UUID

import boto3
import psycopg
import pytest
from moto import mock_aws
from psycopg import Connection

from functions.maintenance import archive
from functions.maintenance.archive import ArchiveError, Report
from functions.maintenance.archive_bucket import ArchiveBucket
from tests.integration.conftest import TestDatabase

NOW = datetime.now(UTC)
OLD_DAY, OLD_MONTH = datetime(2019, 3, 5, 12, tzinfo=UTC), datetime(2019, 3, 1, tzinfo=UTC)
RECENT_MONTH = datetime(NOW.year - 2, 6, 1, tzinfo=UTC)
USER = UUID(int=7)


class MemoryBucket:
    """``spoils``: it keeps less than it was given."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.spoils = False

    def write(self, key: str, content: IO[bytes]) -> None:
        taken = content.read()
        self.objects[key] = taken[:-20] if self.spoils else taken

    def read(self, key: str) -> Iterator[bytes] | None:
        return iter([self.objects[key]]) if key in self.objects else None

    def rows(self, key: str) -> list[dict[str, str]]:
        return list(csv.DictReader(io.StringIO(gzip.decompress(self.objects[key]).decode(), newline="")))


class Desk:
    """A trade database with an old month of orders and an old day of trades."""

    def __init__(self, exchange: TestDatabase, trade: TestDatabase) -> None:
        self.exchange, self.trade, self.admin = exchange.connect("wallet_app"), trade.connect("trade_engine_app"), trade.connect()
        self.ledger_admin = exchange.connect()
        self.bucket = MemoryBucket()
        for moment in (OLD_MONTH, RECENT_MONTH):
            self.admin.execute("SELECT ensure_partition('orders', 'created_at', 'month', %s)", (moment,))
        self.admin.execute("SELECT ensure_partition('trades', 'executed_at', 'day', %s)", (OLD_DAY,))
        for number in range(1, 4):
            self.add_order(number, OLD_MONTH, 'comma, "quote"\nline')
            self.admin.execute(
                """INSERT INTO trades SELECT gen_random_uuid(), 0, %s, 'BTC/TRY', 1, 1, 1, 'TRY', false, gen_random_uuid(), 1,
                          gen_random_uuid(), 0, gen_random_uuid(), 1, gen_random_uuid(), 0, false, %s""",
                (number, OLD_DAY),
            )
        self.add_order(9, RECENT_MONTH, "")

    def add_order(self, number: int, moment: datetime, name: str, status: str = "CANCELLED") -> None:
        self.admin.execute(
            """INSERT INTO orders (order_id, shard, number, user_id, client_order_id, symbol, side, order_type, time_in_force, status,
                                   quantity, price, last_seq, created_at, updated_at)
               VALUES (gen_random_uuid(), 0, %s, %s, %s, 'BTC/TRY', 'BUY', 'LIMIT', 'GTC', %s, 1, 1, %s, %s, %s)""",
            (number, USER, name, status, number, moment, moment),
        )

    def step(self, trade: Connection | None = None) -> Report:
        report = Report()
        archive.step(report, self.exchange, trade or self.trade, self.bucket, NOW)
        return report

    def work(self) -> Report:
        report = Report()
        while archive.step(report, self.exchange, self.trade, self.bucket, NOW):
            pass
        return report

    def partitions(self) -> set[str]:
        names = self.admin.execute("SELECT partition_name FROM dated_partitions WHERE upper_bound < now() - interval '2 months'").fetchall()
        return {name for (name,) in names}

    def copies(self) -> dict[str, str]:
        """The object of each partition."""
        return {
            str(name): str(key) for name, key in self.admin.execute("SELECT partition_name, object_key FROM partition_archive").fetchall()
        }

    def count(self, table: str) -> int:
        row = self.admin.execute(f"SELECT count(*) FROM {table}".encode()).fetchone()
        assert row is not None
        return int(row[0])


@pytest.fixture
def desk(exchange: TestDatabase, trade_database: TestDatabase) -> Desk:
    return Desk(exchange, trade_database)


def test_what_is_old_is_copied_and_what_is_older_leaves(desk: Desk) -> None:
    report = desk.work()
    recent = f"orders_{RECENT_MONTH:%Y_%m}"
    assert set(report.copied) == {"orders_2019_03", "trades_2019_03_05", recent}
    assert set(report.dropped) == {"orders_2019_03", "trades_2019_03_05"}
    assert desk.partitions() == {recent}, "kept for 60 months, copied after 12"
    assert (desk.count("orders"), desk.count("trades")) == (1, 0)
    copies = desk.copies()
    assert [row["client_order_id"] for row in desk.bucket.rows(copies["orders_2019_03"])] == ['comma, "quote"\nline'] * 3
    assert {row["number"] for row in desk.bucket.rows(copies["trades_2019_03_05"])} == {"1", "2", "3"}
    assert desk.work() == Report(), "each once"


def test_months_of_the_ledger_are_copied_and_stay(desk: Desk) -> None:
    desk.ledger_admin.execute("SELECT ensure_partition('ledger_postings', 'created_at', 'month', %s)", (OLD_MONTH,))
    desk.ledger_admin.execute("INSERT INTO ledger_postings VALUES (1, 1, 1, NULL, 'TRY', 'DEPOSIT', -5, -5, %s)", (OLD_MONTH,))
    assert "ledger_postings_2019_03" in desk.work().copied
    assert desk.ledger_admin.execute("SELECT count(*) FROM ledger_postings").fetchone() == (1,)


def test_an_object_that_is_not_whole_is_never_trusted(desk: Desk) -> None:
    desk.bucket.spoils = True
    with pytest.raises(ArchiveError):
        desk.step()
    assert desk.count("partition_archive") == 0
    assert desk.count("orders") == 4


def test_a_copy_that_was_lost_or_damaged_is_made_again_before_anything_is_dropped(desk: Desk) -> None:
    while archive.copy_next(desk.trade, desk.bucket, "mytrader_trade_engine", NOW) is not None:
        pass
    lost, damaged = sorted(key for key in desk.bucket.objects if "2019" in key)
    del desk.bucket.objects[lost]
    desk.bucket.objects[damaged] = desk.bucket.objects[damaged][:-9]
    report = Report()
    archive.drop_next(desk.trade, desk.bucket, report, NOW)
    assert (report.dropped, len(report.forgotten)) == ([], 2)
    assert desk.count("orders") + desk.count("trades") == 7
    assert set(desk.work().dropped) == {"orders_2019_03", "trades_2019_03_05"}
    assert len(desk.bucket.rows(lost)) == len(desk.bucket.rows(damaged)) == 3


def test_rows_that_came_after_the_copy_are_copied_too(desk: Desk) -> None:
    while archive.copy_next(desk.trade, desk.bucket, "mytrader_trade_engine", NOW) is not None:
        pass
    desk.add_order(5, OLD_MONTH, "late")
    desk.admin.execute("DELETE FROM trades")
    desk.work()
    copies = desk.copies()
    assert [row["number"] for row in desk.bucket.rows(copies["orders_2019_03"]) if row["client_order_id"] == "late"] == ["5"]
    assert desk.count("orders") == 1


def test_a_month_with_an_order_that_can_still_trade_stays(desk: Desk) -> None:
    desk.add_order(6, OLD_MONTH, "patient", status="OPEN")
    assert desk.work().dropped == ["trades_2019_03_05"]
    assert "orders_2019_03" in desk.partitions()
    assert desk.trade.execute("SELECT drop_archived_partition('orders_2019_03')").fetchone() == ("live",)
    desk.admin.execute("UPDATE orders SET status = 'CANCELLED', last_seq = 60 WHERE client_order_id = 'patient'")
    assert desk.work().dropped == ["orders_2019_03"]


def test_the_application_may_not_drop_what_is_young_or_has_no_copy(desk: Desk) -> None:
    with pytest.raises(psycopg.errors.NoDataFound):
        desk.trade.execute("SELECT drop_archived_partition('orders_2019_03')")
    desk.work()
    with pytest.raises(psycopg.errors.RaiseException, match="kept for 60 months"):
        desk.trade.execute("SELECT drop_archived_partition(%s)", (f"orders_{RECENT_MONTH:%Y_%m}",))
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        desk.trade.execute(f"DROP TABLE orders_{RECENT_MONTH:%Y_%m}".encode())


class Mortal:
    """A connection or bucket whose owner dies at the n-th call."""

    def __init__(self, inner: object, calls: list[int]) -> None:
        self._inner, self._calls = inner, calls

    def __getattr__(self, name: str) -> Any:
        if name in {"execute", "cursor", "write", "read"}:
            self._calls[0] -= 1
            if self._calls[0] < 0:
                raise Death
        return getattr(self._inner, name)


class Death(BaseException):
    pass


def test_death_between_any_two_steps_loses_nothing_and_is_made_good_by_the_next_run(desk: Desk) -> None:
    deaths = 0
    rows = desk.count("orders") + desk.count("trades")
    for place in range(200):
        calls = [place % 12]
        report = Report()
        try:
            more = archive.step(
                report, desk.exchange, cast("Connection", Mortal(desk.trade, calls)), cast("MemoryBucket", Mortal(desk.bucket, calls)), NOW
            )
        except Death:
            deaths += 1
            copied = sum(
                len(desk.bucket.rows(key))
                for (key,) in desk.admin.execute("SELECT object_key FROM partition_archive WHERE dropped_at IS NOT NULL").fetchall()
            )
            assert desk.count("orders") + desk.count("trades") + copied == rows, "every row is here or in a copy that is whole"
            continue
        if not more:
            break
    assert deaths > 10
    assert desk.work() == Report()
    assert desk.partitions() == {f"orders_{RECENT_MONTH:%Y_%m}"}


@mock_aws
def test_the_bucket_of_s3(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    boto3.client("s3").create_bucket(Bucket="archive", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    bucket = ArchiveBucket("archive")
    bucket.write("a/b.csv.gz", io.BytesIO(b"x" * 3_000_000))
    assert b"".join(bucket.read("a/b.csv.gz") or ()) == b"x" * 3_000_000
    assert bucket.read("a/c.csv.gz") is None
