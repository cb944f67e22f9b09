"""What the minute job does for identity: rows leave when their time is over, and not before."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import boto3
from psycopg import Connection

from functions.maintenance import archive, store
from functions.maintenance.archive_bucket import ArchiveBucket
from mycrypto import database
from mycrypto.security import revocation_store

from .conftest import Identity


def archived(wallet: Connection, now: datetime, months: set[str]) -> dict[str, int]:
    """The rows that the archive job copies of these partitions; other tests have logs of other months."""
    boto3.client("s3").create_bucket(
        Bucket=(name := f"archive-{uuid4()}"), CreateBucketConfiguration={"LocationConstraint": "eu-central-1"}
    )
    rows: Counter[str] = Counter()
    while copy := archive.copy_next(wallet, ArchiveBucket(name), "exchange_dev", now):
        if copy.partition_name in months:
            rows[copy.table_name] += copy.row_count
    return dict(rows)


def test_rows_leave_when_their_time_is_over(identity: Identity, exchange_dsn: str, role_passwords: dict[str, str]) -> None:
    account, now = identity.member(), datetime.now(UTC)
    dsn = f"{exchange_dsn} user=wallet_app password={role_passwords['wallet_app']}"
    with database.connect(dsn) as wallet:
        store.delete_old_identity_rows(wallet, now)  # what other tests let expire
    identity.call("POST", "/api/auth/password/reset", {"email": account.email})
    user_id = identity.row(account.email, "id")
    log = "INSERT INTO email_logs (message_id, type, recipient, status, claimed_at, created_at) VALUES (%s, 'x', 'x', 'SENT', %s, %s)"
    audit = "INSERT INTO audit_logs (id, user_id, actor_type, action, result, timestamp) VALUES (%s, %s, 'USER', 'x', 'SUCCESS', %s)"
    mail_days, audit_days = (360, 370), (700, 760)
    for age in map(timedelta, mail_days):
        identity.owner.execute(log, (uuid4(), now - age, now - age))
    for age in map(timedelta, audit_days):
        identity.owner.execute(audit, (uuid4(), user_id, now - age))
    months = {f"email_logs_{now - timedelta(days):%Y_%m}" for days in mail_days}
    months |= {f"audit_logs_{now - timedelta(days):%Y_%m}" for days in audit_days}
    with database.connect(dsn) as wallet:
        assert store.delete_old_identity_rows(wallet, now) == 0  # nothing goes before its month is archived
        assert archived(wallet, now, months) == {"email_logs": 2, "audit_logs": 2}
        assert archived(wallet, now, months) == {}, "each month once"
        assert store.delete_old_identity_rows(wallet, now) == 2  # the mail log of 370 days and the audit record of 760
        assert store.delete_old_identity_rows(wallet, now) == 0
        guard = "INSERT INTO secret_guards (kind, subject, failures, locked_until, changed_at) VALUES ('login', %s, 5, %s, %s)"
        for subject, hours in ((uuid4(), 25), (uuid4(), 23)):
            identity.owner.execute(guard, (str(subject), now - timedelta(hours=22), now - timedelta(hours=hours)))
        identity.owner.execute(guard, (str(uuid4()), now + timedelta(days=1), now - timedelta(hours=25)))
        assert store.delete_old_identity_rows(wallet, now) == 1  # what says nothing any more, and no lock that holds
        assert store.delete_old_identity_rows(wallet, now + timedelta(hours=2)) >= 1  # the reset token
        gone = store.delete_old_identity_rows(wallet, now + timedelta(days=30, minutes=1))
    assert gone >= 1
    assert identity.call("POST", "/api/auth/refresh", {"refresh_token": account.refresh_token}).status == 401


def test_the_minute_job_reminds_a_wiped_redis(identity: Identity, exchange_dsn: str, role_passwords: dict[str, str]) -> None:
    account = identity.member()
    identity.call("POST", "/api/auth/logout", token=account.access_token)
    server = identity.auth.context().redis
    server.delete(*server.scan_iter("token:blacklist:*"))
    headers = {"Authorization": f"Bearer {account.access_token}"}
    assert identity.authorize("GET", "/api/auth/profile", headers)["context"] != {}
    dsn = f"{exchange_dsn} user=wallet_app password={role_passwords['wallet_app']}"
    with database.connect(dsn) as wallet:
        assert revocation_store.restore(wallet, server, datetime.now(UTC)) >= 1
    assert identity.authorize("GET", "/api/auth/profile", headers)["context"] == {}
