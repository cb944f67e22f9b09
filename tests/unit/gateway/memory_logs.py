"""Logs in memory, and an engine just clever enough to answer: it accepts, rests, refuses and cancels, and never matches."""

from __future__ import annotations

import asyncio

import msgspec

from engine_container.logs.ports import LogRecord, LogUnavailableError
from mycrypto.contracts import commands as c
from mycrypto.contracts import events as e
from mycrypto.contracts.trading import OrderStatus, SymbolStatus, TimeInForce, TimeJump

NOW_MS = 1_790_000_000_000


class MemoryEvents:
    """The event log; ``broken`` makes reading fail as a lost broker would."""

    def __init__(self) -> None:
        self.records: list[bytes] = []
        self.position = 0
        self.broken = False
        self.opened_at: list[int | None] = []

    def add(self, record: e.EventRecord) -> None:
        self.records.append(msgspec.msgpack.encode(record))

    async def open(self, offset: int | None) -> None:
        if self.broken:
            raise LogUnavailableError("gone")
        self.opened_at.append(offset)
        self.position = offset or 0

    async def read(self) -> list[LogRecord]:
        for _ in range(50):
            if self.broken:
                raise LogUnavailableError("gone")
            if self.position < len(self.records):
                found = [LogRecord(place, self.records[place]) for place in range(self.position, len(self.records))]
                self.position = len(self.records)
                return found
            await asyncio.sleep(0.001)
        return []

    async def end(self) -> int:
        return len(self.records)

    async def close(self) -> None:
        pass


class FakeEngine:
    """Also the command log: an append is carried out at once, unless ``silent`` (appended, never answered) or ``failures`` are left."""

    def __init__(self, log: MemoryEvents) -> None:
        self.log = log
        self.appended: list[list[c.Command]] = []
        self.seq = 0
        self.silent = False
        self.failures = 0
        self.held: asyncio.Event | None = None
        self.reached = asyncio.Event()
        """Set when an append waits because of ``held``."""
        self.refuse: tuple[str, dict[str, int | str]] | None = None
        self.rules = 1
        self.done: dict[bytes, list[e.Event]] = {}
        self.orders: dict[int, c.PlaceOrder] = {}
        self.names: dict[tuple[bytes, str], int] = {}

    async def open(self) -> None:
        if self.failures:
            raise LogUnavailableError("gone")

    async def close(self) -> None:
        pass

    async def append(self, payload: bytes) -> None:
        if self.held is not None:
            self.reached.set()
            await self.held.wait()
        if self.failures:
            self.failures -= 1
            raise LogUnavailableError("gone")
        batch = c.decode_record(payload)
        self.appended.append(batch)
        if not self.silent:
            self.carry_out(batch)

    def jump(self, time_ms: int, outcome: TimeJump) -> None:
        """A record says a time that is not believed at once."""
        self.seq += 1
        told = e.Result(-1, b"", [e.TimeJumped(NOW_MS, time_ms, outcome)])
        self.log.add(e.EventRecord(e.FORMAT_VERSION, 0, self.seq, len(self.appended), NOW_MS, last=True, results=[told]))

    def carry_out(self, batch: list[c.Command]) -> None:
        first = self.seq + 1
        results = []
        for index, command in enumerate(batch):
            made = self._apply(command)
            if made:  # as the engine: a command without events has no result
                results.append(e.Result(index, command.command_id, made))
            self.seq += len(made)
        self.log.add(e.EventRecord(e.FORMAT_VERSION, 0, first, len(self.appended), NOW_MS + self.seq, last=True, results=results))

    def _apply(self, command: c.Command) -> list[e.Event]:
        number = self.seq + 1
        if isinstance(command, c.PlaceOrder):
            return self._place(command, number)
        if isinstance(command, c.CancelOrder):
            if command.order_number not in self.orders:
                return [e.CommandRefused("ORDER_004", {})]
            return self._close([command.order_number])
        if isinstance(command, c.CancelAll):
            return self._close([n for n, o in self.orders.items() if o.user_id == command.user_id and command.symbol in {"", o.symbol}])
        if isinstance(command, c.SetSymbol):
            return [symbol_changed(command.symbol, tick=command.tick, band_bps=command.band_bps)]
        if isinstance(command, c.SetStatus):
            return [symbol_changed(command.symbol, status=command.status, reason=command.reason)]
        if isinstance(command, c.Halt | c.Resume):
            return []
        if isinstance(command, c.SetRules):
            if not self.rules <= command.version <= c.RULES_LATEST:
                return [e.CommandRefused("VALIDATION_ERROR", {"field": "version", "current": self.rules, "latest": c.RULES_LATEST})]
            self.rules = command.version
            return [e.RulesChanged(command.version)]
        if isinstance(command, c.AcceptTime):
            return [e.TimeJumped(NOW_MS, command.until_ms, TimeJump.ACCEPTED, command.actor_id)]
        if isinstance(command, c.SetUser):
            return [
                e.UserChanged(
                    command.user_id,
                    command.open_orders_max,
                    command.open_orders_per_symbol_max,
                    command.daily_notional_max,
                    command.maker_fee_ppm,
                    command.taker_fee_ppm,
                    command.self_trade_prevention,
                    command.market_maker,
                )
            ]
        raise AssertionError(command)

    def _place(self, command: c.PlaceOrder, number: int) -> list[e.Event]:
        known = self.names.get((command.user_id, command.client_order_id))
        if known is not None:
            return [e.OrderRepeated(known, NOW_MS + known - 1, command.user_id)]
        if self.refuse is not None:
            code, details = self.refuse
            return [rejected(command, code, details)]
        self.names[(command.user_id, command.client_order_id)] = number
        accepted_event = accepted(command)
        if command.time_in_force is TimeInForce.IOC:
            closed = e.OrderClosed(
                number, NOW_MS + number - 1, command.user_id, command.symbol, OrderStatus.CANCELLED, "IOC", 0, command.quantity
            )
            return [accepted_event, closed]
        self.orders[number] = command
        return [accepted_event]

    def _close(self, numbers: list[int]) -> list[e.Event]:
        closed: list[e.Event] = []
        for number in numbers:
            order = self.orders.pop(number)
            created_ms = NOW_MS + number - 1
            closed.append(e.OrderClosed(number, created_ms, order.user_id, order.symbol, OrderStatus.CANCELLED, "USER", 0, order.quantity))
        return closed


