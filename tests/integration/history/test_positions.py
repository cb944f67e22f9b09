"""Positions are what all trades of a user add up to, by the rules that live and paper positions share."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import psycopg
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg import Connection, sql
from psycopg.conninfo import make_conninfo

from functions.history import service
from functions.migrations import service as migrations
from mycrypto import arrays
from mycrypto.contracts import events
from mycrypto.contracts.trading import Side
from mycrypto.money import fee_units, notional_units
from mycrypto.positions import HOLDING_COLUMNS, Holding, holding_of_row, row_of_holding

if TYPE_CHECKING:
    from pathlib import Path

    from tests.integration.conftest import EngineLog, TestDatabase

ONE = 10**8
PAIR = "BTC/TRY"
Rows = dict[tuple[UUID, str], tuple[object, ...]]


def kept(connection: Connection) -> Rows:
    """By user and symbol: the last trade and the holding, as the table has them."""
    rows = connection.execute(f"SELECT user_id, last_number, {HOLDING_COLUMNS} FROM positions".encode()).fetchall()
    return {(user, symbol): (last, symbol, *row) for user, last, symbol, *row in rows}


def added_up(records: Iterable[events.EventRecord]) -> Rows:
    """The same out of the events. Of a trade with oneself the maker's side comes first."""
    held: dict[tuple[UUID, str], Holding] = {}
    last: dict[tuple[UUID, str], int] = {}
    for record in records:
        for seq, _, event in record.numbered():
            if isinstance(event, events.Trade):
                maker_side = Side.SELL if event.taker_side is Side.BUY else Side.BUY
                for user, side, fee in (
                    (event.maker_user, maker_side, event.maker_fee),
                    (event.taker_user, event.taker_side, event.taker_fee),
                ):
                    key = UUID(bytes=user), event.symbol
                    value = notional_units(event.price, event.quantity)
                    held.setdefault(key, Holding(event.symbol)).trade(side, event.quantity, value, fee, record.time_ms)
                    last[key] = seq
    return {key: (last[key], *row_of_holding(holding)) for key, holding in held.items()}


def trade_both_ways(log: EngineLog) -> list[list[events.EventRecord]]:
    """Batches in which three users buy from each other, sell more and less than they hold, and one trades with itself."""
    users = [uuid4() for _ in range(3)]
    for user in users:
        log.balances[user, "TRY"] = [10**9 * ONE, 0]
        log.balances[user, "BTC"] = [10**6 * ONE, 0]
    batches = []
    for step in range(40):
        maker, taker = users[step % 3], users[(step // 3 + step) % 3]  # the same one now and then
        side = Side.SELL if step % 7 < 4 else Side.BUY
        offer = log.rest(maker, side, (100 + step * 37 % 11) * ONE, (1 + step % 5) * ONE)
        log.take(taker, offer, offer.quantity if step % 2 else offer.quantity // 3 + 1)
        if step % 4 == 3:
            batches.append(log.take_records())
    return batches


def project(connection: Connection, records: Sequence[events.EventRecord]) -> None:
    with connection.transaction():
        service.project(connection, 0, records)


def test_every_batch_moves_positions_on_once(trade_database: TestDatabase, engine_log: EngineLog) -> None:
    connection = trade_database.connect("trade_engine_app")
    seen: list[events.EventRecord] = []
    for batch in trade_both_ways(engine_log):
        seen += batch
        project(connection, batch)
        project(connection, seen[-20:])  # some of it again
        assert kept(connection) == added_up(seen)
    assert {row[0] for row in connection.execute("SELECT realized > 0 FROM positions").fetchall()} == {True, False}


def test_a_batch_that_is_undone_leaves_no_trace(trade_database: TestDatabase, engine_log: EngineLog) -> None:
    connection = trade_database.connect("trade_engine_app")
    first, second, *_ = trade_both_ways(engine_log)
    project(connection, first)
    before = kept(connection)
    with connection.transaction(force_rollback=True):
        service.project(connection, 0, second)
        assert kept(connection) != before
    assert kept(connection) == before


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    fills=st.lists(
        st.tuples(st.booleans(), st.integers(1, 10**14), st.integers(1, 10**14), st.integers(0, 10_000)), min_size=1, max_size=25
    ),
    cut=st.integers(0, 25),
)
def test_the_rules_are_the_same_in_the_database(trade_database: TestDatabase, fills: list[tuple[bool, int, int, int]], cut: int) -> None:
    """Whatever is bought and sold at whatever price and fee, and wherever the sum is taken up again."""
    connection = trade_database.kept()
    held = Holding(PAIR)
    columns: list[tuple[bool, int, int, int, int]] = []
    for time_ms, (buys, quantity, value, rate_ppm) in enumerate(fills, 1):
        fee = fee_units(value, rate_ppm)
        held.trade(Side.BUY if buys else Side.SELL, quantity, value, fee, time_ms)
        columns.append((buys, quantity, value, fee, time_ms))
    found: tuple[object, ...] = (None,) * 6
    for part in filter(None, (columns[:cut], columns[cut:])):
        buys_of, quantities, values, fees, times = zip(*part, strict=True)
        row = connection.execute(
            """SELECT (held).* FROM (
                 SELECT holding_after_all(
                            ROW(%s::numeric, %s::numeric, %s::numeric, %s::timestamptz, %s::timestamptz, %s::bigint)::holding, buys,
                            quantity * 0.00000001, value * 0.00000001, fee * 0.00000001,
                            timestamptz 'epoch' + time_ms * interval '1 millisecond', time_ms ORDER BY time_ms) AS held
                   FROM unnest(%s::boolean[], %s::numeric[], %s::numeric[], %s::numeric[], %s::bigint[])
                        AS fill(buys, quantity, value, fee, time_ms)) AS added""",
            (*found, arrays.flags(buys_of), *map(arrays.numbers, (quantities, values, fees, times))),
        ).fetchone()
        assert row is not None
        found = row
    *holding, last_number = found
    assert vars(holding_of_row((PAIR, *holding))) == vars(held)
    assert last_number == len(fills)


def test_trades_that_were_there_before_are_in_it(
    postgres: str, role_passwords: dict[str, str], trade_database: TestDatabase, engine_log: EngineLog, tmp_path: Path
) -> None:
    """A database without positions, brought to this version. What else came since is there: today's history writes into it."""
    plan = migrations.PLANS[1]
    whole = migrations.HERE / plan.folder
    for path in sorted(whole.glob("*.sql")):
        if not path.name.startswith("0015"):
            shutil.copy(path, tmp_path)
    name = f"before_positions_{uuid4().hex[:8]}"
    batches = trade_both_ways(engine_log)
    try:
        old = migrations.DatabasePlan(name, plan.owner, plan.applications, str(tmp_path))
        migrations.migrate(postgres, role_passwords, (old,))
        app = make_conninfo(postgres, dbname=name, user="trade_engine_app", password=role_passwords["trade_engine_app"])
        with psycopg.connect(app, autocommit=True) as connection:
            for batch in batches[:-1]:
                project(connection, batch)
        migrations.migrate(postgres, role_passwords, (migrations.DatabasePlan(name, plan.owner, plan.applications, plan.folder),))
        with psycopg.connect(app, autocommit=True) as connection:
            assert kept(connection) == added_up([record for batch in batches[:-1] for record in batch])
            project(connection, batches[-1])
            assert kept(connection) == added_up([record for batch in batches for record in batch])
    finally:
        with psycopg.connect(postgres, autocommit=True) as admin:
            admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
