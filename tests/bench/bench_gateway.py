"""Orders through real processes: ``python -m tests.bench.bench_gateway [--seconds S] [--json]``.

Starts Kafka, Valkey, engine and gateway on free ports, and a client beside them, all on this machine. Latency at 500 orders a second counts
from the moment at which an order was to be sent, whatever the answers before it did. Execution counts from the broker's time of the command
to the moment at which the client has the answer that tells of the trade (the broker's clock gives whole milliseconds, which count against us).
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import time
from collections import deque
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

import msgspec
import uvloop

from engine_container.gateway.sockets.connection import ORDERS_IN_FLIGHT_MAX
from mycrypto.contracts import api
from tests.bench import stack as order_path
from tests.bench.client import Http, Socket
from tests.bench.figures import Figure, Figures, busy, spread
from tests.bench.stack import SYMBOL, Stack

CONNECTIONS = 64
BATCH = 50
BATCHES_AT_ONCE = 32
WINDOW = ORDERS_IN_FLIGHT_MAX
RATE = 500
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(api.Placed).decode


def order(number: int) -> dict[str, Any]:
    """Rests, or meets one that rests: prices around 40,000, sizes that keep everybody's money."""
    side = "BUY" if number % 2 else "SELL"
    price = 40_000 + (number * 7919 % 21) - 10 + (-8 if side == "BUY" else 8)
    return {"symbol": SYMBOL, "side": side, "type": "LIMIT", "quantity": "0.001", "price": str(price)}


BODIES = [_encode(order(number)) for number in range(42)]
"""All different orders there are."""


class Answers:
    """What came of orders at a steady rate; judged when the measurement is over."""

    def __init__(self) -> None:
        self.latencies_ms: list[float] = []
        """From the moment at which the order was to be sent."""
        self._heard: list[tuple[float, int, bytes]] = []

    def __len__(self) -> int:
        return len(self.latencies_ms)

    def note(self, intended: float, status: int, body: bytes) -> None:
        self.latencies_ms.append((time.perf_counter() - intended) * 1_000)
        self._heard.append((time.time(), status, body))

    def failed(self) -> int:
        return sum(status != 201 for _, status, _ in self._heard)

    def executions_ms(self) -> list[float]:
        """One for each trade: how old the command was when the client knew of it."""
        found: list[float] = []
        for heard_s, status, body in self._heard:
            placed = _decode(body) if status == 201 else None
            if placed is not None and placed.trades:
                command_s = datetime.fromisoformat(placed.order.created_at).timestamp()
                found += [(heard_s - command_s) * 1_000] * len(placed.trades)
        return found


async def open_loop(connections: list[Http], rate: int, seconds: int) -> Answers:
    """Orders at a steady rate whatever the answers do."""
    free = deque(connections)
    late: deque[float] = deque()
    finished = asyncio.Event()
    answers = Answers()

    def send(connection: Http, intended: float) -> None:
        def answered(future: asyncio.Future[tuple[int, bytes]]) -> None:
            answers.note(intended, *future.result())
            if late:
                send(connection, late.popleft())
            else:
                free.append(connection)
            if len(answers) == rate * seconds:
                finished.set()

        connection.post("/api/v1/orders", BODIES[len(answers) % len(BODIES)]).add_done_callback(answered)

    started = time.perf_counter() + 0.05
    for number in range(rate * seconds):
        intended = started + number / rate
        if (wait := intended - time.perf_counter()) > 0:
            await asyncio.sleep(wait)
        if free:
            send(free.popleft(), intended)
        else:
            late.append(intended)
    await finished.wait()
    return answers


async def closed_loop(connections: list[Http], seconds: int, send: Callable[[Http, int], Awaitable[int]]) -> tuple[int, float]:
    """Every connection sends its next request when it has its answer. Returns the orders taken and the rate a second."""
    deadline = time.perf_counter() + seconds
    orders = 0

    async def worker(start: int, connection: Http) -> None:
        nonlocal orders
        number = start * 17
        while time.perf_counter() < deadline:
            taken = await send(connection, number)
            orders += taken
            number += 1

    began = time.perf_counter()
    await asyncio.gather(*(worker(index, connection) for index, connection in enumerate(connections)))
    return orders, orders / (time.perf_counter() - began)