def accepted(command: c.PlaceOrder, status: OrderStatus = OrderStatus.OPEN) -> e.OrderAccepted:
    return e.OrderAccepted(
        command.user_id,
        command.client_order_id,
        command.symbol,
        command.side,
        command.type,
        command.time_in_force,
        command.quantity,
        command.price,
        command.quote_quantity,
        command.post_only,
        command.stop_price,
        command.display_quantity,
        command.trail_bps,
        command.activation_price,
        command.expires_ms,
        status,
    )


def rejected(command: c.PlaceOrder, code: str, details: dict[str, int | str]) -> e.OrderRejected:
    return e.OrderRejected(
        command.user_id,
        command.client_order_id,
        command.symbol,
        command.side,
        command.type,
        command.time_in_force,
        command.quantity,
        command.price,
        command.quote_quantity,
        command.stop_price,
        code,
        details,
    )


def symbol_changed(
    symbol: str = "BTC/USDT",
    *,
    tick: int = 1_000_000,
    band_bps: int = 1_000,
    status: SymbolStatus = SymbolStatus.ACTIVE,
    reason: str = "",
) -> e.SymbolChanged:
    base, quote = symbol.split("/")
    return e.SymbolChanged(
        symbol=symbol,
        base=base,
        quote=quote,
        tick=tick,
        lot=10_000,
        quantity_min=10_000,
        quantity_max=10_000_000_000,
        notional_min=1_000_000_000,
        band_bps=band_bps,
        maker_fee_ppm=500,
        taker_fee_ppm=1_000,
        breaker_bps=1_000,
        breaker_halt_ms=300_000,
        opens_minute=-1,
        closes_minute=-1,
        status=status,
        reason=reason,
        resume_ms=0,
    )
