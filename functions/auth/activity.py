"""The activity list: what happened to the own account, so that its owner finds what was not their own doing."""

from __future__ import annotations

from typing import Final

from functions.auth.context import Context
from functions.auth.store import activity as store
from functions.auth.store.activity import Activity
from mycrypto.http import cursors
from mycrypto.http.cursors import Continued, CursorPagination, CursorQuery, Place
from mycrypto.http.request import Principal

SILENT: Final = ("token.refreshed", "kyc.viewed")
"""Not for the list: a refresh is no news, and whose file staff look at is not told (no tipping off)."""


def own(context: Context, caller: Principal, query: CursorQuery) -> Continued[Activity]:
    """A page of it. Raises VALIDATION_ERROR for a cursor that was not given out."""
    found = store.page(context.db.connection(), caller.user_id, SILENT, cursors.parse(query.cursor), query.limit + 1)
    shown = found[: query.limit]
    following = cursors.text_of(Place(shown[-1].timestamp, shown[-1].id)) if len(found) > query.limit else None
    return Continued(shown, CursorPagination(query.limit, following))
