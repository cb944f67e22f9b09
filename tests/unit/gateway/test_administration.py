"""What staff change over the gateway: who may, what is answered, and what the audit log is told."""

from __future__ import annotations

import asyncio
import queue
import time
from collections.abc import Callable, Sequence
from typing import Any, Final
from uuid import UUID, uuid4

import msgspec
import pytest

from mycrypto import outbox
from mycrypto.contracts.commands import RULES_LATEST, SetStatus
from mycrypto.contracts.trading import TimeJump
from mycrypto.security.second_factor import fresh_key
from mycrypto.security.tokens import Role
from tests.unit.gateway.conftest import Harness

Play = Callable[..., None]
ALICE = UUID("018f0000-0000-7000-8000-00000000000a")
BOB = UUID("018f0000-0000-7000-8000-00000000000b")
YEAR_2040_MS: Final = 2_208_988_800_000
ADMIN: Final[dict[str, Any]] = {"user": BOB, "roles": (Role.ADMIN,)}
DEFAULTS: Final = {
    "user_id": str(ALICE),
    "open_orders_max": None,
    "open_orders_per_symbol_max": None,
    "daily_notional_max": None,
    "maker_fee_ppm": None,
    "taker_fee_ppm": None,
    "self_trade_prevention": "CANCEL_TAKER",
    "market_maker": False,
}


class AuditQueue:
    """In the place of SQS: takes what the gateway sends."""

    def __init__(self, h: Harness) -> None:
        self._sent: queue.Queue[dict[str, Any]] = queue.Queue()
        h.gateway.audit._sender = self  # type: ignore[assignment]  # all that is asked of a sender

    def send(self, destination: str, rows: Sequence[outbox.Waiting]) -> list[UUID]:
        assert destination == outbox.AUDIT
        for row in rows:
            self._sent.put(msgspec.json.decode(row.payload)["data"])
        return [row.id for row in rows]

    async def next(self) -> dict[str, Any]:
        """The next record; waits for it."""
        return await asyncio.to_thread(self._sent.get, timeout=10)


def test_admin_changes_need_the_role_and_answer_with_what_is_in_force(play: Play) -> None:
    async def scenario(h: Harness) -> None:
        admin: dict[str, Any] = {"user": BOB, "roles": (Role.ADMIN,)}
        audit = AuditQueue(h)
        for method, path, body in (
            ("PUT", "/api/v1/admin/symbols/BTCUSDT", {}),
            ("PUT", "/api/v1/admin/symbols/BTCUSDT/status", {"status": "HALTED"}),
            ("PUT", f"/api/v1/admin/users/{ALICE}/limits", {}),
            ("PUT", "/api/v1/admin/rules", {"version": 2}),
            ("PUT", "/api/v1/admin/log-time", {"until": "2031-01-01T00:00:00Z"}),
            ("POST", "/api/v1/admin/emergency/halt-all", {"reason": "x"}),
            ("POST", "/api/v1/admin/circuit-breaker/BTCUSDT", {"action": "RESET"}),
        ):
            assert (await h.call(method, path, body, user=ALICE)).status_code == 403
            assert (await h.call(method, path, body)).status_code == 401
        changed = await h.call("PUT", "/api/v1/admin/symbols/BTC-USDT", {"price_band_bps": 250}, **admin)
        assert (changed.status_code, changed.json()["price_band_bps"]) == (200, 250)
        listed = {"tick_size": "0.01", "lot_size": "0.001", "quantity_min": "0.001", "quantity_max": "1000"}
        assert (await h.call("PUT", "/api/v1/admin/symbols/ETH-TRY", listed, **admin)).status_code == 201
        assert (await h.call("PUT", "/api/v1/admin/symbols/XRP-TRY", {}, **admin)).status_code == 400
        assert (await h.call("PUT", "/api/v1/admin/symbols/XRPTRY", listed, **admin)).status_code == 400
        halted = await h.call("PUT", "/api/v1/admin/symbols/BTCUSDT/status", {"status": "HALTED", "reason": "check"}, **admin)
        assert (halted.json()["status"], halted.json()["status_reason"]) == ("HALTED", "check")
        limits = await h.call("PUT", f"/api/v1/admin/users/{ALICE}/limits", {"open_orders_max": 0, "daily_notional_max": "5000"}, **admin)
        assert (limits.json()["open_orders_max"], limits.json()["daily_notional_max"], limits.json()["maker_fee_ppm"]) == (0, "5000", None)
        again = await h.call("PUT", f"/api/v1/admin/users/{ALICE}/limits", {"maker_fee_ppm": 100}, **admin)
        assert (again.json()["open_orders_max"], again.json()["maker_fee_ppm"]) == (0, 100)
        fees = (await h.call("GET", "/api/v1/account/fees", user=ALICE)).json()["data"][0]
        assert (fees["maker_fee_ppm"], fees["taker_fee_ppm"]) == (100, 1_000)
        assert (await h.call("GET", "/api/v1/admin/rules", **admin)).json() == {"version": 1}
        assert (await h.call("PUT", "/api/v1/admin/rules", {"version": 2}, **admin)).json() == {"version": 2}
        for version in (1, RULES_LATEST + 1, 65_535):
            refused = await h.call("PUT", "/api/v1/admin/rules", {"version": version}, **admin)
            assert (refused.status_code, refused.json()["current"], refused.json()["latest"]) == (400, 2, RULES_LATEST)
        assert (await h.call("GET", "/api/v1/admin/rules", **admin)).json() == {"version": 2}
        noted = [await audit.next() for _ in range(9)]
        assert [(record["action"], record["result"]) for record in noted] == [
            ("symbol.set", "SUCCESS"), ("symbol.set", "SUCCESS"), ("symbol.status", "SUCCESS"), ("user.limits", "SUCCESS"),
            ("user.limits", "SUCCESS"), ("rules.set", "SUCCESS"), *[("rules.set", "FAILURE")] * 3,
        ]  # fmt: skip
        assert {record["actor_id"] for record in noted} == {str(BOB)}
        assert (noted[2]["old_value"], noted[2]["new_value"], noted[2]["reason"]) == ({"status": "ACTIVE"}, {"status": "HALTED"}, "check")
        assert (noted[8]["old_value"], noted[8]["new_value"]) == ({"version": 2}, {"version": 65_535})
        assert noted[8]["reason"].startswith("VALIDATION_ERROR: version is not accepted")

    play(scenario)


