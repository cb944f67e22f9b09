"""``mycrypto queue``: look at the queues of a stage, and send dead letters back."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from mycrypto_local.aws import LOCAL, of_stage
from mycrypto_local.queues import QueueError, redrive, states
from mycrypto_local.terminal import fail

queue = typer.Typer(help="Look at the queues, and send dead letters back to where they failed.", no_args_is_help=True)
console = Console(highlight=False)
Stage = Annotated[str, typer.Option(help="local: the emulator; dev, staging or prod: AWS, with the credentials of this shell.")]


@queue.command("list")
def list_queues(
    *, stage: Stage = LOCAL, as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of text.")] = False
) -> None:
    """How many messages wait, are in work, and were given up, by queue; exit 1 if there are dead letters."""
    try:
        found = states(of_stage("sqs", stage), stage)
    except QueueError as error:
        fail(str(error))
    if as_json:
        print(json.dumps([asdict(state) for state in found]))
    else:
        table = Table("queue", "waiting", "in work", "dead letters")
        for state in found:
            table.add_row(state.name, str(state.waiting), str(state.in_work), f"[red]{state.dead}[/red]" if state.dead else "0")
        console.print(table)
    if any(state.dead for state in found):
        raise typer.Exit(1)


@queue.command("redrive")
def redrive_queue(name: Annotated[str, typer.Argument(help="A queue of the list.")], *, stage: Stage = LOCAL) -> None:
    """Send the dead letters of a queue back to it. Mend what they failed at first."""
    try:
        moved = redrive(of_stage("sqs", stage), stage, name)
    except QueueError as error:
        fail(str(error))
    console.print(f"{moved} dead letter(s) sent back to {name}")
