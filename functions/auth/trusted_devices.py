"""Trusted devices: who asks for it with the code of a log-in skips the code on that device for thirty days.

Trust replaces the second step of a log-in and nothing else: it is no second factor shown, so withdrawals, new passwords and what administrators
change ask for a code as before. A new password, a second factor that was turned off, and whatever ends all sessions end all trust.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from psycopg import Connection

from functions.auth.context import Context
from functions.auth.store import devices as store
from functions.auth.store import users
from functions.auth.store.devices import TrustedDevice
from functions.auth.store.users import User
from mycrypto import mail
from mycrypto.audit import AuditRecord
from mycrypto.errors import ProblemError
from mycrypto.http.request import Client, Principal
from mycrypto.ids import new_uuid
from mycrypto.mail import MailKind
from mycrypto.security import onetime

LIFE: Final = timedelta(days=30)
KEPT: Final = 10
"""Devices of one user."""
SHOWN_MAX: Final = 120
"""Characters of a device's own description in a mail."""


def trust(context: Context, connection: Connection, user: User, client: Client, now: datetime) -> str:
    """In the transaction of the code that was right: a token for the device; the owner is told by mail."""
    token = onetime.new_token()
    device = store.NewDevice(new_uuid(), user.id, token.digest, client.ip, client.user_agent, now, now + LIFE)
    store.insert(connection, device, kept=KEPT)
    context.record(connection, AuditRecord("device.trusted", user_id=user.id, actor_id=user.id, resource=f"device:{device.id}"), client)
    mail.add(
        connection,
        MailKind.DEVICE_TRUSTED,
        to=user.email,
        user_id=user.id,
        trace_id=client.trace_id,
        ip_address=client.ip,
        device=client.user_agent[:SHOWN_MAX] or "-",
    )
    return token.text


def recognise(connection: Connection, user: User, token: str, now: datetime) -> UUID | None:
    """Which trusted device of this user shows the token."""
    return store.use(connection, user.id, onetime.digest(token), now) if onetime.has_form(token) else None


def own(context: Context, caller: Principal) -> list[TrustedDevice]:
    return store.live(context.db.connection(), caller.user_id, context.now())


def forget(context: Context, caller: Principal, device_id: UUID, client: Client) -> None:
    """Trust one of the own devices no more; its sessions go on. Raises NOT_FOUND, for another user's device too."""
    with context.db.transaction() as connection:
        users.lock_by_id(connection, caller.user_id)
        if not store.forget(connection, caller.user_id, device_id):
            raise ProblemError("NOT_FOUND", "there is no such device")
        record = AuditRecord("device.forgotten", user_id=caller.user_id, actor_id=caller.user_id, resource=f"device:{device_id}")
        context.record(connection, record, client)
    context.flush()
