"""Orders through real processes: ``python -m tests.bench.bench_gateway [--seconds S]``.

Starts Kafka, Valkey, engine and gateway on free ports, and a client beside them, all on this machine. Prints latency at 500 orders a second
(from the intended send time), and what can be sustained by single requests, by batches of 50, and over one socket.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import shutil
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from uuid import uuid4

import msgspec
import psutil
import uvloop
import websockets

from localstack.parts.kafka import Kafka, ensure_topics
from localstack.parts.spawn import spawned
from localstack.parts.valkey import Valkey
from localstack.ports import any_free
from mycrypto.contracts import commands as c
from mycrypto.log_producer import LogProducer
from mycrypto.security import keys, tokens
from tests.integration.gateway.conftest import Process

CONNECTIONS = 64
UNIT = 10**8
SYMBOL = "BTC/USDT"


class Connection:
    """One keep-alive HTTP/1.1 connection, as thin as it can be: the client shares the machine with what it measures."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, token: str) -> None:
        self._reader = reader
        self._writer = writer
        self._head = f"Host: x\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\n"

    async def post(self, path: str, body: bytes) -> int:
        self._writer.write(f"POST {path} HTTP/1.1\r\n{self._head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        head = await self._reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
        await self._reader.readexactly(length)
        return int(head[9:12])


def percentile(sorted_ms: list[float], share: float) -> float:
    return sorted_ms[min(len(sorted_ms) - 1, int(len(sorted_ms) * share))]


def order(number: int) -> dict[str, Any]:
    """Rests, or meets one that rests: prices around 40,000, sizes that keep everybody's money."""
    side = "BUY" if number % 2 else "SELL"
    price = 40_000 + (number * 7919 % 21) - 10 + (-8 if side == "BUY" else 8)
    return {"symbol": SYMBOL, "side": side, "type": "LIMIT", "quantity": "0.001", "price": str(price)}


async def open_loop(connections: list[Connection], rate: int, seconds: int) -> dict[str, Any]:
    """Sends at a steady rate whatever the answers do."""
    free: asyncio.Queue[Connection] = asyncio.Queue()
    for connection in connections:
        free.put_nowait(connection)
    latencies: list[float] = []
    failed = 0
    started = time.perf_counter() + 0.1

    async def one(number: int) -> None:
        nonlocal failed
        intended = started + number / rate
        connection = await free.get()
        if await connection.post("/api/v1/orders", msgspec.json.encode(order(number))) != 201:
            failed += 1
        latencies.append((time.perf_counter() - intended) * 1_000)
        free.put_nowait(connection)

    async with asyncio.TaskGroup() as group:
        for number in range(rate * seconds):
            await asyncio.sleep(max(0.0, started + number / rate - time.perf_counter()))
            group.create_task(one(number))
    latencies.sort()
    shown = {f"p{int(share * 100)}": round(percentile(latencies, share), 2) for share in (0.5, 0.9, 0.99)}
    return {"rate": rate, "failed": failed, **shown, "max": round(latencies[-1], 2)}


async def closed_loop(connections: list[Connection], seconds: int, send: Callable[[Connection, int], Awaitable[int]]) -> dict[str, Any]:
    """Every connection sends its next request when it has its answer."""
    deadline = time.perf_counter() + seconds
    orders = 0

    async def worker(start: int, connection: Connection) -> None:
        nonlocal orders
        number = start * 1_000_003
        while time.perf_counter() < deadline:
            taken = await send(connection, number)
            orders += taken
            number += 50

    began = time.perf_counter()
    await asyncio.gather(*(worker(index, connection) for index, connection in enumerate(connections)))
    return {"orders": orders, "orders_per_s": round(orders / (time.perf_counter() - began))}


async def one_order(connection: Connection, number: int) -> int:
    return int(await connection.post("/api/v1/orders", msgspec.json.encode(order(number))) == 201)


async def fifty_orders(connection: Connection, number: int) -> int:
    body = msgspec.json.encode({"orders": [order(number + place) for place in range(50)]})
    return 50 if await connection.post("/api/v1/orders/batch", body) == 200 else 0


async def one_socket(port: int, token: str, seconds: int, window: int = 512) -> dict[str, Any]:
    done = 0
    async with websockets.connect(f"ws://127.0.0.1:{port}/ws?token={token}", compression=None, max_queue=None) as socket:
        await socket.recv()
        slots = asyncio.Semaphore(window)
        deadline = time.perf_counter() + seconds

        async def listen() -> None:
            nonlocal done
            async for message in socket:
                if '"type":"result"' in str(message)[:40]:
                    done += 1
                slots.release()

        listener = asyncio.create_task(listen())
        began = time.perf_counter()
        number = 0
        while time.perf_counter() < deadline:
            await slots.acquire()
            number += 1
            await socket.send(msgspec.json.encode({"action": "place", "id": number, "order": order(number)}).decode())
        took = time.perf_counter() - began
        listener.cancel()
    return {"orders": done, "orders_per_s": round(done / took)}


class Spent:
    """Processor time of the processes, which says what an order costs even on a machine that others keep busy."""

    def __init__(self, **pids: int) -> None:
        self._processes = {name: psutil.Process(pid) for name, pid in pids.items()}
        self._before = self._now()

    def _now(self) -> dict[str, float]:
        return {name: sum(process.cpu_times()[:2]) for name, process in self._processes.items()}

    def per_order(self, orders: int) -> dict[str, float]:
        """Microseconds an order since the last call."""
        before, self._before = self._before, self._now()
        return {f"{name}_us": round((self._before[name] - before[name]) * 1e6 / max(orders, 1)) for name in before}


async def measure(port: int, signed: list[str], seconds: int, spent: Spent) -> None:
    connections = [Connection(*await asyncio.open_connection("127.0.0.1", port), signed[n % len(signed)]) for n in range(CONNECTIONS)]
    await open_loop(connections, 200, 2)
    spent.per_order(1)
    opened = await open_loop(connections, 500, seconds)
    show("open loop", opened | spent.per_order(500 * seconds))
    for name, work in (
        ("single orders", closed_loop(connections, seconds, one_order)),
        ("batches of 50", closed_loop(connections[:16], seconds, fifty_orders)),
        ("one socket", one_socket(port, signed[0], seconds)),
    ):
        result = await work
        show(name, result | spent.per_order(result["orders"]))


def show(name: str, result: dict[str, Any]) -> None:
    print(f"{name:15} {json.dumps(result)}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=int, default=10)
    seconds = parser.parse_args().seconds
    folder = Path(tempfile.mkdtemp(prefix="mycrypto-bench-"))
    folder.chmod(0o755)
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        kafka = Kafka(folder, *any_free(2))
        valkey = Valkey(folder, any_free(1)[0], "bench")
        for server in (kafka, valkey):
            server.prepare()
            stack.enter_context(spawned(server.part(), folder / "servers.log"))
        ensure_topics(kafka.bootstrap)
        stored = keys.generate("2026-01-01T00:00:00Z", bits=2048)
        signing = keys.signing_key({"keys": [msgspec.to_builtins(stored)]})
        (folder / "jwks.json").write_bytes(msgspec.json.encode(keys.publish({signing.kid: signing.public_key})))
        environment = {
            "KAFKA_BOOTSTRAP_SERVERS": kafka.bootstrap,
            "REDIS_URL": valkey.url,
            "JWKS_FILE": str(folder / "jwks.json"),
            "LOG_LEVEL": "WARNING",
        }
        ports = any_free(2)
        pids: dict[str, int] = {}
        for name, port in zip(("engine", "gateway"), ports, strict=True):
            process = Process(f"engine_container.{name}", environment, port, folder / f"{name}.log")
            process.start()
            stack.callback(process.kill)
            pids[name] = process.pid
        users = [uuid4() for _ in range(8)]
        producer = LogProducer(kafka.bootstrap)
        listing = c.SetSymbol(
            uuid4().bytes, SYMBOL, "BTC", "USDT", UNIT // 100, UNIT // 10_000, UNIT // 10_000, 100 * UNIT, 0, 0, 500, 1_000
        )
        funds = [c.Credit(uuid4().bytes, u.bytes, asset, 10**7 * UNIT, uuid4().bytes) for u in users for asset in ("BTC", "USDT")]
        free_of_limits = [c.SetUser(uuid4().bytes, user.bytes, 0, 0, 0) for user in users]
        producer.append_commands([listing, *funds, *free_of_limits])
        producer.close()
        time.sleep(1)
        now_ms = time.time_ns() // 1_000_000
        signed = [
            tokens.sign_access(
                signing, tokens.Identity(user, "b@example.com", tier=tokens.Tier.VIP), session_id=uuid4(), now_ms=now_ms
            ).text
            for user in users
        ]
        uvloop.run(measure(ports[1], signed, seconds, Spent(**pids)))


if __name__ == "__main__":
    main()
