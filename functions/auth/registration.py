"""Opening an account: register, confirm the address, ask for the confirmation mail again."""

from __future__ import annotations

from uuid import UUID

from psycopg import Connection

from functions.auth import common_passwords, recaptcha, rules
from functions.auth.context import Context, subject_of
from functions.auth.models import EmailRequest, Message, Registered, RegisteredUser, RegisterRequest, Verified, VerifyEmailRequest
from functions.auth.store import users
from mycrypto import mail
from mycrypto.audit import AuditRecord
from mycrypto.errors import FieldError, ProblemError
from mycrypto.http.request import Client
from mycrypto.ids import new_uuid
from mycrypto.mail import MailKind
from mycrypto.security import onetime
from mycrypto.security.onetime import OneTimeToken
from mycrypto.security.passwords import hash_password

REGISTERED_TEXT = "Kaydınız alındı. Lütfen e-posta adresinize gönderdiğimiz bağlantıyla adresinizi doğrulayın."
RESENT_TEXT = "Bu adrese ait doğrulanmamış bir hesap varsa, doğrulama e-postası gönderildi."
_CODE_LENGTH = 6


def register(context: Context, request: RegisterRequest, client: Client, recaptcha_token: str) -> Registered:
    """A new, unverified account, and the mail that verifies it.

    Raises VALIDATION_ERROR (every field at fault), RECAPTCHA_FAILED, EMAIL_ALREADY_EXISTS.
    """
    email = rules.normal_email(request.email)
    problems = rules.registration_problems(email, request.password, terms=request.terms_accepted, consent=request.kvkk_consent_accepted)
    if not any(problem.field == "password" for problem in problems) and (words := common_passwords.problem(request.password, email)):
        problems.append(FieldError("password", words))
    if problems:
        raise ProblemError("VALIDATION_ERROR", "; ".join(f"{item.field} {item.message}" for item in problems), errors=problems)
    recaptcha.require(context, recaptcha_token or request.recaptcha_token or request.legacy_recaptcha_token, client.ip)
    if users.email_exists(context.db.connection(), email):
        raise ProblemError("EMAIL_ALREADY_EXISTS")
    now, token = context.now(), onetime.new_token()
    user = users.NewUser(
        id=new_uuid(),
        email=email,
        password_hash=hash_password(request.password),
        token_hash=token.digest,
        token_expires_at=now + rules.VERIFICATION_LIFE,
        consent_version=rules.CONSENT_VERSION,
        locale=request.locale,
        created_at=now,
    )
    try:
        with context.db.transaction() as connection:
            users.insert(connection, user)
            _ask_for_mail(context, connection, email, user.id, token, client)
            context.record(connection, AuditRecord("user.registered", user_id=user.id, actor_id=user.id), client)
    except users.EmailTakenError:
        raise ProblemError("EMAIL_ALREADY_EXISTS") from None
    context.flush()
    return Registered(RegisteredUser(user.id, email, email_verified=False, created_at=now), REGISTERED_TEXT)


def _ask_for_mail(context: Context, connection: Connection, email: str, user_id: UUID | None, token: OneTimeToken, client: Client) -> None:
    mail.add_for(
        connection,
        MailKind.VERIFY_EMAIL,
        to=email,
        user_id=user_id,
        trace_id=client.trace_id,
        link=f"{context.settings.public_url}/verify-email#token={token.text}",
        code=token.text[:_CODE_LENGTH].upper(),
    )


def verify_email(context: Context, request: VerifyEmailRequest, client: Client) -> Verified:
    """Spend the mailed token. Raises VERIFICATION_TOKEN_INVALID for an unknown, used, expired or foreign one."""
    refusal = ProblemError("VERIFICATION_TOKEN_INVALID")
    if not onetime.has_form(request.token):
        raise refusal
    with context.db.transaction() as connection:
        user = users.verify_email(connection, onetime.digest(request.token), context.now())
        if user is None or (request.email and rules.normal_email(request.email) != user.email):
            raise refusal
        context.record(connection, AuditRecord("user.email_verified", user_id=user.id, actor_id=user.id), client)
    context.flush()
    return Verified(user.email, email_verified=True)


def resend(context: Context, request: EmailRequest, client: Client) -> Message:
    """A new token; the old one becomes invalid. The answer is the same for registered and unknown addresses."""
    email = rules.normal_email(request.email)
    context.take(context.settings.mail_limit("resend"), subject_of(email)).require()
    token = onetime.new_token()
    with context.db.transaction() as connection:
        # the same statements and rows for every address; where there is nothing to verify the mail is not sent
        user = users.lock_by_email(connection, email)
        user_id = user.id if user and not user.email_verified else None
        users.set_verification_token(connection, user_id or users.NO_USER_ID, token.digest, context.now() + rules.VERIFICATION_LIFE)
        _ask_for_mail(context, connection, email, user_id, token, client)
    context.flush()
    return Message(RESENT_TEXT)
