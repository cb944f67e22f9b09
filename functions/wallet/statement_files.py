"""A statement as a file: CSV for programs, PDF for people. Pure."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import datetime
from functools import cache
from typing import Any, Final

from functions.wallet.limits import TURKEY
from functions.wallet.statement_models import Statement, StatementCurrency

COLUMNS: Final = ("created_at", "currency", "type", "amount", "balance_after", "reference_type", "reference_id", "description")
PDF_MOVEMENTS_MAX: Final = 2_000
"""About fifty pages: the other formats have the rest."""
DESCRIPTION_LENGTH_MAX: Final = 44
_GREY: Final = "#888888"
_FONTS: Final = {"Vera": "Vera.ttf", "VeraBd": "VeraBd.ttf"}
"""Of reportlab itself: they have the Turkish letters, which the fonts of PDF readers do not."""


def as_csv(statement: Statement) -> str:
    """RFC 4180. Of each currency an OPENING row, its movements oldest first, and a CLOSING row: the amounts of all rows but CLOSING add up to it."""
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(COLUMNS)
    for each in statement.currencies:
        writer.writerow([statement.since, each.currency, "OPENING", each.opening, each.opening, "", "", ""])
        if statement.movements_listed:
            writer.writerows([getattr(row, column) for column in COLUMNS] for row in statement.movements if row.currency == each.currency)
        else:
            writer.writerows(
                [statement.until, each.currency, total.type, total.amount, "", "", "", f"{total.count}"] for total in each.totals
            )
        writer.writerow([statement.until, each.currency, "CLOSING", each.closing, each.closing, "", "", ""])
    return file.getvalue()


@cache
def _register_fonts() -> None:
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFont

    for name, file in _FONTS.items():
        pdfmetrics.registerFont(TTFont(name, file))


def as_pdf(statement: Statement) -> bytes:
    """Pages of A4."""
    from reportlab.lib.pagesizes import A4
    from reportlab.lib.units import mm
    from reportlab.platypus import SimpleDocTemplate

    _register_fonts()
    file = io.BytesIO()
    margins = {f"{side}Margin": 16 * mm for side in ("left", "right", "top", "bottom")}
    document = SimpleDocTemplate(file, pagesize=A4, title=f"MyCrypto {statement.month}", author="MyCrypto Platform", invariant=1, **margins)
    document.build(list(_parts(statement)), onFirstPage=_page_number, onLaterPages=_page_number)
    return file.getvalue()


def _page_number(canvas: Any, document: Any) -> None:
    canvas.setFont("Vera", 7)
    canvas.drawRightString(document.pagesize[0] - document.rightMargin, document.bottomMargin / 2, str(document.page))


def _parts(statement: Statement) -> Iterator[Any]:
    from reportlab.lib.styles import ParagraphStyle
    from reportlab.platypus import Paragraph, Spacer

    plain, small = (
        ParagraphStyle("plain", fontName="Vera", fontSize=8, leading=12),
        ParagraphStyle("small", fontName="Vera", fontSize=7, leading=10),
    )
    title = ParagraphStyle("title", fontName="VeraBd", fontSize=14, leading=20)
    yield Paragraph(f"Hesap özeti · Account statement {statement.month}", title)
    yield Paragraph(f"MyCrypto Platform · {statement.user_id}", plain)
    yield Paragraph(f"{_local(statement.since)} - {_local(statement.until)} (Europe/Istanbul)", plain)
    if not statement.complete:
        yield Paragraph("Ay henüz bitmedi. · The month has not ended yet.", plain)
    yield Spacer(1, 10)
    yield _table(list(_summary(statement.currencies)), (60, 150, 50, 110, 110), right=(2, 3, 4))
    yield Spacer(1, 10)
    if statement.movements_listed:
        heading = ["Tarih · Date", "", "Tür · Type", "Tutar · Amount", "Bakiye · Balance", "Açıklama · Description"]
        rows = [
            [_local(row.created_at), row.currency, row.type, row.amount, row.balance_after, row.description[:DESCRIPTION_LENGTH_MAX]]
            for row in statement.movements
        ]
        yield _table([heading, *rows], (82, 30, 66, 82, 82, 168), right=(3, 4), size=6)
    else:
        text = "Hareketler bu dosyaya sığmıyor; CSV olarak indirin. · The movements do not fit here; download them as CSV."
        yield Paragraph(text, small)


def _summary(found: list[StatementCurrency]) -> Iterator[list[str]]:
    yield ["", "", "Adet · Count", "Tutar · Amount", "Bakiye · Balance"]
    for each in found:
        yield [each.currency, "Açılış · Opening", "", "", each.opening]
        for total in each.totals:
            yield ["", total.type, str(total.count), total.amount, ""]
        yield ["", "Kapanış · Closing", "", "", each.closing]


def _table(rows: list[list[str]], widths: tuple[int, ...], *, right: tuple[int, ...], size: int = 8) -> Any:
    from reportlab.lib.colors import HexColor
    from reportlab.platypus import LongTable, TableStyle

    style = [
        ("FONT", (0, 0), (-1, -1), "Vera", size),
        ("FONT", (0, 0), (-1, 0), "VeraBd", size),
        ("LINEBELOW", (0, 0), (-1, -1), 0.25, HexColor(_GREY)),
        ("TOPPADDING", (0, 0), (-1, -1), 1),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 2),
        *(("ALIGN", (column, 0), (column, -1), "RIGHT") for column in right),
    ]
    return LongTable(rows, colWidths=widths, repeatRows=1, style=TableStyle(style))


def _local(moment: str) -> str:
    return datetime.fromisoformat(moment).astimezone(TURKEY).strftime("%d.%m.%Y %H:%M")
