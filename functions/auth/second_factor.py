"""The second factor: enrolment, the step at log-in, step-up within a session, backup codes, and turning it off."""

from __future__ import annotations

import base64
import hmac
import io
import json
import secrets
from collections.abc import Callable
from datetime import datetime
from typing import Final, cast
from uuid import UUID

import msgspec
from psycopg import Connection

from functions.auth import backup_codes, challenges, confirmation, login, sessions, trusted_devices
from functions.auth.context import Context
from functions.auth.models import (
    BackupCodes,
    ConfirmWithPassword,
    PasswordOnly,
    SecondFactorSetup,
    SecondFactorState,
    StepUp,
    TokenPair,
    TwoFactorEnrolment,
    TwoFactorVerify,
)
from functions.auth.store import devices, users
from functions.auth.store import second_factor as store
from functions.auth.store.users import User
from mycrypto import mail
from mycrypto.audit import AuditRecord, Result
from mycrypto.errors import ProblemError
from mycrypto.http.request import Client, Principal
from mycrypto.mail import MailKind
from mycrypto.security import guard, onetime, second_factor, totp, withdrawal_hold
from mycrypto.security.guard import Kind, Try
from mycrypto.security.second_factor import Check
from mycrypto.security.withdrawal_hold import HoldReason

SETUP_LIFE_S: Final = 15 * 60


def _setup_key(user_id: UUID) -> str:
    return f"2fa:setup:{user_id}"


def _qr_code(text: str) -> str:
    """A QR code as a PNG data URI."""
    import qrcode

    buffer = io.BytesIO()
    qrcode.make(text).save(buffer)
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()


def _require_user(connection: Connection, user_id: UUID) -> User:
    user = users.lock_by_id(connection, user_id)
    if user is None:
        raise ProblemError("UNAUTHORIZED", confirmation.GONE)
    return user


def _admit(context: Context, user_id: UUID, client: Client) -> Try:
    """Count a try of the user before it is judged. Raises TOO_MANY_ATTEMPTS by the address alone: more than fifty an hour."""
    verdict = context.take(context.settings.second_factor_limit, client.ip)
    if not verdict.allowed:
        context.meter.count("auth_2fa_failed_total", reason="too_many_attempts")
        with context.db.transaction() as connection:
            second_factor.record(connection, user_id, "rate_limit_exceeded", ip=client.ip, user_agent=client.user_agent)
        raise ProblemError("TOO_MANY_ATTEMPTS", headers=verdict.headers())
    return guard.admit(context.db, Kind.SECOND_FACTOR, str(user_id), context.now())


def _judged(context: Context, connection: Connection, user: User, tried: Try, *, right: bool, method: str, client: Client) -> bool:
    """Write down what came of a try, and clear the count if it was right."""
    action = "verify_success" if right else "verify_failed"
    second_factor.record(connection, user.id, action, ip=client.ip, user_agent=client.user_agent, method=method)
    result = Result.SUCCESS if right else Result.FAILURE
    context.record(connection, AuditRecord("two_factor.shown", result, user.id, user.id, resource=method), client)
    if right:
        guard.clear(connection, tried.kind, tried.subject)
        return True
    confirmation.tell_of_lock(context, connection, user, tried, user.email, client)
    if tried.shuts_until is not None:
        context.meter.count("auth_2fa_lockout_total")
    return False


def setup(context: Context, caller: Principal, request: PasswordOnly, client: Client) -> SecondFactorSetup:
    """A new secret, waiting fifteen minutes for its first code. Raises 2FA_ALREADY_ENABLED, AUTH_001.

    It asks for the password: a thief of an access token must not lock the owner out with a second factor.
    """
    if store.state(context.db.connection(), caller.user_id):
        raise ProblemError("2FA_ALREADY_ENABLED")
    confirmed = confirmation.by_password(context, caller, request.password, client)
    secret, setup_token = totp.new_secret(), secrets.token_hex(32)
    waiting = {
        "sealed": context.sealer(second_factor.PURPOSE).seal(secret, str(caller.user_id)),
        "token_digest": onetime.digest(setup_token),
        "mark": confirmed.mark,
    }
    context.redis.set(_setup_key(caller.user_id), json.dumps(waiting), ex=SETUP_LIFE_S)
    with context.db.transaction() as connection:
        second_factor.record(connection, caller.user_id, "setup", ip=client.ip, user_agent=client.user_agent)
    context.meter.count("auth_2fa_setup_total")
    return SecondFactorSetup(_qr_code(totp.uri(secret, caller.email)), secret, setup_token)


