"""The payout of one withdrawal, brought as far as it goes now.

Each step is a short transaction or one question to a partner, and the worker may die between any two of them: it reads where the withdrawal is
and goes on from there. Before the first attempt to send, ``payouts.attempted_at`` is committed; from then on it asks before it sends again,
under the same key, and money goes back only when two answers, some time apart, say that nothing left.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Final
from uuid import UUID

from psycopg import Connection

from functions.withdrawals import judging, store
from functions.withdrawals.judging import Verdict
from functions.withdrawals.ports import Bank, Instruction, Node, Signer, Spending
from mycrypto import balance_cache, cache, networks, outbox
from mycrypto.database import Database
from mycrypto.money import format_amount, from_numeric
from mycrypto.partners import INSUFFICIENT_FUNDS, AwayError, RefusedError
from mycrypto.telemetry import Logger, Meter
from mycrypto.withdrawals import completion, owners, payouts, rows, transitions
from mycrypto.withdrawals.payouts import LOOK_EVERY, PayoutRow
from mycrypto.withdrawals.rows import WithdrawalRow
from mycrypto.withdrawals.transitions import Status

TRIES: Final = 3
DAY: Final = timedelta(hours=24)


class Payouts:
    """``bank`` and ``chain`` may be ``None``: then such withdrawals wait. ``hot_wallet_limits``: units of 10^-8 a day by currency."""

    def __init__(
        self,
        *,
        db: Database,
        relay: outbox.Relay,
        balances: cache.Cache,
        bank: Bank | None,
        signer: Signer | None,
        node: Node | None,
        hot_wallet_limits: dict[str, int],
        proof: timedelta,
        retry_seconds: float,
        logger: Logger,
        meter: Meter,
        clock: Callable[[], datetime],
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._db = db
        self._relay = relay
        self._balances = balances
        self._bank = bank
        self._signer = signer
        self._node = node
        self._hot_wallet_limits = hot_wallet_limits
        self._proof = proof
        self._retry_seconds = retry_seconds
        self._logger = logger
        self._meter = meter
        self._clock = clock
        self._sleep = sleep

    def advance(self, withdrawal_id: UUID) -> None:
        """Go on until it has ended or has to wait. A partner without an answer is tried three times, then asked at the next look."""
        for tried in range(1, TRIES + 1):
            try:
                self._go_on(withdrawal_id)
            except AwayError as error:
                self._logger.warning("a partner has not answered", withdrawal_id=str(withdrawal_id), error=str(error), tried=tried)
                self._meter.count("payout_partner_away_total")
                if tried < TRIES:
                    self._sleep(self._retry_seconds * tried)
                    continue
                with self._db.transaction() as connection:
                    payouts.wait(connection, withdrawal_id, "PARTNER_AWAY", self._clock() + LOOK_EVERY)
            break
        self._meter.write({"payout_partner_away_total": 0, "payout_disputes_total": 0})  # silence is told from absence
        self._relay.flush(self._db.connection())

    def _go_on(self, withdrawal_id: UUID) -> None:
        sent = False
        while True:
            connection = self._db.connection()
            row, payout = rows.find(connection, withdrawal_id), payouts.find(connection, withdrawal_id)
            if row is None or payout is None or payout.by_hand:
                return
            match Status(row.status):
                case Status.APPROVED:
                    more = self._start(row)
                case Status.SIGNING:
                    more = self._sign(row)
                case Status.PROCESSING | Status.BROADCASTING | Status.BROADCASTED:
                    verdict, reference = self._ask(row, payout) if payout.attempts else (Verdict.SEND, "")
                    more = self._act(row, payout, verdict, reference, sent=sent)
                    sent = sent or verdict is Verdict.SEND
                case _:
                    return
            if not more:
                return

    def _start(self, row: WithdrawalRow) -> bool:
        with self._db.transaction() as connection:
            owners.lock(connection, row.user_id)
            if not self._is_at(connection, row):
                return True
            reason, now = self._stopped_by(connection, row), self._clock()
            if reason:
                payouts.wait(connection, row.id, reason, now + LOOK_EVERY)
                return False
            payouts.start(connection, row.id, now)
            (transitions.process if row.kind == "FIAT" else transitions.sign)(connection, row.id, now)
        return True

    def _is_at(self, connection: Connection, row: WithdrawalRow) -> bool:
        """Lock the withdrawal; false if another worker brought it on meanwhile."""
        locked = rows.lock(connection, row.id)
        return locked is not None and locked.status == row.status

    def _stopped_by(self, connection: Connection, row: WithdrawalRow) -> str:
        if owners.is_suspended(connection, row.user_id):
            return "ACCOUNT_SUSPENDED"
        if any(held.free < held.amount for held in owners.withheld(connection, row.user_id)):
            return "DEPOSIT_REVERSED"
        if row.kind == "FIAT":
            return "" if self._bank else "NO_PARTNER"
        if self._signer is None or self._node is None:
            return "NO_PARTNER"
        leaving = row.amount_units + from_numeric(row.network_fee)
        if store.lock_hot_wallet(connection, row.currency) < payouts.in_flight(connection, row.currency) + leaving:
            return "HOT_WALLET_SHORT"
        sent = payouts.sent_from_hot_wallet(connection, row.currency, self._clock() - DAY)
        return "HOT_WALLET_LIMIT" if sent + leaving > self._hot_wallet_limits.get(row.currency, 0) else ""

    def _sign(self, row: WithdrawalRow) -> bool:
        if self._signer is None:
            raise AwayError("there is no signer")
        spending = Spending(
            currency=row.currency,
            network=row.network,
            destination=row.destination,
            amount=format_amount(row.amount_units),
            network_fee=format_amount(from_numeric(row.network_fee)),
        )
        try:
            signed = self._signer.sign(payouts.payout_key(row.id), spending)
        except RefusedError as refused:
            if str(refused) == INSUFFICIENT_FUNDS:  # on this network: the books know one sum of all
                with self._db.transaction() as connection:
                    payouts.wait(connection, row.id, "HOT_WALLET_SHORT", self._clock() + LOOK_EVERY)
            else:
                self._fail(row, f"SIGNER: {refused}", attempts=0)  # what was never signed cannot be broadcast
            return False
        with self._db.transaction() as connection:
            if self._is_at(connection, row):
                payouts.keep_signed(connection, row.id, signed.raw, signed.tx_hash)
                transitions.signed(connection, row.id, self._clock())
        return True

    def _ask(self, row: WithdrawalRow, payout: PayoutRow) -> tuple[Verdict, str]:
        """What became of the attempts, and the partner's reference."""
        if row.kind == "FIAT":
            if self._bank is None:
                raise AwayError("there is no bank")
            found, bookings = self._bank.find(payout.idempotency_key), self._bank.bookings(payout.idempotency_key)
            reference = bookings[0].transaction_id if bookings else ""
            return judging.of_bank(found, bookings, units=row.amount_units, iban=row.destination), reference
        if self._node is None or payout.tx_hash is None:
            raise AwayError("there is no node")
        network = networks.find(row.currency, row.network)
        seen = self._node.find(network, payout.tx_hash)
        if seen is not None:
            with self._db.transaction() as connection:
                if self._is_at(connection, row):
                    transitions.confirm(connection, row.id, seen.confirmations, self._clock())
                    if row.status == Status.BROADCASTING:
                        transitions.broadcasted(connection, row.id, payout.tx_hash, self._clock())
        return judging.of_chain(seen, network), payout.tx_hash

    def _act(self, row: WithdrawalRow, payout: PayoutRow, verdict: Verdict, reference: str, *, sent: bool) -> bool:
        """What the verdict asks for; whether there is more to do now."""
        now = self._clock()
        match verdict:
            case Verdict.SEND if not sent:
                self._send(row, payout)
                return True
            case Verdict.PAID:
                self._complete(row, reference)
            case Verdict.ABSENT if payout.absent_since and now - payout.absent_since >= self._proof:
                self._fail(row, "REJECTED_BY_BANK" if row.kind == "FIAT" else "FAILED_ON_CHAIN", attempts=payout.attempts)
            case Verdict.ABSENT:
                with self._db.transaction() as connection:
                    payouts.seen_absent(connection, row.id, now, now + self._proof)
            case Verdict.DISPUTED:
                self._dispute(row, reference)
            case _:
                reason = "NOT_KNOWN_THERE" if verdict is Verdict.SEND else "PARTNER_AT_WORK"
                with self._db.transaction() as connection:
                    payouts.wait(connection, row.id, reason, now + LOOK_EVERY)
        return False

    def _send(self, row: WithdrawalRow, payout: PayoutRow) -> None:
        """One attempt, written down before it is made. What comes of it is learned by asking."""
        with self._db.transaction() as connection:
            if not self._is_at(connection, row):
                return
            payouts.attempt(connection, row.id, self._clock())
            name = store.payee(connection, row.bank_account_id)
        key = payout.idempotency_key
        if row.kind == "FIAT" and self._bank is not None:
            instruction = Instruction(
                amount=format_amount(row.amount_units), currency=row.currency, iban=row.destination, name=name, reference=key
            )
            self._try(partial(self._bank.pay, key, instruction))
        elif self._node is not None and payout.raw_transaction is not None:
            self._try(partial(self._node.broadcast, networks.find(row.currency, row.network), bytes(payout.raw_transaction)))

    def _try(self, send: Callable[[], object]) -> None:
        try:
            send()
        except RefusedError as refused:  # a refusal of an attempt proves nothing: an earlier one may have gone through
            self._logger.warning("an attempt to pay was refused", reason=str(refused))

    def _complete(self, row: WithdrawalRow, reference: str) -> None:
        with self._db.transaction() as connection:
            locked = rows.lock(connection, row.id)
            if locked is None or locked.status not in transitions.UNDER_WAY:
                return
            completion.complete(connection, row.id, reference, self._clock())
        self._ended(row, Status.COMPLETED)

    def _fail(self, row: WithdrawalRow, reason: str, *, attempts: int) -> None:
        """Give the money back, unless there was another attempt after the one that was judged."""
        with self._db.transaction() as connection:
            locked, payout = rows.lock(connection, row.id), payouts.find(connection, row.id)
            if locked is None or locked.status not in transitions.UNDER_WAY or payout is None or payout.attempts != attempts:
                return
            completion.fail(connection, row.id, reason, self._clock())
        self._ended(row, Status.FAILED)

    def _dispute(self, row: WithdrawalRow, reference: str) -> None:
        with self._db.transaction() as connection:
            store.dispute(connection, row, {"reference": reference, "destination": row.destination})
            payouts.wait(connection, row.id, "DISPUTED", None)
        self._logger.error("a payout is not what was asked for", withdrawal_id=str(row.id), alarm="PAYOUT_DISPUTED")
        self._meter.count("payout_disputes_total")

    def _ended(self, row: WithdrawalRow, status: Status) -> None:
        fees = row.platform_fee + row.network_fee if status is Status.COMPLETED else 0
        self._meter.write(
            {"wallet_withdrawals_total": 1, "wallet_withdrawal_fees": float(fees)}, currency=row.currency, outcome=status.value
        )
        balance_cache.drop(self._balances, [(row.user_id, row.currency)])