async def one_order(connection: Http, number: int) -> int:
    status, _ = await connection.post("/api/v1/orders", BODIES[number % len(BODIES)])
    return int(status == 201)


BATCHES = [
    b'{"orders":[' + b",".join(BODIES[(start + place) % len(BODIES)] for place in range(BATCH)) + b"]}" for start in range(len(BODIES))
]


async def fifty_orders(connection: Http, number: int) -> int:
    status, body = await connection.post("/api/v1/orders/batch", BATCHES[number % len(BATCHES)])
    return body.count(b'"status":201') if status == 200 else 0


async def one_socket(port: int, token: str, seconds: int) -> tuple[int, float]:
    """As many orders under way as a socket may have; the next goes out when an answer comes."""
    done = refused = sent = 0
    deadline = float("inf")
    finished = asyncio.get_running_loop().create_future()
    waiting: list[bytes] = []

    def message() -> bytes:
        nonlocal sent
        sent += 1
        return b'{"action":"place","id":%d,"order":%b}' % (sent, BODIES[sent % len(BODIES)])

    def send_waiting() -> None:
        socket.send(*waiting)
        waiting.clear()

    def heard(payload: bytes) -> None:
        nonlocal done, refused
        if payload.startswith(b'{"type":"result"'):
            done += 1
        elif payload.startswith(b'{"type":"error"'):
            refused += 1
        else:
            return
        if time.perf_counter() < deadline:
            if not waiting:
                asyncio.get_running_loop().call_soon(send_waiting)
            waiting.append(message())
        elif done + refused == sent and not finished.done():
            finished.set_result(None)

    socket = await Socket.open(port, f"/ws?token={token}", heard)
    began = time.perf_counter()
    deadline = began + seconds
    socket.send(*(message() for _ in range(WINDOW)))
    await finished
    took = time.perf_counter() - began
    socket.close()
    return done, done / took


async def measure(stack: Stack, seconds: int, throughput_seconds: int, figures: Figures) -> None:
    connections = [await Http.open(stack.port, stack.tokens[number % len(stack.tokens)]) for number in range(CONNECTIONS)]
    spent = stack.spent()
    await open_loop(connections, RATE, 5)  # caches, and the broker's compiler
    await closed_loop(connections, 3, one_order)
    gc.collect()
    gc.freeze()
    spent.restart()
    answers = await open_loop(connections, RATE, seconds)
    cpu = spent.per(RATE * seconds)
    placed, executed = sorted(answers.latencies_ms), sorted(answers.executions_ms())
    at_rate = f"{RATE} orders/s for {seconds} s"
    figures.add(
        Figure(
            f"placement p99 at {at_rate}",
            spread(placed)["p99"],
            "ms",
            10,
            False,
            {**spread(placed), "failed": answers.failed()},
            cpu,
            busy(cpu, RATE),
        )
    )
    figures.add(
        Figure(f"execution p99 at {at_rate}", spread(executed)["p99"], "ms", 20, False, {**spread(executed), "trades": len(executed)})
    )
    for name, target, work in (
        ("single orders over HTTP", 5_000, closed_loop(connections, throughput_seconds, one_order)),
        (f"batches of {BATCH} over HTTP", 30_000, closed_loop(connections[:BATCHES_AT_ONCE], throughput_seconds, fifty_orders)),
        ("one private socket", 20_000, one_socket(stack.port, stack.tokens[0], throughput_seconds)),
    ):
        await asyncio.sleep(1)
        spent.restart()
        orders, rate = await work
        cpu = spent.per(orders)
        figures.add(Figure(name, round(rate), "orders/s", target, True, {"orders": orders}, cpu, busy(cpu, rate)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=60, help="of the measurement of latency")
    parser.add_argument("--throughput-seconds", type=int, default=15, help="of each measurement of throughput")
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    options = parser.parse_args()
    with order_path.running() as stack:
        uvloop.run(measure(stack, options.seconds, options.throughput_seconds, Figures(as_json=options.json)))


if __name__ == "__main__":
    main()
