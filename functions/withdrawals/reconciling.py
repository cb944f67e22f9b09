"""Every night the statements of bank and chain are held against the withdrawals: what left without one, what was booked as left and did not, and what left
after its money was given back; and their closing balances against the books. Each difference is a reconciliation item, once, for people to decide about.

The ledger and the engine are compared by settlement at every total that the engine says, and by the minute job each night.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec

from functions.withdrawals import closing_balances, judging, reconciling_store
from functions.withdrawals.judging import Verdict
from functions.withdrawals.ports import BankStatement, ChainStatement, Outgoing
from functions.withdrawals.reconciling_store import Difference, EndedRow
from mycrypto import networks
from mycrypto.database import Database
from mycrypto.partners import AwayError
from mycrypto.telemetry import Logger

LOOKS_BACK: Final = timedelta(days=3)
"""Longer than a night, because a partner may be away for one."""
SETTLED: Final = timedelta(hours=1)
"""So long a partner may take to show on its statement what it has done."""
UNKNOWN: Final = "PAYOUT_UNKNOWN"
MISSING: Final = "PAYOUT_MISSING"
RELEASED: Final = "PAYOUT_AFTER_RELEASE"
DIFFERENT: Final = "PAYOUT_DISPUTED"


class Found(msgspec.Struct):
    """What a night's look found; ``away`` are partners that did not answer, and are asked again the next night."""

    statements: int = 0
    withdrawals: int = 0
    differences: list[Difference] = []
    away: list[str] = []


def run(db: Database, bank: BankStatement | None, node: ChainStatement | None, now: datetime, logger: Logger) -> Found:
    """Compare, and keep what differs."""
    found = Found()
    looks: list[tuple[str, Callable[[], Iterable[Difference]]]] = []
    if bank is not None:
        looks.append(("bank", lambda: _of_bank(db, bank, now, found)))
    if node is not None:
        looks.append(("chain", lambda: _of_chain(db, node, now, found)))
    _ask(db, looks, found, logger)
    balances(db, bank, node, now, logger, found)
    return found


def balances(
    db: Database, bank: BankStatement | None, node: ChainStatement | None, now: datetime, logger: Logger, found: Found | None = None
) -> Found:
    """Compare what the partners hold; by itself an hour after something did not fit."""
    found = found or Found()
    looks: list[tuple[str, Callable[[], Iterable[Difference]]]] = []
    if bank is not None and "bank" not in found.away:
        looks.append(("bank", lambda: closing_balances.look(db, "BANK", bank, now)))
    if node is not None and "chain" not in found.away:
        looks.append(("chain", lambda: closing_balances.look(db, "CHAIN", node, now)))
    _ask(db, looks, found, logger)
    return found


def _ask(db: Database, looks: list[tuple[str, Callable[[], Iterable[Difference]]]], found: Found, logger: Logger) -> None:
    for name, ask in looks:
        try:
            differences = list(ask())
        except AwayError as error:
            logger.warning("a partner has not said its statement", partner=name, error=str(error))
            found.away.append(name)
            continue
        for difference in differences:
            with db.transaction() as connection:
                fresh = reconciling_store.keep(connection, difference)
            if fresh:
                found.differences.append(difference)
                logger.error(
                    "a statement and the books differ", alarm="RECONCILIATION_MISMATCH", reason=difference.reason, key=difference.key
                )


def _of_bank(db: Database, bank: BankStatement, now: datetime, found: Found) -> Iterator[Difference]:
    outgoing = bank.outgoing(now - LOOKS_BACK)
    yield from _unasked("BANK", outgoing, reconciling_store.by_keys(db.connection(), [each.key for each in outgoing]), found)
    yield from _not_there(
        "BANK",
        reconciling_store.completed(db.connection(), "FIAT", now - LOOKS_BACK, now - SETTLED),
        lambda row: _paid_by_bank(bank, row),
        found,
    )


def _of_chain(db: Database, node: ChainStatement, now: datetime, found: Found) -> Iterator[Difference]:
    outgoing = node.outgoing(now - LOOKS_BACK)
    yield from _unasked("CHAIN", outgoing, reconciling_store.by_transactions(db.connection(), [each.key for each in outgoing]), found)
    yield from _not_there(
        "CHAIN",
        reconciling_store.completed(db.connection(), "CRYPTO", now - LOOKS_BACK, now - SETTLED),
        lambda row: _paid_by_chain(node, row),
        found,
    )


def _unasked(source: str, outgoing: Sequence[Outgoing], known: dict[str, EndedRow], found: Found) -> Iterator[Difference]:
    seen: set[str] = set()
    for each in outgoing:
        found.statements += 1
        row = known.get(each.key)
        if row is None:
            yield Difference(source, each.id, UNKNOWN, each.currency, each.amount, left=True)
        elif row.status in {"FAILED", "REJECTED", "CANCELLED"}:
            yield Difference(source, each.id, RELEASED, each.currency, each.amount, left=True, withdrawal=row)
        elif each.key in seen or not judging.same_amount(each.amount, row.units) or each.currency != row.currency:
            yield Difference(source, each.id, DIFFERENT, each.currency, each.amount, left=True, withdrawal=row)
        seen.add(each.key)


def _not_there(source: str, rows: Sequence[EndedRow], is_paid: Callable[[EndedRow], bool], found: Found) -> Iterator[Difference]:
    for row in rows:
        found.withdrawals += 1
        if not is_paid(row):
            yield Difference(source, str(row.id), MISSING, row.currency, row.amount, left=False, withdrawal=row)


def _paid_by_bank(bank: BankStatement, row: EndedRow) -> bool:
    return bool(bank.bookings(row.key))


def _paid_by_chain(node: ChainStatement, row: EndedRow) -> bool:
    network = networks.find(row.currency, row.network)
    return judging.of_chain(node.find(network, row.tx_hash), network) is Verdict.PAID
