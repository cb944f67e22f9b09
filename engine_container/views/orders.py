"""Orders: every live one, and finished ones until the history has them."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, ValuesView
from typing import Final

import msgspec
from msgspec.structs import astuple

from engine_container.views.trades import OwnFill
from mycrypto.contracts.events import OrderAccepted, OrderRejected
from mycrypto.contracts.trading import FINAL_STATUSES, OrderStatus, OrderType, Side, TimeInForce

_NO_ORDERS: Final[dict[int, Order]] = {}
_REJECTED: Final = OrderStatus.REJECTED
"""A constant, because to name a member of an enumeration runs Python code every time (in 3.11)."""


class Order(msgspec.Struct, gc=False, array_like=True):
    """An order as it stands now. Prices, quantities, fees and values are units of 10^-8; times epoch milliseconds, 0 for 'not yet'.

    Snapshots hold the fields in this order: a change of them is a change of their format.
    """

    number: int
    created_ms: int
    user_id: bytes
    client_order_id: str
    symbol: str
    side: Side
    type: OrderType
    time_in_force: TimeInForce
    quantity: int
    price: int
    quote_quantity: int
    post_only: bool
    stop_price: int
    display_quantity: int
    trail_bps: int
    activation_price: int
    expires_ms: int
    status: OrderStatus
    oco: int = 0
    """Number of the other order of its OCO."""
    replaces: int = 0
    """Number of the order that was cancelled for it."""
    replaces_created_ms: int = 0
    updated_ms: int = 0
    updated_seq: int = 0
    filled: int = 0
    value: int = 0
    """Sum of price x quantity over the fills, in quote units."""
    fee: int = 0
    shown: int = 0
    """What the book shows of it at ``price``."""
    resting: bool = False
    triggered_ms: int = 0
    closed_ms: int = 0
    reason: str = ""
    code: str = ""
    """Why it was rejected (error catalogue), with ``details``."""
    details: dict[str, int | str] | None = None
    fills: list[OwnFill] = []

    @property
    def is_final(self) -> bool:
        return self.status in FINAL_STATUSES

    @property
    def remaining(self) -> int:
        """Base units still open; 0 for an order given by its quote quantity."""
        return max(self.quantity - self.filled, 0)

    @property
    def is_whole(self) -> bool:
        """Whether a fill took the last of it, so that the order closes with the same result; one by its quote quantity says so only then."""
        return self.quantity > 0 and self.filled >= self.quantity


def from_accepted(number: int, time_ms: int, event: OrderAccepted) -> Order:
    """The event's fields are the order's, from the user to the status."""
    fields = astuple(event)
    return Order(number, time_ms, *fields, time_ms, number, fills=[])  # type: ignore[call-arg, misc] # mypy does not know the length of fields


def from_rejected(number: int, time_ms: int, event: OrderRejected) -> Order:
    """A refusal does not repeat what has nothing to do with its reason."""
    asked = OrderAccepted(
        event.user_id,
        event.client_order_id,
        event.symbol,
        event.side,
        event.type,
        event.time_in_force,
        event.quantity,
        event.price,
        event.quote_quantity,
        post_only=False,
        stop_price=event.stop_price,
        display_quantity=0,
        trail_bps=0,
        activation_price=0,
        expires_ms=0,
        status=OrderStatus.REJECTED,
    )
    order = from_accepted(number, time_ms, asked)
    order.closed_ms = time_ms
    order.reason = order.code = event.code
    order.details = event.details
    return order


class OrdersImage(msgspec.Struct, frozen=True, array_like=True):
    """What :class:`Orders` knows. ``finished`` are numbers in the order of finishing, ``unnamed`` those whose client_order_id is another
    order's.
    """

    orders: list[Order]
    finished: list[int]
    unnamed: list[int]
    evicted_seq: int


class Orders:
    """Finds orders by number, by user, and by the user's own name for them."""

    def __init__(self) -> None:
        self._by_number: dict[int, Order] = {}
        self._by_user: dict[bytes, dict[int, Order]] = {}
        self._by_client_id: dict[tuple[bytes, str], Order] = {}
        self._finished: deque[Order] = deque()
        self.evicted_seq = 0
        """Orders that finished up to this event may be missing here; the history has them."""

    def __len__(self) -> int:
        return len(self._by_number)

    @property
    def live(self) -> int:
        return len(self._by_number) - len(self._finished)

    def image(self) -> OrdersImage:
        names = self._by_client_id
        unnamed = [o.number for o in self.all() if o.client_order_id and names.get((o.user_id, o.client_order_id)) is not o]
        return OrdersImage(list(self.all()), [order.number for order in self._finished], unnamed, self.evicted_seq)

    @staticmethod
    def of_image(image: OrdersImage) -> Orders:
        """Orders that know the same. Raises ``KeyError`` if the image names an order that it does not hold."""
        found = Orders()
        unnamed = frozenset(image.unnamed)
        for order in image.orders:
            found._by_number[order.number] = order
            found._by_user.setdefault(order.user_id, {})[order.number] = order
            if order.client_order_id and order.number not in unnamed:
                found._by_client_id[order.user_id, order.client_order_id] = order
        found._finished.extend(found._by_number[number] for number in image.finished)
        found.evicted_seq = image.evicted_seq
        return found

    def put(self, order: Order) -> None:
        """A new order. A refused one takes a client_order_id only where no accepted order bears it."""
        self._by_number[order.number] = order
        own = self._by_user.get(order.user_id)
        if own is None:
            own = self._by_user[order.user_id] = {}
        own[order.number] = order
        rejected = order.status is _REJECTED
        if order.client_order_id:
            key = (order.user_id, order.client_order_id)
            if not rejected or self._by_client_id.get(key, order).status is _REJECTED:
                self._by_client_id[key] = order
        if rejected:
            self._finished.append(order)

    def finish(self, order: Order) -> None:
        """The order has just become final."""
        self._finished.append(order)

    def get(self, number: int) -> Order | None:
        return self._by_number.get(number)

    def by_client_id(self, user_id: bytes, client_order_id: str) -> Order | None:
        return self._by_client_id.get((user_id, client_order_id))

    def of(self, user_id: bytes) -> ValuesView[Order]:
        """A user's orders, oldest first."""
        return self._by_user.get(user_id, _NO_ORDERS).values()

    def all(self) -> Iterable[Order]:
        return self._by_number.values()

    def evict(self, through_seq: int, before_ms: int) -> int:
        """Forget orders that finished up to this event (the history has them) and before this time; returns how many went."""
        finished = self._finished
        count = 0
        while finished and finished[0].updated_seq <= through_seq and finished[0].closed_ms < before_ms:
            order = finished.popleft()
            self._forget(order)
            self.evicted_seq = order.updated_seq
            count += 1
        return count

    def _forget(self, order: Order) -> None:
        del self._by_number[order.number]
        own = self._by_user[order.user_id]
        del own[order.number]
        if not own:
            del self._by_user[order.user_id]
        key = (order.user_id, order.client_order_id)
        if self._by_client_id.get(key) is order:
            del self._by_client_id[key]
