"""Who is written to about an order, with the real core behind the events; and that no mail is lost or made twice on its way."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from uuid import UUID

import msgspec
import pytest

from engine_container.publisher.envelopes import EnvelopeMaker, position_of
from engine_container.publisher.mailing import Mailing
from engine_container.publisher.mails import FILLED_MAILS_MAX, HOUR_MS, MailMaker, OrderMail
from engine_container.views.observer import Observers
from engine_container.views.projection import Projection
from mycrypto.contracts import commands as c
from mycrypto.contracts.events import decode_record
from mycrypto.contracts.trading import OrderType, Side, SymbolStatus, TimeInForce
from mycrypto.ids import parse_trading_uuid
from mycrypto.mail import MailKind
from mycrypto.outbox import Waiting
from mycrypto.queue import decode
from tests.unit.gateway.core_engine import CoreEngine
from tests.unit.gateway.memory_logs import MemoryEvents
from tests.waiting import until

UNIT = 100_000_000
ALICE, BOB = UUID(int=0xA), UUID(int=0xB)


class Market:
    """A core with two funded users on BTC/TRY, USDT/TRY and BTC/USDT, and the mails that its events make."""

    def __init__(self) -> None:
        self.engine = CoreEngine(MemoryEvents())
        self.envelopes = EnvelopeMaker(0)
        self.maker = MailMaker(0, lambda: self.views)
        self.views = Projection(Observers(self.envelopes, self.maker))
        self.count = 0
        for symbol in ("BTC/TRY", "USDT/TRY", "BTC/USDT"):
            base, quote = symbol.split("/")
            self.do(c.SetSymbol(self.id(), symbol, base, quote, UNIT // 100, UNIT // 1000, UNIT // 1000, 10_000 * UNIT, 0, 0, 500, 1000))
        for user in (ALICE, BOB):
            for asset in ("BTC", "USDT", "TRY"):
                self.do(c.Credit(self.id(), user.bytes, asset, 1_000_000 * UNIT, self.id()))

    def id(self) -> bytes:
        self.count += 1
        return self.count.to_bytes(16, "big")

    def do(self, *commands: c.Command) -> list[OrderMail]:
        payload = self.engine.carry_out(list(commands))
        if payload is not None:
            self.views.apply(decode_record(payload))
        return self.maker.take()

    def order(self, user: UUID, side: Side, quantity: int, price: int, symbol: str = "BTC/TRY") -> list[OrderMail]:
        units = (quantity * UNIT // 1000, price * UNIT)
        return self.do(c.PlaceOrder(self.id(), user.bytes, symbol, side, OrderType.LIMIT, TimeInForce.GTC, *units))

    def halt(self, symbol: str) -> list[OrderMail]:
        return self.do(c.SetStatus(self.id(), symbol, SymbolStatus.HALTED, "maintenance"))


def test_both_sides_are_told_when_an_order_of_more_than_a_thousand_lira_is_filled() -> None:
    market = Market()
    assert market.order(ALICE, Side.SELL, 1_001, 1_000) == []
    mails = market.order(BOB, Side.BUY, 1_001, 1_000)
    assert [(mail.kind, mail.details["user_id"]) for mail in mails] == [
        (MailKind.ORDER_FILLED, str(ALICE)),
        (MailKind.ORDER_FILLED, str(BOB)),
    ]
    assert mails[1].details == {"user_id": str(BOB), "symbol": "BTC/TRY", "side": "BUY", "quantity": "1.001", "price": "1000"}


def test_an_order_filled_in_parts_is_told_of_once_and_with_its_mean_price() -> None:
    market = Market()
    market.order(ALICE, Side.SELL, 1_000, 1_000)
    assert [mail.details["user_id"] for mail in market.order(BOB, Side.BUY, 3_000, 1_300)] == []
    (bob, alice) = market.order(ALICE, Side.SELL, 2_000, 1_200)
    assert (alice.details["price"], bob.details["price"], bob.details["quantity"]) == ("1300", "1200", "3")


def test_a_thousand_lira_or_less_and_a_cancelled_order_are_no_mail() -> None:
    market = Market()
    market.order(ALICE, Side.SELL, 1_000, 1_000)
    assert market.order(BOB, Side.BUY, 1_000, 1_000) == []
    market.order(ALICE, Side.SELL, 5_000, 1_000)
    market.order(BOB, Side.BUY, 4_000, 1_000)
    assert market.do(c.CancelAll(market.id(), ALICE.bytes)) == []


def test_dollars_are_counted_in_lira_at_the_last_price() -> None:
    market = Market()
    market.order(ALICE, Side.SELL, 1_000, 30, "BTC/USDT")
    assert market.order(BOB, Side.BUY, 1_000, 30, "BTC/USDT") == []  # the price of a dollar is not known yet
    market.order(ALICE, Side.SELL, 1_000, 40, "USDT/TRY")
    market.order(BOB, Side.BUY, 1_000, 40, "USDT/TRY")
    market.order(ALICE, Side.SELL, 1_000, 25, "BTC/USDT")
    assert market.order(BOB, Side.BUY, 1_000, 25, "BTC/USDT") == []
    market.order(ALICE, Side.SELL, 1_000, 26, "BTC/USDT")
    assert len(market.order(BOB, Side.BUY, 1_000, 26, "BTC/USDT")) == 2


def test_a_user_reads_of_ten_filled_orders_an_hour() -> None:
    market = Market()

    def trade() -> int:
        market.order(ALICE, Side.SELL, 2_000, 1_000)
        return len(market.order(BOB, Side.BUY, 2_000, 1_000))

    assert [trade() for _ in range(FILLED_MAILS_MAX + 2)] == [2] * FILLED_MAILS_MAX + [0, 0]
    market.engine.time_ms += HOUR_MS
    assert trade() == 2


def test_a_halt_is_told_once_to_each_user_whose_orders_it_cancelled() -> None:
    market = Market()
    for price in (900, 901):
        market.order(ALICE, Side.BUY, 10, price)
    market.order(BOB, Side.SELL, 10, 1_000)
    market.order(BOB, Side.SELL, 10, 30, "BTC/USDT")
    mails = market.halt("BTC/TRY")
    told = sorted((mail.kind, *sorted(mail.details.items())) for mail in mails)
    assert told == [
        (MailKind.MARKET_HALTED, ("orders", "1"), ("symbol", "BTC/TRY"), ("user_id", str(BOB))),
        (MailKind.MARKET_HALTED, ("orders", "2"), ("symbol", "BTC/TRY"), ("user_id", str(ALICE))),
    ]
    assert market.halt("BTC/TRY") == []


def test_mails_have_the_ids_of_their_events() -> None:
    def run() -> tuple[list[UUID], list[int]]:
        market = Market()
        market.order(ALICE, Side.SELL, 2_000, 1_000)
        mails = market.order(BOB, Side.BUY, 2_000, 1_000)
        market.order(ALICE, Side.BUY, 10, 900)
        mails += market.halt("BTC/TRY")
        return [mail.message_id for mail in mails], [position_of(message.value) for message in market.envelopes.take()]

    ids, positions = run()
    assert run()[0] == ids
    parts = [parse_trading_uuid(message_id) for message_id in ids]
    assert {part.number for part in parts if part is not None}.isdisjoint(positions)
    assert len(set(ids)) == len(ids) == 3


class Queue:
    """Takes at most ``takes`` messages at a time; fails while ``away``."""

    def __init__(self) -> None:
        self.away = True
        self.takes = 1
        self.got: list[UUID] = []

    def send(self, destination: str, rows: Sequence[Waiting]) -> Sequence[UUID]:
        if self.away:
            raise OSError("gone")
        assert destination == "sqs:email-notifications"
        taken = rows[: self.takes]
        for row in taken:
            envelope = decode(row.payload.decode())
            assert envelope.message_id == row.id
            assert msgspec.json.decode(envelope.data, type=dict[str, str])["user_id"] == str(ALICE)
            self.got.append(row.id)
        return [row.id for row in taken]


def test_a_restart_goes_back_to_the_first_mail_that_is_not_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine_container.publisher.mailing.RETRY_SECONDS", 0.0)
    mails = [OrderMail(UUID(int=number), MailKind.MARKET_HALTED, {"user_id": str(ALICE)}) for number in range(3)]

    class Reporter:
        def warning(self, msg: object, *args: object) -> None:
            pass

    async def scenario() -> None:
        queue = Queue()
        mailing = Mailing(queue, Reporter())
        assert mailing.safe(5) == 5
        mailing.add(mails[:2], 5)
        mailing.add([], 7)
        mailing.add(mails[2:], 8)
        running = asyncio.create_task(mailing.run())
        await until(lambda: mailing.state != "ok")
        assert mailing.safe(9) == 5
        queue.away = False
        await until(lambda: mailing.safe(9) == 9)
        assert queue.got == [mail.message_id for mail in mails]
        assert mailing.state == "ok"
        running.cancel()

    asyncio.run(scenario())
