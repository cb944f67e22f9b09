"""Applications that were kept long enough go, with their pictures.

An application is kept for seven years after its decision. One that proves who a customer is, is kept for as long as the account is open, and, when the
account is closed, until its sealed identity goes too (ADR 33). The table refuses to delete anything younger.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Final

import msgspec

from functions.auth.context import Context
from functions.auth.kyc import documents_client
from functions.auth.store import kyc as applications
from functions.auth.store import kyc_retention as store
from mycrypto import audit
from mycrypto.audit import ActorType, AuditRecord

KEPT: Final = timedelta(days=7 * 365 + 2)
"""Seven years, whichever of them are leap years."""
SECONDS_MAX: Final = 6.0
"""Of the ten that the function has. What is left then is done an hour later."""


class Forgotten(msgspec.Struct):
    """How many applications went, and how many pictures."""

    applications: int = 0
    pictures: int = 0


def run(context: Context, elapsed: Callable[[], float]) -> Forgotten:
    """Delete what is due, one application a transaction. The pictures go first, so that a run that dies leaves rows that say what is still to be done.

    ``elapsed``: the seconds since the call began. Raises what S3 raises: the application is still there and is tried again.
    """
    done = Forgotten()
    while elapsed() < SECONDS_MAX:
        with context.db.transaction() as connection:
            due = store.hold_next(connection, context.now() - KEPT)
            if due is None:
                break
            for picture in applications.documents(connection, due.id):
                documents_client().delete_object(Bucket=picture.s3_bucket, Key=picture.s3_key)
                done.pictures += 1
            store.delete(connection, due.id)
            audit.add(
                connection,
                AuditRecord("kyc.forgotten", user_id=due.user_id, actor_type=ActorType.SYSTEM, resource=f"kyc:{due.id}"),
            )
        done.applications += 1
    context.flush()
    context.logger.info("old applications deleted", applications=done.applications, pictures=done.pictures)
    return done