async def jumped(h: Harness, time_ms: int, outcome: TimeJump) -> None:
    h.engine.jump(time_ms, outcome)
    for _ in range(1_000):
        if h.gateway.views.watermark >= h.engine.seq:
            break
        await asyncio.sleep(0.01)


def test_a_halt_ends_in_time_to_come_and_a_doubted_time_is_accepted_by_an_operator(play: Play) -> None:
    async def scenario(h: Harness) -> None:
        audit = AuditQueue(h)
        for end in ("2020-01-01T00:00:00Z", "1970-01-01T00:00:00Z"):
            halt = {"status": "HALTED", "reason": "check", "estimated_resume": end}
            refused = await h.call("PUT", "/api/v1/admin/symbols/BTCUSDT/status", halt, **ADMIN)
            assert (refused.status_code, refused.json()["code"]) == (400, "VALIDATION_ERROR")
            assert refused.json()["errors"][0]["field"] == "estimated_resume"
        path = "/api/v1/admin/log-time"
        assert (await h.call("GET", path, **ADMIN)).json()["doubted_time"] is None
        await jumped(h, YEAR_2040_MS, TimeJump.HELD)
        assert (await h.call("GET", path, **ADMIN)).json()["doubted_time"] == "2040-01-01T00:00:00.000Z"
        assert (await h.call("PUT", path, {"until": "soon"}, **ADMIN)).status_code == 400
        answer = await h.call("PUT", path, {"until": "2040-01-01T00:01:00Z"}, **ADMIN)
        assert (answer.status_code, answer.json()["doubted_time"]) == (200, None)
        noted = await audit.next()
        assert (noted["action"], noted["result"]) == ("log-time.accept", "SUCCESS")
        await jumped(h, YEAR_2040_MS, TimeJump.HELD)
        await jumped(h, YEAR_2040_MS - 1, TimeJump.OVER)
        assert (await h.call("GET", path, **ADMIN)).json()["doubted_time"] is None

    play(scenario)


def test_a_breaker_tripped_by_hand_on_a_quiet_market_stands_for_its_minutes(play: Play) -> None:
    """The last event may be hours old: minutes counted from it would be over already."""

    async def scenario(h: Harness) -> None:
        h.gateway.views.time_ms -= 86_400_000
        before = time.time_ns() // 1_000_000
        await h.call("POST", "/api/v1/admin/circuit-breaker/BTCUSDT", {"action": "TRIGGER", "reason": "check"}, **ADMIN)
        (command,) = h.engine.appended[-1]
        assert isinstance(command, SetStatus)
        assert command.resume_ms >= before + 300_000

    play(scenario)