def enrol(context: Context, caller: Principal, request: TwoFactorEnrolment, client: Client) -> BackupCodes:
    """Turn the second factor on with its first code; the backup codes are shown here and never again.

    Raises INVALID_SETUP_TOKEN, INVALID_2FA_CODE, TOO_MANY_ATTEMPTS, 2FA_ALREADY_ENABLED.
    """
    tried = _admit(context, caller.user_id, client)
    raw = cast("bytes | None", context.redis.get(_setup_key(caller.user_id)))
    waiting: dict[str, str] = json.loads(raw) if raw else {}
    if not waiting or not hmac.compare_digest(waiting["token_digest"], onetime.digest(request.setup_token)):
        raise ProblemError("INVALID_SETUP_TOKEN")
    now = context.now()
    secret = context.sealer(second_factor.PURPOSE).open(waiting["sealed"], str(caller.user_id))
    step = totp.matching_step(secret, request.code, now_s=int(now.timestamp()), after_step=0)
    codes = backup_codes.new_codes()
    hashes = backup_codes.hashes_of(codes)
    with context.db.transaction() as connection:
        user = _require_user(connection, caller.user_id)
        if user.two_fa_enabled:
            raise ProblemError("2FA_ALREADY_ENABLED")
        if waiting.get("mark") != confirmation.mark_of(user):
            raise ProblemError("INVALID_SETUP_TOKEN")
        right = _judged(context, connection, user, tried, right=step is not None and tried.admitted, method="totp", client=client)
        if right and step is not None:
            store.enable(connection, user.id, waiting["sealed"], step=step, now=now)
            store.replace_backup_codes(connection, user.id, hashes)
            withdrawal_hold.start(connection, user.id, HoldReason.SECOND_FACTOR_ENABLED, now)
            second_factor.record(connection, user.id, "enabled", ip=client.ip, user_agent=client.user_agent)
            context.record(connection, AuditRecord("two_factor.enabled", user_id=user.id, actor_id=user.id), client)
            mail.add(connection, MailKind.TWO_FACTOR_ENABLED, to=user.email, user_id=user.id, trace_id=client.trace_id)
    _meter_code(context, "auth_2fa_verify_total", right=right, method="totp")
    context.flush()
    if not right:
        raise ProblemError("INVALID_2FA_CODE")
    context.tolerate(lambda: context.redis.delete(_setup_key(caller.user_id)))
    return BackupCodes(codes)


def complete_login(context: Context, request: TwoFactorVerify, client: Client) -> TokenPair:
    """The second step of a log-in. Raises INVALID_CHALLENGE, AUTH_004, TOO_MANY_ATTEMPTS, ACCOUNT_SUSPENDED."""
    challenge = challenges.find(context, request.challenge_token)
    if challenge is None:
        context.meter.count("auth_2fa_failed_total", reason="unknown_challenge")
        raise ProblemError("INVALID_CHALLENGE")
    tried = _admit(context, challenge.user_id, client)
    issued = None
    device_token: str | msgspec.UnsetType = msgspec.UNSET
    with context.db.transaction() as connection:
        user = _require_user(connection, challenge.user_id)
        now = context.now()
        if not challenge.fits(user):
            raise ProblemError("INVALID_CHALLENGE", "the password was changed; log in again")
        if not user.is_active():
            raise ProblemError("ACCOUNT_SUSPENDED")
        right = _show(context, connection, user, request.code, tried, client, now)
        if right:
            if not challenges.close(context, request.challenge_token):
                raise ProblemError("INVALID_CHALLENGE")
            issued = login.open_session(context, connection, user, client, now)
            if request.trust_device:
                device_token = trusted_devices.trust(context, connection, user, client, now)
    context.flush()
    if issued is None:
        raise ProblemError("AUTH_004")
    sessions.remember(context, issued.session)
    return msgspec.structs.replace(issued.pair, device_token=device_token)


def step_up(context: Context, caller: Principal, code: str, client: Client) -> StepUp:
    """Show the second factor within a session; for five minutes it counts as fresh. Raises AUTH_004, 2FA_NOT_ENABLED."""
    if store.state(context.db.connection(), caller.user_id) is None:
        raise ProblemError("2FA_NOT_ENABLED")
    tried = _admit(context, caller.user_id, client)
    with context.db.transaction() as connection:
        user = _require_user(connection, caller.user_id)
        right = _show(context, connection, user, code, tried, client, context.now())
    context.flush()
    if not right:
        raise ProblemError("AUTH_004")
    context.redis.set(second_factor.fresh_key(caller.sid), "1", ex=second_factor.FRESH_S)
    return StepUp(valid=True, expires_in=second_factor.FRESH_S)


