"""Speed of the core: ``python -m tests.bench.bench_core``. Prints figures; asserts nothing about time."""

from __future__ import annotations

import argparse
import gc
import json
import random
import sys
import time
from pathlib import Path
from typing import Self

from engine_container.core import machine
from engine_container.core.bare import BareBook
from engine_container.core.codec.record import RecordBuffers, apply_read, apply_record
from engine_container.core.state import State
from engine_container.core.trading_accounts import account_of
from engine_container.engine import replica
from engine_container.engine.replica import COMPILED, CommandRecord, Replica, readable
from mycrypto.contracts.commands import CancelOrder, Command, PlaceOrder, decode_record, encode_record
from mycrypto.contracts.trading import OrderType, Side, TimeInForce
from tests.bench.core_mix import COMMANDS_PER_RECORD, LOT, MID_TICKS, START_MS, SYMBOL, TICK, Mix, make_mix, prepared

RECORD_EVERY_MS = 1
RECORDS_PER_STRETCH = 4
"""The clock is started and stopped this often: seldom enough to cost nothing, often enough for what is decoded to be in the caches still."""
DEEP_COMMANDS = 250_000
"""Enough that the tables that grow meanwhile count for no more than they do in the long run."""

LATENCY_RUNS = 4
INTERRUPTION_NS = 20_000
INTERRUPTIONS_SECONDS = 3


class Clock:
    """Wall and processor time of stretches, added up: on a machine that does nothing else they are the same."""

    def __init__(self) -> None:
        self.wall_s = 0.0
        self.cpu_s = 0.0

    def __enter__(self) -> Self:
        self.cpu_s -= time.thread_time()
        self.wall_s -= time.perf_counter()
        return self

    def __exit__(self, *_: object) -> None:
        self.wall_s += time.perf_counter()
        self.cpu_s += time.thread_time()

    def rates(self, count: int) -> dict[str, int]:
        return {"per_s": round(count / self.wall_s), "per_cpu_s": round(count / self.cpu_s)}


def frozen() -> None:
    """No collection from here on, as in the engine."""
    gc.collect()
    gc.freeze()
    gc.disable()


def payloads_of(commands: list[Command]) -> list[bytes]:
    return [encode_record(commands[start : start + COMMANDS_PER_RECORD]) for start in range(0, len(commands), COMMANDS_PER_RECORD)]


def decoded(payload: bytes) -> RecordBuffers | list[Command]:
    """A record as the core has it once its bytes have been read."""
    if not COMPILED:
        return decode_record(payload)
    buffers = RecordBuffers()
    buffers.reader.read(payload)
    return buffers


def carry_out(state: State, payloads: list[bytes], time_ms: int = START_MS) -> Clock:
    """The core alone: a record's commands are decoded before the clock starts. Compiled, their events are produced as the log has them."""
    frozen()
    clock = Clock()
    for start in range(0, len(payloads), RECORDS_PER_STRETCH):
        records = [decoded(payload) for payload in payloads[start : start + RECORDS_PER_STRETCH]]
        with clock:
            for record in records:
                time_ms += RECORD_EVERY_MS
                if isinstance(record, RecordBuffers):
                    apply_read(state, record, time_ms)
                else:
                    apply_record(state, record, time_ms)
    return clock


def core_alone(mix: Mix) -> dict[str, int]:
    """Commands in, events out: rules, funds, book, what is remembered, and the events."""
    return carry_out(prepared(mix), payloads_of(mix.commands)).rates(len(mix.commands))


def by_thirds(mix: Mix) -> list[int]:
    """The rate of each third of the commands: it must not fall with the number of past orders."""
    state = prepared(mix)
    third = len(mix.commands) // 3
    return [
        carry_out(state, payloads_of(mix.commands[part * third : (part + 1) * third]), START_MS + part * third).rates(third)["per_cpu_s"]
        for part in range(3)
    ]


def latencies(mix: Mix) -> dict[str, object]:
    """Of one command, a record of its own, in microseconds, the clock's own 50 ns included: by the clock on the wall; of each command the least
    of several runs, which is what the core takes without what interrupts it; and how often this machine interrupts a loop that does nothing."""
    runs = [_taken_ns(mix) for _ in range(LATENCY_RUNS)]
    least = [min(each) for each in zip(*runs, strict=True)]
    return {"wall": _percentiles_us(runs[0]), f"least_of_{LATENCY_RUNS}": _percentiles_us(least), "interruptions_per_s": interruptions()}


def _taken_ns(mix: Mix) -> list[int]:
    state = prepared(mix)
    records = [readable(encode_record([command])) for command in mix.commands]
    carry, now = replica.carry_out, time.perf_counter_ns
    taken: list[int] = []
    frozen()
    for record in records:
        before = now()
        carry(state, record, START_MS)
        taken.append(now() - before)
    return taken


def _percentiles_us(taken_ns: list[int]) -> dict[str, float]:
    ordered = sorted(taken_ns)
    shares = {f"p{share}": ordered[min(len(ordered) - 1, int(len(ordered) * share / 100))] for share in (50, 99, 99.9, 99.99)}
    return {name: round(taken / 1_000, 2) for name, taken in (shares | {"max": ordered[-1]}).items()}


def interruptions() -> int:
    """How often in a second a loop that only reads the clock is away for longer than 20 microseconds."""
    now = time.perf_counter_ns
    count, last = 0, now()
    end = last + INTERRUPTIONS_SECONDS * 1_000_000_000
    while last < end:
        before, last = last, now()
        count += last - before > INTERRUPTION_NS
    return round(count / INTERRUPTIONS_SECONDS)


