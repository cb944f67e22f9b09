"""Whatever figures a command of the log carries, the engine answers it, and its events and snapshots can be written.

A command that is in the log cannot be taken back: one that the engine cannot answer would stop every replica at the same place, for good.
"""

from __future__ import annotations

from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from engine_container.core.codec.record import TIME_PASSED, apply_record
from engine_container.core.codec.snapshot_codec import dump
from engine_container.engine.replica import CommandRecord, Replica
from mycrypto.contracts import commands as c
from mycrypto.contracts import events as e
from mycrypto.contracts.trading import OrderType, Side, TimeInForce
from mycrypto.money import AMOUNT_UNITS_MAX, UNITS_PER_ONE

SYMBOL = "BTC/USDT"
TICK = UNITS_PER_ONE // 100
LOT = UNITS_PER_ONE // 10_000
START_MS = 1_800_000_000_000
USERS = [bytes([number]) * 16 for number in (1, 2)]

LANDMARKS = [0, 1, TICK, LOT, UNITS_PER_ONE, AMOUNT_UNITS_MAX, AMOUNT_UNITS_MAX // TICK * TICK, 2**62, 2**63 - 1, 2**64 - 1]
figures = st.one_of(
    st.sampled_from(LANDMARKS),
    st.integers(1, 10**12).map(lambda ticks: ticks * TICK),
    st.integers(-(2**63), 2**64 - 1),
)
users = st.sampled_from(USERS)
ids = st.integers(1, 10**9).map(lambda number: number.to_bytes(16, "big"))

orders = st.builds(
    c.PlaceOrder,
    ids,
    users,
    st.just(SYMBOL),
    st.sampled_from(Side),
    st.sampled_from(OrderType),
    st.sampled_from(TimeInForce),
    quantity=figures,
    price=figures,
    quote_quantity=st.one_of(st.just(0), figures),
    stop_price=st.one_of(st.just(0), figures),
    display_quantity=st.one_of(st.just(0), figures),
    trail_bps=st.one_of(st.just(0), st.integers(0, 9_999), figures),
    activation_price=st.one_of(st.just(0), figures),
    expires_ms=st.one_of(st.just(0), figures),
)
plain = st.builds(
    c.PlaceOrder, ids, users, st.just(SYMBOL), st.sampled_from(Side), st.just(OrderType.LIMIT), st.just(TimeInForce.GTC), figures, figures
)
commands = st.one_of(
    plain,
    orders,
    st.builds(c.Credit, ids, users, st.sampled_from(["BTC", "USDT", "TRY"]), figures, ids),
    st.builds(c.Debit, ids, users, st.sampled_from(["BTC", "USDT"]), figures, ids),
    st.builds(c.AmendOrder, ids, users, st.integers(0, 40), st.just(""), figures, figures),
    st.builds(c.CancelOrder, ids, users, figures),
    st.builds(c.PlaceOco, ids, orders, orders),
    st.builds(c.ReplaceOrder, ids, st.integers(0, 40), st.just(""), plain),
    st.builds(c.SetUser, ids, users, figures, figures, figures, figures, figures),
    st.builds(
        c.SetSymbol,
        ids,
        st.sampled_from([SYMBOL, "USDT/TRY"]),
        st.just("BTC"),
        st.just("USDT"),
        tick=figures,
        lot=figures,
        quantity_min=figures,
        quantity_max=figures,
        notional_min=figures,
        band_bps=st.one_of(st.just(0), figures),
        breaker_bps=st.one_of(st.just(0), st.just(1_000)),
        breaker_halt_ms=figures,
    ),
    st.builds(c.Tick, ids),
)


def listed(**rules: Any) -> list[c.Command]:
    new = (number.to_bytes(16, "little") for number in range(1, 100))
    found: list[c.Command] = [
        c.SetSymbol(next(new), SYMBOL, "BTC", "USDT", TICK, LOT, LOT, 10**6 * UNITS_PER_ONE, **rules),
    ]
    for user in USERS:
        found.append(c.SetUser(next(new), user, 0, 0, 0))
        found += [c.Credit(next(new), user, asset, 2 * 10**18, next(new)) for asset in ("BTC", "USDT")]
    return found


@given(st.lists(commands, min_size=1, max_size=30))
def test_any_figures_are_answered_and_what_follows_is_too(given_commands: list[c.Command]) -> None:
    replica = Replica(0)
    good = c.Credit(b"g" * 16, b"another user....", "EUR", 1, b"t" * 16)
    records: list[list[c.Command]] = [listed(), *([command] for command in given_commands), [c.Tick(b"")], [good]]
    batches = []
    for offset, record in enumerate(records):
        batches = replica.process(CommandRecord(offset, START_MS + offset * 10_000, c.encode_record(record)))
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(dump(replica.state))), "a snapshot can be written"
    (last,) = (e.decode_record(batch.payload) for batch in batches)
    assert [event for result in last.results for event in result.events if isinstance(event, e.TransferApplied)]
    for user in replica.state.users.values():
        assert all(balance.available >= 0 and balance.locked >= 0 for balance in user.balances.values())


@given(plain)
def test_the_short_way_and_the_general_way_draw_the_same_line(order: c.PlaceOrder) -> None:
    """The first order of a user takes the general way, the next one the fast path: both are answered alike."""
    answers = []
    for first in (True, False):
        replica = Replica(0)
        apply_record(replica.state, listed(), START_MS)
        if not first:
            warm = c.PlaceOrder(b"w" * 16, order.user_id, SYMBOL, Side.BUY, OrderType.LIMIT, TimeInForce.GTC, LOT, TICK)
            (_, _, accepted), *_ = apply_record(replica.state, [warm], START_MS)
            apply_record(replica.state, [c.CancelOrder(b"x" * 16, order.user_id, replica.state.next_seq - len(accepted))], START_MS)
        results = apply_record(replica.state, [order], START_MS)
        answers.append([event for index, _, events in results if index != TIME_PASSED for event in events])
    assert answers[0] == answers[1]
