"""What the rest of the world is told: the public topics and the books in Redis."""

from __future__ import annotations

from collections.abc import Iterator

from engine_container.publisher.envelopes import ORDER_TOPIC, TRADE_TOPIC, EnvelopeMaker
from engine_container.publisher.market_cache import book_members
from engine_container.publisher.topics import PARTITIONS, partition_of
from engine_container.views.projection import Projection
from engine_container.views.symbols import compact
from mycrypto.contracts.events import decode_record
from tests.simulation.checks.trading import Truth
from tests.simulation.world import World


def topics_are_whole(world: World, truth: Truth) -> Iterator[str]:
    """Each partition holds every envelope in order; one that came again comes with the same bytes."""
    maker = EnvelopeMaker(0)
    views = Projection(maker)
    for payload in truth.records:
        views.apply(decode_record(payload))
    wanted: dict[tuple[str, int], list[bytes]] = {(topic, each): [] for topic in (ORDER_TOPIC, TRADE_TOPIC) for each in range(PARTITIONS)}
    for message in maker.take():
        wanted[message.topic, partition_of(message.key)].append(message.value)
    for place, envelopes in wanted.items():
        published = list(dict.fromkeys(world.broker.log(place).payloads)) if place in world.broker.logs else []
        if published != envelopes:
            yield f"{place[0]} {place[1]} holds {len(published)} envelopes, the core makes {len(envelopes)}, or in another order"


def books_are_shown(world: World, truth: Truth) -> Iterator[str]:
    for symbol, book in truth.views.books.items():
        if world.redis.books.get(f"orderbook:{compact(symbol)}", {}) != book_members(book):
            yield f"Redis shows another book of {symbol} than the core has"
