"""Crypto comes in: the reports of the chain watcher."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

import msgspec
from psycopg import Connection

from functions.wallet import chains, reports, reversals, value_limits
from functions.wallet import reconciliation_rules as rules
from functions.wallet.chain_states import FELL, Step, Word, judge
from functions.wallet.chains import ChainAmount
from functions.wallet.context import Context
from functions.wallet.models import (
    ChainReport,
    CryptoDeposit,
    PageQuery,
    Pagination,
    WebhookOutcome,
    iso,
    iso_or_none,
)
from functions.wallet.reports import Unreadable
from functions.wallet.store import chain_deposits as store
from functions.wallet.store import reconciliation
from functions.wallet.store.chain_deposits import AddressRow, ChainRow
from mycrypto import ledger, mail, networks
from mycrypto.errors import ProblemError, invalid
from mycrypto.ids import new_uuid
from mycrypto.ledger import CUSTODY_HOT, DUST, EXTERNAL, Entry, Kind, Move
from mycrypto.ledger.crossing import Crossing, into_trading
from mycrypto.mail import MailKind
from mycrypto.money import format_amount, to_numeric
from mycrypto.networks import Network

INDEXED_LENGTH_MAX: Final = 256


def _shown(row: ChainRow) -> CryptoDeposit:
    return CryptoDeposit(
        id=row.id,
        tx_hash=row.tx_hash,
        output_index=row.output_index,
        address=row.address,
        currency=row.currency,
        network=row.network,
        amount=format_amount(row.units),
        status="REVERSED" if row.reversed_at is not None else row.status,
        confirmations=row.confirmations,
        required_confirmations=row.required_confirmations,
        created_at=iso(row.created_at),
        confirmed_at=iso_or_none(row.confirmed_at),
        credited_at=iso_or_none(row.credited_at),
        replaced_by=row.replaced_by,
    )


def page(
    context: Context, user_id: UUID, query: PageQuery, *, currency: str | None = None, tx_hash: str | None = None
) -> tuple[list[CryptoDeposit], Pagination]:
    """The user's deposits, newest first; those of a transaction however it is spelled."""
    code = networks.find(currency).currency if currency else None
    hashes = None if tx_hash is None else chains.spellings_of(tx_hash)
    rows, total = store.page(context.db.connection(), user_id, limit=query.limit, offset=query.offset, currency=code, tx_hashes=hashes)
    return [_shown(row) for row in rows], Pagination.of(query, total)


class _Output(msgspec.Struct, frozen=True):
    """A report in the one spelling of its names."""

    report: ChainReport
    network: Network
    tx_hash: str
    address: str
    amount: ChainAmount
    word: Word | None
    replaced_by: str | None

    @property
    def key(self) -> str:
        """Under which a person finds it."""
        return f"{self.tx_hash}:{self.report.output_index}:{self.address}"


def receive(context: Context, body: bytes) -> tuple[WebhookOutcome, str]:
    """The chain watcher reports an output, again with each new block; ``body`` is what it has signed. Also answers the currency.

    Below the required confirmations the deposit waits; at them it crosses into trading, once. What fits nothing, and what cannot be read, is
    kept for a person. Raises VALIDATION_ERROR for a report without a transaction: the chain still has it, and it can be reported again.
    """
    report = reports.read(body, ChainReport)
    with context.db.transaction() as connection:
        outcome, currency = _receive(context, connection, report)
    context.flush()
    if outcome.outcome == "REVERSED":
        context.meter.count("wallet_deposits_reversed_total", currency=currency)
    return outcome, currency


def _receive(context: Context, connection: Connection, report: ChainReport | Unreadable) -> tuple[WebhookOutcome, str]:
    if isinstance(report, Unreadable):
        return _keep_unread(connection, report.members, report.why, report.raw), reports.UNKNOWN_CURRENCY
    try:
        output = _read(report)
    except (ProblemError, ValueError) as error:
        if isinstance(error, ProblemError) and error.kind.code == "VALIDATION_ERROR":
            raise
        return _keep_unread(connection, msgspec.structs.asdict(report), str(error), ""), reports.UNKNOWN_CURRENCY
    owner = store.owner_of(connection, output.address)
    if owner is None:
        return _keep(connection, output, "UNKNOWN_ADDRESS"), output.network.currency
    return _receive_own(context, connection, output, owner), output.network.currency


