"""What each event of the engine means for the ledger, and how a batch of them is settled in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final
from uuid import UUID

import msgspec
from psycopg import Connection

from functions.settlement import store
from mycrypto import ledger, mail
from mycrypto.contracts import events
from mycrypto.contracts.trading import Side
from mycrypto.ids import new_uuid, trading_uuid_text
from mycrypto.ledger import FEES, WRITTEN_OFF, Account, Entry, Kind, Move, Poster, custody_of, spot, transit
from mycrypto.ledger.crossing import ADJUSTMENT, RECONCILIATION
from mycrypto.mail import MailKind
from mycrypto.money import format_amount, notional_units
from mycrypto.projection import Numbered, fresh, lock_watermark, moment, move_watermark
from mycrypto.withdrawals import internal, payouts, refunds, transitions
from mycrypto.withdrawals.transitions import Moved

CONSUMER = "settlement"
HANDED_OVER: Final = 500
"""So many entries the database writes while the next ones are made."""


class SettlementError(RuntimeError):
    """Engine and wallet disagree. Nothing of the batch is kept, and settlement stops until a person has looked at it."""


class TotalsMismatchError(SettlementError):
    """Engine and ledger do not hold the same at the same event."""


class UnknownTransferError(SettlementError):
    """The engine moved money that the wallet never asked it to move."""


class Outcome(msgspec.Struct, frozen=True):
    """What a batch did; ``time_ms`` is the log time of its last event, 0 if there was none."""

    applied: int
    trades: int
    watermark: int
    time_ms: int
    changed: frozenset[tuple[UUID, str]]
    mails: int


@lru_cache(maxsize=65_536)
def _spot_of(user_id: bytes) -> Account:
    """The same users come again and again."""
    return spot(UUID(bytes=user_id))


def trade_entry(shard: int, numbered: Numbered, trade: events.Trade) -> Entry:
    """A fill: value from buyer to seller, quantity back, and a fee of each, all fees in the quote currency."""
    base, _, quote = trade.symbol.partition("/")
    maker, taker = _spot_of(trade.maker_user), _spot_of(trade.taker_user)
    taker_buys = trade.taker_side == Side.BUY
    buyer, buyer_fee = (taker, trade.taker_fee) if taker_buys else (maker, trade.maker_fee)
    seller, seller_fee = (maker, trade.maker_fee) if taker_buys else (taker, trade.taker_fee)
    value = notional_units(trade.price, trade.quantity)
    moves = [
        Move(amount=value, currency=quote, source=buyer, target=seller, kind=Kind.TRADE_BUY, target_kind=Kind.TRADE_SELL),
        Move(
            amount=trade.quantity,
            currency=base,
            source=seller,
            target=buyer,
            kind=Kind.TRADE_SELL,
            target_kind=Kind.TRADE_BUY,
        ),
    ]
    moves += [
        Move(amount=fee, currency=quote, source=payer, target=FEES, kind=Kind.FEE)
        for payer, fee in ((buyer, buyer_fee), (seller, seller_fee))
        if fee
    ]
    price, quantity = format_amount(trade.price), format_amount(trade.quantity)
    return Entry(
        key=f"trade:{shard}:{numbered.seq}",
        why=f"{trade.symbol} alım satım: {quantity} {base}, fiyat {price} {quote}",
        reference=("TRADE", trading_uuid_text(numbered.time_ms, numbered.seq, shard)),
        moment=moment(numbered.time_ms),
        moves=tuple(moves),
        metadata={"symbol": trade.symbol, "price": price, "quantity": quantity},
    )


def transfer_entry(numbered: Numbered, applied: events.TransferApplied, asked: store.Transfer) -> Entry:
    """Money arrives in trading (transit to spot), or leaves it (spot to transit, the fee of a withdrawal named as such).

    Raises :class:`SettlementError` if the engine moved something else than was asked.
    """
    if (asked.amount, asked.currency, asked.user_id.bytes) != (applied.amount, applied.asset, applied.user_id):
        raise SettlementError(f"transfer {asked.transfer_id}: the engine moved {applied.amount} {applied.asset}, asked was {asked}")
    user, kind = asked.user_id, Kind(asked.purpose)
    taken = {RECONCILIATION: custody_of(asked.currency), ADJUSTMENT: WRITTEN_OFF}.get(asked.reference_type)
    if asked.amount < 0 and taken is not None:  # what is taken from a user is missing in custody, or is the platform's
        moves = [Move(amount=-asked.amount, currency=asked.currency, source=spot(user), target=taken, kind=kind)]
    elif asked.amount > 0:
        moves = [Move(amount=asked.amount, currency=asked.currency, source=transit(user), target=spot(user), kind=kind)]
    else:
        parts = ((-asked.amount - asked.fee, kind), (asked.fee, Kind.FEE))
        moves = [
            Move(amount=amount, currency=asked.currency, source=spot(user), target=transit(user), kind=part)
            for amount, part in parts
            if amount
        ]
    return Entry(
        key=f"transfer:{asked.transfer_id}",
        why=asked.description,
        reference=(asked.reference_type, str(asked.reference_id)),
        moment=moment(numbered.time_ms),
        moves=tuple(moves),
    )


class _Chunk:
    """What the events between two totals add up to."""

    def __init__(self, shard: int, transfers: dict[UUID, store.Transfer], hand_over: Callable[[list[Entry]], None]) -> None:
        self._shard = shard
        self._transfers = transfers
        self._hand_over = hand_over
        self.entries: list[Entry] = []
        """Those that were not handed over."""
        self.trades = 0
        self.last_trades: dict[str, tuple[Numbered, events.Trade]] = {}
        self.balances: dict[tuple[bytes, str], tuple[Numbered, events.BalanceChanged]] = {}
        self.applied: dict[UUID, int] = {}
        self.refused: list[tuple[Numbered, events.TransferRefused, store.Transfer]] = []

    def add(self, numbered: Numbered) -> None:
        event = numbered.event
        if isinstance(event, events.BalanceChanged):
            self.balances[event.user_id, event.asset] = (numbered, event)
        elif isinstance(event, events.Trade):
            self._post(trade_entry(self._shard, numbered, event))
            self.trades += 1
            self.last_trades[event.symbol] = (numbered, event)
        elif isinstance(event, events.TransferApplied):
            asked = self._asked(event.transfer_id)
            if not event.repeated:
                self._post(transfer_entry(numbered, event, asked))
                self.applied[asked.transfer_id] = numbered.seq
        elif isinstance(event, events.TransferRefused):
            self.refused.append((numbered, event, self._asked(event.transfer_id)))

    def _post(self, entry: Entry) -> None:
        self.entries.append(entry)
        if len(self.entries) == HANDED_OVER:
            self._hand_over(self.entries)
            self.entries = []

    def _asked(self, transfer_id: bytes) -> store.Transfer:
        asked = self._transfers.get(UUID(bytes=transfer_id))
        if asked is None:
            raise UnknownTransferError(f"the engine answered transfer {UUID(bytes=transfer_id)}, which the wallet never asked for")
        return asked


def settle(connection: Connection, shard: int, records: Sequence[events.EventRecord]) -> Outcome:
    """Settle the records of one shard in the caller's transaction.

    Raises ``SequenceGapError`` for missing events, :class:`TotalsMismatchError` and ``LedgerError`` where engine and ledger differ.
    """
    watermark = lock_watermark(connection, CONSUMER, shard)
    batch = list(fresh(records, watermark))
    if not batch:
        return Outcome(0, 0, watermark, 0, frozenset(), 0)
    transfers = store.transfers(connection, _transfer_ids(batch))
    changed: set[tuple[UUID, str]] = set()
    trades = mails = 0
    with Poster(connection) as poster:
        for chunk, totals in _chunks(shard, batch, transfers, poster):
            poster.wait()
            mails += _write(connection, shard, chunk, transfers)
            changed |= {(UUID(bytes=user_id), asset) for user_id, asset in chunk.balances}
            trades += chunk.trades
            if totals is not None:
                _compare(connection, totals)
    move_watermark(connection, CONSUMER, shard, batch[-1])
    return Outcome(len(batch), trades, batch[-1].seq, batch[-1].time_ms, frozenset(changed), mails)


def _transfer_ids(batch: Iterable[Numbered]) -> list[UUID]:
    kinds = (events.TransferApplied, events.TransferRefused)
    return [UUID(bytes=numbered.event.transfer_id) for numbered in batch if isinstance(numbered.event, kinds)]


def _chunks(
    shard: int, batch: Iterable[Numbered], transfers: dict[UUID, store.Transfer], poster: Poster
) -> Iterable[tuple[_Chunk, tuple[Numbered, events.Totals] | None]]:
    """The batch cut after each Totals, because these are compared with the ledger as it is at that event."""
    chunk = _Chunk(shard, transfers, poster.hand_over)
    for numbered in batch:
        if isinstance(numbered.event, events.Totals):
            yield chunk, (numbered, numbered.event)
            chunk = _Chunk(shard, transfers, poster.hand_over)
        else:
            chunk.add(numbered)
    yield chunk, None


def _write(connection: Connection, shard: int, chunk: _Chunk, transfers: dict[UUID, store.Transfer]) -> int:
    """Returns the number of mails that were put into the outbox."""
    ledger.post(connection, chunk.entries)
    store.set_wallets(connection, shard, chunk.balances.values())
    store.set_prices(connection, shard, chunk.last_trades.values())
    mails = sum(_refuse(connection, numbered, refused, asked) for numbered, refused, asked in chunk.refused)
    if chunk.applied:
        store.mark_applied(connection, chunk.applied)
        applied = [transfers[transfer_id] for transfer_id in chunk.applied]
        mails += _credit_deposits(connection, applied)
        mails += _debit_withdrawals(connection, applied, datetime.now(UTC))
        store.apply_adjustments(connection, [transfer.reference_id for transfer in applied if transfer.reference_type == ADJUSTMENT])
    return mails


def _refuse(connection: Connection, numbered: Numbered, refused: events.TransferRefused, asked: store.Transfer) -> int:
    store.mark_refused(connection, asked.transfer_id, numbered.seq, refused.code)
    if asked.amount > 0:
        store.report_engine_refusal(connection, new_uuid(), asked, refused.code)
        return 0
    if asked.reference_type == RECONCILIATION:
        store.refuse_charge(connection, asked.reference_id, asked.transfer_id, refused.code)
        return 0
    if asked.reference_type == ADJUSTMENT:
        store.refuse_adjustment(connection, asked.reference_id, refused.code)
        return 0
    withdrawal = transitions.refused(connection, asked.reference_id, refused.code)
    if withdrawal is None:
        return 0
    _tell(connection, withdrawal, "REJECTED")
    return 1


def _debit_withdrawals(connection: Connection, applied: Sequence[store.Transfer], now: datetime) -> int:
    charged = [transfer.reference_id for transfer in applied if transfer.amount < 0 and transfer.reference_type == RECONCILIATION]
    if charged:
        store.resolve_charges(connection, charged)
    debited = [
        transfer.reference_id for transfer in applied if transfer.amount < 0 and transfer.reference_type not in {RECONCILIATION, ADJUSTMENT}
    ]
    if not debited:
        return 0
    approved = [withdrawal for withdrawal in transitions.debited(connection, debited) if withdrawal.leaves]
    for withdrawal in approved:
        payouts.begin(connection, withdrawal.id, withdrawal.user_id, now)
        _tell(connection, withdrawal, "APPROVED")
    refunds.start_due(connection)
    return len(approved) + internal.complete_due(connection)


def _tell(connection: Connection, withdrawal: Moved, status: str) -> None:
    mail.add(
        connection,
        MailKind.WITHDRAWAL_STATUS,
        to=withdrawal.email,
        user_id=withdrawal.user_id,
        amount=format_amount(withdrawal.amount),
        currency=withdrawal.currency,
        status=status,
    )


def _credit_deposits(connection: Connection, arrived: Sequence[store.Transfer]) -> int:
    completing: dict[str, Callable[[Connection, Sequence[UUID]], list[store.CreditedDeposit]]] = {
        "DEPOSIT_REQUEST": store.complete_deposits,
        "CRYPTO_DEPOSIT": store.credit_chain_deposits,
        RECONCILIATION: store.credited_items,
        internal.REFERENCE_TYPE: store.credit_internal_transfers,
    }
    mails = 0
    for reference_type, complete in completing.items():
        ids = [transfer.reference_id for transfer in arrived if transfer.amount > 0 and transfer.reference_type == reference_type]
        for deposit in complete(connection, ids) if ids else ():
            mail.add(
                connection,
                MailKind.DEPOSIT_CREDITED,
                to=deposit.email,
                user_id=deposit.user_id,
                amount=format_amount(deposit.amount),
                currency=deposit.currency,
            )
            mails += 1
    return mails


def _compare(connection: Connection, at: tuple[Numbered, events.Totals]) -> None:
    numbered, totals = at
    for books, sums in (("ledger", store.spot_sums(connection)), ("wallets", store.wallet_sums(connection))):
        different = {
            asset: f"engine {format_amount(totals.assets.get(asset, 0))}, {books} {format_amount(sums.get(asset, 0))}"
            for asset in sorted(totals.assets.keys() | sums.keys())
            if totals.assets.get(asset, 0) != sums.get(asset, 0)
        }
        if different:
            raise TotalsMismatchError(f"at event {numbered.seq} engine and {books} differ: {different}")
