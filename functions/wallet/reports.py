"""Reading the reports of bank and chain watchers. A report with a valid signature is never lost because of its form. Pure."""

from __future__ import annotations

import hashlib
import re
from typing import Any, Final, TypeVar

import msgspec

from functions.wallet.iban import normalise
from functions.wallet.models import BankReport
from mycrypto.errors import ProblemError
from mycrypto.faults import validation_problem
from mycrypto.money import FIAT_DECIMALS, parse_positive
from mycrypto.spelling import fold, printable

T = TypeVar("T")

TEXT_LENGTH_MAX: Final = 500
"""Of a text that is kept from a report."""
KEY_LENGTH_MAX: Final = 128
_CODE: Final = re.compile(r"[A-Z0-9]{2,10}")
RAW_LENGTH_MAX: Final = 8_000
UNREADABLE: Final = "UNREADABLE_REPORT"
"""The reason under which such a report waits for a person."""
UNKNOWN_CURRENCY: Final = "XXX"
"""What a report is kept under that names none of ours; ISO 4217 means the same by it."""
OTHER_CURRENCY: Final = "CURRENCY_MISMATCH"


class Transfer(msgspec.Struct, frozen=True):
    """What the bank said of a transfer, in the one spelling of each name and short enough to be kept."""

    id: str
    reference: str
    currency: str
    sender_iban: str
    sender_name: str

    @classmethod
    def of(cls, report: BankReport) -> Transfer:
        """Without a transaction id the whole report is its name."""
        whole = msgspec.json.encode(report)
        return cls(
            id=transaction_key(report.transaction_id) or f"SHA256:{hashlib.sha256(whole).hexdigest()}",
            reference=kept(report.reference),
            currency=currency_code(report.currency),
            sender_iban=printable(normalise(report.sender_iban), TEXT_LENGTH_MAX),
            sender_name=kept(report.sender_name),
        )


class Unreadable(msgspec.Struct, frozen=True):
    """A report that does not say what it should. ``members`` are what can be read of it, ``raw`` is its beginning as it came."""

    why: str
    members: dict[str, Any]
    raw: str
    digest: str

    def text(self, name: str) -> str:
        """A member that is a text; empty for any other."""
        value = self.members.get(name)
        return value if isinstance(value, str) else ""


def read(body: bytes, kind: type[T]) -> T | Unreadable:
    """The report, or what is left of it. Raises VALIDATION_ERROR for an empty body: that reports nothing."""
    if not body.strip():
        raise ProblemError("VALIDATION_ERROR", "the body is empty")
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.ValidationError as error:
        why = validation_problem(error, kind).detail
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        why = "the body is not valid JSON"
    try:
        members = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        members = {}
    return Unreadable(
        why,
        members if isinstance(members, dict) else {},
        printable(body.decode("utf-8", "replace"), RAW_LENGTH_MAX),
        hashlib.sha256(body).hexdigest(),
    )


def transaction_key(text: str) -> str:
    """The one spelling of a bank's transaction id: upper case, no blanks; of an overlong one its hash. Empty if there is none."""
    key = fold(printable("".join(text.split()), len(text))).upper()
    return key if len(key) <= KEY_LENGTH_MAX else f"SHA256:{hashlib.sha256(key.encode()).hexdigest()}"


def currency_code(text: str) -> str:
    """A currency as the bank names it, in upper case; XXX, the code of no currency, for a text that cannot be a code."""
    code = text.strip().upper()
    return code if _CODE.fullmatch(code) else UNKNOWN_CURRENCY


def parse_bank_amount(text: str) -> int:
    """Units of 10^-8; zeros behind the kurus and blanks round it make no difference. Raises ``AmountError``."""
    plain = text.strip()
    whole, point, fraction = plain.partition(".")
    if point and len(fraction) > FIAT_DECIMALS and not fraction[FIAT_DECIMALS:].strip("0"):
        plain = f"{whole}.{fraction[:FIAT_DECIMALS]}"
    return parse_positive(plain, decimals=FIAT_DECIMALS)


def kept(value: Any) -> Any:
    """A report's member as a database can keep it."""
    if isinstance(value, str):
        return printable(value, TEXT_LENGTH_MAX)
    return value if isinstance(value, int | bool) or value is None else printable(str(value), TEXT_LENGTH_MAX)
