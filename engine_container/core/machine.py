"""The state machine: ``apply(state, command, time) -> events``, a pure function of what came before.

Time is the log's. It never goes back, and it is moved on by :func:`advance` before the commands of a record are applied: what has
come due by then (expiries, the end of halts and auctions, ids to forget) happens before any of them.
"""

from __future__ import annotations

from engine_container.core.amending import amend
from engine_container.core.cancelling import cancel_all, cancel_order
from engine_container.core.clock import accept, hear_tick, is_doubtful, move_on
from engine_container.core.completion import complete
from engine_container.core.entities import Event
from engine_container.core.events import Events
from engine_container.core.expiry import DEAD_KEPT, compact, expire
from engine_container.core.funds import credit, debit, report_totals
from engine_container.core.idempotency import answered, forget_old, remember_command
from engine_container.core.limits import set_band
from engine_container.core.native_command import NativeCommand, cancel_command, order_command
from engine_container.core.oco import place_oco
from engine_container.core.placing import place
from engine_container.core.replacing import replace
from engine_container.core.state import RULES_OF_SAFETY, State
from engine_container.core.stops import cascade, go_on
from engine_container.core.switches import cancel_all_after, is_due, run_out
from engine_container.core.symbols import end_statuses, halt_all, resume_all, set_status, set_symbol
from engine_container.core.users import set_user
from engine_container.core.vocabulary import AMOUNT_MAX, REMEMBERED_MS, TAG_REFUSED, TAG_RULES
from mycrypto.contracts.commands import (
    RULES_LATEST,
    AcceptTime,
    AmendOrder,
    CancelAll,
    CancelAllAfter,
    CancelOrder,
    Command,
    Credit,
    Debit,
    Halt,
    PlaceOco,
    PlaceOrder,
    ReplaceOrder,
    Resume,
    SetRules,
    SetStatus,
    SetSymbol,
    SetUser,
    Tick,
    fields_of,
)


def advance(state: State, time_ms: int) -> list[Event]:
    """Move the time on (never back) and do what has come due."""
    told = move_on(state, time_ms)
    now_ms = state.now_ms
    expiring = state.expiring
    due = bool(expiring) and expiring[0][0] <= now_ms
    memory = state.command_memory
    if memory.first < memory.end and memory.created_ms(memory.first) + REMEMBERED_MS <= now_ms:
        forget_old(state)
    if len(expiring) > 2 * state.orders.count + DEAD_KEPT:
        compact(state)
    switched = bool(state.switches) and is_due(state)
    if not due and not state.timed and not switched and told is None:
        return []
    events = Events()
    closed = Events()
    state.serial += 1
    if told is not None:
        events.append(told)
    _do_what_is_due(state, events, closed)
    complete(state, events, closed)
    return events.rows


def _do_what_is_due(state: State, events: Events, closed: Events) -> None:
    if state.expiring:
        expire(state, closed)
    if state.switches and is_due(state):
        run_out(state, events, closed)
    if state.timed:
        end_statuses(state, events, closed)


def pass_over(state: State, time_ms: int) -> list[Event]:
    """Move the time on, and leave undone what has come due: it fails."""
    told = move_on(state, time_ms)
    if told is None:
        return []
    events = Events()
    events.append(told)
    complete(state, events, Events())
    return events.rows


def apply(state: State, command: Command, time_ms: int) -> list[Event]:
    """Carry out one command at a log time; its events in the order that the contract promises."""
    if time_ms > int(state.now_ms) and not state.time_held and not is_doubtful(state, time_ms):
        state.now_ms = time_ms
    events = Events()
    closed = Events()
    if isinstance(command, PlaceOrder):
        place_order(state, order_command(command), events, closed)
    elif isinstance(command, CancelOrder):
        cancel_one(state, cancel_command(command), events, closed)
    else:
        state.serial += 1
        if state.unfinished:
            go_on(state, events, closed)
        _apply_other(state, command, time_ms, events, closed)
        complete(state, events, closed)
    return events.rows


