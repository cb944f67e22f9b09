"""Sockets: each is joined to a gateway for as long as both live. One whose gateway dies is closed like that of a gateway that restarts."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any, Final

from starlette.types import Receive, Scope, Send
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException
from websockets.typing import Subprotocol

from engine_container.gateway.sockets.connection import CLOSE_RESTART, CLOSE_TRY_AGAIN, RESTARTING
from engine_container.web.handshakes import refuse_handshake
from mycrypto.errors import ProblemError
from mycrypto_local.spread.fleet import Fleet, Member
from mycrypto_local.spread.requests import end_to_end, forwarded

HANDSHAKE_SECONDS_MAX: Final = 5
CLOSE_SECONDS_MAX: Final = 2
MESSAGE_BYTES_MAX: Final = 16 * 1024 * 1024
"""Of what a gateway sends; what clients send is bounded by the server of the door."""
NORMAL: Final = 1000
NOT_TO_BE_SENT: Final = frozenset({1005, 1006, 1015})
"""Close codes that say how a connection ended without one."""
HANDSHAKE: Final = b"sec-websocket-"


class Sockets:
    def __init__(self, fleet: Fleet, place: int) -> None:
        self._fleet = fleet
        self._place = place

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await receive()  # websocket.connect
        for member in self._fleet.turns():
            with member.occupied():
                try:
                    gateway = await self._join(member, scope)
                except InvalidStatus as refused:
                    await _refuse(scope, send, refused)
                    return
                except (OSError, TimeoutError, WebSocketException) as error:
                    self._fleet.leave_out(member, error)
                    continue
                try:
                    await send({"type": "websocket.accept", "subprotocol": gateway.subprotocol})
                    await _relay(gateway, receive, send)
                finally:
                    await gateway.close()
                return
        problem = ProblemError("SERVICE_UNAVAILABLE", "no gateway answers", headers={"Retry-After": "1"})
        await refuse_handshake(scope, send, problem, CLOSE_TRY_AGAIN)

    async def _join(self, member: Member, scope: Scope) -> ClientConnection:
        """The connection to a gateway. Raises what keeps it from being made."""
        url = member.addresses[self._place].replace("http:", "ws:", 1) + scope["raw_path"].split(b"?", 1)[0].decode("latin-1")
        if scope["query_string"]:
            url += "?" + scope["query_string"].decode("latin-1")
        headers = [
            (name.decode("latin-1"), value.decode("latin-1"))
            for name, value in (*end_to_end(scope["headers"]), *forwarded(scope))
            if not name.startswith(HANDSHAKE)
        ]
        return await connect(
            url,
            additional_headers=headers,
            subprotocols=[Subprotocol(name) for name in scope["subprotocols"]] or None,
            user_agent_header=None,
            compression=None,
            proxy=None,
            ping_interval=None,  # the gateway asks, the door's own server asks the client
            open_timeout=HANDSHAKE_SECONDS_MAX,
            close_timeout=CLOSE_SECONDS_MAX,
            max_size=MESSAGE_BYTES_MAX,
        )


async def _refuse(scope: Scope, send: Send, refused: InvalidStatus) -> None:
    """With the gateway's own answer."""
    if "websocket.http.response" not in scope.get("extensions", {}):
        await send({"type": "websocket.close", "code": CLOSE_TRY_AGAIN, "reason": f"refused with status {refused.response.status_code}"})
        return
    raw = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in refused.response.headers.raw_items()]
    await send({"type": "websocket.http.response.start", "status": refused.response.status_code, "headers": end_to_end(raw)})
    await send({"type": "websocket.http.response.body", "body": bytes(refused.response.body or b"")})


async def _relay(gateway: ClientConnection, receive: Receive, send: Send) -> None:
    """Messages in both directions, until one side ends; the other is told how."""
    upwards = asyncio.create_task(_upwards(gateway, receive))
    downwards = asyncio.create_task(_downwards(gateway, send))
    await asyncio.wait((upwards, downwards), return_when=asyncio.FIRST_COMPLETED)
    for task in (upwards, downwards):
        task.cancel()
        with suppress(asyncio.CancelledError, ConnectionClosed, OSError):
            await task


async def _upwards(gateway: ClientConnection, receive: Receive) -> None:
    """What the client says. Ends with the client's connection."""
    while True:
        message: Any = await receive()
        if message["type"] == "websocket.disconnect":
            code = message.get("code", NORMAL)
            await gateway.close(NORMAL if code in NOT_TO_BE_SENT else code, message.get("reason") or "")
            return
        text = message.get("text")
        try:
            await gateway.send(message["bytes"] if text is None else text)
        except ConnectionClosed:
            await asyncio.get_running_loop().create_future()  # the other direction tells the client how it ended


async def _downwards(gateway: ClientConnection, send: Send) -> None:
    """What the gateway says. Ends with the gateway's connection."""
    try:
        async for message in gateway:
            await send({"type": "websocket.send", **({"text": message} if isinstance(message, str) else {"bytes": message})})
    except ConnectionClosed:
        pass
    code = gateway.close_code
    lost = code is None or code in NOT_TO_BE_SENT
    await send(
        {"type": "websocket.close", "code": CLOSE_RESTART if lost else code, "reason": RESTARTING if lost else gateway.close_reason or ""}
    )
