"""A withdrawal from request to end: its states and their SQL (``transitions``), its payout (``payouts``), what goes back (``refunds``) and what
stays inside (``internal``). Wallet, settlement, the minute job and the payout worker all work with these.
"""
