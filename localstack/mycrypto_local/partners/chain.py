"""The simulated signer and the nodes: one transaction for each key, mined as its plan says."""

from __future__ import annotations

import hashlib
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final

import msgspec

from mycrypto import networks
from mycrypto.partners import INSUFFICIENT_FUNDS
from mycrypto_local.partners.bank import BrokenError, ConflictError, NoAnswerError
from mycrypto_local.partners.ledger import Ledger, next_behaviour

PARTNER: Final = "chain"
DEEP: Final = 100
FEES: Final = {"BTC": "0.00001", "ETH": "0.0015"}


class Behaviour(StrEnum):
    """Of one transaction, from its first broadcast on."""

    NORMAL = "normal"  # mined at once, deep enough
    SLOW = "slow"  # waits until it is settled
    FAIL = "fail"  # another transaction took its place, for good
    ERROR = "error"  # the node answers 500 the first time, and has not taken it
    TIMEOUT = "timeout"  # mined, and the node does not answer the first time
    LOSE = "lose"  # the node says that it has it, and forgets it


SIGNER_BEHAVIOURS: Final = {"normal": "", "fail": "REFUSED", "short": INSUFFICIENT_FUNDS}
"""Why the signer does not sign, by its plan."""


class SignerRefusedError(Exception):
    """The signer will not sign this; says why."""


_STATES: Final = {Behaviour.SLOW: ("PENDING", 0), Behaviour.FAIL: ("FAILED", DEEP)}


def _is_of(spending: str, currency: str, network: str) -> bool:
    signed = msgspec.json.decode(spending)
    return (signed["currency"], signed["network"]) == (currency, network)


class Chain:
    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def sign(self, key: str, spending: dict[str, Any]) -> dict[str, Any]:
        """The transaction of this key, the same at each call. Raises ConflictError, SignerRefusedError."""
        text = msgspec.json.encode(spending, order="sorted").decode()
        refusal = ""
        with self._ledger.transaction() as connection:
            known = connection.execute("SELECT spending, raw, tx_hash FROM signatures WHERE key = ?", (key,)).fetchone()
            if known is None and not (refusal := SIGNER_BEHAVIOURS[next_behaviour(connection, "signer")]):
                raw = msgspec.json.encode({"key": key, "spending": spending}, order="sorted")
                digest = hashlib.sha256(raw).hexdigest()
                known = (text, raw, networks.find(spending["currency"], spending["network"]).hash_prefix + digest)
                connection.execute("INSERT INTO signatures (key, spending, raw, tx_hash) VALUES (?, ?, ?, ?)", (key, *known))
        if refusal:  # what was raised in the transaction would leave the plan for the next call too
            raise SignerRefusedError(refusal)
        if known[0] != text:
            raise ConflictError(key)
        return {"raw": bytes(known[1]), "tx_hash": str(known[2])}

    def broadcast(self, currency: str, network: str, raw: bytes) -> dict[str, str] | None:
        """``None`` for what our signer has not signed for this network. Raises NoAnswerError, BrokenError."""
        behaviour = Behaviour.NORMAL
        with self._ledger.transaction() as connection:
            row = connection.execute("SELECT tx_hash, spending FROM signatures WHERE raw = ?", (raw,)).fetchone()
            if row is None or not _is_of(row[1], currency, network):
                return None
            tx_hash = str(row[0])
            known = connection.execute("UPDATE transactions SET calls = calls + 1 WHERE tx_hash = ?", (tx_hash,)).rowcount
            if not known:
                behaviour = Behaviour(next_behaviour(connection, PARTNER))
                if behaviour not in {Behaviour.ERROR, Behaviour.LOSE}:
                    state, confirmations = _STATES.get(behaviour, ("MINED", DEEP))
                    connection.execute(
                        "INSERT INTO transactions (tx_hash, currency, state, confirmations, calls) VALUES (?, ?, ?, ?, 1)",
                        (tx_hash, currency, state, confirmations),
                    )
        if behaviour is Behaviour.ERROR:
            raise BrokenError(tx_hash)
        if behaviour is Behaviour.TIMEOUT:
            raise NoAnswerError(tx_hash)
        return {"tx_hash": tx_hash}

    def find(self, currency: str, network: str, tx_hash: str) -> dict[str, Any] | None:
        """A node knows the transactions of its own network alone."""
        with self._ledger.transaction() as connection:
            row = connection.execute(
                """SELECT made.state, made.confirmations, signed.spending FROM transactions made JOIN signatures signed ON signed.tx_hash = made.tx_hash
                    WHERE made.tx_hash = ?""",
                (tx_hash,),
            ).fetchone()
        return {"state": row[0], "confirmations": row[1]} if row is not None and _is_of(row[2], currency, network) else None

    def settle(self, key: str, outcome: str) -> bool:
        """Mine what waits, or let another transaction take its place; false where there is nothing to settle."""
        state = "MINED" if outcome == "COMPLETED" else "FAILED"
        with self._ledger.transaction() as connection:
            return bool(
                connection.execute(
                    """UPDATE transactions SET state = ?, confirmations = ?
                        WHERE state = 'PENDING' AND tx_hash = (SELECT tx_hash FROM signatures WHERE key = ?)""",
                    (state, DEEP, key),
                ).rowcount
            )

    def mined(self) -> list[dict[str, str]]:
        """What has left, by the chain."""
        with self._ledger.transaction() as connection:
            rows = connection.execute(
                """SELECT made.tx_hash, signed.spending FROM transactions made JOIN signatures signed ON signed.tx_hash = made.tx_hash
                    WHERE made.state = 'MINED'"""
            ).fetchall()
        return [{"tx_hash": row[0], **msgspec.json.decode(row[1])} for row in rows]

    def outgoing(self) -> list[dict[str, str]]:
        """Every transaction of the hot wallet that a block holds."""
        return [
            {"id": each["tx_hash"], "key": each["tx_hash"], "currency": each["currency"], "amount": each["amount"]} for each in self.mined()
        ]

    def balances(self) -> list[dict[str, str]]:
        """What has come in less what was mined, with the network fee that was paid."""
        held: dict[str, Decimal] = {}
        for currency, amount in self._ledger.received(PARTNER):
            held[currency] = held.get(currency, Decimal(0)) + amount
        for each in self.mined():
            spent = Decimal(each["amount"]) + Decimal(each.get("network_fee", "0"))
            held[each["currency"]] = held.get(each["currency"], Decimal(0)) - spent
        return [{"currency": currency, "amount": f"{amount:f}"} for currency, amount in sorted(held.items())]

    def fees(self) -> list[dict[str, str]]:
        with self._ledger.transaction() as connection:
            known = dict(connection.execute("SELECT currency, fee FROM fees").fetchall())
        return [{"currency": currency, "fee": fee} for currency, fee in (FEES | known).items()]

    def set_fee(self, currency: str, fee: str) -> None:
        with self._ledger.transaction() as connection:
            connection.execute("INSERT OR REPLACE INTO fees (currency, fee) VALUES (?, ?)", (currency, fee))
