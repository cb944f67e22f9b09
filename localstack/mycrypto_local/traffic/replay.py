"""Recorded flow through the public API: every row is one request of one of many users, and the fills must be the recorded ones.

The order of effects must be the recorded order wherever it matters, and only there, so that requests can run side by side; see
:mod:`mycrypto_local.traffic.precedence`. Adds of the recorded market never trade, which is checked.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from operator import itemgetter
from typing import Final

from mycrypto_local.actors import Exchange
from mycrypto_local.client import JSON, ApiError, Query, Trader
from mycrypto_local.traffic.flow_file import FlowFill, FlowRow, Operation
from mycrypto_local.traffic.precedence import Precedence

SYMBOL: Final = "ETH/BTC"
"""The one pair of the wallet's currencies that is not listed otherwise. The recorded amounts count here, their names do not."""

SYMBOL_PATH: Final = "ETH-BTC"
TICK: Final = Decimal("0.01")
LOT: Final = Decimal("0.000001")
MARKET: Final = {
    "tick_size": f"{TICK:f}",
    "lot_size": f"{LOT:f}",
    "quantity_min": f"{LOT:f}",
    "quantity_max": "1000000",
    "notional_min": "0",
    "price_band_bps": 0,
    "breaker_bps": 0,
    "maker_fee_ppm": 500,
    "taker_fee_ppm": 1000,
}
"""One tick of the recorded market is 0.01 quote here, one lot 0.000001 base: their product is a whole number of units."""

FUNDS: Final = {"ETH": "2000000", "BTC": "500000000"}
NO_LIMITS: Final[dict[str, object]] = {"open_orders_max": 0, "open_orders_per_symbol_max": 0, "daily_notional_max": "0"}
REQUESTS_AT_ONCE: Final = 64
ROWS_AHEAD: Final = 512
"""Rows that may wait for others at the same time; further ones are not looked at yet."""
TOLD_EVERY: Final = 100


class ReplayError(Exception):
    """The platform answered a row in a way the recorded market did not; the message names the row."""


@dataclass(slots=True)
class ReplayReport:
    """What the replay did. ``mismatches`` lists the first differing fills, recorded against made."""

    commands: int = 0
    fills: list[FlowFill] = field(default_factory=list)
    seconds: float = 0.0
    mismatches: list[str] = field(default_factory=list)

    @property
    def commands_per_s(self) -> float:
        return self.commands / self.seconds if self.seconds else 0.0


@dataclass(frozen=True, slots=True)
class _Placed:
    """A recorded order that rests: whose it is here, and under which id."""

    trader: Trader
    order_id: str
    quantity_lots: int


async def prepare_market(exchange: Exchange, operator: Trader) -> None:
    """List the market if it is not, and clear what an earlier run left in its book."""
    await operator.call("PUT", f"/api/v1/admin/symbols/{SYMBOL_PATH}", MARKET)
    for status in ("HALTED", "ACTIVE"):
        await operator.call("PUT", f"/api/v1/admin/symbols/{SYMBOL_PATH}/status", {"status": status, "reason": "recorded flow"})
    book = await exchange.api.request("GET", f"/api/v1/orderbook/{SYMBOL_PATH}", query={"depth": 1})
    if book["bids"] or book["asks"]:
        raise ReplayError(f"the book of {SYMBOL} is not empty after a halt: {book}")


async def prepare_traders(exchange: Exchange, operator: Trader, count: int, told: Callable[[str], None]) -> list[Trader]:
    """Verified users with ample funds in both currencies and without limits."""
    traders = await exchange.funded_traders("flow", count, FUNDS, told)
    for trader in traders:
        await operator.call("PUT", f"/api/v1/admin/users/{trader.user_id}/limits", NO_LIMITS)
    return traders


