"""The events of a command, in the order in which they happened, as rows: tuples in the array layout of the contract.

The rules tell everything through this interface. :class:`engine_container.core.codec.event_writer.PackedEvents` writes the same events as bytes.
"""

from __future__ import annotations

from mypy_extensions import i64, mypyc_attr

from engine_container.core.balances import Balance
from engine_container.core.entities import Event, Order, Symbol
from engine_container.core.native_command import NativeCommand
from engine_container.core.vocabulary import TAG_ACCEPTED, TAG_BALANCE, TAG_CLOSED, TAG_TRADE


@mypyc_attr(acyclic=True)
class Events:
    """A list of events that grows; ``count`` says how many."""

    __slots__ = ("count", "rows")

    def __init__(self) -> None:
        self.count: i64 = 0
        self.rows: list[Event] = []

    def append(self, event: Event) -> None:
        """Add any event."""
        self.count += 1
        self.rows.append(event)

    def extend(self, others: Events) -> None:
        """Add what another list of the same kind has."""
        self.count += others.count
        self.rows.extend(others.rows)

    def accepted(self, order: Order, command: NativeCommand, status: i64, links: tuple[int, int, int] | None) -> None:
        """OrderAccepted, for the command that placed the order."""
        self.append(accepted_row(order, command, status, links))

    def trade(
        self, symbol: Symbol, price: i64, lots: i64, maker: Order, maker_fee: i64, taker: Order, taker_fee: i64, marked: bool
    ) -> None:
        """Trade at a price in ticks, after the quantities of both orders have changed."""
        self.count += 1
        lot = symbol.lot
        self.rows.append(
            (
                TAG_TRADE,
                symbol.name,
                price * symbol.tick,
                lots * lot,
                taker.side,
                maker.number,
                maker.created_ms,
                maker.account.user.user_id,
                maker_fee,
                (maker.total - maker.open) * lot,
                maker.shown * lot,
                taker.number,
                taker.created_ms,
                taker.account.user.user_id,
                taker_fee,
                (taker.total - taker.open) * lot,
                marked,
            )
        )

    def closed(self, order: Order, status: i64, reason: str) -> None:
        """OrderClosed of an order as it is now."""
        self.count += 1
        account = order.account
        lot = account.symbol.lot
        self.rows.append(
            (
                TAG_CLOSED,
                order.number,
                order.created_ms,
                account.user.user_id,
                account.symbol.name,
                status,
                reason,
                (order.total - order.open) * lot,
                order.open * lot,
            )
        )

    def balance(self, balance: Balance) -> None:
        """BalanceChanged: what the user has of the asset now."""
        self.count += 1
        self.rows.append((TAG_BALANCE, balance.user_id, balance.total.asset, balance.available, balance.locked))

    def clear(self) -> None:
        """Begin again with none."""
        self.count = 0
        self.rows.clear()


def accepted_row(order: Order, command: NativeCommand, status: i64, links: tuple[int, int, int] | None) -> Event:
    """OrderAccepted in a row."""
    account = order.account
    names = (TAG_ACCEPTED, account.user.user_id, command.client_order_id(), account.symbol.name)
    return (*names, *command.accepted_fields(), int(status), *(links or ()))
