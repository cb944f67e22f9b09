"""The double-entry ledger: who owns what, and why, for ever.

``entries`` says what a posting is, ``posting`` writes it, ``verify`` proves the books.
"""

from mycrypto.ledger.entries import (
    CUSTODY_BANK,
    CUSTODY_COLD,
    CUSTODY_HOT,
    DUST,
    EXTERNAL,
    FEES,
    PLATFORM,
    WRITTEN_OFF,
    Account,
    Entry,
    Kind,
    LedgerError,
    Move,
    custody_of,
    spot,
    transit,
)
from mycrypto.ledger.posting import Poster, post

__all__ = [
    "CUSTODY_BANK",
    "CUSTODY_COLD",
    "CUSTODY_HOT",
    "DUST",
    "EXTERNAL",
    "FEES",
    "PLATFORM",
    "WRITTEN_OFF",
    "Account",
    "Entry",
    "Kind",
    "LedgerError",
    "Move",
    "Poster",
    "custody_of",
    "post",
    "spot",
    "transit",
]
