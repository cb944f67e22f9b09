"""Money: locks, releases, transfers in and out, and the report of what a command changed.

The engine is the only one that may lock or spend a spot balance. What is locked is at every moment exactly what the open orders
need: ``lock_per_lot`` times the open lots of each.
"""

from __future__ import annotations

from mypy_extensions import i64

from engine_container.core.balances import Balance, Total
from engine_container.core.entities import Details, InvariantError, Order, Symbol, TradingAccount, User
from engine_container.core.events import Events
from engine_container.core.fees import fee
from engine_container.core.limits import product
from engine_container.core.state import RULES_WITH_ALL_FIGURES, State
from engine_container.core.storage.uuid_table import ID_LENGTH, high_of, low_of
from engine_container.core.vocabulary import (
    AMOUNT_MAX,
    BUY,
    TAG_TOTALS,
    TAG_TRANSFER,
    TAG_TRANSFER_REFUSED,
    TOTAL_MAX,
)

TOTALS_EVERY_EVENTS = 10_000
TOTALS_EVERY_MS = 10_000


def touch(state: State, balance: Balance) -> None:
    """Note that this command changed the balance."""
    if balance.touched == state.serial:
        return
    balance.touched = state.serial
    last = state.touched_last
    if last is None:
        state.touched_first = balance
    else:
        last.touched_next = balance
    state.touched_last = balance


def report(state: State, events: Events) -> None:
    """BalanceChanged for everything the command touched."""
    balance = state.touched_first
    state.touched_first = None
    state.touched_last = None
    while balance is not None:
        if balance.available < 0 or balance.locked < 0:
            raise_negative(balance)
        events.balance(balance)
        following = balance.touched_next
        balance.touched_next = None
        balance = following


def raise_negative(balance: Balance) -> None:
    """A balance cannot be below zero. Apart, because a function that calls into Python costs every call of it, whether it comes to that or not."""
    raise InvariantError(f"negative balance of {balance.total.asset}: {balance.available} available, {balance.locked} locked")


def user_of(state: State, user_id: bytes) -> User:
    """The user with this id; unknown ones come into being, without money."""
    user = state.users.get(user_id)
    if user is None:
        user = User(user_id, len(state.users_by_index))
        enter(state, user)
    return user


def enter(state: State, user: User) -> None:
    """Make the user known to the state."""
    if len(user.user_id) == ID_LENGTH:
        state.user_indexes.add(high_of(user.user_id), low_of(user.user_id), len(state.users_by_index))
    state.users[user.user_id] = user
    state.users_by_index.append(user)


def balance_of(state: State, user: User, asset: str) -> Balance:
    """The user's balance in the asset, nothing at first."""
    balance = user.balances.get(asset)
    if balance is None:
        balance = Balance(user.user_id, total_of(state, asset), 0, 0)
        user.balances[asset] = balance
    return balance


def total_of(state: State, asset: str) -> Total:
    """What all users together have of the asset, nothing at first."""
    total = state.totals.get(asset)
    if total is None:
        total = Total(asset)
        state.totals[asset] = total
    return total


def lock_asset(account: TradingAccount, side: i64) -> Balance:
    """The balance that an order of this side locks: quote for a BUY, base for a SELL."""
    return account.quote if side == BUY else account.base


def lock_per_lot(symbol: Symbol, side: i64, price: i64, highest_ppm: i64) -> i64:
    """Units to lock for one lot: for a BUY its value at ``price`` ticks and the highest fee, had every lot a fill of its own.

    A value beyond AMOUNT_MAX comes back without a fee: no order is worth so much.
    """
    if side == BUY:
        value = product(price, symbol.unit)
        return value if value > AMOUNT_MAX else value + fee(value, highest_ppm)
    return symbol.lot


def lock(state: State, order: Order) -> None:
    """Move what the open order needs from available to locked. The caller has checked that it is available."""
    need = order.lock_per_lot * order.open
    balance = order.account.quote if order.side == BUY else order.account.base
    balance.available -= need
    balance.locked += need
    touch(state, balance)