def place_order(state: State, command: NativeCommand, events: Events, closed: Events) -> None:
    """Carry out an order from beginning to end; ``events`` and ``closed`` are empty lists of one kind."""
    state.serial += 1
    if state.unfinished:
        go_on(state, events, closed)
    place(state, command, events, closed)
    complete(state, events, closed)


def cancel_one(state: State, command: NativeCommand, events: Events, closed: Events) -> None:
    """Carry out the cancel of one order from beginning to end; ``events`` and ``closed`` are empty lists of one kind."""
    state.serial += 1
    if state.unfinished:
        go_on(state, events, closed)
    # a cancel tells nothing before the orders that it closes, so they need no list of their own
    cancel_order(state, command, events, closed if closed.count or state.moved else events)
    complete(state, events, closed)


def run(state: State, command: Command, time_ms: int) -> list[Event]:
    """Advance and apply in one, for callers without records."""
    return advance(state, time_ms) + apply(state, command, time_ms)


def observe_print(state: State, name: str, price: int) -> list[Event]:
    """A price in units traded outside: waiting orders see it as if it had traded here (for scenarios and imports)."""
    symbol = state.symbols[name]
    events = Events()
    closed = Events()
    state.serial += 1
    symbol.last_price = price // symbol.tick
    set_band(symbol)
    if symbol.waiting:
        symbol.prints.append(symbol.last_price)
        cascade(state, symbol, events, closed)
    complete(state, events, closed)
    return events.rows


def _apply_other(state: State, command: Command, time_ms: int, events: Events, closed: Events) -> None:
    if isinstance(command, Tick):
        if 0 < command.sent_ms <= AMOUNT_MAX and hear_tick(state, command.sent_ms, time_ms, events):
            _do_what_is_due(state, events, closed)
        report_totals(state, events)
    elif isinstance(command, Credit):
        credit(state, command.user_id, command.asset, command.amount, command.transfer_id, events)
    elif isinstance(command, Debit):
        debit(state, command.user_id, command.asset, command.amount, command.transfer_id, events)
    elif isinstance(command, AmendOrder):
        amend(state, command, events, closed)
    elif isinstance(command, ReplaceOrder):
        replace(state, command, events, closed)
    elif isinstance(command, CancelAll):
        cancel_all(state, command, events, closed)
    elif isinstance(command, CancelAllAfter):
        cancel_all_after(state, command, events)
    elif isinstance(command, PlaceOco):
        place_oco(state, command, events, closed)
    elif isinstance(command, SetSymbol):
        set_symbol(state, command, events)
    elif isinstance(command, SetStatus):
        set_status(state, command, events, closed)
    elif isinstance(command, SetUser):
        set_user(state, command, events)
    elif isinstance(command, Halt):
        halt_all(state, command, events, closed)
    elif isinstance(command, Resume):
        resume_all(state, command, events)
    elif isinstance(command, SetRules):
        _set_rules(state, command, events)
    elif isinstance(command, AcceptTime):
        _accept_time(state, command, time_ms, events, closed)


def _accept_time(state: State, command: AcceptTime, time_ms: int, events: Events, closed: Events) -> None:
    content = fields_of(command)
    if answered(state, command.command_id, content, events):
        return
    moved = False
    if state.rules < RULES_OF_SAFETY or not int(state.now_ms) < command.until_ms <= AMOUNT_MAX:
        events.append((TAG_REFUSED, "VALIDATION_ERROR", {"field": "until", "expected": "a time to come (from version 3 of the rules on)"}))
    else:
        moved = accept(state, command.until_ms, command.actor_id, time_ms, events)
    remember_command(state, command.command_id, content)  # at the new time, or it would be forgotten at once
    if moved:
        _do_what_is_due(state, events, closed)


def _set_rules(state: State, command: SetRules, events: Events) -> None:
    content = fields_of(command)
    if answered(state, command.command_id, content, events):
        return
    remember_command(state, command.command_id, content)
    if not int(state.rules) <= command.version <= RULES_LATEST:
        events.append((TAG_REFUSED, "VALIDATION_ERROR", {"field": "version", "current": state.rules, "latest": RULES_LATEST}))
        return
    state.rules = command.version
    events.append((TAG_RULES, command.version))
