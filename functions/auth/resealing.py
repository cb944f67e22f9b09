"""What is sealed with an earlier key is sealed again with the newest, in batches.

A batch is a transaction of its own and leaves nothing half done; a text says by its mark whether it is still to be done. So the work may be broken off
anywhere and repeated at any time, and a text that does not open stays as it is and is counted.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import msgspec
from psycopg import Connection

from functions.auth import api_keys, closure
from functions.auth.context import Context
from functions.auth.store import sealed
from functions.auth.store.sealed import Place
from mycrypto.kyc import NATIONAL_ID
from mycrypto.security import api_keys as published
from mycrypto.security import second_factor
from mycrypto.security.sealing import Sealer, SealError

BATCH: Final = 100
SECONDS_MAX: Final = 6.0
"""Of the ten that the function has. What is left then is done by the next call."""
PLACES: Final[tuple[tuple[Place, str], ...]] = (
    (sealed.SECOND_FACTORS, second_factor.PURPOSE),
    (sealed.API_KEYS, published.PURPOSE),
    (sealed.NATIONAL_IDS, NATIONAL_ID),
    (sealed.CLOSED_ACCOUNTS, closure.PURPOSE),
)
"""Every sealed column, with its purpose."""


class Resealed(msgspec.Struct):
    """``remaining`` are sealed with an earlier key still, ``unreadable`` of them because no key opens them."""

    resealed: int = 0
    unreadable: int = 0
    remaining: int = 0


def run(context: Context, elapsed: Callable[[], float]) -> Resealed:
    """Seal again for as long as there is time. ``elapsed``: the seconds since the call began."""
    done = Resealed()
    for place, purpose in PLACES:
        sealer = context.sealer(purpose)
        after: object = place.least
        while after is not None and elapsed() < SECONDS_MAX:
            with context.db.transaction() as connection:
                after = _batch(context, connection, place, sealer, after, done)
        done.remaining += sealed.count_behind(context.db.connection(), place, sealer.mark)
    context.logger.info("sealed again", count=done.resealed, remaining=done.remaining)
    if done.unreadable:
        context.logger.error("sealed texts do not open with any key", count=done.unreadable)
    return done


def _batch(context: Context, connection: Connection, place: Place, sealer: Sealer, after: object, done: Resealed) -> object | None:
    """One transaction's work; returns the last row that was looked at, ``None`` when there was none."""
    found = sealed.behind(connection, place, sealer.mark, after, BATCH)
    fresh: list[tuple[str, object]] = []
    owners = set()
    for row in found:
        label = str(row.key)
        try:
            fresh.append((sealer.seal(sealer.open(row.text, label), label), row.key))
            owners.add(row.user_id)
        except SealError:
            done.unreadable += 1
    sealed.replace(connection, place, fresh)
    if place is sealed.API_KEYS:  # gateways read copies, which must not need a key that may go
        for user_id in owners:
            api_keys.publish_again(context, connection, user_id, context.now())
    done.resealed += len(fresh)
    return found[-1].key if found else None
