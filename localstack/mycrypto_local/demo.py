"""``mycrypto demo``: the main job of the platform, played through the front door by two fresh users."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final, TypeVar

from mycrypto_local import demo_withdrawal
from mycrypto_local.actors import SETTLED_SECONDS_MAX, Exchange
from mycrypto_local.client import JSON, POLL_SECONDS, ApiError, Trader

T = TypeVar("T")

SYMBOL: Final = "BTC/TRY"
BASE: Final = "BTC"
QUOTE: Final = "TRY"
FIRST_PRICE: Final = Decimal("3500000.00")
TICK: Final = Decimal("0.01")
LOT: Final = Decimal("0.0001")
FIAT_DEPOSIT: Final = "1000.00"
CRYPTO_DEPOSIT: Final = "0.0100"


class DemoFailedError(Exception):
    """A step or an invariant did not hold; the message says which and what was seen."""


@dataclass(frozen=True, slots=True)
class Step:
    """What happened, and what it cost from request to answer (or until the effect was visible)."""

    title: str
    outcome: str
    milliseconds: float


@dataclass(slots=True)
class Report:
    """The story of one run."""

    steps: list[Step] = field(default_factory=list)
    balances_before: dict[str, dict[str, str]] = field(default_factory=dict)
    balances_after: dict[str, dict[str, str]] = field(default_factory=dict)
    invariants: list[str] = field(default_factory=list)


class Audience:
    """Hears of each step as it happens; the terminal is one, ``--json`` and the tests listen to nothing."""

    def heard(self, step: Step) -> None:
        """A step has just succeeded."""

    def held(self, invariant: str) -> None:
        """An invariant has just been seen to hold."""


class Demo:
    """One run: two users, Ayşe who buys and Mehmet who sells."""

    def __init__(self, exchange: Exchange, audience: Audience, accounts_dsn: str) -> None:
        self.exchange = exchange
        self.accounts_dsn = accounts_dsn
        self.audience = audience
        self.report = Report()
        self.buyer = exchange.stranger("ayse")
        self.seller = exchange.stranger("mehmet")

    async def run(self) -> Report:
        """Play every step; raises :class:`DemoFailedError`, ``ApiError`` or ``TimeoutError`` at the first that fails."""
        await self._join(self.buyer)
        await self._join(self.seller)
        await self._fund()
        self.report.balances_before = await self._balances()
        await self._refused_orders()
        await self._trade()
        await self._cancel()
        await self._look_around()
        await self._settled()
        self.report.balances_after = await self._balances()
        self._conserved()
        await self._withdraw()
        await self._leave()
        return self.report

    async def step(self, title: str, work: Awaitable[T], outcome: str = "") -> T:
        started = time.perf_counter()
        result = await work
        step = Step(title, outcome or _summary(result), (time.perf_counter() - started) * 1_000)
        self.report.steps.append(step)
        self.audience.heard(step)
        return result

    def check(self, holds: bool, invariant: str, seen: object = "") -> None:
        if not holds:
            raise DemoFailedError(f"does not hold: {invariant}. Seen: {seen}")
        self.report.invariants.append(invariant)
        self.audience.held(invariant)

    async def _join(self, trader: Trader) -> None:
        name = _first_name(trader)
        await self.step(f"{name} registers", trader.register(), trader.email)
        try:
            await trader.login()
        except ApiError as refused:
            self.check(refused.code == "AUTH_002", f"{name} cannot log in before the e-mail is confirmed", refused)
        else:
            raise DemoFailedError("an unverified account could log in")
        await self.step(f"{name} reads the mail and confirms it", trader.verify_email(), "e-mail verified")
        await self.step(f"{name} logs in", trader.login(), "access token for 15 minutes")
        await self.step(f"{name} looks at the profile", trader.call("GET", "/api/auth/profile"), "roles, KYC level, tier")

    async def _fund(self) -> None:
        account = await self.step("Ayşe adds a bank account", self.exchange.add_bank_account(self.buyer))
        await self.step(
            "Ayşe sends 1,000 TRY; the bank reports it", self.exchange.deposit_fiat(self.buyer, FIAT_DEPOSIT, account), "signed webhook"
        )
        await self.step(
            "… until she can trade with it", self.exchange.wait_until_tradable(self.buyer, QUOTE, Decimal(FIAT_DEPOSIT)), "credited"
        )
        await self.step("Mehmet pays 0.01 BTC to his deposit address", self.exchange.deposit_crypto(self.seller, BASE, CRYPTO_DEPOSIT))
        await self.step(
            "… until he can trade with it", self.exchange.wait_until_tradable(self.seller, BASE, Decimal(CRYPTO_DEPOSIT)), "credited"
        )

    async def _refused_orders(self) -> None:
        price = f"{await self._price():.2f}"
        for title, quantity, limit, code in (
            ("more than she has", "0.0100", price, "WALLET_001"),
            ("a price between two ticks", "0.0001", f"{price}5", "ORDER_002"),
            ("a quantity of zero", "0", price, "INVALID_QUANTITY"),
        ):
            try:
                answer = await self.buyer.place(symbol=SYMBOL, side="BUY", type="LIMIT", quantity=quantity, price=limit)
            except ApiError as refused:
                self.check(refused.code == code, f"an order for {title} is refused with {code}", refused)
            else:
                raise DemoFailedError(f"an order for {title} was taken: {answer}")

    async def _price(self) -> Decimal:
        """A price inside the band and the spread: the demo also runs on a market where others trade."""
        book = await self.seller.call("GET", "/api/v1/orderbook/BTCTRY", query={"depth": 1})
        best_bid = Decimal(book["bids"][0][0]) if book["bids"] else None
        best_ask = Decimal(book["asks"][0][0]) if book["asks"] else None
        if best_bid is not None and best_ask is not None:
            return max(best_ask - TICK, best_bid + TICK) if best_ask - best_bid > TICK else best_ask
        ticker = await self.seller.call("GET", "/api/v1/markets/BTCTRY/ticker")
        last = Decimal(ticker["last_price"]) if ticker.get("last_price") else FIRST_PRICE
        if best_ask is not None:
            return min(last, best_ask - TICK)
        return max(last, best_bid + TICK) if best_bid is not None else last

    async def _trade(self) -> None:
        price = await self._price()
        quantity = str(2 * LOT)
        sell = await self.step(
            f"Mehmet offers {quantity} BTC at {price:,} TRY",
            self.seller.place(
                symbol=SYMBOL, side="SELL", type="LIMIT", quantity=quantity, price=str(price), client_order_id=f"sell-{time.time_ns()}"
            ),
        )
        self.check(sell["order"]["status"] == "OPEN", "the offer rests in the book", sell["order"])
        own_id = f"buy-{time.time_ns()}"
        order = {"symbol": "BTCTRY", "side": "BUY", "type": "LIMIT", "quantity": str(LOT), "price": str(price), "client_order_id": own_id}
        buy = await self.step("Ayşe buys half of it with a limit order", self.buyer.place(**order))
        self.check(buy["order"]["status"] == "FILLED", "her order is filled in the answer itself", buy)
        again = await self.step("Ayşe's program sends the same order again", self.buyer.place(**order))
        self.check(again["order"]["id"] == buy["order"]["id"], "the same client_order_id is the same order, not a second one", again)
        rest = await self.step(
            "Ayşe buys the rest with a market order", self.buyer.place(symbol=SYMBOL, side="BUY", type="MARKET", quantity=str(LOT))
        )
        self.check(rest["order"]["status"] == "FILLED", "the market order is filled", rest)
        sold = await self.step("Mehmet looks at his order", self.seller.call("GET", f"/api/v1/orders/{sell['order']['id']}"))
        self.check(sold["status"] == "FILLED" and Decimal(sold["filled_quantity"]) == 2 * LOT, "the offer is filled exactly", sold)

    async def _cancel(self) -> None:
        price = await self._price()
        before = await self.seller.trading_balance(BASE)
        placed = await self.step(
            "Mehmet offers 0.0005 BTC more",
            self.seller.place(symbol=SYMBOL, side="SELL", type="LIMIT", quantity="0.0005", price=str(price)),
        )
        held = await self.seller.trading_balance(BASE)
        self.check(
            Decimal(held["locked"]) - Decimal(before["locked"]) == Decimal("0.0005"), "an open order locks exactly what it needs", held
        )
        await self.step("… and cancels it", self.seller.cancel(placed["order"]["id"]))
        after = await self.seller.trading_balance(BASE)
        self.check(after == before, "cancelling frees it to the last unit", after)

    async def _look_around(self) -> None:
        await self.step("anyone reads the book", self.exchange.api.request("GET", "/api/v1/orderbook/BTCTRY"), "bids and asks by price")
        await self.step(
            "anyone reads the trades", self.exchange.api.request("GET", "/api/v1/trades", query={"symbol": "BTCTRY"}), "newest first"
        )
        ticker = await self.step("anyone reads the ticker", self._fresh_ticker(), "24 hours, at most a second old")
        self.check(bool(ticker["last_price"]), "the ticker knows the last price", ticker)
        listed = await self.step("Ayşe lists her orders", self.buyer.call("GET", "/api/v1/orders", query={"symbol": "BTCTRY"}))
        self.check(len(listed["data"]) >= 2, "her orders are listed at once", listed)

    async def _fresh_ticker(self) -> JSON:
        """Tickers are kept for a second: ours may still be the one from before the trades."""
        deadline = time.monotonic() + 3
        while True:
            ticker: JSON = await self.exchange.api.request("GET", "/api/v1/markets/BTCTRY/ticker")
            if ticker["last_price"] or time.monotonic() > deadline:
                return ticker
            await asyncio.sleep(POLL_SECONDS)

    async def _settled(self) -> None:
        """Wait until the wallet (ledger) shows what the engine shows."""
        await self.step("the ledger settles", self._wallets_equal_engine(), "wallet = engine for both users")
        self.check(True, "wallet balances equal the engine's, per user and currency")
        history = await self.step("Ayşe reads her transactions", self.buyer.call("GET", "/api/wallet/transactions"))
        kinds = {row["type"] for row in history["data"]}
        self.check({"DEPOSIT", "TRADE_BUY"} <= kinds, "deposit and trades stand in the history", kinds)

    async def _wallets_equal_engine(self) -> None:
        deadline = time.monotonic() + SETTLED_SECONDS_MAX
        while True:
            different = [
                f"{_first_name(trader)} {currency}: wallet {wallet}, engine {engine}"
                for trader in (self.buyer, self.seller)
                for currency in (BASE, QUOTE)
                if (wallet := await _wallet_figures(trader, currency)) != (engine := await _engine_figures(trader, currency))
            ]
            if not different:
                return
            if time.monotonic() > deadline:
                raise DemoFailedError("wallet and engine differ: " + "; ".join(different))
            await asyncio.sleep(POLL_SECONDS)

    async def _balances(self) -> dict[str, dict[str, str]]:
        return {
            _first_name(trader): {currency: (await trader.trading_balance(currency))["total"] for currency in (BASE, QUOTE)}
            for trader in (self.buyer, self.seller)
        }

    def _conserved(self) -> None:
        before, after = self.report.balances_before, self.report.balances_after
        base_before, base_after = _sum(before, BASE), _sum(after, BASE)
        self.check(base_before == base_after, "no BTC appeared or vanished", f"{base_before} -> {base_after}")
        fees = _sum(before, QUOTE) - _sum(after, QUOTE)
        bought = Decimal(after["Ayşe"][BASE]) - Decimal(before["Ayşe"][BASE])
        self.check(bought == 2 * LOT, "Ayşe has exactly what she bought", bought)
        value = Decimal(after["Mehmet"][QUOTE]) - Decimal(before["Mehmet"][QUOTE])
        paid = Decimal(before["Ayşe"][QUOTE]) - Decimal(after["Ayşe"][QUOTE])
        self.check(fees == paid - value and fees > 0, "the TRY that left the two users are the fees, to the last unit", fees)

    async def _withdraw(self) -> None:
        before = Decimal((await self.buyer.trading_balance(QUOTE))["total"])
        phone = await self.step("Ayşe switches on a second factor", demo_withdrawal.enrol(self.buyer), "authenticator")
        asked = await self.step(
            f"Ayşe withdraws {demo_withdrawal.AMOUNT} TRY a day later", demo_withdrawal.ask(self.buyer, phone, self.accounts_dsn)
        )
        await self.step(
            "an operator approves it: it is her first", demo_withdrawal.approve(self.exchange, self.accounts_dsn, asked["id"]), "queued"
        )
        paid = await self.step("… until the bank has paid it", demo_withdrawal.ended(self.buyer, asked["id"]), "queue, worker, bank")
        self.check(paid["status"] == "COMPLETED", "the withdrawal is paid", paid)
        left = await demo_withdrawal.bookings(self.exchange, asked["id"])
        self.check(left == [Decimal(demo_withdrawal.AMOUNT)], "the money left the bank exactly once", left)
        after = Decimal((await self.buyer.trading_balance(QUOTE))["total"])
        self.check(before - after == Decimal(asked["total_amount"]), "it cost her the amount and the fee", f"{before} -> {after}")

    async def _leave(self) -> None:
        old = self.buyer.access_token
        await self.step("Ayşe renews her token", self.buyer.refresh(), "refresh token rotated")
        await self.step("Ayşe logs out", self.buyer.call("POST", "/api/auth/logout", {}))
        for token in (old, self.buyer.access_token):
            await self._refused_soon(token)
        self.check(True, "after the logout no token of hers is accepted")

    async def _refused_soon(self, token: str) -> None:
        """The gateway honours a revocation within a second."""
        deadline = time.monotonic() + 5
        while True:
            try:
                await self.exchange.api.request("GET", "/api/v1/account/balances", token=token)
            except ApiError as refused:
                if refused.status == 401:
                    return
                raise
            if time.monotonic() > deadline:
                raise DemoFailedError("a token is still accepted 5 s after the logout")
            await asyncio.sleep(POLL_SECONDS)


def _first_name(trader: Trader) -> str:
    return {"ayse": "Ayşe", "mehmet": "Mehmet"}[trader.email.split("-", 1)[0]]


def _sum(balances: dict[str, dict[str, str]], currency: str) -> Decimal:
    return sum((Decimal(row[currency]) for row in balances.values()), Decimal(0))


async def _wallet_figures(trader: Trader, currency: str) -> tuple[Decimal, Decimal]:
    row = await trader.wallet_balance(currency)
    return Decimal(row["available_balance"]), Decimal(row["locked_balance"])


async def _engine_figures(trader: Trader, currency: str) -> tuple[Decimal, Decimal]:
    row = await trader.trading_balance(currency)
    return Decimal(row["available"]), Decimal(row["locked"])


def _summary(result: Any) -> str:
    """A few words on an answer, for the step's line."""
    document: JSON = result if isinstance(result, dict) else {}
    order = document.get("order", document)
    if isinstance(order, dict) and "status" in order and "quantity" in order:
        fills = len(document.get("trades", ()))
        return f"{order['status']}, filled {order.get('filled_quantity', '0')} of {order['quantity']}" + (
            f" in {fills} trade(s)" if fills else ""
        )
    if "status" in document:
        return str(document["status"])
    if "data" in document:
        return f"{len(document['data'])} row(s)"
    return "done"
