"""Who a caller is and what the caller may do: tokens, keys, revocation, passwords, second factor, sealed secrets."""
