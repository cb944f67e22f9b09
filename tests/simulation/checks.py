"""What must hold at the end of every history, each as a function that names what is wrong."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from engine_container.engine.replica import Replica
from engine_container.views.projection import Projection
from mycrypto.contracts import commands as c
from mycrypto.contracts.events import decode_record
from mycrypto.contracts.trading import OrderStatus
from tests.simulation.broker import Broker
from tests.simulation.clients import FUNDS, TRADERS, Memory, user_of

OPEN = (OrderStatus.OPEN, OrderStatus.PARTIALLY_FILLED)


def replay(broker: Broker) -> tuple[Replica, list[bytes]]:
    """The core fed with the command log by nobody but us, and its event records."""
    replica = Replica(0)
    return replica, [batch.payload for record in broker.commands for batch in replica.process(record)]


def event_log_is_the_replay(broker: Broker, expected: list[bytes]) -> Iterator[str]:
    """Without holes, each event as the core makes it; records may come again."""
    wanted = {decode_record(payload).first_seq: payload for payload in expected}
    next_seq = 1
    for offset, payload in enumerate(broker.events):
        record = decode_record(payload)
        if record.first_seq > next_seq:
            yield f"events {next_seq} to {record.first_seq - 1} are missing before offset {offset}"
        if wanted.get(record.first_seq) != payload:
            yield f"offset {offset}: the record of event {record.first_seq} is not what the core makes"
        next_seq = max(next_seq, record.next_seq)
    if expected and next_seq != (end := decode_record(expected[-1]).next_seq):
        yield f"the event log ends before event {next_seq}, the core is before {end}"


def answers_are_true(broker: Broker, memory: Memory, truth: Projection) -> Iterator[str]:
    appended: dict[str, int] = {}
    for record in broker.commands:
        for command in c.decode_record(record.payload):
            if isinstance(command, c.PlaceOrder):
                appended.setdefault(command.client_order_id, record.time_ms)
    for name, number in memory.placed.items():
        order = truth.orders.get(number)
        if order is None or order.client_order_id != name:
            yield f"order {name} was acknowledged as {number} and is lost"
    for number in memory.ended:
        order = truth.orders.get(number)
        if order is not None and order.status in OPEN:
            yield f"order {number} was cancelled and is open"
    for name in memory.undone & appended.keys():
        yield f"order {name} was answered as not done and is on the command log"
    for name, asked_ms in memory.missing:
        if appended.get(name, asked_ms) < asked_ms:
            yield f"order {name} was answered 404 {asked_ms - appended[name]} ms after it came onto the command log"


def views_are_the_core(views: Projection, truth: Projection, replica: Replica) -> Iterator[str]:
    if views.watermark != replica.state.next_seq - 1:
        yield f"the views are at event {views.watermark}, the core is at {replica.state.next_seq - 1}"
    for what, image in (("orders", _orders), ("balances", _balances), ("books", _books)):
        if image(views) != image(truth):
            yield f"the views' {what} are not those of the core's events"
    for user_id, user in replica.state.users.items():
        shown = views.balances.of(user_id)
        for asset, balance in user.balances.items():
            if balance.available + balance.locked and asset not in shown:
                yield f"the views do not show the core's balance of {asset}"
            elif asset in shown and (balance.available, balance.locked) != (shown[asset].available, shown[asset].locked):
                yield f"the views' balance of {asset} is not the core's"


def balances_add_up(replica: Replica) -> Iterator[str]:
    """No fees are taken in these histories, so that what was credited is what there is."""
    for asset in ("BTC", "USDT"):
        total = 0
        for user in replica.state.users.values():
            balance = user.balances.get(asset)
            if balance is not None:
                if balance.available < 0 or balance.locked < 0:
                    yield f"a negative balance of {asset}"
                total += balance.available + balance.locked
        if total != (wanted := FUNDS * len(TRADERS)):
            yield f"{total} {asset} where {wanted} were credited"


def truth_of(expected: list[bytes]) -> Projection:
    views = Projection()
    for payload in expected:
        views.apply(decode_record(payload))
    return views


def _orders(views: Projection) -> Any:
    return sorted((o.number, o.client_order_id, o.status, o.filled, o.quantity, o.price, o.updated_seq) for o in views.orders.all())


def _balances(views: Projection) -> Any:
    return views.balances.image()


def _books(views: Projection) -> Any:
    resting: dict[tuple[str, int, int], int] = {}
    for order in views.orders.all():
        if order.resting:
            key = (order.symbol, int(order.side), order.price)
            resting[key] = resting.get(key, 0) + order.shown
    return resting


def setup_commands() -> list[c.Command]:
    """A market without fees and traders with money."""
    lot = UNIT_LOT
    funding: list[c.Command] = [c.SetSymbol(b"s" * 16, "BTC/USDT", "BTC", "USDT", 10**6, lot, lot, 10**12)]
    for number in TRADERS:
        for place, asset in enumerate(("BTC", "USDT")):
            name = bytes([number, place]) * 8
            funding.append(c.Credit(name, user_of(number), asset, FUNDS, name))
    return funding


UNIT_LOT = 10**5
