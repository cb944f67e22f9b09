"""Who is written to about an order, with the real core behind the events; and that no mail is lost or made twice on its way."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from uuid import UUID

import msgspec
import pytest

from engine_container.publisher.envelopes import EnvelopeMaker, position_of
from engine_container.publisher.mailing import Mailing
from engine_container.publisher.mails import FILLED_MAILS_MAX, HOUR_MS, NOTICES_MAX, MailMaker, OrderMail
from engine_container.views.observer import Observers
from engine_container.views.projection import Projection
from mycrypto.contracts import commands as c
from mycrypto.contracts.events import decode_record
from mycrypto.contracts.trading import OrderType, SelfTradePrevention, Side, SymbolStatus, TimeInForce
from mycrypto.ids import parse_trading_uuid
from mycrypto.mail import WITHOUT_MAIL, MailKind
from mycrypto.outbox import Waiting
from mycrypto.projection import moment
from mycrypto.queue import decode
from tests.unit.gateway.core_engine import CoreEngine
from tests.unit.gateway.memory_logs import MemoryEvents
from tests.waiting import until

UNIT = 100_000_000
ALICE, BOB = UUID(int=0xA), UUID(int=0xB)
LONG_AGO_MS = 1_700_000_000_123


class Market:
    """A core with two funded users on BTC/TRY, USDT/TRY and BTC/USDT, and the mails that its events make."""

    def __init__(self) -> None:
        self.engine = CoreEngine(MemoryEvents())
        self.envelopes = EnvelopeMaker(0)
        self.maker = MailMaker(0, lambda: self.views)
        self.views = Projection(Observers(self.envelopes, self.maker))
        self.count = 0
        self.notices: list[OrderMail] = []
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
        """The messages that become a mail; the others are in ``notices``."""
        payload = self.engine.carry_out(list(commands))
        if payload is not None:
            self.views.apply(decode_record(payload))
        told = self.maker.take()
        self.notices = [mail for mail in told if mail.kind in WITHOUT_MAIL]
        return [mail for mail in told if mail.kind not in WITHOUT_MAIL]

    def quiet(self) -> list[tuple[MailKind, UUID, dict[str, str]]]:
        """The messages of the last command that become a notice alone: kind, user, and what else they say but for the order's id."""
        told = [(mail.kind, dict(mail.details)) for mail in self.notices]
        for _, details in told:
            assert parse_trading_uuid(UUID(details.pop("order_id"))) is not None
        return [(kind, UUID(details.pop("user_id")), details) for kind, details in told]

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
    assert mails[1].details.pop("order_id") != mails[0].details["order_id"]
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


def test_a_small_order_that_waited_is_a_notice_of_its_owner_and_the_one_that_met_it_is_none() -> None:
    market = Market()
    market.order(ALICE, Side.SELL, 500, 1_000)
    assert market.order(BOB, Side.BUY, 500, 1_000) == []
    figures = {"symbol": "BTC/TRY", "side": "SELL", "quantity": "0.5", "price": "1000"}
    assert market.quiet() == [(MailKind.ORDER_DONE, ALICE, figures)]
    assert [mail.time_ms for mail in market.notices] == [market.views.time_ms]


def test_orders_that_wait_and_trade_within_one_record_are_told_apart() -> None:
    """Commands of several users may share a record: who waited is who was met."""
    market = Market()
    units = (UNIT // 2, 1_000 * UNIT)
    sell, buy = (
        c.PlaceOrder(market.id(), user.bytes, "BTC/TRY", side, OrderType.LIMIT, TimeInForce.GTC, *units)
        for user, side in ((ALICE, Side.SELL), (BOB, Side.BUY))
    )
    assert market.do(sell, buy) == []
    assert [(kind, user) for kind, user, _ in market.quiet()] == [(MailKind.ORDER_DONE, ALICE)]


def test_a_stop_that_fires_is_told_and_so_is_what_it_came_to() -> None:
    market = Market()
    market.order(BOB, Side.BUY, 100, 900)
    market.order(BOB, Side.BUY, 100, 890)
    stop = (market.id(), ALICE.bytes, "BTC/TRY", Side.SELL, OrderType.STOP, TimeInForce.GTC, UNIT // 10)
    assert market.do(c.PlaceOrder(*stop, stop_price=900 * UNIT)) == []
    assert market.quiet() == []
    market.order(ALICE, Side.SELL, 100, 900)
    by_kind = {(kind, user): details for kind, user, details in market.quiet()}
    of_alice = {"symbol": "BTC/TRY", "side": "SELL"}
    assert by_kind[MailKind.ORDER_TRIGGERED, ALICE] == of_alice | {"type": "STOP"}
    assert by_kind[MailKind.ORDER_DONE, ALICE] == of_alice | {"quantity": "0.1", "price": "890"}


def test_an_order_whose_time_is_over_is_told_and_a_cancel_by_its_owner_is_not() -> None:
    market = Market()
    expires = market.engine.time_ms + 60_000
    rest = (market.id(), ALICE.bytes, "BTC/TRY", Side.BUY, OrderType.LIMIT, TimeInForce.GTD, UNIT, 100 * UNIT)
    market.do(c.PlaceOrder(*rest, expires_ms=expires))
    market.order(ALICE, Side.BUY, 10, 100)
    market.engine.time_ms = expires + 1
    market.order(BOB, Side.BUY, 10, 50)
    kinds = {"symbol": "BTC/TRY", "side": "BUY", "type": "LIMIT"}
    assert market.quiet() == [(MailKind.ORDER_EXPIRED, ALICE, kinds | {"filled_quantity": "0"})]
    market.do(c.CancelAll(market.id(), ALICE.bytes))
    assert market.quiet() == []


def test_an_order_that_the_platform_cancels_is_told_with_its_reason() -> None:
    market = Market()
    market.order(ALICE, Side.SELL, 10, 1_000)
    buy = (market.id(), ALICE.bytes, "BTC/TRY", Side.BUY, OrderType.LIMIT, TimeInForce.GTC, UNIT // 100, 1_000 * UNIT)
    market.do(c.PlaceOrder(*buy, self_trade_prevention=SelfTradePrevention.CANCEL_MAKER))
    ((kind, user, details),) = market.quiet()
    assert (kind, user, details["reason"], details["filled_quantity"]) == (MailKind.ORDER_CANCELLED, ALICE, "SELF_TRADE_PREVENTION", "0")


def test_a_user_reads_of_some_ends_of_orders_in_an_hour() -> None:
    market = Market()

    def trade() -> int:
        market.order(ALICE, Side.SELL, 10, 1_000)
        market.order(BOB, Side.BUY, 10, 1_000)
        return len(market.quiet())

    assert [trade() for _ in range(NOTICES_MAX + 2)] == [1] * NOTICES_MAX + [0, 0]
    market.engine.time_ms += HOUR_MS
    assert trade() == 1


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
            assert envelope.timestamp == moment(LONG_AGO_MS), "when it happened, not when it was sent"
            assert msgspec.json.decode(envelope.data, type=dict[str, str])["user_id"] == str(ALICE)
            self.got.append(row.id)
        return [row.id for row in taken]


def test_a_restart_goes_back_to_the_first_mail_that_is_not_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine_container.publisher.mailing.RETRY_SECONDS", 0.0)
    mails = [OrderMail(UUID(int=number), MailKind.MARKET_HALTED, LONG_AGO_MS, {"user_id": str(ALICE)}) for number in range(3)]

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
