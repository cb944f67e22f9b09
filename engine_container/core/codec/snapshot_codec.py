"""The whole state as plain lists, and back: what snapshots hold and what the state hash is taken of.

Only what the log has made is in the tree, in an order that the log decides; what can be derived (indexes, counts) is built again.
"""

from __future__ import annotations

from heapq import heapify
from typing import Any, Final

from engine_container.core.balances import Balance, Rates
from engine_container.core.book import orders_of, rest
from engine_container.core.entities import BookSide, InvariantError, Order, OrderConditions, Symbol, User
from engine_container.core.funds import enter, total_of
from engine_container.core.idempotency import client_order_id_of, outlive
from engine_container.core.limits import set_band
from engine_container.core.open_orders import add_open
from engine_container.core.state import State, Switch
from engine_container.core.storage.command_memory import ABSENT
from engine_container.core.storage.remembered_command import RememberedCommand
from engine_container.core.switches import insert
from engine_container.core.trading_accounts import account_of
from engine_container.core.triggers import conditions_of, list_again

FORMAT: Final = 1

Tree = list[Any]


class TreeError(ValueError):
    """The tree is of a format that this code does not read."""


def dump(state: State) -> Tree:
    """The state between two commands."""
    users = {user_id: index for index, user_id in enumerate(state.users)}
    expiring = {(time_ms, number) for time_ms, number, order in state.expiring if state.orders.find(number) is order}
    tree = [
        FORMAT,
        state.next_seq,
        state.now_ms,
        state.rules,
        [[asset, total.units] for asset, total in state.totals.items()],
        state.totals_seq,
        state.totals_time_ms,
        [_user_row(user) for user in state.users.values()],
        [_symbol_row(state, symbol, users) for symbol in state.symbols_by_index],
        [symbol.index for symbol in state.unfinished],
        [[time_ms, number] for time_ms, number in sorted(expiring)],
        [_record_row(state.command_memory.record(row)) for row in range(state.command_memory.first, state.command_memory.end)],
        [[transfer_id, units] for transfer_id, units in state.transfers.items()],
    ]
    # what is not there keeps the form that it had before there was such a thing
    if state.switches or state.time_held or state.time_accepted_ms > 0:
        tree.append([state.time_held, state.time_accepted_ms])
    if state.switches:
        tree.append(_switch_rows(state, users))
    return tree


def _switch_rows(state: State, users: dict[bytes, int]) -> Tree:
    return [
        [switch.holder, users[switch.user.user_id], switch.symbol, switch.timeout_ms, switch.deadline_ms]
        for held in state.switches.values()
        for switch in held.values()
    ]


def load(tree: Tree) -> State:
    """The state that was dumped; raises :class:`TreeError` on an unknown format."""
    if not tree or tree[0] != FORMAT:
        raise TreeError(f"state format {tree[0] if tree else None} is not {FORMAT}")
    state = State()
    state.next_seq = tree[1]
    state.now_ms = tree[2]
    state.rules = tree[3]
    for asset, units in tree[4]:
        total_of(state, asset).units = units
    state.totals_seq = tree[5]
    state.totals_time_ms = tree[6]
    users = [_load_user(state, index, row) for index, row in enumerate(tree[7])]
    for user in users:
        enter(state, user)
    for row in tree[8]:
        symbol = _load_rules(state, row)
        state.symbols[symbol.name] = symbol
        state.symbols_by_index.append(symbol)
    for symbol in state.symbols_by_index:
        symbol.valued_by = None if symbol.quote == "USDT" else state.symbols.get(f"USDT/{symbol.quote}")
    orders: dict[int, Order] = {}
    for symbol, row in zip(state.symbols_by_index, tree[8], strict=True):
        _load_orders(state, symbol, row, users, orders)
    state.unfinished = [state.symbols_by_index[index] for index in tree[9]]
    expiring = [(int(time_ms), int(number), orders[number]) for time_ms, number in tree[10]]
    heapify(expiring)
    state.expiring = expiring
    for row in tree[11]:
        _load_record(state, row)
    for order in orders.values():
        _find_row(state, order)
    for transfer_id, units in tree[12]:
        state.transfers[transfer_id] = units
    if len(tree) > 13:
        state.time_held, state.time_accepted_ms = tree[13]
    for holder, place, name, timeout_ms, deadline_ms in tree[14] if len(tree) > 14 else []:
        insert(state, Switch(users[place], name, holder, timeout_ms, deadline_ms))
    return state


