"""``mycrypto demo``, ``traffic``, ``simulate`` and ``operator``: the platform used from outside."""

from __future__ import annotations

import asyncio
import json
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from mycrypto.errors import ProblemError
from mycrypto_local.actors import Exchange
from mycrypto_local.client import PATIENCE_SECONDS, Api, ApiError
from mycrypto_local.demo import Audience, Demo, DemoFailedError, Report, Step
from mycrypto_local.queue_cli import queue
from mycrypto_local.running import NotRunningError, Running
from mycrypto_local.simulate import SENDER_IBAN, SENDER_NAME, bank_transfer, chain_deposit, plan_payouts, settle_payout
from mycrypto_local.staff import announced_sender, grant_admin
from mycrypto_local.terminal import AsJson, fail
from mycrypto_local.traffic.flow_file import FlowError
from mycrypto_local.traffic.mix import MixReport
from mycrypto_local.traffic.replay import ReplayError, ReplayReport
from mycrypto_local.traffic.session import replay_file, send_mix

Lost = Annotated[bool, typer.Option("--lost", help="The webhook is lost: the platform finds it when it asks, within a minute.")]
simulate = typer.Typer(help="Send what a bank or a chain watcher would send, signed.", no_args_is_help=True)
console = Console(highlight=False)


def add_to(app: typer.Typer) -> None:
    """Mount these commands."""
    app.command("demo")(demo)
    app.command("traffic")(traffic)
    app.command("verify")(verify)
    app.command("make-operator")(make_operator)
    app.add_typer(simulate, name="simulate")
    app.add_typer(queue, name="queue")


def _running() -> Running:
    try:
        return Running.load()
    except NotRunningError as error:
        fail(str(error))


class _Terminal(Audience):
    def heard(self, step: Step) -> None:
        console.print(f"[green]✓[/green] {step.title:<46} {step.milliseconds:>8.1f} ms  [dim]{step.outcome}[/dim]", soft_wrap=True)

    def held(self, invariant: str) -> None:
        console.print(f"  [cyan]holds:[/cyan] {invariant}", soft_wrap=True)


