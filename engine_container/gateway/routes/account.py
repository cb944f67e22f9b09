"""What a user owns and did, as the engine sees it."""

from __future__ import annotations

from itertools import islice
from typing import Final

from engine_container.gateway.lookup import order_by_id
from engine_container.gateway.parts import Gateway
from engine_container.gateway.placing import known_symbol
from engine_container.gateway.routes.market import symbol_in_path
from engine_container.gateway.routes.paper import Paper, by_mode
from engine_container.gateway.routes.shared import CURSOR, CURSOR_RULE, MODE, SYMBOL, TRADES_LIMIT
from engine_container.trade_history.pages import Position, cursor_text, parse_page
from engine_container.views.orders import Order
from engine_container.views.rendering import balance_model, fill_model, position_model
from engine_container.views.trades import OwnFill
from engine_container.web.call import Call, Reply
from mycrypto import permissions
from mycrypto.contracts import api
from mycrypto.errors import ProblemError
from mycrypto.http.operation import Operation, Parameter
from mycrypto.positions import Holding

TRADES_MAX: Final = 500
_AFTER_ALL: Final = (1 << 43) - 1, (1 << 62) - 1


class Account:
    """The endpoints under ``/api/v1/account``."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self.paper = Paper(gateway)

    @Operation(
        method="get",
        path="/api/v1/account/balances",
        name="listBalances",
        summary="Balances as the engine sees them",
        tag="account",
        answer=api.BalanceList,
        parameters=(MODE,),
        errors=("VALIDATION_ERROR", "SERVICE_UNAVAILABLE"),
        permission=permissions.READING,
    )
    @by_mode(Paper.balances)
    async def balances(self, call: Call) -> Reply:
        caller = self._gateway.caller(call)
        call.query()
        own = self._gateway.require_views().balances.of(caller.user_id)
        return Reply(api.BalanceList([balance_model(asset, own[asset]) for asset in sorted(own)]))

    @Operation(
        method="get",
        path="/api/v1/account/trades",
        name="listOwnTrades",
        summary="Own fills, newest first",
        tag="account",
        answer=api.FillList,
        parameters=(SYMBOL, Parameter("order_id", "string", "Of one order"), TRADES_LIMIT, CURSOR, MODE),
        rules=CURSOR_RULE,
        errors=("VALIDATION_ERROR", "ORDER_001", "ORDER_003", "SERVICE_UNAVAILABLE"),
        permission=permissions.READING,
    )
    @by_mode(Paper.trades)
    async def trades(self, call: Call) -> Reply:
        """Own fills, newest first."""
        caller = self._gateway.caller(call)
        query = call.query()
        page = parse_page(query, limit_max=TRADES_MAX)
        symbol = known_symbol(self._gateway.require_views().symbols, query["symbol"]).symbol if "symbol" in query else None
        if "order_id" in query:
            order = await order_by_id(self._gateway, caller, query["order_id"])
            found = await self._fills_of(order, page.limit + 1, page.after) if symbol in {None, order.symbol} else []
        else:
            found = await self._fills(caller.user_id, symbol, page.limit + 1, page.after)
        shown, has_next = found[: page.limit], len(found) > page.limit
        cursor = cursor_text(_place(shown[-1])) if has_next else None
        views = self._gateway.views
        rows = [fill_model(fill, views.symbols.quote(fill.record.trade.symbol), self._gateway.shard) for fill in shown]
        return Reply(api.FillList(rows, api.Pagination(page.limit, has_next, cursor)))

    @Operation(
        method="get",
        path="/api/v1/account/fees",
        name="listFees",
        summary="The fee rates of the next orders",
        tag="account",
        answer=api.FeeList,
        parameters=(MODE,),
        permission=permissions.READING,
    )
    @by_mode(Paper.fees)
    async def fees(self, call: Call) -> Reply:
        """The rates that the caller's next orders are accepted with."""
        caller = self._gateway.caller(call)
        call.query()
        views = self._gateway.require_views()
        own = views.users.get(caller.user_id)
        rows = [
            api.Fees(
                symbol.symbol,
                own.maker_fee_ppm if own is not None and own.maker_fee_ppm >= 0 else symbol.maker_fee_ppm,
                own.taker_fee_ppm if own is not None and own.taker_fee_ppm >= 0 else symbol.taker_fee_ppm,
            )
            for symbol in views.symbols.all()
        ]
        return Reply(api.FeeList(rows))

    @Operation(
        method="get",
        path="/api/v1/positions",
        name="listPositions",
        summary="What own trades add up to, with profit and loss",
        tag="account",
        answer=api.PositionList,
        parameters=(MODE,),
        errors=("VALIDATION_ERROR", "SERVICE_UNAVAILABLE"),
        permission=permissions.READING,
    )
    @by_mode(Paper.positions)
    async def positions(self, call: Call) -> Reply:
        """Every symbol that the caller has traded."""
        caller = self._gateway.caller(call)
        call.query()
        return Reply(api.PositionList(await self._positions(caller.user_id, None)))

    @Operation(
        method="get",
        path="/api/v1/positions/{symbol}",
        name="getPosition",
        summary="The position on one symbol",
        tag="account",
        answer=api.Position,
        parameters=(MODE,),
        errors=("VALIDATION_ERROR", "NOT_FOUND", "SERVICE_UNAVAILABLE"),
        permission=permissions.READING,
    )
    @by_mode(Paper.position)
    async def position(self, call: Call) -> Reply:
        caller = self._gateway.caller(call)
        call.query()
        symbol = symbol_in_path(self._gateway.require_views(), call).symbol
        rows = await self._positions(caller.user_id, symbol)
        if not rows:
            raise ProblemError("NOT_FOUND", "you have not traded this symbol")
        return Reply(rows[0])

    async def _positions(self, user_id: bytes, symbol: str | None) -> list[api.Position]:
        """What the history has added up, and the trades here that are not in it."""
        trades = self._gateway.views.trades
        here = [fill for fill in trades.own(user_id) if symbol is None or fill.record.trade.symbol == symbol]
        held: dict[str, Holding] = {}
        included: dict[str, int] = {}
        if self._gateway.history is not None and trades.evicted_number:
            for holding, last_number in await self._gateway.history.positions(user_id, symbol):
                held[holding.symbol], included[holding.symbol] = holding, last_number
        for fill in reversed(here):
            trade = fill.record.trade
            if fill.record.number > included.get(trade.symbol, 0):
                holding = held.setdefault(trade.symbol, Holding(trade.symbol))
                holding.trade(fill.side, trade.quantity, fill.value, fill.fee, fill.record.time_ms)
        views = self._gateway.views
        return [position_model(holding, views.last_price(name)) for name, holding in sorted(held.items())]

    async def _fills_of(self, order: Order, count: int, after: Position | None) -> list[OwnFill]:
        """Of one order; of one that has left memory the history is asked for the page alone."""
        history = self._gateway.history
        if history is None or self._gateway.views.orders.get(order.number) is not None:
            fills = (fill for fill in reversed(order.fills) if after is None or _place(fill) < after)
            return list(islice(fills, count))
        before = _AFTER_ALL if after is None else (after.key, (after.number + 1) // 2)
        older = await history.own_fills(order.user_id, order.symbol, before, count + 1, order_number=order.number)
        own = [fill for fill in older if fill.order == order.number and (after is None or _place(fill) < after)]
        return own[:count]

    async def _fills(self, user_id: bytes, symbol: str | None, count: int, after: Position | None) -> list[OwnFill]:
        trades = self._gateway.views.trades
        found: list[OwnFill] = []
        oldest: OwnFill | None = None
        for fill in trades.own(user_id):
            oldest = fill
            if (symbol is None or fill.record.trade.symbol == symbol) and (after is None or _place(fill) < after):
                found.append(fill)
                if len(found) == count:
                    return found
        if self._gateway.history is not None and trades.evicted_number:
            before = _AFTER_ALL if oldest is None else (oldest.record.time_ms, oldest.record.number)
            if after is not None and (oldest is None or after < _place(oldest)):
                before = (after.key, (after.number + 1) // 2)
            older = await self._gateway.history.own_fills(user_id, symbol, before, count - len(found) + 1)
            found += [fill for fill in older if after is None or _place(fill) < after]
        return found[:count]


def _place(fill: OwnFill) -> Position:
    """A trade with oneself is two rows, the maker's after the taker's."""
    return Position(fill.record.time_ms, fill.record.number * 2 + (0 if fill.is_maker else 1))
