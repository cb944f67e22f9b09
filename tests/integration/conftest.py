"""Migrated databases for integration tests: each test gets copies of its own, made from templates that the run migrates once;
and a model of the engine to fill its event log."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import msgspec
import psycopg
import pytest
from psycopg import Connection, sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from functions.migrations import service
from mycrypto import database
from mycrypto.contracts import events
from mycrypto.contracts.trading import OrderStatus, OrderType, Side, TimeInForce
from mycrypto.money import fee_units
from tests.integration.transaction_proxy import TransactionProxy

_TEMPLATES = tuple(
    service.DatabasePlan(f"template_{plan.name}_{uuid4().hex[:8]}", plan.owner, plan.applications, plan.folder) for plan in service.PLANS
)


@pytest.fixture(scope="session")
def role_passwords() -> dict[str, str]:
    return {role: f"{role}-password" for role in service.ROLES}


@pytest.fixture(scope="session")
def templates(postgres: str, role_passwords: dict[str, str]) -> Iterator[dict[str, str]]:
    """Name of a migrated template by the name of the database that it is for."""
    service.migrate(postgres, role_passwords, _TEMPLATES)
    yield {plan.folder: plan.name for plan in _TEMPLATES}
    with psycopg.connect(postgres, autocommit=True) as admin:
        for plan in _TEMPLATES:
            admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(plan.name)))


@dataclass
class TestDatabase:
    """A database of one test."""

    __test__ = False

    admin_dsn: str
    passwords: dict[str, str]
    proxy_port: int
    _open: list[Connection] = field(default_factory=list)
    _kept: dict[str, Connection] = field(default_factory=dict)

    def dsn(self, role: str) -> str:
        """As on AWS: applications come through a proxy that shares connections, owners do not."""
        way: dict[str, str | int] = {} if role.endswith("_owner") else {"host": "127.0.0.1", "port": self.proxy_port}
        return make_conninfo(self.admin_dsn, user=role, password=self.passwords[role], **way)

    def connect(self, role: str = "") -> Connection:
        """A connection as ``role`` (a superuser where none is given), closed with the test."""
        connection = database.connect(self.dsn(role) if role else self.admin_dsn)
        self._open.append(connection)
        return connection

    def kept(self, role: str = "") -> Connection:
        """The same connection at each call: for tests that run many examples."""
        if role not in self._kept:
            self._kept[role] = self.connect(role)
        return self._kept[role]

    def close(self) -> None:
        for connection in self._open:
            connection.close()


@pytest.fixture(scope="session")
def proxy_port(postgres: str) -> Iterator[int]:
    """Where a proxy with the rules of RDS Proxy stands before the server."""
    parts = conninfo_to_dict(postgres)
    with TransactionProxy(str(parts["host"]), int(parts["port"] or 5432)) as proxy:
        yield proxy.port


def _copy(postgres: str, passwords: dict[str, str], template: str, proxy_port: int) -> Iterator[TestDatabase]:
    name = sql.Identifier(copy := f"test_{uuid4().hex[:12]}")
    with psycopg.connect(postgres, autocommit=True) as admin:
        admin.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy").format(name, sql.Identifier(template)))
        made = TestDatabase(make_conninfo(postgres, dbname=copy), passwords, proxy_port)
        try:
            yield made
        finally:
            made.close()
            admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(name))


@pytest.fixture
def exchange(postgres: str, role_passwords: dict[str, str], templates: dict[str, str], proxy_port: int) -> Iterator[TestDatabase]:
    """An empty ``exchange_dev`` of this test's own."""
    yield from _copy(postgres, role_passwords, templates["exchange_dev"], proxy_port)


@pytest.fixture
def trade_database(postgres: str, role_passwords: dict[str, str], templates: dict[str, str], proxy_port: int) -> Iterator[TestDatabase]:
    """An empty ``mytrader_trade_engine`` of this test's own."""
    yield from _copy(postgres, role_passwords, templates["mytrader_trade_engine"], proxy_port)


@dataclass
class Order:
    """An order of the model below."""

    number: int
    created_ms: int
    user: UUID
    side: Side
    price: int
    quantity: int
    filled: int = 0


