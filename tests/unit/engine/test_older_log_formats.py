"""A log of an older format replays as it happened: fields that did not exist yet have their defaults, and every event is the same byte for byte.

``recorded/commands-v1.gz`` is a log of format 1 as the first writers wrote it, without the fields that have defaults: 1,509 commands of every kind. It is
never recorded again. A change of rules does not apply to it: the log holds no SetRules command.
"""

from __future__ import annotations

import gzip
import hashlib
from pathlib import Path

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


RECORDED = Path(__file__).parent / "recorded" / "commands-v1.gz"
ITS_EVENTS = "1f42c84a0d9eafcdb0c5dce859a832457bedbf0c861d26fa984497e946d61e61"
"""SHA-256 of all event records."""


def test_a_recorded_log_of_the_first_format_gives_the_events_that_it_gave_then() -> None:
    records: list[tuple[int, bytes]] = msgspec.msgpack.decode(gzip.decompress(RECORDED.read_bytes()), type=list[tuple[int, bytes]])
    replica = Replica(0)
    digest = hashlib.sha256()
    for offset, (time_ms, payload) in enumerate(records):
        for batch in replica.process(CommandRecord(offset, time_ms, payload)):
            digest.update(batch.payload)
    assert (replica.commands, replica.refused_records, replica.state.next_seq) == (1_509, 0, 4_217)
    assert digest.hexdigest() == ITS_EVENTS


@pytest.mark.parametrize("version", [0, c.FORMAT_VERSION + 1])
def test_a_record_of_an_unknown_format_is_passed_over(version: int) -> None:
    replica = Replica(0)
    assert replica.process(CommandRecord(0, 1, msgspec.msgpack.encode((version, [])))) == []
    assert replica.refused_records == 1
    assert replica.next_offset == 1
