"""SQL of the minute job. Each statement may be repeated."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Final, LiteralString

import msgspec
from psycopg import Connection
from psycopg.types.json import Jsonb

from mycrypto import notices
from mycrypto.hash_chain import Chain, Head
from mycrypto.ledger import PLATFORM, verify
from mycrypto.security import guard

ROWS_MAX = 5_000
"""Of one deletion: the rest waits for the next minute."""
MAIL_LOG_KEPT: Final = timedelta(days=366)
AUDIT_LOG_KEPT: Final = timedelta(days=24 * 31)
"""A little more than 24 months: the table itself lets nothing younger go."""


def expire_deposits(connection: Connection, now: datetime) -> int:
    """Deposits whose transfer never came; returns how many."""
    return connection.execute(
        "UPDATE deposit_requests SET status = 'EXPIRED' WHERE status = 'PENDING' AND expires_at <= %s", (now,)
    ).rowcount


def delete_sent_messages(connection: Connection, before: datetime) -> int:
    return connection.execute(
        "DELETE FROM outbox WHERE id IN (SELECT id FROM outbox WHERE sent_at < %s ORDER BY sent_at LIMIT %s)", (before, ROWS_MAX)
    ).rowcount


def delete_expired_answers(connection: Connection, now: datetime) -> int:
    return connection.execute(
        """DELETE FROM idempotency_keys WHERE (user_id, key) IN (
                  SELECT user_id, key FROM idempotency_keys WHERE expires_at <= %s ORDER BY expires_at LIMIT %s)""",
        (now, ROWS_MAX),
    ).rowcount


def delete_old_identity_rows(connection: Connection, now: datetime) -> int:
    """Sessions, reset tokens, trusted devices and changes of address that have expired, counts of tries that say nothing any more, old notices; mail logs
    after 12 months and audit records after 24, once their month is archived. Returns how many.
    """
    batches: tuple[tuple[LiteralString, datetime], ...] = (
        ("DELETE FROM sessions WHERE id IN (SELECT id FROM sessions WHERE expires_at < %s LIMIT %s)", now),
        ("DELETE FROM password_reset_tokens WHERE id IN (SELECT id FROM password_reset_tokens WHERE expires_at < %s LIMIT %s)", now),
        ("DELETE FROM email_changes WHERE user_id IN (SELECT user_id FROM email_changes WHERE expires_at < %s LIMIT %s)", now),
        ("DELETE FROM closed_accounts WHERE user_id IN (SELECT user_id FROM closed_accounts WHERE keep_until < %s LIMIT %s)", now),
        ("DELETE FROM trusted_devices WHERE id IN (SELECT id FROM trusted_devices WHERE expires_at < %s LIMIT %s)", now),
        ("DELETE FROM notices WHERE id IN (SELECT id FROM notices WHERE happened_at < %s LIMIT %s)", now - notices.KEPT),
        (
            """DELETE FROM secret_guards WHERE (kind, subject) IN (
                   SELECT kind, subject FROM secret_guards WHERE changed_at < %s AND (locked_until IS NULL OR locked_until < now()) LIMIT %s)""",
            now - guard.FORGOTTEN,
        ),
        (
            """DELETE FROM email_logs WHERE message_id IN (SELECT message_id FROM email_logs JOIN partition_archive
                   ON partition_name = 'email_logs' || to_char(email_logs.created_at AT TIME ZONE 'UTC', '_YYYY_MM')
                WHERE created_at < %s LIMIT %s)""",
            now - MAIL_LOG_KEPT,
        ),
        (
            """DELETE FROM audit_logs WHERE id IN (SELECT id FROM audit_logs JOIN partition_archive
                   ON partition_name = 'audit_logs' || to_char(timestamp AT TIME ZONE 'UTC', '_YYYY_MM')
                WHERE timestamp < %s LIMIT %s)""",
            now - AUDIT_LOG_KEPT,
        ),
    )
    return sum(connection.execute(statement, (before, ROWS_MAX)).rowcount for statement, before in batches)


def count_waiting_messages(connection: Connection) -> int:
    return _count(connection, "SELECT count(*) FROM outbox WHERE sent_at IS NULL")


def count_unanswered_transfers(connection: Connection, before: datetime) -> int:
    """Transfers that the engine should have answered by now."""
    return _count(connection, "SELECT count(*) FROM transfers WHERE status = 'REQUESTED' AND requested_at < %s", before)


def count_open_reconciliations(connection: Connection) -> int:
    return _count(connection, "SELECT count(*) FROM reconciliation_items WHERE status <> 'RESOLVED'")


def ensure_ledger_partitions(connection: Connection, now: datetime, *, months: int) -> int:
    """Months of the ledger ahead; returns how many had to be made."""
    return _count(connection, "SELECT ensure_partitions(%s, %s)", now, months)


def ensure_trade_partitions(connection: Connection, now: datetime, *, months: int, days: int) -> int:
    """Months of orders and days of trades ahead; returns how many had to be made."""
    return _count(connection, "SELECT ensure_partitions(%s, %s, %s)", now, months, days)


def count_misplaced_postings(connection: Connection) -> int:
    """Postings that lie in no month of their own."""
    return _count(connection, "SELECT count(*) FROM ledger_postings_default")


def count_misplaced_trading(connection: Connection) -> int:
    """Orders and trades that lie in no month or day of their own."""
    return _count(connection, "SELECT (SELECT count(*) FROM orders_default) + (SELECT count(*) FROM trades_default)")


def count_pending_deposits(connection: Connection) -> int:
    """Deposits that are announced or seen and not credited."""
    return _count(
        connection,
        """SELECT (SELECT count(*) FROM deposit_requests WHERE status IN ('PENDING', 'APPROVED'))
                + (SELECT count(*) FROM blockchain_transactions WHERE status IN ('PENDING', 'CONFIRMED'))""",
    )


def count_pending_withdrawals(connection: Connection) -> int:
    """Withdrawals that have not ended."""
    return _count(connection, "SELECT count(*) FROM withdrawals WHERE status NOT IN ('COMPLETED', 'FAILED', 'CANCELLED', 'REJECTED')")


def count_active_sessions(connection: Connection, now: datetime) -> int:
    """Sessions that could be refreshed."""
    return _count(connection, "SELECT count(DISTINCT family_id) FROM sessions WHERE NOT is_revoked AND expires_at > %s", now)


def count_pending_kyc(connection: Connection) -> int:
    """Identity applications without a decision."""
    return _count(connection, "SELECT count(*) FROM kyc_submissions WHERE status IN ('PENDING', 'IN_REVIEW')")


def watermark(connection: Connection) -> int:
    """The newest event that a database's projection has, 0 before its first."""
    return _count(connection, "SELECT coalesce(max(seq), 0) FROM projection_watermark")