@dataclass
class EngineLog:
    """A model of the engine that is just enough to make event records whose money adds up. Amounts are units of 10^-8."""

    symbol: str = "BTC/TRY"
    maker_fee_ppm: int = 500
    taker_fee_ppm: int = 1_000
    seq: int = 0
    time_ms: int = 1_795_000_000_000
    balances: dict[tuple[UUID, str], list[int]] = field(default_factory=dict)
    records: list[events.EventRecord] = field(default_factory=list)

    def emit(self, *happened: events.Event) -> int:
        """A record of one command's events; returns the number of the first."""
        first = self.seq + 1
        self.seq += len(happened)
        self.time_ms += 1
        result = events.Result(0, uuid4().bytes, list(happened))
        self.records.append(
            events.EventRecord(events.FORMAT_VERSION, 0, first, len(self.records), self.time_ms, last=True, results=[result])
        )
        return first

    def take_records(self) -> list[events.EventRecord]:
        """What was emitted since the last call."""
        taken, self.records = self.records, []
        return taken

    def _changed(self, *keys: tuple[UUID, str]) -> list[events.Event]:
        return [events.BalanceChanged(user.bytes, asset, *self._of(user, asset)) for user, asset in dict.fromkeys(keys)]

    def _of(self, user: UUID, asset: str) -> list[int]:
        return self.balances.setdefault((user, asset), [0, 0])

    def transfer(self, transfer_id: UUID, user: UUID, asset: str, amount: int, *, repeated: bool = False) -> None:
        if not repeated:
            self._of(user, asset)[0] += amount
        applied = events.TransferApplied(transfer_id.bytes, user.bytes, asset, amount, repeated)
        self.emit(applied, *self._changed((user, asset)))

    def available(self, user: UUID, asset: str) -> int:
        return self._of(user, asset)[0]

    def rest(self, user: UUID, side: Side, price: int, quantity: int) -> Order:
        """A limit order takes its place in the book; a buyer locks value and the highest fee."""
        base, quote = self.symbol.split("/")
        asset, hold = (quote, self._hold(price, quantity)) if side == Side.BUY else (base, quantity)
        balance = self._of(user, asset)
        assert balance[0] >= hold, "the model only places what is covered"
        balance[0] -= hold
        balance[1] += hold
        accepted = self._accepted(user, side, OrderType.LIMIT, TimeInForce.GTC, quantity, price)
        number = self.emit(accepted, *self._changed((user, asset)))
        return Order(number, self.time_ms, user, side, price, quantity)

    def take(self, user: UUID, maker: Order, quantity: int) -> int:
        """A market order of another user takes from a resting one; returns the number of the trade."""
        base, quote = self.symbol.split("/")
        value = maker.price * quantity // 10**8
        maker_fee, taker_fee = fee_units(value, self.maker_fee_ppm), fee_units(value, self.taker_fee_ppm)
        side = Side.SELL if maker.side == Side.BUY else Side.BUY
        maker.filled += quantity
        accepted = self._accepted(user, side, OrderType.MARKET, TimeInForce.IOC, quantity, 0)
        if side == Side.BUY:
            self._of(user, quote)[0] -= value + taker_fee
            self._of(user, base)[0] += quantity
            self._of(maker.user, base)[1] -= quantity
            self._of(maker.user, quote)[0] += value - maker_fee
        else:
            self._of(user, base)[0] -= quantity
            self._of(user, quote)[0] += value - taker_fee
            kept = self._hold(maker.price, maker.quantity - maker.filled)
            freed = self._hold(maker.price, maker.quantity - maker.filled + quantity) - kept
            self._of(maker.user, quote)[1] -= freed
            self._of(maker.user, quote)[0] += freed - value - maker_fee
            self._of(maker.user, base)[0] += quantity
        first = self.seq + 1
        trade = events.Trade(
            symbol=self.symbol,
            price=maker.price,
            quantity=quantity,
            taker_side=side,
            maker_order=maker.number,
            maker_created_ms=maker.created_ms,
            maker_user=maker.user.bytes,
            maker_fee=maker_fee,
            maker_filled=maker.filled,
            maker_shown=maker.quantity - maker.filled,
            taker_order=first,
            taker_created_ms=self.time_ms + 1,
            taker_user=user.bytes,
            taker_fee=taker_fee,
            taker_filled=quantity,
        )
        closed = [self._closed(first, self.time_ms + 1, user, OrderStatus.FILLED, "", quantity, 0)]
        if maker.filled == maker.quantity:
            closed.insert(0, self._closed(maker.number, maker.created_ms, maker.user, OrderStatus.FILLED, "", maker.filled, 0))
        keys = [(who, asset) for who in (maker.user, user) for asset in (base, quote)]
        self.emit(accepted, trade, *closed, *self._changed(*keys))
        return first + 1

    def cancel(self, order: Order, reason: str = "USER") -> None:
        base, quote = self.symbol.split("/")
        remaining = order.quantity - order.filled
        asset, held = (quote, self._hold(order.price, remaining)) if order.side == Side.BUY else (base, remaining)
        self._of(order.user, asset)[1] -= held
        self._of(order.user, asset)[0] += held
        closed = self._closed(order.number, order.created_ms, order.user, OrderStatus.CANCELLED, reason, order.filled, remaining)
        self.emit(closed, *self._changed((order.user, asset)))

    def totals(self) -> None:
        sums: dict[str, int] = {}
        for (_, asset), (available, locked) in self.balances.items():
            sums[asset] = sums.get(asset, 0) + available + locked
        self.emit(events.Totals(sums))

    def _hold(self, price: int, quantity: int) -> int:
        value = price * quantity // 10**8
        return value + fee_units(value, self.taker_fee_ppm)

    def _accepted(self, user: UUID, side: Side, kind: OrderType, life: TimeInForce, quantity: int, price: int) -> events.OrderAccepted:
        return events.OrderAccepted(
            user.bytes,
            "",
            self.symbol,
            side,
            kind,
            life,
            quantity,
            price,
            0,
            False,
            0,
            0,
            0,
            0,
            0,
            OrderStatus.OPEN,
        )

    def _closed(
        self, number: int, created_ms: int, user: UUID, status: OrderStatus, reason: str, filled: int, remaining: int
    ) -> events.OrderClosed:
        return events.OrderClosed(number, created_ms, user.bytes, self.symbol, status, reason, filled, remaining)


def msk_event(records: list[events.EventRecord]) -> dict[str, Any]:
    """What Lambda hands to a consumer of ``engine-events``."""
    encoded = [
        {"topic": events.TOPIC, "partition": 0, "offset": offset, "value": base64.b64encode(msgspec.msgpack.encode(record)).decode()}
        for offset, record in enumerate(records)
    ]
    return {"eventSource": "aws:kafka", "records": {f"{events.TOPIC}-0": encoded}}


@pytest.fixture
def engine_log() -> EngineLog:
    return EngineLog()


@pytest.fixture
def as_msk_event() -> Callable[[list[events.EventRecord]], dict[str, Any]]:
    return msk_event
