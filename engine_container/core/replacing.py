"""Cancel-replace in one command: if the cancel is refused nothing is placed."""

from __future__ import annotations

from engine_container.core.cancelling import find, missing
from engine_container.core.closing import cancel
from engine_container.core.events import Events
from engine_container.core.funds import user_of
from engine_container.core.idempotency import answered, remember_command
from engine_container.core.placing import place_replacement
from engine_container.core.state import State
from engine_container.core.vocabulary import TAG_REFUSED
from mycrypto.contracts.commands import ReplaceOrder, content_of


def replace(state: State, command: ReplaceOrder, events: Events, closed: Events) -> None:
    """Carry out a ReplaceOrder command. The cancelled order's funds are free for the new one."""
    replacement = command.replacement
    content = (command.order_number, command.client_order_id, content_of(replacement))
    if answered(state, command.command_id, content, events):
        return
    record = remember_command(state, command.command_id, content)
    user = user_of(state, replacement.user_id)
    order = find(state, user, command.order_number, command.client_order_id)
    if order is None:
        events.append(missing(state, user, command.order_number, command.client_order_id))
        return
    if order.account.symbol.name != replacement.symbol:
        events.append((TAG_REFUSED, "INVALID_ORDER", {"reason": "the replacement must be on the same symbol"}))
        return
    cancel(state, order, "REPLACED", closed)
    place_replacement(state, replacement, order, record, events, closed)
