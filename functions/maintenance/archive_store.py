"""SQL of the archive: which partitions are due, what they hold, which copies are known to be whole."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import msgspec
from psycopg import Connection, sql

DROPS_LOOKED_AT_MAX: Final = 3
"""Copies that turn out to be damaged before a run goes on with something else."""


class Partition(msgspec.Struct, frozen=True):
    """A partition with the bounds of its time, lower inclusive, upper exclusive."""

    name: str
    table: str
    time_column: str
    key_columns: str
    lower_bound: datetime
    upper_bound: datetime


class Copy(msgspec.Struct, frozen=True):
    """A partition's object in the bucket. ``sha256`` is of the CSV uncompressed, in hex."""

    partition_name: str
    table_name: str
    object_key: str
    row_count: int
    sha256: str
    stamp: str


def next_to_copy(connection: Connection, now: datetime) -> Partition | None:
    row = connection.execute(
        """SELECT partition_name, table_name, time_column, key_columns, lower_bound, upper_bound FROM dated_partitions
            WHERE upper_bound <= %s - make_interval(months => archive_months)
              AND partition_name NOT IN (SELECT partition_name FROM partition_archive)
            ORDER BY lower_bound, partition_name LIMIT 1""",
        (now,),
    ).fetchone()
    return None if row is None else Partition(*row)


def stamp_of(connection: Connection, partition: str) -> str:
    """Another one means that the rows have changed."""
    row = connection.execute("SELECT partition_stamp(%s)", (partition,)).fetchone()
    return "" if row is None else str(row[0])


def export_query(partition: Partition) -> sql.Composed:
    """The rows of a partition, through its parent, which is what the role may read."""
    keys = sql.SQL(", ").join(sql.Identifier(name.strip()) for name in partition.key_columns.split(","))
    return sql.SQL("COPY (SELECT * FROM {} WHERE {} >= {} AND {} < {} ORDER BY {}) TO STDOUT (FORMAT csv, HEADER true)").format(
        sql.Identifier(partition.table),
        sql.Identifier(partition.time_column),
        sql.Literal(partition.lower_bound),
        sql.Identifier(partition.time_column),
        sql.Literal(partition.upper_bound),
        keys,
    )


def keep_copy(connection: Connection, copy: Copy, now: datetime) -> None:
    connection.execute(
        """INSERT INTO partition_archive (partition_name, table_name, object_key, row_count, sha256, stamp, archived_at)
           VALUES (%s, %s, %s, %s, %s, %s, %s) ON CONFLICT (partition_name) DO NOTHING""",
        (copy.partition_name, copy.table_name, copy.object_key, copy.row_count, copy.sha256, copy.stamp, now),
    )


def due_to_drop(connection: Connection, now: datetime) -> list[Copy]:
    """Copies of partitions that need not be kept any more, oldest first; not those with orders that can still trade."""
    rows = connection.execute(
        """SELECT partition_name, a.table_name, object_key, row_count, sha256, stamp
             FROM partition_archive a JOIN dated_partitions USING (partition_name)
            WHERE dropped_at IS NULL AND upper_bound <= %s - make_interval(months => keep_months)
              AND NOT (a.table_name = 'orders' AND EXISTS (
                  SELECT 1 FROM orders WHERE status < 'FILLED' AND created_at >= lower_bound AND created_at < upper_bound))
            ORDER BY lower_bound, partition_name LIMIT %s""",
        (now, DROPS_LOOKED_AT_MAX),
    ).fetchall()
    return [Copy(*row) for row in rows]


def drop(connection: Connection, partition: str) -> str:
    """``dropped``, or why not: ``changed``, ``live``."""
    row = connection.execute("SELECT drop_archived_partition(%s)", (partition,)).fetchone()
    return "" if row is None else str(row[0])


def forget_copy(connection: Connection, partition: str) -> None:
    connection.execute("DELETE FROM partition_archive WHERE partition_name = %s AND dropped_at IS NULL", (partition,))
