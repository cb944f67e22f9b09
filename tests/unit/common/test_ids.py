from uuid import uuid4

from hypothesis import given
from hypothesis import strategies as st

from mycrypto import ids

MS = st.integers(min_value=0, max_value=(1 << 48) - 1)
NUMBER = st.integers(min_value=0, max_value=(1 << 62) - 1)


@given(MS, NUMBER, st.integers(min_value=0, max_value=4095))
def test_a_trading_uuid_gives_back_its_parts(created_ms: int, number: int, shard: int) -> None:
    value = ids.trading_uuid(created_ms, number, shard)
    assert value.version == 7
    assert value.variant == "specified in RFC 4122"
    assert ids.parse_trading_uuid(value) == (created_ms, shard, number)


@given(MS, NUMBER, MS, NUMBER)
def test_sorting_by_id_is_sorting_by_time_then_number(first_ms: int, first: int, second_ms: int, second: int) -> None:
    assert (ids.trading_uuid(first_ms, first) < ids.trading_uuid(second_ms, second)) == ((first_ms, first) < (second_ms, second))


def test_other_uuids_are_no_trading_ids() -> None:
    assert ids.parse_trading_uuid(uuid4()) is None


def test_new_uuids_differ_and_are_time_ordered_by_millisecond() -> None:
    made = [ids.new_uuid() for _ in range(1_000)]
    assert len(set(made)) == len(made)
    assert [value.int >> 80 for value in made] == sorted(value.int >> 80 for value in made)
    assert {value.version for value in made} == {7}


@given(MS, NUMBER)
def test_texts_and_bytes_are_those_of_the_objects(ms: int, number: int) -> None:
    value = ids.trading_uuid(ms, number, 3)
    assert ids.trading_uuid_text(ms, number, 3) == str(value) == ids.uuid_text(value.bytes)
