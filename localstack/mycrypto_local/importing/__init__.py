"""``mycrypto import``: users, proofs of identity, balances, open orders and history of the earlier platform, brought here once."""
