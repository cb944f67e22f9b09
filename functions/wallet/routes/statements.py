"""Own statements of a month, as three kinds of file."""

from __future__ import annotations

from typing import Any, Final

from functions.wallet import statement_files, statements
from functions.wallet import statement_models as models
from functions.wallet.app import context
from functions.wallet.statement_models import Statement
from mycrypto import permissions
from mycrypto.http.operation import Operation, RateLimit
from mycrypto.http.request import Reply, Request

STATEMENT: Final = RateLimit(name="statement", count=20, seconds=60)
_RULES: Final = {"month": "is a Turkish month that has begun"}


@Operation(
    method="get",
    path="/api/wallet/statements/{month}",
    name="getStatement",
    summary="The own statement of a month: opening balance, movements and closing balance of each currency",
    tag="balances",
    answer=models.Statement,
    rules=_RULES,
    permission=permissions.SIGNED_IN,
    limit=STATEMENT,
)
def get_statement(request: Request, month: str) -> Statement:
    return statements.statement(context(), request.caller.user_id, month)


@Operation(
    method="get",
    path="/api/wallet/statements/{month}/csv",
    name="getStatementAsCsv",
    summary="The own statement of a month as CSV: of each currency an OPENING row, the movements, and a CLOSING row that is their sum",
    tag="balances",
    answer={"type": "string"},
    answer_media="text/csv",
    rules=_RULES,
    permission=permissions.SIGNED_IN,
    limit=STATEMENT,
)
def get_statement_as_csv(request: Request, month: str) -> Reply:
    found = statements.statement(context(), request.caller.user_id, month)
    return _file(found, statement_files.as_csv(found), "csv", "text/csv; charset=utf-8")


@Operation(
    method="get",
    path="/api/wallet/statements/{month}/pdf",
    name="getStatementAsPdf",
    summary="The own statement of a month as PDF, for a request that accepts application/pdf",
    tag="balances",
    answer={"type": "string", "format": "binary"},
    answer_media="application/pdf",
    rules=_RULES,
    permission=permissions.SIGNED_IN,
    limit=STATEMENT,
)
def get_statement_as_pdf(request: Request, month: str) -> Reply:
    found = statements.statement(context(), request.caller.user_id, month, movements_max=statement_files.PDF_MOVEMENTS_MAX)
    return _file(found, statement_files.as_pdf(found), "pdf", "application/pdf")


def _file(statement: Statement, body: Any, kind: str, media: str) -> Reply:
    headers = {"Content-Disposition": f'attachment; filename="statement-{statement.month}.{kind}"'}
    return Reply(body, headers=headers, media=media)
