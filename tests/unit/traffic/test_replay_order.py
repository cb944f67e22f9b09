from hypothesis import given
from hypothesis import strategies as st

from localstack.traffic.flow_file import FlowFill, FlowRow, Operation
from localstack.traffic.replay import compare, levels, segments

ROWS = st.lists(
    st.tuples(st.sampled_from(list(Operation)), st.sampled_from(["BUY", "SELL"]), st.integers(min_value=1, max_value=4)), max_size=40
).map(lambda drawn: [FlowRow(seq, operation, str(seq), side, price, 1) for seq, (operation, side, price) in enumerate(drawn)])


@given(ROWS)
def test_segments_keep_every_row_and_end_at_each_marketable_order(rows: list[FlowRow]) -> None:
    again: list[FlowRow] = []
    for quiet, marketable in segments(rows):
        assert all(row.operation is not Operation.MARKETABLE for row in quiet)
        again += quiet + ([marketable] if marketable else [])
    assert again == rows


@given(ROWS)
def test_a_level_keeps_its_order_and_no_row_is_lost(rows: list[FlowRow]) -> None:
    grouped = levels(rows)
    assert sorted(row for level in grouped for row in level) == sorted(rows)
    for level in grouped:
        assert len({(row.side, row.price_ticks) for row in level}) == 1
        assert [row.seq for row in level] == sorted(row.seq for row in level)


def test_differences_are_told_in_words() -> None:
    fill = FlowFill(1, "a", 100, 5)
    assert compare([fill], [fill]) == []
    assert "recorded" in compare([fill], [fill._replace(quantity_lots=4)])[0]
    assert compare([], [fill]) == ["0 fills were made, 1 are recorded"]
