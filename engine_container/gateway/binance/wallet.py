"""What API keys may see of the wallet: own deposits and withdrawals on chains, and the addresses for deposits. Nothing is begun here."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from engine_container.gateway.binance import errors
from engine_container.gateway.binance.asked import Asked, spot
from engine_container.gateway.binance.market import END, milliseconds
from engine_container.gateway.binance.names import amount
from engine_container.views.minutes import DAY_MS
from engine_container.wallet_reads import DepositRow, WalletReads, Wanted, WithdrawalRow
from mycrypto import currencies, networks
from mycrypto.errors import ProblemError
from mycrypto.money import SCALE, from_numeric
from mycrypto.networks import Network
from mycrypto.permissions import READING

PERIOD_MS_MAX: Final = 90 * DAY_MS
LIMIT_MAX: Final = 1_000
OFFSET_MAX: Final = 100_000
DEPOSIT_STATUSES: Final = {"PENDING": 0, "CONFIRMED": 6, "CREDITED": 1, "FAILED": 7, "DROPPED": 2}
"""Binance's: pending, rejected, credited but not usable yet, wrong, success."""
WITHDRAWAL_STATUSES: Final = {
    "PENDING": 2,
    "APPROVED": 4,
    "PROCESSING": 4,
    "SIGNING": 4,
    "BROADCASTING": 4,
    "BROADCASTED": 4,
    "COMPLETED": 6,
    "FAILED": 5,
    "CANCELLED": 1,
    "REJECTED": 3,
}
"""Binance's: cancelled, awaiting approval, rejected, processing, failure, completed."""


def _reads(asked: Asked) -> WalletReads:
    reads = asked.gateway.wallet
    if reads is None:
        raise ProblemError("SERVICE_UNAVAILABLE", "the wallet cannot be read here")
    return reads


def _coin(asked: Asked) -> str | None:
    text = asked.params.text("coin")
    if text is not None and text not in currencies.SUPPORTED:
        raise errors.invalid("coin")
    return text


def _wanted(asked: Asked, statuses: dict[str, int]) -> Wanted:
    params = asked.params
    end = params.optional_integer("endTime")
    until = min(milliseconds(end), END) if end is not None else _now_ms()
    begin = params.optional_integer("startTime")
    since = milliseconds(begin) if begin is not None else max(0, until - PERIOD_MS_MAX)
    if since > until:
        raise errors.BinanceError(-1128, "Combination of optional parameters invalid.")
    if until - since > PERIOD_MS_MAX:
        raise errors.BinanceError(-1127, "More than 90 days between startTime and endTime.")
    status = params.optional_integer("status")
    if status is not None and status > 8:
        raise errors.invalid("status")
    return Wanted(
        user_id=UUID(bytes=asked.caller.user_id),
        currency=_coin(asked),
        statuses=None if status is None else [ours for ours, theirs in statuses.items() if theirs == status],
        since=_moment(since),
        until=_moment(until),
        tx_hash=params.text("txId"),
        limit=params.integer("limit", LIMIT_MAX, 1, LIMIT_MAX),
        offset=params.integer("offset", 0, 0, OFFSET_MAX),
    )


async def offered(asked: Asked) -> list[Network]:
    """The networks that the platform offers; none where the wallet cannot be read now, because what is not known is not promised."""
    reads = asked.gateway.wallet
    if reads is None:
        return []
    try:
        return await reads.offered()
    except ProblemError:
        return []


def shown(network: Network) -> dict[str, Any]:
    """A network as Binance writes it. It is open for withdrawals too; they are begun in the account."""
    return {
        "network": network.name,
        "coin": network.currency,
        "name": network.title,
        "isDefault": network == networks.find(network.currency),
        "depositEnable": True,
        "withdrawEnable": True,
        "withdrawFee": amount(network.fees),
        "withdrawMin": amount(network.withdrawal_minimum),
        "withdrawMax": amount(network.withdrawal_maximum),
        "withdrawIntegerMultiple": amount(10 ** max(0, SCALE - currencies.SUPPORTED[network.currency].chain_decimals)),
        "depositDust": amount(network.deposit_minimum),
        "minConfirm": network.confirmations,
        "unLockConfirm": network.confirmations,
        "sameAddress": False,
        "busy": False,
    }


@spot("get", "/sapi/v1/capital/deposit/hisrec", "Own deposits", permission=READING)
async def deposit_history(asked: Asked) -> list[dict[str, Any]]:
    """From chains, newest first; bank transfers are in the account alone."""
    return [_deposit(row) for row in await _reads(asked).deposits(_wanted(asked, DEPOSIT_STATUSES))]


@spot("get", "/sapi/v1/capital/withdraw/history", "Own withdrawals", permission=READING)
async def withdrawal_history(asked: Asked) -> list[dict[str, Any]]:
    """To chains, newest first."""
    return [_withdrawal(row) for row in await _reads(asked).withdrawals(_wanted(asked, WITHDRAWAL_STATUSES))]


@spot("get", "/sapi/v1/capital/deposit/address", "Where deposits go", permission=READING, weight=10)
async def deposit_address(asked: Asked) -> dict[str, Any]:
    """An address that the user has had made in the account, on the coin's first network unless one is named: reading makes none."""
    asked.params.needed("coin")
    coin = _coin(asked)
    if coin not in networks.CURRENCIES:
        raise errors.invalid("coin")
    network = networks.named(coin, asked.params.text("network"))
    if network is None:
        raise errors.invalid("network")
    address = await _reads(asked).address(UUID(bytes=asked.caller.user_id), network)
    if address is None:
        raise errors.BinanceError(-4001, "There is no address yet; have one made in the account.")
    return {"coin": coin, "address": address, "tag": "", "url": ""}


def _deposit(row: DepositRow) -> dict[str, Any]:
    return {
        "id": str(row.id),
        "amount": amount(from_numeric(row.amount)),
        "coin": row.currency,
        "network": row.network,
        "status": DEPOSIT_STATUSES[row.status],
        "address": row.address,
        "addressTag": "",
        "txId": row.tx_hash,
        "insertTime": _ms(row.created_at),
        "completeTime": None if row.credited_at is None else _ms(row.credited_at),
        "transferType": 0,
        "confirmTimes": f"{min(row.confirmations, row.required_confirmations)}/{row.required_confirmations}",
        "unlockConfirm": row.required_confirmations,
        "walletType": 0,
    }


def _withdrawal(row: WithdrawalRow) -> dict[str, Any]:
    return {
        "id": str(row.id),
        "amount": amount(from_numeric(row.amount)),
        "transactionFee": amount(from_numeric(row.fee)),
        "coin": row.currency,
        "status": WITHDRAWAL_STATUSES[row.status],
        "address": row.destination,
        "txId": row.payout_reference or "",
        "applyTime": _text(row.created_at),
        **({} if row.completed_at is None else {"completeTime": _text(row.completed_at)}),
        "network": row.network,
        "transferType": 0,
        "info": "",
        "confirmNo": row.confirmations,
        "walletType": 0,
        "txKey": "",
    }


def _now_ms() -> int:
    return _ms(datetime.now(UTC))


def _ms(when: datetime) -> int:
    return int(when.timestamp() * 1_000)


def _moment(milliseconds_: int) -> datetime:
    return datetime.fromtimestamp(min(milliseconds_, 253_402_300_799_000) / 1_000, UTC)


def _text(when: datetime) -> str:
    """In UTC, as Binance writes it there."""
    return when.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
