"""Defects of settlement, history, publisher, pump, outbox, deposits and payouts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any
from unittest.mock import patch
from uuid import UUID

import msgspec

from engine_container.publisher.market_cache import MarketCache
from engine_container.publisher.topics import PublicTopics
from functions.settlement import service as settlement
from functions.wallet import reports
from functions.withdrawals import judging
from functions.withdrawals.judging import Verdict
from functions.withdrawals.ports import Booking, Payment, PaymentState
from mycrypto import outbox
from mycrypto.context import ServiceContext
from mycrypto.database import Database
from mycrypto.ledger import FEES
from mycrypto.outbox import KafkaSender, Waiting
from mycrypto.withdrawals import payouts, refunds
from mycrypto_local.pump.delivery import Delivery
from mycrypto_local.pump.document import Record
from tests.simulation.database import Tables

Patch = AbstractContextManager[Any]


def a_watermark_outlives_its_transaction() -> Patch:
    """A consumer that dies goes on after what it has not kept."""
    real = Tables.restore

    def restore(self: Tables, copied: dict[str, dict[Any, Any]]) -> None:
        real(self, copied | {"watermarks": self.watermarks})

    return patch.object(Tables, "restore", restore)


def the_pump_notes_before_it_delivers() -> Patch:
    real = Delivery.deliver

    async def deliver(self: Delivery, batch: Sequence[Record]) -> None:
        await self.committed(batch)
        await real(self, batch)

    return patch.object(Delivery, "deliver", deliver)


def settlement_forgets_a_fee() -> Patch:
    real = settlement.trade_entry

    def trade_entry(*given: Any) -> Any:
        entry = real(*given)
        return msgspec.structs.replace(entry, moves=tuple(move for move in entry.moves if move.target != FEES))

    return patch.object(settlement, "trade_entry", trade_entry)


def an_outbox_row_is_marked_whatever_became_of_it() -> Patch:
    real = KafkaSender.send

    def send(self: KafkaSender, destination: str, rows: Sequence[Waiting]) -> Sequence[UUID]:
        try:
            return real(self, destination, rows)
        except Exception:  # noqa: BLE001 - the defect
            return [row.id for row in rows]

    return patch.object(KafkaSender, "send", send)


def a_flush_fails_what_was_committed() -> Patch:
    """A function that cannot send what it has committed answers with an error (issue 17, A.3)."""

    def flush(self: ServiceContext) -> None:
        if self.relay.flush(self.db.connection()) == 0:
            raise outbox.DeliveryError("nothing was sent")

    return patch.object(ServiceContext, "flush", flush)


def a_commit_without_an_answer_counts_as_not_done() -> Patch:
    """A COMMIT that dies in flight is told as any other failure (issue 17, A.3)."""

    @contextmanager
    def transaction(self: Database) -> Iterator[Any]:
        connection = self.connection()
        with connection.transaction():
            yield connection

    return patch.object(Database, "transaction", transaction)


def a_transfer_is_known_as_it_is_spelled() -> Patch:
    """One transaction in two spellings is two (issue 11, A.3)."""
    return patch.object(reports, "transaction_key", lambda text: text)


def an_instruction_that_is_not_found_was_never_given() -> Patch:
    """A bank that does not know its own instruction for a moment gives the money back."""

    def of_bank(found: Payment | None, bookings: Sequence[Booking], **expected: Any) -> Verdict:
        return Verdict.ABSENT if found is None and not bookings else real(found, bookings, **expected)

    real = judging.of_bank
    return patch.object(judging, "of_bank", of_bank)


def a_completion_counts_more_than_the_statement() -> Patch:
    def of_bank(found: Payment | None, bookings: Sequence[Booking], **expected: Any) -> Verdict:
        if found is not None and found.state is PaymentState.COMPLETED:
            return Verdict.PAID
        return real(found, bookings, **expected)

    real = judging.of_bank
    return patch.object(judging, "of_bank", of_bank)


def a_rejection_counts_more_than_the_statement() -> Patch:
    """A payment counts as failed when the bank says so, although its statement has it."""

    def of_bank(found: Payment | None, bookings: Sequence[Booking], **expected: Any) -> Verdict:
        if found is not None and found.state is PaymentState.REJECTED:
            return Verdict.ABSENT
        return real(found, bookings, **expected)

    real = judging.of_bank
    return patch.object(judging, "of_bank", of_bank)


def an_attempt_is_not_written_down() -> Patch:
    return patch.object(payouts, "attempt", lambda *_: None)


def payouts_are_never_looked_at_again() -> Patch:
    """A job that the queue has lost is lost."""
    return patch.object(payouts, "queue_due", lambda *_, **__: 0)


def nothing_is_given_back() -> Patch:
    return patch.object(refunds, "start_due", lambda _: 0)


def the_publisher_notes_before_it_writes() -> Patch:
    real = PublicTopics.publish

    async def publish(self: PublicTopics, messages: Sequence[Any], next_offset: int) -> int:
        await real(self, [], next_offset)
        return await real(self, messages, next_offset)

    return patch.object(PublicTopics, "publish", publish)


def a_wiped_book_stays_away() -> Patch:
    """What was in Redis before it was wiped is taken to be there still."""
    return patch.object(MarketCache, "forget", lambda _: None)


DEFECTS = (
    a_watermark_outlives_its_transaction,
    the_pump_notes_before_it_delivers,
    settlement_forgets_a_fee,
    an_outbox_row_is_marked_whatever_became_of_it,
    a_flush_fails_what_was_committed,
    a_commit_without_an_answer_counts_as_not_done,
    a_transfer_is_known_as_it_is_spelled,
    an_instruction_that_is_not_found_was_never_given,
    a_completion_counts_more_than_the_statement,
    a_rejection_counts_more_than_the_statement,
    an_attempt_is_not_written_down,
    payouts_are_never_looked_at_again,
    nothing_is_given_back,
    the_publisher_notes_before_it_writes,
    a_wiped_book_stays_away,
)
