"""Orders and books through the Binance-compatible API, paired with our own: ``python -m tests.bench.bench_binance [--seconds S] [--json]``.

Each round places orders through our own API, signed with an API key and with a token, and through the other, over the same number of connections, so that
whatever else the machine does counts for all. What an order costs is the processor time of the gateway. Then a thousand readers of one book, on our stream
and on the other.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import hashlib
import hmac
import itertools
import os
import resource
import statistics
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final
from uuid import UUID, uuid4

import msgspec
import redis
import uvloop

from mycrypto.security import api_keys
from mycrypto.security.sealing import Sealer
from mycrypto.security.tokens import Role, Tier
from mycrypto_local.ports import any_free
from tests.bench import stack as order_path
from tests.bench.bench_gateway import BODIES, closed_loop
from tests.bench.bench_sockets import CHANGES_PER_SECOND, READERS, open_many
from tests.bench.client import Http, Socket
from tests.bench.figures import Figure, Figures, busy, spread
from tests.bench.stack import Stack

CONNECTIONS: Final = 16
ROUNDS: Final = 5
RATIO_MAX: Final = 1.3
SECRET: Final = "the bench's own secret"
SEALING: Final = bytes(32)
_numbers: Final = itertools.count()
PRICE_MARKS: Final = {"own": b'"price":"', "binance": b'["'}


class Signed(Http):
    """A connection whose requests are signed with an API key, as either API wants it."""

    def __init__(self, key_id: str) -> None:
        super().__init__("")
        self._key = key_id

    @classmethod
    async def opened(cls, port: int, key_id: str) -> Signed:
        _, made = await asyncio.get_running_loop().create_connection(lambda: cls(key_id), "127.0.0.1", port)
        return made

    def own(self, body: bytes) -> asyncio.Future[tuple[int, bytes]]:
        stamp = str(time.time_ns() // 1_000_000)
        # a signature counts once there, and equal orders come within one millisecond: each has a window of its own
        window = str(5_000 + next(_numbers) % 50_000)
        signature = api_keys.sign(SECRET.encode(), timestamp=stamp, window=window, method="POST", target="/api/v1/orders", body=body)
        self._head = (
            f"Host: x\r\nX-API-Key: {self._key}\r\nX-API-Timestamp: {stamp}\r\nX-API-Recv-Window: {window}\r\nX-API-Signature: {signature}\r\n"
            f"X-API-Signature-Version: {api_keys.VERSION}\r\nContent-Type: application/json\r\nContent-Length: "
        ).encode()
        return self.post("/api/v1/orders", body)

    def spot(self, form: str) -> asyncio.Future[tuple[int, bytes]]:
        text = f"timestamp={time.time_ns() // 1_000_000}&{form}"
        signature = hmac.new(SECRET.encode(), text.encode(), hashlib.sha256).hexdigest()
        self._head = (
            f"Host: x\r\nX-MBX-APIKEY: {self._key}\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: "
        ).encode()
        return self.post("/api/v3/order", f"{text}&signature={signature}".encode())


def form_of(body: bytes) -> str:
    """The same order in Binance's words."""
    order = msgspec.json.decode(body)
    words = {"symbol": "BTCUSDT", "side": order["side"], "type": "LIMIT", "timeInForce": "GTC"}
    return "&".join(f"{name}={value}" for name, value in (words | {"quantity": order["quantity"], "price": order["price"]}).items())


FORMS: Final = [form_of(body) for body in BODIES]


async def own_order(connection: Http, number: int) -> int:
    assert isinstance(connection, Signed)
    status, answer = await connection.own(BODIES[number % len(BODIES)])
    assert status == 201, answer
    return 1


async def token_order(connection: Http, number: int) -> int:
    status, answer = await connection.post("/api/v1/orders", BODIES[number % len(BODIES)])
    assert status == 201, answer
    return 1


async def spot_order(connection: Http, number: int) -> int:
    assert isinstance(connection, Signed)
    status, answer = await connection.spot(FORMS[number % len(FORMS)])
    assert status == 200, answer
    return 1


async def orders(stack: Stack, spot_port: int, key_ids: list[str], seconds: int, figures: Figures) -> None:
    lanes: dict[str, tuple[list[Http], Callable[[Http, int], Awaitable[int]]]] = {
        "own": ([await Signed.opened(stack.port, key_ids[n % len(key_ids)]) for n in range(CONNECTIONS)], own_order),
        "own with a token": ([await Http.open(stack.port, stack.tokens[n % len(stack.tokens)]) for n in range(CONNECTIONS)], token_order),
        "binance": ([await Signed.opened(spot_port, key_ids[n % len(key_ids)]) for n in range(CONNECTIONS)], spot_order),
    }
    for connections, send in lanes.values():
        await closed_loop(connections, 3, send)  # caches, and the broker's compiler
    costs: dict[str, list[float]] = {name: [] for name in lanes}
    rates: dict[str, list[float]] = {name: [] for name in lanes}
    spent = stack.spent()
    for turn in range(ROUNDS):
        for name in sorted(lanes, reverse=turn % 2 == 1):
            connections, send = lanes[name]
            spent.restart()
            taken, rate = await closed_loop(connections, seconds, send)
            costs[name].append(spent.per(taken)["gateway"])
            rates[name].append(rate)
    more = {f"{name} {what}": statistics.median(values[name]) for what, values in (("us", costs), ("orders/s", rates)) for name in lanes}
    more |= {"load": os.getloadavg()[0]}
    for name in ("own", "own with a token"):
        ratios = [there / here for here, there in zip(costs[name], costs["binance"], strict=True)]
        told = f"gateway's time for an order, ratio to our {name.replace('own', 'own API')}"
        figures.add(Figure(told, statistics.median(ratios), "x", RATIO_MAX, False, more | {"least": min(ratios), "most": max(ratios)}))
    for connections, _ in lanes.values():
        for connection in connections:
            connection.close()


