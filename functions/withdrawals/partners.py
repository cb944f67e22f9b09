"""The bank, the signer and the nodes, as the payout worker asks them."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec

from functions.withdrawals.ports import Booking, Held, Instruction, NetworkFee, Outgoing, Payment, Seen, Signed, Spending
from mycrypto.networks import Network
from mycrypto.partners import AwayError, Partner, known


class _Bookings(msgspec.Struct):
    data: list[Booking]


class _Outgoing(msgspec.Struct):
    data: list[Outgoing]


class _Held(msgspec.Struct):
    data: list[Held]


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

    def balances(self) -> list[Held]:
        return known(self.call("GET", "balances", _Held)).data


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

    def broadcast(self, network: Network, raw: bytes) -> None:
        self.call("POST", f"{network.currency}/transactions", _Broadcast, body=_Raw(raw), query={"network": network.name})

    def find(self, network: Network, tx_hash: str) -> Seen | None:
        return self.call("GET", f"{network.currency}/transactions/{tx_hash}", Seen, query={"network": network.name})

    def outgoing(self, since: datetime) -> list[Outgoing]:
        return known(self.call("GET", "outgoing", _Outgoing, query=_since(since))).data

    def balances(self) -> list[Held]:
        return known(self.call("GET", "balances", _Held)).data

    def fees(self) -> list[NetworkFee]:
        return known(self.call("GET", "fees", _Fees)).data
