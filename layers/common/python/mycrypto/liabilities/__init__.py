"""Proof of liabilities: Merkle sum trees over what the platform owes its users, one per currency (ADR 0035).

``splitting`` cuts balances into leaves, ``tree`` makes the trees, ``publishing`` takes them from the ledger and keeps them, ``proofs`` reads what a user
may know.
"""
