import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mycrypto.contracts import commands, events
from mycrypto.contracts.trading import OrderType, Side, TimeInForce

PLACE = commands.PlaceOrder(b"c" * 16, b"u" * 16, "BTC/USDT", Side.BUY, OrderType.LIMIT, TimeInForce.GTC, 10_000, 4_250_000_000_000)


def test_a_record_gives_back_its_commands() -> None:
    sent: list[commands.Command] = [PLACE, commands.Tick(b"t" * 16), commands.CancelAll(b"a" * 16, b"u" * 16, side=Side.SELL)]
    assert commands.decode_record(commands.encode_record(sent)) == sent


def test_an_older_record_with_fewer_fields_is_still_read() -> None:
    short = [1, b"c" * 16, b"u" * 16, "BTC/USDT", 0, 0, 0, 10_000, 4_250_000_000_000]
    assert commands.decode_record(msgspec.msgpack.encode([commands.FORMAT_VERSION, [short]])) == [PLACE]


def test_an_unknown_version_is_refused() -> None:
    with pytest.raises(ValueError, match="version 9"):
        commands.decode_record(msgspec.msgpack.encode([9, []]))


@given(st.binary(max_size=200))
def test_garbage_is_refused_and_never_crashes(payload: bytes) -> None:
    for decode in (commands.decode_record, events.decode_record):
        try:
            decode(payload)
        except ValueError:
            continue
        else:
            pytest.fail("random bytes were taken for a record")


def test_events_are_numbered_through_all_results() -> None:
    balance = events.BalanceChanged(b"u" * 16, "TRY", 5, 0)
    record = events.EventRecord(
        1, 0, 7, 3, 1_000, last=True, results=[events.Result(0, b"a" * 16, [balance, balance]), events.Result(1, b"b" * 16, [balance])]
    )
    assert [seq for seq, _, _ in record.numbered()] == [7, 8, 9]
    assert record.next_seq == 10
    assert events.decode_record(msgspec.msgpack.encode(record)) == record
