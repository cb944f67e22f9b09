"""OCO: two orders of which one cancels the other. Their funds are locked once, since only one of them can come to trade."""

from __future__ import annotations

from mypy_extensions import i64

from engine_container.core.amendments import amended
from engine_container.core.book import crosses
from engine_container.core.closing import announce, cancel
from engine_container.core.entities import Order, OrderConditions, User
from engine_container.core.events import Events
from engine_container.core.execution import run_limit
from engine_container.core.funds import lock_asset, release, user_of
from engine_container.core.idempotency import answered, client_taken, order_record, remember_client, remember_command
from engine_container.core.limits import check_open_orders
from engine_container.core.native_command import NativeCommand, order_command
from engine_container.core.order_answers import accept, reject
from engine_container.core.order_flags import is_conditional, kind_of, with_prevention_of_account
from engine_container.core.order_validation import check_order
from engine_container.core.placing import check_stop, check_taker, order_of, stop_reached, taker_refusal, wait
from engine_container.core.refusal_codes import FINE, UNKNOWN_SYMBOL
from engine_container.core.refusals import Refusal, insufficient_funds, invalid_order, order_refusal, too_many_open
from engine_container.core.state import RULES_OF_SAFETY, State
from engine_container.core.trading_accounts import account_of
from engine_container.core.triggers import conditions_of, reached
from engine_container.core.vocabulary import AUCTION, CANCELLED, FOK, IOC, LIMIT, MARKET, OPEN, PENDING_TRIGGER
from mycrypto.contracts.commands import PlaceOco, PlaceOrder, content_of


def place_oco(state: State, command: PlaceOco, events: Events, closed: Events) -> None:
    """Carry out a PlaceOco command: both orders are accepted, or both are refused."""
    content = content_of(command.first) + content_of(command.second)
    if answered(state, command.command_id, content, events):
        return
    whole = remember_command(state, command.command_id, content)
    user = user_of(state, command.first.user_id)
    number = state.next_seq + events.count
    state.command_memory.answer_with(whole, user.index, number, number + 1)
    legs = (order_command(command.first), order_command(command.second))
    orders: list[Order] = []
    refusal = _refusal_of_pair(command.first, command.second)
    for leg in legs:
        if refusal is None:
            refusal = _refusal_of_leg(state, user, leg, orders)
    if refusal is None:
        refusal = _refusal_of_orders(state, orders[0], orders[1])
    if refusal is not None:
        for leg in legs:
            reject(leg, refusal, events)
        return
    for order, leg in zip(orders, legs, strict=True):
        record = order_record(state, user, order.account.symbol, leg, int(state.next_seq + events.count))
        order.row = remember_client(state, user, record)
        leg.links = (int(number + 1 if order is orders[0] else number), 0, 0)
        accept(state, order, leg, PENDING_TRIGGER if is_conditional(kind_of(order.flags)) else OPEN, events)
    _begin(state, orders[0], orders[1], events, closed)


def _refusal_of_leg(state: State, user: User, leg: NativeCommand, orders: list[Order]) -> Refusal | None:
    """Why the leg can be no order; the order is added to the others if it can."""
    client_order_id = leg.client_order_id()
    if client_order_id and client_taken(state, user, client_order_id):
        return "IDEMPOTENCY_CONFLICT", {"client_order_id": client_order_id}
    account = account_of(state, user, leg.symbol_name())
    flags = with_prevention_of_account(leg.flags, user.prevention)
    code: i64 = UNKNOWN_SYMBOL
    if account is not None:
        code = check_order(state, account, leg, flags)
    if code != FINE or account is None:
        return order_refusal(code, state, account, leg)
    orders.append(order_of(state, account, leg, flags))
    return None


def _refusal_of_pair(first: PlaceOrder, second: PlaceOrder) -> Refusal | None:
    if (first.user_id, first.symbol, first.side, first.quantity) != (second.user_id, second.symbol, second.side, second.quantity):
        return invalid_order("the orders of an OCO have one user, symbol, side and quantity")
    if first.client_order_id and first.client_order_id == second.client_order_id:
        return "IDEMPOTENCY_CONFLICT", {"client_order_id": first.client_order_id}
    conditional = 0
    for message in (first, second):
        kind: int = message.type
        time_in_force: int = message.time_in_force
        if kind == MARKET or (kind == LIMIT and time_in_force in {IOC, FOK}):
            return invalid_order("the orders of an OCO must be able to wait")
        if is_conditional(kind):
            conditional += 1
    if conditional == 0:
        return invalid_order("one order of an OCO must be conditional")
    return None


def _refusal_of_orders(state: State, first: Order, second: Order) -> Refusal | None:
    account = first.account
    code = check_open_orders(account, 2)
    if code != FINE:
        return too_many_open(account, code)
    balance = lock_asset(account, first.side)
    need = int(max(first.lock_per_lot, second.lock_per_lot) * first.open)
    if int(balance.available) < need:
        return insufficient_funds(balance, need)
    symbol = account.symbol
    for order in (first, second):
        if check_stop(state, order) != FINE:
            return stop_reached(order)
        if kind_of(order.flags) == LIMIT and symbol.status != AUCTION and crosses(symbol, order.side, order.price):
            code = check_taker(order)
            if code != FINE:
                return taker_refusal(code, order)
    return None


def _begin(state: State, first: Order, second: Order, events: Events, closed: Events) -> None:
    """Start the limit leg before the conditional one; a leg that trades or fires at once leaves the other cancelled."""
    if kind_of(second.flags) == LIMIT:
        first, second = second, first
    if kind_of(first.flags) == LIMIT:
        asked = first.total
        run_limit(state, first, events, closed)
        if first.total < asked and state.rules >= RULES_OF_SAFETY:
            _follow(first, second, events)
        if first.level is None or first.open < first.total:
            announce(second, CANCELLED, "OCO", closed)
            return
        if _fires_at_once(second):
            cancel(state, first, "OCO", closed)
            wait(state, second, events, closed)
            return
    else:
        for order, other in ((first, second), (second, first)):
            if _fires_at_once(order):
                announce(other, CANCELLED, "OCO", closed)
                wait(state, order, events, closed)
                return
    _join(state, first, second)
    if first.level is None:
        wait(state, first, events, closed)
    wait(state, second, events, closed)


def _follow(first: Order, second: Order, events: Events) -> None:
    """Self-trade prevention made the leg that entered first smaller: the other one, which is not on its way yet, becomes as small.

    Where nothing is left of the first one, both end, and the second one says what it was for.
    """
    if first.total > 0:
        second.total = second.open = second.shown = first.total
        events.append(amended(second, kept_place=True))


def _fires_at_once(order: Order) -> bool:
    symbol = order.account.symbol
    return symbol.status != AUCTION and conditions_of(order).trail_bps == 0 and reached(order, symbol.last_price)


def _join(state: State, first: Order, second: Order) -> None:
    """Make each the other's sibling; only the leg that needs more keeps a lock."""
    for order in (first, second):
        if order.conditions is None:
            order.conditions = OrderConditions(0, 0, 0, 0, 0, 0)
    conditions_of(first).sibling = second
    conditions_of(second).sibling = first
    lighter = second if first.lock_per_lot >= second.lock_per_lot else first
    if lighter.level is not None:
        release(state, lighter, lighter.open)
    conditions_of(lighter).idle_lock_per_lot = lighter.lock_per_lot
    lighter.lock_per_lot = 0