def demo(
    *,
    full: Annotated[
        bool, typer.Option("--full", help="Everything that accounts and money promise, after the main job; takes about five minutes.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Play the main job through the front door with two fresh users; exit 1 if a step or an invariant fails."""
    running = _running()
    try:
        report = asyncio.run(_play(running, Audience() if as_json else _Terminal(), full=full))
    except (DemoFailedError, ApiError, TimeoutError) as error:
        fail(str(error))
    if as_json:
        print(json.dumps(asdict(report), ensure_ascii=False))
        return
    table = Table("", "before", "after", title="Balances")
    for name, before in report.balances_before.items():
        for currency, amount in before.items():
            table.add_row(f"{name}, {currency}", amount, report.balances_after[name][currency])
    console.print(table)
    console.print(f"[bold green]passed[/bold green]: {len(report.steps)} steps, {len(report.invariants)} checks, on {running.base_url}")


async def _play(running: Running, audience: Audience, *, full: bool) -> Report:
    from mycrypto_local.full_demo.play import FullDemo

    async with Api(running.base_url, patience_seconds=PATIENCE_SECONDS) as api:
        exchange = Exchange(api, running.webhooks)
        play = FullDemo(running, exchange, audience) if full else Demo(exchange, audience, running.accounts_dsn)
        return await play.run()


def traffic(
    *,
    flow: Annotated[
        Path | None, typer.Option(help="Replay this recorded flow instead of a made-up mix.", exists=True, dir_okay=False)
    ] = None,
    expect: Annotated[Path | None, typer.Option(help="The fills that the recorded flow made.", exists=True, dir_okay=False)] = None,
    users: Annotated[int, typer.Option(help="How many users trade.", min=2, max=500)] = 24,
    rate: Annotated[float, typer.Option(help="Requests a second of the mix.", min=0.1, max=100_000)] = 50,
    seconds: Annotated[float, typer.Option(help="How long the mix lasts.", min=1, max=86_400)] = 60,
    seed: Annotated[int, typer.Option(help="The same seed sends the same mix.")] = 1,
    as_json: AsJson = False,
) -> None:
    """Keep a realistic flow of orders going, or replay recorded flow (--flow) and compare its fills (--expect)."""
    running = _running()
    with console.status("starting") as status:

        def told(news: str) -> None:
            if not as_json:
                status.update(news)

        try:
            if flow is None:
                mixed = asyncio.run(send_mix(running, users=users, rate_per_s=rate, seconds=seconds, seed=seed, told=told))
                show = partial(_show_mix, mixed)
            else:
                replayed = asyncio.run(replay_file(running, flow, expect, users=users, told=told))
                show = partial(_show_replay, replayed, compared=expect is not None)
        except (FlowError, ReplayError, ApiError, TimeoutError) as error:
            fail(str(error))
    show(as_json=as_json)


def _show_replay(report: ReplayReport, *, compared: bool, as_json: bool) -> None:
    figures: dict[str, Any] = {
        "commands": report.commands,
        "fills": len(report.fills),
        "seconds": round(report.seconds, 3),
        "commands_per_s": round(report.commands_per_s, 1),
        "mismatches": report.mismatches if compared else None,
    }
    if as_json:
        print(json.dumps(figures))
    else:
        console.print(
            f"{report.commands:,} commands in {report.seconds:.1f} s ({report.commands_per_s:,.0f}/s), {len(report.fills):,} fills"
        )
        for difference in report.mismatches:
            console.print(f"[red]{difference}[/red]")
        if compared and not report.mismatches:
            console.print("[bold green]the fills are exactly the recorded ones[/bold green]")
    if report.mismatches:
        raise typer.Exit(1)


def _show_mix(report: MixReport, *, as_json: bool) -> None:
    figures: dict[str, Any] = {
        "sent": report.sent,
        "seconds": round(report.seconds, 3),
        "trades": report.trades,
        "outcomes": dict(report.outcomes.most_common()),
        "p50_ms": round(report.percentile_ms(0.5), 2),
        "p99_ms": round(report.percentile_ms(0.99), 2),
    }
    if as_json:
        print(json.dumps(figures))
        return
    console.print(f"{report.sent:,} requests in {report.seconds:.1f} s, {report.trades:,} trades")
    console.print(f"answered after p50 {figures['p50_ms']} ms, p99 {figures['p99_ms']} ms (from the intended send time)")
    for outcome, count in report.outcomes.most_common():
        console.print(f"  {outcome:<24}{count:>9,}")


@simulate.command("bank-transfer")
def simulate_bank_transfer(
    *,
    reference: Annotated[str, typer.Option(help="The reference of the announced deposit, DEP-YYYYMMDD-XXXXXX.")],
    amount: Annotated[str, typer.Option(help="TRY as a decimal string, such as 1000.00.")],
    sender_name: Annotated[
        str, typer.Option(help="Who sent it, as the bank writes it. Default: the holder of the announced account.")
    ] = "",
    sender_iban: Annotated[str, typer.Option(help="From which account. Default: the announced one.")] = "",
    transaction_id: Annotated[str, typer.Option(help="Report the same transfer again.")] = "",
    lost: Lost = False,
) -> None:
    """The bank reports a transfer in TRY."""
    running = _running()
    holder, iban = announced_sender(running.accounts_dsn, reference) or (SENDER_NAME, SENDER_IBAN)
    _send(
        running,
        lambda api: bank_transfer(
            api,
            running.webhooks,
            reference=reference,
            amount=amount,
            sender_name=sender_name or holder,
            sender_iban=sender_iban or iban,
            transaction_id=transaction_id,
            lost=lost,
        ),
    )


@simulate.command("chain-deposit")
def simulate_chain_deposit(
    *,
    address: Annotated[str, typer.Option(help="A deposit address of the platform.")],
    currency: Annotated[str, typer.Option(help="BTC, ETH or USDT.")],
    amount: Annotated[str, typer.Option(help="A decimal string, such as 0.5.")],
    network: Annotated[str, typer.Option(help="Of USDT: ERC20 or TRC20. Default: the currency's first one.")] = "",
    confirmations: Annotated[int | None, typer.Option(help="Default: as many as the network needs.", min=0)] = None,
    tx_hash: Annotated[str, typer.Option(help="Report the same transaction again, with more confirmations.")] = "",
    state: Annotated[str, typer.Option(help="What the watcher says of it: DETECTED, CONFIRMED, FAILED, GONE or REPLACED.")] = "",
    replaced_by: Annotated[str, typer.Option(help="The transaction that took its place.")] = "",
    lost: Lost = False,
) -> None:
    """The chain watcher reports a transaction."""
    running = _running()
    _send(
        running,
        lambda api: chain_deposit(
            api,
            running.webhooks,
            address=address,
            currency=currency.upper(),
            amount=amount,
            confirmations=confirmations,
            tx_hash=tx_hash,
            state=state,
            replaced_by=replaced_by,
            network=network.upper(),
            lost=lost,
        ),
    )


@simulate.command("payout")
def simulate_payout(
    *,
    withdrawal: Annotated[str, typer.Option(help="The withdrawal whose payout waits there, and is settled and reported now.")] = "",
    outcome: Annotated[str, typer.Option(help="COMPLETED or FAILED.")] = "COMPLETED",
    reports: Annotated[int, typer.Option(help="How often it is reported.", min=0, max=10)] = 1,
    behave: Annotated[
        str,
        typer.Option(
            help="How the next payouts are treated. bank: normal, slow, fail, error, timeout, forget, lie-rejected, lie-completed; "
            "chain: normal, slow, fail, error, timeout, lose; signer: fail, short."
        ),
    ] = "",
    partner: Annotated[str, typer.Option(help="bank, chain, signer, or register: the one that is asked about identities.")] = "bank",
    count: Annotated[int, typer.Option(help="How many of the next payouts.", min=1, max=1_000)] = 1,
) -> None:
    """The bank and the chain that pay withdrawals out: how they behave next (--behave), or what becomes of one that waits (--withdrawal)."""
    running = _running()
    if bool(withdrawal) == bool(behave):
        fail("give one of --withdrawal and --behave")
    if behave:
        _send(running, lambda api: plan_payouts(api, partner=partner, behaviour=behave, count=count))
    else:
        keys = running.webhooks
        _send(
            running,
            lambda api: settle_payout(api, keys, partner=partner, withdrawal_id=withdrawal, outcome=outcome.upper(), reports=reports),
        )


def _send(running: Running, work: Any) -> None:
    async def run() -> Any:
        async with Api(running.base_url) as api:
            return await work(api)

    try:
        answer = asyncio.run(run())
    except (ApiError, ProblemError) as error:
        fail(str(error))
    print(json.dumps(answer, ensure_ascii=False, indent=2))


def verify(*, as_json: AsJson = False) -> None:
    """Replay the whole command log and compare every balance with wallets and ledger; exit 1 if anything differs."""
    from mycrypto_local.verify import verify as compare_books

    running = _running()
    try:
        report = asyncio.run(compare_books(running))
    except TimeoutError as error:
        fail(str(error))
    if as_json:
        print(json.dumps(asdict(report)))
    else:
        console.print(f"{report.commands:,} commands replayed up to event {report.seq:,}: {report.balances:,} balances")
        console.print(f"ledger: {report.ledger_entries:,} entries, {report.ledger_postings:,} postings")
        for difference in report.differences:
            console.print(f"[red]{difference}[/red]")
        if not report.differences:
            console.print("[bold green]engine, wallets and ledger agree to the last unit; every currency sums to zero[/bold green]")
    if report.differences:
        raise typer.Exit(1)


def make_operator(email: Annotated[str, typer.Argument(help="The address of a registered user.")]) -> None:
    """Give a registered user the role ADMIN; the user logs in again to have it."""
    try:
        grant_admin(_running().accounts_dsn, email)
    except LookupError as error:
        fail(str(error))
    console.print(f"{email} is an ADMIN from the next login on.")
