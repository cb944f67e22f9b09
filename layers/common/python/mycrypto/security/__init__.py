"""Who somebody is and what they may do: tokens, keys, revocation, passwords, second factor, sealed secrets."""