def release(state: State, order: Order, lots: i64) -> None:
    """Free what ``lots`` of the order have locked."""
    freed = order.lock_per_lot * lots
    balance = order.account.quote if order.side == BUY else order.account.base
    balance.available += freed
    balance.locked -= freed
    touch(state, balance)


def credit(state: State, user_id: bytes, asset: str, amount: int, transfer_id: bytes, events: Events) -> None:
    """Money from the wallet; once per transfer id, for ever. No more than the logs' integers hold of one asset."""
    if _answered_before(state, user_id, asset, amount, amount, transfer_id, events):
        return
    total = state.totals.get(asset)
    room = TOTAL_MAX - (int(total.units) if total is not None else 0)
    if amount <= 0 or amount > room or not asset:
        _refuse(user_id, asset, amount, transfer_id, "INVALID_AMOUNT", {"amount": amount, "maximum": room}, events)
        return
    _apply(state, user_id, asset, amount, transfer_id, events)


def debit(state: State, user_id: bytes, asset: str, amount: int, transfer_id: bytes, events: Events) -> None:
    """Money to the wallet, if the available balance covers it. A refusal is remembered too: asked again, the answer is the same."""
    if _answered_before(state, user_id, asset, amount, -amount, transfer_id, events):
        return
    if amount <= 0 or not asset:
        _refuse(user_id, asset, amount, transfer_id, "INVALID_AMOUNT", {"amount": amount}, events)
        return
    available = _available(state, user_id, asset)
    if available < amount:
        state.transfers[transfer_id] = 0
        details: Details = {"asset": asset, "required": amount, "available": available}
        _refuse(user_id, asset, amount, transfer_id, "WALLET_001", details, events)
        return
    _apply(state, user_id, asset, -amount, transfer_id, events)


def _apply(state: State, user_id: bytes, asset: str, change: int, transfer_id: bytes, events: Events) -> None:
    balance = balance_of(state, user_of(state, user_id), asset)
    balance.available += change
    touch(state, balance)
    balance.total.units += change
    state.transfers[transfer_id] = change
    events.append((TAG_TRANSFER, transfer_id, user_id, asset, change, False))


def _answered_before(state: State, user_id: bytes, asset: str, amount: int, change: int, transfer_id: bytes, events: Events) -> bool:
    before = state.transfers.get(transfer_id)
    if before is None:
        return False
    if before == change:
        events.append((TAG_TRANSFER, transfer_id, user_id, asset, change, True))
    elif before == 0 and change < 0:
        details: Details = {"asset": asset, "required": amount}
        if state.rules >= RULES_WITH_ALL_FIGURES:
            details["available"] = _available(state, user_id, asset)
        _refuse(user_id, asset, amount, transfer_id, "WALLET_001", details, events)
    else:
        _refuse(user_id, asset, amount, transfer_id, "IDEMPOTENCY_CONFLICT", {"amount": amount}, events)
    return True


def _available(state: State, user_id: bytes, asset: str) -> int:
    user = state.users.get(user_id)
    balance = user.balances.get(asset) if user is not None else None
    return int(balance.available) if balance is not None else 0


def _refuse(user_id: bytes, asset: str, amount: int, transfer_id: bytes, code: str, details: Details, events: Events) -> None:
    events.append((TAG_TRANSFER_REFUSED, transfer_id, user_id, asset, amount, code, details))


def report_totals(state: State, events: Events) -> None:
    """Totals per asset, every so many events or so much time, for the ledger to compare with its own."""
    passed = state.next_seq + events.count - state.totals_seq
    if passed >= TOTALS_EVERY_EVENTS or (passed > 0 and state.now_ms - state.totals_time_ms >= TOTALS_EVERY_MS):
        events.append((TAG_TOTALS, {asset: total.units for asset, total in state.totals.items()}))
        state.totals_seq = state.next_seq + events.count
        state.totals_time_ms = state.now_ms
