"""The state machine: ``apply(state, command, time) -> events``, a pure function of what came before.

Time is the log's. It never goes back, and it is moved on by :func:`advance` before the commands of a record are applied: what has
come due by then (expiries, the end of halts and auctions, ids to forget) happens before any of them.
"""

from __future__ import annotations

from typing import Any, Final

from engine_container.core.amending import amend
from engine_container.core.cancelling import cancel_all, cancel_order
from engine_container.core.entities import RULES_LATEST, Event, State
from engine_container.core.expiry import expire
from engine_container.core.finishing import finished
from engine_container.core.funds import credit, debit, report_totals
from engine_container.core.idempotency import answered, forget_old, remember_command
from engine_container.core.limits import set_band
from engine_container.core.oco import place_oco
from engine_container.core.placing import place
from engine_container.core.quick import cancel_plain, place_plain
from engine_container.core.replacing import replace
from engine_container.core.stops import cascade, go_on
from engine_container.core.symbols import end_statuses, halt_all, resume_all, set_status, set_symbol
from engine_container.core.users import set_user
from engine_container.core.vocabulary import REMEMBERED_MS, TAG_REFUSED, TAG_RULES
from mycrypto.contracts.commands import (
    AmendOrder,
    CancelAll,
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

Result = tuple[int, bytes, list[Event]]
"""What a command came to: its place in the record, its id, its events."""

TIME_PASSED: Final = -1
"""The place of what came due before the record's commands: it answers no command."""

_PLACE: Final = PlaceOrder
_CANCEL: Final = CancelOrder
_fields_of: Final = fields_of
"""Final names are constants of the compiled module; the imported ones are looked up in its dictionary at every use."""


def advance(state: State, time_ms: int) -> list[Event]:
    """Move the time on (never back) and do what has come due."""
    _move_on(state, time_ms)
    now_ms = state.now_ms
    expiring = state.expiring
    due = bool(expiring) and expiring[0][0] <= now_ms
    records = state.records
    start = state.records_start
    if start < len(records) and records[start].created_ms + REMEMBERED_MS <= now_ms:
        forget_old(state)
    if not due and not state.timed:
        return []
    events: list[Event] = []
    closed: list[Event] = []
    state.serial += 1
    if due:
        expire(state, closed)
    if state.timed:
        end_statuses(state, events, closed)
    return finished(state, events, closed)


def _move_on(state: State, time_ms: int) -> None:
    if time_ms > state.now_ms:
        state.now_ms = time_ms
        state.now = time_ms


def apply(state: State, command: Command, time_ms: int) -> list[Event]:
    """Carry out one command at a log time; its events in the order that the contract promises."""
    _move_on(state, time_ms)
    done: list[Event] | None = None
    kind = type(command)
    fields: tuple[Any, ...] = ()
    if kind is _PLACE:
        fields = _fields_of(command)
        if not state.unfinished:
            done = place_plain(state, fields)
    elif kind is _CANCEL:
        fields = _fields_of(command)
        if not state.unfinished:
            done = cancel_plain(state, fields)
    if done is not None:
        return done
    events: list[Event] = []
    closed: list[Event] = []
    state.serial += 1
    if state.unfinished:
        go_on(state, events, closed)
    if kind is _PLACE:
        place(state, fields, events, closed)
    elif kind is _CANCEL:
        cancel_order(state, fields, events, closed)
    else:
        _apply_other(state, command, events, closed)
    return finished(state, events, closed)


def apply_record(state: State, commands: list[Command], time_ms: int) -> list[Result]:
    """Advance to the record's time and carry out its commands; the results that have events."""
    results: list[Result] = []
    due = advance(state, time_ms)
    if due:
        results.append((TIME_PASSED, b"", due))
    now: Any = state.now
    for index, command in enumerate(commands):
        events = apply(state, command, now)
        if events:
            results.append((index, command.command_id, events))
    return results


def run(state: State, command: Command, time_ms: int) -> list[Event]:
    """Advance and apply in one, for callers without records."""
    return advance(state, time_ms) + apply(state, command, time_ms)


def observe_print(state: State, name: str, price: int) -> list[Event]:
    """A price in units traded outside: waiting orders see it as if it had traded here (for scenarios and imports)."""
    symbol = state.symbols[name]
    events: list[Event] = []
    closed: list[Event] = []
    state.serial += 1
    symbol.last_price = price // symbol.tick
    set_band(symbol)
    if symbol.waiting:
        symbol.prints.append(symbol.last_price)
        cascade(state, symbol, events, closed)
    return finished(state, events, closed)


def _apply_other(state: State, command: Command, events: list[Event], closed: list[Event]) -> None:
    if isinstance(command, Tick):
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


def _set_rules(state: State, command: SetRules, events: list[Event]) -> None:
    content = fields_of(command)
    if answered(state, command.command_id, content, events):
        return
    remember_command(state, command.command_id, content)
    if not state.rules <= command.version <= RULES_LATEST:
        events.append((TAG_REFUSED, "VALIDATION_ERROR", {"field": "version", "current": state.rules, "latest": RULES_LATEST}))
        return
    state.rules = command.version
    events.append((TAG_RULES, command.version))
