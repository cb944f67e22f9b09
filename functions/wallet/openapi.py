"""The OpenAPI document of the wallet. ``python -m functions.wallet.openapi`` prints it; ``docs/api/wallet.json`` is that, and a test compares
them.
"""

from __future__ import annotations

import sys
from typing import Final

from functions.wallet import routes
from mycrypto.http.openapi import BEARER, BEHIND_API_GATEWAY, Service, service_operations
from mycrypto.http.operation import declared_in

OPERATIONS: Final = (*service_operations("wallet"), *(operation for operation, _ in declared_in(routes)))

SERVICE: Final = Service(
    title="MyCrypto wallet API",
    description="Balances, deposits and withdrawals. Amounts are decimal strings; every refusal is a problem document with a code of the"
    " catalogue.",
    operations=OPERATIONS,
    anywhere=BEHIND_API_GATEWAY,
    security={"bearer": BEARER},
    figures={
        "WALLET_001": {"available": "100", "required": "105"},
        "WALLET_002": {"limit": "1000", "remaining": "250", "value": "300", "period": "DAILY", "level": 1},
        "DEPOSITS_OVER_LIMIT": {"over_limit": "49000", "withdrawable": "1000", "level": 1},
        "INVALID_AMOUNT": {"minimum": "100", "maximum": "50000"},
        "KYC_REQUIRED": {"required_level": 1, "level": 0},
        "WITHDRAWAL_STATUS": {"status_now": "APPROVED"},
        "RECONCILIATION_STATUS": {"status_now": "RESOLVED"},
        "DEPOSIT_STATUS": {"status_now": "COMPLETED"},
        "ADJUSTMENT_STATUS": {"status_now": "APPLIED"},
        "WITHDRAWALS_BLOCKED": {"currency": "ETH", "withheld": "1"},
        "ADDRESS_HELD": {"until": "2026-11-24T09:00:00.000Z"},
        "WITHDRAWALS_HELD": {"until": "2026-11-24T09:00:00.000Z", "reason": "PASSWORD_RESET"},
    },
    shapes={
        "account_id": {"format": "uuid"},
        "address_id": {"format": "uuid"},
        "deposit_id": {"format": "uuid"},
        "withdrawal_id": {"format": "uuid"},
        "item_id": {"format": "uuid"},
        "adjustment_id": {"format": "uuid"},
        "user_id": {"format": "uuid"},
        "month": {"pattern": "^20[0-9]{2}-(0[1-9]|1[0-2])$", "example": "2026-11"},
        "sender": {"enum": ["bank", "chain"]},
        "page": {"minimum": 1, "maximum": 100_000},
        "limit": {"minimum": 1, "maximum": 100},
    },
)

if __name__ == "__main__":
    sys.stdout.write(SERVICE.text())
