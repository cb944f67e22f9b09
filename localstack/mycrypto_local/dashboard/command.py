"""``mycrypto dashboard``: where the page is, and the same numbers as text or JSON."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from mycrypto_local.dashboard import MINUTES_DEFAULT, MINUTES_MAX, report
from mycrypto_local.dashboard.page import number_text
from mycrypto_local.running import NotRunningError, Running
from mycrypto_local.terminal import fail

console = Console(highlight=False)


def dashboard(
    *,
    minutes: Annotated[int, typer.Option(min=1, max=MINUTES_MAX, help="Over how many of the last minutes.")] = MINUTES_DEFAULT,
    page: Annotated[
        Path | None, typer.Option(help="Write the page with the graphs into a file; the front door shows it too, but not from a container.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print every line's numbers as one JSON object.")] = False,
) -> None:
    """Show the four dashboards of production with the numbers of this machine; the page has them as graphs."""
    try:
        running = Running.load()
        if page is not None:
            page.write_text(report.html(running, minutes), encoding="utf-8")
            console.print(f"Written: {page}")
            return
        boards, window = report.look(running, minutes)
    except (NotRunningError, report.UnreadableError) as error:
        fail(str(error))
    url = f"{running.base_url}/local/dashboard?minutes={minutes}"
    if as_json:
        document = {"url": url, "start_ms": window.start_ms, "bucket_seconds": window.bucket_seconds, "dashboards": boards}
        print(msgspec.json.format(msgspec.json.encode(document), indent=2).decode())
        return
    for board in boards:
        table = Table("panel", "line", "now", title=board.title, title_justify="left", title_style="bold", expand=False)
        for panel in board.panels:
            unit = panel.unit if panel.unit == "/s" else ""
            rows = [(each.label, number_text(each.latest, panel.unit) + unit) for each in panel.series] or [
                (f"[dim]{panel.note}[/dim]", "")
            ]
            for position, (label, value) in enumerate(rows):
                table.add_row(panel.title if position == 0 else "", label, value)
        console.print(table)
    console.print(f"[bold]{url}[/bold]")
