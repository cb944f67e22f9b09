"""Crypto comes in: an address per user and currency, and the reports of the chain watcher."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from psycopg import Connection

from functions.wallet import chains, hd_address, limits
from functions.wallet.chains import Chain, ChainAmount
from functions.wallet.context import Context
from functions.wallet.models import (
    ChainReport,
    CryptoAddress,
    CryptoDeposit,
    OpenCryptoDeposit,
    PageQuery,
    Pagination,
    WebhookOutcome,
    iso,
    iso_or_none,
)
from functions.wallet.store import bank_accounts, reconciliation
from functions.wallet.store import chain_deposits as store
from functions.wallet.store.chain_deposits import AddressRow, ChainRow
from mycrypto import ledger, mail
from mycrypto.errors import ProblemError, invalid
from mycrypto.http import Principal
from mycrypto.ids import new_uuid
from mycrypto.ledger import CUSTODY_HOT, DUST, EXTERNAL, Entry, Kind, Move
from mycrypto.ledger.crossing import Crossing, into_trading
from mycrypto.mail import MailKind
from mycrypto.money import format_amount, to_numeric


def _shown_address(row: AddressRow, chain: Chain) -> CryptoAddress:
    return CryptoAddress(
        id=row.id,
        currency=row.currency,
        network=chain.network,
        address=row.address,
        qr_code_url=hd_address.qr_code(row.address),
        required_confirmations=chain.confirmations,
        minimum_amount=format_amount(chain.minimum),
        estimated_confirmation_time=chain.confirmation_time,
        created_at=iso(row.created_at),
    )


def _shown(row: ChainRow) -> CryptoDeposit:
    return CryptoDeposit(
        id=row.id,
        tx_hash=row.tx_hash,
        output_index=row.output_index,
        address=row.address,
        currency=row.currency,
        amount=format_amount(row.units),
        status=row.status,
        confirmations=row.confirmations,
        required_confirmations=row.required_confirmations,
        created_at=iso(row.created_at),
        confirmed_at=iso_or_none(row.confirmed_at),
        credited_at=iso_or_none(row.credited_at),
    )


def open_address(context: Context, principal: Principal, body: OpenCryptoDeposit) -> tuple[CryptoAddress, bool]:
    """The user's address of a currency, and whether it was made just now.

    Raises CURRENCY_NOT_SUPPORTED, KYC_REQUIRED, VALIDATION_ERROR for another network.
    """
    chain = chains.find(body.currency)
    if body.network is not None and body.network.upper() not in {chain.network, chain.currency}:
        raise invalid("network", f"must be {chain.network} for {chain.currency}")
    limits.require_kyc(principal.kyc_level)
    with context.db.transaction() as connection:
        bank_accounts.lock_user(connection, principal.user_id)
        known = store.active_address(connection, principal.user_id, chain.currency)
        if known is not None:
            return _shown_address(known, chain), False
        coin_type = hd_address.COIN_TYPES[chain.currency]
        index = store.next_index(connection, coin_type)
        derived = hd_address.derive(context.account_key(coin_type), chain.currency, index, bitcoin_network=context.settings.bitcoin_network)
        row = AddressRow(new_uuid(), principal.user_id, chain.currency, derived.address, principal.email, context.now())
        store.insert_address(connection, row, coin_type=coin_type, index=index, path=derived.path, public_key=derived.public_key)
    return _shown_address(row, chain), True


def address(context: Context, user_id: UUID, currency: str) -> CryptoAddress:
    """The address that the user has. Raises ADDRESS_NOT_FOUND, CURRENCY_NOT_SUPPORTED."""
    chain = chains.find(currency)
    row = store.active_address(context.db.connection(), user_id, chain.currency)
    if row is None:
        raise ProblemError("ADDRESS_NOT_FOUND", f"you have no {chain.currency} address yet")
    return _shown_address(row, chain)


def page(
    context: Context, user_id: UUID, query: PageQuery, *, currency: str | None = None, tx_hash: str | None = None
) -> tuple[list[CryptoDeposit], Pagination]:
    code = chains.find(currency).currency if currency else None
    rows, total = store.page(context.db.connection(), user_id, limit=query.limit, offset=query.offset, currency=code, tx_hash=tx_hash)
    return [_shown(row) for row in rows], Pagination.of(query, total)


def receive(context: Context, report: ChainReport) -> WebhookOutcome:
    """The chain watcher reports an output, again with each new block. Raises VALIDATION_ERROR for a report that cannot be read.

    Below the required confirmations the deposit waits; at them it crosses into trading, once. What fits nothing is kept for a person.
    """
    try:
        chain = chains.find(report.currency)
        amount = chains.parse_chain_amount(report.amount, chain.currency)
        paid_to = _normal_address(report.address, chain.currency)
    except (ProblemError, ValueError) as error:
        raise invalid("currency" if isinstance(error, ProblemError) else "amount or address", str(error)) from None
    with context.db.transaction() as connection:
        owner = store.owner_of(connection, paid_to)
        if owner is None:
            outcome = _keep_for_a_person(connection, report, amount, "UNKNOWN_ADDRESS")
        else:
            outcome = _receive_own(context, connection, report, chain, amount, owner)
    context.flush()
    return outcome


def _normal_address(text: str, currency: str) -> str:
    """Watchers write Ethereum addresses in any case, bech32 ones too; we keep one form of each."""
    return text.strip().lower() if currency == "BTC" else hd_address.checksum_address(text.strip())


def _receive_own(
    context: Context, connection: Connection, report: ChainReport, chain: Chain, amount: ChainAmount, owner: AddressRow
) -> WebhookOutcome:
    now = context.now()
    tx_hash = report.tx_hash.lower()
    known = store.lock_output(connection, tx_hash, report.output_index, owner.address)
    if known is None:
        known = _first_seen(connection, report, chain, amount, owner, now)
    elif (known.chain_amount, known.currency) != (amount.exact, chain.currency):
        return _keep_for_a_person(connection, report, amount, "CONFLICTING_REPORT")
    if known.status != "PENDING":
        return WebhookOutcome("REPEATED", known.id)
    confirmed = report.confirmations >= known.required_confirmations
    if not confirmed:
        store.update_output(connection, known.id, "PENDING", report.confirmations, now)
        return WebhookOutcome("PENDING", known.id)
    refusal = refuse(chain, amount, owner.currency)
    if refusal is not None:
        store.update_output(connection, known.id, "FAILED", report.confirmations, now)
        _book(connection, known, amount, now, why=f"Alacaklandırılamayan kripto yatırma: {refusal}")
        return _keep_for_a_person(connection, report, amount, refusal, known.id)
    store.update_output(connection, known.id, "CONFIRMED", report.confirmations, now)
    _credit(connection, known, amount, now)
    return WebhookOutcome("ACCEPTED", known.id)


def refuse(chain: Chain, amount: ChainAmount, address_currency: str) -> str | None:
    """Why a confirmed output is not credited by itself; ``None`` if it is. Pure."""
    if address_currency != chain.currency:
        return "CURRENCY_MISMATCH"
    return "BELOW_MINIMUM" if amount.units < chain.minimum else None


def _first_seen(
    connection: Connection, report: ChainReport, chain: Chain, amount: ChainAmount, owner: AddressRow, now: datetime
) -> ChainRow:
    row = ChainRow(
        id=new_uuid(),
        tx_hash=report.tx_hash.lower(),
        output_index=report.output_index,
        address=owner.address,
        user_id=owner.user_id,
        currency=chain.currency,
        chain_amount=amount.exact,
        amount=to_numeric(amount.units),
        status="PENDING",
        confirmations=report.confirmations,
        required_confirmations=chain.confirmations,
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
        currency=chain.currency,
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
    """The money is ours to keep safe, whoever gets it: the ledger says so."""
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


def _keep_for_a_person(
    connection: Connection, report: ChainReport, amount: ChainAmount, reason: str, deposit_id: UUID | None = None
) -> WebhookOutcome:
    source_key = f"{report.tx_hash.lower()}:{report.output_index}:{report.address}"
    reconciliation.report(connection, "CHAIN", source_key, reason, currency=report.currency.upper(), amount=amount.exact, document=report)
    return WebhookOutcome("RECONCILIATION", deposit_id, reason)
