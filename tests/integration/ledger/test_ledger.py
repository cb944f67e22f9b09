"""The ledger in PostgreSQL: invariants 1 and 2, once-only effects, and postings that cannot be rewritten."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg import Connection

from mycrypto import arrays, database, ledger
from mycrypto.ledger import CUSTODY_BANK, EXTERNAL, FEES, Account, Entry, Kind, LedgerError, Move, spot, transit, verify

if TYPE_CHECKING:
    from tests.integration.conftest import TestDatabase

_TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def move(amount: int, source: Account, target: Account, currency: str = "TRY") -> Move:
    return Move(amount=amount, currency=currency, source=source, target=target, kind=Kind.ADMIN_ADJUSTMENT)


def entry(key: str, *moves: Move, moment: datetime = NOW) -> Entry:
    return Entry(key=key, why="because", reference=("TEST", key), moment=moment, moves=moves)


def balance(connection: Connection, account: Account, currency: str = "TRY") -> Decimal:
    row = connection.execute(
        "SELECT balance FROM ledger_accounts WHERE kind = %s AND owner = %s AND currency = %s", (account.kind, account.owner, currency)
    ).fetchone()
    return row[0] if row else Decimal(0)


def post(connection: Connection, *entries: Entry) -> set[str]:
    with connection.transaction():
        return ledger.post(connection, entries)


def test_an_entry_moves_money_and_says_so_for_ever(exchange: TestDatabase) -> None:
    wallet, user = exchange.connect("wallet_app"), uuid4()
    applied = post(
        wallet,
        entry("in", move(100_00000000, CUSTODY_BANK, transit(user))),
        entry("on", move(99_50000000, transit(user), spot(user)), move(50000000, transit(user), FEES)),
    )
    assert applied == {"in", "on"}
    assert balance(wallet, CUSTODY_BANK) == Decimal(-100)
    assert balance(wallet, transit(user)) == 0
    assert balance(wallet, spot(user)) == Decimal("99.5")
    assert balance(wallet, FEES) == Decimal("0.5")
    lines = wallet.execute("SELECT line, amount, balance_after FROM ledger_postings ORDER BY entry_id, line").fetchall()
    assert lines == [
        (1, Decimal(-100), Decimal(-100)),
        (2, Decimal(100), Decimal(100)),
        (1, Decimal("-99.5"), Decimal("0.5")),
        (2, Decimal("99.5"), Decimal("99.5")),
        (3, Decimal("-0.5"), Decimal(0)),
        (4, Decimal("0.5"), Decimal("0.5")),
    ]


def test_the_same_key_takes_effect_once_alone_or_among_others(exchange: TestDatabase) -> None:
    wallet, user = exchange.connect("wallet_app"), uuid4()
    first = entry("once", move(7, CUSTODY_BANK, transit(user)))
    assert post(wallet, first) == {"once"}
    assert post(wallet, first) == set()
    assert post(wallet, entry("more", move(1, CUSTODY_BANK, transit(user))), first) == {"more"}
    assert balance(wallet, transit(user)) == Decimal("0.00000008")
    assert wallet.execute("SELECT count(*) FROM ledger_postings").fetchone() == (4,)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(told=st.lists(st.none() | st.dictionaries(_TEXT, _TEXT), max_size=4))
def test_whatever_an_entry_says_of_itself_is_read_as_it_was_written(exchange: TestDatabase, told: list[dict[str, str] | None]) -> None:
    row = exchange.kept().execute("SELECT to_jsonb(%s::jsonb[])", (arrays.documents(told),)).fetchone()
    assert row is not None
    assert row[0] == [document or None for document in told]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(told=st.lists(_TEXT, max_size=4))
def test_texts_are_read_as_they_were_written(exchange: TestDatabase, told: list[str]) -> None:
    assert exchange.kept().execute("SELECT %s::text[]", (arrays.texts(told),)).fetchone() == (told,)


def test_a_user_account_never_goes_below_zero_not_even_in_between(exchange: TestDatabase) -> None:
    wallet, user = exchange.connect("wallet_app"), uuid4()
    post(wallet, entry("in", move(10, CUSTODY_BANK, spot(user))))
    with pytest.raises(LedgerError, match=r"user_accounts_are_never_negative|users_are_never_negative"):
        post(wallet, entry("out", move(11, spot(user), EXTERNAL)))
    with pytest.raises(LedgerError, match="users_are_never_negative"):
        post(wallet, entry("round trip", move(11, spot(user), EXTERNAL), move(11, EXTERNAL, spot(user))))
    assert balance(wallet, spot(user)) == Decimal("0.0000001")
    assert verify.run(exchange.connect()).differences[0].rule == "wallets equal the ledger's spot accounts"


def _raw_post(connection: Connection, keys: list[str], legs: list[tuple[int, int, int]]) -> None:
    connection.execute(
        """SELECT ledger_post(%s, %s, %s, %s, %s::jsonb[], %s, %s, %s, %s, %s, %s, %s::transaction_type[], %s::numeric[])""",
        (
            keys,
            ["why"] * len(keys),
            ["TEST"] * len(keys),
            keys,
            [None] * len(keys),
            [NOW] * len(keys),
            ["external", "custody:bank"],
            [UUID(int=0)] * 2,
            ["TRY", "TRY"],
            [leg[0] for leg in legs],
            [leg[1] for leg in legs],
            ["DEPOSIT"] * len(legs),
            [leg[2] for leg in legs],
        ),
    )


@pytest.mark.parametrize(
    ("keys", "legs", "refusal"),
    [
        (["a"], [(1, 1, 5), (1, 2, -4)], "do not sum to zero"),
        (["a"], [(1, 1, 5)], "do not sum to zero"),
        (["a", "b"], [(1, 1, 5), (1, 2, -4), (2, 1, -1)], "do not sum to zero"),
        (["a", "b"], [(1, 1, 5), (1, 2, -5)], "has no postings"),
        (["a", "a"], [(1, 1, 5), (1, 2, -5), (2, 1, 5), (2, 2, -5)], "given twice"),
    ],
)
def test_the_database_itself_refuses_what_does_not_balance(
    exchange: TestDatabase, keys: list[str], legs: list[tuple[int, int, int]], refusal: str
) -> None:
    settlement = exchange.connect("settlement_app")
    with pytest.raises(psycopg.errors.CheckViolation, match=refusal):
        _raw_post(settlement, keys, legs)


@pytest.mark.parametrize("role", ["wallet_app", "settlement_app", "auth_app"])
def test_no_service_may_write_the_books_past_the_posting_function(exchange: TestDatabase, role: str) -> None:
    service = exchange.connect(role)
    for table in ("ledger_entries", "ledger_postings", "ledger_accounts"):
        rights = service.execute("SELECT has_table_privilege(%s, 'INSERT, UPDATE, DELETE, TRUNCATE')", (table,)).fetchone()
        assert rights == (False,)
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        service.execute("DELETE FROM ledger_postings")


def test_even_the_owner_cannot_change_or_delete_a_line(exchange: TestDatabase) -> None:
    post(exchange.connect("wallet_app"), entry("in", move(10, CUSTODY_BANK, transit(uuid4()))))
    owner = exchange.connect("exchange_owner")
    for statement in (
        "UPDATE ledger_postings SET amount = amount * 2",
        "DELETE FROM ledger_postings",
        "UPDATE ledger_entries SET why = ''",
        "DELETE FROM ledger_entries",
        "TRUNCATE ledger_postings",
        "TRUNCATE ledger_entries",
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="append-only"):
            owner.execute(statement.encode())


def test_writers_at_the_same_time_lose_nothing(exchange: TestDatabase) -> None:
    users = [uuid4() for _ in range(4)]
    failures: list[BaseException] = []

    def write(writer: int) -> None:
        try:
            with database.connect(exchange.dsn("wallet_app")) as connection:
                for turn in range(25):
                    user, other = users[(writer + turn) % 4], users[turn % 4]
                    post(
                        connection,
                        entry(f"{writer}.{turn}.in", move(5, CUSTODY_BANK, transit(user))),
                        entry(f"{writer}.{turn}.on", move(3, transit(user), spot(user)), move(2, CUSTODY_BANK, transit(other))),
                    )
        except BaseException as error:  # noqa: BLE001 - looked at by the test
            failures.append(error)

    threads = [threading.Thread(target=write, args=(writer,)) for writer in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    admin = exchange.connect()
    assert balance(admin, CUSTODY_BANK) == Decimal(-7 * 100) / 10**8
    differences = {difference.rule for difference in verify.run(admin).differences}
    assert differences <= {"wallets equal the ledger's spot accounts", "transit holds exactly the transfers that are under way"}


def test_a_line_outside_every_month_moves_to_its_month_when_that_is_made(exchange: TestDatabase) -> None:
    wallet, user = exchange.connect("wallet_app"), uuid4()
    far = datetime.now(UTC) + timedelta(days=1000)
    post(wallet, entry("far", move(10, CUSTODY_BANK, transit(user)), moment=far))
    admin = exchange.connect()
    assert admin.execute("SELECT count(*) FROM ledger_postings_default").fetchone() == (2,)
    assert wallet.execute("SELECT ensure_partitions(%s, 0)", (far,)).fetchone() == (1,)
    assert wallet.execute("SELECT ensure_partitions(%s, 0)", (far,)).fetchone() == (0,)
    assert admin.execute("SELECT count(*) FROM ledger_postings_default").fetchone() == (0,)
    assert admin.execute("SELECT count(*) FROM ledger_postings").fetchone() == (2,)
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="append-only"):
        admin.execute("DELETE FROM ledger_postings")


def test_verify_finds_what_is_wrong(exchange: TestDatabase) -> None:
    wallet, user = exchange.connect("wallet_app"), uuid4()
    assert verify.run(exchange.connect()).ok
    post(wallet, entry("in", move(10, CUSTODY_BANK, spot(user))))
    admin = exchange.connect()
    admin.execute("INSERT INTO wallets VALUES (%s, 'TRY', 0.00000006, 0.00000004, 0, 1, now())", (user,))
    report = verify.run(admin)
    assert report.ok
    assert [(total.currency, total.sums) for total in report.totals] == [("TRY", {"custody:bank": "-0.0000001", "spot": "0.0000001"})]
    admin.execute("UPDATE ledger_accounts SET balance = balance + 1 WHERE kind = 'spot'")
    found = {difference.rule: difference.amount for difference in verify.run(admin).differences}
    assert found == {
        "all accounts of a currency sum to zero": "1",
        "a balance is the sum of its postings": "1",
        "wallets equal the ledger's spot accounts": "-1",
    }


def test_the_nightly_proof_looks_at_one_day_of_postings_and_at_all_balances(exchange: TestDatabase) -> None:
    wallet, user = exchange.connect("wallet_app"), uuid4()
    post(wallet, entry("old", move(10, CUSTODY_BANK, transit(user)), moment=NOW - timedelta(days=3)))
    admin = exchange.connect()
    admin.execute("ALTER TABLE ledger_postings DISABLE TRIGGER USER")
    admin.execute("UPDATE ledger_postings SET amount = amount * 2 WHERE amount > 0")
    rules = {difference.rule for difference in verify.run(wallet, since=NOW).differences}
    assert rules == {"transit holds exactly the transfers that are under way"}
    assert "every entry sums to zero per currency" in {difference.rule for difference in verify.run(wallet).differences}
    assert "every entry sums to zero per currency" in {d.rule for d in verify.run(wallet, since=NOW - timedelta(days=4)).differences}


_USERS = [uuid4() for _ in range(3)]
_ACCOUNTS = [CUSTODY_BANK, EXTERNAL, FEES, *(transit(user) for user in _USERS), *(spot(user) for user in _USERS)]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    batches=st.lists(
        st.lists(
            st.lists(
                st.tuples(
                    st.integers(1, 50), st.sampled_from(["TRY", "BTC"]), st.sampled_from(_ACCOUNTS), st.sampled_from(_ACCOUNTS)
                ).filter(lambda drawn: drawn[2] != drawn[3]),
                min_size=1,
                max_size=4,
            ),
            min_size=1,
            max_size=4,
        ),
        min_size=1,
        max_size=8,
    )
)
def test_whatever_is_posted_the_books_balance(exchange: TestDatabase, batches: list[list[list[tuple[int, str, Account, Account]]]]) -> None:
    """Random moves among all accounts: each batch is written whole or refused whole, and a naive model agrees with every balance."""
    wallet = exchange.kept("wallet_app")
    model: dict[tuple[Account, str], int] = {}
    for row in wallet.execute("SELECT kind, owner, currency, balance FROM ledger_accounts").fetchall():
        model[Account(row[0], row[1]), row[2]] = int(row[3] * 10**8)
    for batch in batches:
        attempt, fits = dict(model), True
        entries = []
        for moves in batch:
            made = [move(amount, source, target, currency) for amount, currency, source, target in moves]
            entries.append(entry(uuid4().hex, *made))
            for leg in entries[-1].legs():
                after = attempt.get((leg.account, leg.currency), 0) + leg.units
                attempt[leg.account, leg.currency] = after
                # Lines of transit accounts are judged by the balance at the end of the batch, those of spot accounts one by one.
                fits = fits and (leg.account.kind != "spot" or after >= 0)
        fits = fits and all(units >= 0 for (account, _), units in attempt.items() if account.kind in {"spot", "transit"})
        try:
            post(wallet, *entries)
        except LedgerError:
            assert not fits
        else:
            assert fits
            model = attempt
    for (account, currency), units in model.items():
        assert balance(wallet, account, currency) == Decimal(units) / 10**8
    rules = {difference.rule for difference in verify.run(exchange.kept()).differences}
    assert rules <= {
        "wallets equal the ledger's spot accounts",
        "transit holds exactly the transfers that are under way",
        "custody covers what users, fees and others are owed",
    }
