"""What the platform owes its users: published for all, provable for each."""

from __future__ import annotations

from typing import Final

from functions.wallet import liabilities, models
from functions.wallet import liability_models as published
from functions.wallet.app import context
from functions.wallet.liability_models import LiabilityProof, LiabilityPublication, ProofQuery
from functions.wallet.models import Page, PageQuery
from functions.wallet.routes.shared import PAGE
from mycrypto import permissions
from mycrypto.http.operation import Operation, RateLimit
from mycrypto.http.request import Reply, Request

LOOK: Final = RateLimit(name="liabilities", count=60, seconds=60, per="address")
PROVE: Final = RateLimit(name="liability-proof", count=10, seconds=60)


@Operation(
    method="get",
    path="/api/wallet/liabilities",
    name="listLiabilities",
    summary="What is owed to all users together, as it was published: roots and totals, newest first",
    tag="liabilities",
    answer=models.Page[published.LiabilityPublication],
    parameters=PAGE,
    permission=permissions.OPEN,
    limit=LOOK,
)
def get_liabilities(request: Request) -> Page[LiabilityPublication]:
    data, pagination = liabilities.page(context(), request.params(PageQuery))
    return Page(data, pagination)


@Operation(
    method="get",
    path="/api/wallet/liabilities/proof",
    name="getLiabilityProof",
    summary="The proof that the own balances are part of a publication, as a file; verify_liabilities.py checks it",
    tag="liabilities",
    answer=published.LiabilityProof,
    parameters=(published.NUMBER,),
    errors=("VALIDATION_ERROR", "PUBLICATION_NOT_FOUND"),
    permission=permissions.SIGNED_IN,
    limit=PROVE,
)
def get_proof(request: Request) -> Reply:
    found: LiabilityProof = liabilities.proof(context(), request.caller.user_id, request.params(ProofQuery).number)
    headers = {"Content-Disposition": f'attachment; filename="liabilities-{found.publication.number}.json"'}
    return Reply(found, headers=headers)
