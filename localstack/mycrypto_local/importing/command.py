"""``mycrypto import``."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Annotated, Any, Final

import msgspec
import psycopg
import typer
from rich.console import Console
from rich.table import Table

from mycrypto import database as databases
from mycrypto import secrets
from mycrypto.kyc import NATIONAL_ID
from mycrypto.log_producer import LogProducer
from mycrypto.outbox import KafkaSender, Relay
from mycrypto.security.sealing import Sealer, SealError
from mycrypto_local import local_secrets
from mycrypto_local.importing.balances import Meaning
from mycrypto_local.importing.report import Misfits, Report
from mycrypto_local.importing.run import Import
from mycrypto_local.importing.sources import SourceError, open_source
from mycrypto_local.importing.target import BusyError, Target, Trading
from mycrypto_local.progress import Progress
from mycrypto_local.running import NotRunningError, Running
from mycrypto_local.terminal import AsJson, fail

console = Console(highlight=False)
_MISFITS_FILE: Final = Path("import-misfits.jsonl")


def import_(
    *,
    accounts: Annotated[
        str, typer.Option(help="The earlier exchange_dev: a plain dump of pg_dump, or postgresql://… of a database it was restored to.")
    ],
    trading: Annotated[str, typer.Option(help="The earlier mytrader_trade_engine, in the same way.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and change nothing.")] = False,
    balance_is: Annotated[
        Meaning | None, typer.Option(help="What a column 'balance' there says, where there is no column for what is available.")
    ] = None,
    misfits: Annotated[Path, typer.Option(help="The file that is written with every row that did not fit, as JSON lines.")] = _MISFITS_FILE,
    database: Annotated[str, typer.Option(help="Another platform than the running one: its exchange_dev, as the owner.")] = "",
    history: Annotated[str, typer.Option(help="Its mytrader_trade_engine; goes with --database.")] = "",
    sealing_secret: Annotated[str, typer.Option(help="The name of its secret two-factor in Secrets Manager; goes with --database.")] = "",
    as_json: AsJson = False,
) -> None:
    """Bring users, proofs of identity, balances, open orders and history of the earlier platform here; may be repeated."""
    if len({bool(database), bool(history), bool(sealing_secret)}) > 1:
        fail("--database, --history and --sealing-secret go together")
    try:
        with (
            closing(open_source(accounts)) as there,
            closing(open_source(trading)) as traded,
            _platform(database, history, sealing_secret) as (target, trades, relay),
            Misfits(misfits) as file,
        ):
            report = Import(
                there,
                traded,
                target,
                trades,
                file,
                Report(dry_run=dry_run, misfits_file=str(misfits)),
                relay=relay,
                meaning=balance_is,
                progress=Progress(quiet=as_json),
            ).run()
    except (NotRunningError, SourceError, BusyError, SealError, local_secrets.LocalSecretsError, OSError, psycopg.Error) as error:
        fail(str(error).strip())
    if as_json:
        print(msgspec.json.encode(report).decode())
    else:
        _show(report)


@contextmanager
def _platform(database: str, history: str, sealing_secret: str) -> Iterator[tuple[Target, Trading, Relay | None]]:
    """The running platform; or another one, whose minute job sends the commands."""
    secret: dict[str, Any]
    with ExitStack() as stack:
        relay = None
        if database:
            secret = dict(secrets.get(sealing_secret))
        else:
            running = Running.load()
            database, history = running.accounts_dsn, running.history_dsn
            secret = local_secrets.read(running.state).documents()[f"mycrypto/{local_secrets.STAGE}/two-factor"]
            producer = LogProducer(running.kafka_bootstrap)
            stack.callback(producer.close)
            relay = Relay({"kafka": KafkaSender(producer)}, _delayed)
        accounts, trades = databases.connect(database), databases.connect(history)
        stack.enter_context(accounts)
        stack.enter_context(trades)
        yield Target(accounts, Sealer.from_secret(secret, NATIONAL_ID)), Trading(trades), relay


def _delayed(destination: str, error: Exception) -> None:
    console.print(f"[yellow]{destination} is out of reach ({error}); the minute job sends what waits[/yellow]", soft_wrap=True)


def _show(report: Report) -> None:
    table = Table("", "read", "would be new" if report.dry_run else "new", "here before", "left out")
    for name, phase in report.phases.items():
        table.add_row(name, *(f"{count:,}" for count in (phase.read, phase.new, phase.known, phase.left_out)))
    console.print(table)
    money = Table("", "earlier platform", "would be posted" if report.dry_run else "posted", "left out")
    for currency, total in report.totals.items():
        money.add_row(currency, total.earlier, total.posted, total.left_out)
    console.print(money)
    for reason, count in report.misfits.items():
        console.print(f"[yellow]{count:>7,} {reason}[/yellow]")
    for name, rows in report.not_read.items():
        console.print(f"[dim]{rows:>7,} rows of {name} are not read[/dim]")
    console.print(f"Every misfit is in {report.misfits_file}", soft_wrap=True)
    if report.dry_run:
        console.print("[bold]A dry run: nothing was changed.[/bold]")
