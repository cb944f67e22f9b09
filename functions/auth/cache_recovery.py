"""What Redis must know and may forget: which tokens were revoked, and which API keys are good. PostgreSQL knows it for sure."""

from __future__ import annotations

import psycopg
import redis

from functions.auth import api_keys
from functions.auth.context import Context
from mycrypto.security import revocation_store
from mycrypto.security.api_keys import COMPLETE_KEY


def restore_cache(context: Context) -> None:
    """If Redis was wiped, write the revocation marks and the API keys into it again, before any request is answered."""
    try:
        if not revocation_store.is_complete(context.redis):
            marks = revocation_store.restore(context.db.connection(), context.redis, context.now())
            context.logger.warning("revocation marks were written again", marks=marks)
        if not context.redis.exists(COMPLETE_KEY):
            published = api_keys.publish_everything(context, context.db.connection(), context.now())
            context.redis.set(COMPLETE_KEY, "1")
            context.logger.warning("API keys were published again", count=published)
    except (redis.RedisError, psycopg.Error) as error:
        context.logger.warning("Redis could not be restored", error=str(error))
