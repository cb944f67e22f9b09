"""Saying no to a socket before it is one, and to plain HTTP where there is nothing else."""

from __future__ import annotations

from typing import Final

import msgspec
from starlette.types import Scope, Send

from engine_container.web.call import Call, Reply
from mycrypto.errors import PROBLEM_MEDIA_TYPE, ProblemError
from mycrypto.ids import new_uuid

CLOSE_NOT_FOUND: Final = 4404


async def upgrade_required(call: Call) -> Reply:
    """What a socket's address answers to plain HTTP. Raises UPGRADE_REQUIRED."""
    raise ProblemError(
        "UPGRADE_REQUIRED", f"connect to {call.path} with a WebSocket client", headers={"Upgrade": "websocket", "Connection": "Upgrade"}
    )


async def refuse_handshake(scope: Scope, send: Send, problem: ProblemError, close_code: int) -> None:
    """A problem document where the server can answer a handshake with one, a close code elsewhere."""
    if "websocket.http.response" not in scope.get("extensions", {}):
        await send({"type": "websocket.close", "code": close_code, "reason": problem.detail})
        return
    headers = [(b"content-type", PROBLEM_MEDIA_TYPE.encode())]
    headers.extend((name.lower().encode(), value.encode()) for name, value in problem.headers.items())
    await send({"type": "websocket.http.response.start", "status": problem.kind.status, "headers": headers})
    body = msgspec.json.encode(problem.body(instance=str(scope["path"]), trace_id=str(new_uuid())))
    await send({"type": "websocket.http.response.body", "body": body})
