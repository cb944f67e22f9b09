"""Dead man's switches: a user's orders are cancelled unless the switch is renewed in time.

A switch belongs to a user, for all symbols or for one, or to a holder: a gateway that holds it for the sessions that asked for it, and renews it
while it lives. The time is the log's. While the log is silent (the broker or every engine is away) no switch can be renewed. After a silence of
more than ``SILENCE_MS`` every switch therefore has its whole time again, counted from the first record after the silence.
"""

from __future__ import annotations

from typing import Final

from engine_container.core.closing import cancel
from engine_container.core.entities import User
from engine_container.core.events import Events
from engine_container.core.funds import user_of
from engine_container.core.idempotency import answered, remember_command
from engine_container.core.open_orders import orders_of_user
from engine_container.core.state import NO_SWITCH_MS, State, Switch
from engine_container.core.statuses import is_frozen
from engine_container.core.vocabulary import TAG_REFUSED, TAG_SWITCH
from mycrypto.contracts.commands import CANCEL_AFTER_MS_MAX, CANCEL_AFTER_MS_MIN, CancelAllAfter, fields_of

SILENCE_MS: Final = 5_000
"""An active engine writes a tick every second; what is longer than this was an outage."""
OWN: Final = b""
"""The holder of users' own switches."""
REASON: Final = "CANCEL_ALL_AFTER"


def cancel_all_after(state: State, command: CancelAllAfter, events: Events) -> None:
    """Carry out a CancelAllAfter command."""
    if command.renews:
        _renew(state, command, events)
        return
    content = fields_of(command)
    if answered(state, command.command_id, content, events):
        return
    remember_command(state, command.command_id, content)
    timeout_ms = command.timeout_ms
    if timeout_ms != 0 and not CANCEL_AFTER_MS_MIN <= timeout_ms <= CANCEL_AFTER_MS_MAX:
        expected = f"0, or {CANCEL_AFTER_MS_MIN} to {CANCEL_AFTER_MS_MAX}"
        events.append((TAG_REFUSED, "VALIDATION_ERROR", {"field": "timeout_ms", "expected": expected}))
        return
    if command.symbol and command.symbol not in state.symbols:
        events.append((TAG_REFUSED, "ORDER_001", {"symbol": command.symbol}))
        return
    user = user_of(state, command.user_id)
    if timeout_ms == 0:
        _remove(state, command.holder, user, command.symbol)
        events.append((TAG_SWITCH, user.user_id, command.symbol, 0, False))
        return
    switch = Switch(user, command.symbol, command.holder, timeout_ms, int(state.now_ms) + timeout_ms)
    insert(state, switch)
    events.append((TAG_SWITCH, user.user_id, command.symbol, switch.deadline_ms, False))


def insert(state: State, switch: Switch) -> None:
    """Put a switch in its place, or in that of the same one before."""
    if not state.switches:
        state.switches_seen_ms = state.now_ms
    held = state.switches.setdefault(switch.holder, {})
    held[switch.user.user_id, switch.symbol] = switch
    state.switches_due_ms = min(int(state.switches_due_ms), switch.deadline_ms)


def _remove(state: State, holder: bytes, user: User, symbol: str) -> None:
    held = state.switches.get(holder)
    if held is not None and held.pop((user.user_id, symbol), None) is not None and not held:
        del state.switches[holder]


def _renew(state: State, command: CancelAllAfter, events: Events) -> None:
    """Every switch of a holder has its whole time again. It sets none, so a renewal that comes late, or twice, can do no harm: it is not remembered."""
    deadline_ms = 0
    for switch in state.switches.get(command.holder, {}).values():
        switch.deadline_ms = int(state.now_ms) + switch.timeout_ms
        deadline_ms = switch.deadline_ms
    events.append((TAG_SWITCH, b"", "", deadline_ms, False))


def is_due(state: State) -> bool:
    """Whether a switch has run out at this time of the log. Call it whenever the time has moved on."""
    now_ms = int(state.now_ms)
    silent = now_ms - int(state.switches_seen_ms) > SILENCE_MS
    state.switches_seen_ms = state.now_ms
    if silent:
        for held in state.switches.values():
            for switch in held.values():
                switch.deadline_ms = now_ms + switch.timeout_ms
    if now_ms < int(state.switches_due_ms):
        return False
    deadlines = [switch.deadline_ms for held in state.switches.values() for switch in held.values()]
    state.switches_due_ms = min(deadlines, default=NO_SWITCH_MS)  # renewals had left it behind
    return now_ms >= int(state.switches_due_ms)


def run_out(state: State, events: Events, closed: Events) -> None:
    """Cancel the orders of every switch that has run out, in order of their times. It is gone then."""
    now_ms = int(state.now_ms)
    due = [switch for held in state.switches.values() for switch in held.values() if switch.deadline_ms <= now_ms]
    due.sort(key=_deadline)
    for switch in due:
        _remove(state, switch.holder, switch.user, switch.symbol)
        events.append((TAG_SWITCH, switch.user.user_id, switch.symbol, 0, True))
        for order in orders_of_user(state, switch.user):
            if state.orders.find(order.number) is not order:
                continue  # the other leg of an OCO that went before
            if is_frozen(order.account.symbol):
                continue
            if not switch.symbol or order.account.symbol.name == switch.symbol:
                cancel(state, order, REASON, closed)
    state.switches_due_ms = 0  # to be worked out at the next look
    if not state.switches:
        state.switches_due_ms = NO_SWITCH_MS


def _deadline(switch: Switch) -> int:
    return switch.deadline_ms
