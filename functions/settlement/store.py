"""SQL of settlement: a batch of events is a handful of statements, however many events it holds."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

from psycopg import Connection

from mycrypto import arrays
from mycrypto.contracts import events
from mycrypto.money import from_numeric, to_numeric
from mycrypto.projection import Numbered


class Transfer(NamedTuple):
    """A transfer as the wallet asked for it; ``amount`` is negative for money that leaves trading. Units of 10^-8."""

    transfer_id: UUID
    user_id: UUID
    currency: str
    amount: int
    fee: int
    purpose: str
    reference_type: str
    reference_id: UUID
    description: str
    status: str


class CreditedDeposit(NamedTuple):
    """A deposit that has just arrived in trading, with whom to tell; ``amount`` in units of 10^-8."""

    deposit_id: UUID
    user_id: UUID
    currency: str
    amount: int
    email: str


def set_wallets(connection: Connection, shard: int, said: Collection[tuple[Numbered, events.BalanceChanged]]) -> None:
    """Write the balances that the engine said, one of each user and currency; an older one never replaces a newer."""
    if not said:
        return
    connection.execute(
        """
        INSERT INTO wallets (user_id, currency, available, locked, shard, seq, updated_at)
        SELECT said.user_id, said.currency, said.available * 0.00000001, said.locked * 0.00000001, %s, said.seq,
               timestamptz 'epoch' + said.time_ms * interval '1 millisecond'
          FROM unnest(%s::uuid[], %s::text[], %s::numeric[], %s::numeric[], %s::bigint[], %s::bigint[])
               AS said(user_id, currency, available, locked, seq, time_ms)
         ORDER BY said.user_id, said.currency
            ON CONFLICT (user_id, currency) DO UPDATE
           SET available = excluded.available, locked = excluded.locked, shard = excluded.shard, seq = excluded.seq,
               updated_at = excluded.updated_at
         WHERE wallets.seq < excluded.seq
        """,
        (
            shard,
            arrays.ids(changed.user_id for _, changed in said),
            arrays.names(changed.asset for _, changed in said),
            arrays.numbers(changed.available for _, changed in said),
            arrays.numbers(changed.locked for _, changed in said),
            arrays.numbers(numbered.seq for numbered, _ in said),
            arrays.numbers(numbered.time_ms for numbered, _ in said),
        ),
    )


def set_prices(connection: Connection, shard: int, last: Collection[tuple[Numbered, events.Trade]]) -> None:
    """Write the last trade of each market; an older one never replaces a newer."""
    if not last:
        return
    with connection.cursor() as cursor:
        cursor.executemany(
            """INSERT INTO market_prices (symbol, price, shard, seq, traded_at)
               VALUES (%s, %s, %s, %s, timestamptz 'epoch' + %s * interval '1 millisecond')
                   ON CONFLICT (symbol) DO UPDATE
                  SET price = excluded.price, shard = excluded.shard, seq = excluded.seq, traded_at = excluded.traded_at
                WHERE market_prices.seq < excluded.seq""",
            [
                (trade.symbol, to_numeric(trade.price), shard, numbered.seq, numbered.time_ms)
                for numbered, trade in sorted(last, key=lambda each: each[1].symbol)
            ],
        )


def transfers(connection: Connection, transfer_ids: Sequence[UUID]) -> dict[UUID, Transfer]:
    """The transfers of these ids, by id, locked; unknown ones are absent."""
    if not transfer_ids:
        return {}
    rows = connection.execute(
        """SELECT transfer_id, user_id, currency, amount, fee, purpose, reference_type, reference_id, description, status
             FROM transfers WHERE transfer_id = ANY(%s) ORDER BY transfer_id FOR UPDATE""",
        (list(transfer_ids),),
    ).fetchall()
    return {row[0]: Transfer(row[0], row[1], row[2], from_numeric(row[3]), from_numeric(row[4]), *row[5:]) for row in rows}


def mark_applied(connection: Connection, applied: Mapping[UUID, int]) -> None:
    """The engine has carried out these transfers, at these event numbers."""
    connection.execute(
        """UPDATE transfers SET status = 'APPLIED', applied_seq = done.seq, answered_at = now()
             FROM unnest(%s::uuid[], %s::bigint[]) AS done(transfer_id, seq) WHERE transfers.transfer_id = done.transfer_id""",
        (list(applied), list(applied.values())),
    )


def mark_refused(connection: Connection, transfer_id: UUID, seq: int, code: str) -> None:
    """The engine has refused a transfer."""
    connection.execute(
        "UPDATE transfers SET status = 'REFUSED', applied_seq = %s, refusal_code = %s, answered_at = now() WHERE transfer_id = %s",
        (seq, code, transfer_id),
    )


def complete_deposits(connection: Connection, deposit_ids: Sequence[UUID]) -> list[CreditedDeposit]:
    """Fiat deposits have arrived; returns those that were not complete before."""
    rows = connection.execute(
        """UPDATE deposit_requests SET status = 'COMPLETED', completed_at = now() WHERE id = ANY(%s) AND status = 'APPROVED'
           RETURNING id, user_id, currency, amount, email""",
        (list(deposit_ids),),
    ).fetchall()
    return [CreditedDeposit(row[0], row[1], row[2], from_numeric(row[3]), row[4]) for row in rows]


def credit_chain_deposits(connection: Connection, deposit_ids: Sequence[UUID]) -> list[CreditedDeposit]:
    """Crypto deposits have arrived; returns those that were not credited before."""
    rows = connection.execute(
        """UPDATE blockchain_transactions chain SET status = 'CREDITED', credited_at = now(), updated_at = now()
             FROM crypto_addresses owned
            WHERE chain.id = ANY(%s) AND chain.status = 'CONFIRMED' AND owned.address = chain.address
           RETURNING chain.id, chain.user_id, chain.currency, chain.amount, owned.email""",
        (list(deposit_ids),),
    ).fetchall()
    return [CreditedDeposit(row[0], row[1], row[2], from_numeric(row[3]), row[4]) for row in rows]


def credited_items(connection: Connection, item_ids: Sequence[UUID]) -> list[CreditedDeposit]:
    """What two people gave to users has arrived; returns whom to tell."""
    rows = connection.execute(
        """SELECT proposal.item_id, proposal.user_id, proposal.currency, proposal.amount, users.email
             FROM reconciliation_proposals proposal JOIN users ON users.id = proposal.user_id
            WHERE proposal.item_id = ANY(%s) AND proposal.status = 'APPROVED' AND proposal.action = 'CREDIT'""",
        (list(item_ids),),
    ).fetchall()
    return [CreditedDeposit(row[0], row[1], row[2], from_numeric(row[3]), row[4]) for row in rows]


def credit_internal_transfers(connection: Connection, withdrawal_ids: Sequence[UUID]) -> list[CreditedDeposit]:
    """What another user here has sent has arrived; returns what had not arrived before."""
    rows = connection.execute(
        """UPDATE internal_transfers inside SET credited_at = now() WHERE id = ANY(%s) AND credited_at IS NULL
           RETURNING id, recipient_id, currency, amount,
                     (SELECT email FROM crypto_addresses WHERE user_id = inside.recipient_id ORDER BY created_at DESC LIMIT 1)""",
        (list(withdrawal_ids),),
    ).fetchall()
    return [CreditedDeposit(row[0], row[1], row[2], from_numeric(row[3]), row[4]) for row in rows]


def resolve_charges(connection: Connection, item_ids: Sequence[UUID]) -> None:
    """What was missing has been taken from the users who had it."""
    connection.execute(
        """UPDATE reconciliation_items SET status = 'RESOLVED', resolved_at = now(), updated_at = now()
            WHERE id = ANY(%s) AND status = 'CHARGING'""",
        (list(item_ids),),
    )


def refuse_charge(connection: Connection, item_id: UUID, proposal_id: UUID, code: str) -> None:
    """The user does not have it: people have to think of something else."""
    connection.execute(
        "UPDATE reconciliation_items SET status = 'OPEN', resolution = NULL, updated_at = now() WHERE id = %s AND status = 'CHARGING'",
        (item_id,),
    )
    connection.execute("UPDATE reconciliation_proposals SET status = 'FAILED', decision_reason = %s WHERE id = %s", (code, proposal_id))


def apply_adjustments(connection: Connection, adjustment_ids: Sequence[UUID]) -> None:
    """The engine has carried them out."""
    if adjustment_ids:
        connection.execute("UPDATE adjustments SET status = 'APPLIED' WHERE id = ANY(%s) AND status = 'APPROVED'", (list(adjustment_ids),))


def refuse_adjustment(connection: Connection, adjustment_id: UUID, code: str) -> None:
    """The user does not have what was to be taken."""
    connection.execute(
        "UPDATE adjustments SET status = 'FAILED', decision_reason = %s WHERE id = %s AND status = 'APPROVED'", (code, adjustment_id)
    )


def spot_sums(connection: Connection) -> dict[str, int]:
    """What all users hold in trading by the ledger, per currency, units of 10^-8."""
    rows = connection.execute("SELECT currency, sum(balance) FROM ledger_accounts WHERE kind = 'spot' GROUP BY currency").fetchall()
    return {currency: from_numeric(total) for currency, total in rows}


def wallet_sums(connection: Connection) -> dict[str, int]:
    """What all users hold by their wallet rows, per currency, units of 10^-8."""
    rows = connection.execute("SELECT currency, sum(available + locked) FROM wallets GROUP BY currency").fetchall()
    return {currency: from_numeric(total) for currency, total in rows}


def report_engine_refusal(connection: Connection, item_id: UUID, transfer: Transfer, code: str) -> None:
    """Money that the engine would not take waits for a person."""
    connection.execute(
        """INSERT INTO reconciliation_items (id, source, source_key, reason, currency, amount, document, user_id)
           VALUES (%(id)s, 'ENGINE', %(transfer)s, %(code)s, %(currency)s, %(amount)s * 0.00000001,
                   jsonb_build_object('transfer_id', %(transfer)s::text, 'user_id', %(user)s::text), %(user)s)
           ON CONFLICT DO NOTHING""",
        {
            "id": item_id,
            "transfer": str(transfer.transfer_id),
            "code": code,
            "currency": transfer.currency,
            "amount": transfer.amount,
            "user": transfer.user_id,
        },
    )
