"""The page of a run and its plots."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.load import plot
from tests.load.kinds import Kind
from tests.load.plot import Axis, Line
from tests.load.rules import ACHIEVED, BEHIND_SECONDS_MAX, FACTOR, HELD, TRIES, WRONG_MAX, Ladder, Rung, trend
from tests.load.run import Found

MEMORY_SHARE: Final = 0.03
MEMORY_FLOOR_MB: Final = 10.0
LAG_SHARE: Final = 0.2
LAG_FLOOR_SECONDS: Final = 1.0
"""Of what comes in: that much waits where all is well."""
SHARED: Final = 0.15
"""Of the machine, taken by others while nothing of the run was there: more is a shared machine."""


@dataclass(frozen=True)
class About:
    """When, where and what."""

    date: str
    commit: str
    machine: str
    load: str
    others: float
    """Share of the machine that was taken before the platform started."""
    command: str
    minutes: float
    step_seconds: float
    users: int


def write(path: Path, found: Sequence[Found], about: About, books: Sequence[str]) -> None:
    """The page, and its plots in the folder ``load`` beside it; plots of an earlier run go."""
    folder = path.parent / path.stem
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.svg"):
        old.unlink()
    lines = [*_head(about), *_table(found)]
    for each in found:
        name = f"{each.kind.name}.svg"
        (folder / name).write_text(latency_plot(each))
        lines += ["", f"## {each.kind.unit[0].upper()}{each.kind.unit[1:]}", "", f"![Latency against rate]({folder.name}/{name})", ""]
        lines += [*_steps(each.kind, each.ladder)]
        if each.kind.name == "settlement":
            lines += [
                "",
                f"The books {'balance' if not books else 'differ: ' + '; '.join(books)} after all steps. The generator is the process that books.",
            ]
        lines += _hold(folder, each)
    path.write_text("\n".join(lines) + "\n")


def _head(about: About) -> list[str]:
    shared = about.others > SHARED
    return [
        "# Load", "",
        f"Written by `{about.command}` ({about.minutes:.0f} min): {about.date}, commit {about.commit[:12] or 'unknown'}, {about.machine}; load {about.load}.",
        f"Before the platform started, other programs had {about.others:.0%} of the machine: it was {'**shared**, and the figures are not those of a quiet one' if shared else 'quiet'}.", "",
        "The platform is whole and on one machine, its parts and the generator share the processors; requests go through the front door. Operations are sent by a schedule",
        "that no answer holds up, and a latency counts from the moment at which its operation was due (the correction for coordinated omission); latencies are kept in",
        f"[HdrHistogram](http://hdrhistogram.org/)s. {about.users} users trade and others log in. The generator is a process of its own; the tables say which share of a core it had, and what other programs had.", "",
        f"**The knee** is the highest rate of a step of {about.step_seconds:g} s that holds: at least {ACHIEVED:.0%} of the offered rate is answered (by the end of the step, with the limit of p99 as grace), p99 is within the limit of the kind, at most {WRONG_MAX:.1%} of the operations",
        f"are refused, fail or stay without an answer, and settlement, history, publisher and gateway are at most {BEHIND_SECONDS_MAX:g} s behind when the step ends. Rates rise by {FACTOR:g}; one that fails",
        f"{'twice' if TRIES == 2 else f'{TRIES} times'} ends the steps, and the middle between it and the last that held is tried once. Where the first does not hold, rates are halved until one does.", "",
    ]  # fmt: skip


def _table(found: Sequence[Found]) -> list[str]:
    lines = [
        "| kind | knee, a second | p50 there | p99 there | limit of p99 | generator, cores | what ends it |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for each in found:
        at_knee = next((rung for rung in reversed(each.ladder.rungs) if rung.offered == each.ladder.knee), None)
        limit = f"{each.kind.limits.p99_ms:,.0f} ms"
        if at_knee is None:
            lines.append(
                f"| {each.kind.unit} | below {min(rung.offered for rung in each.ladder.rungs):,.4g} | | | {limit} | | {_end(each)} |"
            )
        else:
            knee = f"{each.ladder.knee:,.4g}" if each.ladder.found else f"above {each.ladder.knee:,.4g}"
            p50, p99 = (f"{at_knee.latencies[name]:,.1f} ms" for name in ("p50", "p99"))
            lines.append(f"| {each.kind.unit} | {knee} | {p50} | {p99} | {limit} | {at_knee.generator:.2f} | {_end(each)} |")
    return lines


def _end(each: Found) -> str:
    """What the slowest rate that failed was short of."""
    failed = [rung for rung in each.ladder.rungs if each.kind.limits.missed(rung) and rung.offered > each.ladder.knee]
    if not failed:
        return "the steps ended first"
    least = min(failed, key=lambda rung: rung.offered)
    return f"at {least.offered:,.4g}: {', '.join(each.kind.limits.missed(least))}"


def _steps(kind: Kind, ladder: Ladder) -> list[str]:
    lines = [
        "| offered, a second | achieved | p50, ms | p90 | p99 | p99.9 | greatest | wrong | furthest behind | generator, cores | others, cores | holds |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    return lines + [_step(kind, rung) for rung in ladder.rungs]


def _step(kind: Kind, rung: Rung) -> str:
    cells = " | ".join(f"{rung.latencies[name]:,.1f}" for name in ("p50", "p90", "p99", "p99.9", "max"))
    behind = max(rung.behind.items(), key=lambda item: item[1], default=("", 0.0))
    last = f"{behind[0]} {behind[1]:.1f} s" if behind[1] >= 0.1 else ""
    missed = ", ".join(kind.limits.missed(rung))
    return (
        f"| {rung.offered:,.4g} | {rung.achieved:,.4g} | {cells} | {rung.wrong:,} | {last} | {rung.generator:.2f} | {rung.others:.2f} | "
        f"{'yes' if not missed else 'no: ' + missed} |"
    )


def latency_plot(each: Found) -> str:
    rungs = sorted(each.ladder.rungs, key=lambda rung: rung.offered)
    lines = [Line(name, [(rung.offered, rung.latencies[name]) for rung in rungs]) for name in ("p50", "p90", "p99", "p99.9")]
    title = f"{each.kind.unit}: latency against the offered rate (dashed: limit of p99)"
    return plot.draw(title, Axis("offered, a second", powers=True), Axis("ms", powers=True), lines, level=each.kind.limits.p99_ms)


def _hold(folder: Path, each: Found) -> list[str]:
    if each.hold is None or each.series is None:
        return []
    series, rung = each.series, each.hold
    seconds = series.moments[-1]
    minutes = [moment / 60 for moment in series.moments]
    memory = [Line(name, list(zip(minutes, values, strict=True))) for name, values in sorted(series.memory.items())]
    behind = [Line(name, list(zip(minutes, values, strict=True))) for name, values in sorted(series.behind.items())]
    across = Axis("minutes")
    (folder / f"{each.kind.name}-memory.svg").write_text(plot.draw(f"{each.kind.unit}: resident memory", across, Axis("MB"), memory))
    (folder / f"{each.kind.name}-behind.svg").write_text(
        plot.draw(f"{each.kind.unit}: what waits for each follower", across, Axis("events or records"), behind)
    )
    held = (
        "; it holds by the rule of the knee"
        if not each.kind.limits.missed(rung)
        else f"; beyond the knee: {', '.join(each.kind.limits.missed(rung))}"
    )
    lines = [
        "", f"### {HELD:.0%} of the knee for {seconds / 60:.1f} minutes", "",
        f"{rung.offered:,.4g} a second offered, {rung.achieved:,.4g} achieved, p50 {rung.latencies['p50']:.1f}, p99 {rung.latencies['p99']:.1f}, p99.9 {rung.latencies['p99.9']:.1f} ms,",
        f"{rung.wrong:,} of {rung.operations:,} operations wrong, generator {rung.generator:.2f} cores, others {rung.others:.2f} cores{held}.", "",
        f"![Memory]({folder.name}/{each.kind.name}-memory.svg)", "", f"![Lag]({folder.name}/{each.kind.name}-behind.svg)", "",
        f"**Flat** is what rises by at most {MEMORY_SHARE:.0%} of its mean or {MEMORY_FLOOR_MB:g} MB (memory), {LAG_SHARE:.0%} of its mean or what comes in within {LAG_FLOOR_SECONDS:g} s (lag): the line",
        "of least squares through the last half of the samples, from the half's begin to its end. The engine remembers command ids for a day by design, so that its memory",
        "follows the number of commands; the last column says how much for each.", "",
        "| | mean of the last half | rise over it | flat | for each operation |", "| --- | --- | --- | --- | --- |",
    ]  # fmt: skip
    for name, values in sorted(series.memory.items()):
        found = trend(series.moments, values)
        flat = found.flat(share=MEMORY_SHARE, floor=MEMORY_FLOOR_MB)
        each_bytes = found.per_second * 1e6 / rung.achieved if rung.achieved else 0.0
        lines.append(
            f"| memory of {name} | {found.mean:,.0f} MB | {found.rise:+,.1f} MB | {'yes' if flat else '**no**'} | {each_bytes:,.0f} bytes |"
        )
    for name, values in sorted(series.behind.items()):
        found = trend(series.moments, values)
        flat = found.flat(share=LAG_SHARE, floor=LAG_FLOOR_SECONDS * rung.offered)
        lines.append(f"| waiting for {name} | {found.mean:,.1f} | {found.rise:+,.1f} | {'yes' if flat else '**no**'} | |")
    return lines
