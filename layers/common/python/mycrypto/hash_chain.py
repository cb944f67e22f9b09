"""Hash chains of the audit trail and of the ledger: computed again outside of the database, they show what was changed, taken away or put in.

``hash(n) = SHA-256(hash(n - 1) || content(n))``, where the content is the texts of a record's columns, each with its length in bytes before it. The
database writes the links (migrations ``0060_audit_chain`` and ``0061_ledger_chain``): with each audit record, and every minute for the ledger.
A person who may change everything in the database can also write a new chain. Comparing the head with one that was noted elsewhere shows that.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Final, LiteralString

import msgspec
from psycopg import Connection

from mycrypto.database import one_view

BEGINNING: Final = hashlib.sha256(b"").digest()
FAULTS_MAX: Final = 100
_ROWS_AT_ONCE: Final = 2_000


class Chain(msgspec.Struct, frozen=True):
    """Where a chain is kept. ``links`` gives number, record id, hash, whether the record may have left the database, whether it is there, and its
    texts, for links from a number on; ``unlinked`` the ids of records without a link that should have one.
    """

    name: str
    head: LiteralString
    links: LiteralString
    unlinked: LiteralString
    link: LiteralString


AUDIT: Final = Chain(
    name="audit trail",
    head="SELECT number, hash FROM audit_chain_head",
    links="""
        SELECT link.number, link.audit_id::text, link.hash, link.recorded_at < now() - interval '24 months', record.id IS NOT NULL,
               ARRAY[record.id::text, record.user_id::text, record.actor_id::text, record.actor_type, record.action, record.resource,
                     record.result, record.old_value::text, record.new_value::text, record.reason, host(record.ip_address), record.user_agent,
                     record.request_id, (extract(epoch FROM record.timestamp) * 1000000)::bigint::text]
          FROM audit_chain link LEFT JOIN audit_logs record ON record.id = link.audit_id
         WHERE link.number >= %s ORDER BY link.number""",
    unlinked="""
        SELECT record.id::text FROM audit_logs record LEFT JOIN audit_chain link ON link.audit_id = record.id
         WHERE link.audit_id IS NULL ORDER BY record.timestamp LIMIT %s""",
    link="SELECT hash FROM audit_chain WHERE number = %s",
)
LEDGER: Final = Chain(
    name="ledger",
    head="SELECT number, hash FROM ledger_chain_head",
    links="""
        SELECT link.number, link.entry_id::text, link.hash, false, entry.id IS NOT NULL, ledger_chain_content(entry)
          FROM ledger_chain link LEFT JOIN ledger_entries entry ON entry.id = link.entry_id
         WHERE link.number >= %s ORDER BY link.number""",
    unlinked="""
        SELECT entry.id::text FROM ledger_entries entry LEFT JOIN ledger_chain link ON link.entry_id = entry.id
         WHERE link.entry_id IS NULL AND entry.id <= (SELECT sealed_to FROM ledger_chain_head) ORDER BY entry.id LIMIT %s""",
    link="SELECT hash FROM ledger_chain WHERE number = %s",
)


class Head(msgspec.Struct, frozen=True):
    """The end of a chain: how many links, and the hash of the last one in hexadecimal digits. ``NUMBER:HASH`` as text."""

    number: int
    hash: str

    def __str__(self) -> str:
        return f"{self.number}:{self.hash}"

    @classmethod
    def parse(cls, text: str) -> Head:
        """Raises ValueError."""
        number, _, digits = text.partition(":")
        if len(bytes.fromhex(digits)) != len(BEGINNING):
            raise ValueError(f"{text!r} is not NUMBER:HASH with 64 hexadecimal digits")
        return cls(int(number), digits.lower())


class Fault(msgspec.Struct, frozen=True):
    """``kind`` is CHANGED, MISSING, INSERTED or CUT; ``record`` is the id of the record, where there is one."""

    kind: str
    number: int
    record: str

    def __str__(self) -> str:
        return f"{self.kind} at link {self.number}{', record ' + self.record if self.record else ''}"


class Report(msgspec.Struct):
    """``links`` were computed again; ``expired`` of them belong to records that have left the database after their retention."""

    chain: str
    head: Head
    links: int = 0
    expired: int = 0
    faults: list[Fault] = []

    @property
    def ok(self) -> bool:
        return not self.faults

    def add(self, kind: str, number: int, record: str = "") -> None:
        if len(self.faults) < FAULTS_MAX:
            self.faults.append(Fault(kind, number, record))


def content(texts: Sequence[str | None]) -> bytes:
    """The bytes that a record's hash covers: of each text its length in bytes and itself, ``-`` for NULL."""
    encoded = (None if text is None else text.encode() for text in texts)
    return b"".join(b"-" if text is None else b"%d:%b" % (len(text), text) for text in encoded)


def link(previous: bytes, texts: Sequence[str | None]) -> bytes:
    """The hash of a record that follows ``previous``."""
    return hashlib.sha256(previous + content(texts)).digest()


def verify(connection: Connection, chain: Chain, *, after: Head | None = None, noted: Head | None = None) -> Report:
    """Compute a chain again on one consistent view of the database; the connection must not be in a transaction.

    ``after`` begins behind a head that was verified before. ``noted`` is a head that was seen before: it must still be in the chain.
    """
    with one_view(connection):
        return _verify(connection, chain, after or Head(0, BEGINNING.hex()), noted)


def _verify(connection: Connection, chain: Chain, after: Head, noted: Head | None) -> Report:
    number, last = connection.execute(chain.head).fetchone() or (0, BEGINNING)
    report = Report(chain.name, Head(number, bytes(last).hex()))
    expected, previous = after.number + 1, bytes.fromhex(after.hash)
    with connection.cursor(name="links") as links:
        links.itersize = _ROWS_AT_ONCE
        for place, record, kept, may_be_gone, is_there, texts in links.execute(chain.links, (expected,)):
            gap = place != expected
            if gap:
                report.add("MISSING", expected)
            if not is_there:
                report.expired += 1
                if not may_be_gone:
                    report.add("MISSING", place, record)
            elif not gap and link(previous, texts) != bytes(kept):
                report.add("CHANGED", place, record)
            report.links += 1
            expected, previous = place + 1, bytes(kept)
    if (expected - 1, previous) != (number, bytes(last)):
        report.add("CUT", number)
    for (record,) in connection.execute(chain.unlinked, (FAULTS_MAX,)).fetchall():
        report.add("INSERTED", 0, record)
    if noted is not None and noted.number:
        found = connection.execute(chain.link, (noted.number,)).fetchone()
        if found is None or bytes(found[0]).hex() != noted.hash:
            report.add("CHANGED" if found else "CUT", noted.number)
    return report
