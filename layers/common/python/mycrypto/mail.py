"""Mails on their way to the notifications function: which there are, and how one is asked for inside a transaction. The same messages become the
notices of a user (``mycrypto.notices``); some become nothing else.

Details are texts ready to be shown (amounts already printed as decimals, times as ISO-8601 UTC); the notifications function puts them into
sentences of the reader's language. Nothing about a mail can make the transaction that asks for it fail later: it waits in the outbox.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final
from uuid import UUID

from psycopg import Connection

from mycrypto import outbox
from mycrypto.ids import new_uuid

CLOSED_DOMAIN: Final = "closed.invalid"
"""Of the pseudonyms of closed accounts: no mail goes there."""


class MailKind(StrEnum):
    """The ``type`` of a message; the comment names the details that it needs."""

    VERIFY_EMAIL = "verify_email"  # link, code
    NO_RECIPIENT = "nobody"  # in place of a mail to an address without an account; the notifications function drops it
    ACCOUNT_LOCKED = "account_locked"  # locked_until, ip_address
    CONFIRMATION_LOCKED = "confirmation_locked"  # locked_until, ip_address
    SECOND_FACTOR_LOCKED = "second_factor_locked"  # locked_until, ip_address
    PASSWORD_RESET = "password_reset"  # noqa: S105 - link
    PASSWORD_RESET_SUCCESS = "password_reset_success"  # noqa: S105 - ip_address
    API_KEYS_SUSPENDED = "api_keys_suspended"  # count
    API_KEY_RESUMED = "api_key_resumed"  # label
    SESSION_REUSE = "session_reuse"  # ip_address
    TWO_FACTOR_ENABLED = "two_factor_enabled"
    TWO_FACTOR_DISABLED = "two_factor_disabled"
    EMAIL_CHANGE_OLD = "email_change_old"  # link, new_email, ip_address
    EMAIL_CHANGE_NEW = "email_change_new"  # link
    EMAIL_CHANGED = "email_changed"  # new_email, ip_address
    ACCOUNT_CLOSED = "account_closed"  # ip_address
    DEVICE_TRUSTED = "device_trusted"  # device, ip_address
    BACKUP_CODE_USED = "backup_code_used"  # remaining
    API_KEY_CREATED = "api_key_created"  # label, scopes
    BANK_ACCOUNT_ADDED = "bank_account_added"  # bank_name, iban
    KYC_APPROVED = "kyc_approved"  # level
    KYC_REJECTED = "kyc_rejected"  # rejection, its code; reason, the note of a reviewer or ""
    DEPOSIT_DETECTED = "deposit_detected"  # amount, currency
    DEPOSIT_CREDITED = "deposit_credited"  # amount, currency
    DEPOSIT_HELD = "deposit_held"  # amount, currency
    DEPOSIT_RETURNED = "deposit_returned"  # amount, currency
    DEPOSIT_REVERSED = "deposit_reversed"  # amount, currency
    WITHDRAWAL_REQUESTED = "withdrawal_requested"  # amount, currency, destination; network where there is one
    ADDRESS_CONFIRMATION = "address_confirmation"  # currency, network, address, label, link
    WITHDRAWAL_STATUS = "withdrawal_status"  # amount, currency, status
    ORDER_FILLED = "order_filled"  # order_id, symbol, side, quantity, price
    ORDER_DONE = "order_done"  # as ORDER_FILLED
    ORDER_TRIGGERED = "order_triggered"  # order_id, symbol, side, type
    ORDER_EXPIRED = "order_expired"  # order_id, symbol, side, type, filled_quantity
    ORDER_CANCELLED = "order_cancelled"  # order_id, symbol, side, type, filled_quantity, reason
    MARKET_HALTED = "market_halted"  # symbol, orders
    PRICE_ALERT = "price_alert"  # symbol, condition, price, last_price


WITHOUT_MAIL: Final = frozenset({MailKind.ORDER_DONE, MailKind.ORDER_TRIGGERED, MailKind.ORDER_EXPIRED, MailKind.ORDER_CANCELLED})
"""Messages that become a notice and no mail."""


def add(connection: Connection, kind: MailKind, *, to: str, user_id: UUID, trace_id: str = "", **details: str) -> UUID:
    """Ask for a mail in the caller's transaction; returns the message id."""
    data = {"to": to, "user_id": str(user_id)} | details
    return outbox.add_message(connection, outbox.EMAIL, kind.value, data, trace_id=trace_id)


def add_for(connection: Connection, kind: MailKind, *, to: str, user_id: UUID | None, trace_id: str = "", **details: str) -> UUID:
    """As :func:`add`, for an address that may have no account (``user_id`` is ``None``). Then a message of the same form is written that is never
    sent, so that neither the rows nor the time tell who is registered.
    """
    return add(connection, kind if user_id else MailKind.NO_RECIPIENT, to=to, user_id=user_id or new_uuid(), trace_id=trace_id, **details)
