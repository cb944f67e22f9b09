from hypothesis import given
from hypothesis import strategies as st

from localstack.traffic.flow_file import FlowFill, FlowRow, Operation
from localstack.traffic.replay import compare, crosses, predecessors, segments

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
def test_a_row_waits_for_its_level_and_for_what_it_would_cross(rows: list[FlowRow]) -> None:
    waits = predecessors(rows)
    reached: list[set[int]] = []
    for before in waits:
        reached.append(set(before).union(*(reached[index] for index in before)))
    for index, row in enumerate(rows):
        for earlier in range(index):
            other = rows[earlier]
            same_level = (other.side, other.price_ticks) == (row.side, row.price_ticks)
            crossed = row.operation is Operation.ADD and other.side != row.side and crosses(row, other.price_ticks)
            if same_level or crossed:
                assert earlier in reached[index]
    assert all(before < index for index, indices in enumerate(waits) for before in indices)


def test_differences_are_told_in_words() -> None:
    fill = FlowFill(1, "a", 100, 5)
    assert compare([fill], [fill]) == []
    assert "recorded" in compare([fill], [fill._replace(quantity_lots=4)])[0]
    assert compare([], [fill]) == ["0 fills were made, 1 are recorded"]
