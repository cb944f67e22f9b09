"""``mycrypto engine``: scenarios, market data and the log through the core."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, NoReturn

import msgspec
import typer
from rich.console import Console
from rich.progress import Progress

from engine_container.tools.flow import FlowReport, run_flow
from engine_container.tools.flow_files import FlowError, read_fills, read_lobster, read_neutral, write_fills
from engine_container.tools.scenario import Scenario, ScenarioError

app = typer.Typer(help="The matching engine's tools.", no_args_is_help=True)


class KafkaSignIn(StrEnum):
    """How the brokers know a client: not at all on one machine, by its role on AWS."""

    NONE = "none"
    IAM = "iam"


Auth = Annotated[KafkaSignIn, typer.Option("--auth", envvar="KAFKA_AUTH", help="How to sign in to Kafka.")]
Servers = Annotated[str, typer.Option("--servers", envvar="KAFKA_BOOTSTRAP_SERVERS", help="host:port of Kafka")]
InputFile = Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True)]


class _Scenario(msgspec.Struct):
    """A line of a scenario file; whatever else it carries is not for the runner."""

    commands: list[dict[str, Any]]
    name: str = ""


def _fail(message: str) -> NoReturn:
    print(f"failed: {message}", file=sys.stderr)
    raise typer.Exit(1)


@app.command()
def scenario(file: InputFile) -> None:
    """Run conformance scenarios, one a line, each on a fresh book; print what came of each as one JSON line."""
    failed = 0
    try:
        lines = file.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        _fail(f"{file}: {error}")
    for line, text in enumerate(lines, 1):
        if not text.strip():
            continue
        name = f"line {line}"
        try:
            row = msgspec.json.decode(text, type=_Scenario)
            name = row.name or name
            result = Scenario().run(row.commands)
        except (ScenarioError, msgspec.DecodeError) as error:
            failed += 1
            print(f"failed: {name}: {error}", file=sys.stderr)
            continue
        print(json.dumps({"name": name, **result}, separators=(",", ":"), ensure_ascii=False))
    if failed:
        _fail(f"{failed} scenarios could not be run")


@app.command()
def flow(
    file: InputFile,
    format: Annotated[  # noqa: A002 - the option's name
        str, typer.Option("--format", help="neutral (seq,ts_ns,op,order_id,side,price_ticks,qty) or lobster (message files as published)")
    ] = "neutral",
    fills: Annotated[Path | None, typer.Option("--fills", help="Write the fills here: seq,maker_order_id,price_ticks,qty.")] = None,
    expect: Annotated[
        Path | None, typer.Option("--expect", exists=True, dir_okay=False, help="Compare the fills with these, written as by --fills.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="End with one JSON object.")] = False,
) -> None:
    """Replay order-by-order market data, plain or gzip, through the core; status 1 if the fills are not the expected ones."""
    if format not in {"neutral", "lobster"}:
        _fail(f"--format must be neutral or lobster, not {format}")
    try:
        rows, skipped = read_lobster(file) if format == "lobster" else (read_neutral(file), 0)
        report, made = run_flow(rows, skipped=skipped, expected=read_fills(expect) if expect is not None else None)
        if fills is not None:
            write_fills(fills, made)
    except (FlowError, OSError) as error:
        _fail(str(error))
    _print_flow(report)
    if as_json:
        print(msgspec.json.encode(report).decode())
    if report.mismatches > 0:
        raise typer.Exit(1)


def _print_flow(report: FlowReport) -> None:
    kind = "compiled" if report.compiled else "interpreted"
    print(f"{report.commands:,} commands in {report.seconds:.3f} s: {report.commands_per_s:,}/s ({kind} core)")
    print(f"{report.fills:,} fills of {report.filled_qty:,} lots")
    if report.skipped:
        print(f"{report.skipped:,} messages left out: orders from before the file, hidden orders, auctions, halts")
    if report.refused:
        print(f"{report.refused:,} rows refused: their order is not open, or breaks a rule")
    if report.mismatches >= 0:
        print(
            f"{report.mismatches:,} mismatches with the expected fills"
            + (f"; first: {report.first_mismatch}" if report.first_mismatch else "")
        )


def _port(part: str) -> int | None:
    """The port of a part of the platform on this machine, if it was started here."""
    try:
        ports = json.loads((Path(os.environ.get("MYCRYPTO_STATE", ".local")) / "ports.json").read_text(encoding="utf-8"))
        return int(ports[part])
    except (OSError, ValueError, KeyError, TypeError):
        return None


@app.command()
def replay(
    servers: Servers = "",
    auth: Auth = KafkaSignIn.NONE,
    engine: Annotated[str, typer.Option("--engine", help="URL of a running engine to compare with; 'none' compares with none")] = "",
    shard: Annotated[int, typer.Option("--shard")] = 0,
    archived: Annotated[str, typer.Option("--archive", help="Read the archive instead: s3://bucket, or a folder.")] = "",
    until: Annotated[int | None, typer.Option("--until", help="Stop before this offset.", min=0)] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of text.")] = False,
) -> None:
    """Rebuild the state from the command log; print offset, seq and state hash; compare with the running engine."""
    from engine_container.logs.ports import LogUnavailableError
    from engine_container.tools.archive import ArchiveSource, store_of
    from engine_container.tools.brokers import broker_settings
    from engine_container.tools.replay import ReplayError, replay_log, replay_source

    engine_port = _port("engine")
    if not servers and not archived:
        servers = _kafka_here()
    if not engine and engine_port is not None and until is None and not archived:
        engine = f"http://127.0.0.1:{engine_port}"
    engine_url = "" if engine in {"", "none"} else engine
    bar = Progress(console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty())
    with bar:
        task = bar.add_task("command records", total=None)

        def tell(done: int, end: int) -> None:
            bar.update(task, completed=done, total=end)

        try:
            if archived:
                source = ArchiveSource(store_of(archived, shard, **_emulator(archived)), shard)
                report = asyncio.run(replay_source(source, shard, engine_url, until, progress=tell))
            else:
                report = asyncio.run(
                    replay_log(broker_settings(servers, auth.value, "replay"), shard, engine_url=engine_url, until=until, progress=tell)
                )
        except (LogUnavailableError, ReplayError) as error:
            _fail(str(error))
    if as_json:
        print(msgspec.json.encode(report).decode())
    else:
        place = report.replayed
        print(f"{report.commands:,} commands in {report.seconds:.3f} s")
        print(f"offset {place.next_offset}  seq {place.next_seq}  state {place.state_hash}")
        if report.engine is not None:
            print("the running engine has the same state" if report.equal else f"the running engine differs: {report.engine}")
    if report.equal is False:
        raise typer.Exit(1)


@app.command()
def examine(
    servers: Servers = "",
    auth: Auth = KafkaSignIn.NONE,
    shard: Annotated[int, typer.Option("--shard")] = 0,
    archived: Annotated[str, typer.Option("--archive", help="Read the archive instead: s3://bucket, or a folder.")] = "",
    until: Annotated[int | None, typer.Option("--until", help="Stop before this offset.", min=0)] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of text.")] = False,
) -> None:
    """Apply the command log and show each command that fails: its place, fields and error, and what its user and market had just before.

    Status 1 if there is one.
    """
    from engine_container.engine.kafka import KafkaCommandSource
    from engine_container.engine.ports import CommandSource
    from engine_container.engine.replica import HopelessError
    from engine_container.logs.ports import LogUnavailableError
    from engine_container.tools.archive import ArchiveSource, store_of
    from engine_container.tools.brokers import broker_settings
    from engine_container.tools.examine import run

    source: CommandSource
    if archived:
        source = ArchiveSource(store_of(archived, shard, **_emulator(archived)), shard)
    else:
        source = KafkaCommandSource(broker_settings(servers or _kafka_here(), auth.value, "examine"), shard)
    with Progress(console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()) as bar:
        task = bar.add_task("command records", total=None)
        try:
            report = run(source, shard, until, lambda done, end: bar.update(task, completed=done, total=end))
        except (LogUnavailableError, HopelessError) as error:
            _fail(str(error))
    if as_json:
        print(msgspec.json.encode(report).decode())
    else:
        print(f"{report.commands:,} commands, up to offset {report.next_offset}; {len(report.findings)} failed")
        for finding in report.findings:
            print(f"\noffset {finding.offset}  place {finding.place}  time {finding.time_ms}  {finding.kind}: {finding.error}")
            for title, shown in (("command", finding.command), ("user", finding.user), ("market", finding.market)):
                if shown is not None:
                    print(f"{title} " + json.dumps(shown, indent=2, ensure_ascii=False))
            print("\n".join(finding.trace))
    if report.findings:
        raise typer.Exit(1)


def _kafka_here() -> str:
    """The broker of the platform on this machine."""
    port = _port("kafka")
    if port is None:
        _fail("no platform was started here: name Kafka with --servers or KAFKA_BOOTSTRAP_SERVERS")
    return f"127.0.0.1:{port}"


def _emulator(place: str) -> dict[str, str]:
    """How to reach a bucket of stage local; nothing for those on AWS."""
    port = _port("emulator")
    if port is None or not place.startswith("s3://mycrypto-local-"):
        return {}
    return {
        "endpoint_url": f"http://127.0.0.1:{port}",
        "region_name": "eu-central-1",
        "aws_access_key_id": "test",
        "aws_secret_access_key": "test",  # the emulator asks for some, and takes any
    }


@app.command("restore-log")
def restore_log(
    archived: Annotated[str, typer.Option("--archive", help="Where the log was archived: s3://bucket, or a folder.")],
    servers: Annotated[str, typer.Option("--servers", envvar="KAFKA_BOOTSTRAP_SERVERS", help="host:port of Kafka")],
    accounts: Annotated[str, typer.Option("--accounts", envvar="DATABASE_URL", help="The restored exchange_dev, as its owner.")],
    history: Annotated[
        str, typer.Option("--history", envvar="TRADE_DATABASE_URL", help="The restored mytrader_trade_engine, as its owner.")
    ],
    auth: Auth = KafkaSignIn.NONE,
    shard: Annotated[int, typer.Option("--shard")] = 0,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say how much would be restored; write nothing.")] = False,
) -> None:
    """Restore the archived command log into an empty topic, as far as the restored databases can follow; nothing else may write meanwhile."""
    from kafka.errors import KafkaError
    from psycopg import Error as DatabaseError

    from engine_container.tools import restore
    from engine_container.tools.archive import store_of
    from mycrypto.archive import ArchiveError

    store = store_of(archived, shard, **_emulator(archived))
    try:
        plan = restore.survey(store, shard, accounts, history)
        place = plan.place
        print(f"{plan.commands:,} commands up to offset {place.next_offset - 1} of {plan.archived - 1}, event {place.next_seq - 1}")
        print(f"an engine reaches state {place.state_hash}")
        if plan.cut_at is not None:
            print(f"the database does not know transfer {plan.cut_at}, so the log ends before it")
        if dry_run:
            return
        done = restore.fill(store, shard, place.next_offset, servers, auth.value)
        again = restore.send_again(store, shard, place.next_offset, accounts)
    except (ArchiveError, restore.RestoreError, KafkaError, DatabaseError) as error:
        _fail(str(error))
    print(f"{done:,} records restored; {again} transfers will be sent again by the maintenance function")


@app.command("repair-events")
def repair_events(
    servers: Servers = "",
    auth: Auth = KafkaSignIn.NONE,
    shard: Annotated[int, typer.Option("--shard")] = 0,
    archived: Annotated[
        str, typer.Option("--archive", help="The archived commands, for what Kafka keeps no longer: s3://bucket, or a folder.")
    ] = "",
    bucket: Annotated[
        str, typer.Option("--snapshot-bucket", envvar="SNAPSHOT_BUCKET", help="Save a snapshot there for engines to begin with.")
    ] = "",
    folder: Annotated[str, typer.Option("--snapshot-dir", envvar="SNAPSHOT_DIR", help="The same, in a folder.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what is missing; write nothing.")] = False,
) -> None:
    """Make an event log with a hole whole again by replaying the commands; it also writes events that were never appended."""
    from kafka.errors import KafkaError

    from engine_container.engine.process import store_in
    from engine_container.logs.ports import LogUnavailableError
    from engine_container.tools.archive import ArchiveSource, store_of
    from engine_container.tools.repair import RepairError, repair

    servers = servers or _kafka_here()
    source = ArchiveSource(store_of(archived, shard, **_emulator(archived)), shard) if archived else None
    bar = Progress(console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty())
    try:
        with bar:
            task = bar.add_task("command records", total=None)
            done = asyncio.run(
                repair(
                    servers,
                    auth.value,
                    shard,
                    archived=source,
                    store=store_in(bucket, folder, shard),
                    dry_run=dry_run,
                    told=lambda at, end: bar.update(task, completed=at, total=end),
                )
            )
    except (LogUnavailableError, RepairError, KafkaError) as error:
        _fail(str(error))
    for hole in done.holes:
        print(f"events {hole.first:,} to {hole.last:,} were missing before offset {hole.offset:,}")
    if not done.holes:
        print("no events are missing in between")
    print(
        f"{done.appended:,} records {'to append' if dry_run else 'appended'}, {done.dropped:,} dropped; the commands lead to event {done.next_seq - 1:,}"
    )
    if done.snapshot:
        print(f"snapshot {done.snapshot} saved")
