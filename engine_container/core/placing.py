"""Placing an order: remembered, checked, paid for, then traded, put to rest or put to wait.

The checks run in the order of the specification: symbol and hours, combination, quantity, price, notional, band, open orders,
turnover (:mod:`engine_container.core.order_validation`); then funds, and what only the book can tell (post-only, FOK, liquidity).
"""

from __future__ import annotations

from mypy_extensions import i64

from engine_container.core.book import crosses, other_side
from engine_container.core.entities import Order, Symbol, TradingAccount, User
from engine_container.core.events import Events
from engine_container.core.execution import fillable, note_expiry, run_limit, settle_in_book
from engine_container.core.funds import lock, lock_asset, user_of
from engine_container.core.idempotency import client_record, client_taken, order_record, remember_order, take_client
from engine_container.core.market_orders import start_market
from engine_container.core.native_command import NativeCommand, order_command
from engine_container.core.open_orders import add_open
from engine_container.core.order_answers import accept, answer_again, reject
from engine_container.core.order_flags import is_conditional, is_post_only, kind_of, may_rest, time_in_force_of, with_prevention_of_account
from engine_container.core.order_validation import check_order
from engine_container.core.refusal_codes import FINE, FOK_NOT_FILLABLE, POST_ONLY_WOULD_TRADE, STOP_REACHED, UNKNOWN_SYMBOL
from engine_container.core.refusals import Refusal, insufficient_funds, order_refusal
from engine_container.core.state import RULES_OF_ORDER_OPTIONS, State
from engine_container.core.stops import fire
from engine_container.core.storage.command_memory import ABSENT
from engine_container.core.storage.packed_text import mark_of_client
from engine_container.core.trading_accounts import account_of
from engine_container.core.triggers import arm, reached
from engine_container.core.vocabulary import AUCTION, FOK, MARKET, OPEN, PENDING_TRIGGER
from mycrypto.contracts.commands import PlaceOrder


def place(state: State, command: NativeCommand, events: Events, closed: Events) -> None:
    """Carry out a PlaceOrder command."""
    user = user_of_order(state, command)
    account = user.last_account
    if account is not None and command.names(account.symbol):
        symbol: Symbol | None = account.symbol
    else:
        account = None
        symbol = state.symbols.get(command.symbol_name())
    earlier = remember_order(state, user, symbol, command, state.next_seq + events.count)
    memory = state.command_memory
    if earlier != ABSENT:
        again = order_record(state, user, symbol, command, 0)
        answer_again(user, memory.record(earlier), again, command, events)
        return
    _place(state, user, account, symbol, command, memory.end - 1, events, closed)


def place_replacement(state: State, message: PlaceOrder, replaced: Order, whole: int, events: Events, closed: Events) -> None:
    """Place the order of a ReplaceOrder command; ``whole``, the command's row in the memory, names it as the answer."""
    command = order_command(message)
    command.links = (0, int(replaced.number), int(replaced.created_ms))
    user = user_of_order(state, command)
    symbol = replaced.account.symbol
    record = order_record(state, user, symbol, command, int(state.next_seq + events.count))
    record.command_id = b""
    memory = state.command_memory
    memory.answer_with(whole, user.index, record.number, 0)
    _place(state, user, None, symbol, command, memory.keep(record, found_by_id=False), events, closed)


def user_of_order(state: State, command: NativeCommand) -> User:
    """The user that sent the order; unknown ones come into being."""
    if command.user_index >= 0:
        return state.users_by_index[command.user_index]
    user = user_of(state, command.user_id())
    command.user_index = user.index
    command.client_mark = mark_of_client(user.index, command.source, command.client_at, command.client_end)
    return user


def _place(
    state: State,
    user: User,
    account: TradingAccount | None,
    symbol: Symbol | None,
    command: NativeCommand,
    row: i64,
    events: Events,
    closed: Events,
) -> None:
    """An order that is remembered in a row, and whose client_order_id is not taken yet; ``account`` where it is known already."""
    memory = state.command_memory
    has_client_order_id = command.client_at < command.client_end
    place_of_client: i64 = ABSENT
    if has_client_order_id:
        place_of_client = memory.free_client_place(user.index, command.source, command.client_at, command.client_end, command.client_mark)
        if (place_of_client == ABSENT or user.outlived is not None) and client_taken(state, user, command.client_order_id()):
            memory.part_from_client(row)
            earlier = client_record(state, user, command.client_order_id())
            answer_again(user, earlier, order_record(state, user, symbol, command, 0), command, events)
            return
    if account is None:
        account = account_of(state, user, command.symbol_name())
    flags = with_prevention_of_account(command.flags, user.prevention)
    code: i64 = UNKNOWN_SYMBOL
    if account is not None:
        code = check_order(state, account, command, flags)
    if code != FINE or account is None:
        memory.part_from_client(row)
        reject(command, order_refusal(code, state, account, command), events)
        return
    if place_of_client != ABSENT and user.outlived is None:
        memory.put_client(command.client_mark, place_of_client, row)
    elif has_client_order_id:
        take_client(state, user, row, command.client_order_id())
    order = order_of(state, account, command, flags)
    order.row = row
    _start(state, order, command, events, closed)


