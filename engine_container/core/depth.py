"""How far an order would reach into the book, without touching it: for FOK, for market orders, for what a market BUY costs."""

from __future__ import annotations

from mypy_extensions import i64

from engine_container.core.book import level_at
from engine_container.core.entities import BookSide, Level, TradingAccount
from engine_container.core.fees import fee
from engine_container.core.vocabulary import STP_ALLOW, STP_CANCEL_MAKER

UNBOUNDED = -1


class Reach:
    """What can be had: ``lots``, their ``cost`` in quote units with the highest fee, and whether the book ended first."""

    __slots__ = ("cost", "exhausted", "lots")

    def __init__(self) -> None:
        self.lots = 0
        self.cost = 0
        self.exhausted = True


def reach(
    side: BookSide,
    account: TradingAccount,
    taker_ppm: i64,
    prevention: i64,
    limit_key: int,
    lots: int,
    value: int,
    money: int,
    fee_included: bool,
) -> Reach:
    """Walk ``side`` from its best price down to ``limit_key`` as a taker who pays ``taker_ppm`` would.

    ``lots`` bounds the quantity, ``value`` the price x quantity in quote units (``fee_included``: with fees), ``money`` what is spent with fees;
    UNBOUNDED lifts a bound.
    Own orders do not count where self-trade prevention removes them, and where it stops the taker the walk stops.
    """
    result = Reach()
    unit: int = account.symbol.unit
    guarded = prevention != STP_ALLOW and account.open_orders > 0
    for key in reversed(side.keys):
        if key < limit_key:
            return result
        level = level_at(side, key)
        here: int = level.open
        stops_here = False
        if guarded:
            here, stops_here = _others(level, account, prevention)
        lot_value = (key if key > 0 else -key) * unit
        lot_cost = lot_value + int(fee(lot_value, taker_ppm))
        lot_share = lot_cost if fee_included else lot_value
        wanted = here
        if lots != UNBOUNDED:
            wanted = min(wanted, lots - result.lots)
        if value != UNBOUNDED:
            wanted = min(wanted, value // lot_share)
            value -= wanted * lot_share
        if money != UNBOUNDED:
            wanted = min(wanted, money // lot_cost)
            money -= wanted * lot_cost
        result.lots += wanted
        result.cost += wanted * lot_cost
        if wanted < here or result.lots == lots or UNBOUNDED < value < lot_share:
            result.exhausted = False
            return result
        if stops_here:
            return result
    return result


def _others(level: Level, account: TradingAccount, prevention: i64) -> tuple[int, bool]:
    """Lots at the level that the user may take, and whether an order of the user's own ends the walk here.

    Before an own order that ends it, an iceberg counts with its shown part: the rest queues behind.
    """
    lots: i64 = 0
    shown: i64 = 0
    order = level.head
    while order is not None:
        if order.account.user is not account.user:
            lots += order.open
            shown += order.shown
        elif prevention != STP_CANCEL_MAKER:
            return shown, True
        order = order.newer
    return lots, False
