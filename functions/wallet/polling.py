"""Asks bank and chain watcher for their reports, every minute: a webhook that was lost is found here.

What they answer are the reports that they would have sent, and each goes the way of a webhook: the bank's transaction id, and transaction, output and
address, name a deposit by either way. The cursor moves when a page has been taken; a page that is taken twice changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Protocol

import msgspec

from functions.wallet import chain_deposits, fiat_deposits
from functions.wallet.context import Context
from functions.wallet.models import WebhookOutcome
from functions.wallet.store import partner_cursors as store
from mycrypto import partners
from mycrypto.errors import ProblemError
from mycrypto.partners import AwayError, Partner, RefusedError

PAGES_MAX: Final = 20
"""Of one partner in one run: the rest waits for the next minute."""
CURSOR_LENGTH_MAX: Final = 256


class Page(msgspec.Struct):
    """Reports in the order in which they were made. ``next`` is where the following page begins; it stays where there is nothing new."""

    data: list[msgspec.Raw]
    next: str


class Source(Protocol):
    """Who can be asked for reports."""

    def reports(self, after: str) -> Page:
        """Raises AwayError."""


class HttpSource(Partner):
    """``GET reports?after=CURSOR`` of a partner."""

    def reports(self, after: str) -> Page:
        try:
            found = partners.known(self.call("GET", "reports", Page, query={"after": after}))
        except RefusedError as error:
            raise AwayError(f"refused: {error}") from error
        if len(found.next) > CURSOR_LENGTH_MAX:
            raise AwayError("the cursor is too long")
        return found


def _bank(context: Context, body: bytes) -> WebhookOutcome:
    outcome = fiat_deposits.receive(context, body)
    context.meter.count("wallet_deposits_total", currency="TRY", outcome=outcome.outcome)
    return outcome


def _chain(context: Context, body: bytes) -> WebhookOutcome:
    outcome, currency = chain_deposits.receive(context, body)
    if outcome.outcome != "REPEATED":
        context.meter.count("wallet_deposits_total", currency=currency, outcome=outcome.outcome)
    return outcome


RECEIVERS: Final[dict[str, Callable[[Context, bytes], WebhookOutcome]]] = {"bank": _bank, "chain": _chain}


def sources(context: Context) -> dict[str, Source]:
    """The partners that the stage has."""
    urls = {"bank": context.settings.bank_url, "chain": context.settings.chain_url}
    return {name: HttpSource(partners.client(url), context.webhook_secret(name)) for name, url in urls.items() if url}


def run(context: Context, asked: dict[str, Source]) -> dict[str, dict[str, int]]:
    """How many reports of each partner had which outcome. A partner that is away keeps the others from nothing."""
    context.meter.count("deposit_partner_away_total", 0)  # silence is told from absence
    return {name: _ask(context, name, source) for name, source in asked.items()}


def _ask(context: Context, name: str, source: Source) -> dict[str, int]:
    counted: dict[str, int] = {}
    for _ in range(PAGES_MAX):
        cursor = store.find(context.db.connection(), name)
        try:
            page = source.reports(cursor)
        except AwayError as error:
            context.logger.warning("a partner has not said its reports", partner=name, error=str(error))
            context.meter.count("deposit_partner_away_total")
            break
        for report in page.data:
            outcome = _take(context, name, bytes(report))
            counted[outcome] = counted.get(outcome, 0) + 1
        if not page.data or page.next == cursor:
            break
        store.keep(context.db.connection(), name, page.next, context.now())
    return counted


def _take(context: Context, name: str, body: bytes) -> str:
    """A report that names no transaction is passed over: it cannot be kept under any key, and those behind it must not wait for it."""
    try:
        return RECEIVERS[name](context, body).outcome
    except ProblemError as problem:
        context.logger.warning("a polled report was refused", partner=name, code=problem.kind.code, detail=problem.detail)
        return "REFUSED"
