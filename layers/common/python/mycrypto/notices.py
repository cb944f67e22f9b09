"""Notices: what a user's list of notices tells, made of the same messages as mails; which message becomes which notice, and what of it is shown.

A notice holds no sentence. Pages write it in the reader's language from ``kind`` and ``params``: amounts are decimal strings, moments ISO-8601.
Links and codes of mails are never among the parameters.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum
from typing import Final, NamedTuple

from mycrypto.mail import MailKind

KEPT: Final = timedelta(days=90)
"""What happened before that is neither kept nor written."""
PER_USER_MAX: Final = 500
"""The newest by the moment when they happened."""


class NoticeKind(StrEnum):
    """The ``kind`` of a notice."""

    ACCOUNT_LOCKED = "account_locked"
    CONFIRMATION_LOCKED = "confirmation_locked"
    SECOND_FACTOR_LOCKED = "second_factor_locked"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 - no password
    API_KEYS_SUSPENDED = "api_keys_suspended"
    API_KEY_RESUMED = "api_key_resumed"
    API_KEY_CREATED = "api_key_created"
    SESSION_REUSE = "session_reuse"
    TWO_FACTOR_ENABLED = "two_factor_enabled"
    TWO_FACTOR_DISABLED = "two_factor_disabled"
    BACKUP_CODE_USED = "backup_code_used"
    EMAIL_CHANGE_ASKED = "email_change_asked"
    EMAIL_CHANGED = "email_changed"
    DEVICE_TRUSTED = "device_trusted"
    BANK_ACCOUNT_ADDED = "bank_account_added"
    ADDRESS_ADDED = "address_added"
    KYC_APPROVED = "kyc_approved"
    KYC_REJECTED = "kyc_rejected"
    DEPOSIT_DETECTED = "deposit_detected"
    DEPOSIT_CREDITED = "deposit_credited"
    DEPOSIT_HELD = "deposit_held"
    DEPOSIT_RETURNED = "deposit_returned"
    DEPOSIT_REVERSED = "deposit_reversed"
    WITHDRAWAL_REQUESTED = "withdrawal_requested"
    WITHDRAWAL_STATUS = "withdrawal_status"
    ORDER_FILLED = "order_filled"
    ORDER_TRIGGERED = "order_triggered"
    ORDER_EXPIRED = "order_expired"
    ORDER_CANCELLED = "order_cancelled"
    MARKET_HALTED = "market_halted"
    PRICE_ALERT = "price_alert"


class Told(NamedTuple):
    """Which notice a message becomes, and which of its details are shown."""

    kind: NoticeKind
    params: tuple[str, ...] = ()


_MONEY: Final = ("amount", "currency")
_FILLED: Final = Told(NoticeKind.ORDER_FILLED, ("order_id", "symbol", "side", "quantity", "price"))

TOLD: Final[Mapping[MailKind, Told]] = {
    MailKind.ACCOUNT_LOCKED: Told(NoticeKind.ACCOUNT_LOCKED, ("locked_until", "ip_address")),
    MailKind.CONFIRMATION_LOCKED: Told(NoticeKind.CONFIRMATION_LOCKED, ("locked_until", "ip_address")),
    MailKind.SECOND_FACTOR_LOCKED: Told(NoticeKind.SECOND_FACTOR_LOCKED, ("locked_until", "ip_address")),
    MailKind.PASSWORD_RESET_SUCCESS: Told(NoticeKind.PASSWORD_CHANGED, ("ip_address",)),
    MailKind.API_KEYS_SUSPENDED: Told(NoticeKind.API_KEYS_SUSPENDED, ("count",)),
    MailKind.API_KEY_RESUMED: Told(NoticeKind.API_KEY_RESUMED, ("label",)),
    MailKind.API_KEY_CREATED: Told(NoticeKind.API_KEY_CREATED, ("label", "scopes")),
    MailKind.SESSION_REUSE: Told(NoticeKind.SESSION_REUSE, ("ip_address",)),
    MailKind.TWO_FACTOR_ENABLED: Told(NoticeKind.TWO_FACTOR_ENABLED),
    MailKind.TWO_FACTOR_DISABLED: Told(NoticeKind.TWO_FACTOR_DISABLED),
    MailKind.BACKUP_CODE_USED: Told(NoticeKind.BACKUP_CODE_USED, ("remaining",)),
    MailKind.EMAIL_CHANGE_OLD: Told(NoticeKind.EMAIL_CHANGE_ASKED, ("new_email", "ip_address")),
    MailKind.EMAIL_CHANGED: Told(NoticeKind.EMAIL_CHANGED, ("new_email", "ip_address")),
    MailKind.DEVICE_TRUSTED: Told(NoticeKind.DEVICE_TRUSTED, ("device", "ip_address")),
    MailKind.BANK_ACCOUNT_ADDED: Told(NoticeKind.BANK_ACCOUNT_ADDED, ("bank_name", "iban")),
    MailKind.ADDRESS_CONFIRMATION: Told(NoticeKind.ADDRESS_ADDED, ("currency", "network", "address", "label")),
    MailKind.KYC_APPROVED: Told(NoticeKind.KYC_APPROVED, ("level",)),
    MailKind.KYC_REJECTED: Told(NoticeKind.KYC_REJECTED, ("rejection", "reason")),
    MailKind.DEPOSIT_DETECTED: Told(NoticeKind.DEPOSIT_DETECTED, _MONEY),
    MailKind.DEPOSIT_CREDITED: Told(NoticeKind.DEPOSIT_CREDITED, _MONEY),
    MailKind.DEPOSIT_HELD: Told(NoticeKind.DEPOSIT_HELD, _MONEY),
    MailKind.DEPOSIT_RETURNED: Told(NoticeKind.DEPOSIT_RETURNED, _MONEY),
    MailKind.DEPOSIT_REVERSED: Told(NoticeKind.DEPOSIT_REVERSED, _MONEY),
    MailKind.WITHDRAWAL_REQUESTED: Told(NoticeKind.WITHDRAWAL_REQUESTED, (*_MONEY, "destination", "network")),
    MailKind.WITHDRAWAL_STATUS: Told(NoticeKind.WITHDRAWAL_STATUS, (*_MONEY, "status", "network")),
    MailKind.ORDER_FILLED: _FILLED,
    MailKind.ORDER_DONE: _FILLED,
    MailKind.ORDER_TRIGGERED: Told(NoticeKind.ORDER_TRIGGERED, ("order_id", "symbol", "side", "type")),
    MailKind.ORDER_EXPIRED: Told(NoticeKind.ORDER_EXPIRED, ("order_id", "symbol", "side", "type", "filled_quantity")),
    MailKind.ORDER_CANCELLED: Told(NoticeKind.ORDER_CANCELLED, ("order_id", "symbol", "side", "type", "filled_quantity", "reason")),
    MailKind.MARKET_HALTED: Told(NoticeKind.MARKET_HALTED, ("symbol", "orders")),
    MailKind.PRICE_ALERT: Told(NoticeKind.PRICE_ALERT, ("symbol", "condition", "price", "last_price")),
}
"""Messages that are no notice are mails to people who may not be signed in: confirmations of an address, links for a new password, the farewell."""


def params_of(told: Told, details: Mapping[str, str]) -> dict[str, str]:
    """What of a message is shown."""
    return {name: details[name] for name in told.params if name in details}
