"""The page of a run: what was struck, how long no request was answered, and what was lost."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime
from statistics import median
from typing import Final

from tests.chaos.history import Outcome

KINDS: Final = {"orders": "orders", "reads": "order reads", "wallet": "wallet (function)", "log-in": "log-in (function)"}
GOALS: Final = {
    ("engine", "kill"): "orders 1.4, with a standby 1.0", ("gateway", "kill"): "orders 3.0, with two gateways 0.5", ("kafka", "kill"): "orders 8",
    ("postgres", "kill"): "orders none", ("functions", "kill"): "wallet, log-in 2", ("emulator", "kill"): "wallet, log-in 10",
}  # fmt: skip


def text(outcomes: Sequence[Outcome], *, commit: str, machine: str, first_seed: int, shared: bool) -> str:
    """Markdown."""
    orders, deposits = sum(each.orders for each in outcomes), sum(each.deposits for each in outcomes)
    failed = [each for each in outcomes if each.wrong]
    lines = [
        "# Outages, part by part", "",
        "Written by `make chaos`: traders use a whole platform of one machine through its front door while its parts are killed (SIGKILL), told to",
        "end (SIGTERM; PostgreSQL: SIGINT), stopped (SIGSTOP, then SIGCONT) or flushed, alone or two at once. Afterwards every acknowledged order and deposit is held against",
        "the platform, what was answered 503 must not be there, and `mycrypto verify` compares command log, wallets and ledger.", "",
        f"{len(outcomes)} histories from seed {first_seed} on, {datetime.now(UTC):%Y-%m-%d}, commit {commit[:12]}, {machine}: {orders} orders and {deposits} deposits were acknowledged;",
        f"{len(failed)} histories ended with something lost or different." if failed else "nothing acknowledged was lost, and all sources agreed after each.", "",
        "The longest silence is the longest time between two good answers of a kind, in seconds, from the blow until 1.5 s after the whole platform is well again;",
        "one machine runs one engine and one gateway. A log-in is tried every 1.5 s, a wallet read every second: silences below that say nothing.", "",
        *(["**The machine had more to do than its cores could: these silences are not those of a quiet one.**", ""] if shared else []),
        "| blow | histories | " + " | ".join(f"{name}: median, longest" for name in KINDS.values()) + " | goal |",
        "| --- | --- | " + " | ".join("---" for _ in KINDS) + " | --- |",
    ]  # fmt: skip
    alone: defaultdict[tuple[str, str], list[Outcome]] = defaultdict(list)
    for each in outcomes:
        if len(each.blows) == 1:
            alone[each.blows[0].part, each.blows[0].way].append(each)
    for (part, way), group in sorted(alone.items()):
        lines.append(_row(f"{way} {part}", group, GOALS.get((part, way), "")))
    if pairs := [each for each in outcomes if len(each.blows) > 1]:
        lines.append(_row("two parts", pairs, ""))
    if failed:
        lines += ["", "## What was found", "", *(f"    {line}" for each in failed for line in str(each).splitlines())]
    return "\n".join(lines) + "\n"


def _row(name: str, group: Sequence[Outcome], goal: str) -> str:
    cells = [[each.silences[kind] for each in group] for kind in KINDS]
    return f"| {name} | {len(group)} | " + " | ".join(f"{median(cell):.1f}, {max(cell):.1f}" for cell in cells) + f" | {goal} |"
