"""The gateway finds an order by the moment in its id: the column must hold that moment to the microsecond."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mycrypto import arrays
from mycrypto.projection import moment

if TYPE_CHECKING:
    from tests.integration.conftest import TestDatabase


def test_milliseconds_become_the_same_moment_in_sql_and_in_python(trade_database: TestDatabase) -> None:
    times = [*range(1_795_000_000_000, 1_795_000_001_000), *range(1, 9 * 10**12, 9 * 10**12 // 997)]
    rows = trade_database.connect("trade_engine_app").execute(
        "SELECT timestamptz 'epoch' + ms * interval '1 millisecond' FROM unnest(%s::bigint[]) WITH ORDINALITY AS given(ms, place) ORDER BY place",
        (arrays.numbers(times),),
    )
    assert [row[0] for row in rows.fetchall()] == [moment(time_ms) for time_ms in times]
