"""The states of a withdrawal: one module writes them, the table's trigger holds the same ways, and nothing follows an end."""

from __future__ import annotations

import re
from pathlib import Path

from mycrypto.withdrawals.transitions import FINAL, MOVES, UNDER_WAY, Status

ROOT = Path(__file__).resolve().parents[3]
WRITES = re.compile(r"\b(?:UPDATE|INSERT INTO|DELETE FROM)\s+withdrawals\b")
ONE_MODULE = ROOT / "layers/common/python/mycrypto/withdrawals/transitions.py"
TRIGGER = ROOT / "functions/migrations/exchange_dev/0062_payouts.sql"


def test_one_module_writes_the_table() -> None:
    writers = {
        path
        for folder in ("functions", "layers/common/python", "engine_container", "localstack/mycrypto_local")
        for path in (ROOT / folder).rglob("*.py")
        if WRITES.search(path.read_text())
    }
    assert writers == {ONE_MODULE}


def test_the_trigger_of_the_table_holds_the_same_ways() -> None:
    ways = re.findall(r"WHEN '(\w+)'\s+THEN NEW\.status IN \(([^)]*)\)", TRIGGER.read_text())
    held = {Status(origin): frozenset(map(Status, re.findall(r"'(\w+)'", onward))) for origin, onward in ways}
    assert held == {status: onward for status, onward in MOVES.items() if onward}


def test_every_state_is_reached_and_what_has_ended_stays() -> None:
    assert set().union(*MOVES.values()) == set(Status) - {Status.PENDING}
    assert {Status.COMPLETED, Status.FAILED, Status.CANCELLED, Status.REJECTED} == FINAL
    assert set(Status) - FINAL - {Status.PENDING} == UNDER_WAY


def test_money_goes_back_only_from_where_it_is_proven_that_nothing_left() -> None:
    """From a state in which something may have been sent, the only way to a refund is FAILED."""
    for status in UNDER_WAY - {Status.APPROVED}:
        assert MOVES[status] & {Status.CANCELLED, Status.REJECTED} == set(), status
