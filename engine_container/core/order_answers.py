"""What an order is answered with: accepted, rejected, or the answer that it had before."""

from __future__ import annotations

from mypy_extensions import i64

from engine_container.core.entities import Order, User
from engine_container.core.events import Events
from engine_container.core.native_command import NativeCommand
from engine_container.core.refusals import Refusal
from engine_container.core.state import RULES_OF_SAFETY, State
from engine_container.core.storage.remembered_command import RememberedCommand
from engine_container.core.vocabulary import TAG_ORDER_REPEATED, TAG_REJECTED


def answer_again(user: User, earlier: RememberedCommand | None, again: RememberedCommand, command: NativeCommand, events: Events) -> None:
    """The ids were used before: the same order is answered with that order, another one is refused."""
    if (
        earlier is not None
        and earlier.user_index == user.index
        and earlier.fingerprint == again.fingerprint
        and earlier.quantity == again.quantity
        and earlier.price == again.price
        and earlier.more == again.more
        and earlier.client_order_id in {"", again.client_order_id}
    ):
        events.append((TAG_ORDER_REPEATED, earlier.number, earlier.created_ms, user.user_id))
    else:
        reject(command, ("IDEMPOTENCY_CONFLICT", {"client_order_id": again.client_order_id}), events)


def reject(command: NativeCommand, refusal: Refusal, events: Events) -> None:
    """The OrderRejected event."""
    names = (TAG_REJECTED, command.user_id(), command.client_order_id(), command.symbol_name())
    events.append((*names, *command.rejected_fields(), *refusal))


def accept(state: State, order: Order, command: NativeCommand, status: i64, events: Events) -> None:
    """The OrderAccepted event, whose number becomes the order's."""
    order.number = state.next_seq + events.count
    events.accepted(order, command, status, command.links if state.rules >= RULES_OF_SAFETY else None)
