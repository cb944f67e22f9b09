"""Many sockets on one gateway: ``python -m tests.bench.bench_sockets [--idle N] [--json]``.

First a thousand readers of one order book: how long after an order was sent each of them has the change (the order's way through both logs
included). Then ten thousand sockets that say nothing: what they cost the gateway in memory.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import resource
import time
from collections.abc import Awaitable, Callable

import psutil
import uvloop

from tests.bench import stack as order_path
from tests.bench.client import Http, Socket
from tests.bench.figures import Figure, Figures, busy, spread
from tests.bench.stack import Stack

READERS = 1_000
CHANGES_PER_SECOND = 10
OPENED_AT_ONCE = 100
MB = 1024 * 1024
PRICE_MARK = b'"price":"'


class Changes:
    """When each order was sent, by its price, and how long it took until a reader had it."""

    def __init__(self) -> None:
        self.sent_at: dict[bytes, float] = {}
        self.latencies_ms: list[float] = []

    def heard(self, payload: bytes) -> None:
        if b"orderbook_update" in payload[:40]:
            start = payload.index(PRICE_MARK) + len(PRICE_MARK)
            sent = self.sent_at.get(payload[start : payload.index(b'"', start)])
            if sent is not None:
                self.latencies_ms.append((time.perf_counter() - sent) * 1_000)


async def open_many(count: int, open_one: Callable[[], Awaitable[Socket]]) -> list[Socket]:
    """A hundred handshakes at a time."""
    opened: list[Socket] = []
    while len(opened) < count:
        opened += await asyncio.gather(*(open_one() for _ in range(min(OPENED_AT_ONCE, count - len(opened)))))
    return opened


async def fan_out(stack: Stack, seconds: int, figures: Figures) -> None:
    changes = Changes()
    readers = await open_many(READERS, lambda: Socket.open(stack.port, "/ws/orderbook/BTCUSDT", changes.heard))
    connection = await Http.open(stack.port, stack.tokens[0])
    await asyncio.sleep(1)
    spent = stack.spent()
    orders = seconds * CHANGES_PER_SECOND
    started = time.perf_counter()
    for number in range(orders):
        await asyncio.sleep(max(0.0, started + number / CHANGES_PER_SECOND - time.perf_counter()))
        price = str(30_000 + number)  # far below everybody: it rests, alone at its price
        changes.sent_at[price.encode()] = time.perf_counter()
        body = b'{"symbol":"BTC/USDT","side":"BUY","type":"LIMIT","quantity":"0.001","price":"%b"}' % price.encode()
        status, answer = await connection.post("/api/v1/orders", body)
        assert status == 201, answer
    await asyncio.sleep(1)
    messages = len(changes.latencies_ms)
    cpu = spent.per(orders * READERS)
    values = sorted(changes.latencies_ms)
    figures.add(
        Figure(
            f"book change at {READERS:,} readers, p99",
            spread(values)["p99"],
            "ms",
            100,
            False,
            {**spread(values), "heard": messages, "of": orders * READERS},
            cpu,
            busy(cpu, CHANGES_PER_SECOND * READERS),
        )
    )
    for reader in readers:
        reader.close()
    connection.close()


async def idle(stack: Stack, count: int, figures: Figures) -> None:
    gateway = psutil.Process(stack.pids["gateway"])
    await asyncio.sleep(2)
    before = gateway.memory_info().rss / MB
    sockets = await open_many(count, lambda: Socket.open(stack.port, "/ws", lambda _: None))
    await asyncio.sleep(2)
    memory = gateway.memory_info().rss / MB
    spent = stack.spent()
    await asyncio.sleep(5)
    cores = {name: round(us / 5e6, 3) for name, us in spent.per(1).items()}
    more = {"before": before, "KB a socket": (memory - before) * 1_024 / count}
    figures.add(Figure(f"gateway with {count:,} idle sockets", round(memory, 1), "MB", 600, False, more, {}, cores))
    for socket in sockets:
        socket.close()


async def measure(stack: Stack, seconds: int, count: int, figures: Figures) -> None:
    gc.freeze()
    await fan_out(stack, seconds, figures)
    await idle(stack, count, figures)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=15, help="of changes to the book")
    parser.add_argument("--idle", type=int, default=10_000, help="how many idle sockets")
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    options = parser.parse_args()
    wanted = options.idle + 2_000
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    if hard != resource.RLIM_INFINITY and hard < wanted:
        raise SystemExit(f"{wanted:,} open files are needed and {hard:,} allowed: raise the limit with ulimit -n, or give a smaller --idle")
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))  # engine and gateway inherit it
    with order_path.running() as stack:
        uvloop.run(measure(stack, options.seconds, options.idle, Figures(as_json=options.json)))


if __name__ == "__main__":
    main()
