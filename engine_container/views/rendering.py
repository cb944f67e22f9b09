"""From the views to the models of the API. What a user sees of a trade is the own side, never who stood on the other."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final, get_args

from msgspec import UNSET

from engine_container.views import orders as order_view
from engine_container.views.balances import Balance as BalanceView
from engine_container.views.books import Book
from engine_container.views.minutes import Minute, Minutes
from engine_container.views.trades import OwnFill, TradeRecord
from mycrypto.contracts import api
from mycrypto.contracts.events import SymbolChanged, UserChanged
from mycrypto.contracts.trading import OrderStatus, OrderType, SelfTradePrevention, Side, SymbolStatus, TimeInForce
from mycrypto.ids import trading_uuid_text, uuid_text
from mycrypto.money import UNITS_PER_ONE, format_amount
from mycrypto.positions import Holding

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_PERCENT: Final = 100
_SIDES: Final[dict[Side, api.SideName]] = {Side.BUY: "BUY", Side.SELL: "SELL"}
_TYPES: Final[dict[OrderType, api.OrderTypeName]] = dict(zip(OrderType, get_args(api.OrderTypeName), strict=True))
_TIMES: Final[dict[TimeInForce, api.TimeInForceName]] = dict(zip(TimeInForce, get_args(api.TimeInForceName), strict=True))
_STATUSES: Final[dict[OrderStatus, api.OrderStatusName]] = dict(zip(OrderStatus, get_args(api.OrderStatusName), strict=True))
_MARKETS: Final[dict[SymbolStatus, api.SymbolStatusName]] = dict(zip(SymbolStatus, get_args(api.SymbolStatusName), strict=True))


_user_text: Final = lru_cache(maxsize=8_192)(uuid_text)


_WITHDRAWN: Final = (OrderStatus.CANCELLED, OrderStatus.EXPIRED)


@lru_cache(maxsize=4_096)
def _second(seconds: int) -> str:
    return (_EPOCH + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%S")


@lru_cache(maxsize=4_096)
def iso(time_ms: int) -> str:
    """ISO-8601 UTC with milliseconds."""
    seconds, milliseconds = divmod(time_ms, 1_000)
    return f"{_second(seconds)}.{milliseconds:03d}Z"


def _iso_or_none(time_ms: int) -> str | None:
    return iso(time_ms) if time_ms else None


@lru_cache(maxsize=4_096)
def _amount_or_none(units: int) -> str | None:
    return format_amount(units) if units else None


def order_id(order: order_view.Order, shard: int) -> str:
    return trading_uuid_text(order.created_ms, order.number, shard)


def order_model(order: order_view.Order, quote: str, shard: int, *, with_fills: bool = False) -> api.Order:
    """An order; ``quote`` is the asset of its fees."""
    status = order.status
    ended = order.closed_ms
    created = iso(order.created_ms)
    updated_ms = order.updated_ms
    filled = order.filled
    return api.Order(
        id=trading_uuid_text(order.created_ms, order.number, shard),
        client_order_id=order.client_order_id,
        user_id=_user_text(order.user_id),
        symbol=order.symbol,
        side=_SIDES[order.side],
        type=_TYPES[order.type],
        status=_STATUSES[status],
        time_in_force=_TIMES[order.time_in_force],
        post_only=order.post_only,
        quantity=format_amount(order.quantity) if order.quantity else None,
        quote_quantity=format_amount(order.quote_quantity) if order.quote_quantity else None,
        price=format_amount(order.price) if order.price else None,
        stop_price=format_amount(order.stop_price) if order.stop_price else None,
        display_quantity=format_amount(order.display_quantity) if order.display_quantity else None,
        trail_bps=order.trail_bps or None,
        activation_price=format_amount(order.activation_price) if order.activation_price else None,
        filled_quantity=format_amount(filled) if filled else "0",
        remaining_quantity=format_amount(order.remaining),
        filled_value=format_amount(order.value) if filled else "0",
        average_price=format_amount(order.value * UNITS_PER_ONE // filled) if filled else None,
        fee=format_amount(order.fee) if filled else "0",
        fee_asset=quote,
        reason=order.reason or None,
        created_at=created,
        updated_at=created if updated_ms == order.created_ms else iso(updated_ms),
        expires_at=iso(order.expires_ms) if order.expires_ms else None,
        triggered_at=iso(order.triggered_ms) if order.triggered_ms else None,
        filled_at=iso(ended) if status is OrderStatus.FILLED else None,
        cancelled_at=iso(ended) if ended and status in _WITHDRAWN else None,
        fills=[fill_model(fill, quote, shard) for fill in order.fills[: api.LISTED_MAX]] if with_fills else UNSET,
        fills_link=fills_link(order, shard) if with_fills and len(order.fills) > api.LISTED_MAX else UNSET,
        oco=oco_link(order, shard) if order.oco else UNSET,
        replaces=trading_uuid_text(order.replaces_created_ms, order.replaces, shard) if order.replaces else UNSET,
    )


def oco_link(order: order_view.Order, shard: int) -> api.OcoLink:
    """The pair and the order's sibling. Both were accepted in one moment; the pair's id is that of its first order."""
    sibling = trading_uuid_text(order.created_ms, order.oco, shard)
    return api.OcoLink(sibling if order.oco < order.number else order_id(order, shard), sibling)


def fills_link(order: order_view.Order, shard: int) -> str:
    """Where an order's fills are listed by pages."""
    return f"/api/v1/account/trades?order_id={order_id(order, shard)}"