def _read(report: ChainReport) -> _Output:
    """Raises CURRENCY_NOT_SUPPORTED or ``ValueError`` for what a person has to look at, VALIDATION_ERROR for a transaction that is none."""
    network = chains.reported(report.currency.strip(), report.network)
    return _Output(
        report=report,
        network=network,
        tx_hash=_tx_hash("tx_hash", report.tx_hash, network),
        address=chains.parse_address(report.address, network),
        amount=chains.parse_chain_amount(report.amount.strip(), network.currency),
        word=Word(report.state) if report.state else None,
        replaced_by=_tx_hash("replaced_by", report.replaced_by, network) if report.replaced_by else None,
    )


def _tx_hash(field: str, text: str, network: Network) -> str:
    try:
        return chains.parse_tx_hash(text, network)
    except ValueError as error:
        raise invalid(field, str(error)) from None


def _keep_unread(connection: Connection, members: dict[str, Any], why: str, raw: str) -> WebhookOutcome:
    """One item per transaction, however often and in however many ways it is misreported."""
    said = members.get("tx_hash")
    if not isinstance(said, str) or not (spellings := chains.spellings_of(said)):
        raise invalid("tx_hash", "must be 64 hex digits, with or without 0x")
    document = {name: reports.kept(members.get(name)) for name in ChainReport.__struct_fields__} | {"why": why, "raw": raw}
    key = _unread_key(spellings, members.get("output_index"))
    fresh = reconciliation.report(
        connection, "CHAIN", key, reports.UNREADABLE, currency=reports.UNKNOWN_CURRENCY, amount=Decimal(0), document=document
    )
    return WebhookOutcome("RECONCILIATION" if fresh else "REPEATED", reason=reports.UNREADABLE)


def _unread_key(spellings: list[str], output_index: object) -> str:
    """Under which a report that cannot be read is kept: it names no network whose spelling would be the one."""
    return f"{spellings[0]}:{reports.kept(output_index)}"[:INDEXED_LENGTH_MAX]


def _plain(address: str) -> str:
    return address.strip().lower().removeprefix("0x")


def _is_free(connection: Connection, output: _Output, now: datetime) -> bool:
    """A report of this output that could not be read, on a wrong network maybe, needs no decision any more. False if people have decided about its
    money, so that it must not be credited once more.
    """
    key = _unread_key(chains.spellings_of(output.tx_hash), output.report.output_index)
    item = reconciliation.lock_by_key(connection, "CHAIN", key, reports.UNREADABLE)
    if item is None or _plain(str(item.document.get("address"))) != _plain(output.address):
        return True
    return reconciliation.settle_unread(connection, "CHAIN", key, now)


def _receive_own(context: Context, connection: Connection, output: _Output, owner: AddressRow) -> WebhookOutcome:
    now, report = context.now(), output.report
    known = store.lock_output(connection, output.tx_hash, report.output_index, owner.address)
    if known is None:
        if output.word in FELL:
            return WebhookOutcome("DROPPED")  # before we ever saw it
        known = _first_seen(connection, output, owner, now)
    if output.word not in FELL and (known.chain_amount, known.currency, known.network) != (
        output.amount.exact,
        output.network.currency,
        output.network.name,
    ):
        return _keep(connection, output, "CONFLICTING_REPORT", user_id=owner.user_id)
    reversed_before = known.reversed_at is not None
    match judge(known.status, output.word, report.confirmations, known.required_confirmations, reversed_before=reversed_before):
        case Step.WAIT:
            store.update_output(connection, known.id, "PENDING", report.confirmations, now)
            return WebhookOutcome("PENDING", known.id)
        case Step.DROP:
            store.drop(connection, known.id, output.replaced_by, now)
            return WebhookOutcome("DROPPED", known.id)
        case Step.REVERSE:
            word = output.word if output.word in FELL else Word.GONE
            reversals.reverse(context, connection, known, owner, word, output.replaced_by, now)
            return WebhookOutcome("REVERSED", known.id, rules.REORGANISED)
        case Step.RESTORE:
            reversals.restore(context, connection, known, now)
            return WebhookOutcome("RESTORED", known.id)
        case Step.CONFIRM:
            return _confirm(connection, output, known, owner, now)
        case Step.NOTHING:
            return WebhookOutcome("REPEATED", known.id)


def _confirm(connection: Connection, output: _Output, known: ChainRow, owner: AddressRow, now: datetime) -> WebhookOutcome:
    amount, confirmations = output.amount, output.report.confirmations
    if not _is_free(connection, output, now):
        store.update_output(connection, known.id, "FAILED", confirmations, now)
        return _keep(connection, output, "CONFLICTING_REPORT", deposit_id=known.id, user_id=owner.user_id)
    refusal = refuse(output.network, amount, owner)
    if refusal is None:
        store.update_output(connection, known.id, "CONFIRMED", confirmations, now)
        value_limits.value_deposit(connection, known.id, known.currency, known.amount, now)
        _credit(connection, known, amount, now)
        return WebhookOutcome("ACCEPTED", known.id)
    store.update_output(connection, known.id, "FAILED", confirmations, now)
    _book(connection, known, amount, now, why=f"Alacaklandırılamayan kripto yatırma: {refusal}")
    outcome = _keep(connection, output, refusal, deposit_id=known.id, user_id=owner.user_id, booked=to_numeric(amount.units))
    text = format_amount(amount.units)
    mail.add(connection, MailKind.DEPOSIT_HELD, to=owner.email, user_id=owner.user_id, amount=text, currency=output.network.currency)
    return outcome


