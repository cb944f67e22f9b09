"""``mycrypto``: the platform on this machine, as commands."""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Final

import msgspec
import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from mycrypto_local.emulator_kind import EmulatorKind
from mycrypto_local.logs import show
from mycrypto_local.paths import state_folder
from mycrypto_local.replicas import GATEWAYS_MAX, ONE_OF_EACH, STANDBY_MAX, Replicas
from mycrypto_local.terminal import fail

if TYPE_CHECKING:
    from mycrypto_local.containers import ContainerPlatform
    from mycrypto_local.platform import Platform

EXIT_STOPPED: Final = 3
"""What ``status`` of a stopped service answers by convention (LSB)."""

app = typer.Typer(
    help="MyCrypto Platform on this machine: start it, look at it, use it, stop it.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,
)
console = Console(highlight=False)
errors = Console(highlight=False, stderr=True)


@contextmanager
def _told() -> Iterator[None]:
    """Expected failures end with their sentence and status 1; anything else is a defect and shows its traceback."""
    from mycrypto_local.containers import ContainerError
    from mycrypto_local.dependency_layer import DependencyError
    from mycrypto_local.deployment import DeploymentError
    from mycrypto_local.emulators import EmulatorError
    from mycrypto_local.installation import StaleInstallationError
    from mycrypto_local.local_secrets import LocalSecretsError
    from mycrypto_local.parts.kafka import KafkaError
    from mycrypto_local.parts.localstack import LocalStackError
    from mycrypto_local.parts.part import NotReadyError
    from mycrypto_local.parts.postgres import PostgresError
    from mycrypto_local.platform import PlatformError
    from mycrypto_local.ports import NoFreePortError
    from mycrypto_local.preflight import MissingToolsError
    from mycrypto_local.seeding import SeedError
    from mycrypto_local.startup import StartupError
    from mycrypto_local.supervision import SupervisionError

    known = (
        ContainerError, DependencyError, DeploymentError, EmulatorError, KafkaError, LocalStackError, MissingToolsError, NoFreePortError, NotReadyError, PlatformError, PostgresError, SeedError,
        StaleInstallationError, StartupError, SupervisionError, LocalSecretsError,
    )  # fmt: skip
    try:
        yield
    except known as error:
        fail(escape(str(error)))


class Runtime(StrEnum):
    """How the parts run."""

    NATIVE = "native"
    DOCKER = "docker"


class Broker(StrEnum):
    """What keeps the command log."""

    KAFKA = "kafka"
    THROWAWAY = "throwaway"


def _platform(
    wanted: Runtime | None = None, *, throwaway: bool = False, replicas: Replicas = ONE_OF_EACH, emulator: str = ""
) -> Platform | ContainerPlatform:
    """The platform of the state folder. How it runs is chosen by ``up`` and remembered for the other commands."""
    from mycrypto_local.containers import RUNTIME_NOTE, ContainerPlatform
    from mycrypto_local.platform import Platform, PlatformError

    state = state_folder()
    note = state / RUNTIME_NOTE
    known = Runtime(note.read_text().strip()) if note.exists() else None
    if wanted is not None and known is not None and wanted is not known:
        raise PlatformError(
            f"{state} holds a platform with runtime {known}; give it up with 'mycrypto reset', or name another MYCRYPTO_STATE"
        )
    if wanted is not None and known is None:
        state.mkdir(mode=0o755, parents=True, exist_ok=True)
        note.write_text(f"{wanted}\n")
    chosen = wanted or known or Runtime.NATIVE
    if chosen is Runtime.DOCKER:
        return ContainerPlatform(state)
    return Platform(state, throwaway=throwaway, replicas=replicas, emulator=emulator)


def _containers() -> ContainerPlatform | None:
    """The platform of the state folder, if it is one in containers."""
    from mycrypto_local.containers import ContainerPlatform

    platform = _platform()
    return platform if isinstance(platform, ContainerPlatform) else None