class Replay:
    """Sends rows as requests of ``makers`` (adds, reductions, cancels) and ``takers`` (marketable orders)."""

    def __init__(self, makers: Sequence[Trader], takers: Sequence[Trader], *, run_id: str) -> None:
        self.makers = makers
        self.takers = takers
        self.run_id = run_id
        self.report = ReplayReport()
        self._placed: dict[str, _Placed] = {}
        self._recorded_ids: dict[str, str] = {}
        self._taken: list[tuple[int, str, str, str]] = []
        self._gate = asyncio.Semaphore(REQUESTS_AT_ONCE)
        self._turn = 0

    async def run(self, rows: Sequence[FlowRow], told: Callable[[str], None]) -> ReplayReport:
        """Replay all rows; raises :class:`ReplayError` if an order is not taken as it was recorded."""
        started = time.perf_counter()
        precedence = Precedence()
        open_rows: dict[int, asyncio.Task[None]] = {}
        try:
            for index, row in enumerate(rows):
                while len(open_rows) >= ROWS_AHEAD:
                    await self._some_end(open_rows, len(rows), told)
                before = [open_rows[earlier] for earlier in precedence.add(row) if earlier in open_rows]
                open_rows[index] = asyncio.create_task(self._after(before, row))
            while open_rows:
                await self._some_end(open_rows, len(rows), told)
        except BaseException:
            for task in open_rows.values():
                task.cancel()
            raise
        self.report.seconds = time.perf_counter() - started
        self.report.fills = await self._fills()
        return self.report

    async def _some_end(self, open_rows: dict[int, asyncio.Task[None]], total: int, told: Callable[[str], None]) -> None:
        """Wait until a row is done; raises what a row raised."""
        await asyncio.wait(open_rows.values(), return_when=asyncio.FIRST_COMPLETED)
        before = self.report.commands
        for index in [index for index, task in open_rows.items() if task.done()]:
            open_rows.pop(index).result()
            self.report.commands += 1
        if before // TOLD_EVERY != self.report.commands // TOLD_EVERY or not open_rows:
            told(f"{self.report.commands} of {total} commands, {len(self._taken)} fills")

    async def _after(self, before: Sequence[asyncio.Task[None]], row: FlowRow) -> None:
        for task in before:
            await task
        async with self._gate:
            await (self._take(row) if row.operation is Operation.MARKETABLE else self._quiet(row))

    async def _quiet(self, row: FlowRow) -> None:
        """A row that does not trade."""
        try:
            if row.operation is Operation.ADD:
                await self._add(row)
            elif row.operation is Operation.CANCEL:
                placed = self._placed.pop(row.order_id)
                await placed.trader.cancel(placed.order_id)
            else:
                await self._reduce(row)
        except (ApiError, KeyError) as error:
            raise ReplayError(f"row {row.seq} ({row.operation.name} {row.order_id}): {error}") from error

    async def _add(self, row: FlowRow) -> None:
        trader = self.makers[self._turn % len(self.makers)]
        self._turn += 1
        answer = await self._order(trader, row, "GTC")
        if answer["trades"]:
            raise ReplayError(f"row {row.seq}: an add of the recorded market must not trade: {answer}")
        self._placed[row.order_id] = _Placed(trader, answer["order"]["id"], row.quantity_lots)
        self._recorded_ids[answer["order"]["id"]] = row.order_id

    async def _reduce(self, row: FlowRow) -> None:
        placed = self._placed[row.order_id]
        path = f"/api/v1/orders/{placed.order_id}"
        rest = Decimal((await placed.trader.call("GET", path))["remaining_quantity"]) - row.quantity_lots * LOT
        await placed.trader.call("PATCH", path, {"remaining_quantity": f"{rest:f}"})

    async def _take(self, row: FlowRow) -> None:
        taker = self.takers[row.seq % len(self.takers)]
        try:
            answer = await self._order(taker, row, "IOC")
        except ApiError as error:
            raise ReplayError(f"row {row.seq} (MARKETABLE): {error}") from error
        self._taken += [(row.seq, trade["id"], trade["price"], trade["quantity"]) for trade in answer["trades"]]

    async def _fills(self) -> list[FlowFill]:
        """The fills in recorded terms. Whom a taker met is known to the maker alone, so the makers' own trades are asked."""
        maker_orders: dict[str, str] = {}
        for maker in self.makers:
            query: Query = {"symbol": SYMBOL, "limit": 100}
            while True:
                page = await maker.call("GET", "/api/v1/account/trades", query=query)
                maker_orders |= {fill["id"]: fill["order_id"] for fill in page["data"]}
                if not page["pagination"]["has_next"]:
                    break
                query["cursor"] = page["pagination"]["next_cursor"]
        return [
            FlowFill(seq, self._recorded_ids[maker_orders[trade_id]], int(Decimal(price) / TICK), int(Decimal(quantity) / LOT))
            for seq, trade_id, price, quantity in sorted(self._taken, key=itemgetter(0))  # orders of both sides end in any order
        ]

    async def _order(self, trader: Trader, row: FlowRow, time_in_force: str) -> JSON:
        return await trader.place(
            symbol=SYMBOL,
            side=row.side,
            type="LIMIT",
            time_in_force=time_in_force,
            price=f"{row.price_ticks * TICK:f}",
            quantity=f"{row.quantity_lots * LOT:f}",
            client_order_id=f"{self.run_id}-{row.seq}",
        )


def compare(made: Sequence[FlowFill], expected: Sequence[FlowFill], *, shown_max: int = 10) -> list[str]:
    """The first differences, in words; empty when the fills are exactly the expected ones."""
    different = [f"fill {number}: made {a}, recorded {b}" for number, (a, b) in enumerate(zip(made, expected, strict=False), 1) if a != b]
    if len(made) != len(expected):
        different.append(f"{len(made)} fills were made, {len(expected)} are recorded")
    return different[:shown_max]
