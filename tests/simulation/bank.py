"""A bank that answers late or not at all, and misstates where a payment is. Its statement is true: what left is on it, what did not is not.

An instruction under a key that it knows changes nothing. What it has accepted it books or rejects after a while.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from functions.withdrawals.ports import Booking, Instruction, Payment, PaymentState
from mycrypto.money import parse_amount
from mycrypto.partners import AwayError, RefusedError
from tests.simulation.database import Server
from tests.simulation.loop import VirtualLoop

BOOKED_SECONDS = (0.1, 0.1, 3.5)
"""At most, after an instruction."""
OFTEN = 0.2


@dataclass
class Order:
    instruction: Instruction
    decided_at: float
    rejected: bool
    hidden: bool
    """Not known before it is decided."""
    misstated: bool
    """Said to be rejected when it is paid."""


class Bank:
    """``lies`` is the chance of each answer to be away or untrue."""

    def __init__(self, loop: VirtualLoop, random: Random, server: Server) -> None:
        self.loop = loop
        self.random = random
        self.lies = 0.05
        self.away = False
        self.orders: dict[str, Order] = {}
        self.received: dict[str, int] = {}
        """What arrived on the platform's account, by the bank's own transaction id, in units of 10^-8."""
        self._server = server

    @property
    def paid(self) -> int:
        """What has left the platform's account, in units of 10^-8."""
        return sum(parse_amount(order.instruction.amount) for order in self.orders.values() if self._booked(order))

    def settled(self) -> bool:
        """Whether nothing is undecided."""
        return all(order.decided_at <= self.loop.now for order in self.orders.values())

    def is_paid(self, key: str) -> bool:
        return key in self.orders and self._booked(self.orders[key])

    def _booked(self, order: Order) -> bool:
        return not order.rejected and order.decided_at <= self.loop.now

    def _doubtful(self) -> bool:
        return self.random.random() < self.lies

    def _answer(self) -> None:
        self._server.may_die()
        if self.away or self._doubtful():
            raise AwayError("no answer")

    # functions.withdrawals.ports.Bank

    def pay(self, key: str, instruction: Instruction) -> Payment:
        self._answer()
        if self._doubtful():
            raise RefusedError("not now")
        if key not in self.orders:
            decided_at = self.loop.now + self.random.uniform(0, self.random.choice(BOOKED_SECONDS))
            rejected, hidden, misstated = (self.random.random() < OFTEN for _ in range(3))
            self.orders[key] = Order(instruction, decided_at, rejected, hidden, misstated)
        self._answer()
        return Payment(PaymentState.ACCEPTED)

    def find(self, key: str) -> Payment | None:
        self._answer()
        order = self.orders.get(key)
        if order is None or self._doubtful() or (order.hidden and order.decided_at > self.loop.now):
            return None
        if order.misstated and self._booked(order):
            return Payment(PaymentState.REJECTED)
        if order.decided_at > self.loop.now:
            return Payment(PaymentState.COMPLETED if self._doubtful() else PaymentState.ACCEPTED)
        return Payment(PaymentState.REJECTED if order.rejected else PaymentState.COMPLETED)

    def bookings(self, key: str) -> list[Booking]:
        self._answer()
        order = self.orders.get(key)
        if order is None or not self._booked(order):
            return []
        return [Booking(f"T-{key}", order.instruction.amount, order.instruction.iban)]
