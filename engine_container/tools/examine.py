"""Which commands of a log fail: each of them with its fields, its error, and what its user and its market had just before."""

from __future__ import annotations

import asyncio
import traceback
from enum import IntEnum
from typing import Any, Final

import msgspec

from engine_container.core.entities import Symbol, User
from engine_container.core.failing import Failure, market_of, user_id_of
from engine_container.core.open_orders import orders_of_user
from engine_container.core.state import State
from engine_container.engine.ports import CommandSource
from engine_container.engine.replica import Fault, Replica
from engine_container.tools.replay import Progress, follow
from mycrypto.contracts.commands import Command
from mycrypto.contracts.trading import SymbolStatus

ORDERS_SHOWN_MAX: Final = 100


class Finding(msgspec.Struct, frozen=True):
    """A command that fails. ``place`` is its index in the record, -1 for what came due before. ``command``, ``user`` and ``market`` are null where there is
    none; amounts are units of 10^-8, prices ticks, quantities lots, as the core has them.
    """

    offset: int
    place: int
    time_ms: int
    kind: str
    error: str
    trace: list[str]
    command: dict[str, Any] | None
    user: dict[str, Any] | None
    market: dict[str, Any] | None


class Examination(msgspec.Struct, frozen=True):
    """``next_offset`` is where it ended."""

    next_offset: int
    commands: int
    findings: list[Finding]


async def examine(source: CommandSource, shard: int, *, until: int | None = None, progress: Progress | None = None) -> Examination:
    """Apply the log from its beginning to its end, or up to (without) offset ``until``."""
    findings: dict[tuple[int, int], Finding] = {}
    traces: dict[tuple[int, int], list[str]] = {}

    def met(fault: Fault) -> None:
        cause = fault.__cause__
        lines = traceback.format_exception(cause) if cause is not None else []
        traces.setdefault((fault.offset, fault.failure.index), [line for text in lines for line in text.rstrip().split("\n")])

    def told(state: State, command: Command | None, failure: Failure) -> None:
        place = (replica.next_offset, failure.index)
        symbol = market_of(state, command, failure)
        user = state.users.get(user_id_of(command))
        findings[place] = Finding(
            *place,
            int(state.now_ms),
            type(command).__name__ if command is not None else "TimePassed",
            failure.what,
            traces.get(place, []),
            None if command is None else _fields(command),
            None if user is None else _user(state, user),
            None if symbol is None else _market(symbol),
        )

    replica = Replica(shard, told=told)
    await follow(source, replica, await _end(source, until), progress=progress, met=met)
    return Examination(replica.next_offset, replica.commands, [findings[place] for place in sorted(findings)])


async def _end(source: CommandSource, until: int | None) -> int:
    end = await source.end()
    return end if until is None else min(end, until)


def run(source: CommandSource, shard: int, until: int | None, progress: Progress) -> Examination:
    """:func:`examine`, and the source closed."""

    async def work() -> Examination:
        try:
            return await examine(source, shard, until=until, progress=progress)
        finally:
            await source.close()

    return asyncio.run(work())


def _fields(command: Any) -> dict[str, Any]:
    """The fields under the names of the contract, ids as hexadecimal digits."""
    return {name: _plain(getattr(command, name)) for name in command.__struct_fields__}


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, IntEnum):
        return value.name
    return _fields(value) if isinstance(value, msgspec.Struct) else value


def _user(state: State, user: User) -> dict[str, Any]:
    orders = orders_of_user(state, user)
    return {
        "id": user.user_id.hex(),
        "balances": {
            asset: {"available": int(balance.available), "locked": int(balance.locked)} for asset, balance in user.balances.items()
        },
        "open_orders": len(orders),
        "orders": [
            {
                "number": int(order.number),
                "symbol": order.account.symbol.name,
                "side": int(order.side),
                "style": int(order.flags),
                "price": int(order.price),
                "total": int(order.total),
                "open": int(order.open),
                "lock_per_lot": int(order.lock_per_lot),
                "waits": order.conditions is not None and bool(order.conditions.waiting),
                "sibling": int(order.conditions.sibling.number)
                if order.conditions is not None and order.conditions.sibling is not None
                else 0,
            }
            for order in orders[:ORDERS_SHOWN_MAX]
        ],
    }


def _market(symbol: Symbol) -> dict[str, Any]:
    bid, ask = symbol.bids.best, symbol.asks.best
    return {
        "symbol": symbol.name,
        "status": SymbolStatus(int(symbol.status)).name,
        "tick": int(symbol.tick),
        "lot": int(symbol.lot),
        "last_price": int(symbol.last_price),
        "best_bid": int(bid.key) if bid is not None else 0,
        "best_ask": -int(ask.key) if ask is not None else 0,
        "levels": [len(symbol.bids.keys), len(symbol.asks.keys)],
        "waiting_orders": len(symbol.waiting),
    }
