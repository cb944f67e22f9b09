"""The first administrator of a stage: no administrator exists yet who could grant the role, so an operator with the right to invoke this function does."""

from __future__ import annotations

from uuid import UUID, uuid4

import msgspec
import psycopg
from psycopg.types.json import Jsonb

ACTION = "user.roles"


class Granted(msgspec.Struct, frozen=True):
    """``changed`` is false where the user was an administrator before."""

    user_id: UUID
    roles: list[str]
    changed: bool


def grant(owner_dsn: str, email: str, *, invoked_by: str) -> Granted:
    """Give a registered, verified user the role ADMIN, with its record in the audit trail, in one transaction.

    ``owner_dsn`` leads to ``exchange_dev`` as its owner. The role is in the tokens of the next log-in. Raises ``LookupError`` for an address that is not
    registered, not verified, or of an account that is not active.
    """
    with psycopg.connect(owner_dsn) as connection:
        found = connection.execute(
            "SELECT id, roles, status, email_verified FROM users WHERE email = %s FOR UPDATE", (email.strip().lower(),)
        ).fetchone()
        if found is None:
            raise LookupError("no user is registered under this address")
        user_id, roles, status, verified = found
        if status != "ACTIVE" or not verified:
            raise LookupError("the account is not active, or its e-mail address is not verified")
        if "ADMIN" in roles:
            return Granted(user_id, roles, changed=False)
        after = [*roles, "ADMIN"]
        connection.execute("UPDATE users SET roles = %s, updated_at = now() WHERE id = %s", (after, user_id))
        connection.execute(
            "INSERT INTO audit_logs (id, user_id, actor_type, action, resource, result, old_value, new_value, reason, timestamp)"
            " VALUES (%s, %s, 'SYSTEM', %s, %s, 'SUCCESS', %s, %s, %s, now())",
            (
                uuid4(),
                user_id,
                ACTION,
                f"user:{user_id}",
                Jsonb({"roles": roles}),
                Jsonb({"roles": after}),
                f"granted by {invoked_by}"[:500],
            ),
        )
        return Granted(user_id, after, changed=True)
