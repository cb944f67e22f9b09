"""The bank test: customers do as they like, parts are struck, and in the end every currency adds up to the last unit.

Nothing is compared with itself: what came in is what the senders sent, what left is what bank and chain have booked, what trading cost is what the
history of orders says, and what the customers have is asked of ledger, wallets and the engine's log.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from decimal import Decimal
from random import Random
from typing import Any, Final

import psycopg

from mycrypto_local.actors import Exchange
from mycrypto_local.client import Api, ApiError, Trader
from mycrypto_local.platform import Platform
from mycrypto_local.running import Running
from mycrypto_local.staff import new_operator
from mycrypto_local.verify import verify
from tests.chaos import plan
from tests.chaos.customers import ENDED, NOT_ANSWERED, Customer, Saver, Told, open_customers, open_savers
from tests.chaos.nemesis import Nemesis
from tests.chaos.plan import Blow

BUSY_ORDERS: Final = 20
"""Of business before each blow, and after the last."""
BUSY_SECONDS: Final = (4.0, 90.0)
"""At least, and at most: a machine may be slow."""
DRAINED_SECONDS_MAX: Final = 420.0
"""A message that a killed function had in its hands is seen again after two and a half minutes, and the user's next ones after it."""
REFUSED: Final = 0.15
"""Of withdrawals that wait for approval."""


@dataclass
class Result:
    """``wrong``: what does not add up, in words."""

    blows: list[list[Blow]]
    wrong: list[str] = field(default_factory=list)
    payments: int = 0
    withdrawals: Counter[str] = field(default_factory=Counter)
    trades: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)

    def __str__(self) -> str:
        struck = "; ".join(" and ".join(map(str, blows)) for blows in self.blows)
        said = f"{struck}: {self.payments} payments, {self.trades} trades, withdrawals {dict(self.withdrawals)}, {dict(self.outcomes)}"
        return "\n".join([said, *(f"  -> {line}" for line in self.wrong)])