def with_log_format(mix: Mix) -> dict[str, int]:
    """Bytes of command records in, the bytes of what they came to out, as the engine meets them."""
    payloads = payloads_of(mix.commands)
    state = prepared(mix)
    frozen()
    with Clock() as clock:
        for offset, payload in enumerate(payloads):
            replica.carry_out(state, readable(payload), START_MS + offset)
    return clock.rates(len(mix.commands))


def in_the_replica(mix: Mix) -> dict[str, int]:
    """The same, with the envelopes of the event records and the engine's own counts around it."""
    payloads = payloads_of(mix.commands)
    engine = Replica(0, prepared(mix))
    size = 0
    frozen()
    with Clock() as clock:
        for offset, payload in enumerate(payloads):
            for batch in engine.process(CommandRecord(offset, START_MS + offset, payload)):
                size += len(batch.payload)
    return clock.rates(len(mix.commands)) | {"event_bytes_per_command": size // len(mix.commands)}


def book_alone(mix: Mix) -> dict[str, int]:
    """The same orders on the same book, without users, funds, rules and events."""
    state = State()
    for command in mix.prepare[:2]:
        machine.apply(state, command, START_MS)
    account = account_of(state, next(iter(state.users.values())), SYMBOL)
    assert account is not None
    book = BareBook(account)
    shadow = State()
    steps: list[tuple[int, int, int, int]] = []
    first = 0
    for command in mix.prepare + mix.commands:
        if command is mix.commands[0]:
            first = len(steps)
        number = shadow.next_seq
        machine.apply(shadow, command, START_MS)
        if isinstance(command, PlaceOrder):
            steps.append((number, int(command.side), command.price // TICK, command.quantity // LOT))
        elif hasattr(command, "order_number"):
            steps.append((command.order_number, -1, 0, 0))
    book.run(steps[:first])
    timed = steps[first:]
    frozen()
    with Clock() as clock:
        book.run(timed)
    return clock.rates(len(timed))


def resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * 4096 / 1e6


def deep(orders: int, levels: int) -> dict[str, float]:
    """Memory of a book of very many live orders, and the speed of the mix on it."""
    users = max(1, orders // 100)  # as many each as the default limit allows
    mix = make_mix(0, live=0, users=users, levels=levels // 2, per_user=0)
    state = prepared(mix)
    draw = random.Random(3)
    names = list(state.users)
    del mix
    gc.collect()
    before = resident_mb()
    gc.disable()
    numbers: list[tuple[bytes, int]] = []
    for start in range(0, orders, COMMANDS_PER_RECORD):
        rows: list[Command] = []
        for place in range(start, min(orders, start + COMMANDS_PER_RECORD)):
            side = Side(place & 1)
            away = 1 + draw.randrange(levels // 2)
            ticks = MID_TICKS - away if side is Side.BUY else MID_TICKS + away
            rows.append(
                PlaceOrder(
                    draw.randbytes(16),
                    names[place % users],
                    SYMBOL,
                    side,
                    OrderType.LIMIT,
                    TimeInForce.GTC,
                    200 * LOT,
                    ticks * TICK,
                    f"c{place}",
                )
            )
        for command in decode_record(encode_record(rows)):
            machine.apply(state, command, START_MS)
    size = resident_mb()
    live = int(state.orders.count)
    for holder in state.users.values():
        numbers.extend((holder.user_id, number) for number in list(holder.entered)[:10])
    draw.shuffle(numbers)
    commands: list[Command] = []
    for place in range(DEEP_COMMANDS):
        chance = draw.random()
        side = Side(place & 1)
        user = names[draw.randrange(users)]
        if chance < 0.39:
            owner, number = numbers.pop()
            commands.append(CancelOrder(draw.randbytes(16), owner, number))
            continue
        away = 1 + draw.randrange(levels // 2)
        passive = chance < 0.90
        ticks = MID_TICKS - away if (side is Side.BUY) == passive else MID_TICKS + away
        tif = TimeInForce.GTC if passive else TimeInForce.IOC
        commands.append(PlaceOrder(draw.randbytes(16), user, SYMBOL, side, OrderType.LIMIT, tif, 200 * LOT, ticks * TICK, f"d{place}"))
    rates = carry_out(state, payloads_of(commands)).rates(len(commands))
    return {"live_orders": live, "rss_mb": round(size), "orders_mb": round(size - before), **rates}


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--commands", type=int, default=1_000_000)
    options.add_argument("--deep", type=int, default=1_000_000, help="live orders of the deep book; 0 leaves it out")
    options.add_argument("--only", default="")
    given = options.parse_args()
    out: dict[str, object] = {"compiled": COMPILED, "commands": given.commands}
    parts = {
        "core": core_alone,
        "with_log_format": with_log_format,
        "replica": in_the_replica,
        "thirds": by_thirds,
        "latency_us": latencies,
        "book_alone": book_alone,
    }
    chosen = {name: part for name, part in parts.items() if not given.only or name in given.only.split(",")}
    if given.deep and (not given.only or "deep" in given.only.split(",")):
        out["deep"] = deep(given.deep, 10_000)
        print("deep", out["deep"], flush=True)
    if chosen:
        mix = make_mix(given.commands)
        print(
            f"mix: {len(mix.commands):,} commands, {mix.live:,} live orders at the end; core {'compiled' if COMPILED else 'interpreted'}",
            flush=True,
        )
        for name, part in chosen.items():
            out[name] = part(mix)
            print(name, out[name], flush=True)
    json.dump(out, sys.stdout)
    print()


if __name__ == "__main__":
    main()
