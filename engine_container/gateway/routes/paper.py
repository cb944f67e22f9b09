"""Paper trading: the same endpoints with ``mode=paper``. A paper order is also known by its id."""

from __future__ import annotations

import secrets
import time
from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Final, Protocol, TypeVar
from urllib.parse import parse_qs

from msgspec.structs import replace

from engine_container.gateway.auth import Caller
from engine_container.gateway.order_query import (
    check_one_name,
    order_filter,
    order_list,
    parse_mode,
    parse_side,
)
from engine_container.gateway.parts import Gateway, having
from engine_container.gateway.placing import known_symbol, place_command, trading_id
from engine_container.gateway.refusals import refusal
from engine_container.gateway.routes.market import symbol_in_path
from engine_container.paper import rules
from engine_container.paper.accounts import PaperAccounts, Request
from engine_container.paper.rules import PaperRefusedError
from engine_container.trade_history.order_rows import OrderFilter
from engine_container.trade_history.pages import Position, cursor_text, parse_page
from engine_container.views.orders import Order
from engine_container.views.rendering import balance_model, fill_model, order_model, position_model
from engine_container.views.trades import OwnFill
from engine_container.web.call import Call, Reply
from mycrypto import permissions
from mycrypto.contracts import api
from mycrypto.contracts.api import Mode
from mycrypto.contracts.trading import Side
from mycrypto.errors import ProblemError
from mycrypto.http.operation import Operation
from mycrypto.ids import SHARD_PAPER

FILLS_LIMIT_MAX: Final = 500


class WithPaper(Protocol):
    """The endpoints of live trading that have the same for paper trading beside them."""

    paper: Paper


S = TypeVar("S", bound=WithPaper)
PaperHandler = Callable[["Paper", Call], Awaitable[Reply]]
LiveHandler = Callable[[S, Call], Awaitable[Reply]]


def by_mode(paper: PaperHandler) -> Callable[[LiveHandler[S]], LiveHandler[S]]:
    """Let ``paper`` answer where the query's ``mode`` says so."""

    def choose(live: LiveHandler[S]) -> LiveHandler[S]:
        @wraps(live)
        async def chosen(self: S, call: Call) -> Reply:
            return await (paper(self.paper, call) if _mode(call) == "paper" else live(self, call))

        return chosen

    return choose


def by_order_id(paper: PaperHandler) -> Callable[[LiveHandler[S]], LiveHandler[S]]:
    """Let ``paper`` answer where the order's id says so; the id says it all, so there are no parameters."""

    def choose(live: LiveHandler[S]) -> LiveHandler[S]:
        @wraps(live)
        async def chosen(self: S, call: Call) -> Reply:
            call.query()
            return await (paper(self.paper, call) if is_paper_id(call.path_params["order_id"]) else live(self, call))

        return chosen

    return choose


def is_paper_id(order_id: str) -> bool:
    """Whether an id says that its order is a paper order."""
    try:
        _, parts = trading_id(order_id, "order_id")
    except ProblemError:
        return False  # as every request about a live order, it is first asked who calls
    return parts is not None and parts.shard == SHARD_PAPER


def _mode(call: Call) -> Mode:
    return parse_mode(",".join(parse_qs(call.target.partition("?")[2]).get("mode", ["live"])))