def fill_model(fill: OwnFill, quote: str, shard: int) -> api.Fill:
    trade = fill.record.trade
    return api.Fill(
        id=trading_uuid_text(fill.record.time_ms, fill.record.number, shard),
        order_id=trading_uuid_text(fill.order_created_ms, fill.order, shard),
        symbol=trade.symbol,
        side=_SIDES[fill.side],
        price=format_amount(trade.price),
        quantity=format_amount(trade.quantity),
        value=format_amount(trade.price * trade.quantity // UNITS_PER_ONE),
        fee=format_amount(fill.fee),
        fee_asset=quote,
        is_maker=fill.is_maker,
        is_buyer_maker=trade.taker_side is Side.SELL,
        executed_at=iso(fill.record.time_ms),
    )


def public_trade_model(record: TradeRecord, shard: int) -> api.PublicTrade:
    trade = record.trade
    return api.PublicTrade(
        id=trading_uuid_text(record.time_ms, record.number, shard),
        symbol=trade.symbol,
        price=format_amount(trade.price),
        quantity=format_amount(trade.quantity),
        value=format_amount(trade.price * trade.quantity // UNITS_PER_ONE),
        side=_SIDES[trade.taker_side],
        is_buyer_maker=trade.taker_side is Side.SELL,
        executed_at=iso(record.time_ms),
    )


def book_model(symbol: str, book: Book, depth: int) -> api.OrderBook:
    return api.OrderBook(
        symbol=symbol,
        last_update_id=book.last_seq,
        bids=[(format_amount(price), format_amount(quantity), orders) for price, quantity, orders in book.bids.top(depth)],
        asks=[(format_amount(price), format_amount(quantity), orders) for price, quantity, orders in book.asks.top(depth)],
        timestamp=iso(book.last_time_ms),
    )


def ticker_model(symbol: str, minutes: Minutes, book: Book, now_ms: int) -> api.Ticker:
    day = minutes.day(now_ms)
    bid = book.bids.best()
    ask = book.asks.best()
    change = None if day is None else day.close - day.open
    return api.Ticker(
        symbol=symbol,
        last_price=None if minutes.last_price is None else format_amount(minutes.last_price),
        bid_price=None if bid is None else format_amount(bid),
        bid_quantity=None if bid is None else format_amount(book.bids.levels[bid].quantity),
        ask_price=None if ask is None else format_amount(ask),
        ask_quantity=None if ask is None else format_amount(book.asks.levels[ask].quantity),
        spread=None if bid is None or ask is None else format_amount(ask - bid),
        open_24h=None if day is None else format_amount(day.open),
        high_24h=None if day is None else format_amount(day.high),
        low_24h=None if day is None else format_amount(day.low),
        price_change_24h=None if change is None else format_amount(change),
        price_change_percent_24h=None if day is None or change is None else percent(change, day.open),
        volume_24h=format_amount(day.volume if day else 0),
        quote_volume_24h=format_amount(day.value if day else 0),
        trades_24h=day.trades if day else 0,
        timestamp=iso(now_ms),
    )


def candle_model(candle: Minute) -> api.Candle:
    return api.Candle(
        opened_at=iso(candle.start_ms),
        open=format_amount(candle.open),
        high=format_amount(candle.high),
        low=format_amount(candle.low),
        close=format_amount(candle.close),
        volume=format_amount(candle.volume),
        quote_volume=format_amount(candle.value),
        trades=candle.trades,
    )


def position_model(holding: Holding, last_price: int | None) -> api.Position:
    worth = None if last_price is None else last_price * holding.quantity // UNITS_PER_ONE
    profit = None if worth is None or holding.quantity == 0 else worth - holding.cost
    return api.Position(
        symbol=holding.symbol,
        side="LONG",
        quantity=format_amount(holding.quantity),
        average_entry_price=format_amount(holding.cost * UNITS_PER_ONE // holding.quantity) if holding.quantity else None,
        current_price=None if last_price is None else format_amount(last_price),
        unrealized_pnl=None if profit is None else format_amount(profit),
        unrealized_pnl_percent=None if profit is None or holding.cost == 0 else percent(profit, holding.cost),
        realized_pnl=format_amount(holding.realized),
        opened_at=_iso_or_none(holding.opened_ms),
        updated_at=iso(holding.updated_ms),
    )


def percent(change: int, base: int) -> str:
    """``change`` in per cent of ``base``, cut to two decimals."""
    hundredths = abs(change) * _PERCENT * 100 // base
    sign = "-" if change < 0 and hundredths else ""
    return f"{sign}{hundredths // 100}.{hundredths % 100:02d}"


def market_model(rules: SymbolChanged, changed_ms: int) -> api.Market:
    always = rules.opens_minute < 0
    return api.Market(
        symbol=rules.symbol,
        base_asset=rules.base,
        quote_asset=rules.quote,
        status=_MARKETS[rules.status],
        status_reason=rules.reason or None,
        estimated_resume=_iso_or_none(rules.resume_ms),
        tick_size=format_amount(rules.tick),
        lot_size=format_amount(rules.lot),
        quantity_min=format_amount(rules.quantity_min),
        quantity_max=format_amount(rules.quantity_max),
        notional_min=_amount_or_none(rules.notional_min),
        price_band_bps=rules.band_bps or None,
        breaker_bps=rules.breaker_bps or None,
        breaker_halt_ms=rules.breaker_halt_ms if rules.breaker_bps else None,
        maker_fee_ppm=rules.maker_fee_ppm,
        taker_fee_ppm=rules.taker_fee_ppm,
        trading_hours=None if always else api.TradingHours(rules.opens_minute, rules.closes_minute),
        updated_at=iso(changed_ms),
    )


def balance_model(asset: str, balance: BalanceView) -> api.Balance:
    return api.Balance(
        asset,
        format_amount(balance.available),
        format_amount(balance.locked),
        format_amount(balance.available + balance.locked),
        iso(balance.time_ms),
    )


def limits_model(user_id: bytes, user: UserChanged | None) -> api.UserLimits:
    """``user`` is ``None`` for a user with the platform's defaults."""

    def own(value: int) -> int | None:
        return None if value < 0 else value

    text = uuid_text(user_id)
    if user is None:
        return api.UserLimits(text, None, None, None, None, None, SelfTradePrevention.CANCEL_TAKER.name, market_maker=False)
    return api.UserLimits(
        user_id=text,
        open_orders_max=own(user.open_orders_max),
        open_orders_per_symbol_max=own(user.open_orders_per_symbol_max),
        daily_notional_max=None if user.daily_notional_max < 0 else format_amount(user.daily_notional_max),
        maker_fee_ppm=own(user.maker_fee_ppm),
        taker_fee_ppm=own(user.taker_fee_ppm),
        self_trade_prevention=SelfTradePrevention(user.self_trade_prevention).name,
        market_maker=user.market_maker,
    )
