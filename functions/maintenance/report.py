"""What one run of the minute job did and saw."""

from __future__ import annotations

from decimal import Decimal

import msgspec


class Report(msgspec.Struct):
    """What one run did, and what it saw. ``failed`` names the steps that raised; the others were done. ``books_differ`` is what the
    nightly proof of the ledger found.
    """

    messages_sent: int = 0
    messages_waiting: int = 0
    entries_sealed: int = 0
    payouts_queued: int = 0
    payouts_waiting: dict[str, int] = {}
    deposits_expired: int = 0
    rows_deleted: int = 0
    partitions_made: int = 0
    rows_misplaced: int = 0
    revocations_restored: int = 0
    transfers_unanswered: int = 0
    reconciliations_open: int = 0
    deposits_pending: int = 0
    withdrawals_pending: int = 0
    sessions_active: int = 0
    kyc_pending: int = 0
    hot_wallet: dict[str, Decimal] = {}
    bank: dict[str, Decimal] = {}
    watermarks: dict[str, int] = {}
    connections: dict[str, int] = {}
    connections_max: int = 0
    cache_hit_percent: dict[str, float] = {}
    query_milliseconds: dict[str, float] = {}
    table_bytes: dict[str, int] = {}
    partitions_ahead: dict[str, int] = {}
    books_differ: list[str] = []
    failed: list[str] = []
