"""A sample of the earlier platform: its two databases with users, balances, orders and history, and dumps of them as ``pg_dump`` writes them."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple
from uuid import UUID, uuid5

import bcrypt
import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from mycrypto_local.parts.postgres import package_folder

PASSWORD: Final = "Earlier!passw0rd"
_NAMES: Final = UUID(int=7)


def id_of(name: str) -> UUID:
    """The id of a user, order or trade of the sample; ``run`` tells samples apart that meet in one platform."""
    return uuid5(_NAMES, name)


class Places(NamedTuple):
    """Where the sample is: addresses of the two databases."""

    accounts: str
    trading: str


_ACCOUNTS: Final = """
CREATE TABLE users (
    id uuid PRIMARY KEY, email varchar(255) UNIQUE, password_hash varchar(255), email_verified boolean, two_fa_enabled boolean DEFAULT false,
    terms_accepted boolean, kvkk_consent_accepted boolean, kyc_status varchar(20) DEFAULT 'NONE', status varchar(20) DEFAULT 'ACTIVE',
    failed_login_attempts integer DEFAULT 0, locked_until timestamptz, last_login_at timestamptz, last_login_ip inet,
    created_at timestamptz DEFAULT '2025-01-02 03:04:05+03', updated_at timestamptz DEFAULT now());
CREATE TABLE kyc_submissions (
    id uuid PRIMARY KEY, user_id uuid REFERENCES users, level varchar(20), status varchar(20), tc_kimlik_no varchar(11), first_name varchar(100),
    last_name varchar(100), date_of_birth date, phone varchar(20), mks_verified boolean DEFAULT false, submitted_at timestamptz DEFAULT now(),
    reviewed_at timestamptz, reviewed_by uuid, rejection_reason text);
CREATE TABLE user_wallets (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(), user_id uuid, currency varchar(10), available_balance numeric(20, 8),
    locked_balance numeric(20, 8) DEFAULT 0, updated_at timestamptz DEFAULT now(), UNIQUE (user_id, currency));
CREATE TABLE ledger_entries (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(), user_id uuid, type varchar(40), currency varchar(10), amount numeric(20, 8),
    balance_before numeric(20, 8), balance_after numeric(20, 8), reference_id text, reference_type text, description text,
    created_at timestamptz DEFAULT '2025-03-01 00:00:00+03');
CREATE TABLE crypto_withdrawal_requests (id uuid PRIMARY KEY, user_id uuid, currency varchar(10), amount numeric(20, 8), status varchar(20));
CREATE TABLE sessions (id uuid PRIMARY KEY, user_id uuid, refresh_token_hash text);
"""

_TRADING: Final = """
CREATE TYPE side AS ENUM ('BUY', 'SELL');
CREATE TABLE orders (
    order_id uuid, user_id uuid, symbol varchar(20), side side, order_type varchar(20), status varchar(20), quantity numeric(20, 8),
    filled_quantity numeric(20, 8) DEFAULT 0, price numeric(20, 8), average_price numeric(20, 8), stop_price numeric(20, 8),
    time_in_force varchar(3) DEFAULT 'GTC', post_only boolean DEFAULT false, client_order_id varchar(100), created_at timestamptz,
    filled_at timestamptz, cancelled_at timestamptz, expires_at timestamptz, PRIMARY KEY (order_id, created_at)) PARTITION BY RANGE (created_at);
CREATE TABLE orders_2025_01 PARTITION OF orders FOR VALUES FROM ('2025-01-01') TO ('2025-02-01');
CREATE TABLE orders_default PARTITION OF orders DEFAULT;
CREATE TABLE trades (
    trade_id uuid, symbol varchar(20), buyer_order_id uuid, seller_order_id uuid, buyer_user_id uuid, seller_user_id uuid, price numeric(20, 8),
    quantity numeric(20, 8), buyer_fee numeric(20, 8), seller_fee numeric(20, 8), fee_asset varchar(10), is_buyer_maker boolean,
    executed_at timestamptz, PRIMARY KEY (trade_id, executed_at)) PARTITION BY RANGE (executed_at);