def _show(context: Context, connection: Connection, user: User, code: str, tried: Try, client: Client, now: datetime) -> bool:
    """Check and spend a TOTP or backup code, and write down which; a wrong one is written down too. One that is right while the guard is
    shut is not spent and counts as wrong.
    """
    printed = backup_codes.normal(code)
    if printed is not None:
        code_id = backup_codes.find(printed, store.unused_backup_codes(connection, user.id))
        right = code_id is not None and tried.admitted
        if code_id is not None and right:
            _use_backup_code(context, connection, user, code_id, client, now)
    else:
        sealer = context.sealer(second_factor.PURPOSE)
        right = second_factor.check(connection, user.id, code, sealer, now, tried=tried) is Check.RIGHT
    method = "totp" if printed is None else "backup"
    _meter_code(context, "auth_2fa_validate_total", right=right, method=method)
    return _judged(context, connection, user, tried, right=right, method=method, client=client)


def _meter_code(context: Context, name: str, *, right: bool, method: str) -> None:
    context.meter.write({name: 1, "auth_2fa_verifications": 1}, status="right" if right else "wrong", method=method)
    if not right:
        context.meter.count("auth_2fa_failed_total", reason="wrong_code")


def _use_backup_code(context: Context, connection: Connection, user: User, code_id: UUID, client: Client, now: datetime) -> None:
    store.use_backup_code(connection, code_id, now)
    state = store.state(connection, user.id)
    remaining = str(state.backup_codes_remaining if state else 0)
    second_factor.record(connection, user.id, "backup_used", ip=client.ip, user_agent=client.user_agent, remaining=remaining)
    mail.add(connection, MailKind.BACKUP_CODE_USED, to=user.email, user_id=user.id, trace_id=client.trace_id, remaining=remaining)
    context.meter.count("auth_2fa_backup_used_total")


def state(context: Context, caller: Principal) -> SecondFactorState:
    found = store.state(context.db.connection(), caller.user_id)
    if found is None:
        return SecondFactorState(is_enabled=False, enabled_at=None, backup_codes_remaining=0)
    return SecondFactorState(is_enabled=True, enabled_at=found.enabled_at, backup_codes_remaining=found.backup_codes_remaining)


def disable(context: Context, caller: Principal, request: ConfirmWithPassword, client: Client) -> SecondFactorState:
    """Password and code together turn it off. Raises AUTH_001, AUTH_004, 2FA_NOT_ENABLED, TOO_MANY_ATTEMPTS."""

    def turn_off(connection: Connection, user: User) -> None:
        now = context.now()
        store.disable(connection, user.id, now)
        devices.forget_all(connection, user.id)
        withdrawal_hold.start(connection, user.id, HoldReason.SECOND_FACTOR_DISABLED, now)
        second_factor.record(connection, user.id, "disabled", ip=client.ip, user_agent=client.user_agent)
        context.record(connection, AuditRecord("two_factor.disabled", user_id=user.id, actor_id=user.id), client)
        mail.add(connection, MailKind.TWO_FACTOR_DISABLED, to=user.email, user_id=user.id, trace_id=client.trace_id)

    _with_both(context, caller, request, client, turn_off)
    context.tolerate(lambda: context.redis.delete(second_factor.fresh_key(caller.sid)))
    context.meter.count("auth_2fa_disabled_total")
    return state(context, caller)


def regenerate(context: Context, caller: Principal, request: ConfirmWithPassword, client: Client) -> BackupCodes:
    """Ten new backup codes in place of the old ones. Raises as ``disable``."""
    codes = backup_codes.new_codes()
    hashes = backup_codes.hashes_of(codes)

    def replace(connection: Connection, user: User) -> None:
        store.replace_backup_codes(connection, user.id, hashes)
        withdrawal_hold.start(connection, user.id, HoldReason.BACKUP_CODES_REPLACED, context.now())
        second_factor.record(connection, user.id, "backup_regenerated", ip=client.ip, user_agent=client.user_agent)
        context.record(connection, AuditRecord("two_factor.backup_codes_replaced", user_id=user.id, actor_id=user.id), client)

    _with_both(context, caller, request, client, replace)
    return BackupCodes(codes)


def _with_both(
    context: Context, caller: Principal, request: ConfirmWithPassword, client: Client, act: Callable[[Connection, User], None]
) -> None:
    """What asks for the password and for a code, whichever is guessed at the guard counts it."""
    if store.state(context.db.connection(), caller.user_id) is None:
        raise ProblemError("2FA_NOT_ENABLED")
    confirmed = confirmation.by_password(context, caller, request.password, client)
    tried = _admit(context, caller.user_id, client)
    with context.db.transaction() as connection:
        user = confirmed.lock_user(connection, caller)
        right = _show(context, connection, user, request.code, tried, client, context.now())
        if right:
            act(connection, user)
    context.flush()
    if not right:
        raise ProblemError("AUTH_004")
