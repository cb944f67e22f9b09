"""From bytes to bytes is the same machine: whatever a record holds, its events are those of the decoded commands, byte for byte, and so is the state."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine_container.core.codec.command_reader import CANCEL, OTHER, PLACE, CommandReader
from engine_container.core.codec.record import apply_packed, apply_record
from engine_container.core.codec.snapshot_codec import dump, load
from engine_container.core.order_flags import is_post_only, prevention_of, time_in_force_of
from engine_container.core.state import State
from engine_container.core.vocabulary import REMEMBERED_MS
from mycrypto.contracts import commands as c
from mycrypto.contracts.trading import OrderType, SelfTradePrevention, Side, TimeInForce
from mycrypto.money import UNITS_PER_ONE
from tests.property.test_core_against_naive import LOT, START_MS, SYMBOL, TICK, USERS, Pair, rules
from tests.property.test_core_long_flows import Flow

CLIENT_IDS = ["", "", "mine", "a" * 31, "b" * 32, "c" * 100, "d" * 101, "e" * 300, "ü", "1234567", "12345678"]


class Recorded(Pair):
    """A core that commands are tried on, which keeps them with their times."""

    def __init__(self, band_bps: int, seed: int) -> None:
        self.log: list[tuple[int, c.Command]] = []
        self.flow = Flow(seed)
        super().__init__(band_bps)

    def both(self, step: Any) -> None:
        draw = self.flow.random
        command = self.command(step)
        if isinstance(command, c.PlaceOrder):
            client_order_id = draw.choice(CLIENT_IDS)
            command = msgspec.structs.replace(
                command, client_order_id=client_order_id and client_order_id + draw.choice(["", "", "x", "y"])
            )
        if self.log and draw.random() < 0.05:  # an id that was used before, with the same content or another
            before = draw.choice(self.log)[1]
            command = before if draw.random() < 0.5 else msgspec.structs.replace(command, command_id=before.command_id)
        first = self.state.next_seq
        for number, event in enumerate(self.core(command), first):
            self.note(number, event)

    def core(self, command: Any) -> list[Any]:
        self.log.append((self.now, command))
        return super().core(command)


def records_of(log: list[tuple[int, c.Command]], longest: int) -> list[tuple[int, list[c.Command]]]:
    """Commands of one moment together, so many at most."""
    records: list[tuple[int, list[c.Command]]] = []
    for now, command in log:
        if not records or records[-1][0] != now or len(records[-1][1]) == longest:
            records.append((now, []))
        records[-1][1].append(command)
    return records


def expect_the_same(records: list[tuple[int, list[c.Command]]]) -> State:
    by_rows, by_bytes = State(), State()
    for now, commands in records:
        payload = c.encode_record(commands)
        results = apply_record(by_rows, c.decode_record(payload), now)
        count, packed = apply_packed(by_bytes, payload, now)
        assert count == len(commands)
        assert packed == (msgspec.msgpack.encode(results) if results else b"")
        assert by_bytes.next_seq == by_rows.next_seq
    assert dump(by_bytes) == dump(by_rows)
    assert dump(load(dump(by_bytes))) == dump(by_bytes)
    return by_bytes


@pytest.mark.parametrize("seed", range(12))
def test_long_flows(seed: int) -> None:
    recorded = Recorded([0, 15, 1_000][seed % 3], seed)
    for user in USERS:
        recorded.both(c.Credit(b"", user, "BTC", 200 * LOT, b""))
        recorded.both(c.Credit(b"", user, "USDT", 40 * UNITS_PER_ONE, b""))
    for step in range(400):
        if step % 3 == 0:
            recorded.now += recorded.flow.random.randint(0, 5)
        if step % 150 == 149:
            recorded.now += REMEMBERED_MS - 3
        recorded.both(recorded.flow.step(recorded))
    expect_the_same(records_of(recorded.log, [1, 7, 40][seed % 3]))


def plain(
    number: int, user: bytes, side: Side, ticks: int, lots: int, tif: TimeInForce = TimeInForce.GTC, client: str = ""
) -> c.PlaceOrder:
    return c.PlaceOrder(number.to_bytes(16, "big"), user, SYMBOL, side, OrderType.LIMIT, tif, lots * LOT, ticks * TICK, client)


def funded(*users: bytes) -> list[c.Command]:
    found: list[c.Command] = [msgspec.structs.replace(rules(0), quantity_max=100_000 * LOT)]
    for place, user in enumerate(users):
        for asset in ("BTC", "USDT"):
            unique = bytes([place + 1]) * 15 + asset[:1].encode()
            found.append(c.Credit(unique, user, asset, 10**12, unique))
            found.append(c.SetUser(unique[::-1], user, 0, 0, 0))
    return found


def test_more_events_than_the_head_of_a_short_array_can_tell() -> None:
    """A taker that meets 40,000 makers has more than 2^16 events."""
    makers, taker = USERS[0], USERS[1]
    records = [(START_MS, funded(makers, taker))]
    sells: list[c.Command] = [plain(n + 1_000, makers, Side.SELL, 10_000, 1) for n in range(40_000)]
    records += [(START_MS, sells[place : place + 1_000]) for place in range(0, 40_000, 1_000)]
    records.append((START_MS, [plain(1, taker, Side.BUY, 9_000, 1), plain(2, taker, Side.BUY, 10_000, 20)]))
    records.append((START_MS, [plain(3, taker, Side.BUY, 10_000, 39_000)]))
    records.append((START_MS, [plain(4, taker, Side.BUY, 10_000, 3_000)]))
    before = expect_the_same(records[:-2]).next_seq
    assert expect_the_same(records[:-1]).next_seq - before > 2**16
    expect_the_same(records)


@pytest.mark.parametrize("tif", [TimeInForce.GTC, TimeInForce.IOC])
@pytest.mark.parametrize("client", CLIENT_IDS)
def test_what_is_plain_is_found(tif: TimeInForce, client: str) -> None:
    order = plain(7, USERS[0], Side.SELL, 10_000, 3, tif, client)
    stop = msgspec.structs.replace(order, type=OrderType.STOP_LIMIT, stop_price=TICK)
    reader = CommandReader()
    reader.read(c.encode_record([c.CancelOrder(b"c" * 16, USERS[1], 2**40), order, stop, c.Tick(b"t")]))
    assert reader.count == 4
    shown = reader.command
    assert reader.show(0) == CANCEL
    assert (shown.order_number, shown.client_order_id()) == (2**40, "")
    can_be_plain = client.isascii() and len(client) < 256
    assert reader.show(1) == (PLACE if can_be_plain else OTHER)
    if can_be_plain:
        assert (shown.side, time_in_force_of(shown.flags), shown.quantity, shown.price) == (1, tif, order.quantity, order.price)
        assert shown.client_order_id() == client
    assert [reader.show(2), reader.show(3)] == [OTHER, OTHER]
    assert c.decode_record(reader.alone(2)) == [stop]


figures = st.one_of(st.integers(0, 300), st.sampled_from([2**n + d for n in (7, 8, 15, 16, 31, 32, 63) for d in (-1, 0)] + [2**64 - 1]))


@settings(max_examples=400, deadline=None)
@given(figures, figures, st.integers(0, 5), st.booleans(), st.text(max_size=40))
def test_whatever_is_read_as_plain_is_that_command(quantity: int, price: int, mode: int, post_only: bool, client: str) -> None:
    order = c.PlaceOrder(
        b"c" * 16,
        b"u" * 16,
        SYMBOL,
        Side.BUY,
        OrderType.LIMIT,
        TimeInForce.GTC,
        quantity,
        price,
        client,
        0,
        post_only,
        SelfTradePrevention(mode),
    )
    cancel = c.CancelOrder(b"c" * 16, b"u" * 16, quantity)
    reader = CommandReader()
    reader.read(c.encode_record([order, cancel]))
    assert reader.count == 2
    shown = reader.command
    if reader.show(0) == PLACE:
        assert (shown.quantity, shown.price, prevention_of(shown.flags)) == (quantity, price, mode)
        assert (is_post_only(shown.flags), shown.client_order_id()) == (post_only, client)
    else:
        assert max(quantity, price) >= 2**63 or not client.isascii() or mode == SelfTradePrevention.ALLOW
    if reader.show(1) == CANCEL:
        assert shown.order_number == quantity
    else:
        assert quantity >= 2**63


@settings(max_examples=400, deadline=None)
@given(st.data())
def test_a_damaged_record_is_read_as_the_decoder_reads_it_or_refused(data: st.DataObject) -> None:
    start = funded(*USERS)
    order, cancel = plain(900, USERS[0], Side.SELL, 10_000, 3, client="mine"), c.CancelOrder(b"c" * 16, USERS[0], 2_000)
    first = plain(901, USERS[0], Side.SELL, 10_001, 3)
    payload = bytearray(c.encode_record([order, cancel, order]))
    for _ in range(data.draw(st.integers(1, 3))):
        payload[data.draw(st.integers(0, len(payload) - 1))] = data.draw(st.integers(0, 255))
    if data.draw(st.booleans()):
        del payload[data.draw(st.integers(0, len(payload) - 1)) :]
    by_rows, by_bytes = State(), State()
    for state in (by_rows, by_bytes):
        apply_record(state, [*start, first], START_MS)
    try:
        commands = c.decode_record(bytes(payload))
    except msgspec.DecodeError:
        before = dump(by_bytes)
        with pytest.raises(msgspec.DecodeError):
            apply_packed(by_bytes, bytes(payload), START_MS + 1)
        assert dump(by_bytes) == before
        return
    results = apply_record(by_rows, commands, START_MS + 1)
    assert apply_packed(by_bytes, bytes(payload), START_MS + 1) == (len(commands), msgspec.msgpack.encode(results) if results else b"")
    assert dump(by_bytes) == dump(by_rows)