CREATE TABLE trades_2025_01_15 PARTITION OF trades FOR VALUES FROM ('2025-01-15') TO ('2025-01-16');
"""


def _fill_accounts(connection: psycopg.Connection, run: str) -> None:
    hashed = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)).decode()
    people = (
        # name, e-mail, confirmed, second factor, consents, proof of identity
        ("ayse", f"Ayse{run}@Example.com", True, True, True, "APPROVED"),
        ("mehmet", f"mehmet{run}@example.com", True, False, True, "NONE"),
        ("twin", f"ayse{run}@example.com", True, False, True, "NONE"),
        ("refuser", f"refuser{run}@example.com", True, False, False, "NONE"),
        ("leaving", f"leaving{run}@example.com", True, False, True, "NONE"),
        ("impostor", f"impostor{run}@example.com", True, False, True, "APPROVED"),
    )
    for name, email, confirmed, factor, consents, proof in people:
        connection.execute(
            """INSERT INTO users (id, email, password_hash, email_verified, two_fa_enabled, terms_accepted, kvkk_consent_accepted, kyc_status)
               VALUES (%s, %s, %s, %s, %s, %s, %s, %s)""",
            (id_of(name + run), email, hashed, confirmed, factor, consents, consents, proof),
        )
    for name, moment in (("ayse", "2025-01-03"), ("impostor", "2025-01-04")):
        connection.execute(
            """INSERT INTO kyc_submissions (id, user_id, level, status, tc_kimlik_no, first_name, last_name, date_of_birth, phone, submitted_at, reviewed_at)
               VALUES (%s, %s, 'LEVEL_1', 'APPROVED', '10000000146', E'Ay\\u015fe', E'Y\\u0131lmaz\\\\\\t', '1990-05-06', '+905321234567', %s, %s)""",
            (id_of(f"proof-{name}{run}"), id_of(name + run), moment, moment),
        )
    for name, currency, available, locked in (
        ("ayse", "TRY", "100000.50", "499.50"),
        ("ayse", "BTC", "0", "0"),
        ("mehmet", "BTC", "1.10000001", "0.4"),
        ("mehmet", "DOGE", "5", "0"),
        ("refuser", "TRY", "7", "0"),
        ("leaving", "ETH", "2", "1"),
    ):
        connection.execute(
            "INSERT INTO user_wallets (user_id, currency, available_balance, locked_balance) VALUES (%s, %s, %s, %s)",
            (id_of(name + run), currency, available, locked),
        )
    connection.execute(
        "INSERT INTO crypto_withdrawal_requests VALUES (%s, %s, 'ETH', 1, 'PROCESSING')", (id_of("out" + run), id_of("leaving" + run))
    )
    connection.execute(
        "INSERT INTO ledger_entries (id, user_id, type, currency, amount, description) VALUES (%s, %s, 'DEPOSIT', 'TRY', 1000, E'first\\tline\\nsecond\\\\')",
        (id_of("entry" + run), id_of("ayse" + run)),
    )
    connection.execute("INSERT INTO sessions VALUES (%s, %s, 'x')", (id_of("session" + run), id_of("ayse" + run)))


def _fill_trading(connection: psycopg.Connection, run: str) -> None:
    for name, user, symbol, side, kind, status, quantity, filled, price, moment in (
        ("late", "ayse", "BTC/TRY", "BUY", "LIMIT", "OPEN", "0.01", "0", "3400000.00", "2025-02-02"),
        ("early", "mehmet", "BTCTRY", "SELL", "LIMIT", "PARTIALLY_FILLED", "0.05", "0.01", "3500000.00", "2025-01-15"),
        ("done", "mehmet", "BTC/TRY", "SELL", "LIMIT", "FILLED", "0.1", "0.1", "3450000", "2025-01-14"),
        ("unlisted", "mehmet", "DOGE/TRY", "SELL", "LIMIT", "OPEN", "5", "0", "1", "2025-01-16"),
        ("trailing", "mehmet", "BTC/TRY", "SELL", "TRAILING_STOP", "PENDING_TRIGGER", "0.1", "0", None, "2025-01-17"),
        ("between-ticks", "mehmet", "BTC/TRY", "SELL", "LIMIT", "OPEN", "0.1", "0", "3500000.001", "2025-01-18"),
    ):
        connection.execute(
            """INSERT INTO orders (order_id, user_id, symbol, side, order_type, status, quantity, filled_quantity, price, client_order_id, created_at)
               VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)""",
            (id_of(name + run), id_of(user + run), symbol, side, kind, status, quantity, filled, price, f"own-{name}", moment),
        )
    connection.execute(
        "INSERT INTO trades VALUES (%s, 'BTC/TRY', %s, %s, %s, %s, 3500000, 0.1, 350, 175, 'TRY', false, '2025-01-15 12:00:00+00')",
        (id_of("trade" + run), id_of("gone" + run), id_of("early" + run), id_of("ayse" + run), id_of("mehmet" + run)),
    )


@contextmanager
def restored(admin_dsn: str, run: str = "") -> Iterator[Places]:
    """The sample in two databases of a server, as after a restore; dropped at the end."""
    made: list[str] = []
    with psycopg.connect(admin_dsn, autocommit=True) as admin:
        try:
            for part, tables, fill in (("accounts", _ACCOUNTS, _fill_accounts), ("trading", _TRADING, _fill_trading)):
                name = f"earlier_{part}_{id_of(admin_dsn + run).hex[:8]}"
                admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
                admin.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
                made.append(make_conninfo(admin_dsn, dbname=name))
                with psycopg.connect(made[-1]) as connection:
                    connection.execute(tables.encode())
                    fill(connection, run)
            yield Places(*(_as_address(dsn) for dsn in made))
        finally:
            for part in ("accounts", "trading"):
                name = f"earlier_{part}_{id_of(admin_dsn + run).hex[:8]}"
                admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def _as_address(dsn: str) -> str:
    parts = psycopg.conninfo.conninfo_to_dict(dsn)
    return f"postgresql://{parts['user']}:{parts.get('password', '')}@{parts['host']}:{parts['port']}/{parts['dbname']}"


def dump(dsn: str, path: Path, *options: str) -> Path:
    """Written by ``pg_dump``."""
    subprocess.run([package_folder() / "pginstall" / "bin" / "pg_dump", "--file", str(path), *options, dsn], check=True, timeout=60)
    return path
