"""What is asked of the platform, kind by kind: as many operations under way as there are connections, each on one of its own.

Whatever is placed is gone again soon, so that a run may go on for hours: sellers and buyers meet at one price, what rests is cancelled by its owner, and
immediate-or-cancel orders away from that price leave nothing behind.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Protocol

import msgspec

from tests.bench.client import Http, Socket
from tests.load.rules import Limits

SYMBOL: Final = "BTC/USDT"
CURRENCY: Final = "USDT"
PRICE: Final = "40000"
AWAY: Final = "39000"
BATCH: Final = 50
TRADING: Final = 5
"""Every so manyth order of a batch or a socket is to trade."""
RESTING_MAX: Final = 8
"""Of a user."""
Done = Callable[[bool], None]
"""To be called with whether the answer was a good one."""
_encode: Final = msgspec.json.Encoder().encode
_ID: Final = b'"id":"'


@dataclass(frozen=True)
class Target:
    """Where the platform is, and who uses it: access tokens, and the bodies of log-ins."""

    port: int
    tokens: list[str]
    log_ins: list[bytes]


@dataclass(frozen=True)
class Kind:
    """``first`` is the rate of the first step, ``per`` how many orders, log-ins or reads one operation holds."""

    name: str
    unit: str
    first: float
    limits: Limits
    per: int = 1
    connections: int = 64


KINDS: Final = {
    kind.name: kind
    for kind in (
        Kind("orders", "orders and cancels", 150, Limits(100)),
        Kind("batches", f"orders in batches of {BATCH}", 1_000, Limits(250), per=BATCH, connections=32),
        Kind("sockets", "orders on private sockets", 300, Limits(100), connections=24),
        Kind("log-ins", "log-ins", 1, Limits(3_000), connections=32),
        Kind("balances", "reads of a wallet's balance", 3, Limits(1_000), connections=32),
        Kind("settlement", "trades booked", 500, Limits(2_000)),
    )
}


class Work(Protocol):
    """One kind at work."""

    async def open(self) -> None: ...
    def ready(self) -> bool:
        """Whether one more operation can be sent at once."""

    def send(self, number: int, done: Done) -> None:
        """The operation of this number, when :meth:`ready`."""

    def close(self) -> None: ...


def order(side: str, price: str, **more: str) -> dict[str, str]:
    return {"symbol": SYMBOL, "side": side, "type": "LIMIT", "quantity": "0.001", "price": price, **more}


SELL, BUY = (_encode(order(side, PRICE)) for side in ("SELL", "BUY"))
REST: Final = _encode(order("BUY", AWAY))
PASS: Final = _encode(order("BUY", AWAY, time_in_force="IOC"))


def batch(side: bytes) -> bytes:
    return b'{"orders":[' + b",".join(side if place % TRADING == 0 else PASS for place in range(BATCH)) + b"]}"


class HttpWork:
    """Requests on connections that are kept; one that was closed is opened again."""

    def __init__(self, target: Target, connections: int) -> None:
        self._target = target
        self._count = connections
        self._free: deque[tuple[int, Http]] = deque()
        self._opening: set[asyncio.Task[None]] = set()

    def token(self, _place: int) -> str:
        return ""

    def asked(self, number: int, place: int) -> tuple[bytes, str, bytes]:
        """Method, path and body."""
        raise NotImplementedError

    def good(self, number: int, place: int, status: int, body: bytes) -> bool:
        return status == 200

    async def open(self) -> None:
        await asyncio.gather(*(self._open(place) for place in range(self._count)))

    async def _open(self, place: int) -> None:
        self._free.append((place, await Http.open(self._target.port, self.token(place))))

    def ready(self) -> bool:
        return bool(self._free)

    def send(self, number: int, done: Done) -> None:
        place, connection = self._free.popleft()

        def answered(future: asyncio.Future[tuple[int, bytes]]) -> None:
            if future.cancelled() or future.exception() is not None:
                done(False)
                task = asyncio.get_running_loop().create_task(self._open(place))
                self._opening.add(task)
                task.add_done_callback(self._opening.discard)
                return
            self._free.append((place, connection))
            done(self.good(number, place, *future.result()))

        if connection.transport.is_closing():
            failed: asyncio.Future[tuple[int, bytes]] = asyncio.get_running_loop().create_future()
            failed.set_exception(ConnectionError("closed"))
            failed.add_done_callback(answered)
        else:
            connection.request(*self.asked(number, place)).add_done_callback(answered)

    def close(self) -> None:
        for _, connection in self._free:
            connection.close()


class Orders(HttpWork):
    """Of ten, two meet each other; of the others half are cancels of what rests."""

    def __init__(self, target: Target, connections: int) -> None:
        super().__init__(target, connections)
        self._resting: list[deque[str]] = [deque() for _ in target.tokens]

    def _user(self, place: int) -> int:
        return place % len(self._target.tokens)

    def token(self, place: int) -> str:
        return self._target.tokens[self._user(place)]

    def asked(self, number: int, place: int) -> tuple[bytes, str, bytes]:
        turn, resting = number % 10, self._resting[self._user(place)]
        if turn < 2:
            return b"POST", "/api/v1/orders", (SELL, BUY)[turn]
        if resting and (turn % 2 or len(resting) >= RESTING_MAX):
            return b"DELETE", f"/api/v1/orders/{resting.popleft()}", b""
        return b"POST", "/api/v1/orders", REST

    def good(self, number: int, place: int, status: int, body: bytes) -> bool:
        if status == 201 and number % 10 > 1:
            start = body.index(_ID) + len(_ID)
            self._resting[self._user(place)].append(body[start : body.index(b'"', start)].decode())
        return status in {200, 201}


class Batches(HttpWork):
    """One sells what the next one buys."""

    bodies: Final = (batch(SELL), batch(BUY))

    def token(self, place: int) -> str:
        return self._target.tokens[place % len(self._target.tokens)]

    def asked(self, number: int, place: int) -> tuple[bytes, str, bytes]:
        return b"POST", "/api/v1/orders/batch", self.bodies[number % 2]

    def good(self, number: int, place: int, status: int, body: bytes) -> bool:
        return status == 200 and body.count(b'"status":201') == BATCH


class LogIns(HttpWork):
    """Of one account after the other."""

    def asked(self, number: int, place: int) -> tuple[bytes, str, bytes]:
        return b"POST", "/api/auth/login", self._target.log_ins[number % len(self._target.log_ins)]


class Balances(HttpWork):
    def token(self, place: int) -> str:
        return self._target.tokens[place % len(self._target.tokens)]

    def asked(self, number: int, place: int) -> tuple[bytes, str, bytes]:
        return b"GET", f"/api/wallet/balance/{CURRENCY}", b""


class _Result(msgspec.Struct):
    """What is read of an answer on a socket."""

    type: str
    id: int | None = None
    status: int = 0


class Sockets:
    """Orders on private sockets, in turn; a socket has as many under way as the platform lets it."""

    _decode: Final = msgspec.json.Decoder(_Result).decode
    under_way_max: Final = 1_000

    def __init__(self, target: Target, connections: int) -> None:
        self._target = target
        self._count = min(connections, len(target.tokens))
        self._sockets: list[Socket] = []
        self._waiting: dict[int, Done] = {}

    async def open(self) -> None:
        for token in self._target.tokens[: self._count]:
            self._sockets.append(await Socket.open(self._target.port, f"/ws?token={token}", self._heard))

    def _heard(self, payload: bytes) -> None:
        if not payload.startswith((b'{"type":"result"', b'{"type":"error"')):
            return
        result = self._decode(payload)
        done = self._waiting.pop(result.id, None) if result.id is not None else None
        if done is not None:
            done(result.status == 201)

    def ready(self) -> bool:
        return len(self._waiting) < self.under_way_max * self._count

    def send(self, number: int, done: Done) -> None:
        body = PASS if number % TRADING else (SELL, BUY)[number // TRADING % 2]
        self._waiting[number] = done
        self._sockets[number % self._count].send(b'{"action":"place","id":%d,"order":%b}' % (number, body))

    def close(self) -> None:
        for socket in self._sockets:
            socket.close()


WORKS: Final[dict[str, Any]] = {"orders": Orders, "batches": Batches, "sockets": Sockets, "log-ins": LogIns, "balances": Balances}


def work(kind: Kind, target: Target) -> Work:
    made: Work = WORKS[kind.name](target, kind.connections)
    return made
