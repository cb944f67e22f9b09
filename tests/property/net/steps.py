"""What the net is thrown: random commands of a few users with little money at few prices, so that they meet often.

A step is the time of its record and a command without ids, or what to do to an order that is open then (``pick`` counts back from the newest): steps may
be left out, and the others still mean something.
"""

from __future__ import annotations

import random
from typing import Any, Final

import msgspec
from msgspec.structs import replace

from mycrypto.contracts import commands as c
from mycrypto.contracts.trading import OrderType, SelfTradePrevention, Side, SymbolStatus, TimeInForce
from mycrypto.money import UNITS_PER_ONE

START_MS: Final = 1_800_000_000_000
DAY: Final = 86_400_000
YEAR: Final = 365 * DAY
TICK: Final = UNITS_PER_ONE // 100
LOT: Final = UNITS_PER_ONE // 1_000
SYMBOL: Final = "BTC/USDT"
OTHER: Final = "ETH/USDT"
USERS: Final = [bytes([number]) * 16 for number in range(1, 6)]
CONDITIONAL: Final = {OrderType.STOP, OrderType.STOP_LIMIT, OrderType.TAKE_PROFIT, OrderType.TAKE_PROFIT_LIMIT, OrderType.TRAILING_STOP}
PRICED: Final = {OrderType.LIMIT, OrderType.STOP_LIMIT, OrderType.TAKE_PROFIT_LIMIT}
WEIGHTS: Final = {
    "order": 50, "cancel": 7, "amend": 9, "replace": 4, "oco": 9, "all": 2, "credit": 2, "debit": 3, "status": 3, "everywhere": 1, "user": 3,
    "symbol": 2, "tick": 3, "clock": 1, "burst": 0, "switch": 0, "churn": 0.4,
}  # fmt: skip


class Pick(msgspec.Struct, frozen=True):
    """Do something to an order that is there: ``change`` is a command without its number and user."""

    pick: int
    change: c.CancelOrder | c.AmendOrder | c.ReplaceOrder


Step = tuple[int, Any]


