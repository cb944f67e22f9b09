"""A credited deposit falls out of its chain: the money is missing. The user who was credited must keep that amount on the platform until staff has
decided. When the chain takes the transaction in again, no decision is needed.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from psycopg import Connection

from functions.wallet import reconciliation_rules as rules
from functions.wallet.chain_states import Word
from functions.wallet.context import Context
from functions.wallet.reconciliation_rules import ItemStatus
from functions.wallet.store import chain_deposits as store
from functions.wallet.store import reconciliation
from functions.wallet.store.chain_deposits import AddressRow, ChainRow
from mycrypto import ledger, mail
from mycrypto.ledger import CUSTODY_HOT, EXTERNAL, Entry, Kind, Move
from mycrypto.mail import MailKind
from mycrypto.money import format_amount
from mycrypto.withdrawals import owners, transitions


def _key(deposit: ChainRow, number: int) -> str:
    return f"{deposit.tx_hash}:{deposit.output_index}:{deposit.address}#{number}"


def reverse(
    context: Context, connection: Connection, deposit: ChainRow, owner: AddressRow, word: Word, replaced_by: str | None, now: datetime
) -> None:
    """Open an item for what is missing, keep its amount on the platform, tell the user. The caller rings the alarm after the commit."""
    number = deposit.reversals + 1
    holder = _holder(connection, deposit)
    if holder is not None:
        owners.lock(connection, holder)
    reconciliation.report(
        connection,
        "CHAIN",
        _key(deposit, number),
        rules.REORGANISED,
        currency=deposit.currency,
        amount=deposit.amount,
        document={
            "deposit_id": str(deposit.id),
            "tx_hash": deposit.tx_hash,
            "output_index": deposit.output_index,
            "address": deposit.address,
            "state": word.value,
            "replaced_by": replaced_by,
        },
        user_id=holder,
        withheld=deposit.amount if holder is not None else Decimal(0),
    )
    store.reverse(connection, deposit.id, number, replaced_by, now)
    if holder is not None:
        stopped = transitions.hold_back(connection, holder, now)
        context.logger.critical("a credited deposit fell out of its chain", deposit=str(deposit.id), user=str(holder), stopped=stopped)
    if holder == deposit.user_id:
        mail.add(
            connection,
            MailKind.DEPOSIT_REVERSED,
            to=owner.email,
            user_id=owner.user_id,
            amount=format_amount(deposit.units),
            currency=deposit.currency,
        )


def _holder(connection: Connection, deposit: ChainRow) -> UUID | None:
    """The user who has the money: the address's owner, or the user whom staff credited. ``None`` while it still waits for a decision."""
    if deposit.status != "FAILED":
        return deposit.user_id
    return reconciliation.credited_to(connection, "CHAIN", f"{deposit.tx_hash}:{deposit.output_index}:{deposit.address}")


def restore(context: Context, connection: Connection, deposit: ChainRow, now: datetime) -> None:
    """The chain has it again. Where people have decided meanwhile, the coins are there twice in the books: that is for a person once more."""
    store.restore(connection, deposit.id, now)
    item = reconciliation.lock_by_key(connection, "CHAIN", _key(deposit, deposit.reversals), rules.REORGANISED)
    if item is not None and item.status in {ItemStatus.OPEN, ItemStatus.PROPOSED}:
        reconciliation.overtake(connection, item, now, resolution=rules.REINCLUDED)
        return
    key = _key(deposit, deposit.reversals)
    entry = Entry(
        key=f"chain-reincluded:{deposit.id}:{deposit.reversals}",
        why="Yeniden onaylanan kripto yatırma",
        reference=("CRYPTO_DEPOSIT", str(deposit.id)),
        moment=now,
        moves=(Move(amount=deposit.units, currency=deposit.currency, source=CUSTODY_HOT, target=EXTERNAL, kind=Kind.DEPOSIT),),
    )
    ledger.post(connection, [entry])
    reconciliation.report(
        connection,
        "CHAIN",
        key,
        rules.REINCLUDED,
        currency=deposit.currency,
        amount=deposit.amount,
        document={"deposit_id": str(deposit.id), "tx_hash": deposit.tx_hash},
        user_id=deposit.user_id,
        booked=deposit.amount,
    )
    context.logger.warning("a deposit came back after people had decided about it", deposit=str(deposit.id))
