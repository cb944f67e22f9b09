"""A customer of the earlier platform, in a dump of three rows: what an import would do."""

from __future__ import annotations

import asyncio
import base64
import tempfile
from pathlib import Path
from typing import Final
from uuid import UUID, uuid4

import psycopg

from mycrypto import database
from mycrypto.kyc import NATIONAL_ID
from mycrypto.security.sealing import Sealer
from mycrypto_local.full_demo.stage import Stage
from mycrypto_local.importing.report import Misfits, Report
from mycrypto_local.importing.run import Import
from mycrypto_local.importing.sources import DumpSource
from mycrypto_local.importing.target import Target, Trading

_ACCOUNTS: Final = """COPY public.users (id, email, password_hash, email_verified, terms_accepted, kvkk_consent_accepted, status, created_at) FROM stdin;
{user}\tearlier-{user}@example.com\t$2b$10${hash}\tt\tt\tt\tACTIVE\t2025-01-01 00:00:00+00
\\.
COPY public.user_wallets (id, user_id, currency, available_balance, locked_balance) FROM stdin;
1\t{user}\tTRY\t90000.00000000\t10.00000000
2\t{user}\tDOGE\t1.00000000\t0.00000000
\\.
-- PostgreSQL database dump complete
"""
_TRADING: Final = """COPY public.orders (order_id, user_id, symbol, side, order_type, status, quantity, price, created_at) FROM stdin;
{order}\t{user}\tBTC/TRY\tBUY\tLIMIT\tOPEN\t0.00010000\t100000.00000000\t2025-01-01 00:00:00+00
\\.
-- PostgreSQL database dump complete
"""


async def play(stage: Stage) -> None:
    user = uuid4()
    report: Report = await stage.step("an import of the earlier platform is tried", asyncio.to_thread(_try, stage, user), "a dry run")
    counts = {name: (phase.new, phase.left_out) for name, phase in report.phases.items()}
    expected = {"users": (1, 0), "proofs": (0, 0), "balances": (1, 1), "orders": (1, 0), "history": (0, 0)}
    stage.check(counts == expected, "it says what would come here and what does not fit", counts)
    stage.check(report.totals["TRY"].posted == "90010", "every lira would be posted", report.totals["TRY"])
    with psycopg.connect(stage.running.accounts_dsn) as connection:
        there = connection.execute("SELECT count(*) FROM users WHERE id = %s", (user,)).fetchone()
    stage.check(there == (0,), "a dry run has changed nothing", there)


def _try(stage: Stage, user: UUID) -> Report:
    figures = {"user": user, "order": uuid4(), "hash": "a" * 53}
    sealer = Sealer.from_secret({"key": base64.b64encode(bytes(32)).decode()}, NATIONAL_ID)  # a dry run seals nothing
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "accounts.sql").write_text(_ACCOUNTS.format(**figures))
        (folder / "trading.sql").write_text(_TRADING.format(**figures))
        with (
            database.connect(stage.running.accounts_dsn) as accounts,
            database.connect(stage.running.history_dsn) as history,
            Misfits(folder / "misfits.jsonl") as misfits,
        ):
            return Import(
                DumpSource(folder / "accounts.sql"),
                DumpSource(folder / "trading.sql"),
                Target(accounts, sealer),
                Trading(history),
                misfits,
                Report(dry_run=True, misfits_file=""),
                relay=None,
            ).run()