def custody(connection: Connection, kind: str) -> dict[str, Decimal]:
    """What a custody account holds, by currency; custody is booked as what it owes, so the sign is turned."""
    rows = connection.execute("SELECT currency, -balance FROM ledger_accounts WHERE owner = %s AND kind = %s", (PLATFORM, kind)).fetchall()
    return dict(rows)


def connections(connection: Connection) -> tuple[dict[str, int], int]:
    """Clients of the whole server by what they do, and how many it takes."""
    rows = connection.execute("SELECT state, clients FROM server_connections()").fetchall()
    return dict(rows), _count(connection, "SELECT current_setting('max_connections')::int")


def cache_hit_percent(connection: Connection) -> float:
    """Pages of this database that were found in the server's own cache, since its statistics began."""
    row = connection.execute(
        "SELECT coalesce(100.0 * blks_hit / nullif(blks_hit + blks_read, 0), 100) FROM pg_stat_database WHERE datname = current_database()"
    ).fetchone()
    return round(float(row[0]), 2) if row else 100.0


def statements(connection: Connection) -> dict[str, tuple[int, float]]:
    """Statements of this database by the table they name first: how many were run, and their milliseconds, since the statistics began."""
    rows = connection.execute("SELECT table_name, calls, milliseconds FROM statement_times()").fetchall()
    return {table: (int(calls), float(spent)) for table, calls, spent in rows}


def table_bytes(connection: Connection, tables: Sequence[str]) -> dict[str, int]:
    """Size of each table with its indexes and all its partitions."""
    rows = connection.execute(
        """SELECT name, coalesce((SELECT sum(pg_total_relation_size(relid)) FROM pg_partition_tree(name::regclass) WHERE isleaf),
                                pg_total_relation_size(name::regclass))
             FROM unnest(%s::text[]) AS given(name)""",
        (list(tables),),
    ).fetchall()
    return {name: int(size or 0) for name, size in rows}


def partitions_ahead(connection: Connection, table: str, now: datetime) -> int:
    """How many partitions of a table begin after now."""
    return _count(
        connection,
        """SELECT count(*) FROM pg_inherits
            WHERE inhparent = %s::regclass
              AND substring(inhrelid::regclass::text FROM '_([0-9]{4}_[0-9]{2}(_[0-9]{2})?)$') > to_char(%s::timestamptz, 'YYYY_MM_DD')""",
        table,
        now,
    )


def was_reconciled(connection: Connection, day: date) -> bool:
    return _count(connection, "SELECT count(*) FROM reconciliation_runs WHERE day = %s", day) > 0


def keep_reconciliation(connection: Connection, day: date, report: verify.Report) -> bool:
    """Keep what the books of a day looked like; false if another run kept it at the same time."""
    differences, totals = (Jsonb(msgspec.to_builtins(found)) for found in (report.differences, report.totals))
    cursor = connection.execute(
        "INSERT INTO reconciliation_runs (day, ok, differences, totals) VALUES (%s, %s, %s, %s) ON CONFLICT (day) DO NOTHING",
        (day, report.ok, differences, totals),
    )
    return cursor.rowcount == 1


def seal_ledger(connection: Connection, entries_max: int) -> int:
    """Link the entries that were committed since into the ledger's hash chain; returns how many."""
    return _count(connection, "SELECT ledger_chain_seal(%s)", entries_max)


def proved_head(connection: Connection, chain: Chain) -> Head | None:
    """How far a chain was proved before."""
    row = connection.execute("SELECT number, hash FROM chain_proofs WHERE chain = %s", (chain.name,)).fetchone()
    return Head(row[0], bytes(row[1]).hex()) if row else None


def keep_proved_head(connection: Connection, chain: Chain, head: Head, now: datetime) -> None:
    connection.execute(
        """INSERT INTO chain_proofs (chain, number, hash, proved_at) VALUES (%s, %s, %s, %s)
           ON CONFLICT (chain) DO UPDATE SET number = EXCLUDED.number, hash = EXCLUDED.hash, proved_at = EXCLUDED.proved_at""",
        (chain.name, head.number, bytes.fromhex(head.hash), now),
    )


def _count(connection: Connection, query: str, *values: object) -> int:
    row = connection.execute(query.encode(), values).fetchone()
    return int(row[0]) if row else 0