def dismantle(state: State) -> None:
    """Cut the reference cycles of a state. The engine runs without the collector of cycles, so a dropped state would otherwise stay in memory."""
    for order in state.orders.values():
        order.older = None
        order.newer = None
        order.level = None
        if order.conditions is not None:
            order.conditions.sibling = None
    for symbol in state.symbols_by_index:
        symbol.bids = BookSide()
        symbol.asks = BookSide()
        symbol.waiting = {}
        symbol.trailing = {}
        symbol.fired = []
        symbol.valued_by = None
    for user in state.users_by_index:
        user.last_account = None
        user.accounts = {}
    state.expiring = []
    state.unfinished = []
    state.moved = []
    balance = state.touched_first
    state.touched_first = None
    state.touched_last = None
    while balance is not None:  # of a command that failed
        following = balance.touched_next
        balance.touched_next = None
        balance = following


def _user_row(user: User) -> Tree:
    return [
        user.user_id,
        user.open_orders_max,
        user.open_orders_per_symbol_max,
        user.daily_notional_max,
        user.maker_fee_ppm,
        user.taker_fee_ppm,
        user.prevention,
        user.market_maker,
        user.day,
        user.day_notional,
        [[balance.total.asset, balance.available, balance.locked] for balance in user.balances.values()],
    ]


def _load_user(state: State, index: int, row: Tree) -> User:
    user = User(row[0], index)
    user.open_orders_max = row[1]
    user.open_orders_per_symbol_max = row[2]
    user.daily_notional_max = row[3]
    user.maker_fee_ppm = row[4]
    user.taker_fee_ppm = row[5]
    user.prevention = row[6]
    user.market_maker = row[7]
    user.day = row[8]
    user.day_notional = row[9]
    for asset, available, locked in row[10]:
        user.balances[asset] = Balance(user.user_id, total_of(state, asset), available, locked)
    return user


def _symbol_row(state: State, symbol: Symbol, users: dict[bytes, int]) -> Tree:
    return [
        [symbol.name, symbol.base, symbol.quote],
        [
            symbol.tick,
            symbol.lot,
            symbol.unit,
            symbol.lots_min,
            symbol.lots_max,
            symbol.notional_min,
            symbol.band_bps,
            symbol.maker_fee_ppm,
            symbol.taker_fee_ppm,
            symbol.breaker_bps,
            symbol.breaker_halt_ms,
            symbol.opens_minute,
            symbol.closes_minute,
        ],
        [symbol.status, symbol.reason, symbol.resume_ms, symbol.halted_with_all, symbol.last_price],
        [symbol.window_second, symbol.window_low, symbol.window_high, [list(entry) for entry in symbol.window]],
        [_order_row(state, order, users) for order in orders_of(symbol.bids)],
        [_order_row(state, order, users) for order in orders_of(symbol.asks)],
        [_order_row(state, order, users) for order in symbol.waiting.values()],
        [order.number for order in symbol.fired if order.conditions is not None and order.conditions.waiting],
    ]


def _load_rules(state: State, row: Tree) -> Symbol:
    symbol = Symbol(len(state.symbols_by_index), row[0][0], row[0][1], row[0][2], total_of(state, row[0][2]))
    rules = row[1]
    symbol.tick = rules[0]
    symbol.lot = rules[1]
    symbol.unit = rules[2]
    symbol.lots_min = rules[3]
    symbol.lots_max = rules[4]
    symbol.notional_min = rules[5]
    symbol.band_bps = rules[6]
    symbol.maker_fee_ppm = rules[7]
    symbol.taker_fee_ppm = rules[8]
    symbol.rates = Rates(rules[7], rules[8])
    symbol.breaker_bps = rules[9]
    symbol.breaker_halt_ms = rules[10]
    symbol.opens_minute = rules[11]
    symbol.closes_minute = rules[12]
    symbol.status, symbol.reason, symbol.resume_ms, symbol.halted_with_all, symbol.last_price = row[2]
    set_band(symbol)
    symbol.window_second = row[3][0]
    symbol.window_low = row[3][1]
    symbol.window_high = row[3][2]
    symbol.window = [(entry[0], entry[1], entry[2]) for entry in row[3][3]]
    return symbol