def test_admin_changes_need_a_second_factor_shown_in_this_session(play: Play) -> None:
    halt = ("PUT", "/api/v1/admin/symbols/BTCUSDT/status", {"status": "HALTED", "reason": "check"})

    async def tried(h: Harness, session: UUID, *, two_factor: bool) -> tuple[int, str]:
        token = h.token(BOB, Role.ADMIN, session_id=session, two_factor=two_factor)
        answer = await h.call(*halt, headers={"Authorization": f"Bearer {token}"})
        return answer.status_code, answer.json().get("code", "")

    async def on_aws(h: Harness) -> None:
        session = uuid4()
        for two_factor in (False, True):
            assert await tried(h, session, two_factor=two_factor) == (403, "AUTH_003")
        h.redis.values[fresh_key(session)] = b"1"
        assert await tried(h, uuid4(), two_factor=True) == (403, "AUTH_003"), "shown in another session"
        assert (await tried(h, session, two_factor=True))[0] == 200
        h.redis.down = True
        assert await tried(h, session, two_factor=True) == (503, "SERVICE_UNAVAILABLE")
        reading = await h.call("GET", f"/api/v1/admin/users/{ALICE}/limits", user=BOB, roles=(Role.ADMIN,))
        assert reading.status_code == 200

    async def on_one_machine(h: Harness) -> None:
        assert (await tried(h, uuid4(), two_factor=False))[0] == 200
        assert await tried(h, uuid4(), two_factor=True) == (403, "AUTH_003"), "who has one shows it"

    play(on_aws, stage="dev")
    play(on_one_machine)


@pytest.mark.parametrize(
    ("method", "path", "body", "action", "old", "asked"),
    [
        (
            "PUT",
            "symbols/ETH-TRY",
            {"tick_size": "0.01", "lot_size": "1", "quantity_min": "1", "quantity_max": "9"},
            "symbol.set",
            None,
            {},
        ),
        (
            "PUT",
            "symbols/BTC-USDT/status",
            {"status": "HALTED"},
            "symbol.status",
            {"status": "ACTIVE"},
            {"reason": "", "estimated_resume": None},
        ),
        ("PUT", f"users/{ALICE}/limits", {"open_orders_max": 5, "maker_fee_ppm": None}, "user.limits", DEFAULTS, {}),
        ("PUT", "rules", {"version": 2}, "rules.set", {"version": 1}, {}),
        ("PUT", "log-time", {"until": "2031-01-01T00:00:00Z"}, "log-time.accept", None, {}),
        ("POST", "emergency/halt-all", {"reason": "check"}, "market.halt_all", {"BTC/USDT": "ACTIVE"}, {"status": "HALTED"}),
        ("POST", "emergency/resume-all", {"reason": "check"}, "market.resume_all", {"BTC/USDT": "ACTIVE"}, {"status": "ACTIVE"}),
        (
            "POST",
            "circuit-breaker/BTC-USDT",
            {"action": "TRIGGER", "reason": "check"},
            "symbol.breaker_trigger",
            {"status": "ACTIVE"},
            {"duration_minutes": 5},
        ),
    ],
)
def test_a_change_without_an_answer_is_noted_as_unknown(
    play: Play, method: str, path: str, body: dict[str, Any], action: str, old: dict[str, Any] | None, asked: dict[str, Any]
) -> None:
    """With what is in force as far as anybody knows, and with all that was asked for; ``asked`` is what the body does not say."""

    async def scenario(h: Harness) -> None:
        audit = AuditQueue(h)
        h.engine.silent = True
        answer = await h.call(method, f"/api/v1/admin/{path}", body, **ADMIN)
        assert (answer.status_code, answer.json()["code"]) == (504, "OUTCOME_UNKNOWN")
        record = await audit.next()
        assert (record["action"], record["result"], record["actor_id"], record["actor_type"]) == (action, "UNKNOWN", str(BOB), "STAFF")
        assert record["new_value"] == body | asked
        assert record["old_value"] == old or action == "log-time.accept"
        assert record["reason"].startswith("OUTCOME_UNKNOWN: ")
        assert record["user_id"] == (str(ALICE) if action == "user.limits" else None)

    play(scenario, answer_seconds_max=1)


def test_of_a_changed_symbol_only_what_was_asked_for_is_noted_with_all_that_was(play: Play) -> None:
    async def scenario(h: Harness) -> None:
        audit = AuditQueue(h)
        h.engine.silent = True
        body = {"price_band_bps": 250, "trading_hours": None}
        assert (await h.call("PUT", "/api/v1/admin/symbols/BTC-USDT", body, **ADMIN)).status_code == 504
        record = await audit.next()
        assert (record["old_value"]["symbol"], record["old_value"]["status"], record["new_value"]) == ("BTC/USDT", "ACTIVE", body)

    play(scenario, answer_seconds_max=1)


def test_a_change_that_could_not_be_sent_is_noted_as_failed(play: Play) -> None:
    async def scenario(h: Harness) -> None:
        audit = AuditQueue(h)
        answer = await h.call("PUT", "/api/v1/admin/rules", {"version": 2}, **ADMIN)
        assert (answer.status_code, answer.json()["code"]) == (503, "SERVICE_UNAVAILABLE")
        record = await audit.next()
        assert (record["result"], record["old_value"], record["new_value"]) == ("FAILURE", {"version": 1}, {"version": 2})
        assert record["reason"].startswith("SERVICE_UNAVAILABLE: ")

    play(scenario, queued_commands_max=0)
