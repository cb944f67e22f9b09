"""Dead man's switches at the gateway, the real core behind it: a user's own, and those that watch over sessions."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from engine_container.core.state import RULES_OF_SAFETY
from engine_container.gateway import session_switches
from engine_container.logs.ports import LogUnavailableError
from mycrypto.contracts import commands as c
from mycrypto.money import UNITS_PER_ONE
from mycrypto.security import keys, tokens
from tests.unit.gateway.conftest import Harness, running
from tests.unit.gateway.core_engine import CoreEngine
from tests.unit.gateway.memory_logs import MemoryEvents
from tests.waiting import until

ALICE, BOB = UUID(int=1), UUID(int=2)
PATH = "/api/v1/orders/cancel-all-after"
ORDER = {"symbol": "BTC/USDT", "side": "BUY", "type": "LIMIT", "quantity": "0.1", "price": "100"}


class Engine(CoreEngine):
    """``away``: the log takes nothing. What was appended is kept."""

    def __init__(self, rules: int = RULES_OF_SAFETY) -> None:
        super().__init__(MemoryEvents())
        self.away = False
        self.appended: list[c.Command] = []
        self.ids = 0
        tick, lot = UNITS_PER_ONE // 100, UNITS_PER_ONE // 10_000
        listing: list[c.Command] = [c.SetRules(self.new_id(), rules)] if rules > 1 else []
        listing.append(c.SetSymbol(self.new_id(), "BTC/USDT", "BTC", "USDT", tick, lot, lot, 100 * UNITS_PER_ONE))
        listing += [c.Credit(self.new_id(), user.bytes, "USDT", 10**14, self.new_id()) for user in (ALICE, BOB)]
        self.carry_out(listing)

    def new_id(self) -> bytes:
        self.ids += 1
        return self.ids.to_bytes(16, "big")

    async def append(self, payload: bytes) -> None:
        if self.away:
            raise LogUnavailableError("gone")
        self.appended += c.decode_record(payload)
        await super().append(payload)

    def idle(self, seconds: int) -> None:
        """Ticks, as an active engine writes them."""
        for _ in range(seconds):
            self.time_ms += 999
            self.carry_out([c.Tick(b"")])

    def open_orders(self, user: UUID) -> int:
        found = self.state.users.get(user.bytes)
        return 0 if found is None else int(found.open_orders)

    def switches(self) -> int:
        return sum(map(len, self.state.switches.values()))


@pytest.fixture
def scene(signing_key: keys.SigningKey, key_file: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Runs a coroutine function with a gateway and its engine."""
    monkeypatch.setattr(session_switches, "LOOK_SECONDS", 0.01)
    monkeypatch.setattr("engine_container.gateway.sockets.server.CANCEL_RETRY_SECONDS", 0.01)

    def run(scenario: Callable[[Harness, Engine], Awaitable[None]], rules: int = RULES_OF_SAFETY, **settings: Any) -> None:
        async def all_of_it() -> None:
            engine = Engine(rules)
            async with running(signing_key, key_file, core=engine, **settings) as h:
                await scenario(h, engine)

        asyncio.run(all_of_it())

    return run


async def place(h: Harness, user: UUID) -> None:
    assert (await h.call("POST", "/api/v1/orders", ORDER, user=user)).status_code == 201