def refuse(network: Network, amount: ChainAmount, owner: AddressRow) -> str | None:
    """Why a confirmed output is not credited by itself; ``None`` if it is. Pure."""
    if (owner.currency, owner.network) != (network.currency, network.name):
        return "CURRENCY_MISMATCH"
    return "BELOW_MINIMUM" if amount.units < network.deposit_minimum else None


def _first_seen(connection: Connection, output: _Output, owner: AddressRow, now: datetime) -> ChainRow:
    amount, network = output.amount, output.network
    row = ChainRow(
        id=new_uuid(),
        tx_hash=output.tx_hash,
        output_index=output.report.output_index,
        address=owner.address,
        user_id=owner.user_id,
        currency=network.currency,
        network=network.name,
        chain_amount=amount.exact,
        amount=to_numeric(amount.units),
        status="PENDING",
        confirmations=output.report.confirmations,
        required_confirmations=network.confirmations,
        created_at=now,
        confirmed_at=None,
        credited_at=None,
    )
    if not store.insert_output(connection, row):
        # Reported twice at the same moment: the other one has it now.
        existing = store.lock_output(connection, row.tx_hash, row.output_index, row.address)
        if existing is None:
            raise RuntimeError(f"output {row.tx_hash}:{row.output_index} is neither new nor known")
        return existing
    mail.add(
        connection,
        MailKind.DEPOSIT_DETECTED,
        to=owner.email,
        user_id=owner.user_id,
        amount=format_amount(amount.units),
        currency=network.currency,
    )
    return row


def _credit(connection: Connection, output: ChainRow, amount: ChainAmount, now: datetime) -> None:
    into_trading(
        connection,
        Crossing(
            transfer_id=output.id,
            user_id=output.user_id,
            currency=output.currency,
            amount=amount.units,
            kind=Kind.DEPOSIT,
            reference=("CRYPTO_DEPOSIT", output.id),
            why=f"{output.currency} yatırma",
        ),
        source=CUSTODY_HOT,
        moment=now,
        metadata={"tx_hash": output.tx_hash},
    )
    _book_dust(connection, output, amount, now)


def _book(connection: Connection, output: ChainRow, amount: ChainAmount, now: datetime, *, why: str) -> None:
    """Post the receipt: the platform holds the money now, even if it is not clear yet for which user."""
    if amount.units:
        entry = Entry(
            key=f"chain-unmatched:{output.id}",
            why=why,
            reference=("CRYPTO_DEPOSIT", str(output.id)),
            moment=now,
            moves=(Move(amount=amount.units, currency=output.currency, source=CUSTODY_HOT, target=EXTERNAL, kind=Kind.DEPOSIT),),
        )
        ledger.post(connection, [entry])
    _book_dust(connection, output, amount, now)


def _book_dust(connection: Connection, output: ChainRow, amount: ChainAmount, now: datetime) -> None:
    """Fractions below 10^-8 add up until they are a whole unit, which the dust account gets."""
    if not amount.rest:
        return
    units = store.collect_dust(connection, output.currency, amount.rest)
    if units:
        entry = Entry(
            key=f"dust:{output.id}",
            why="10^-8 altı kalanlar",
            reference=("CRYPTO_DEPOSIT", str(output.id)),
            moment=now,
            moves=(Move(amount=units, currency=output.currency, source=CUSTODY_HOT, target=DUST, kind=Kind.DUST),),
        )
        ledger.post(connection, [entry])


def _keep(
    connection: Connection,
    output: _Output,
    reason: str,
    *,
    deposit_id: UUID | None = None,
    user_id: UUID | None = None,
    booked: Decimal = Decimal(0),
) -> WebhookOutcome:
    document = {name: reports.kept(getattr(output.report, name)) for name in ChainReport.__struct_fields__}
    reconciliation.report(
        connection,
        "CHAIN",
        output.key,
        reason,
        currency=output.network.currency,
        amount=output.amount.exact,
        document=document,
        user_id=user_id,
        booked=booked,
    )
    return WebhookOutcome("RECONCILIATION", deposit_id, reason)
