"""What can be wrong with one field, as a code with its figures, for programs and for pages in other languages.

The English sentence of a field error is what people read in logs and answers; its code is found by the sentence, here and nowhere else: code that
refuses a field writes one sentence. ``{name}`` in a sentence is a figure, ``{name:pattern}`` one of that form, ``{_}`` words that say no
more than the code does. A test reads every sentence of the sources and holds it against this table.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

_CODE: Final = "[A-Z][A-Z0-9_]*"
_NUMBER: Final = r"\d+"

SENTENCES: Final[Mapping[str, tuple[str, ...]]] = {
    "REQUIRED": ("is required", "is required: {_}"),
    "REQUIRED_FOR": ("is required for {what:[A-Z_]+}, and only for {_}", "is required for {what}"),
    "EITHER_REQUIRED": (
        "or {other:[a-z_]+} is required, and only one of them",
        "or {other:[a-z_]+} is required",
        "or {other:[a-z_]+} is needed, one of the two",
        "or {other:[a-z_]+} is required for {_}, and only one of them",
    ),
    "NOT_ALLOWED_FOR": ("is not allowed for {what}",),
    "GOES_WITH": ("goes with {other} only", "goes with {other}"),
    "NOT_KNOWN": ("is not a known field", "is not a known parameter", "is not known"),
    "NOT_TAKEN": ("is not taken by this operation", "is not taken where {_}"),
    "NOT_TOGETHER_WITH": ("cannot be combined with {other}",),
    "GIVEN_TWICE": ("is given twice",),
    "EMPTY": ("must not be empty", "must not be blank", "must name at least one role", "is empty"),
    "LENGTH": (
        f"must have {{least:{_NUMBER}}} to {{most:{_NUMBER}}} characters",
        f"must have {{least:{_NUMBER}}} to {{most:{_NUMBER}}} characters, or {{_}}",
        f"must be text of {{least:{_NUMBER}}} to {{most:{_NUMBER}}} characters",
        f"must be text of {{least:{_NUMBER}}} to {{most:{_NUMBER}}} characters, not all of them blanks",
    ),
    "LENGTH_AT_LEAST": (f"must be text of at least {{least:{_NUMBER}}} characters",),
    "LENGTH_AT_MOST": (
        f"must be text of at most {{most:{_NUMBER}}} characters",
        f"must have at most {{most:{_NUMBER}}} characters",
    ),
    "TEXT_OR_NUMBER": (f"must be text of at most {{most:{_NUMBER}}} characters or a whole number",),
    "PRINTABLE_ASCII": (
        f"must be {{least:{_NUMBER}}} to {{most:{_NUMBER}}} printable ASCII characters",
        f"must be {{least:{_NUMBER}}} to {{most:{_NUMBER}}} printable ASCII characters without spaces",
    ),
    "LETTERS_AND_DIGITS": (f"must have {{least:{_NUMBER}}} to {{most:{_NUMBER}}} letters, digits and spaces",),
    "CHARACTER": ("must not hold the character {character}",),
    "TEXT": ("must be text",),
    "BOOLEAN": ("must be true or false",),
    "SHAPE": ("must be a list", "must be an object", "must be null"),
    "ONE_OF": (
        "must be one of {choices} for this item",
        "must be one of {choices}",
        f"must be {{choices:{_CODE}(?:, {_CODE})* or {_CODE}}}",
        f"must be {{choices:{_CODE} or {_CODE}}} for {{_}}",
        f"must be {{choices:{_CODE}}} for {{_}}",
        "must be {choices:live|paper}",
        "must be {choices:live} in a batch",
        f"must be {{choices:{_CODE}}}",
    ),
    "NUMBER": (
        f"must be a whole number from {{lowest:-?{_NUMBER}}} to {{highest:{_NUMBER}}}",
        f"must be 0, or {{lowest:{_NUMBER}}} to {{highest:{_NUMBER}}}",
        f"must be {{lowest:{_NUMBER}}} to {{highest:{_NUMBER}}}",
    ),
    "NUMBER_AT_LEAST": (f"must be a whole number at least {{lowest:-?{_NUMBER}}}",),
    "NUMBER_AT_MOST": (f"must be a whole number at most {{highest:{_NUMBER}}}",),
    "WHOLE_NUMBER": ("must be a whole number",),
    "LIST_LENGTH": (f"must be a list of {{least:{_NUMBER}}} to {{most:{_NUMBER}}} items",),
    "LIST_AT_LEAST": (f"must be a list of at least {{least:{_NUMBER}}} items",),
    "LIST_AT_MOST": (
        f"must be a list of at most {{most:{_NUMBER}}} items",
        f"must hold at most {{most:{_NUMBER}}} addresses or networks",
    ),
    "UUID": ("must be a UUID",),
    "USER": ("is not the id of a user",),
    "HEX": ("must be a SHA-256 as 64 hexadecimal digits", "must be 64 hex digits, with or without 0x"),
    "CURSOR": ("is not a cursor that was given out",),
    # times
    "TIME": (
        "must be an ISO-8601 time such as {_}",
        "must be an ISO-8601 date or date-time",
        "must be a moment with its offset, such as {_}",
        "must carry an offset, such as Z",
    ),
    "DATE": ("must be a date such as {example}",),
    "MONTH": ("must be a month such as {example}",),
    "TIME_ZONE": ("must be the name of a time zone such as {example}",),
    "NOT_BEGUN": ("must have begun",),
    "PAST": ("must be a time to come",),
    "PERIOD": ("must be after {other:[a-z_]+}", "must not be before {other:[a-z_]+}"),
    "PERIOD_LENGTH": (f"must be within {{days:{_NUMBER}}} days of {{other}}",),
    "TOO_MANY_ROWS": (f"leads to {{rows:{_NUMBER}}} rows; at most {{most:{_NUMBER}}} fit into a file, so take a shorter period",),
    # amounts
    "AMOUNT": (
        "must be a decimal number in quotes, such as {_}",
        "must be a decimal number written as a string, such as {_}",
        "must be a plain decimal number with {_}",
    ),
    "DECIMALS": (f"must have at most {{most:{_NUMBER}}} decimals",),
    "NEGATIVE": ("must not be negative",),
    "POSITIVE": ("must be greater than zero",),
    "FIXED": ("is known for this item and cannot be another one",),
    "LEFT": (r"{amount:[\d.]+} {currency:[A-Z0-9]+}",),
    # accounts
    "EMAIL": ("is not a valid e-mail address",),
    "SAME_EMAIL": ("is the address of the account already",),
    "PASSWORD_LACKS": ("must contain {lacks}",),
    "PASSWORD_COMMON": ("is one of the passwords that are guessed first",),
    "SAME_AS": ("must be the same as {other}",),
    "ACCEPT": ("must be accepted",),
    "PHONE": ("must be a Turkish mobile number such as {example}",),
    "NATIONAL_ID": ("is not a valid national id",),
    "AGE": (f"must be at least {{years:{_NUMBER}}} years ago",),
    "LINK": ("must be the 64 hexadecimal digits of the mail's link",),
    "SIX_DIGITS": ("must be the six digits that the authenticator shows",),
    "PICTURE": ("must be a JPEG or PNG picture",),
    "BYTES": (f"must have at most {{most:{_NUMBER}}} bytes",),
    "NOT_UPLOADED": ("was not uploaded as announced",),
    "SCOPES_ONCE": ("must name each wanted scope once",),
    "SECOND_FACTOR": ("withdraw needs the second factor to be on",),
    "NETWORKS": ("must hold addresses such as {_}",),
    "PUBLIC_KEY": ("must be a public key in PEM, on one line", "must be an Ed25519 key, or an RSA key of {_}"),
    # wallet
    "IBAN": ("must be letters and digits", "does not have the form of its country's IBANs"),
    "IBAN_CHECK": ("the check digits do not match",),
    "IBAN_COUNTRY": ("must begin with a country that has IBANs",),
    "IBAN_OF": ("must be an account in {country}: {currency} is paid there alone",),
    "SWIFT": ("must be 8 or 11 characters: {_}",),
    "BITCOIN_ADDRESS": ("is no Bitcoin address", "must be a P2PKH, P2SH or P2WPKH address of this network"),
    "ETHEREUM_ADDRESS": ("is no Ethereum address", "must start with 0x"),
    "TRON_ADDRESS": ("is no Tron address",),
    "ADDRESS_OF": ("is no address of {network}",),
    "ADDRESS_CHECKSUM": ("has a wrong checksum (EIP-55)",),
    "ADDRESS_OWN": ("is a deposit address of your own",),
    "ADDRESS_BURNS": ("is an address without a known key",),
    "ADDRESS_CONTRACT": ("is a contract ({contract}) that keeps what it is sent",),
    # orders and streams
    "NOT_LISTED": ("is not listed",),
    "PAIR": ("must be written BASE-QUOTE to list it",),
    "POST_ONLY": ("is only possible for a LIMIT order that may rest",),
    "SUBSCRIBED": ("is subscribed already",),
    "NOT_SUBSCRIBED": ("is not subscribed",),
    "NOT_RESUMED": ("cannot be taken up again; ask for it over HTTP",),
    "OWN_STREAMS": ("paper is for the streams orders and balances alone",),
}

_FIGURE: Final = re.compile(r"\{(?P<name>[a-z_]+)(?::(?P<form>[^{}]*))?\}")
_NULL: Final = re.compile(r"must be (?:null or )?(?P<what>.+?)(?: or null)?", re.DOTALL)


def figures_of(code: str) -> frozenset[str]:
    """The names of the figures that a code may come with."""
    return frozenset(found["name"] for sentence in SENTENCES[code] for found in _FIGURE.finditer(sentence)) - {"_"}


def _pattern(sentence: str) -> re.Pattern[str]:
    parts, at = [], 0
    for found in _FIGURE.finditer(sentence):
        form = found["form"] or ".+?"
        parts += [re.escape(sentence[at : found.start()]), f"(?:{form})" if found["name"] == "_" else f"(?P<{found['name']}>{form})"]
        at = found.end()
    return re.compile("".join((*parts, re.escape(sentence[at:]))), re.DOTALL)


_PATTERNS: Final = tuple((code, _pattern(sentence)) for code, sentences in SENTENCES.items() for sentence in sentences)


@lru_cache(maxsize=1_024)
def read(sentence: str) -> tuple[str, Mapping[str, str]]:
    """The code of what a sentence says of a field, and its figures; ("", {}) where it says no more than the problem that it belongs to."""
    if null := _NULL.fullmatch(sentence):
        sentence = f"must be {null['what']}"
    for code, pattern in _PATTERNS:
        if found := pattern.fullmatch(sentence):
            return code, found.groupdict()
    return "", {}
