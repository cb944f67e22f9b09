"""The first administrator of a stage: granted by the migrations function, written down, and an administrator from the next log-in on."""

from __future__ import annotations

import pytest

from functions.migrations import administrators

from .conftest import Identity


def test_a_verified_user_becomes_an_administrator_once(identity: Identity, exchange_dsn: str) -> None:
    user = identity.verified()
    granted = administrators.grant(exchange_dsn, f" {user.email.upper()} ", invoked_by="arn:aws:iam::111122223333:user/op")
    assert (granted.changed, granted.roles) == (True, ["USER", "ADMIN"])
    assert not administrators.grant(exchange_dsn, user.email, invoked_by="again").changed
    written = identity.owner.execute(
        "SELECT action, actor_type, result, old_value, new_value, reason FROM audit_logs WHERE user_id = %s AND action = 'user.roles'",
        (granted.user_id,),
    ).fetchall()
    assert written == [
        (
            administrators.ACTION, "SYSTEM", "SUCCESS", {"roles": ["USER"]}, {"roles": ["USER", "ADMIN"]},
            "granted by arn:aws:iam::111122223333:user/op",
        )
    ]  # fmt: skip
    token = identity.login(user).body["access_token"]
    assert identity.call("GET", "/api/auth/admin/users", token=token).status == 200


def test_strangers_unverified_and_suspended_accounts_are_refused(identity: Identity, exchange_dsn: str) -> None:
    unverified, _ = identity.register()
    suspended = identity.verified()
    identity.owner.execute("UPDATE users SET status = 'SUSPENDED' WHERE email = %s", (suspended.email,))
    for email, why in (
        ("unknown@example.com", "no user is registered"),
        (unverified.email, "not verified"),
        (suspended.email, "not active"),
    ):
        with pytest.raises(LookupError, match=why):
            administrators.grant(exchange_dsn, email, invoked_by="a test")
        assert identity.owner.execute("SELECT count(*) FROM users WHERE email = %s AND 'ADMIN' = ANY (roles)", (email,)).fetchone() == (0,)
