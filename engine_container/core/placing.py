"""Placing an order: checked, remembered, paid for, then traded, put to rest or put to wait.

The checks run in the order of the specification: symbol and hours, combination, quantity, price, notional, band, open orders,
turnover; then the ids are taken; then funds, and what only the book can tell (post-only, FOK, liquidity).
"""

from __future__ import annotations

from typing import Any, Final

from engine_container.core.book import other_side
from engine_container.core.depth import UNBOUNDED, reach
from engine_container.core.entities import RULES_OF_SAFETY, RULES_WITH_ALL_FIGURES, Details, Order, State, User
from engine_container.core.events import Events
from engine_container.core.execution import limit_key_of, market_reach, note_expiry, run_limit, run_market, settle_in_book
from engine_container.core.funds import lock, lock_asset, shortage, user_of
from engine_container.core.idempotency import client_record, client_taken, earlier_command, take_client
from engine_container.core.limits import Refusal, is_conditional
from engine_container.core.open_orders import add_open
from engine_container.core.order_validation import order_from
from engine_container.core.stops import fire
from engine_container.core.storage.command_memory import RememberedCommand
from engine_container.core.triggers import arm, reached
from engine_container.core.vocabulary import (
    AUCTION,
    BUY,
    FOK,
    MARKET,
    OPEN,
    PENDING_TRIGGER,
    TAG_ACCEPTED,
    TAG_ORDER_REPEATED,
    TAG_REJECTED,
    may_rest,
)
from mycrypto.contracts.commands import PlaceOrder, fields_of

Fields = tuple[Any, ...]
"""The fields of a PlaceOrder in the order of the contract, command id first; after them, where there are any, the links that OrderAccepted tells."""

_FIELDS: Final = 17


def place(state: State, fields: Fields, events: Events, closed: Events) -> None:
    """Carry out a PlaceOrder command, given by its fields."""
    user = user_of(state, fields[1])
    record = record_of(state, user, fields, events)
    earlier = earlier_command(state, record.command_id)
    if earlier is not None:
        answer_again(user, earlier, record, fields, events)
        return
    _place(state, user, fields, record, state.command_memory.keep(record, found_by_id=True), events, closed)


def place_replacement(state: State, command: PlaceOrder, replaced: Order, whole: int, events: Events, closed: Events) -> None:
    """Place the order of a ReplaceOrder command; ``whole``, the command's row in the memory, names it as the answer."""
    fields: Fields = (*fields_of(command), 0, int(replaced.number), int(replaced.created_ms))
    user = user_of(state, fields[1])
    record = record_of(state, user, fields, events)
    state.command_memory.answer_with(whole, user.index, record.number, 0)
    record.command_id = b""
    _place(state, user, fields, record, state.command_memory.keep(record, found_by_id=False), events, closed)


def _place(state: State, user: User, fields: Fields, record: RememberedCommand, row: int, events: Events, closed: Events) -> None:
    client_order_id = record.client_order_id
    if client_order_id and client_taken(state, user, client_order_id):
        state.command_memory.part_from_client(row)
        answer_again(user, client_record(state, user, client_order_id), record, fields, events)
        return
    order = order_from(state, user, fields)
    if isinstance(order, tuple):
        state.command_memory.part_from_client(row)
        reject(fields, order, events)
        return
    if client_order_id:
        take_client(state, user, row, client_order_id)
    order.row = row
    begin(state, order, fields, events, closed)


def record_of(state: State, user: User, fields: Fields, events: Events) -> RememberedCommand:
    """What to remember of the command; the next event's number answers for it."""
    fingerprint: int = fields[3] | (fields[4] << 1) | (fields[5] << 4) | (fields[11] << 7)
    if fields[10]:
        fingerprint |= 1024
    more: tuple[object, ...] | None = None
    if fields[9] or fields[12] or fields[13] or fields[14] or fields[15] or fields[16]:
        more = (fields[9], fields[12], fields[13], fields[14], fields[15], fields[16])
    account = user.accounts.get(fields[2])
    if account is not None:
        fingerprint |= account.symbol.index << 11
    else:
        symbol = state.symbols.get(fields[2])
        if symbol is not None:
            fingerprint |= symbol.index << 11
        else:
            more = (fields[2], *fields[9:])
    return RememberedCommand(
        fields[0], user.index, fields[8], state.now_ms, state.next_seq + events.count, fingerprint, fields[6], fields[7], more
    )


def answer_again(user: User, earlier: RememberedCommand | None, record: RememberedCommand, fields: Fields, events: Events) -> None:
    """The ids were used before: the same order is answered with that order, another one is refused."""
    if (
        earlier is not None
        and earlier.user_index == user.index
        and earlier.fingerprint == record.fingerprint
        and earlier.quantity == record.quantity
        and earlier.price == record.price
        and earlier.more == record.more
        and earlier.client_order_id in {"", fields[8]}
    ):
        events.append((TAG_ORDER_REPEATED, earlier.number, earlier.created_ms, user.user_id))
    else:
        reject(fields, ("IDEMPOTENCY_CONFLICT", {"client_order_id": fields[8]}), events)


