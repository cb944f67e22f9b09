"""The wallet: balances, bank accounts, deposits, addresses, history."""
