"""Proves the books: every rule that the ledger promises, checked from the postings up.

The nightly run looks at the postings of one day and at all balances; the full run looks at everything since the beginning.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Final

import msgspec
from psycopg import Connection

from mycrypto.database import one_view

_BALANCE_RULE: Final = "a balance is the sum of its postings"
"""Needs all postings there ever were."""

_CHECKS: Final = (
    (
        "every entry sums to zero per currency",
        """SELECT 'entry ' || entry_id || ' ' || currency, sum(amount) FROM ledger_postings
            WHERE created_at >= coalesce(%(since)s::timestamptz, '-infinity')
            GROUP BY entry_id, currency HAVING sum(amount) <> 0""",
    ),
    (
        "all accounts of a currency sum to zero",
        "SELECT currency, sum(balance) FROM ledger_accounts GROUP BY currency HAVING sum(balance) <> 0",
    ),
    (
        _BALANCE_RULE,
        """SELECT account.kind || ' ' || account.owner || ' ' || account.currency, account.balance - coalesce(posted.amount, 0)
             FROM ledger_accounts account
             LEFT JOIN (SELECT account_id, sum(amount) AS amount FROM ledger_postings GROUP BY account_id) posted
               ON posted.account_id = account.id
            WHERE account.balance <> coalesce(posted.amount, 0)""",
    ),
    (
        "every posting belongs to an entry and to an account of its currency",
        """SELECT 'entry ' || posting.entry_id || ' line ' || posting.line, posting.amount
             FROM ledger_postings posting
             LEFT JOIN ledger_entries entry ON entry.id = posting.entry_id
             LEFT JOIN ledger_accounts account ON account.id = posting.account_id AND account.currency = posting.currency
            WHERE posting.created_at >= coalesce(%(since)s::timestamptz, '-infinity') AND (entry.id IS NULL OR account.id IS NULL)""",
    ),
    (
        "no user account is below zero",
        "SELECT kind || ' ' || owner || ' ' || currency, balance FROM ledger_accounts WHERE kind IN ('spot', 'transit') AND balance < 0",
    ),
    (
        "wallets equal the ledger's spot accounts",
        """SELECT coalesce(wallet.user_id, account.owner) || ' ' || coalesce(wallet.currency, account.currency),
                  coalesce(wallet.available + wallet.locked, 0) - coalesce(account.balance, 0)
             FROM wallets wallet
             FULL JOIN (SELECT owner, currency, balance FROM ledger_accounts WHERE kind = 'spot') account
               ON account.owner = wallet.user_id AND account.currency = wallet.currency
            WHERE coalesce(wallet.available + wallet.locked, 0) <> coalesce(account.balance, 0)""",
    ),
    (
        "transit holds exactly the transfers that are under way",
        """SELECT coalesce(account.owner, moving.user_id) || ' ' || coalesce(account.currency, moving.currency),
                  coalesce(account.balance, 0) - coalesce(moving.amount, 0)
             FROM (SELECT owner, currency, balance FROM ledger_accounts WHERE kind = 'transit') account
             FULL JOIN (
                  SELECT user_id, currency, sum(amount) AS amount FROM transit_expected GROUP BY user_id, currency
                  ) moving
               ON moving.user_id = account.owner AND moving.currency = account.currency
            WHERE coalesce(account.balance, 0) <> coalesce(moving.amount, 0)""",
    ),
    (
        "custody covers what users, fees and others are owed",
        """SELECT currency, sum(balance) FROM ledger_accounts GROUP BY currency
           HAVING sum(balance) FILTER (WHERE kind LIKE 'custody:%%') > 0""",
    ),
)


class Difference(msgspec.Struct, frozen=True):
    """Something that breaks a rule: what it is, and by how much (a decimal string in units of the currency)."""

    rule: str
    where: str
    amount: str


class CurrencyTotals(msgspec.Struct, frozen=True):
    """The sums of a currency by kind of account, as decimal strings."""

    currency: str
    sums: dict[str, str]


class Report(msgspec.Struct, frozen=True):
    """What ``run`` found. ``ok`` is true when there is no difference."""

    ok: bool
    accounts: int
    entries: int
    postings: int
    totals: list[CurrencyTotals]
    differences: list[Difference]


def run(connection: Connection, *, since: datetime | None = None, differences_max: int = 100) -> Report:
    """Check every rule on one consistent view of the database; at most ``differences_max`` differences are reported per rule.

    With ``since`` only postings from then on are looked at. The connection must not be in a transaction.
    """
    with one_view(connection):
        differences = [
            Difference(rule, str(where), _text(amount))
            for rule, query in _CHECKS
            if since is None or rule != _BALANCE_RULE
            for where, amount in connection.execute(query.encode(), {"since": since}).fetchmany(differences_max)
        ]
        row = connection.execute(
            "SELECT (SELECT count(*) FROM ledger_accounts), (SELECT count(*) FROM ledger_entries), (SELECT count(*) FROM ledger_postings)"
        ).fetchone()
        accounts, entries, postings = row or (0, 0, 0)
        totals: dict[str, dict[str, str]] = {}
        for currency, kind, balance in connection.execute(
            "SELECT currency, kind, sum(balance) FROM ledger_accounts GROUP BY currency, kind ORDER BY currency, kind"
        ).fetchall():
            totals.setdefault(currency, {})[kind] = _text(balance)
    return Report(
        not differences, accounts, entries, postings, [CurrencyTotals(currency, sums) for currency, sums in totals.items()], differences
    )


def _text(amount: Decimal) -> str:
    return f"{amount.normalize():f}"