class Paper:
    """The endpoints of paper accounts."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    @property
    def _accounts(self) -> PaperAccounts:
        return having(self._gateway.paper, "paper trading")

    async def begin(self, caller: Caller, request: api.PlaceOrderRequest, answered: Callable[[api.Placed | ProblemError], None]) -> None:
        """Place an order; what comes of it goes to ``answered``."""
        try:
            placed = await self._place(caller, request)
        except ProblemError as problem:
            answered(problem)
        except Exception:
            self._gateway.logger.exception("a paper order could not be placed")
            answered(ProblemError("INTERNAL_ERROR"))
        else:
            answered(placed)

    async def _place(self, caller: Caller, request: api.PlaceOrderRequest) -> api.Placed:
        accounts, views = self._accounts, self._gateway.require_views()
        command = place_command(request, views.symbols, caller.user_id)
        symbol = views.symbols.rules(command.symbol)
        last_price = views.last_price(command.symbol) or 0
        try:
            try:
                rules.check(command, symbol, last_price)
                need = rules.need(command, symbol, last_price)
            except PaperRefusedError:
                # the market may have moved on since the same order was placed
                kept = await accounts.repeated(command)
                if kept is None:
                    raise
                return api.Placed(shown(kept), [], duplicate=True)
            slippage_ppm = secrets.randbelow(rules.SLIPPAGE_PPM_MAX + 1)
            order, duplicate = await accounts.place(Request(command, symbol, need, slippage_ppm, views.watermark, self._now_ms()))
        except PaperRefusedError as error:
            raise refusal(error.code, error.details) from None
        return api.Placed(shown(order), [], duplicate=duplicate)

    async def get(self, call: Call) -> Reply:
        caller = self._gateway.caller(call)
        return Reply(shown(await self._named(caller, call.path_params["order_id"]), with_fills=True))

    async def get_by_client_id(self, call: Call) -> Reply:
        caller = self._gateway.caller(call)
        call.query()
        return Reply(shown(await self._by_client_id(caller, call.path_params["client_order_id"]), with_fills=True))

    async def amend(self, call: Call) -> Reply:
        caller = self._gateway.caller(call)
        await self._named(caller, call.path_params["order_id"])
        raise ProblemError("INVALID_ORDER", "a paper order cannot be amended; cancel it and place another one")

    async def cancel(self, call: Call) -> Reply:
        caller = self._gateway.caller(call)
        return Reply(await self._cancel(caller, await self._named(caller, call.path_params["order_id"])))

    async def cancel_by_client_id(self, call: Call) -> Reply:
        caller = self._gateway.caller(call)
        call.query()
        return Reply(await self._cancel(caller, await self._by_client_id(caller, call.path_params["client_order_id"])))

    async def cancel_one(self, caller: Caller, order_id: str | None, client_order_id: str | None) -> api.Order:
        """Cancel by either name."""
        check_one_name(order_id, client_order_id)
        if order_id is not None:
            return await self._cancel(caller, await self._named(caller, order_id))
        return await self._cancel(caller, await self._by_client_id(caller, client_order_id or ""))

    async def _cancel(self, caller: Caller, order: Order) -> api.Order:
        if order.user_id != caller.user_id:
            raise ProblemError("FORBIDDEN", "the order is not yours")
        closed = await self._accounts.cancel(OrderFilter(user_id=caller.user_id), self._now_ms(), order.number)
        if not closed:
            now = await self._accounts.order(order.number) or order
            raise ProblemError("ORDER_004", f"the order is {now.status.name}", status_now=now.status.name)
        return shown(closed[0], with_fills=True)

    async def cancel_all(self, call: Call) -> Reply:
        caller = self._gateway.caller(call)
        query = call.query()
        return Reply(await self.cancel_every(caller, query.get("symbol"), parse_side(query.get("side"))))

    async def cancel_every(self, caller: Caller, symbol: str | None, side: Side | None) -> api.Cancelled:
        """Cancel all of a user's open paper orders, or those of a symbol or side."""
        wanted = OrderFilter(user_id=caller.user_id, symbol=self._symbol(symbol), side=side)
        closed = await self._accounts.cancel(wanted, self._now_ms())
        return api.Cancelled(len(closed), [shown(order) for order in closed])

    async def list(self, call: Call) -> Reply:
        caller = self._gateway.caller(call)
        query = call.query()
        page = parse_page(query)
        wanted = order_filter(self._gateway.require_views().symbols, caller, query)
        orders, total = await self._accounts.orders(wanted, page)
        return Reply(order_list(orders, total, wanted, page, shown))

    async def balances(self, call: Call) -> Reply:
        caller = self._gateway.caller(call)
        call.query()
        own = await self._accounts.balances(caller.user_id, self._now_ms())
        return Reply(api.BalanceList([balance_model(asset, own[asset]) for asset in sorted(own)]))

    async def fees(self, call: Call) -> Reply:
        """The rates of paper trading, the same for everybody."""
        call.query()
        symbols = self._gateway.require_views().symbols.all()
        return Reply(api.FeeList([api.Fees(symbol.symbol, rules.MAKER_FEE_PPM, rules.TAKER_FEE_PPM) for symbol in symbols]))

    async def positions(self, call: Call) -> Reply:
        """Every symbol that the caller has traded since the last fresh start."""
        caller = self._gateway.caller(call)
        call.query()
        return Reply(await self._positions(caller, None))

    async def position(self, call: Call) -> Reply:
        caller = self._gateway.caller(call)
        call.query()
        found = await self._positions(caller, symbol_in_path(self._gateway.require_views(), call).symbol)
        if not found.data:
            raise ProblemError("NOT_FOUND", "you have not traded this symbol with play money")
        return Reply(found.data[0])

    async def _positions(self, caller: Caller, symbol: str | None) -> api.PositionList:
        held = await self._accounts.positions(caller.user_id, symbol)
        views = self._gateway.require_views()
        return api.PositionList([position_model(holding, views.last_price(holding.symbol)) for holding in held])

    async def trades(self, call: Call) -> Reply:
        """Own fills, newest first."""
        caller = self._gateway.caller(call)
        query = call.query()
        page = parse_page(query, limit_max=FILLS_LIMIT_MAX)
        number = (await self._named(caller, query["order_id"])).number if "order_id" in query else None
        found = await self._accounts.fills(
            caller.user_id, self._symbol(query.get("symbol")), page.after, page.limit + 1, order_number=number
        )
        shown, has_next = found[: page.limit], len(found) > page.limit
        cursor = cursor_text(Position(shown[-1].record.time_ms, shown[-1].record.number)) if has_next else None
        return Reply(api.FillList([_shown_fill(fill) for fill in shown], api.Pagination(page.limit, has_next, cursor)))

    @Operation(
        method="post",
        path="/api/v1/account/paper/reset",
        name="resetPaperAccount",
        summary="Cancel the open paper orders and begin again with fresh play money",
        tag="account",
        answer=api.BalanceList,
        errors=("VALIDATION_ERROR", "SERVICE_UNAVAILABLE"),
        permission=permissions.TRADING,
    )
    async def reset(self, call: Call) -> Reply:
        """Start again: open orders are cancelled, and the balances are those of the first day."""
        caller = self._gateway.caller(call)
        call.query()
        now_ms = self._now_ms()
        await self._accounts.reset(caller.user_id, now_ms)
        own = await self._accounts.balances(caller.user_id, now_ms)
        return Reply(api.BalanceList([balance_model(asset, own[asset]) for asset in sorted(own)]))

    async def _named(self, caller: Caller, text: str) -> Order:
        _, parts = trading_id(text, "order_id")
        order = await self._accounts.order(parts.number) if parts is not None and parts.shard == SHARD_PAPER else None
        if parts is None or order is None or order.created_ms != parts.created_ms:
            raise ProblemError("ORDER_003", "there is no such paper order")
        if order.user_id != caller.user_id and not caller.sees_all:
            raise ProblemError("FORBIDDEN", "the order is not yours")
        return order

    async def _by_client_id(self, caller: Caller, client_order_id: str) -> Order:
        order = await self._accounts.order_by_client_id(caller.user_id, client_order_id)
        if order is None:
            raise ProblemError("ORDER_003", "there is no such paper order")
        return order

    def _now_ms(self) -> int:
        """The time, and never one before the newest public trade."""
        return max(time.time_ns() // 1_000_000, self._gateway.views.time_ms)

    def _symbol(self, spelling: str | None) -> str | None:
        return None if spelling is None else known_symbol(self._gateway.require_views().symbols, spelling).symbol


def shown(order: Order, *, with_fills: bool = False) -> api.Order:
    """A paper order as clients see it."""
    found = order_model(order, order.symbol.rpartition("/")[2], SHARD_PAPER)
    if with_fills:
        return replace(found, mode="paper", fills=[_shown_fill(fill) for fill in order.fills])
    return replace(found, mode="paper")


def _shown_fill(fill: OwnFill) -> api.Fill:
    return replace(fill_model(fill, fill.record.trade.symbol.rpartition("/")[2], SHARD_PAPER), trade_source="SIMULATION")
