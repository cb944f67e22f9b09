"""The phases of an import, in an order in which each finds what it needs: users, proofs, balances, orders, history.

A phase writes batches, each in a transaction of its own. A run that ends between any two of them is repeated: every row has a key of its own, and
what is there is left as it is. A dry run goes the same way and writes nothing.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import nullcontext
from datetime import UTC, datetime
from itertools import chain, islice
from typing import Final, TypeVar
from uuid import UUID

from mycrypto.currencies import SUPPORTED
from mycrypto.money import format_amount
from mycrypto.outbox import Relay
from mycrypto_local.importing import balances, earlier, orders, people
from mycrypto_local.importing.balances import Meaning, Opening
from mycrypto_local.importing.copy_text import Row
from mycrypto_local.importing.earlier import Record
from mycrypto_local.importing.orders import NewOrder
from mycrypto_local.importing.people import NewProof, NewUser
from mycrypto_local.importing.reading import MisfitError, text, uuid
from mycrypto_local.importing.report import Effect, Misfit, Misfits, Phase, Report, Total
from mycrypto_local.importing.sources import Source
from mycrypto_local.importing.target import Target, Trading
from mycrypto_local.progress import Progress, Step

T = TypeVar("T")

BATCH: Final = 200
ANSWERED_SECONDS_MAX: Final = 120.0
POLL_SECONDS: Final = 0.2
_READ: Final = {people.USERS, people.KYC, *balances.TABLES, *balances.WITHDRAWALS, orders.TABLE, earlier.TRADES, *earlier.TRANSACTIONS}


class Import:
    """One run. ``accounts`` and ``trading`` are the earlier platform's databases."""

    def __init__(
        self,
        accounts: Source,
        trading: Source,
        target: Target,
        history: Trading,
        misfits: Misfits,
        report: Report,
        *,
        relay: Relay | None,
        meaning: Meaning | None = None,
        progress: Progress | None = None,
    ) -> None:
        self._accounts = accounts
        self._trading = trading
        self._target = target
        self._history = history
        self._misfits = misfits
        self._relay = relay
        self._meaning = meaning
        self._progress = progress or Progress(quiet=True)
        self.report = report
        self._users: set[UUID] = set()

    def run(self) -> Report:
        """Raises SourceError, BusyError; what is written until then stays, and is found by the next run."""
        with self._target.alone(), self._progress.shown():
            self._look_at_balances()  # an unclear column ends the run before anything is written
            for name, work in (
                ("users", self._take_users),
                ("proofs", self._take_proofs),
                ("balances", self._take_balances),
                ("orders", self._take_orders),
                ("history", self._take_history),
            ):
                with self._progress.step(name) as step:
                    phase = self.report.phases[name] = Phase()
                    work(phase, step)
                    step.says(f"{phase.new:,} new, {phase.known:,} known, {phase.left_out:,} left out of {phase.read:,}")
            self._count_the_rest()
            self.report.misfits = dict(self._misfits.counts.most_common())
            if not self.report.dry_run:
                self._target.note({name: phase.new for name, phase in self.report.phases.items()})
        return self.report

    # Users

    def _take_users(self, phase: Phase, step: Step) -> None:
        there = self._target.users()
        addresses = {email: user for user, email in there.items()}
        self._users, self._claimed = set(there), set[UUID]()

        def judged(row: Row) -> NewUser | None:
            user, lost = people.user_of(row)
            if user.proof_claimed:
                self._claimed.add(user.id)
            if user.id in there:
                phase.known += 1
                return None
            if addresses.setdefault(user.email, user.id) != user.id:
                raise MisfitError("EMAIL_TAKEN", f"the address belongs to {addresses[user.email]}")
            self._misfits.add(*lost)
            self._users.add(user.id)
            return user

        self._batches(phase, step, people.USERS, "id", self._accounts.rows(people.USERS), judged, self._target.add_user)

    # Proofs of identity

    def _take_proofs(self, phase: Phase, step: Step) -> None:
        there = self._target.proofs()
        proved: dict[str, UUID] = {}
        decided: set[UUID] = set()

        def judged(row: Row) -> NewProof | None:
            proof = people.proof_of(row)
            self._require_user(proof.user_id)
            decided.add(proof.user_id)
            if proof.id in there:
                phase.known += 1
                return None
            if proof.status == "APPROVED":
                first = proved.setdefault(self._target.fingerprint(proof.national_id), proof.user_id)
                if first != proof.user_id or self._target.identity_of_another(proof):
                    decided.discard(proof.user_id)
                    raise MisfitError("IDENTITY_TAKEN", "the national id is proved for another account")
            return proof

        def write(proof: NewProof) -> None:
            if not self._target.add_proof(proof):
                self._leave_out(phase, Misfit(people.KYC, str(proof.id), "IDENTITY_TAKEN", "the national id is proved for another account"))

        rows = sorted(self._accounts.rows(people.KYC), key=lambda row: (text(row, "submitted_at"), text(row, "id")))
        self._batches(phase, step, people.KYC, "id", rows, judged, write)
        for user in sorted((self._claimed & self._users) - decided):
            detail = "the earlier platform said APPROVED or PENDING, and no decided application came along"
            self._misfits.add(Misfit(people.USERS, str(user), "IDENTITY_NOT_PROVED", detail, Effect.CHANGED))

    # Balances

    def _look_at_balances(self) -> None:
        self._balances_in = next((table for table in balances.TABLES if self._accounts.columns(table)), None)
        columns = self._accounts.columns(self._balances_in) if self._balances_in else ()
        self._balance_columns = balances.columns_of(columns, self._meaning) if self._balances_in else ()

    def _take_balances(self, phase: Phase, step: Step) -> None:
        if self._balances_in is None:
            return
        there, unclear = self._target.openings(), balances.under_way(self._accounts)
        sums, posted = Counter[str](), Counter[str]()
        now = datetime.now(UTC)

        def judged(row: Row) -> Opening | None:
            opening = balances.opening_of(row, self._balance_columns)
            sums[opening.currency] += opening.units
            known = there.get(opening.transfer_id)
            if known is not None:
                posted[opening.currency] += known
                if known != opening.units:
                    raise MisfitError(
                        "BALANCE_DIFFERS", f"{format_amount(known)} was posted before, the dump says {format_amount(opening.units)}"
                    )
                phase.known += 1
                return None
            if not opening.units:
                phase.known += 1
                return None
            self._require_user(opening.user_id)
            if (str(opening.user_id), opening.currency) in unclear:
                raise MisfitError(
                    "WITHDRAWAL_UNDER_WAY", f"{format_amount(opening.units)} {opening.currency}: end the withdrawal there first"
                )
            there[opening.transfer_id] = opening.units
            posted[opening.currency] += opening.units
            return opening

        rows = self._accounts.rows(self._balances_in)
        self._batches(phase, step, self._balances_in, "id", rows, judged, lambda opening: self._target.open_balance(opening, now))
        for currency in SUPPORTED:
            had, here = sums[currency], posted[currency]
            self.report.totals[currency] = Total(format_amount(had), format_amount(here), format_amount(had - here))
        self._send()

    # Orders

    def _take_orders(self, phase: Phase, step: Step) -> None:
        symbols, there = self._history.symbols(), self._target.placed()
        names = set(there.values())

        def judged(row: Row) -> NewOrder | None:
            if uuid(row, "order_id") in there:
                phase.known += 1
                return None
            self._require_user(uuid(row, "user_id"))
            order = orders.order_of(row, symbols, taken=(uuid(row, "user_id"), text(row, "client_order_id")) in names)
            names.add((order.user_id, order.command.client_order_id))
            return order

        rows = sorted(
            filter(orders.is_open, self._trading.rows(orders.TABLE)), key=lambda row: (text(row, "created_at"), text(row, "order_id"))
        )
        self._batches(phase, step, orders.TABLE, "order_id", rows, judged, self._target.place)
        if not self.report.dry_run:
            self._send()
            self._hear_answers(phase, step)

    def _hear_answers(self, phase: Phase, step: Step) -> None:
        """What the engine refused did not fit either."""
        asked = {key: source for source, key in self._target.placed().items()}
        deadline = time.monotonic() + ANSWERED_SECONDS_MAX
        answers = self._history.answers(list(asked))
        while len(answers) < len(asked) and self._relay is not None and time.monotonic() < deadline:
            step.says(f"the engine has answered {len(answers):,} of {len(asked):,}")
            time.sleep(POLL_SECONDS)
            answers = self._history.answers(list(asked))
        for key, source in asked.items():
            answer = answers.get(key)
            if answer is None:
                self._misfits.add(
                    Misfit(orders.TABLE, str(source), "NOT_ANSWERED", "the history has no answer of the engine yet", Effect.CHANGED)
                )
            elif answer.status == "REJECTED":
                self._leave_out(phase, Misfit(orders.TABLE, str(source), "REFUSED", answer.reason or ""))

    # History

    def _take_history(self, phase: Phase, step: Step) -> None:
        transactions = next((table for table in earlier.TRANSACTIONS if self._accounts.columns(table)), earlier.TRANSACTIONS[0])
        found = chain(
            self._records(phase, transactions, "id", self._accounts.rows(transactions), lambda row: [earlier.transaction_of(row)]),
            self._records(
                phase,
                orders.TABLE,
                "order_id",
                self._trading.rows(orders.TABLE),
                lambda row: [record] if (record := earlier.order_of(row)) else [],
            ),
            self._records(phase, earlier.TRADES, "trade_id", self._trading.rows(earlier.TRADES), earlier.sides_of),
        )
        for batch in _in_batches(found):
            with nullcontext() if self.report.dry_run else self._target.connection.transaction():
                known = self._target.known_records(batch) if self.report.dry_run else len(batch) - self._target.add_records(batch)
            phase.known += known
            phase.new += len(batch) - known
            step.says(f"{phase.read:,} rows")

    def _records(
        self, phase: Phase, table: str, key: str, rows: Iterable[Row], records_of: Callable[[Row], Iterable[Record]]
    ) -> Iterator[Record]:
        for row in rows:
            phase.read += 1
            try:
                for record in list(records_of(row)):
                    self._require_user(record.user_id)
                    yield record
            except MisfitError as misfit:
                self._leave_out(phase, Misfit(table, text(row, key)[:64], misfit.reason, misfit.detail))

    # What the phases share

    def _batches(
        self,
        phase: Phase,
        step: Step,
        table: str,
        key: str,
        rows: Iterable[Row],
        judged: Callable[[Row], T | None],
        write: Callable[[T], None],
    ) -> None:
        for batch in _in_batches(rows):
            chosen: list[T] = []
            for row in batch:
                phase.read += 1
                try:
                    found = judged(row)
                except MisfitError as misfit:
                    self._leave_out(phase, Misfit(table, text(row, key)[:64], misfit.reason, misfit.detail))
                else:
                    chosen += [] if found is None else [found]
            phase.new += len(chosen)
            if not self.report.dry_run and chosen:
                with self._target.connection.transaction():
                    for item in chosen:
                        write(item)
            step.says(f"{phase.read:,} rows")

    def _leave_out(self, phase: Phase, misfit: Misfit) -> None:
        phase.left_out += 1
        self._misfits.add(misfit)

    def _require_user(self, user_id: UUID) -> None:
        if user_id not in self._users:
            raise MisfitError("USER_NOT_HERE", f"user {user_id} is not here")

    def _send(self) -> None:
        """Without a relay the minute job sends what waits."""
        if self._relay is not None and not self.report.dry_run:
            while self._relay.flush(self._target.connection):
                pass

    def _count_the_rest(self) -> None:
        for source in (self._accounts, self._trading):
            for table in source.tables():
                if table not in _READ and (rows := sum(1 for _ in source.rows(table))):
                    self.report.not_read[table] = rows


def _in_batches(items: Iterable[T]) -> Iterator[list[T]]:
    left = iter(items)
    while batch := list(islice(left, BATCH)):
        yield batch
