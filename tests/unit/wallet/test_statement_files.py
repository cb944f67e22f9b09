"""A statement as CSV adds up line by line; as PDF it can be read, Turkish letters included."""

from __future__ import annotations

import csv
import io
from decimal import Decimal
from uuid import UUID

import msgspec
import pytest

from functions.wallet import statement_files
from functions.wallet.statement_models import Statement, StatementCurrency, StatementMovement, StatementTotal

MOMENT = "2026-11-05T09:30:00.000Z"


def _statement(movements: int = 2) -> Statement:
    rows = [
        StatementMovement(MOMENT, "TRY", "DEPOSIT", "1.5", str(Decimal(10) + Decimal("1.5") * (place + 1)), "DEPOSIT_REQUEST", "1", "Banka havalesi ile yatırma ĞÜŞİÖÇı")
        for place in range(movements)
    ]  # fmt: skip
    closing = str(Decimal(10) + Decimal("1.5") * movements)
    return Statement(
        user_id=UUID(int=7),
        month="2026-11",
        since="2026-10-31T21:00:00.000Z",
        until="2026-11-30T21:00:00.000Z",
        complete=True,
        currencies=[
            StatementCurrency("TRY", "10", [StatementTotal("DEPOSIT", movements, str(Decimal("1.5") * movements))], closing),
            StatementCurrency("BTC", "0", [], "0"),
        ],
        movements=rows,
        movements_listed=True,
    )


def test_csv_adds_up_for_each_currency() -> None:
    rows = list(csv.DictReader(io.StringIO(statement_files.as_csv(_statement(40)))))
    for currency in ("TRY", "BTC"):
        own = [row for row in rows if row["currency"] == currency]
        assert [row["type"] for row in own].count("OPENING") == [row["type"] for row in own].count("CLOSING") == 1
        assert sum(Decimal(row["amount"]) for row in own[:-1]) == Decimal(own[-1]["amount"]) == Decimal(own[-1]["balance_after"])
    assert len(rows) == 40 + 4


def test_csv_of_more_movements_than_fit_has_the_totals_of_each_kind() -> None:
    found = msgspec.structs.replace(_statement(), movements=[], movements_listed=False)
    rows = [row for row in csv.DictReader(io.StringIO(statement_files.as_csv(found))) if row["currency"] == "TRY"]
    assert [row["type"] for row in rows] == ["OPENING", "DEPOSIT", "CLOSING"]
    assert sum(Decimal(row["amount"]) for row in rows[:-1]) == Decimal(rows[-1]["amount"])


@pytest.mark.parametrize("movements", [0, 2, 120])
def test_a_pdf_can_be_read(movements: int) -> None:
    pypdf = pytest.importorskip("pypdf")
    made = statement_files.as_pdf(_statement(movements))
    assert made == statement_files.as_pdf(_statement(movements)), "the same statement is the same file"
    pages = pypdf.PdfReader(io.BytesIO(made)).pages
    text = "".join(page.extract_text() for page in pages)
    assert "Hesap özeti · Account statement 2026-11" in text
    assert text.count("Banka havalesi ile yatırma ĞÜŞİÖÇı") == movements
    assert str(_statement(movements).currencies[0].closing) in text
    assert len(pages) == (1 if movements < 100 else len(pages))


def test_a_pdf_says_when_it_does_not_have_the_movements() -> None:
    pypdf = pytest.importorskip("pypdf")
    found = msgspec.structs.replace(_statement(), movements=[], movements_listed=False, complete=False)
    text = "".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(statement_files.as_pdf(found))).pages)
    assert "download them as CSV" in text
    assert "has not ended yet" in text
