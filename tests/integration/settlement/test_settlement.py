"""Engine events into the ledger: exactly once, in order, and never past a difference."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg import Connection

from functions.settlement import service
from mycrypto import ledger
from mycrypto.contracts import events
from mycrypto.contracts.trading import Side
from mycrypto.ids import trading_uuid
from mycrypto.ledger import EXTERNAL, Entry, Kind, LedgerError, Move, transit, verify
from mycrypto.money import to_numeric
from mycrypto.projection import SequenceGapError
from tests.unit.gateway.parts import parts_of

if TYPE_CHECKING:
    from tests.integration.conftest import EngineLog, Order, TestDatabase

ONE = 10**8
PRICE = 100 * ONE


def ask_for(wallet: Connection, user: UUID, currency: str, amount: int) -> UUID:
    """What the wallet does before the engine hears of a credit: transfer row and posting into transit."""
    transfer_id = uuid4()
    with wallet.transaction():
        ledger.post(
            wallet,
            [
                Entry(
                    key=f"adjustment:{transfer_id}",
                    why="opening balance",
                    reference=("ADMIN_ADJUSTMENT", str(transfer_id)),
                    moment=datetime.now(UTC),
                    moves=(Move(amount=amount, currency=currency, source=EXTERNAL, target=transit(user), kind=Kind.ADMIN_ADJUSTMENT),),
                )
            ],
        )
        wallet.execute(
            """INSERT INTO transfers (transfer_id, user_id, currency, amount, purpose, reference_type, reference_id, description)
               VALUES (%s, %s, %s, %s, 'ADMIN_ADJUSTMENT', 'ADMIN_ADJUSTMENT', %s, 'opening balance')""",
            (transfer_id, user, currency, to_numeric(amount), transfer_id),
        )
    return transfer_id


def fund(wallet: Connection, log: EngineLog, user: UUID, **amounts: int) -> None:
    for currency, amount in amounts.items():
        log.transfer(ask_for(wallet, user, currency, amount), user, currency, amount)


def settle(connection: Connection, records: Sequence[events.EventRecord]) -> service.Outcome:
    with connection.transaction():
        return service.settle(connection, 0, records)


def spot(connection: Connection, user: UUID, currency: str) -> Decimal:
    row = connection.execute(
        "SELECT balance FROM ledger_accounts WHERE kind = 'spot' AND owner = %s AND currency = %s", (user, currency)
    ).fetchone()
    return row[0] if row else Decimal(0)


def history(connection: Connection, user: UUID) -> list[tuple[str, str, Decimal, Decimal]]:
    return connection.execute(
        "SELECT type, currency, amount, balance_after FROM transactions WHERE user_id = %s ORDER BY created_at, entry_id, line", (user,)
    ).fetchall()


def test_a_trade_moves_value_quantity_and_both_fees(exchange: TestDatabase, engine_log: EngineLog) -> None:
    wallet, settlement = exchange.connect("wallet_app"), exchange.connect("settlement_app")
    buyer, seller = uuid4(), uuid4()
    fund(wallet, engine_log, buyer, TRY=1000 * ONE)
    fund(wallet, engine_log, seller, BTC=2 * ONE)
    offer = engine_log.rest(seller, Side.SELL, PRICE, 2 * ONE)
    number = engine_log.take(buyer, offer, ONE // 2)
    engine_log.totals()
    outcome = settle(settlement, engine_log.take_records())
    assert (outcome.trades, outcome.watermark) == (1, engine_log.seq)
    assert history(wallet, buyer) == [
        ("ADMIN_ADJUSTMENT", "TRY", Decimal(1000), Decimal(1000)),
        ("TRADE_BUY", "TRY", Decimal(-50), Decimal(950)),
        ("TRADE_BUY", "BTC", Decimal("0.5"), Decimal("0.5")),
        ("FEE", "TRY", Decimal("-0.05"), Decimal("949.95")),
    ]
    assert history(wallet, seller) == [
        ("ADMIN_ADJUSTMENT", "BTC", Decimal(2), Decimal(2)),
        ("TRADE_SELL", "TRY", Decimal(50), Decimal(50)),
        ("TRADE_SELL", "BTC", Decimal("-0.5"), Decimal("1.5")),
        ("FEE", "TRY", Decimal("-0.025"), Decimal("49.975")),
    ]
    fees = wallet.execute("SELECT balance FROM ledger_accounts WHERE kind = 'fees'").fetchall()
    assert fees == [(Decimal("0.075"),)]
    referred = wallet.execute("SELECT DISTINCT reference_id FROM transactions WHERE reference_type = 'TRADE'").fetchall()
    assert referred == [(str(trading_uuid(engine_log.time_ms - 1, number)),)]
    assert wallet.execute("SELECT available, locked FROM wallets WHERE user_id = %s AND currency = 'BTC'", (seller,)).fetchall() == [
        (Decimal(0), Decimal("1.5"))
    ]
    assert verify.run(exchange.connect()).differences == []


def test_what_a_trade_reads_does_not_grow_with_the_users(exchange: TestDatabase, engine_log: EngineLog) -> None:
    """Without statistics the planner once read all accounts of a currency for each account of a trade."""
    wallet, settlement = exchange.connect("wallet_app"), exchange.connect("settlement_app")
    buyer, seller = uuid4(), uuid4()
    fund(wallet, engine_log, buyer, TRY=1000 * ONE)
    fund(wallet, engine_log, seller, BTC=2 * ONE)
    others = [
        Entry(
            key=str(user),
            why="another user",
            reference=("TEST", str(user)),
            moment=datetime.now(UTC),
            moves=tuple(
                Move(amount=ONE, currency=currency, source=EXTERNAL, target=ledger.spot(user), kind=Kind.DEPOSIT)
                for currency in ("BTC", "TRY")
            ),
        )
        for user in (uuid4() for _ in range(2_000))
    ]
    ledger.post(wallet, others)
    settle(settlement, engine_log.take_records())
    engine_log.take(buyer, engine_log.rest(seller, Side.SELL, PRICE, 2 * ONE), ONE)
    counting = exchange.connect("settlement_app")  # counts what it read itself
    with counting.transaction():
        service.settle(counting, 0, engine_log.take_records())
        read = counting.execute(
            "SELECT relname, coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0) FROM pg_stat_xact_user_tables WHERE seq_scan > 0 OR idx_scan > 0"
        ).fetchall()
    assert {name for name, _ in read} >= {"ledger_accounts", "projection_watermark"}
    assert [each for each in read if each[1] > 30] == []


def test_whatever_is_repeated_counts_once(exchange: TestDatabase, engine_log: EngineLog) -> None:
    wallet, settlement = exchange.connect("wallet_app"), exchange.connect("settlement_app")
    buyer, seller = uuid4(), uuid4()
    fund(wallet, engine_log, buyer, TRY=1000 * ONE)
    fund(wallet, engine_log, seller, BTC=2 * ONE)
    offer = engine_log.rest(seller, Side.SELL, PRICE, 2 * ONE)
    first = engine_log.take_records()
    engine_log.take(buyer, offer, ONE)
    second = engine_log.take_records()
    settle(settlement, first)
    settle(settlement, first)
    settle(settlement, first[2:] + second)  # a batch that begins in what is known
    again = settle(settlement, first + second)
    assert (again.applied, again.changed) == (0, frozenset())
    assert spot(wallet, buyer, "BTC") == 1
    assert verify.run(exchange.connect()).ok


def test_a_repeated_transfer_is_known_and_changes_nothing(exchange: TestDatabase, engine_log: EngineLog) -> None:
    wallet, settlement, user = exchange.connect("wallet_app"), exchange.connect("settlement_app"), uuid4()
    transfer_id = ask_for(wallet, user, "TRY", 5 * ONE)
    engine_log.transfer(transfer_id, user, "TRY", 5 * ONE)
    engine_log.transfer(transfer_id, user, "TRY", 5 * ONE, repeated=True)
    engine_log.totals()
    settle(settlement, engine_log.take_records())
    assert spot(wallet, user, "TRY") == 5
    assert verify.run(exchange.connect()).ok


def test_a_gap_stops_the_consumer_and_keeps_nothing(exchange: TestDatabase, engine_log: EngineLog) -> None:
    wallet, settlement, user = exchange.connect("wallet_app"), exchange.connect("settlement_app"), uuid4()
    fund(wallet, engine_log, user, TRY=ONE, BTC=ONE)
    first, second = engine_log.take_records()
    with pytest.raises(SequenceGapError, match="events 1 to 2 are missing"):
        settle(settlement, [second])
    assert spot(wallet, user, "TRY") == spot(wallet, user, "BTC") == 0
    settle(settlement, [first])
    settle(settlement, [second])
    assert spot(wallet, user, "BTC") == 1


def test_a_difference_at_the_totals_keeps_nothing_and_names_it(exchange: TestDatabase, engine_log: EngineLog) -> None:
    wallet, settlement, user = exchange.connect("wallet_app"), exchange.connect("settlement_app"), uuid4()
    fund(wallet, engine_log, user, TRY=7 * ONE)
    engine_log.emit(events.Totals({"TRY": 8 * ONE}))
    with pytest.raises(service.TotalsMismatchError, match="engine 8, ledger 7"):
        settle(settlement, engine_log.take_records())
    assert wallet.execute("SELECT count(*) FROM projection_watermark").fetchone() == (0,)
    assert spot(wallet, user, "TRY") == 0


def test_totals_are_compared_at_their_place_in_the_batch(exchange: TestDatabase, engine_log: EngineLog) -> None:
    wallet, settlement, user = exchange.connect("wallet_app"), exchange.connect("settlement_app"), uuid4()
    for _ in range(3):
        engine_log.totals()
        fund(wallet, engine_log, user, TRY=7 * ONE)
    settle(settlement, engine_log.take_records())
    assert spot(wallet, user, "TRY") == 21


def test_money_that_was_never_sent_is_refused(exchange: TestDatabase, engine_log: EngineLog) -> None:
    wallet, settlement, user = exchange.connect("wallet_app"), exchange.connect("settlement_app"), uuid4()
    engine_log.transfer(uuid4(), user, "TRY", ONE)
    with pytest.raises(service.UnknownTransferError):
        settle(settlement, engine_log.take_records())
    other = type(engine_log)()
    other.transfer(ask_for(wallet, user, "TRY", ONE), user, "TRY", 2 * ONE)
    with pytest.raises(service.SettlementError, match="asked was"):
        settle(settlement, other.take_records())


@pytest.mark.parametrize("handed_over", [1, 2, service.HANDED_OVER])
def test_a_trade_without_cover_is_refused_whole(
    exchange: TestDatabase, engine_log: EngineLog, monkeypatch: pytest.MonkeyPatch, handed_over: int
) -> None:
    monkeypatch.setattr(service, "HANDED_OVER", handed_over)
    wallet, settlement = exchange.connect("wallet_app"), exchange.connect("settlement_app")
    buyer, seller = uuid4(), uuid4()
    fund(wallet, engine_log, buyer, TRY=1000 * ONE)
    engine_log.balances[seller, "BTC"] = [ONE, 0]  # the engine is wrong about the seller
    offer = engine_log.rest(seller, Side.SELL, PRICE, ONE)
    for _ in range(4):
        engine_log.take(buyer, offer, ONE // 4)
    with pytest.raises(LedgerError, match="never_negative"):
        settle(settlement, engine_log.take_records())
    assert spot(wallet, buyer, "TRY") == 0
    assert settlement.execute("SELECT 1").fetchone() == (1,), "the connection is free again"


def test_a_refused_credit_waits_for_a_person(exchange: TestDatabase, engine_log: EngineLog) -> None:
    wallet, settlement, user = exchange.connect("wallet_app"), exchange.connect("settlement_app"), uuid4()
    transfer_id = ask_for(wallet, user, "TRY", ONE)
    engine_log.emit(events.TransferRefused(transfer_id.bytes, user.bytes, "TRY", ONE, "INVALID_AMOUNT", {}))
    settle(settlement, engine_log.take_records())
    assert wallet.execute("SELECT source, reason, amount, status FROM reconciliation_items").fetchall() == [
        ("ENGINE", "INVALID_AMOUNT", Decimal(1), "OPEN")
    ]
    assert wallet.execute("SELECT status, refusal_code FROM transfers").fetchall() == [("REFUSED", "INVALID_AMOUNT")]
    assert verify.run(exchange.connect()).ok


_NUMBER = st.integers(0, 10**6)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    steps=st.lists(
        st.tuples(st.sampled_from(["fund", "fund", "rest", "rest", "take", "take", "cancel", "totals"]), _NUMBER, _NUMBER, _NUMBER),
        min_size=5,
        max_size=40,
    ),
    cuts=st.lists(st.tuples(st.integers(1, 9), st.integers(1, 2)), min_size=1, max_size=10),
)
def test_random_deposits_and_trades_keep_the_books(
    exchange: TestDatabase,
    engine_log: EngineLog,
    monkeypatch: pytest.MonkeyPatch,
    steps: list[tuple[str, int, int, int]],
    cuts: list[tuple[int, int]],
) -> None:
    """Deposits, orders, fills, cancels and totals in any order, handed over in batches of any size, some of them twice."""
    monkeypatch.setattr(service, "HANDED_OVER", 3)
    wallet, settlement = exchange.kept("wallet_app"), exchange.kept("settlement_app")
    users = [uuid4() for _ in range(3)]
    offers: list[Order] = []
    lot = ONE // 100
    for step, who, which, how_much in steps:
        user = users[who % 3]
        chosen = offers[which % len(offers)] if offers else None
        if step == "fund":
            fund(wallet, engine_log, user, **{("TRY", "BTC")[which % 2]: (how_much + 1) * lot})
        elif step == "rest" and engine_log.available(user, "BTC") >= lot:
            lots = 1 + how_much % (engine_log.available(user, "BTC") // lot)
            offers.append(engine_log.rest(user, Side.SELL, (1 + which % 500) * lot, lots * lot))
        elif step == "take" and chosen is not None and user != chosen.user:
            left = (chosen.quantity - chosen.filled) // lot
            afford = engine_log.available(user, "TRY") * 1000 // 1001 // (chosen.price // 100 + 1)
            if min(left, afford) > 0:
                engine_log.take(user, chosen, (1 + how_much % min(left, afford)) * lot)
                if chosen.filled == chosen.quantity:
                    offers.remove(chosen)
        elif step == "cancel" and chosen is not None:
            engine_log.cancel(chosen)
            offers.remove(chosen)
        elif step == "totals":
            engine_log.totals()
    engine_log.totals()
    records = engine_log.take_records()
    start = turn = 0
    while start < len(records):
        size, times = cuts[turn % len(cuts)]
        for _ in range(times):
            settle(settlement, records[start : start + size])
        start, turn = start + size, turn + 1
    assert verify.run(exchange.kept()).differences == []
    for (user, asset), (available, locked) in engine_log.balances.items():
        assert spot(wallet, user, asset) == to_numeric(available + locked)


def test_a_command_in_parts_is_settled_once_whatever_crashes_between_them(exchange: TestDatabase, engine_log: EngineLog) -> None:
    """One part to a transaction, each tried once in vain, and each handed over again with the next."""
    wallet, settlement = exchange.connect("wallet_app"), exchange.connect("settlement_app")
    buyer, seller = uuid4(), uuid4()
    fund(wallet, engine_log, buyer, TRY=1000 * ONE)
    fund(wallet, engine_log, seller, BTC=2 * ONE)
    offer = engine_log.rest(seller, Side.SELL, PRICE, 2 * ONE)
    settle(settlement, engine_log.take_records())
    engine_log.take(buyer, offer, ONE)
    (whole,) = engine_log.take_records()
    parts = parts_of(whole, 2)
    assert len(parts) > 2
    for place in range(len(parts)):
        with settlement.transaction(force_rollback=True):  # a crash before the commit
            service.settle(settlement, 0, parts[place:])
        outcome = settle(settlement, parts[max(0, place - 1) : place + 1])
        assert outcome.watermark == parts[place].next_seq - 1
    engine_log.totals()
    settle(settlement, [whole, *engine_log.take_records()])
    assert [spot(wallet, user, "BTC") for user in (buyer, seller)] == [1, 1]
    assert verify.run(exchange.connect()).ok
