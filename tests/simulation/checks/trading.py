"""The logs, the answers, the views and the snapshots against a replay of the command log."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from engine_container.engine.replica import CommandRecord, Replica
from engine_container.engine.snapshots import state_hash, unpack
from engine_container.logs.feed import Feed
from engine_container.snapshot_store import SnapshotError
from engine_container.views.projection import Projection
from mycrypto.contracts import commands as c
from mycrypto.contracts import events as e
from mycrypto.contracts.events import decode_record
from mycrypto.contracts.trading import OrderStatus
from tests.simulation.broker import Broker
from tests.simulation.bucket import Bucket
from tests.simulation.clients import Memory
from tests.simulation.parts import ENGINE_PREFIX

OPEN = (OrderStatus.OPEN, OrderStatus.PARTIALLY_FILLED)


class Truth:
    """The core fed with the command log by this check alone: its state, its event records, each event by number, and their views."""

    def __init__(self, broker: Broker, saved: Bucket) -> None:
        self.replica = Replica(0)
        self.records: list[bytes] = []
        self.events: dict[int, e.Event] = {}
        self.views = Projection()
        self.hashes: dict[int, str] = {}
        """Of the state at the places of the engines' snapshots."""
        wanted = {int(name.partition(".")[0]) for name in saved.files.get(ENGINE_PREFIX, {})}
        log = broker.commands
        for offset, payload in enumerate(log.payloads):
            if offset in wanted:
                self.hashes[offset] = state_hash(self.replica.state)
            self.records += [batch.payload for batch in self.replica.process(CommandRecord(offset, log.times[offset], payload))]
        if len(log) in wanted:
            self.hashes[len(log)] = state_hash(self.replica.state)
        for payload in self.records:
            record = decode_record(payload)
            self.views.apply(record)
            self.events.update((seq, event) for seq, _, event in record.numbered())

    @property
    def end(self) -> int:
        """The number of the last event."""
        return int(self.replica.state.next_seq) - 1


def announcements_were_true(feed: Feed) -> Iterator[str]:
    """What a gateway was told before it was on the event log, the log has borne out."""
    if feed.contradicted:
        yield "a gateway was told an outcome that the event log contradicts"


def event_log_is_the_replay(broker: Broker, truth: Truth) -> Iterator[str]:
    """Without holes, each event as the core makes it; records may come again."""
    wanted = {decode_record(payload).first_seq: payload for payload in truth.records}
    next_seq = 1
    for offset, payload in enumerate(broker.events.payloads):
        record = decode_record(payload)
        if record.first_seq > next_seq:
            yield f"events {next_seq} to {record.first_seq - 1} are missing before offset {offset}"
        if wanted.get(record.first_seq) != payload:
            yield f"offset {offset}: the record of event {record.first_seq} is not what the core makes"
        next_seq = max(next_seq, record.next_seq)
    if next_seq != truth.end + 1:
        yield f"the event log ends before event {next_seq}, the core is before {truth.end + 1}"


def answers_are_true(broker: Broker, memory: Memory, truth: Truth) -> Iterator[str]:
    appended: dict[str, float] = {}
    for offset, payload in enumerate(broker.commands.payloads):
        for command in c.decode_record(payload):
            if isinstance(command, c.PlaceOrder):
                appended.setdefault(command.client_order_id, broker.commands.arrived[offset])
    for first, events in memory.answers:
        for place, event in enumerate(events):
            if truth.events.get(first + place) != event:
                yield f"the answer of event {first + place} is not what the core says of it"
    for name, number in memory.placed.items():
        order = truth.views.orders.get(number)
        if order is None or order.client_order_id != name:
            yield f"order {name} was acknowledged as {number} and is lost"
    for number in memory.ended:
        order = truth.views.orders.get(number)
        if order is not None and order.status in OPEN:
            yield f"order {number} was cancelled and is open"
    for name in sorted(memory.undone & appended.keys()):
        yield f"order {name} was answered as not done and is on the command log"
    for name, asked in memory.missing:
        if appended.get(name, asked) < asked:
            yield f"order {name} was answered 404 {asked - appended[name]:.3f} s after it came onto the command log"


def no_order_twice(truth: Truth) -> Iterator[str]:
    names: set[tuple[bytes, str]] = set()
    for order in truth.views.orders.all():
        key = (order.user_id, order.client_order_id)
        if key in names:
            yield f"order {order.client_order_id} is there twice"
        names.add(key)


def views_are_the_core(views: Projection, truth: Truth) -> Iterator[str]:
    if views.watermark != truth.end:
        yield f"the views are at event {views.watermark}, the core is at {truth.end}"
    for what, image in (("orders", _orders), ("balances", _balances), ("books", _books)):
        if image(views) != image(truth.views):
            yield f"the views' {what} are not those of the core's events"
    for user_id, user in truth.replica.state.users.items():
        shown = views.balances.of(user_id)
        for asset, balance in user.balances.items():
            if balance.available < 0 or balance.locked < 0:
                yield f"a negative balance of {asset}"
            if balance.available + balance.locked and asset not in shown:
                yield f"the views do not show the core's balance of {asset}"
            elif asset in shown and (balance.available, balance.locked) != (shown[asset].available, shown[asset].locked):
                yield f"the views' balance of {asset} is not the core's"


def snapshots_are_the_core(bucket: Bucket, truth: Truth) -> Iterator[str]:
    """Each that verifies is the state of its place, and the event log holds its events."""
    for name, content in bucket.files.get(ENGINE_PREFIX, {}).items():
        try:
            _, snapshot = unpack(content, 0)
        except SnapshotError:
            continue  # damaged by a fault: passed over at a start
        if snapshot.state_hash != truth.hashes.get(snapshot.next_offset):
            yield f"engine snapshot {name} is not the state of its place"


def _orders(views: Projection) -> Any:
    return sorted((o.number, o.client_order_id, o.status, o.filled, o.quantity, o.price, o.updated_seq) for o in views.orders.all())


def _balances(views: Projection) -> Any:
    return views.balances.image()


def _books(views: Projection) -> Any:
    return {symbol: (book.bids.top(50), book.asks.top(50)) for symbol, book in views.books.items()}
