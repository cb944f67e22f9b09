"""Statements of a month, from the ledger: they add up, month after month, from zero."""

from __future__ import annotations

import base64
import random
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

import psycopg
import pytest

from functions.wallet.limits import TURKEY
from mycrypto.ledger import CUSTODY_BANK, CUSTODY_HOT, Entry, Kind, Move, post, spot
from tests.integration.wallet.conftest import User, Wallet

MONTHS = [f"2026-{month:02}" for month in range(1, 11)]


def _book(connection: psycopg.Connection, user: UUID, chance: random.Random, balances: dict[str, int], place: int) -> None:
    """A movement at some moment of the ten months, not in the order of time. No balance goes below zero."""
    currency = chance.choice(["TRY", "BTC"])
    custody = CUSTODY_BANK if currency == "TRY" else CUSTODY_HOT
    units = chance.randrange(1, 10**10)
    leaves = chance.random() < 0.4 and units <= balances[currency]
    balances[currency] += -units if leaves else units
    source, target = (spot(user), custody) if leaves else (custody, spot(user))
    move = Move(amount=units, currency=currency, source=source, target=target, kind=Kind.WITHDRAWAL if leaves else Kind.DEPOSIT)
    moment = datetime(2026, chance.randrange(1, 11), chance.randrange(1, 29), chance.randrange(24), tzinfo=UTC)
    with connection.transaction():
        post(connection, [Entry(key=f"{user}:{place}", why="bir hareket", reference=("TEST", "1"), moment=moment, moves=(move,))])


def test_from_zero_to_the_balance_of_today_nothing_is_missing(wallet: Wallet) -> None:
    user, other, chance, balances = User(), User(), random.Random(13), {"TRY": 0, "BTC": 0}
    admin = wallet.database.connect()
    for place in range(80):
        _book(admin, user.id, chance, balances, place)
        _book(admin, other.id, chance, {"TRY": 0, "BTC": 0}, place)
    closing = {"TRY": Decimal(0), "BTC": Decimal(0), "ETH": Decimal(0), "USDT": Decimal(0)}
    movements = 0
    for month in ["2025-12", *MONTHS, "2026-11"]:
        answer = wallet.call("GET", f"/api/wallet/statements/{month}", user=user)
        assert answer.status == 200
        for each in answer.body["currencies"]:
            assert Decimal(each["opening"]) == closing[each["currency"]]
            closing[each["currency"]] += sum(Decimal(total["amount"]) for total in each["totals"])
            assert Decimal(each["closing"]) == closing[each["currency"]]
            own = [Decimal(row["amount"]) for row in answer.body["movements"] if row["currency"] == each["currency"]]
            assert Decimal(each["opening"]) + sum(own) == Decimal(each["closing"])
        movements += len(answer.body["movements"])
    assert movements == 80
    assert {code: int(closing[code].scaleb(8)) for code in balances} == balances


def test_the_same_month_as_csv_and_as_pdf(wallet: Wallet) -> None:
    user = User()
    wallet.funded(user, "1000")
    month = wallet.now.astimezone(TURKEY).strftime("%Y-%m")
    lines = wallet.call("GET", f"/api/wallet/statements/{month}/csv", user=user)
    assert lines.status == 200
    assert "CLOSING,1000,1000" in lines.body
    page = wallet.call("GET", f"/api/wallet/statements/{month}/pdf", user=user)
    assert page.headers["Content-Type"] == "application/pdf"
    assert page.headers["Content-Disposition"] == f'attachment; filename="statement-{month}.pdf"'
    assert base64.b64decode(page.body, validate=True).startswith(b"%PDF-"), "API Gateway takes the base64 off"


@pytest.mark.parametrize("month", ["2026-13", "2026-00", "26-01", "2026-1", "2999-01", "x", "2099-12"])
@pytest.mark.parametrize("kind", ["", "/csv", "/pdf"])
def test_what_is_no_month_that_has_begun_is_refused(wallet: Wallet, month: str, kind: str) -> None:
    answer = wallet.call("GET", f"/api/wallet/statements/{month}{kind}", user=User())
    assert (answer.status, answer.code) == (400, "VALIDATION_ERROR")


def test_a_statement_is_the_users_own(wallet: Wallet) -> None:
    wallet.funded(User(), "1000")
    month = wallet.now.astimezone(TURKEY).strftime("%Y-%m")
    answer = wallet.call("GET", f"/api/wallet/statements/{month}", user=User())
    assert {each["closing"] for each in answer.body["currencies"]} == {"0"}
    assert answer.body["movements"] == []
    assert wallet.call("GET", f"/api/wallet/statements/{month}").status == 401
