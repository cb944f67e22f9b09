"""A user's list of notices: what happened to orders, money and account without a page being open."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from engine_container.gateway.notices import AFTER_ALL, NoticeStore
from engine_container.gateway.parts import Gateway, having
from engine_container.gateway.placing import trading_id
from engine_container.gateway.routes.shared import CURSOR, LIMIT
from engine_container.trade_history.pages import Position, cursor_text, parse_page
from engine_container.web.call import BodyDecoder, Call, Reply
from mycrypto import permissions
from mycrypto.contracts import api
from mycrypto.errors import invalid
from mycrypto.http.operation import Operation

_READ: Final = BodyDecoder(api.ReadNoticesRequest)
_CURSOR_RULE: Final = {"cursor": "is a ``next_cursor`` that was given out"}
_READ_RULE: Final = {"up_to": "or ids is required, and only one of them"}


class Notices:
    """The endpoints under ``/api/v1/notices``. They are for people at a page: no API key opens them."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    @property
    def _store(self) -> NoticeStore:
        return having(self._gateway.notices, "notices")

    @Operation(
        method="get",
        path="/api/v1/notices",
        name="listNotices",
        summary="Own notices, newest first, and how many are unread; kept 90 days, the newest 500",
        tag="notices",
        answer=api.NoticeList,
        rules=_CURSOR_RULE,
        parameters=(LIMIT, CURSOR),
        errors=("VALIDATION_ERROR", "SERVICE_UNAVAILABLE"),
        permission=permissions.SIGNED_IN,
    )
    async def list(self, call: Call) -> Reply:
        caller = self._gateway.caller(call)
        page = parse_page(call.query())
        found = await self._store.page(caller.user_id, page.after.number if page.after else AFTER_ALL, page.limit + 1)
        unread = await self._store.unread(caller.user_id)
        shown, has_next = found[: page.limit], len(found) > page.limit
        cursor = cursor_text(Position(0, shown[-1].place)) if has_next else None
        return Reply(api.NoticeList([row.model for row in shown], api.Pagination(page.limit, has_next, cursor), unread))

    @Operation(
        method="post",
        path="/api/v1/notices/read",
        name="readNotices",
        summary="Mark notices as read: one with all before it, or some; what is read stays so, and what is not there is left out",
        tag="notices",
        answer=api.NoticesRead,
        body=api.ReadNoticesRequest,
        rules=_READ_RULE,
        errors=("VALIDATION_ERROR", "PAYLOAD_TOO_LARGE", "UNSUPPORTED_MEDIA_TYPE", "SERVICE_UNAVAILABLE"),
        permission=permissions.SIGNED_IN,
    )
    async def read(self, call: Call) -> Reply:
        caller = self._gateway.caller(call)
        call.query()
        request = await _READ.read(call)
        if (request.up_to is None) == (request.ids is None):
            raise invalid("up_to", "or ids is required, and only one of them")
        if request.up_to is not None:
            await self._store.read_up_to(caller.user_id, _id(request.up_to, "up_to"))
        else:
            await self._store.read(caller.user_id, [_id(text, "ids") for text in request.ids or ()])
        return Reply(api.NoticesRead(await self._store.unread(caller.user_id)))


def _id(text: str, field: str) -> UUID:
    return trading_id(text, field)[0]