async def fan_out(stack: Stack, port: int, name: str, path: str, key_id: str, seconds: int, figures: Figures) -> None:
    """How long after an order was sent each of a thousand readers has it; both streams collect changes for a tenth of a second."""
    mark = PRICE_MARKS[name]
    sent_at: dict[bytes, float] = {}
    latencies: list[float] = []

    def heard(payload: bytes) -> None:
        """A message holds all changes of a tenth of a second: two orders may be in one."""
        now, start = time.perf_counter(), payload.find(mark)
        while start >= 0:
            start += len(mark)
            price = payload[start : payload.index(b'"', start)].partition(b".")[0]
            if (sent := sent_at.get(price)) is not None:
                latencies.append((now - sent) * 1_000)
            start = payload.find(mark, start)

    readers = await open_many(READERS, lambda: Socket.open(port, path, heard))
    connection = await Signed.opened(stack.port, key_id)
    await asyncio.sleep(1)
    spent = stack.spent()
    count = seconds * CHANGES_PER_SECOND
    started = time.perf_counter()
    base = 20_000 if name == "own" else 25_000
    for number in range(count):
        await asyncio.sleep(max(0.0, started + number / CHANGES_PER_SECOND - time.perf_counter()))
        price = str(base + number)
        sent_at[price.encode()] = time.perf_counter()
        body = b'{"symbol":"BTC/USDT","side":"BUY","type":"LIMIT","quantity":"0.001","price":"%b"}' % price.encode()
        status, answer = await connection.own(body)
        assert status == 201, answer
    await asyncio.sleep(1)
    cpu = spent.per(count * READERS)
    values = sorted(latencies)
    told = f"{'our' if name == 'own' else 'the Binance'} book at {READERS:,} readers, p99"
    more = {**spread(values), "heard": len(values), "of": count * READERS}
    figures.add(Figure(told, spread(values)["p99"], "ms", 200, False, more, cpu, busy(cpu, CHANGES_PER_SECOND * READERS)))
    for reader in readers:
        reader.close()
    connection.close()


class _Secrets(BaseHTTPRequestHandler):
    """The one secret that a gateway asks Secrets Manager for."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        body = msgspec.json.encode({"SecretString": msgspec.json.encode({"key": base64.b64encode(SEALING).decode()}).decode()})
        self.send_response(200)
        self.send_header("Content-Type", "application/x-amz-json-1.1")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        pass


@contextmanager
def secrets_manager() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Secrets)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()


def publish(redis_url: str, users: list[UUID]) -> list[str]:
    """A key for each user, as auth publishes them."""
    sealer = Sealer([SEALING], api_keys.PURPOSE)
    with redis.Redis.from_url(redis_url) as store:
        store.set(api_keys.COMPLETE_KEY, "1")
        key_ids = [uuid4().hex for _ in users]
        for key_id, user in zip(key_ids, users, strict=True):
            scopes = (api_keys.Scope.READ, api_keys.Scope.TRADE)
            sealed = sealer.seal(SECRET, key_id)
            key = api_keys.PublishedApiKey(key_id, sealed, user, "bench@example.com", (Role.USER,), Tier.VIP, 2, scopes, (), None)
            store.set(api_keys.redis_key(key_id), msgspec.json.encode(key))
    return key_ids


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=4, help="of each half of a round, and of each stream")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    figures = Figures(as_json=options.json)
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 3 * READERS), hard))  # the gateway inherits it
    (spot_port,) = any_free(1)
    with secrets_manager() as address:
        own = {
            "BINANCE_PORT": str(spot_port),
            "AWS_ENDPOINT_URL": address,
            "AWS_ACCESS_KEY_ID": "bench",
            "AWS_SECRET_ACCESS_KEY": "bench",
            "AWS_DEFAULT_REGION": "eu-central-1",
        }
        with order_path.running(own) as stack:
            key_ids = publish(stack.redis_url, stack.users)
            uvloop.run(orders(stack, spot_port, key_ids, options.seconds, figures))
            for name, port, path in (("own", stack.port, "/ws/orderbook/BTCUSDT"), ("binance", spot_port, "/ws/btcusdt@depth@100ms")):
                uvloop.run(fan_out(stack, port, name, path, key_ids[0], options.seconds, figures))


if __name__ == "__main__":
    main()