class Drawer:
    """One sequence. ``wild`` draws more than the naive exchange knows: two symbols, trading hours, the circuit breaker, repeated ids, bursts."""

    def __init__(self, seed: int, *, wild: bool) -> None:
        self.random = random.Random(seed)
        self.options = random.Random(seed)
        """For what orders may say since version 4 of the rules, so that everything else is drawn as it was."""
        self.wild = wild
        self.now = START_MS
        self.ahead = 0
        """By how much the broker's clock is wrong."""
        self.middle = 10_000
        self.stands = 0.0
        """How soon the market is let trade again."""
        self.rules: dict[str, Any] = {"band_bps": self.random.choice([0, 20, 1_000]), "maker_fee_ppm": 500, "taker_fee_ppm": 1_000}
        self.weights = dict(WEIGHTS)
        if wild:
            self.weights |= {"burst": 1, "symbol": 3, "switch": 4}
        for name in self.random.sample(list(self.weights), 3):
            self.weights[name] *= self.random.choice([0, 3])
        self.weights["order"] = max(self.weights["order"], 20)

    def opening(self) -> list[Step]:
        listing = replace(self.symbol(), symbol=SYMBOL, base="BTC")
        steps: list[Step] = [(self.now, c.SetRules(b"", c.RULES_LATEST)), (self.now, listing)]
        if self.wild:
            steps.append((self.now, replace(listing, symbol=OTHER, base="ETH")))
        lots = self.random.choice([8, 25, 60, 500])
        assets = [("BTC", lots * LOT), ("USDT", lots * UNITS_PER_ONE // 9), *([("ETH", lots * LOT)] if self.wild else [])]
        return steps + [(self.now, c.Credit(b"", user, asset, amount, b"")) for user in USERS for asset, amount in assets]

    def steps(self, count: int) -> list[Step]:
        steps = self.opening()
        while len(steps) < count:
            steps += self.next()
        return steps

    def next(self) -> list[Step]:
        draw = self.random
        if draw.random() < 0.5:
            self.now += (
                draw.choice([1, 3, 9, 40, 2_000, 4_900, 12_000]) if draw.random() < 0.9 else draw.choice([DAY // 2, DAY, DAY + 1, 3 * DAY])
            )
        if self.stands and draw.random() < self.stands:
            self.stands = 0.0
            return [self.at(c.SetStatus(b"", SYMBOL, SymbolStatus.ACTIVE, "on"))]
        if self.ahead and draw.random() < 0.1:
            self.ahead = 0
        (kind,) = draw.choices(list(self.weights), list(self.weights.values()))
        if kind == "burst":
            return self.burst()
        if kind == "churn":
            return self.churn()
        return [self.at(self.command(kind))]

    def at(self, command: Any) -> Step:
        back = self.random.choice([0, 0, 0, 0, 5, 100_000, 2 * DAY]) if self.random.random() < 0.1 else 0
        return self.now + self.ahead - back, command

    def command(self, kind: str) -> Any:
        draw = self.random
        user = draw.choice(USERS)
        if kind in {"cancel", "amend", "replace"}:
            change: Any = c.CancelOrder(b"", b"", 0)
            if kind == "amend":
                change = c.AmendOrder(b"", b"", 0, "", draw.choice([0, draw.randint(1, 14) * LOT]), draw.choice([0, 0, self.price()]))
                if change.quantity and self.options.random() < 0.3:
                    change = replace(change, quantity=self.options.choice([0, 0, 0, LOT]), total_quantity=change.quantity)
            elif kind == "replace":
                change = c.ReplaceOrder(b"", 0, "", self.order())
            return Pick(draw.randrange(25), change)
        if kind == "oco":
            return self.oco()
        if kind == "all":
            return c.CancelAll(b"", user, draw.choice(["", SYMBOL]), draw.choice([None, Side.BUY, Side.SELL]))
        if kind in {"credit", "debit"}:
            least = draw.choice([10**3, 10**6, 10**8])
            return (c.Credit if kind == "credit" else c.Debit)(b"", user, draw.choice(["BTC", "USDT"]), draw.randint(1, least), b"")
        if kind == "status":
            return self.status()
        if kind == "everywhere":
            self.stands = 0.4
            return draw.choice([c.Halt(b"", "all"), c.Resume(b"", "all"), c.Resume(b"", "all")])
        if kind == "user":
            return self.user(user)
        if kind == "symbol":
            self.rules["maker_fee_ppm"] = draw.choice([0, 0, 500, 3_000, 50_000])
            self.rules["taker_fee_ppm"] = draw.choice([0, 1_000, 1_000, 2_000, 90_000])
            self.rules["band_bps"] = draw.choice([self.rules["band_bps"], 0, 20, 1_000])
            return self.symbol()
        if kind == "tick":
            return c.Tick(b"", draw.choice([0, self.now, self.now + draw.randint(-90_000, 90_000), self.now + self.ahead]))
        if kind == "clock":
            return self.clock()
        if kind == "switch":
            timeout = draw.choice([0, 9_999, 10_000, 10_000, 60_000])
            return c.CancelAllAfter(
                b"", user, timeout, draw.choice(["", SYMBOL, "ABC/DEF"]), draw.choice([b"", b"h" * 16]), draw.random() < 0.3
            )
        return self.order()

    def clock(self) -> Any:
        draw = self.random
        if draw.random() < 0.4:
            return c.AcceptTime(b"", draw.choice([1, self.now + self.ahead + draw.choice([0, 1, DAY]), self.now + 2 * DAY]), b"o")
        self.ahead = draw.choice([0, 3_600_000, DAY, 2 * DAY, 20 * DAY, 40 * DAY, 10 * YEAR])
        return c.Tick(b"", draw.choice([0, self.now, self.now + self.ahead]))

    def status(self) -> c.SetStatus:
        draw = self.random
        (status,) = draw.choices([SymbolStatus.AUCTION, SymbolStatus.HALTED, SymbolStatus.ACTIVE, SymbolStatus.MAINTENANCE], [6, 2, 3, 1])
        resume = draw.choice([0, 0, self.now + draw.randint(-5, 200), self.now + draw.randint(1_000, 90_000), 1])
        self.stands = 0.06 if status is SymbolStatus.AUCTION else 0.4 * (status is not SymbolStatus.ACTIVE)
        return c.SetStatus(b"", SYMBOL, status, "test", b"", resume)

    def user(self, user: bytes) -> c.SetUser:
        draw = self.random
        mode = draw.choice(list(SelfTradePrevention))
        return c.SetUser(
            b"",
            user,
            draw.choice([-1, -1, 0, 3, 12]),
            draw.choice([-1, -1, 0, 2, 6]),
            draw.choice([-1, -1, 0, 2 * UNITS_PER_ONE, 30 * UNITS_PER_ONE]),
            draw.choice([-1, -1, 0, 2_000, 40_000]),
            draw.choice([-1, -1, 0, 2_000, 80_000]),
            mode,
            draw.random() < 0.3,
        )

    def symbol(self) -> c.SetSymbol:
        rules = dict(self.rules)
        name, base = SYMBOL, "BTC"
        if self.wild:
            draw = self.random
            opens = draw.choice([-1, -1, -1, 0, 600])
            rules |= {
                "breaker_bps": draw.choice([0, 30, 100]),
                "breaker_halt_ms": draw.choice([0, 1, 5_000, 300_000]),
                "opens_minute": opens,
                "closes_minute": -1 if opens < 0 else opens + draw.choice([-0, 480, 800]),
            }
            if draw.random() < 0.3:
                name, base = OTHER, "ETH"
        return c.SetSymbol(b"", name, base, "USDT", TICK, LOT, LOT, 50 * LOT, UNITS_PER_ONE // 100, **rules)

    def price(self) -> int:
        if self.random.random() < 0.02:
            self.middle = max(5_000, self.middle + self.random.randint(-60, 60))
        return (self.middle + self.random.randint(-12, 12)) * TICK

    def order(self) -> c.PlaceOrder:
        draw = self.random
        (kind,) = draw.choices(list(OrderType), [60, 9, 6, 8, 4, 5, 5])
        (tif,) = draw.choices(list(TimeInForce), [66, 10, 5, 8, 8])
        if draw.random() < 0.9:  # most go together
            if kind in {OrderType.STOP, OrderType.TAKE_PROFIT, OrderType.TRAILING_STOP} and tif in {TimeInForce.IOC, TimeInForce.FOK}:
                tif = TimeInForce.GTC
            if kind is OrderType.MARKET and tif in {TimeInForce.DAY, TimeInForce.GTD}:
                tif = TimeInForce.IOC
        conditional = kind in CONDITIONAL
        trailing = kind is OrderType.TRAILING_STOP or (conditional and draw.random() < 0.2)
        limit = kind in PRICED
        by_value = kind is OrderType.MARKET and draw.random() < 0.5
        lots = draw.randint(1, 14)
        rests = limit and tif not in {TimeInForce.IOC, TimeInForce.FOK}
        found = c.PlaceOrder(
            b"",
            draw.choice(USERS),
            SYMBOL if not self.wild or draw.random() < 0.8 else OTHER,
            draw.choice(list(Side)),
            kind,
            tif,
            0 if by_value else lots * LOT,
            self.price() if limit else 0,
            quote_quantity=draw.randint(5, 150) * UNITS_PER_ONE // 100 if by_value else 0,
            post_only=kind is OrderType.LIMIT and rests and draw.random() < 0.06,
            self_trade_prevention=draw.choice([SelfTradePrevention.ACCOUNT, SelfTradePrevention.ACCOUNT, *SelfTradePrevention]),
            stop_price=self.price() if conditional and not trailing else 0,
            display_quantity=draw.randint(1, lots - 1) * LOT if rests and lots > 1 and draw.random() < 0.2 else 0,
            trail_bps=draw.randint(1, 12) if trailing else 0,
            activation_price=self.price() if trailing and draw.random() < 0.5 else 0,
            expires_ms=self.now + draw.choice([1, 30, 3_000, 90_000, 2 * DAY, 30 * DAY]) if tif is TimeInForce.GTD else 0,
        )
        if self.wild and draw.random() < 0.3:
            found = replace(found, client_order_id=f"c{draw.randrange(60)}")
        return self.with_options(found)

    def with_options(self, found: c.PlaceOrder) -> c.PlaceOrder:
        """Now and then one in the wrong place."""
        draw = self.options
        wrong = draw.random() < 0.005
        fee = found.quote_quantity > 0 and found.side is Side.BUY and draw.random() < 0.4
        reached = found.stop_price > 0 and draw.random() < 0.4
        return replace(found, fee_included=fee or wrong, refused_if_reached=reached or wrong) if fee or reached or wrong else found

    def oco(self) -> c.PlaceOco:
        draw = self.random
        first = self.order()
        if draw.random() < 0.15:
            second = replace(self.order(), user_id=first.user_id, symbol=first.symbol, side=first.side, quantity=first.quantity)
            return c.PlaceOco(b"", first, second)
        lots = draw.randint(2, 14)
        same = {"user_id": first.user_id, "symbol": first.symbol, "side": first.side, "quantity": lots * LOT, "quote_quantity": 0}
        plain = {"time_in_force": TimeInForce.GTC, "expires_ms": 0, "display_quantity": 0}
        display = draw.randint(1, lots - 1) * LOT if draw.random() < 0.2 else 0
        # a limit that is away from the market rests, and its leg may be met by an own order later
        price = self.price() + (1 if first.side is Side.SELL else -1) * draw.choice([0, 0, 4, 8]) * TICK
        none = {"stop_price": 0, "trail_bps": 0, "activation_price": 0, "fee_included": False, "refused_if_reached": False}
        limit = replace(first, **same, **plain | {"display_quantity": display}, **none, type=OrderType.LIMIT, price=price)
        waits = replace(self.order(), **same, **plain, **none, post_only=False, type=OrderType.STOP, price=0)
        kind = draw.choice([OrderType.STOP, OrderType.STOP, OrderType.STOP_LIMIT, OrderType.TAKE_PROFIT_LIMIT, OrderType.TRAILING_STOP])
        if kind is OrderType.TRAILING_STOP:
            waits = replace(waits, type=kind, trail_bps=draw.randint(1, 12))
        else:
            waits = replace(waits, type=kind, stop_price=self.price(), price=self.price() if kind in PRICED else 0)
        if draw.random() < 0.1:
            limit = replace(waits, stop_price=self.price()) if not waits.trail_bps else waits
        legs = [limit, self.with_options(waits)]
        draw.shuffle(legs)
        return c.PlaceOco(b"", *legs)

    def burst(self) -> list[Step]:
        """More stops under one price than one command may fire, some of them cancelled while they wait for their turn."""
        draw = self.random
        user, trader, other = draw.sample(USERS, 3)
        free = [c.SetUser(b"", each, 0, 0, 0) for each in (user, trader, other)]
        money = [c.Credit(b"", each, asset, 10**11, b"") for each in (user, trader, other) for asset in ("BTC", "USDT")]
        price = self.middle * TICK
        stop = c.PlaceOrder(b"", user, SYMBOL, Side.SELL, OrderType.STOP_LIMIT, TimeInForce.GTC, LOT, price, stop_price=price)
        kinds = [stop, replace(stop, price=price + TICK), replace(stop, type=OrderType.STOP, price=0)]
        trade = c.PlaceOrder(b"", trader, SYMBOL, Side.BUY, OrderType.LIMIT, TimeInForce.GTC, LOT, price)
        after = [
            c.CancelAll(b"", user, SYMBOL, None),
            Pick(draw.randrange(200), c.CancelOrder(b"", b"", 0)),
            c.Tick(b"", self.now),
            replace(trade, quantity=50 * LOT),
        ]
        status = c.SetStatus(b"", SYMBOL, SymbolStatus.ACTIVE, "on")
        lift = replace(trade, price=price + 2 * TICK, user_id=other, quantity=LOT)
        commands = [status, *free, *money, lift, replace(lift, user_id=trader, side=Side.SELL)]
        commands += [replace(draw.choice(kinds), user_id=draw.choice([user, other])) for _ in range(draw.choice([120, 260, 420]))]
        commands += [trade, replace(trade, user_id=other, side=Side.SELL)]
        commands += [draw.choice(after) for _ in range(draw.randint(2, 6))]
        return [self.at(command) for command in commands]

    def churn(self) -> list[Step]:
        """Orders that expire far in the future come and go."""
        draw = self.random
        order = c.PlaceOrder(b"", draw.choice(USERS), SYMBOL, Side.BUY, OrderType.LIMIT, TimeInForce.DAY, LOT, (self.middle - 9) * TICK)
        if draw.random() < 0.5:
            order = replace(order, time_in_force=TimeInForce.GTD, expires_ms=self.now + YEAR)
        there = Pick(1, c.AmendOrder(b"", b"", 0, "", draw.choice([0, LOT, 3 * LOT]), (self.middle - 10) * TICK))
        newest = Pick(0, c.CancelOrder(b"", b"", 0))
        back = replace(there, change=c.AmendOrder(b"", b"", 0, "", 0, (self.middle - 9) * TICK))
        pair: list[Any] = [there, back] if draw.random() < 0.4 else [order, newest]
        return [self.at(command) for command in pair * 45]