def test_a_user_sets_renews_and_switches_off(scene: Callable[..., None]) -> None:
    async def scenario(h: Harness, engine: Engine) -> None:
        await place(h, ALICE)
        answer = await h.call("POST", PATH, {"timeout_seconds": 60}, user=ALICE)
        assert answer.status_code == 200
        said = answer.json()
        assert (said["symbol"], said["timeout_seconds"]) == (None, 60)
        assert said["triggers_at"] > said["current_time"]
        off = (await h.call("POST", PATH, {"timeout_seconds": 0}, user=ALICE)).json()
        assert off["triggers_at"] is None
        engine.idle(100)
        assert engine.open_orders(ALICE) == 1
        assert (await h.call("POST", PATH, {"timeout_seconds": 10, "symbol": "btcusdt"}, user=ALICE)).json()["symbol"] == "BTC/USDT"
        engine.idle(10)
        await h.settle()
        (order,) = (await h.call("GET", "/api/v1/orders", user=ALICE)).json()["data"]
        assert (order["status"], order["reason"]) == ("CANCELLED", "CANCEL_ALL_AFTER")

    scene(scenario)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"timeout_seconds": 9}, "VALIDATION_ERROR"),
        ({"timeout_seconds": -1}, "VALIDATION_ERROR"),
        ({"timeout_seconds": 86_401}, "VALIDATION_ERROR"),
        ({"timeout_seconds": "60"}, "VALIDATION_ERROR"),
        ({"timeout_seconds": 60.5}, "VALIDATION_ERROR"),
        ({}, "VALIDATION_ERROR"),
        ({"timeout_seconds": 60, "user_id": str(BOB)}, "VALIDATION_ERROR"),
        ({"timeout_seconds": 60, "symbol": "XXX/USDT"}, "ORDER_001"),
    ],
)
def test_what_is_not_in_order_is_refused_and_sets_nothing(scene: Callable[..., None], body: dict[str, Any], code: str) -> None:
    async def scenario(h: Harness, engine: Engine) -> None:
        answer = await h.call("POST", PATH, body, user=ALICE)
        assert answer.json()["code"] == code
        assert 400 <= answer.status_code < 500
        assert (await h.call("POST", PATH, {"timeout_seconds": 60})).status_code == 401
        assert engine.switches() == 0

    scene(scenario)


def test_before_the_rules_that_bring_it_nothing_is_sent(scene: Callable[..., None]) -> None:
    async def scenario(h: Harness, engine: Engine) -> None:
        answer = await h.call("POST", PATH, {"timeout_seconds": 60}, user=ALICE)
        assert (answer.status_code, answer.json()["code"]) == (503, "SERVICE_UNAVAILABLE")
        async with h.socket("/ws/orders", user=ALICE, query="cancel_on_disconnect=true") as socket:
            await socket.hear("subscribed")
            await place(h, ALICE)
        assert engine.open_orders(ALICE) == 0, "as before"
        assert not [command for command in engine.appended if isinstance(command, c.CancelAllAfter)]

    scene(scenario, rules=RULES_OF_SAFETY - 1)


def test_the_socket_action(scene: Callable[..., None]) -> None:
    async def scenario(h: Harness, engine: Engine) -> None:
        async with h.socket("/ws", user=ALICE) as socket:
            socket.say(action="cancel_all_after", id=1, timeout_seconds=30)
            answer = await socket.hear("result")
            assert (answer["id"], answer["status"], answer["data"]["timeout_seconds"]) == (1, 200, 30)
            assert engine.switches() == 1
            for wrong in ({}, {"timeout_seconds": 5}, {"timeout_seconds": 30, "mode": "paper"}):
                socket.say(action="cancel_all_after", id=2, **wrong)
                assert (await socket.hear("error"))["error"]["code"] == "VALIDATION_ERROR"
            socket.say(action="cancel_all_after", id=3, timeout_seconds=0)
            assert (await socket.hear("result"))["data"]["triggers_at"] is None
        assert engine.switches() == 0

    scene(scenario)


def test_orders_of_a_gateway_that_is_killed_go_by_themselves(scene: Callable[..., None]) -> None:
    async def scenario(h: Harness, engine: Engine) -> None:
        async with h.socket("/ws/orders", user=ALICE, query="cancel_on_disconnect=true") as socket:
            await socket.hear("subscribed")
            await place(h, ALICE)
            await place(h, BOB)
            first = next(command for command in engine.appended if isinstance(command, c.CancelAllAfter | c.PlaceOrder))
            assert isinstance(first, c.CancelAllAfter), "the switch stands in the log before the first order of the session"
            assert h.gateway.switches.holder == first.holder != b""
            engine.away = True  # as seen from the log, the gateway is dead
            engine.idle(11)
            assert engine.open_orders(ALICE) == 1
            engine.idle(2)
            assert engine.open_orders(ALICE) == 0
            assert engine.open_orders(BOB) == 1
            engine.away = False

    scene(scenario)


