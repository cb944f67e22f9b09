"""A record that was written before a field existed replays as it was meant: the field has its default."""

from __future__ import annotations

import msgspec
import pytest

from engine_container.engine.replica import CommandRecord, Replica
from mycrypto.contracts import commands as c
from mycrypto.contracts import events as e
from mycrypto.contracts.trading import OrderType, Side, TimeInForce
from mycrypto.money import UNITS_PER_ONE

ANN = b"a" * 16
TICK = UNITS_PER_ONE // 100
LOT = UNITS_PER_ONE // 10_000


def shortened(command: c.Command, fields: int) -> list[object]:
    """The command as an older writer had it: its tag and its first fields."""
    row: list[object] = msgspec.msgpack.decode(msgspec.msgpack.encode(command))
    return row[: 1 + fields]


def test_commands_without_their_later_fields_give_the_same_events() -> None:
    full: list[c.Command] = [
        c.SetSymbol(b"1" * 16, "BTC/USDT", "BTC", "USDT", TICK, LOT, LOT, UNITS_PER_ONE),
        c.Credit(b"2" * 16, ANN, "USDT", 10**12, b"t" * 16),
        c.PlaceOrder(b"3" * 16, ANN, "BTC/USDT", Side.BUY, OrderType.LIMIT, TimeInForce.GTC, LOT, 50_000 * UNITS_PER_ONE, "mine"),
        c.CancelOrder(b"4" * 16, ANN, 4),
        c.SetUser(b"5" * 16, ANN),
    ]
    older = [shortened(full[0], 8), shortened(full[1], 5), shortened(full[2], 9), shortened(full[3], 3), shortened(full[4], 2)]
    new, old = Replica(0), Replica(0)
    made = new.process(CommandRecord(0, 1_800_000_000_000, c.encode_record(full)))
    again = old.process(CommandRecord(0, 1_800_000_000_000, msgspec.msgpack.encode((c.FORMAT_VERSION, older))))
    assert again == made
    assert old.refused_records == 0
    assert [type(event) for _, _, event in e.decode_record(made[0].payload).numbered()][-2:] == [e.BalanceChanged, e.UserChanged]


@pytest.mark.parametrize("version", [0, c.FORMAT_VERSION + 1])
def test_a_record_of_an_unknown_format_is_passed_over(version: int) -> None:
    replica = Replica(0)
    assert replica.process(CommandRecord(0, 1, msgspec.msgpack.encode((version, [])))) == []
    assert replica.refused_records == 1
    assert replica.next_offset == 1
