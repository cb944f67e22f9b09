"""What the commands share: an option, and how they end when they cannot do their work."""

from __future__ import annotations

from typing import Annotated, NoReturn

import typer
from rich.console import Console

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of text.")]


def fail(message: str) -> NoReturn:
    """Print the reason to standard error and end with status 1. Long lines are left to the terminal."""
    Console(stderr=True, highlight=False).print(f"[red]failed:[/red] {message}", soft_wrap=True)
    raise typer.Exit(1)
