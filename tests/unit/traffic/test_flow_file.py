import gzip
from pathlib import Path

import pytest

from mycrypto_local.traffic.flow_file import FlowError, FlowFill, FlowRow, Operation, read_fills, read_flow

HEADER = "seq,ts_ns,op,order_id,side,price_ticks,qty\n"


def test_rows_are_read_plain_and_gzipped(tmp_path: Path) -> None:
    text = HEADER + "1,10,A,a,S,100,5\n2,11,M,t,B,100,5\n"
    plain, packed = tmp_path / "flow.csv", tmp_path / "flow.csv.gz"
    plain.write_text(text)
    packed.write_bytes(gzip.compress(text.encode()))
    expected = [FlowRow(1, Operation.ADD, "a", "SELL", 100, 5), FlowRow(2, Operation.MARKETABLE, "t", "BUY", 100, 5)]
    assert read_flow(plain) == read_flow(packed) == expected


@pytest.mark.parametrize("line", ["1,10,X,a,S,100,5", "1,10,A,a,Z,100,5", "1,10,A,a,S,many,5", "one,10,A,a,S,100,5", "1,10"])
def test_a_bad_line_is_named(tmp_path: Path, line: str) -> None:
    path = tmp_path / "flow.csv"
    path.write_text(f"{HEADER}{line}\n")
    with pytest.raises(FlowError, match=r"flow\.csv, line 2"):
        read_flow(path)


def test_a_file_of_another_form_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.csv"
    path.write_text("a,b\n1,2\n")
    with pytest.raises(FlowError, match="the header must be seq,ts_ns,op"):
        read_flow(path)


def test_fills_are_read(tmp_path: Path) -> None:
    path = tmp_path / "fills.csv"
    path.write_text("seq,maker_order_id,price_ticks,qty\n2,a,100,5\n")
    assert read_fills(path) == [FlowFill(2, "a", 100, 5)]
