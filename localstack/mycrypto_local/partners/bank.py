"""The simulated bank: pays each key once, and says what its plan makes it say."""

from __future__ import annotations

import hashlib
import sqlite3
from decimal import Decimal
from enum import StrEnum
from typing import Any

import msgspec

from mycrypto_local.partners.ledger import Ledger, next_behaviour

PARTNER = "bank"


class Behaviour(StrEnum):
    """Of one payment."""

    NORMAL = "normal"  # pays at once
    SLOW = "slow"  # accepts, and pays when it is settled
    FAIL = "fail"  # rejects, and says so
    ERROR = "error"  # answers 500 the first time, before it has done anything
    TIMEOUT = "timeout"  # pays, and does not answer the first time
    FORGET = "forget"  # pays, and says that it does not know the payment
    LIE_REJECTED = "lie-rejected"  # pays, and says that it has rejected
    LIE_COMPLETED = "lie-completed"  # says that it has paid, and has not until it is settled


class NoAnswerError(Exception):
    """The bank did something and does not answer."""


class BrokenError(Exception):
    """The bank answers 500 and has done nothing."""


class ConflictError(Exception):
    """The key was used for another payment."""


_PAYS = {Behaviour.NORMAL, Behaviour.TIMEOUT, Behaviour.FORGET, Behaviour.LIE_REJECTED}
_SAID = {Behaviour.SLOW: "ACCEPTED", Behaviour.FAIL: "REJECTED", Behaviour.LIE_REJECTED: "REJECTED"}


class Bank:
    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def pay(self, key: str, instruction: dict[str, Any]) -> dict[str, str]:
        """Raises NoAnswerError, BrokenError, ConflictError."""
        text = msgspec.json.encode(instruction, order="sorted").decode()
        with self._ledger.transaction() as connection:
            known = connection.execute("SELECT instruction, said FROM payments WHERE key = ?", (key,)).fetchone()
            if known is not None:
                if known[0] != text:
                    raise ConflictError(key)
                connection.execute("UPDATE payments SET calls = calls + 1 WHERE key = ?", (key,))
                return {"state": known[1]}
            behaviour = Behaviour(next_behaviour(connection, PARTNER))
            if behaviour is not Behaviour.ERROR:
                self._take(connection, key, text, behaviour)
        if behaviour is Behaviour.ERROR:
            raise BrokenError(key)
        if behaviour is Behaviour.TIMEOUT:
            raise NoAnswerError(key)
        return {"state": _SAID.get(behaviour, "COMPLETED")}

    def _take(self, connection: sqlite3.Connection, key: str, text: str, behaviour: Behaviour) -> None:
        state = "COMPLETED" if behaviour in _PAYS else "REJECTED" if behaviour is Behaviour.FAIL else "ACCEPTED"
        connection.execute(
            "INSERT INTO payments (key, instruction, state, said, hidden, calls) VALUES (?, ?, ?, ?, ?, 1)",
            (key, text, state, _SAID.get(behaviour, "COMPLETED"), behaviour is Behaviour.FORGET),
        )
        if state == "COMPLETED":
            _book(connection, key, text)

    def find(self, key: str) -> dict[str, str] | None:
        with self._ledger.transaction() as connection:
            row = connection.execute("SELECT said, hidden FROM payments WHERE key = ?", (key,)).fetchone()
        return None if row is None or row[1] else {"state": str(row[0])}

    def statement(self, key: str = "") -> list[dict[str, str]]:
        """The debits of a key, or all of them."""
        with self._ledger.transaction() as connection:
            rows = connection.execute("SELECT transaction_id, amount, iban FROM bookings WHERE ? IN ('', key)", (key,)).fetchall()
        return [{"transaction_id": row[0], "amount": row[1], "iban": row[2]} for row in rows]

    def outgoing(self) -> list[dict[str, str]]:
        """Every debit of the account."""
        with self._ledger.transaction() as connection:
            rows = connection.execute("SELECT transaction_id, key, amount FROM bookings ORDER BY rowid").fetchall()
        return [{"id": row[0], "key": row[1], "currency": "TRY", "amount": row[2]} for row in rows]

    def balances(self) -> list[dict[str, str]]:
        """What has come in less what has gone out."""
        total = sum((amount for _, amount in self._ledger.received(PARTNER)), Decimal(0))
        return [{"currency": "TRY", "amount": f"{total - sum(Decimal(each['amount']) for each in self.outgoing()):f}"}]

    def settle(self, key: str, outcome: str) -> bool:
        """Pay or reject what was accepted; false where there is nothing to settle."""
        with self._ledger.transaction() as connection:
            row = connection.execute("SELECT instruction FROM payments WHERE key = ? AND state = 'ACCEPTED'", (key,)).fetchone()
            if row is None:
                return False
            state = "COMPLETED" if outcome == "COMPLETED" else "REJECTED"
            connection.execute("UPDATE payments SET state = ?, said = ? WHERE key = ?", (state, state, key))
            if state == "COMPLETED":
                _book(connection, key, row[0])
        return True


def _book(connection: sqlite3.Connection, key: str, text: str) -> None:
    instruction = msgspec.json.decode(text)
    number = hashlib.sha256(key.encode()).hexdigest()[:16].upper()
    connection.execute(
        "INSERT INTO bookings (transaction_id, key, amount, iban) VALUES (?, ?, ?, ?)",
        (f"OUT-{number}", key, instruction["amount"], instruction["iban"]),
    )