def reject(fields: Fields, refusal: Refusal, events: Events) -> None:
    """The OrderRejected event."""
    code, details = refusal
    events.append(
        (
            TAG_REJECTED,
            fields[1],
            fields[8],
            fields[2],
            fields[3],
            fields[4],
            fields[5],
            fields[6],
            fields[7],
            fields[9],
            fields[12],
            code,
            details,
        )
    )


def accept(state: State, order: Order, fields: Fields, status: int, events: Events) -> None:
    """The OrderAccepted event, whose number becomes the order's."""
    order.number = state.next_seq + events.count
    side: int = fields[3]
    kind: int = fields[4]
    time_in_force: int = fields[5]
    links: Fields = fields[_FIELDS:] if state.rules >= RULES_OF_SAFETY else ()
    events.append(
        (
            TAG_ACCEPTED,
            order.account.user.user_id,
            fields[8],
            order.account.symbol.name,
            side,
            kind,
            time_in_force,
            fields[6],
            fields[7],
            fields[9],
            fields[10],
            fields[12],
            fields[13],
            fields[14],
            fields[15],
            fields[16],
            status,
            *links,
        )
    )


def begin(state: State, order: Order, fields: Fields, events: Events, closed: Events) -> None:
    """The order kept to all rules: see to its funds, accept it and let it go its way."""
    kind = order.flags & 7
    if kind == MARKET:
        _begin_market(state, order, fields, events, closed)
        return
    account = order.account
    balance = account.quote if order.side == BUY else account.base
    need = order.lock_per_lot * order.open  # at most AMOUNT_MAX, as every accepted order's
    if balance.available < need:
        reject(fields, ("WALLET_001", shortage(balance, need)), events)
        return
    if is_conditional(kind):
        accept(state, order, fields, PENDING_TRIGGER, events)
        wait(state, order, events, closed)
        return
    symbol = account.symbol
    best = symbol.asks.best if order.side == BUY else symbol.bids.best
    crosses = best is not None and best.key >= (-order.price if order.side == BUY else order.price) and symbol.status != AUCTION
    if crosses or (order.flags >> 3) & 7 == FOK:
        refusal = taker_refusal(order)
        if refusal is not None:
            reject(fields, refusal, events)
            return
        accept(state, order, fields, OPEN, events)
        run_limit(state, order, events, closed)
        return
    accept(state, order, fields, OPEN, events)
    if may_rest(order.flags):
        settle_in_book(state, order)
    else:
        run_limit(state, order, events, closed)


def taker_refusal(order: Order) -> Refusal | None:
    """A limit order that would meet the other side: post-only must not, and FOK must be fillable whole."""
    symbol = order.account.symbol
    if (order.flags >> 9) & 1:
        best = other_side(order).best
        price = abs(int(best.key)) * int(symbol.tick) if best is not None else 0
        return "POST_ONLY_WOULD_TRADE", {"price": int(order.price * symbol.tick), "best": price}
    if (order.flags >> 3) & 7 == FOK:
        limit_key = limit_key_of(order.side, order.price)
        found = reach(
            other_side(order), order.account, order.rates.taker_ppm, (order.flags >> 6) & 7, limit_key, order.open, UNBOUNDED, UNBOUNDED
        )
        if found.lots < order.open:
            return "FOK_NOT_FILLABLE", {"quantity": int(order.open * symbol.lot), "fillable": found.lots * int(symbol.lot)}
    return None


def _begin_market(state: State, order: Order, fields: Fields, events: Events, closed: Events) -> None:
    symbol = order.account.symbol
    found = market_reach(order, order.rates.taker_ppm, UNBOUNDED)
    side = other_side(order)
    by_value = order.conditions is not None and order.conditions.quote_quantity > 0
    if side.best is None:
        reject(fields, ("NO_LIQUIDITY", {"symbol": symbol.name}), events)
        return
    if by_value and found.lots == 0 and not found.exhausted:
        least = abs(int(side.best.key)) * int(symbol.unit)
        reject(fields, ("MIN_NOTIONAL", {"required": least, "notional": fields[9]}), events)
        return
    if (order.flags >> 3) & 7 == FOK and (found.exhausted if by_value else found.lots < order.open):
        details: Details = {"fillable": found.lots * int(symbol.lot)}
        if state.rules >= RULES_WITH_ALL_FIGURES:
            details["quote_quantity" if by_value else "quantity"] = fields[9] if by_value else fields[6]
        reject(fields, ("FOK_NOT_FILLABLE", details), events)
        return
    balance = lock_asset(order.account, order.side)
    need = found.cost if order.side == BUY else (found.lots if by_value else int(order.open)) * int(symbol.lot)
    if int(balance.available) < need:
        reject(fields, ("WALLET_001", shortage(balance, need)), events)
        return
    accept(state, order, fields, OPEN, events)
    run_market(state, order, found, events, closed)


def wait(state: State, order: Order, events: Events, closed: Events) -> None:
    """A conditional order locks its funds and waits, unless the last price is past its trigger already."""
    lock(state, order)
    add_open(state, order)
    arm(order)
    conditions = order.conditions
    if (
        conditions is not None
        and conditions.trail_bps == 0
        and order.account.symbol.status != AUCTION
        and reached(order, order.account.symbol.last_price)
    ):
        fire(state, order, order.account.symbol.last_price, events, closed)
        return
    note_expiry(state, order)
