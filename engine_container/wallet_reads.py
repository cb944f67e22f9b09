"""Own deposits and withdrawals of the wallet's database, as its reader: the few columns that the Binance-compatible API tells of."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Final, NamedTuple, TypeVar
from uuid import UUID

from engine_container.trade_database import TradePool, answered, fetch
from mycrypto import networks
from mycrypto.networks import Network

CONNECTIONS_MAX: Final = 2
Row = TypeVar("Row")


class DepositRow(NamedTuple):
    """Of a chain."""

    id: UUID
    currency: str
    network: str
    amount: Decimal
    status: str
    address: str
    tx_hash: str
    confirmations: int
    required_confirmations: int
    created_at: datetime
    credited_at: datetime | None


class WithdrawalRow(NamedTuple):
    """To a chain. Its user receives ``amount`` and pays the fee besides."""

    id: UUID
    currency: str
    amount: Decimal
    fee: Decimal
    destination: str
    network: str
    status: str
    payout_reference: str | None
    confirmations: int
    created_at: datetime
    completed_at: datetime | None


class AddressRow(NamedTuple):
    address: str


class OfferedRow(NamedTuple):
    currency: str
    network: str


class Wanted(NamedTuple):
    """Of which user, of which currency (``None``: each), in which of the statuses (``None``: each), made when; the newest first."""

    user_id: UUID
    currency: str | None
    statuses: Sequence[str] | None
    since: datetime
    until: datetime
    tx_hash: str | None
    limit: int
    offset: int

    @property
    def values(self) -> dict[str, object]:
        return self._asdict() | {"statuses": None if self.statuses is None else list(self.statuses)}


_NARROWED: Final = """
 WHERE user_id = %(user_id)s AND created_at >= %(since)s AND created_at <= %(until)s
   AND (%(currency)s::text IS NULL OR currency = %(currency)s) AND (%(statuses)s::text[] IS NULL OR status = ANY(%(statuses)s))
   AND (%(tx_hash)s::text IS NULL OR {hash} = %(tx_hash)s)
 ORDER BY created_at DESC, id DESC LIMIT %(limit)s OFFSET %(offset)s"""
_DEPOSITS: Final = """
SELECT id, currency, network, amount, status, address, tx_hash, confirmations, required_confirmations, created_at, credited_at
  FROM blockchain_transactions""" + _NARROWED.format(hash="tx_hash")
_WITHDRAWALS: Final = """
SELECT id, currency, amount, platform_fee + network_fee AS fee, destination, network, status, payout_reference, confirmations, created_at,
       completed_at
  FROM withdrawals""" + _NARROWED.format(hash="payout_reference").replace("WHERE", "WHERE kind = 'CRYPTO' AND", 1)


class WalletReads:
    """Raises SERVICE_UNAVAILABLE where the database does not answer."""

    def __init__(self, pool: TradePool) -> None:
        self._pool = pool

    async def open(self) -> None:
        """Begin connecting, in the background."""
        await self._pool.open(wait=False)

    async def close(self) -> None:
        await self._pool.close(timeout=1)

    async def deposits(self, wanted: Wanted) -> list[DepositRow]:
        return await self._rows(DepositRow, _DEPOSITS, wanted.values)

    async def withdrawals(self, wanted: Wanted) -> list[WithdrawalRow]:
        return await self._rows(WithdrawalRow, _WITHDRAWALS, wanted.values)

    async def address(self, user_id: UUID, network: Network) -> str | None:
        """Where deposits on a network go, if the user has had an address made."""
        sql = """SELECT address FROM crypto_addresses
                  WHERE user_id = %(user_id)s AND currency = %(currency)s AND network = %(network)s AND is_active"""
        rows = await self._rows(AddressRow, sql, {"user_id": user_id, "currency": network.currency, "network": network.name})
        return rows[0].address if rows else None

    async def offered(self) -> list[Network]:
        """What the wallet has written down that this platform offers."""
        rows = await self._rows(OfferedRow, "SELECT currency, network FROM offered_networks", {})
        return [network for network in networks.DECLARED if (network.currency, network.name) in rows]

    async def _rows(self, kind: type[Row], sql: str, values: dict[str, object]) -> list[Row]:
        return await answered(fetch(self._pool, kind, sql, values), "the wallet cannot be read now")
