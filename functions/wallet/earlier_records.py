"""What a user did on the platform before this one: kept to be read, no part of the ledger."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

import msgspec

from functions.wallet.context import Context
from functions.wallet.models import PageQuery, Pagination, iso
from functions.wallet.store import earlier_records as store

EarlierKind = Literal["TRANSACTION", "ORDER", "TRADE"]


class EarlierQuery(PageQuery, frozen=True, forbid_unknown_fields=True):
    kind: EarlierKind | None = None


class EarlierRecord(msgspec.Struct, frozen=True):
    """``document`` has the columns of that platform, every value as a text."""

    id: str
    kind: EarlierKind
    occurred_at: str
    document: dict[str, str]


def page(context: Context, user_id: UUID, query: EarlierQuery) -> tuple[list[EarlierRecord], Pagination]:
    rows, total = store.page(context.db.connection(), user_id, query.kind, limit=query.limit, offset=query.offset)
    return [EarlierRecord(row.source_id, row.kind, iso(row.occurred_at), row.document) for row in rows], Pagination.of(query, total)
