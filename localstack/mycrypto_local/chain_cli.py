"""``mycrypto audit verify`` and ``mycrypto ledger verify``: the hash chains, computed again."""

from __future__ import annotations

import json
from typing import Annotated, Any, Final

import msgspec
import psycopg
import typer
from rich.console import Console

from mycrypto import hash_chain
from mycrypto.hash_chain import AUDIT, LEDGER, Chain, Head
from mycrypto.ledger import verify as ledger_rules
from mycrypto_local.running import NotRunningError, Running
from mycrypto_local.terminal import AsJson, fail

Noted = Annotated[str, typer.Option("--noted", help="NUMBER:HASH of a head that was noted before; it must still be in the chain.")]
Database = Annotated[str, typer.Option("--database", help="Address of another exchange_dev than the running platform's.")]
DIFFERENCES_MAX: Final = 20

audit = typer.Typer(help="The audit trail.", no_args_is_help=True)
ledger = typer.Typer(help="The ledger.", no_args_is_help=True)
console = Console(highlight=False)


def add_to(app: typer.Typer) -> None:
    """Mount these commands."""
    app.add_typer(audit, name="audit")
    app.add_typer(ledger, name="ledger")


@audit.callback()
def _audit() -> None:
    """A group, though it has one command so far."""


@ledger.callback()
def _ledger() -> None:
    """A group, though it has one command so far."""


@audit.command("verify")
def verify_audit(*, noted: Noted = "", database: Database = "", as_json: AsJson = False) -> None:
    """Find audit records that were changed, taken away or put in; exit 1 if there are any."""
    with connected(database) as connection:
        report = hash_chain.verify(connection, AUDIT, noted=_head(noted))
    if as_json:
        print(json.dumps(_plain(report)))
    else:
        _show(AUDIT, report)
    if not report.ok:
        raise typer.Exit(1)


@ledger.command("verify")
def verify_ledger(*, noted: Noted = "", database: Database = "", as_json: AsJson = False) -> None:
    """Check every rule of the ledger and its hash chain; exit 1 if anything differs."""
    with connected(database) as connection:
        rules = ledger_rules.run(connection)
        report = hash_chain.verify(connection, LEDGER, noted=_head(noted))
    if as_json:
        print(json.dumps({"rules": msgspec.to_builtins(rules), "chain": _plain(report)}))
    else:
        console.print(f"{rules.accounts:,} accounts, {rules.entries:,} entries, {rules.postings:,} postings")
        for difference in rules.differences[:DIFFERENCES_MAX]:
            console.print(f"[red]{difference.rule}: {difference.where} {difference.amount}[/red]")
        if rules.ok:
            console.print("[green]every rule of the ledger holds[/green]")
        _show(LEDGER, report)
    if not (rules.ok and report.ok):
        raise typer.Exit(1)


def _plain(report: hash_chain.Report) -> dict[str, Any]:
    return {"ok": report.ok, **msgspec.to_builtins(report)}


def _show(chain: Chain, report: hash_chain.Report) -> None:
    console.print(f"{report.links:,} links of the {chain.name} computed again, {report.expired:,} of records past their retention")
    for fault in report.faults[:DIFFERENCES_MAX]:
        console.print(f"[red]{fault}[/red]")
    if report.ok:
        console.print(f"[bold green]the chain of the {chain.name} is whole[/bold green]; note its head: {report.head}", soft_wrap=True)


def _head(noted: str) -> Head | None:
    try:
        return Head.parse(noted) if noted else None
    except ValueError as error:
        fail(str(error))


def connected(database: str) -> psycopg.Connection:
    """``exchange_dev`` of an address, or of the running platform; ends the command where it cannot be reached."""
    try:
        return psycopg.connect(database or Running.load().accounts_dsn, autocommit=True)
    except (NotRunningError, psycopg.Error) as error:
        fail(str(error).strip())
