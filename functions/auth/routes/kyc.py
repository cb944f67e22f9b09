"""Proof of identity, for users and for staff."""

from __future__ import annotations

from typing import Any, Final

from functions.auth import kyc, multipart
from functions.auth.app import api, caller, client, context
from functions.auth.models import KycDecision, Listed, PageQuery, Pagination
from functions.auth.store.kyc import Submission
from mycrypto.http.request import Reply, Request

FORM_BYTES_MAX: Final = 6 * 1024 * 1024
"""What Lambda takes in one request; three pictures of a phone that scales them down."""


@api.post("/api/auth/kyc/submit", body_bytes_max=FORM_BYTES_MAX)
def post_submit(request: Request) -> Reply:
    principal = caller(request)
    form = multipart.parse(request.header("content-type") or "", request.body)
    return Reply(kyc.submit(context(), principal, form, client(request)), status=201)


@api.get("/api/auth/kyc/status")
def get_status(request: Request) -> Any:
    return kyc.status(context(), caller(request))


@api.get("/api/auth/kyc/limits")
def get_limits(request: Request) -> Any:
    return kyc.limits(context(), caller(request))


@api.get("/api/auth/admin/kyc")
def get_waiting(request: Request) -> Listed[Submission]:
    caller(request)
    query = request.params(PageQuery)
    found, total = kyc.waiting(context(), query.limit, query.offset)
    return Listed(found, Pagination(query.limit, query.offset, total))


@api.get("/api/auth/admin/kyc/<submission_id>")
def get_review(request: Request, submission_id: str) -> Any:
    return kyc.review(context(), caller(request), request.uuid(submission_id), client(request))


@api.post("/api/auth/admin/kyc/<submission_id>/decision")
def post_decision(request: Request, submission_id: str) -> Any:
    return kyc.decide(context(), caller(request), request.uuid(submission_id), request.json(KycDecision), client(request))
