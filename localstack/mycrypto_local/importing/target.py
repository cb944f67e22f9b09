"""The platform's databases, as their owners: what is there, and what is written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal
from typing import Final
from uuid import UUID

import msgspec
from psycopg import Connection
from psycopg.errors import UniqueViolation
from psycopg.types.json import Jsonb

from engine_container.views.symbols import Symbols
from mycrypto import audit, outbox
from mycrypto.audit import ActorType, AuditRecord
from mycrypto.contracts.events import SymbolChanged
from mycrypto.contracts.trading import SymbolStatus
from mycrypto.ledger import custody_of
from mycrypto.ledger.crossing import into_trading
from mycrypto.money import from_numeric
from mycrypto.security.sealing import Sealer
from mycrypto_local.importing.balances import Opening
from mycrypto_local.importing.earlier import Record
from mycrypto_local.importing.orders import NewOrder
from mycrypto_local.importing.people import CONSENT, NewProof, NewUser

_LOCK: Final = "SELECT pg_try_advisory_lock(hashtextextended('mycrypto import', 0))"


class BusyError(RuntimeError):
    """Another import is running."""


class Target:
    """``exchange_dev``. Every write belongs to a key that is the earlier row's, so that a second run finds it and writes nothing."""

    def __init__(self, connection: Connection, sealer: Sealer) -> None:
        self.connection = connection
        self._sealer = sealer

    @contextmanager
    def alone(self) -> Iterator[None]:
        """No other import at the same time. Raises BusyError."""
        row = self.connection.execute(_LOCK).fetchone()
        if row is None or not row[0]:
            raise BusyError("another import is running on this database")
        try:
            yield
        finally:
            self.connection.execute("SELECT pg_advisory_unlock_all()")

    def users(self) -> dict[UUID, str]:
        """Their addresses by id."""
        return dict(self.connection.execute("SELECT id, email FROM users").fetchall())

    def add_user(self, user: NewUser) -> None:
        self.connection.execute(
            """INSERT INTO users (id, email, password_hash, email_verified, phone, status, locked_until, last_login_at, kyc_level, terms_accepted,
                   terms_version, kvkk_consent_accepted, kvkk_consent_version, consented_at, created_at)
               VALUES (%(id)s, %(email)s, %(password_hash)s, %(email_verified)s, %(phone)s, %(status)s, %(locked_until)s, %(last_login_at)s,
                   CASE WHEN %(email_verified)s THEN 1 ELSE 0 END, true, %(consent)s, true, %(consent)s, %(created_at)s, %(created_at)s)""",
            {**msgspec.structs.asdict(user), "consent": CONSENT},
        )

    def proofs(self) -> dict[UUID, str]:
        """The status of every application by id."""
        return dict(self.connection.execute("SELECT id, status FROM kyc_submissions").fetchall())

    def identity_of_another(self, proof: NewProof) -> bool:
        found = self.connection.execute(
            "SELECT user_id FROM verified_identities WHERE fingerprint = %s", (self.fingerprint(proof.national_id),)
        ).fetchone()
        return found is not None and found[0] != proof.user_id

    def fingerprint(self, national_id: str) -> str:
        return self._sealer.fingerprint(national_id)

    def add_proof(self, proof: NewProof) -> bool:
        """False if the national id is proved for another account. An approval raises the user's level, if the address is confirmed."""
        try:
            with self.connection.transaction():
                self.connection.execute(
                    """INSERT INTO kyc_submissions (id, user_id, level, status, tc_kimlik_no_encrypted, tc_kimlik_no_fingerprint, first_name,
                           last_name, date_of_birth, phone, mks_verified, submitted_at, reviewed_at, rejection_reason)
                       VALUES (%(id)s, %(user_id)s, %(level)s, %(status)s, %(sealed)s, %(fingerprint)s, %(first_name)s, %(last_name)s,
                           %(date_of_birth)s, %(phone)s, %(mks_verified)s, %(submitted_at)s, %(reviewed_at)s, %(rejection_reason)s)""",
                    {
                        **msgspec.structs.asdict(proof),
                        "sealed": self._sealer.seal(proof.national_id, str(proof.id)),
                        "fingerprint": self.fingerprint(proof.national_id),
                    },
                )
                self.connection.execute(
                    """UPDATE users
                          SET kyc_level = CASE WHEN %(status)s = 'APPROVED' AND email_verified THEN greatest(kyc_level, %(level)s) ELSE kyc_level END,
                              kyc_status = CASE WHEN kyc_status = 'APPROVED' THEN kyc_status ELSE %(status)s END,
                              phone = coalesce(phone, %(phone)s), updated_at = now()
                        WHERE id = %(user_id)s""",
                    {"status": proof.status, "level": proof.level, "phone": proof.phone, "user_id": proof.user_id},
                )
        except UniqueViolation:
            return False
        return True

    def openings(self) -> dict[UUID, int]:
        """Units of every opening balance that was posted, by its transfer."""
        rows: Sequence[tuple[UUID, Decimal]] = self.connection.execute(
            "SELECT transfer_id, amount FROM transfers WHERE reference_type = 'EARLIER_PLATFORM'"
        ).fetchall()
        return {transfer: from_numeric(amount) for transfer, amount in rows}

    def open_balance(self, opening: Opening, now: datetime) -> None:
        into_trading(self.connection, opening.crossing(), source=custody_of(opening.currency), moment=now)

    def placed(self) -> dict[UUID, tuple[UUID, str]]:
        """User and client_order_id of every order that was placed by an import, by its earlier id."""
        rows = self.connection.execute("SELECT source_id, user_id, client_order_id FROM imported_orders").fetchall()
        return {source: (user, name) for source, user, name in rows}

    def place(self, order: NewOrder) -> None:
        self.connection.execute(
            "INSERT INTO imported_orders (source_id, user_id, client_order_id) VALUES (%s, %s, %s)",
            (order.source_id, order.user_id, order.command.client_order_id),
        )
        outbox.add_command(self.connection, order.command, key=str(order.user_id))

    def known_records(self, records: Sequence[Record]) -> int:
        row = self.connection.execute(
            """SELECT count(*) FROM unnest(%s::uuid[], %s::text[], %s::text[]) AS given(user_id, kind, source_id)
                 JOIN earlier_records USING (user_id, kind, source_id)""",
            ([record.user_id for record in records], [record.kind for record in records], [record.source_id for record in records]),
        ).fetchone()
        return int(row[0]) if row else 0

    def add_records(self, records: Sequence[Record]) -> int:
        """Returns how many are new."""
        with self.connection.cursor() as cursor:
            cursor.executemany(
                "INSERT INTO earlier_records (user_id, kind, source_id, occurred_at, document) VALUES (%s, %s, %s, %s, %s) ON CONFLICT DO NOTHING",
                [(record.user_id, record.kind, record.source_id, record.occurred_at, Jsonb(record.document)) for record in records],
            )
            return cursor.rowcount

    def note(self, figures: Mapping[str, object]) -> None:
        """One record in the audit trail for the whole run."""
        with self.connection.transaction():
            audit.add(
                self.connection,
                AuditRecord("import.completed", actor_type=ActorType.SYSTEM, resource="import:earlier-platform", new_value=dict(figures)),
            )


