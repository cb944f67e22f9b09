"""The bank, the signer and the nodes, as the payout worker asks them."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec

from functions.withdrawals.ports import Booking, Instruction, NetworkFee, Outgoing, Payment, Seen, Signed, Spending
from mycrypto.partners import AwayError, Partner, known


class _Bookings(msgspec.Struct):
    data: list[Booking]


class _Outgoing(msgspec.Struct):
    data: list[Outgoing]


def _since(moment: datetime) -> dict[str, str]:
    return {"since": moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")}


class HttpBank(Partner):
    def pay(self, key: str, instruction: Instruction) -> Payment:
        return known(self.call("POST", "payments", Payment, key=key, body=instruction))

    def find(self, key: str) -> Payment | None:
        return self.call("GET", "payments", Payment, query={"key": key})

    def bookings(self, key: str) -> list[Booking]:
        return known(self.call("GET", "statement", _Bookings, query={"key": key})).data

    def outgoing(self, since: datetime) -> list[Outgoing]:
        return known(self.call("GET", "outgoing", _Outgoing, query=_since(since))).data


class _Signed(msgspec.Struct):
    raw: bytes
    tx_hash: str


class _Broadcast(msgspec.Struct):
    tx_hash: str


class _Fees(msgspec.Struct):
    data: list[NetworkFee]


class _Raw(msgspec.Struct):
    raw: bytes


class HttpChain(Partner):
    """The signer and the nodes, behind one address."""

    def sign(self, key: str, spending: Spending) -> Signed:
        answer = known(self.call("POST", "signatures", _Signed, key=key, body=spending))
        if not answer.raw or not answer.tx_hash:
            raise AwayError("the signer gave no transaction")
        return Signed(answer.raw, answer.tx_hash)

    def broadcast(self, currency: str, raw: bytes) -> None:
        self.call("POST", f"{currency}/transactions", _Broadcast, body=_Raw(raw))

    def find(self, currency: str, tx_hash: str) -> Seen | None:
        return self.call("GET", f"{currency}/transactions/{tx_hash}", Seen)

    def outgoing(self, since: datetime) -> list[Outgoing]:
        return known(self.call("GET", "outgoing", _Outgoing, query=_since(since))).data

    def fees(self) -> list[NetworkFee]:
        return known(self.call("GET", "fees", _Fees)).data
