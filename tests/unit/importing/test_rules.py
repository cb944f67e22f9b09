"""What of the earlier platform fits, and why the rest does not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine_container.views.symbols import Symbols
from mycrypto.contracts.commands import PlaceOrder
from mycrypto.contracts.events import SymbolChanged
from mycrypto.contracts.trading import OrderType, Side, SymbolStatus, TimeInForce
from mycrypto_local.importing import balances, earlier, orders, people
from mycrypto_local.importing.balances import Meaning
from mycrypto_local.importing.copy_text import Row, parse_line
from mycrypto_local.importing.reading import MisfitError
from mycrypto_local.importing.report import Effect
from mycrypto_local.importing.sources import SourceError, whole_table

USER = "01890000-0000-7000-8000-000000000001"
ORDER = "01890000-0000-7000-8000-000000000002"
BCRYPT = "$2b$10$" + "a" * 53


def _user(**changes: str | None) -> Row:
    return {
        "id": USER,
        "email": " Ayse@Example.COM ",
        "password_hash": BCRYPT,
        "email_verified": "t",
        "two_fa_enabled": "f",
        "terms_accepted": "t",
        "kvkk_consent_accepted": "t",
        "kyc_status": "NONE",
        "status": "ACTIVE",
        "created_at": "2025-01-02 03:04:05.678+03",
    } | changes


def test_a_user_keeps_id_and_hash_and_has_one_spelling_of_the_address() -> None:
    user, lost = people.user_of(_user())
    assert (str(user.id), user.email, user.password_hash) == (USER, "ayse@example.com", BCRYPT)
    assert user.created_at.isoformat() == "2025-01-02T03:04:05.678000+03:00"
    assert lost == []


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"id": "17"}, "NOT_A_UUID"),
        ({"email": "no address"}, "EMAIL"),
        ({"email": "a@" + "b" * 260 + ".tr"}, "EMAIL"),
        ({"email": None}, "EMAIL"),
        ({"terms_accepted": "f"}, "NO_CONSENT"),
        ({"kvkk_consent_accepted": None}, "NO_CONSENT"),
        ({"created_at": "infinity"}, "NO_TIME"),
    ],
)
def test_a_user_who_does_not_fit(changes: Row, reason: str) -> None:
    with pytest.raises(MisfitError) as refused:
        people.user_of(_user(**changes))
    assert refused.value.reason == reason


def test_what_is_lost_of_a_user_is_said_without_secrets() -> None:
    row = _user(password_hash="md5:hunter2", phone="0212", two_fa_enabled="t", role="ADMIN", status="BANNED")
    user, lost = people.user_of(row)
    assert {misfit.reason for misfit in lost} == {"PASSWORD_HASH", "PHONE", "SECOND_FACTOR", "STAFF_ROLE", "STATUS"}
    assert {misfit.effect for misfit in lost} == {Effect.CHANGED}
    assert (user.password_hash, user.phone, user.status) == (people.NO_PASSWORD, None, "SUSPENDED")
    assert "hunter2" not in str(lost)


def _proof(**changes: str | None) -> Row:
    return {
        "id": ORDER,
        "user_id": USER,
        "level": "LEVEL_2",
        "status": "APPROVED",
        "tc_kimlik_no": "10000000146",
        "first_name": "Ayşe",
        "last_name": "Yılmaz",
        "date_of_birth": "1990-05-06",
        "phone": "+905321234567",
        "submitted_at": "2025-01-02 03:04:05+00",
    } | changes


def test_levels_of_proof_are_those_of_here() -> None:
    assert people.proof_of(_proof()).level == 3
    assert people.proof_of(_proof(level="LEVEL_1")).level == 2
    rejected = people.proof_of(_proof(status="REJECTED"))
    assert (rejected.status, rejected.rejection_reason) == ("REJECTED", "not said")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"status": "PENDING"}, "PROOF_NOT_DECIDED"),
        ({"level": "1"}, "LEVEL"),
        ({"tc_kimlik_no": "10000000145"}, "NATIONAL_ID"),
        ({"phone": "5321234567"}, "PHONE"),
        ({"last_name": "Y"}, "NAME"),
        ({"date_of_birth": ""}, "NO_DATE"),
        ({"submitted_at": None}, "NO_TIME"),
    ],
)
def test_a_proof_that_does_not_fit(changes: Row, reason: str) -> None:
    with pytest.raises(MisfitError) as refused:
        people.proof_of(_proof(**changes))
    assert refused.value.reason == reason


def test_the_total_of_a_balance_is_never_guessed() -> None:
    assert balances.columns_of(["available_balance", "locked_balance"], None) == ("available_balance", "locked_balance")
    assert balances.columns_of(["balance", "locked_balance"], Meaning.TOTAL) == ("balance",)
    assert balances.columns_of(["balance", "locked_balance"], Meaning.AVAILABLE) == ("balance", "locked_balance")
    with pytest.raises(SourceError, match="--balance-is"):
        balances.columns_of(["balance", "locked_balance"], None)
    with pytest.raises(SourceError, match="none of the columns"):
        balances.columns_of(["amount"], None)


def test_available_and_locked_become_one_opening_with_one_id() -> None:
    row: Row = {"user_id": USER, "currency": "try", "available_balance": "1.50000000", "locked_balance": "0.25000000"}
    opening = balances.opening_of(row, ["available_balance", "locked_balance"])
    assert (opening.currency, opening.units) == ("TRY", 175_000_000)
    assert opening.transfer_id == balances.opening_of(row | {"available_balance": "9"}, ["available_balance"]).transfer_id
    assert opening.transfer_id != balances.opening_of(row | {"currency": "BTC"}, ["available_balance"]).transfer_id


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"currency": "DOGE"}, "CURRENCY"),
        ({"available": "-1.00000000"}, "AMOUNT"),
        ({"available": None}, "AMOUNT"),
        ({"available": "NaN"}, "AMOUNT"),
    ],
)
def test_a_balance_that_does_not_fit(changes: Row, reason: str) -> None:
    with pytest.raises(MisfitError) as refused:
        balances.opening_of({"user_id": USER, "currency": "TRY", "available": "1", **changes}, ["available"])
    assert refused.value.reason == reason


def _symbols() -> Symbols:
    symbols = Symbols()
    symbols.put(
        SymbolChanged("BTC/TRY", "BTC", "TRY", 10**6, 10**4, 10**4, 10**12, 0, 0, 0, 0, 0, 0, -1, -1, SymbolStatus.ACTIVE, "", 0), 0
    )
    return symbols


def _order(**changes: str | None) -> Row:
    return {
        "order_id": ORDER,
        "user_id": USER,
        "symbol": "BTC_TRY",
        "side": "SELL",
        "order_type": "LIMIT",
        "status": "PARTIALLY_FILLED",
        "quantity": "0.50000000",
        "filled_quantity": "0.10000000",
        "price": "3500000.00000000",
        "stop_price": None,
        "time_in_force": "GTC",
        "client_order_id": "mine",
        "post_only": "f",
    } | changes


def test_an_open_order_is_placed_for_what_is_left_of_it() -> None:
    command = orders.order_of(_order(), _symbols()).command
    assert isinstance(command, PlaceOrder)
    assert (command.symbol, command.side, command.type, command.time_in_force) == ("BTC/TRY", Side.SELL, OrderType.LIMIT, TimeInForce.GTC)
    assert (command.quantity, command.price, command.client_order_id) == (40_000_000, 350_000_000_000_000, "mine")
    assert command == orders.order_of(_order(), _symbols()).command


def test_an_order_whose_name_is_taken_or_bad_gets_its_own() -> None:
    for row, taken in ((_order(), True), (_order(client_order_id="with blanks "), False), (_order(client_order_id=None), False)):
        assert orders.order_of(row, _symbols(), taken=taken).command.client_order_id == f"import-{ORDER}"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"symbol": "DOGE/TRY"}, "ORDER_001"),
        ({"filled_quantity": "0.50000000"}, "NOTHING_LEFT"),
        ({"order_type": "TRAILING_STOP", "price": None}, "INVALID_ORDER"),
        ({"order_type": "ICEBERG"}, "INVALID_ORDER"),
        ({"order_type": "STOP_LIMIT"}, "INVALID_ORDER"),
        ({"side": "HOLD"}, "INVALID_ORDER"),
        ({"quantity": "-1"}, "AMOUNT"),
    ],
)
def test_an_order_that_does_not_fit(changes: Row, reason: str) -> None:
    with pytest.raises(MisfitError) as refused:
        orders.order_of(_order(**changes), _symbols())
    assert refused.value.reason == reason


def test_an_open_order_is_no_history() -> None:
    assert earlier.order_of(_order(created_at="2025-01-01 00:00:00+00")) is None
    ended = earlier.order_of(_order(status="CANCELLED", created_at="2025-01-01 00:00:00+00"))
    assert ended is not None
    assert ended.document["quantity"] == "0.50000000"
    assert "user_id" not in ended.document


def _written(value: str | None) -> str:
    """As PostgreSQL's COPY writes a value."""
    if value is None:
        return "\\N"
    for plain, escaped in (("\\", "\\\\"), ("\b", "\\b"), ("\f", "\\f"), ("\n", "\\n"), ("\r", "\\r"), ("\t", "\\t"), ("\v", "\\v")):
        value = value.replace(plain, escaped)
    return value


@given(st.lists(st.none() | st.text(alphabet=st.characters(blacklist_characters="\0", blacklist_categories=["Cs"])), min_size=1))
def test_a_line_of_a_dump_is_read_as_it_was_written(values: list[str | None]) -> None:
    assert parse_line("\t".join(map(_written, values))) == values


@pytest.mark.parametrize(
    ("name", "table"),
    [("orders_2024_01", "orders"), ("trades_2024_01_31", "trades"), ("trades_default", "trades"), ("kyc_submissions", "kyc_submissions")],
)
def test_partitions_are_their_table(name: str, table: str) -> None:
    assert whole_table(name) == table