def order_of(state: State, account: TradingAccount, command: NativeCommand, flags: i64) -> Order:
    """The order, not yet numbered, of a command that keeps to the rules."""
    return Order(account, command.side, flags, command.ticks, command.lots, command.lock_per_lot, state.now_ms, command.conditions)


def _start(state: State, order: Order, command: NativeCommand, events: Events, closed: Events) -> None:
    """The order kept to all rules: see to its funds, accept it and let it go its way."""
    flags = order.flags
    kind = kind_of(flags)
    if kind == MARKET:
        start_market(state, order, command, events, closed)
        return
    balance = lock_asset(order.account, order.side)
    need = order.lock_per_lot * order.open  # at most AMOUNT_MAX, as every accepted order's
    if balance.available < need:
        reject(command, insufficient_funds(balance, need), events)
        return
    if is_conditional(kind):
        if check_stop(state, order) != FINE:
            reject(command, stop_reached(order), events)
            return
        accept(state, order, command, PENDING_TRIGGER, events)
        wait(state, order, events, closed)
        return
    symbol = order.account.symbol
    meets = symbol.status != AUCTION and crosses(symbol, order.side, order.price)
    if meets or time_in_force_of(flags) == FOK:
        code = check_taker(order)
        if code != FINE:
            reject(command, taker_refusal(code, order), events)
            return
    accept(state, order, command, OPEN, events)
    if meets or not may_rest(flags):
        run_limit(state, order, events, closed)
    else:
        settle_in_book(state, order)


def check_taker(order: Order) -> i64:
    """A limit order that would meet the other side: post-only must not, and FOK must be fillable whole."""
    if is_post_only(order.flags):
        return POST_ONLY_WOULD_TRADE
    if time_in_force_of(order.flags) == FOK and fillable(order) < order.open:
        return FOK_NOT_FILLABLE
    return FINE


def taker_refusal(code: i64, order: Order) -> Refusal:
    """The document for a code of :func:`check_taker`."""
    symbol = order.account.symbol
    if code == POST_ONLY_WOULD_TRADE:
        return would_trade(order, order.price)
    return "FOK_NOT_FILLABLE", {"quantity": int(order.open * symbol.lot), "fillable": fillable(order) * int(symbol.lot)}


def check_stop(state: State, order: Order) -> i64:
    """A conditional order that wants to wait, or not to be: it must not be reached already. In an auction nothing is reached."""
    conditions = order.conditions
    if conditions is None or not conditions.refused_if_reached or state.rules < RULES_OF_ORDER_OPTIONS:
        return FINE
    symbol = order.account.symbol
    return STOP_REACHED if symbol.status != AUCTION and reached(order, symbol.last_price) else FINE


def stop_reached(order: Order) -> Refusal:
    """The document for a stop price that the last price has reached."""
    symbol = order.account.symbol
    stop = order.conditions.stop if order.conditions is not None else 0
    return "STOP_PRICE_REACHED", {"stop_price": stop * int(symbol.tick), "last_price": int(symbol.last_price * symbol.tick)}


def would_trade(order: Order, ticks: i64) -> Refusal:
    """A post-only order at a price that meets the other side."""
    symbol = order.account.symbol
    best = other_side(order).best
    best_price = abs(int(best.key)) * int(symbol.tick) if best is not None else 0
    return "POST_ONLY_WOULD_TRADE", {"price": int(ticks * symbol.tick), "best": best_price}


def wait(state: State, order: Order, events: Events, closed: Events) -> None:
    """A conditional order locks its funds and waits, unless the last price is past its trigger already."""
    lock(state, order)
    add_open(state, order)
    arm(order)
    conditions = order.conditions
    symbol = order.account.symbol
    if conditions is not None and conditions.trail_bps == 0 and symbol.status != AUCTION and reached(order, symbol.last_price):
        fire(state, order, symbol.last_price, events, closed)
        return
    note_expiry(state, order)
