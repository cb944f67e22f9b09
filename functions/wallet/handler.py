"""Lambda entry of the wallet."""

from __future__ import annotations

from functions.wallet.app import api, context
from functions.wallet.routes import balances, bank_accounts, deposits, operations, reconciliation, staff, webhooks, withdrawals
from mycrypto import snapstart

__all__ = ["balances", "bank_accounts", "deposits", "handler", "operations", "reconciliation", "staff", "webhooks", "withdrawals"]

snapstart.after_restore(context.cache_clear)

handler = api