@app.command()
def up(
    *,
    runtime: Annotated[Runtime, typer.Option(help="native: processes on this machine; docker: containers.")] = Runtime.NATIVE,
    broker: Annotated[
        Broker, typer.Option(help="throwaway: a broker in memory where Kafka cannot be had; all data is lost when the platform stops.")
    ] = Broker.KAFKA,
    emulator: Annotated[
        EmulatorKind | None,
        typer.Option(
            help="What plays AWS: ministack, or localstack without Docker. Left out: what the platform has, at first ministack."
            " AWS_ENDPOINT_URL names one that runs already."
        ),
    ] = None,
    gateways: Annotated[
        int,
        typer.Option(min=1, max=GATEWAYS_MAX, help="More than one: processes of their own behind the front door, which spreads over them."),
    ] = 1,
    standby: Annotated[int, typer.Option(min=0, max=STANDBY_MAX, help="Engines that wait to take over.")] = 0,
) -> None:
    """Start the platform, or what is missing of it, and wait until all of it is healthy."""
    replicas = Replicas(gateways, standby)
    if runtime is Runtime.DOCKER and replicas != ONE_OF_EACH:
        fail("the containers are one of each; --gateways and --standby need --runtime native")
    if runtime is Runtime.DOCKER and broker is Broker.THROWAWAY:
        fail("the containers bring a Kafka of their own; leave out one of --runtime docker and --broker throwaway")
    running = os.environ.get("AWS_ENDPOINT_URL", "")
    if emulator is not None and running:
        fail("AWS_ENDPOINT_URL names an emulator that runs already; leave out one of it and --emulator")
    if runtime is Runtime.DOCKER and (running or emulator is EmulatorKind.MINISTACK):
        fail("the containers bring a LocalStack of their own; --emulator ministack and AWS_ENDPOINT_URL need --runtime native")
    with _told():
        platform = _platform(runtime, throwaway=broker is Broker.THROWAWAY, replicas=replicas, emulator=running or emulator or "")
        changed = platform.up()
        status = platform.status()
    console.print("" if changed else "It runs already; nothing had to be done.")
    console.print(f"[bold]{status.base_url}[/bold]  the platform ({status.memory_mb} MB)")
    console.print(f"[bold]{status.mailbox_url}[/bold]  the mails it sends")
    console.print(f"[bold]{status.binance_url}[/bold]  the Binance-compatible API (docs/binance.md)")
    console.print(f"[bold]{status.base_url}/local/dashboard[/bold]  how it does")
    if broker is Broker.THROWAWAY:
        console.print("[yellow]A throw-away run: users, orders and money are lost when it stops.[/yellow]")
    console.print("Next: [bold]mycrypto demo[/bold], mycrypto status, mycrypto logs engine, mycrypto down")


@app.command()
def down() -> None:
    """Stop the platform. All data is kept, but for a throw-away run, of which nothing is."""
    from mycrypto_local.servers import is_throwaway

    with _told():
        kept = not is_throwaway(state_folder())
        stopped = _platform().down()
    if stopped and not kept:
        console.print("Stopped; it was a throw-away run, nothing is left of it.")
        return
    console.print("Stopped; data kept. Start again: mycrypto up" if stopped else "Nothing was running.")


@app.command()
def reset(*, yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False) -> None:
    """Stop the platform and delete all of its data, secrets and logs."""
    folder = state_folder()
    if not folder.exists():
        console.print("There is nothing to delete.")
        return
    if not yes and not typer.confirm(f"Delete everything in {folder}?"):
        raise typer.Exit(1)
    with _told():
        _platform().reset()
    console.print(f"Deleted {folder}. Start afresh: mycrypto up")


