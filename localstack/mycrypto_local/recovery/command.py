"""``mycrypto drill``: the recovery of the platform, practised on this machine."""

from __future__ import annotations

import json
import logging
import os
import shutil
from dataclasses import asdict
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.markup import escape

from mycrypto_local.paths import REPOSITORY
from mycrypto_local.progress import Progress

FOLDER: Final = REPOSITORY / ".local-drill"
SERVERS: Final = ("DATABASE_URL", "REDIS_URL", "KAFKA_BOOTSTRAP_SERVERS")


def drill(
    *,
    users: Annotated[int, typer.Option(help="How many users trade.", min=2, max=100)] = 6,
    rate: Annotated[float, typer.Option(help="Requests a second.", min=1, max=1_000)] = 40,
    seconds: Annotated[float, typer.Option(help="Seconds of traffic after the databases were dumped.", min=6, max=3_600)] = 12,
    keep: Annotated[bool, typer.Option("--keep", help="Keep the backup afterwards.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of text.")] = False,
) -> None:
    """Back up, lose everything, restore, prove that nothing differs; print RTO and RPO; exit 1 on any difference.

    It works on a platform of its own, with its own ports and its own state: one that you have running is not touched.
    """
    from mycrypto_local.recovery.drill import RPO_GOAL_SECONDS, RTO_GOAL_SECONDS, Course, Drill

    console, errors = Console(highlight=False), Console(highlight=False, stderr=True)
    given = [name for name in SERVERS if os.environ.get(name)]
    if given:
        errors.print(f"[red]failed:[/red] the drill destroys the servers it runs on: unset {', '.join(given)} first", soft_wrap=True)
        raise typer.Exit(1)
    folder = FOLDER / str(os.getpid())
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # brokers that are gone are what this is about
    try:
        report = Drill(folder, Course(users, rate, seconds_after=seconds), Progress(quiet=as_json)).run()
    except (RuntimeError, TimeoutError) as error:
        errors.print(f"[red]failed:[/red] {escape(str(error))}", soft_wrap=True)
        raise typer.Exit(1) from error
    finally:
        if not keep:
            shutil.rmtree(folder, ignore_errors=True)
    if as_json:
        print(json.dumps(asdict(report)))
    else:
        console.print(
            f"{report.commands_restored:,} commands and {report.events_compared:,} events restored, {report.trades_compared:,} trades "
            f"settled once, {report.balances_compared} balances equal"
        )
        console.print(f"state {report.state_hash}")
        console.print(
            f"RTO {report.rto_seconds} s (goal {RTO_GOAL_SECONDS} s); the first order was taken after {report.trading_after_seconds} s"
        )
        console.print(f"RPO {report.rpo_seconds} s (goal {RPO_GOAL_SECONDS} s); {report.commands_lost} commands were not archived yet")
        for difference in report.differences:
            console.print(f"[red]{escape(difference)}[/red]", soft_wrap=True)
        if report.reached:
            console.print("[bold green]restored: nothing differs[/bold green]")
        if keep:
            console.print(f"kept: {folder / 'backup'}")
    if not report.reached:
        raise typer.Exit(1)
