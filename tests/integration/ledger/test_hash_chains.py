"""The chains of the audit trail and of the ledger show changed, deleted, inserted or cut rows, whatever rights the writer has on the database."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from uuid import UUID, uuid4

import psycopg
import pytest

from functions.audit import store
from mycrypto import hash_chain
from mycrypto.hash_chain import AUDIT, LEDGER, Chain, Head
from mycrypto.ids import new_uuid
from mycrypto.ledger import CUSTODY_BANK, Entry, Kind, Move, post, spot
from tests.integration.conftest import TestDatabase

NOW = datetime.now(UTC)


def _record(owner: psycopg.Connection, place: int) -> None:
    row = store.AuditRow(
        id=new_uuid(), user_id=uuid4(), actor_id=None, actor_type="STAFF", action="user.tier", resource=f"user:{place}", result="SUCCESS",
        old_value={"tier": "standard", "ç": [1, 2.5, None]}, new_value={"tier": 'v"ip'}, reason="ğüşiöç - 1:x", ip_address="2001:db8::1",
        user_agent="", request_id="r", timestamp=NOW,
    )  # fmt: skip
    assert store.insert(owner, [row]) == 1
    assert store.insert(owner, [row]) == 0, "a repeated message adds no link"


def _entry(owner: psycopg.Connection, place: int) -> None:
    move = Move(amount=place + 1, currency="TRY", source=CUSTODY_BANK, target=spot(UUID(int=place + 1)), kind=Kind.DEPOSIT)
    post(owner, [Entry(key=f"k{place}", why="ğ", reference=("TEST", str(place)), moment=NOW, moves=(move,))])
    owner.execute("SELECT ledger_chain_seal(100)")


CHAINS: dict[str, tuple[Chain, Callable[[psycopg.Connection, int], None], str, str]] = {
    "audit": (AUDIT, _record, "audit_logs", "audit_chain"),
    "ledger": (LEDGER, _entry, "ledger_entries", "ledger_chain"),
}


@pytest.fixture(params=list(CHAINS))
def chained(request: pytest.FixtureRequest, exchange: TestDatabase) -> tuple[psycopg.Connection, Chain, str, str]:
    """Five records, as their owner, who may do everything, sees them."""
    chain, write, records, links = CHAINS[request.param]
    owner = exchange.connect()
    owner.autocommit = True
    for place in range(5):
        write(owner, place)
    return owner, chain, records, links


def _tamper(owner: psycopg.Connection, statement: str) -> None:
    with owner.transaction():
        owner.execute("SET LOCAL session_replication_role = replica")  # no trigger stops a superuser
        assert owner.execute(statement.encode()).rowcount


def test_an_honest_chain_is_computed_again(chained: tuple[psycopg.Connection, Chain, str, str]) -> None:
    owner, chain, _, _ = chained
    report = hash_chain.verify(owner, chain)
    assert (report.faults, report.links, report.head.number) == ([], 5, 5)
    assert hash_chain.verify(owner, chain, noted=report.head).ok
    assert hash_chain.verify(owner, chain, after=report.head).links == 0
    assert Head.parse(str(report.head)) == report.head


@pytest.mark.parametrize(
    ("statement", "fault"),
    [
        ("UPDATE {records} SET {column} = 'other' WHERE id = (SELECT {record} FROM {links} WHERE number = 3)", "CHANGED at link 3"),
        ("DELETE FROM {records} WHERE id = (SELECT {record} FROM {links} WHERE number = 2)", "MISSING at link 2"),
        ("DELETE FROM {links} WHERE number = 4", "MISSING at link 4"),
        ("DELETE FROM {links} WHERE number = 5", "CUT at link 5"),
    ],
)
def test_tampering_is_found(chained: tuple[psycopg.Connection, Chain, str, str], statement: str, fault: str) -> None:
    owner, chain, records, links = chained
    columns = {"audit_logs": ("reason", "audit_id"), "ledger_entries": ("why", "entry_id")}[records]
    _tamper(owner, statement.format(records=records, links=links, column=columns[0], record=columns[1]))
    report = hash_chain.verify(owner, chain)
    assert fault in [str(found).split(",")[0] for found in report.faults]


def test_an_amount_that_was_changed_is_found(exchange: TestDatabase) -> None:
    owner = exchange.connect()
    owner.autocommit = True
    _entry(owner, 0)
    _tamper(owner, "UPDATE ledger_postings SET amount = amount * 2, balance_after = balance_after * 2")
    assert [fault.kind for fault in hash_chain.verify(owner, LEDGER).faults] == ["CHANGED"]


def test_a_record_that_was_put_in_is_found(exchange: TestDatabase) -> None:
    owner = exchange.connect()
    owner.autocommit = True
    _record(owner, 0)
    _tamper(
        owner,
        "INSERT INTO audit_logs (id, actor_type, action, result, timestamp) VALUES (gen_random_uuid(), 'USER', 'x', 'SUCCESS', now())",
    )
    assert [fault.kind for fault in hash_chain.verify(owner, AUDIT).faults] == ["INSERTED"]


def test_a_chain_that_was_made_again_differs_from_the_noted_head(exchange: TestDatabase) -> None:
    owner = exchange.connect()
    owner.autocommit = True
    for place in range(3):
        _record(owner, place)
    noted = hash_chain.verify(owner, AUDIT).head
    _tamper(owner, "UPDATE audit_logs SET reason = 'other'")
    _tamper(owner, "DELETE FROM audit_chain")
    _tamper(owner, "UPDATE audit_chain_head SET number = 0, hash = sha256('')")
    owner.execute("SELECT audit_chain_append(record) FROM audit_logs record")
    assert hash_chain.verify(owner, AUDIT).ok, "by itself it is a chain"
    assert [fault.kind for fault in hash_chain.verify(owner, AUDIT, noted=noted).faults] == ["CHANGED"]


@pytest.mark.parametrize("role", ["auth_app", "wallet_app", "settlement_app"])
@pytest.mark.parametrize("table", ["audit_chain", "audit_chain_head", "ledger_chain", "ledger_chain_head"])
def test_no_application_writes_a_link(exchange: TestDatabase, role: str, table: str) -> None:
    with exchange.connect(role) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute(f"DELETE FROM {table}".encode())