class Bank:
    def __init__(self, running: Running, seed: int, *, customers: int = 3, savers: int = 1) -> None:
        self._running = running
        self._seed = seed
        self._counts = customers, savers
        self._told = Told()
        self._going = True

    async def run(self, rounds: int) -> Result:
        """So many blows, drawn from the seed; returns what was found when all is quiet."""
        blows = [plan.make(self._seed + number) for number in range(rounds)]
        result = Result(blows)
        async with Api(self._running.base_url, connections_max=256) as api:
            exchange = Exchange(api, self._running.webhooks)
            with api.patient():
                customers = await open_customers(self._running, exchange, self._told, self._counts[0], self._seed)
                savers = await open_savers(self._running, exchange, self._told, self._counts[1], self._seed)
                operator = await new_operator(exchange, self._running.accounts_dsn)
            people: list[Customer | Saver] = [*customers, *savers]
            had = self._held(people)
            busy = [asyncio.create_task(one.run(lambda: self._going)) for one in people]
            busy.append(asyncio.create_task(self._approve(operator, lambda: self._going)))
            nemesis = Nemesis(Platform(self._running.state), self._running)
            for each in blows:
                await self._business()
                await nemesis.strike(each)
                await nemesis.heal()
            await self._business()
            self._going = False
            await asyncio.gather(*busy)
            with api.patient():
                await self._quiet(people, operator)
                await self._judge(api, people, had, result)
        return result

    async def _business(self) -> None:
        started, before = time.monotonic(), self._told.outcomes["order"]
        await asyncio.sleep(BUSY_SECONDS[0])
        while True:
            if self._told.outcomes["order"] >= before + BUSY_ORDERS or time.monotonic() > started + BUSY_SECONDS[1]:
                return
            await asyncio.sleep(0.2)

    async def _approve(self, operator: Trader, going: Callable[[], bool]) -> None:
        """One of staff looks at what waits, approves most of it and refuses some."""
        chance = Random(self._seed)
        while going():
            with suppress(*NOT_ANSWERED):
                for row in await self._waiting(operator):
                    with suppress(ApiError):  # not debited yet, or cancelled meanwhile
                        refused = chance.random() < REFUSED
                        path = f"/api/wallet/admin/withdrawals/{row['id']}"
                        if refused:
                            await operator.call("POST", f"{path}/reject", {"reason": "random"})
                        else:
                            await operator.call("POST", f"{path}/approve")
            await asyncio.sleep(0.5)

    async def _waiting(self, operator: Trader) -> list[dict[str, Any]]:
        page = await operator.call("GET", "/api/wallet/admin/withdrawals", query={"status": "PENDING", "limit": 100})
        return [row for row in page["data"] if row["id"] in self._told.withdrawals]

    async def _quiet(self, people: list[Customer | Saver], operator: Trader) -> None:
        """Nothing is under way any more: reports are taken, orders are closed, withdrawals have ended, and money has crossed."""
        for sent in self._told.sent:
            if not sent.taken:
                await sent.report()
        for one in people:
            if isinstance(one, Customer):
                await one.close_orders()
        ids = [one.trader.user_id for one in people]
        deadline = time.monotonic() + DRAINED_SECONDS_MAX
        while under_way := self._under_way(ids):
            if time.monotonic() > deadline:
                raise TimeoutError(f"still under way: {under_way}")
            for row in await self._waiting(operator):
                with suppress(ApiError):
                    await operator.call("POST", f"/api/wallet/admin/withdrawals/{row['id']}/approve")
            await asyncio.sleep(1)

    def _under_way(self, ids: list[str]) -> list[tuple[Any, ...]]:
        with psycopg.connect(self._running.accounts_dsn) as connection:
            return connection.execute(
                """SELECT 'withdrawal', id::text, status FROM withdrawals WHERE user_id = ANY(%(ids)s::uuid[]) AND status <> ALL(%(ended)s)
                   UNION ALL SELECT 'transfer', transfer_id::text, status FROM transfers
                    WHERE user_id = ANY(%(ids)s::uuid[]) AND status = 'REQUESTED'
                   UNION ALL SELECT 'transit', owner::text, currency FROM ledger_accounts
                    WHERE owner = ANY(%(ids)s::uuid[]) AND kind = 'transit' AND balance <> 0
                   UNION ALL SELECT 'locked', user_id::text, currency FROM wallets WHERE user_id = ANY(%(ids)s::uuid[]) AND locked <> 0
                   UNION ALL SELECT 'chain deposit', id::text, status FROM blockchain_transactions
                    WHERE user_id = ANY(%(ids)s::uuid[]) AND status <> 'CREDITED'
                   UNION ALL SELECT 'bank deposit', id::text, status FROM deposit_requests
                    WHERE user_id = ANY(%(ids)s::uuid[]) AND status = 'APPROVED'""",
                {"ids": ids, "ended": sorted(ENDED)},
            ).fetchall()

    def _held(self, people: list[Customer | Saver]) -> Counter[str]:
        """What the people have by the ledger, by currency, in units of 10^-8."""
        with psycopg.connect(self._running.accounts_dsn) as connection:
            rows = connection.execute(
                "SELECT currency, sum(balance) * 100000000 FROM ledger_accounts WHERE owner = ANY(%s::uuid[]) GROUP BY currency",
                ([one.trader.user_id for one in people],),
            ).fetchall()
        return Counter({currency: int(units) for currency, units in rows})

    async def _judge(self, api: Api, people: list[Customer | Saver], had: Counter[str], result: Result) -> None:
        ids = [one.trader.user_id for one in people]
        asked = self._withdrawals(ids)
        booked = await self._booked(api)
        result.payments, result.outcomes = len(self._told.sent), self._told.outcomes
        result.withdrawals = Counter(row["status"] for row in asked.values())
        lost = self._told.withdrawals - asked.keys()
        result.wrong += [f"withdrawal {each} was acknowledged and is not there" for each in sorted(lost)]
        expected = Counter(had)
        for sent in self._told.sent:
            expected[sent.currency] += _units(sent.amount)
        for each, row in asked.items():
            completed, inside = row["status"] == "COMPLETED", row["recipient_id"] is not None
            left = booked.get(each, [])
            if left != ([row["amount"]] if completed and not inside else []):
                result.wrong.append(f"withdrawal {each} is {row['status']} over {row['amount']}, and bank and chain have booked {left}")
            if completed:
                fees = row["platform_fee"] + row["network_fee"]
                expected[row["currency"]] -= _units(fees if inside else row["amount"] + fees)
        fees, result.trades = self._traded(ids)
        expected["USDT"] -= fees
        now = self._held(people)
        for currency in sorted(expected.keys() | now.keys()):
            if expected[currency] != now[currency]:
                result.wrong.append(f"{currency}: {now[currency]} units are there, {expected[currency]} should be")
        result.wrong += (await verify(self._running)).differences

    def _withdrawals(self, ids: list[str]) -> dict[str, dict[str, Any]]:
        with psycopg.connect(self._running.accounts_dsn, row_factory=psycopg.rows.dict_row) as connection:
            rows = connection.execute(
                """SELECT id::text, currency, amount, platform_fee, network_fee, status, recipient_id FROM withdrawals
                    WHERE user_id = ANY(%s::uuid[])""",
                (ids,),
            ).fetchall()
        return {row["id"]: row for row in rows}

    async def _booked(self, api: Api) -> dict[str, list[Decimal]]:
        """What bank and chain say that they paid, by withdrawal."""
        found: dict[str, list[Decimal]] = {}
        keys = self._keys_of_transactions()
        for partner in ("bank", "chain"):
            for row in (await api.request("GET", f"/local/{partner}/outgoing"))["data"]:
                key = keys.get(row["key"], row["key"].removeprefix("payout:"))
                found.setdefault(key, []).append(Decimal(row["amount"]))
        return found

    def _keys_of_transactions(self) -> dict[str, str]:
        with psycopg.connect(self._running.accounts_dsn) as connection:
            return dict(
                connection.execute("SELECT payout_reference, id::text FROM withdrawals WHERE payout_reference IS NOT NULL").fetchall()
            )

    def _traded(self, ids: list[str]) -> tuple[int, int]:
        """Fees in units, and trades, by the history of orders."""
        with psycopg.connect(self._running.history_dsn) as connection:
            row = connection.execute(
                """SELECT coalesce(sum(fee), 0) * 100000000,
                          (SELECT count(*) FROM trades WHERE buyer_user_id = ANY(%(ids)s::uuid[])) FROM orders WHERE user_id = ANY(%(ids)s::uuid[])""",
                {"ids": ids},
            ).fetchone()
        return (int(row[0]), int(row[1])) if row else (0, 0)


def _units(amount: Decimal) -> int:
    return int(amount.scaleb(8))