class Answer(msgspec.Struct, frozen=True):
    status: str
    reason: str | None


class Trading:
    """``mytrader_trade_engine``: the listed symbols, and what the engine answered to the orders."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def symbols(self) -> Symbols:
        found = Symbols()
        rows = self._connection.execute(
            """SELECT symbol, base_asset, quote_asset, tick_size, lot_size, quantity_min, quantity_max, notional_min, band_bps, maker_fee_ppm,
                      taker_fee_ppm, breaker_bps, breaker_halt_ms, opens_minute, closes_minute, status::text FROM symbols ORDER BY last_seq"""
        ).fetchall()
        for symbol, base, quote, tick, lot, least, most, notional, band, maker, taker, breaker, halt, opens, closes, status in rows:
            rules = SymbolChanged(
                symbol,
                base,
                quote,
                from_numeric(tick),
                from_numeric(lot),
                from_numeric(least),
                from_numeric(most),
                from_numeric(notional),
                band,
                maker,
                taker,
                breaker,
                halt,
                opens,
                closes,
                SymbolStatus[status],
                "",
                0,
            )
            found.put(rules, time_ms=0)
        return found

    def answers(self, asked: Sequence[tuple[UUID, str]]) -> dict[tuple[UUID, str], Answer]:
        """By user and client_order_id, for those that the history knows; the first order of that name."""
        rows = self._connection.execute(
            """SELECT DISTINCT ON (found.user_id, found.client_order_id) found.user_id, found.client_order_id, found.status::text, found.reason
                 FROM unnest(%s::uuid[], %s::text[]) AS given(user_id, client_order_id)
                 JOIN orders found ON found.user_id = given.user_id AND found.client_order_id = given.client_order_id
                ORDER BY found.user_id, found.client_order_id, found.created_at""",
            ([user for user, _ in asked], [name for _, name in asked]),
        ).fetchall()
        return {(user, name): Answer(status, reason) for user, name, status, reason in rows}
