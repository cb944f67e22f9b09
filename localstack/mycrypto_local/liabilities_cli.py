"""``mycrypto liabilities publish``: a publication of what is owed to users, now."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer
from psycopg.errors import UniqueViolation
from rich.console import Console
from rich.table import Table

from mycrypto.liabilities import publishing
from mycrypto.money import format_amount
from mycrypto_local.chain_cli import Database, connected
from mycrypto_local.terminal import fail

liabilities = typer.Typer(help="What the platform owes its users, published so that each can check it.", no_args_is_help=True)
console = Console(highlight=False)


@liabilities.callback()
def _liabilities() -> None:
    """A group, though it has one command so far."""


@liabilities.command()
def publish(
    *,
    database: Database = "",
    once_a_day: Annotated[
        bool, typer.Option("--once-a-day", help="Only if the day (UTC) has no publication yet, as the schedule does.")
    ] = False,
) -> None:
    """Publish the root and total of each currency, and keep what each user needs for a proof."""
    with connected(database) as connection:
        try:
            found = publishing.publish(connection, datetime.now(UTC), once_a_day=once_a_day)
        except publishing.LiabilitiesError as error:
            fail(str(error))
        except UniqueViolation:
            fail("another publication was made at the same time; look at it, or publish again")
    if found is None:
        console.print("The day has its publication already.")
        return
    table = Table("currency", "total", "root")
    for root in found.roots:
        table.add_row(root.currency, format_amount(root.units), root.hash.hex())
    console.print(f"Publication {found.number}, after event {found.event_number}, {found.hash.hex()}", soft_wrap=True)
    console.print(table, soft_wrap=True)
