"""A user's own copy of all personal data (KVKK, article 11): one JSON file in the bucket of documents, behind a link that is good for minutes.

It is no answer of the API itself, because ten years of transactions are larger than an answer may be. The file goes after a day.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec
from psycopg import Connection

from functions.auth import confirmation
from functions.auth.account_models import PersonalData
from functions.auth.context import Context
from functions.auth.kyc import LINK_LIFE_S, documents_bucket, documents_client, link_to
from functions.auth.store import personal_data as store
from functions.auth.store import users
from mycrypto.audit import AuditRecord
from mycrypto.http.request import Client, Principal
from mycrypto.ids import new_uuid
from mycrypto.kyc import NATIONAL_ID
from mycrypto.ratelimit import Limit

PER_DAY: Final = Limit("personal-data", 3, 24 * 3600)
ELSEWHERE: Final = "Orders are at GET /api/v1/orders; what they traded is among the transactions here."


def export(context: Context, caller: Principal, password: str, client: Client, *, fresh: bool) -> PersonalData:
    """Raises AUTH_001, AUTH_003, RATE_LIMIT_EXCEEDED, SERVICE_UNAVAILABLE."""
    bucket = documents_bucket(context)
    confirmation.require_fresh(users.by_id(context.db.connection(), caller.user_id), fresh=fresh)
    confirmed = confirmation.by_password(context, caller, password, client)
    context.take(PER_DAY, str(caller.user_id)).require()
    with context.db.transaction() as connection:
        user = confirmed.lock_user(connection, caller)
        confirmation.require_fresh(user, fresh=fresh)
        content = msgspec.json.encode(collect(context, connection, caller))
        context.record(connection, AuditRecord("personal_data.exported", user_id=user.id, actor_id=user.id), client)
    key = f"exports/{caller.user_id}/{new_uuid()}.json"
    documents_client().put_object(Bucket=bucket, Key=key, Body=content, ContentType="application/json", ChecksumAlgorithm="SHA256")
    link = link_to(context, bucket, key)
    context.flush()
    return PersonalData(link, LINK_LIFE_S, len(content))


def collect(context: Context, connection: Connection, caller: Principal) -> dict[str, Any]:
    """Everything, with the national ids opened; no secret of the account and nothing of anybody else's."""
    sealer = context.sealer(NATIONAL_ID)
    numbers = {row_id: sealer.open(sealed, str(row_id)) for row_id, sealed in store.sealed_national_ids(connection, caller.user_id)}
    lists = store.own_lists(connection, caller.user_id)
    for application in lists["identity_applications"]:
        application["tc_kimlik_no"] = numbers[application["id"]]
    return {
        "exported_at": context.now(),
        "account": store.account(connection, caller.user_id),
        **lists,
        **store.money(connection, caller.user_id),
        "note": ELSEWHERE,
    }