def test_as_long_as_the_gateway_lives_it_renews_for_all_with_one_command(
    scene: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session_switches, "RENEW_SECONDS", 0.0)

    async def scenario(h: Harness, engine: Engine) -> None:
        def renewals() -> list[c.CancelAllAfter]:
            return [command for command in engine.appended if isinstance(command, c.CancelAllAfter) and command.renews]

        async with (
            h.socket("/ws/orders", user=ALICE, query="cancel_on_disconnect=true") as one,
            h.socket("/ws/orders", user=BOB, query="cancel_on_disconnect=true") as other,
        ):
            for socket, user in ((one, ALICE), (other, BOB)):
                await socket.hear("subscribed")
                await place(h, user)
            for _ in range(10):
                before = len(renewals())
                await until(lambda before=before: len(renewals()) > before)  # type: ignore[misc]
                engine.idle(5)
            assert (engine.open_orders(ALICE), engine.open_orders(BOB)) == (1, 1)
            assert len({command.command_id for command in renewals()}) == len(renewals())
        assert (engine.open_orders(ALICE), engine.open_orders(BOB)) == (0, 0)
        assert engine.switches() == 0, "a connection that ends takes its switch along"
        before = len(renewals())
        await asyncio.sleep(0.1)
        assert len(renewals()) == before, "no session is left to renew for"

    scene(scenario)


def test_switches_that_ran_out_while_the_gateway_could_not_renew_are_set_again(
    scene: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session_switches, "RENEW_SECONDS", 0.0)

    async def scenario(h: Harness, engine: Engine) -> None:
        async with h.socket("/ws/orders", user=ALICE, query="cancel_on_disconnect=true") as socket:
            await socket.hear("subscribed")
            engine.away = True
            engine.idle(13)
            assert engine.switches() == 0
            engine.away = False
            await until(lambda: engine.switches() == 1)

    scene(scenario, answer_seconds_max=1)


def test_with_two_sessions_the_switch_stays_until_the_last_has_gone(scene: Callable[..., None]) -> None:
    async def scenario(h: Harness, engine: Engine) -> None:
        query = "cancel_on_disconnect=true"
        async with h.socket("/ws", query=query) as one:
            one.say(action="auth", token=_pro(h))
            await one.hear("authenticated")
            async with h.socket("/ws", query=query) as other:
                other.say(action="auth", token=_pro(h))
                await other.hear("authenticated")
                await until(lambda: engine.switches() == 1)
            assert engine.switches() == 1
            one.say(action="auth", token=_pro(h), cancel_on_disconnect=False)
            await one.hear("authenticated")
            await until(lambda: engine.switches() == 0)
            await place(h, ALICE)
        assert engine.open_orders(ALICE) == 1, "it was not asked for any more"

    scene(scenario)


def test_a_renewal_that_finds_nothing_while_the_last_session_ends_sets_no_switch_again(scene: Callable[..., None]) -> None:
    async def scenario(h: Harness, engine: Engine) -> None:
        switches = h.gateway.switches
        async with h.socket("/ws/orders", user=ALICE, query="cancel_on_disconnect=true") as socket:
            await socket.hear("subscribed")
            await until(lambda: engine.switches() == 1)
            switches.end(ALICE.bytes)
            farewell = switches.farewell(ALICE.bytes)
            engine.carry_out(farewell)
            switches._renew()  # behind it in the log, and answered before the session has ended
            await asyncio.sleep(0.05)
            assert engine.switches() == 0
            switches.said_farewell(ALICE.bytes)
            switches.watch(ALICE.bytes)
            await until(lambda: engine.switches() == 1)
        assert engine.switches() == 0

    scene(scenario)


def test_a_session_that_ends_while_the_log_is_away_has_its_orders_cancelled_later(
    scene: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine_container.gateway.sockets.server.CANCEL_ATTEMPTS_MAX", 1)

    async def scenario(h: Harness, engine: Engine) -> None:
        async with h.socket("/ws/orders", user=ALICE, query="cancel_on_disconnect=true") as socket:
            await socket.hear("subscribed")
            await place(h, ALICE)
            engine.away = True
        assert engine.open_orders(ALICE) == 1
        engine.away = False
        await until(lambda: engine.open_orders(ALICE) == 0)
        await until(lambda: engine.switches() == 0)

    scene(scenario, answer_seconds_max=1)


def _pro(h: Harness) -> str:
    return h.token(ALICE, tier=tokens.Tier.PRO)


def test_the_contract_names_the_rules_that_bring_it() -> None:
    assert c.RULES_WITH_CANCEL_ALL_AFTER == RULES_OF_SAFETY
