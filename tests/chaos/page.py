"""The page of all runs of a commit: what was struck, how long no request was answered, and what was lost."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from statistics import median
from typing import Final

from tests.chaos.history import Outcome
from tests.chaos.results import Gathered

KINDS: Final = {"orders": "orders", "reads": "order reads", "wallet": "wallet (function)", "log-in": "log-in (function)"}
GOALS: Final = {
    ("engine", "kill"): "orders 1.4", ("gateway", "kill"): "orders 3.0", ("kafka", "kill"): "orders 8", ("postgres", "kill"): "orders none",
    ("functions", "kill"): "wallet, log-in 2", ("emulator", "kill"): "wallet, log-in 10",
}  # fmt: skip
GOALS_OF_MORE: Final = {
    ("engine", "kill"): "orders 1.0", ("gateway-1", "kill"): "orders 0.5", ("gateway-2", "kill"): "orders 0.5",
}  # fmt: skip
"""With a standby, with two gateways."""


def text(gathered: Sequence[Gathered]) -> str:
    """Markdown."""
    left_out = sorted({reason for each in gathered for reason in each.left_out})
    outcomes = [each.outcome for each in gathered]
    orders, deposits = sum(each.orders for each in outcomes), sum(each.deposits for each in outcomes)
    failed = [each for each in outcomes if each.wrong]
    first, last = gathered[0], gathered[-1]
    days = first.day if first.day == last.day else f"{first.day} to {last.day}"
    loads = [each.load for each in gathered]
    lines = [
        "# Outages, part by part", "",
        "Written by `make chaos`: traders use a whole platform of one machine through its front door while its parts are killed (SIGKILL), told to",
        "end (SIGTERM; PostgreSQL: SIGINT), stopped (SIGSTOP, then SIGCONT) or flushed, while the disk under their data is full or their wall clock is moved, alone or two at",
        "once. Afterwards every acknowledged order and deposit is held against",
        "the platform, what was answered 503 must not be there, and `mycrypto verify` compares command log, wallets and ledger.", "",
        f"{len(outcomes)} histories, {days}, commit {first.commit[:12]}, {last.machine}, load {min(loads):.1f} to {max(loads):.1f}: {orders} orders and {deposits} deposits were acknowledged;",
        f"{len(failed)} histories ended with something lost or different." if failed else "nothing acknowledged was lost, and all sources agreed after each.", "",
        *(f"Left out: {reason}." for reason in left_out), *([""] if left_out else []),
        "The longest silence is the longest time between two good answers of a kind, in seconds, from the blow until 1.5 s after the whole platform is well again.",
        "An order is sent every 0.15 s, a log-in is tried every 1.5 s, a wallet read every second: silences below that say nothing.",
        "The emulator's throttle counts by its wall clock, unlike AWS's: where its clock went back, log-ins and wallet reads are answered 429 for as long as it went back.", "",
    ]  # fmt: skip
    cores = float(last.machine.partition(" ")[0])
    if median(loads) > cores:
        lines += ["**The machine had more to do than its cores could: these silences are not those of a quiet one.**", ""]
    groups: defaultdict[tuple[int, int], list[Gathered]] = defaultdict(list)
    for each in gathered:
        groups[each.gateways, each.standby].append(each)
    for (gateways, standby), group in sorted(groups.items()):
        lines += _section(gateways, standby, group)
    if failed:
        lines += ["", "## What was found", "", *(f"    {line}" for each in failed for line in str(each).splitlines())]
    return "\n".join(lines) + "\n"


def _section(gateways: int, standby: int, group: Sequence[Gathered]) -> list[str]:
    outcomes = [each.outcome for each in group]
    seeds = [each.seed for each in outcomes]
    goals = GOALS | (GOALS_OF_MORE if standby or gateways > 1 else {})
    head = " | ".join(f"{name}: median, longest" for name in KINDS.values())
    engines = "an engine with a standby" if standby == 1 else f"an engine with {standby} that stand by" if standby else "one engine"
    lines = [
        f"## {engines[0].upper()}{engines[1:]}, {'one gateway' if gateways == 1 else f'{gateways} gateways'}", "",
        f"{len(group)} histories, seeds {min(seeds)} to {max(seeds)}.", "",
        f"| blow | histories | {head} | goal |", f"| --- | --- | {' | '.join('---' for _ in KINDS)} | --- |",
    ]  # fmt: skip
    alone: defaultdict[tuple[str, str], list[Outcome]] = defaultdict(list)
    for each in outcomes:
        if len(each.blows) == 1:
            alone[each.blows[0].part, each.blows[0].way].append(each)
    for (part, way), struck in sorted(alone.items()):
        lines.append(_row(f"{way} {part}", struck, goals.get((part, way), "")))
    if pairs := [each for each in outcomes if len(each.blows) > 1]:
        lines.append(_row("two parts", pairs, ""))
        counted = Counter(f"{blow.way} {blow.part}" for each in pairs for blow in each.blows)
        lines += ["", f"Of two parts: {', '.join(f'{name} {count}' for name, count in sorted(counted.items()))}."]
    return [*lines, ""]


def _row(name: str, group: Sequence[Outcome], goal: str) -> str:
    cells = [[each.silences[kind] for each in group] for kind in KINDS]
    return f"| {name} | {len(group)} | " + " | ".join(f"{median(cell):.1f}, {max(cell):.1f}" for cell in cells) + f" | {goal} |"