@app.command()
def status(*, as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of a table.")] = False) -> None:
    """List the parts with port, health and memory. Exits with 0 when all is well, 1 when something is not, 3 when it is stopped."""
    with _told():
        now = _platform().status()
    if as_json:
        print(msgspec.json.format(msgspec.json.encode(now), indent=2).decode())
    elif now.state == "stopped":
        console.print(f"Stopped ({now.state_folder}). Start it: mycrypto up")
    else:
        table = Table("part", "state", "port", "pid", "MB", "restarts", "")
        for part in now.parts:
            state = f"[green]{part.state}[/green]" if part.healthy else f"[red]{part.state}[/red]"
            numbers = (str(number or "") for number in (part.port, part.pid, part.memory_mb, part.restarts))
            table.add_row(part.name, state, *numbers, part.detail)
        console.print(table)
        console.print(
            f"{now.state} at [bold]{now.base_url}[/bold], mails at {now.mailbox_url}, AWS ({now.emulator}) at {now.aws_endpoint}, {now.memory_mb} MB"
        )
        console.print(f"Binance-compatible API at [bold]{now.binance_url}[/bold]")
        if now.hint:
            console.print(f"[yellow]{escape(now.hint)}[/yellow]", soft_wrap=True)
    raise typer.Exit({"running": 0, "stopped": EXIT_STOPPED}.get(now.state, 1))


@app.command()
def logs(
    part: Annotated[
        str,
        typer.Argument(
            help="postgres, valkey, kafka, emulator, engine, publisher, gateway, pump, cdk or supervisord; with several gateways front-door, gateway-1, …."
        ),
    ],
    *,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Keep showing what is added.")] = False,
    lines: Annotated[int, typer.Option("--lines", "-n", min=1, help="How many of the last lines.")] = 200,
    metrics: Annotated[bool, typer.Option("--metrics", help="With the lines that only carry metrics.")] = False,
) -> None:
    """Show what a part printed, without the lines that only carry metrics."""
    containers = _containers()
    if containers is not None and part != "cdk":
        with _told():
            containers.show_log(part, lines, follow=follow)
        return
    folder = state_folder() / "logs"
    log = folder / f"{part}.log"
    if os.sep in part or not log.is_file():
        known = sorted(path.stem for path in folder.glob("*.log")) if folder.exists() else []
        fail(f"there is no log of '{part}'" + (f"; there are: {', '.join(known)}" if known else " yet; start the platform: mycrypto up"))

    def write(line: bytes) -> None:
        sys.stdout.buffer.write(line)
        sys.stdout.flush()

    with suppress(KeyboardInterrupt, BrokenPipeError):
        show(log, lines, write, follow=follow, metrics=metrics)


class CloudStage(StrEnum):
    DEV = "dev"
    STAGING = "staging"
    PROD = "prod"


@app.command()
def cost(*, stage: Annotated[CloudStage, typer.Option(help="Which stage.")] = CloudStage.DEV) -> None:
    """What a stage on AWS costs a month when it is idle."""
    from infra import cost as estimates
    from infra.errors import ConfigurationError

    try:
        typer.echo(estimates.of_stage(stage))
    except ConfigurationError as error:
        fail(str(error))


@app.command()
def docs() -> None:
    """Write the reference pages below docs/reference from code and templates."""
    from mycrypto_local.reference.pages import write

    changed = write()
    typer.echo("\n".join(f"wrote {path}" for path in changed) or "The reference pages are up to date.")


def complete() -> typer.Typer:
    """The command with everything that other packages add to it."""
    from engine_container.tools.cli import app as engine_tools
    from mycrypto_local import chain_cli, sealing_cli, trading_cli
    from mycrypto_local.dashboard.command import dashboard
    from mycrypto_local.importing.command import import_
    from mycrypto_local.keys_command import keys
    from mycrypto_local.liabilities_cli import liabilities
    from mycrypto_local.recovery.command import drill

    if not app.registered_groups:
        trading_cli.add_to(app)
        chain_cli.add_to(app)
        app.command("dashboard")(dashboard)
        app.command("drill")(drill)
        app.command("import")(import_)
        keys.command("reseal")(sealing_cli.reseal_command)
        app.add_typer(keys, name="keys")
        app.add_typer(liabilities, name="liabilities")
        app.add_typer(engine_tools, name="engine")
    return app


def _explain_missing_module() -> None:
    """After a pull the environment may lack what the checkout imports. Returns when that is not it."""
    from mycrypto_local import installation

    try:
        installation.check()
    except installation.StaleInstallationError as stale:
        sys.exit(str(stale))


def main() -> None:
    """The command ``mycrypto``."""
    warnings.filterwarnings("ignore", category=DeprecationWarning)  # libraries talk to their authors, not to our users
    try:
        complete()()
    except ModuleNotFoundError:
        _explain_missing_module()
        raise


if __name__ == "__main__":
    main()
