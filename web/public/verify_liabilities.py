#!/usr/bin/env python3
"""Checks that your balances are part of what MyCrypto Platform has published as owed to its users. It needs Python 3.9 and nothing else.

    python3 verify_liabilities.py liabilities-7.json
    python3 verify_liabilities.py liabilities-7.json --published published.json

The first file is your proof (GET /api/wallet/liabilities/proof, or the page "Proof of liabilities"). The second is what is published for all
(GET /api/wallet/liabilities), fetched by another way or kept from before: the proof must be about the same. Exit status 0: it holds; 1: it does not;
2: a file cannot be read.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import sys
from pathlib import Path
from typing import Any, NoReturn

UNITS_MAX = 10**28 - 1
AMOUNT = re.compile(r"(0|[1-9][0-9]{0,19})(?:\.([0-9]{1,8}))?")
HASH = re.compile(r"[0-9a-f]{64}")
DEPTH_MAX = 64


class ForgedError(Exception):
    """The proof does not hold; the text says why."""


def units(text: object) -> int:
    """Whole units of 10^-8; an amount is never negative."""
    found = AMOUNT.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        raise ForgedError(f"{text!r} is not an amount")
    return checked(int(found[1]) * 10**8 + int((found[2] or "").ljust(8, "0")))


def checked(amount: int) -> int:
    if not 0 <= amount <= UNITS_MAX:
        raise ForgedError(f"{amount} units are more than any ledger holds")
    return amount


def shown(amount: int) -> str:
    whole, rest = divmod(amount, 10**8)
    return f"{whole}.{rest:08d}".rstrip("0").rstrip(".")


def digits(text: object) -> str:
    if not isinstance(text, str) or not HASH.fullmatch(text):
        raise ForgedError(f"{text!r} is not a hash")
    return text


def hashed(kind: bytes, text: str) -> str:
    return hashlib.sha256(kind + text.encode("ascii")).hexdigest()


def joined(left: tuple[str, int], right: tuple[str, int]) -> tuple[str, int]:
    return hashed(b"\x01", f"{left[0]}:{left[1]}:{right[0]}:{right[1]}"), checked(left[1] + right[1])


def check_publication(publication: dict[str, Any]) -> None:
    """The publication's own hash covers its roots and totals, and the publication before it."""
    totals = sorted(f"{each['currency']}:{digits(each['root'])}:{units(each['total'])}" for each in publication["currencies"])
    if len({line.split(":")[0] for line in totals}) != len(totals):
        raise ForgedError("a currency is published twice")
    lines = [str(publication["number"]), str(publication["event_number"]), publication["taken_at"], digits(publication["previous"])]
    if hashed(b"\x02", "\n".join(lines + totals)) != publication["hash"]:
        raise ForgedError("the publication does not have the hash that it claims")


def check_leaf(number: int, currency: str, user_id: str, leaf: dict[str, Any]) -> tuple[tuple[str, int], tuple[str, ...]]:
    """Follow one leaf up; returns the root that it leads to, and the way, which names its place in the tree."""
    amount = units(leaf["amount"])
    found = hashed(b"\x00", f"{number}:{currency}:{user_id}:{amount}:{digits(leaf['nonce'])}"), amount
    if len(leaf["path"]) > DEPTH_MAX:
        raise ForgedError("a way to the root is longer than any tree is high")
    way = []
    for step in leaf["path"]:
        neighbour = digits(step["hash"]), units(step["sum"])
        if step["side"] not in ("left", "right"):
            raise ForgedError("a neighbour is neither left nor right")
        found = joined(neighbour, found) if step["side"] == "left" else joined(found, neighbour)
        way.append(step["side"])
    return found, tuple(way)


def check_balance(publication: dict[str, Any], user_id: str, balance: dict[str, Any]) -> tuple[str, int]:
    """Every leaf leads to the published root, no two have one place, and together they are the balance."""
    published = {each["currency"]: each for each in publication["currencies"]}
    currency = balance["currency"]
    if currency not in published:
        raise ForgedError(f"{currency} is not published")
    root = digits(published[currency]["root"]), units(published[currency]["total"])
    places: set[tuple[str, ...]] = set()
    together = 0
    for leaf in balance["leaves"]:
        found, way = check_leaf(publication["number"], currency, user_id, leaf)
        if found != root:
            raise ForgedError(f"{currency}: a leaf does not lead to the published root and total")
        if way in places:
            raise ForgedError(f"{currency}: a leaf is counted twice")
        places.add(way)
        together = checked(together + units(leaf["amount"]))
    if together != units(balance["balance"]):
        raise ForgedError(f"{currency}: the leaves add up to {shown(together)} and not to {balance['balance']}")
    return currency, together


def check(proof: dict[str, Any], published: dict[str, Any] | None = None) -> dict[str, int]:
    """The balances that are proved, by currency. Raises ForgedError."""
    try:
        if proof["format"] != 1:
            raise ForgedError(f"format {proof['format']!r} is not known; get a newer script")
        publication = proof["publication"]
        check_publication(publication)
        if published is not None and publication not in published["data"]:
            raise ForgedError(f"publication {publication['number']} is not among the published ones as the proof has it")
        found = [check_balance(publication, proof["user_id"], balance) for balance in proof["balances"]]
    except (KeyError, TypeError, AttributeError, UnicodeEncodeError) as error:
        raise ForgedError(f"a part is missing or has another form: {error!r}") from None
    if len(dict(found)) != len(publication["currencies"]) or len(found) != len(publication["currencies"]):
        raise ForgedError("the proof does not name each published currency once")
    return dict(found)


def read(path: str) -> Any:
    try:
        return json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        fail(2, f"{path}: {error}")


def fail(status: int, text: str) -> NoReturn:
    print(text, file=sys.stderr)
    raise SystemExit(status)


def main() -> None:
    parser = argparse.ArgumentParser(description="Checks a proof of liabilities.")
    parser.add_argument("proof", help="the file with your proof")
    parser.add_argument("--published", help="the file with what is published for all")
    asked = parser.parse_args()
    proof, published = read(asked.proof), read(asked.published) if asked.published else None
    try:
        balances = check(proof, published)
    except ForgedError as error:
        fail(1, f"THE PROOF DOES NOT HOLD: {error}")
    publication = proof["publication"]
    print(f"The proof holds: publication {publication['number']} of {publication['taken_at']}, after event {publication['event_number']}")
    print(f"  user {proof['user_id']}")
    for each in publication["currencies"]:
        print(f"  {each['currency']}: {shown(balances[each['currency']])} of {each['total']}")
    print(f"  hash {publication['hash']}")
    print("Compare the user id and the balances with your account at that moment, and the hash with the one that others see.")


if __name__ == "__main__":
    main()
