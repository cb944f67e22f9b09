"""A new e-mail address."""

from __future__ import annotations

from typing import Any

from functions.auth import email_change
from functions.auth.account_models import EmailChangeAsked, EmailChangeConfirmed, EmailChangeRequest, EmailChangeToken
from functions.auth.app import VERIFY, context, is_fresh
from functions.auth.routes.shared import OPEN_BODY
from functions.auth.store.email_changes import EmailChange
from mycrypto import permissions
from mycrypto.http.operation import BODY_ERRORS, Operation
from mycrypto.http.request import Reply, Request


@Operation(
    method="post",
    path="/api/auth/email-change",
    name="askEmailChange",
    summary="Ask for a new address; the old one and the new one both get a link",
    tag="accounts",
    answer=EmailChangeAsked,
    status=202,
    body=EmailChangeRequest,
    errors=(*BODY_ERRORS, "AUTH_001", "AUTH_003"),
    rules={"new_email": "is an address that mail can be sent to, and not the present one"},
    permission=permissions.SIGNED_IN,
)
def post_email_change(request: Request) -> Reply:
    caller = request.caller
    body = request.json(EmailChangeRequest)
    return Reply(email_change.ask(context(), caller, body, request.client, fresh=is_fresh(caller)), status=202)


@Operation(
    method="get",
    path="/api/auth/email-change",
    name="getEmailChange",
    summary="The change of address that waits",
    tag="accounts",
    answer=EmailChange,
    errors=("NOT_FOUND",),
    permission=permissions.SIGNED_IN,
)
def get_email_change(request: Request) -> Any:
    return email_change.waiting(context(), request.caller)


@Operation(
    method="delete",
    path="/api/auth/email-change",
    name="cancelEmailChange",
    summary="Drop the change of address that waits",
    tag="accounts",
    status=204,
    errors=("NOT_FOUND",),
    permission=permissions.SIGNED_IN,
)
def delete_email_change(request: Request) -> Reply:
    email_change.cancel(context(), request.caller, request.client)
    return Reply(status=204)


@Operation(
    method="post",
    path="/api/auth/email-change/confirm",
    name="confirmEmailChange",
    summary="Agree to a new address with the mailed token of the old or the new one",
    tag="accounts",
    answer=EmailChangeConfirmed,
    body=EmailChangeToken,
    errors=(*OPEN_BODY, "VERIFICATION_TOKEN_INVALID"),
    permission=permissions.OPEN,
    limit=VERIFY,
)
def post_confirm(request: Request) -> Any:
    return email_change.confirm(context(), request.json(EmailChangeToken).token, request.client)
