"""What is written down of a withdrawal, and told to whom it belongs: in the transaction of what happened, so once for each."""

from __future__ import annotations

from uuid import UUID

from psycopg import Connection

from mycrypto import audit, mail, networks
from mycrypto.audit import AuditRecord
from mycrypto.http.request import Request
from mycrypto.mail import MailKind
from mycrypto.money import format_amount
from mycrypto.withdrawals.rows import WithdrawalRow


def note(connection: Connection, action: str, row: WithdrawalRow, request: Request, *, actor: UUID, reason: str = "") -> None:
    record = AuditRecord(
        action,
        user_id=row.user_id,
        actor_id=actor,
        actor_type=audit.ActorType.USER if actor == row.user_id else audit.ActorType.STAFF,
        resource=f"withdrawal:{row.id}",
        reason=reason,
    )
    audit.add_of_money(connection, record, request.client, currency=row.currency, units=row.amount_units)


def tell(connection: Connection, row: WithdrawalRow, kind: MailKind, **details: str) -> None:
    """A mail to the user. It names the network, if the withdrawal leaves by one."""
    network = None if row.kind == "FIAT" else networks.named(row.currency, row.network)
    if network is not None:
        details["network"] = network.title
    mail.add(connection, kind, to=row.email, user_id=row.user_id, amount=format_amount(row.amount_units), currency=row.currency, **details)
