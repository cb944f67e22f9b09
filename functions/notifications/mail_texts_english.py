"""The mails in English."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from functions.notifications.wording import Language, Template, english_number
from mycrypto.mail import MailKind

_HELD: Final = "For your security, nothing can be withdrawn from your account for 24 hours."
_NOT_YOU: Final = "If this was not you, please change your password now and write to our support team."
_STATUS: Final = {
    "PENDING": "has been received",
    "APPROVED": "has been approved",
    "PROCESSING": "is being processed",
    "COMPLETED": "is complete",
    "REJECTED": "has been rejected",
    "FAILED": "could not be completed; the amount has been returned to your account",
    "CANCELLED": "has been cancelled",
}
_CONDITION: Final = {"ABOVE": "has risen above", "BELOW": "has fallen below"}
_SIDE: Final = {"BUY": "Buy", "SELL": "Sell"}

_TEMPLATES: Final[Mapping[MailKind, Template]] = {
    MailKind.VERIFY_EMAIL: Template(
        "Confirm your e-mail address",
        (
            "Welcome to MyCrypto. Please confirm your e-mail address to start using your account.",
            "Your confirmation code: {code}",
            "The link is valid for 24 hours and can be used once. If you did not register, you can ignore this message.",
        ),
        "Confirm my e-mail address",
    ),
    MailKind.ACCOUNT_LOCKED: Template(
        "Your account is temporarily locked",
        (
            "Your account is locked until {locked_until} because a wrong password was entered several times in a row.",
            "The last attempt came from this address: {ip_address}",
            "While it is locked, the right password is refused too. To log in now, reset your password; that lifts the lock.",
            "Your open sessions are not affected. If these attempts were not yours, we advise you to turn on two-factor authentication.",
        ),
    ),
    MailKind.CONFIRMATION_LOCKED: Template(
        "Password confirmation is temporarily blocked",
        (
            "A wrong password was entered several times in a row in one of your sessions; it takes no password until {locked_until}.",
            "The last attempt came from this address: {ip_address}",
            "If these attempts were not yours, reset your password; that ends all your sessions.",
        ),
    ),
    MailKind.SECOND_FACTOR_LOCKED: Template(
        "Verification codes are temporarily blocked",
        (
            "A wrong verification code was entered several times in a row; no code is accepted until {locked_until}.",
            "The last attempt came from this address: {ip_address}",
            "If these attempts were not yours, another person may know your password. Please change it now.",
        ),
    ),
    MailKind.PASSWORD_RESET: Template(
        "Reset your password",
        (
            "We received a request to reset the password of your account. Use the link below to choose a new password.",
            "The link is valid for 1 hour and can be used once. If you did not ask for it, you can ignore this message.",
        ),
        "Reset my password",
    ),
    MailKind.PASSWORD_RESET_SUCCESS: Template(
        "Your password was changed",
        ("Your password was changed and all your sessions were ended. The change came from this address: {ip_address}", _HELD, _NOT_YOU),
    ),
    MailKind.API_KEYS_SUSPENDED: Template(
        "Your API keys are suspended",
        (
            "Your API keys were suspended because your password was changed (number of keys: {count}). They can no longer be used.",
            "With your new password you can resume the keys that you know, and delete those that you do not.",
        ),
    ),
    MailKind.API_KEY_RESUMED: Template("An API key was resumed", ("Your API key \u201c{label}\u201d was resumed.", _NOT_YOU)),
    MailKind.SESSION_REUSE: Template(
        "Your session was ended for security reasons",
        (
            "A session token that had been used before was used again, so the session was ended. The request came from: {ip_address}",
            "Please log in again. If this happens again, change your password.",
        ),
    ),
    MailKind.TWO_FACTOR_ENABLED: Template(
        "Two-factor authentication is on", ("Two-factor authentication was turned on for your account.", _HELD, _NOT_YOU)
    ),
    MailKind.TWO_FACTOR_DISABLED: Template(
        "Two-factor authentication is off", ("Two-factor authentication was turned off for your account.", _HELD, _NOT_YOU)
    ),
    MailKind.EMAIL_CHANGE_OLD: Template(
        "Confirm the change of your e-mail address",
        (
            "A change of your account's e-mail address to {new_email} was requested. It takes effect when both addresses have confirmed it.",
            "The request came from this address: {ip_address}. The link is valid for 24 hours.",
            _NOT_YOU,
        ),
        "Confirm the change",
    ),
    MailKind.EMAIL_CHANGE_NEW: Template(
        "Confirm your new e-mail address",
        (
            "This address was entered as the new e-mail address of a MyCrypto account.",
            "The link is valid for 24 hours. If you did not ask for this, you can ignore this message.",
        ),
        "Confirm the address",
    ),
    MailKind.EMAIL_CHANGED: Template(
        "Your e-mail address was changed",
        (
            "The e-mail address of your account is now {new_email}, and all your sessions were ended. The change came from: {ip_address}",
            _HELD,
            _NOT_YOU,
        ),
    ),
    MailKind.ACCOUNT_CLOSED: Template(
        "Your account is closed",
        (
            "Your account was closed as you asked, and your personal data was deleted. The request came from this address: {ip_address}",
            "Records that the law asks us to keep are kept under a pseudonym and deleted when their time is over.",
        ),
    ),
    MailKind.DEVICE_TRUSTED: Template(
        "A device is trusted",
        (
            "This device can log in without a verification code for 30 days: {device}",
            "The request came from this address: {ip_address}. You can remove the device on the security page of your account.",
            _NOT_YOU,
        ),
    ),
    MailKind.BACKUP_CODE_USED: Template(
        "A backup code was used",
        ("A backup code was used to log in to your account. Backup codes left: {remaining}", _NOT_YOU),
    ),
    MailKind.API_KEY_CREATED: Template(
        "A new API key was created",
        ("A new API key \u201c{label}\u201d was created for your account. Its scopes: {scopes}", _NOT_YOU),
    ),
    MailKind.BANK_ACCOUNT_ADDED: Template(
        "A new bank account was added",
        ("The account {iban} at {bank_name} was added to your account.", _NOT_YOU),
    ),
    MailKind.KYC_APPROVED: Template(
        "Your identity is confirmed",
        ("Your identity was confirmed. Your account is now at level {level}, and your new limits are valid immediately.",),
    ),
    MailKind.KYC_REJECTED: Template(
        "Your identity could not be confirmed",
        ("Your application could not be approved. Reason: {reason}", "You can apply again when this has been corrected."),
    ),
    MailKind.DEPOSIT_DETECTED: Template(
        "Your deposit was seen",
        ("Your deposit of {amount} {currency} was seen. It is credited after the required confirmations.",),
    ),
    MailKind.DEPOSIT_CREDITED: Template(
        "Your deposit is complete",
        ("{amount} {currency} was credited to your account and can be used.",),
    ),
    MailKind.DEPOSIT_HELD: Template(
        "Your deposit is being reviewed",
        (
            "Your deposit of {amount} {currency} reached us, but could not be credited automatically. Our team is reviewing it.",
            "The amount is safe: after the review it is credited to your account or returned to its sender.",
        ),
    ),
    MailKind.DEPOSIT_RETURNED: Template(
        "Your deposit was returned",
        ("Your deposit of {amount} {currency} could not be credited and was returned to its sender.",),
    ),
    MailKind.DEPOSIT_REVERSED: Template(
        "Your deposit was reversed by its network",
        (
            "The deposit of {amount} {currency} that was credited to your account is no longer valid on its blockchain.",
            "This amount cannot be withdrawn until that is settled. If the network confirms the transfer again, the restriction is lifted.",
        ),
    ),
    MailKind.WITHDRAWAL_REQUESTED: Template(
        "Your withdrawal request was received",
        (
            "Your request to withdraw {amount} {currency} was received. Destination: {destination}",
            "The amount is held in your account until the withdrawal ends. You can cancel the request before it is approved.",
            _NOT_YOU,
        ),
    ),
    MailKind.ADDRESS_CONFIRMATION: Template(
        "Confirm a new withdrawal address",
        (
            "A new address \u201c{label}\u201d was added for withdrawals of {currency}: {address}",
            "It can be used 24 hours after you confirm it. The link is valid for 24 hours.",
            _NOT_YOU,
        ),
        "Confirm the address",
    ),
    MailKind.WITHDRAWAL_STATUS: Template(
        "About your withdrawal",
        ("Your withdrawal of {amount} {currency} {status}.",),
    ),
    MailKind.ORDER_FILLED: Template(
        "Your order was filled",
        ("Your {symbol} order was filled. Side: {side}, quantity: {quantity}, average price: {price}",),
    ),
    MailKind.MARKET_HALTED: Template(
        "Trading is halted",
        (
            "Trading in {symbol} is halted. Your open orders were cancelled (number of orders: {orders}).",
            "The amounts that these orders had locked are available again.",
        ),
    ),
    MailKind.PRICE_ALERT: Template(
        "Price alert",
        ("The price of {symbol} {condition} your level of {price}. Last price: {last_price}", "This alert is now deleted."),
    ),
}

ENGLISH: Final = Language(
    code="en",
    greeting="Hello,",
    signature="The MyCrypto team",
    word="Your anti-phishing word: {word}",
    templates=_TEMPLATES,
    status=_STATUS,
    condition=_CONDITION,
    side=_SIDE,
    number=english_number,
)
