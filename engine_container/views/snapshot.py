"""The views at a place of the event log, as a file, and back: where a process begins to read instead of at the log's beginning.

A sealed file holds MessagePack of a :class:`Cover` around the compressed :class:`Image`. The books are not in it: what orders show
makes them, less what is held back between two parts of a command's events. ``anchor`` is the hash of the record before the place, by which
a snapshot of another log is known.
"""

from __future__ import annotations

import hashlib
import zlib
from typing import Final

import msgspec

from engine_container.snapshot_store import SnapshotError, seal, unseal
from engine_container.views.balances import Balance, Balances
from engine_container.views.books import Book
from engine_container.views.held import HeldImage
from engine_container.views.minutes import Minutes, MinutesImage
from engine_container.views.observer import Observer
from engine_container.views.orders import Orders, OrdersImage
from engine_container.views.projection import Projection
from engine_container.views.trades import OwnFill, Trades, TradesImage
from mycrypto.contracts.events import SymbolChanged, UserChanged

MAGIC: Final = b"MCVIEWS\n"
FORMAT: Final = 6
"""Another one with any change of what :class:`Image` is made of, or of what the views make of events."""
_LEVEL: Final = 1
_encoder: Final = msgspec.msgpack.Encoder()


class Cover(msgspec.Struct, frozen=True, array_like=True):
    """``next_offset`` is where to read on; the history must have all up to ``evicted_seq``, which the views have forgotten."""

    format: int
    shard: int
    next_offset: int
    anchor: bytes
    watermark: int
    evicted_seq: int
    body: bytes


class Listing(msgspec.Struct, frozen=True, array_like=True):
    """A symbol with the place of its book's last change."""

    rules: SymbolChanged
    changed_ms: int
    book_seq: int
    book_time_ms: int
    minutes: MinutesImage


class Image(msgspec.Struct, frozen=True, array_like=True):
    watermark: int
    time_ms: int
    symbols: list[Listing]
    users: list[UserChanged]
    balances: dict[bytes, dict[str, Balance]]
    orders: OrdersImage
    trades: TradesImage
    rules_version: int
    between_parts: HeldImage | None
    doubted_ms: int


_covers: Final = msgspec.msgpack.Decoder(Cover)
_images: Final = msgspec.msgpack.Decoder(Image)


def views_prefix(shard: int) -> str:
    """Where in the bucket the snapshots of a shard's views are."""
    return f"views/shard-{shard}/"


def anchor_of(payload: bytes) -> bytes:
    """What tells a record from every other one at its place."""
    return hashlib.sha256(payload).digest()


def pack(views: Projection, shard: int, next_offset: int, anchor: bytes) -> bytes:
    """A snapshot file of the views between two records."""
    listings = [
        Listing(
            rules,
            views.symbols.changed_ms(name),
            views.books[name].last_seq,
            views.books[name].last_time_ms,
            views.minutes[name].image(),
        )
        for name, rules in ((rules.symbol, rules) for rules in views.symbols.all())
    ]
    image = Image(
        views.watermark,
        views.time_ms,
        listings,
        list(views.users.values()),
        views.balances.image(),
        views.orders.image(),
        views.trades.image(),
        views.rules_version,
        views.between_parts(),
        views.doubted_ms,
    )
    evicted_seq = max(views.orders.evicted_seq, views.trades.evicted_number)
    body = zlib.compress(_encoder.encode(image), _LEVEL)
    return seal(MAGIC, _encoder.encode(Cover(FORMAT, shard, next_offset, anchor, views.watermark, evicted_seq, body)))


def read_cover(file: bytes, shard: int) -> Cover:
    """What a file is a snapshot of; raises :class:`SnapshotError` unless it is whole, of this shard and of this format."""
    try:
        cover = _covers.decode(unseal(MAGIC, file))
    except msgspec.DecodeError as error:
        raise SnapshotError(f"cannot be read: {error}") from error
    if cover.format != FORMAT or cover.shard != shard:
        raise SnapshotError(f"format {cover.format} of shard {cover.shard}, not format {FORMAT} of shard {shard}")
    return cover


def unpack(cover: Cover, observer: Observer | None = None) -> Projection:
    """The views that were packed; raises :class:`SnapshotError`."""
    try:
        image = _images.decode(zlib.decompress(cover.body))
        return _views(image, observer)
    except (msgspec.DecodeError, zlib.error, KeyError) as error:
        raise SnapshotError(f"cannot be loaded: {error!r}") from error


def _views(image: Image, observer: Observer | None) -> Projection:
    views = Projection(observer)
    views.watermark = image.watermark
    views.time_ms = image.time_ms
    views.rules_version = image.rules_version
    views.doubted_ms = image.doubted_ms
    for listing in image.symbols:
        name = listing.rules.symbol
        views.symbols.put(listing.rules, listing.changed_ms)
        book = views.books[name] = Book(listing.book_time_ms or listing.changed_ms)
        book.last_seq = listing.book_seq
        views.minutes[name] = Minutes.of_image(listing.minutes)
    views.users = {user.user_id: user for user in image.users}
    views.balances = Balances.of_image(image.balances)
    views.trades = Trades.of_image(image.trades)
    views.orders = Orders.of_image(image.orders)
    for order in image.orders.orders:
        order.fills = [_shared(fill, views.trades) for fill in order.fills]
        if order.resting:
            views.books[order.symbol].sides[order.side].add(order.price, order.shown, 1)
    if image.between_parts is not None:
        views.go_on(image.between_parts)
    return views


def _shared(fill: OwnFill, trades: Trades) -> OwnFill:
    """A fill of the record that the trades hold, so that it is in memory once."""
    record = trades.get(fill.record.number)
    return fill if record is None else OwnFill(record, fill.is_maker)
