"""What the outside world would send: the signed webhooks of a bank and of a chain watcher."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import string
import time
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from mycrypto import networks
from mycrypto_local.client import Api

SENDER_NAME: Final = "Demo Müşteri"
SENDER_IBAN: Final = "TR330006100519786457841326"


@dataclass(frozen=True, slots=True)
class WebhookSecrets:
    """The HMAC keys that the platform shares with its bank and its chain watcher."""

    bank: str
    chain: str


def signature(secret: str, body: bytes, unix_seconds: int) -> str:
    """The X-Signature header: HMAC-SHA256 over ``"<seconds>.<body>"``."""
    digest = hmac.new(secret.encode(), f"{unix_seconds}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={unix_seconds},v1={digest}"


async def _send(api: Api, path: str, secret: str, document: dict[str, object], *, lost: str = "") -> Any:
    """By webhook; or, where the webhook is ``lost``, into what the partner of that name answers when the platform asks for reports."""
    if lost:
        return await api.request("POST", f"/local/{lost}/reports", document)
    body = msgspec.json.encode(document)
    headers = {"X-Signature": signature(secret, body, int(time.time()))}
    return await api.request("POST", path, msgspec.Raw(body), headers=headers, repeatable=True)


async def _receive(api: Api, partner: str, key: str, currency: str, amount: str) -> None:
    """The partner has the money, whether or not its webhook is heard."""
    body = {"key": key, "currency": currency, "amount": amount}
    await api.request("POST", f"/local/{partner}/receipts", body, repeatable=True)


async def bank_transfer(
    api: Api,
    keys: WebhookSecrets,
    *,
    reference: str,
    amount: str,
    sender_iban: str = SENDER_IBAN,
    sender_name: str = SENDER_NAME,
    transaction_id: str = "",
    lost: bool = False,
) -> Any:
    """A transfer in TRY arrived at the platform's bank account. ``amount`` is a decimal string. ``lost``: its webhook is."""
    document: dict[str, object] = {
        "transaction_id": transaction_id or "BANK-" + "".join(secrets.choice(string.ascii_uppercase + string.digits) for _ in range(12)),
        "reference": reference,
        "amount": amount,
        "sender_iban": sender_iban,
        "sender_name": sender_name,
    }
    await _receive(api, "bank", str(document["transaction_id"]), "TRY", amount)
    return await _send(api, "/api/wallet/webhooks/bank", keys.bank, document, lost="bank" if lost else "")


async def chain_deposit(
    api: Api,
    keys: WebhookSecrets,
    *,
    address: str,
    currency: str,
    amount: str,
    confirmations: int | None = None,
    tx_hash: str = "",
    state: str = "",
    replaced_by: str = "",
    network: str = "",
    lost: bool = False,
) -> Any:
    """A transaction paid ``amount`` to a deposit address and has as many confirmations as its network needs (or as given); or, by its
    ``state``, it is gone from the chain, failed there, or was replaced. Without a ``network`` it is of the currency's first one. ``lost``: the
    webhook of it is. Raises ProblemError for a network that the currency does not live on.
    """
    of = networks.find(currency, network or None)
    document: dict[str, object] = {
        "tx_hash": tx_hash or of.hash_prefix + secrets.token_hex(32),
        "output_index": 0,
        "address": address,
        "currency": currency,
        "amount": amount,
        "confirmations": of.confirmations if confirmations is None else confirmations,
    }
    said = {"state": state.upper(), "replaced_by": replaced_by, "network": of.name if network else ""}
    document |= {name: text for name, text in said.items() if text}
    deep = confirmations is None or confirmations >= of.confirmations
    there = deep and state.upper() not in {"GONE", "FAILED", "REPLACED"}
    await _receive(api, "chain", f"{document['tx_hash']}:{address}", currency, amount if there else "0")
    return await _send(api, "/api/wallet/webhooks/chain", keys.chain, document, lost="chain" if lost else "")


async def plan_payouts(api: Api, *, partner: str, behaviour: str, count: int = 1) -> Any:
    """How the partner treats the next payouts. Raises ``ApiError`` for a partner or a behaviour that there is not."""
    path = f"/local/{'bank' if partner == 'bank' else 'chain'}/plan"
    return await api.request("POST", path, {"partner": partner, "behaviour": behaviour, "count": count})


async def settle_payout(
    api: Api, keys: WebhookSecrets, *, partner: str, withdrawal_id: str, outcome: str = "COMPLETED", reports: int = 1
) -> Any:
    """A payout that waits at the partner comes to its end there, and is reported so many times; returns the answer to each report."""
    settled = await api.request("POST", f"/local/{partner}/settle", {"key": f"payout:{withdrawal_id}", "outcome": outcome})
    answers = [await payout(api, keys, sender=partner, withdrawal_id=withdrawal_id, outcome=outcome) for _ in range(reports)]
    return {**settled, "reports": answers}


async def payout(api: Api, keys: WebhookSecrets, *, sender: str, withdrawal_id: str, outcome: str = "COMPLETED") -> Any:
    """The bank or the chain watcher (``sender``) says how the payout of a withdrawal ended: COMPLETED or FAILED."""
    document: dict[str, object] = {"withdrawal_id": withdrawal_id, "outcome": outcome, "reference": f"PAYOUT-{withdrawal_id[:13]}"}
    return await _send(api, f"/api/wallet/webhooks/{sender}/payout", {"bank": keys.bank, "chain": keys.chain}[sender], document)
