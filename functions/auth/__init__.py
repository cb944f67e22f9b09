"""Accounts: registration, sessions and tokens, second factor, proof of identity, keys for programs."""