def _load_orders(state: State, symbol: Symbol, row: Tree, users: list[User], orders: dict[int, Order]) -> None:
    siblings: list[tuple[Order, int]] = []
    for rows, waiting in ((row[4], False), (row[5], False), (row[6], True)):
        for order_row in rows:
            order = _load_order(state, symbol, order_row, users)
            orders[order.number] = order
            add_open(state, order)
            if waiting:
                symbol.waiting[order.number] = order
                list_again(order)
            else:
                rest(order)
            if order_row[13] is not None and order_row[13][9] > 0:
                siblings.append((order, order_row[13][9]))
    for order, sibling in siblings:
        conditions_of(order).sibling = orders[sibling]
    symbol.fired = [orders[number] for number in row[7]]


def _order_row(state: State, order: Order, users: dict[bytes, int]) -> Tree:
    conditions = order.conditions
    return [
        order.number,
        order.created_ms,
        users[order.account.user.user_id],
        order.side,
        order.flags,
        order.price,
        order.total,
        order.open,
        order.shown,
        order.lock_per_lot,
        order.rates.maker_ppm,
        order.rates.taker_ppm,
        client_order_id_of(state, order),
        None
        if conditions is None
        else [
            conditions.stop,
            conditions.trail_bps,
            conditions.activation,
            conditions.extreme,
            conditions.display,
            conditions.expires_ms,
            conditions.quote_quantity,
            conditions.waiting,
            conditions.queued,
            0 if conditions.sibling is None else conditions.sibling.number,
            conditions.idle_lock_per_lot,
        ],
    ]


def _load_order(state: State, symbol: Symbol, row: Tree, users: list[User]) -> Order:
    account = account_of(state, users[row[2]], symbol.name)
    if account is None:
        raise InvariantError(f"symbol {symbol.name} is not listed")
    conditions: OrderConditions | None = None
    if row[13] is not None:
        fields = row[13]
        conditions = OrderConditions(fields[0], fields[1], fields[2], fields[4], fields[5], fields[6])
        conditions.extreme = fields[3]
        conditions.waiting = fields[7]
        conditions.queued = fields[8]
        conditions.idle_lock_per_lot = fields[10]
    order = Order(account, row[3], row[4], row[5], row[6], row[9], row[1], conditions)
    order.number = row[0]
    order.client_order_id = row[12]
    order.open = row[7]
    order.shown = row[8]
    if (account.rates.maker_ppm, account.rates.taker_ppm) != (row[10], row[11]):
        order.rates = Rates(row[10], row[11])
    return order


def _record_row(record: RememberedCommand) -> Tree:
    return [
        record.command_id,
        record.user_index,
        record.client_order_id,
        record.created_ms,
        record.number,
        record.fingerprint,
        record.quantity,
        record.price,
        record.more,
    ]


def _load_record(state: State, row: Tree) -> None:
    more: tuple[object, ...] | None = None if row[8] is None else _frozen(row[8])
    record = RememberedCommand(row[0], row[1], row[2], row[3], row[4], row[5], row[6], row[7], more)
    number = state.command_memory.keep(record, found_by_id=record.command_id != b"")
    if record.user_index >= 0 and record.client_order_id:
        state.command_memory.take_client(number)


def _frozen(value: list[Any] | tuple[Any, ...]) -> tuple[object, ...]:
    return tuple([_frozen(item) if isinstance(item, (list, tuple)) else item for item in value])


def _find_row(state: State, order: Order) -> None:
    """A client_order_id older than 24 hours whose order is open has no row of its own any more, and still stands for the order."""
    if order.client_order_id:
        order.row = state.command_memory.find_client(order.account.user.index, order.client_order_id)
        if order.row == ABSENT:
            outlive(order, order.client_order_id)
        else:
            order.client_order_id = ""
