"""The earlier platform is taken in once: whatever is repeated, killed or only tried, and wherever it is read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest

from mycrypto.contracts.commands import Credit, PlaceOrder
from mycrypto.ledger import verify as ledger
from mycrypto_local.importing.report import Misfit
from mycrypto_local.importing.sources import SourceError, open_source
from mycrypto_local.importing.target import BusyError, Target
from tests.earlier_platform import Places, dump, id_of

from .conftest import SEALER, Platform

if TYPE_CHECKING:
    from tests.integration.conftest import EngineLog

Reasons = Callable[[Sequence[Misfit]], dict[str, set[str]]]


@pytest.fixture(params=["databases", "dumps"])
def places(request: pytest.FixtureRequest) -> Places:
    found: Places = request.getfixturevalue("earlier" if request.param == "databases" else "dumps")
    return found


def test_everything_that_fits_comes_here(here: Platform, places: Places, engine_log: EngineLog, reasons: Reasons) -> None:
    report, misfits = here.take_in(places)
    assert {name: (phase.read, phase.new, phase.left_out) for name, phase in report.phases.items()} == {
        "users": (6, 4, 2),
        "proofs": (2, 1, 1),
        "balances": (6, 2, 3),
        "orders": (5, 3, 2),
        "history": (8, 4, 0),
    }
    assert reasons(misfits) == {
        "EMAIL_TAKEN": {str(id_of("twin"))},
        "NO_CONSENT": {str(id_of("refuser"))},
        "SECOND_FACTOR": {str(id_of("ayse"))},
        "IDENTITY_TAKEN": {str(id_of("proof-impostor"))},
        "IDENTITY_NOT_PROVED": {str(id_of("impostor"))},
        "CURRENCY": reasons(misfits)["CURRENCY"],
        "USER_NOT_HERE": reasons(misfits)["USER_NOT_HERE"],
        "WITHDRAWAL_UNDER_WAY": reasons(misfits)["WITHDRAWAL_UNDER_WAY"],
        "ORDER_001": {str(id_of("unlisted"))},
        "INVALID_ORDER": {str(id_of("trailing"))},
        "NOT_ANSWERED": {str(id_of("early")), str(id_of("late")), str(id_of("between-ticks"))},
    }
    assert report.totals["TRY"].earlier == "100507"
    assert (report.totals["TRY"].posted, report.totals["TRY"].left_out) == ("100500", "7")
    assert (report.totals["BTC"].posted, report.totals["ETH"].left_out) == ("1.50000001", "3")
    assert report.not_read == {"sessions": 1}
    here.settle(engine_log)
    owner = here.accounts.connect("exchange_owner")
    assert ledger.run(owner).ok
    wallets: dict[str, Decimal] = dict(owner.execute("SELECT currency, available + locked FROM wallets").fetchall())
    assert wallets == {"TRY": Decimal(100500), "BTC": Decimal("1.50000001")}


def test_money_comes_before_orders_and_orders_keep_their_places(here: Platform, earlier: Places) -> None:
    here.take_in(earlier)
    sent = here.log.commands()
    assert [type(command) for command in sent] == [Credit, Credit, PlaceOrder, PlaceOrder, PlaceOrder]
    early = sent[2]
    assert (early.client_order_id, early.quantity, early.user_id) == ("own-early", 4_000_000, id_of("mehmet").bytes)
    assert sent[-1].client_order_id == "own-late"


def test_a_second_run_changes_nothing(here: Platform, places: Places) -> None:
    here.take_in(places)
    before, sent = here.figures(), len(here.log.rows)
    report, _ = here.take_in(places)
    assert here.figures() == before
    assert len(here.log.rows) == sent
    assert {name: phase.new for name, phase in report.phases.items()} == dict.fromkeys(report.phases, 0)
    assert report.totals["TRY"].posted == "100500"


def test_a_dry_run_says_the_same_and_changes_nothing(here: Platform, places: Places, reasons: Reasons) -> None:
    before = here.figures()
    tried, misfits = here.take_in(places, dry_run=True)
    assert here.figures() == before
    assert here.log.rows == []
    done, found = here.take_in(places)
    assert (tried.phases, tried.totals) == (done.phases, done.totals)
    assert reasons(misfits) == {reason: ids for reason, ids in reasons(found).items() if reason != "NOT_ANSWERED"}


class _Killed(BaseException):
    """As if the process were gone."""


@pytest.mark.parametrize("method", ["add_user", "add_proof", "open_balance", "place", "add_records"])
@pytest.mark.parametrize("after", [0, 1])
def test_a_run_that_dies_anywhere_is_completed_by_the_next(here: Platform, earlier: Places, method: str, after: int) -> None:
    """In the batch that is under way, before its first write or after it."""
    calls = 0

    def dying(self: Target, *arguments: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls > after:
            raise _Killed
        return getattr(Target, method)(self, *arguments)

    dying_target = type("DyingTarget", (Target,), {method: dying})
    if (method, after) not in {("add_proof", 1), ("add_records", 1)}:  # there is one of each
        with pytest.raises(_Killed):
            here.take_in(earlier, target=dying_target)
    here.take_in(earlier)
    opened = [command for command in here.log.commands() if isinstance(command, Credit)]
    assert len({command.transfer_id for command in opened}) == 2
    orders = {command.command_id: command for command in here.log.commands() if isinstance(command, PlaceOrder)}
    assert len(orders) == here.count("imported_orders") == 3
    assert here.figures()["users"] == 4
    assert here.count("earlier_records") == 4


def test_the_same_order_is_the_same_command_at_every_run(here: Platform, earlier: Places) -> None:
    """A command that was sent and not marked is sent again: the engine must know it."""
    here.take_in(earlier)
    first = here.log.commands()
    here.accounts.connect().execute("UPDATE outbox SET sent_at = NULL")
    here.take_in(earlier)
    assert here.log.commands() == first * 2


def test_what_the_engine_refuses_is_reported_at_each_run(here: Platform, earlier: Places, reasons: Reasons) -> None:
    here.take_in(earlier)
    answer = """INSERT INTO orders (order_id, shard, number, user_id, client_order_id, symbol, side, order_type, time_in_force, status, quantity, price,
                    reason, last_seq, created_at, updated_at)
                VALUES (gen_random_uuid(), 0, %s, %s, %s, 'BTC/TRY', 'SELL', 'LIMIT', 'GTC', %s::order_status, 0.1, 1, %s, 1, now(), now())"""
    connection = here.history.connect()
    connection.execute(answer, (1, id_of("mehmet"), "own-between-ticks", "REJECTED", "ORDER_002"))
    connection.execute(answer, (2, id_of("mehmet"), "own-early", "OPEN", None))
    _, misfits = here.take_in(earlier)
    assert reasons(misfits)["REFUSED"] == {str(id_of("between-ticks"))}
    assert reasons(misfits)["NOT_ANSWERED"] == {str(id_of("late"))}


def test_a_balance_that_differs_later_is_reported_and_not_posted_again(
    here: Platform, earlier: Places, postgres: str, reasons: Reasons
) -> None:
    here.take_in(earlier)
    owner = here.accounts.connect()
    owner.execute("UPDATE transfers SET amount = 1 WHERE currency = 'TRY'")  # as if another dump had been the first
    before = here.figures()
    report, misfits = here.take_in(earlier)
    assert here.figures() == before
    assert len(reasons(misfits)["BALANCE_DIFFERS"]) == 1
    assert report.totals["TRY"].posted == "1"


def test_identities_are_sealed_and_raise_the_level(here: Platform, earlier: Places) -> None:
    here.take_in(earlier)
    row = (
        here.accounts.connect()
        .execute(
            "SELECT s.id, tc_kimlik_no_encrypted, first_name, last_name, u.kyc_level, u.kyc_status, u.phone FROM kyc_submissions s JOIN users u ON u.id = user_id"
        )
        .fetchone()
    )
    assert row is not None
    assert SEALER.open(row[1], str(row[0])) == "10000000146"
    assert row[2:] == ("Ayşe", "Yılmaz\\", 2, "APPROVED", "+905321234567")


def test_a_trade_shows_each_user_the_own_side_alone(here: Platform, earlier: Places) -> None:
    here.take_in(earlier)
    rows = here.accounts.connect().execute("SELECT user_id, document FROM earlier_records WHERE kind = 'TRADE'").fetchall()
    shown: dict[UUID, dict[str, str]] = dict(rows)
    assert shown[id_of("ayse")]["side"] == "BUY"
    assert shown[id_of("ayse")]["fee"] == "350.00000000"
    assert str(id_of("mehmet")) not in str(shown[id_of("ayse")])
    assert str(id_of("early")) not in str(shown[id_of("ayse")])


def test_history_says_what_it_said(here: Platform, places: Places) -> None:
    here.take_in(places)
    row = here.accounts.connect().execute("SELECT document FROM earlier_records WHERE kind = 'TRANSACTION'").fetchone()
    assert row is not None
    assert row[0] == {"type": "DEPOSIT", "amount": "1000.00000000", "currency": "TRY", "description": "first\tline\nsecond\\"}


def test_one_import_at_a_time(here: Platform, earlier: Places) -> None:
    other = Target(here.accounts.connect("exchange_owner"), SEALER)
    with other.alone(), pytest.raises(BusyError):
        here.take_in(earlier)
    here.take_in(earlier)


def test_dumps_of_other_forms_are_refused_with_what_to_do(earlier: Places, tmp_path: Path, dumps: Places) -> None:
    with pytest.raises(SourceError, match="pg_restore"):
        open_source(str(dump(earlier.accounts, tmp_path / "custom", "--format=custom")))
    with pytest.raises(SourceError, match="--inserts"):
        open_source(str(dump(earlier.accounts, tmp_path / "inserts.sql", "--inserts")))
    cut = tmp_path / "cut.sql"
    cut.write_bytes(Path(dumps.accounts).read_bytes()[:-2_000])
    with pytest.raises(SourceError, match="ends too early"):
        open_source(str(cut))
    with pytest.raises(SourceError, match="neither a file"):
        open_source(str(tmp_path / "absent.sql"))
    with pytest.raises(SourceError, match="cannot be reached"):
        open_source("postgresql://absent:x@127.0.0.1:1/none")
