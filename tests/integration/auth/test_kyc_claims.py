"""Two people never work on one application, and the most urgent one is worked on first."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest

from functions.auth import kyc, kyc_claims
from functions.auth.context import Context
from mycrypto.http.request import Client
from mycrypto.security.tokens import Tier

from .conftest import Account, Answer, Identity
from .test_kyc import _decide, _found_clean, _submit
from .test_only_one import _principal
from .test_withdrawal_hold import Wait

NEXT = "/api/auth/admin/kyc-claims"


@pytest.fixture
def reviewers(identity: Identity) -> tuple[Account, Account]:
    """One of support, one administrator; no application of another test waits."""
    identity.owner.execute(
        "UPDATE kyc_submissions SET status = 'REJECTED', reviewed_at = now(), rejection_reason = 'x' WHERE status IN ('PENDING', 'IN_REVIEW')"
    )
    return identity.member(roles=["SUPPORT"], rate_limit_tier="vip"), identity.member(roles=["ADMIN"], rate_limit_tier="vip")


def _applied(identity: Identity, *, clean: bool = True, **columns: object) -> str:
    submission = str(_submit(identity, identity.member(**columns)).body["id"])
    if clean:
        _found_clean(identity, submission)
    return submission


def _claim(identity: Identity, reviewer: Account, submission: str, method: str = "POST") -> Answer:
    return identity.call(method, f"/api/auth/admin/kyc/{submission}/claim", token=reviewer.access_token)


def _next(identity: Identity, reviewer: Account) -> Answer:
    return identity.call("POST", NEXT, token=reviewer.access_token)


def _view(identity: Identity, reviewer: Account, submission: str) -> Answer:
    return identity.call("GET", f"/api/auth/admin/kyc/{submission}", token=reviewer.access_token)


def test_what_one_has_claimed_no_other_sees_or_decides(identity: Identity, reviewers: tuple[Account, Account]) -> None:
    support, admin = reviewers
    submission = _applied(identity)
    taken = _claim(identity, support, submission)
    assert (taken.status, taken.body["claimed_by"]) == (200, str(identity.row(support.email, "id")))
    for answer in (
        _claim(identity, admin, submission),
        _view(identity, admin, submission),
        _decide(identity, admin, submission, approve=True),
    ):
        assert (answer.status, answer.code) == (409, "KYC_CLAIMED")
    assert _claim(identity, admin, submission, "DELETE").status == 404
    assert _view(identity, support, submission).status == 200
    assert _decide(identity, support, submission, approve=True).body["status"] == "APPROVED"
    assert _claim(identity, support, submission).code == "KYC_NOT_OPEN"


def test_a_claim_ends_by_itself_and_by_its_owner(identity: Identity, reviewers: tuple[Account, Account], wait: Wait) -> None:
    support, admin = reviewers
    submission = _applied(identity)
    _claim(identity, support, submission)
    assert _claim(identity, support, submission, "DELETE").status == 204
    assert _claim(identity, admin, submission).status == 200
    wait(timedelta(minutes=29))
    assert _claim(identity, support, submission).code == "KYC_CLAIMED"
    wait(timedelta(minutes=2))
    assert _claim(identity, support, submission).status == 200


def test_the_most_urgent_application_comes_first_and_each_once(identity: Identity, reviewers: tuple[Account, Account]) -> None:
    support, admin = reviewers
    _applied(identity, clean=False, rate_limit_tier="vip")
    usual, second = _applied(identity), _applied(identity)
    urgent = _applied(identity, rate_limit_tier="pro")
    assert [_next(identity, reviewer).body["id"] for reviewer in (support, admin)] == [urgent, usual]
    assert _next(identity, support).body["id"] == urgent, "a reviewer goes on with what is claimed already"
    assert _decide(identity, support, urgent, approve=False, reason="x").status == 200
    assert _next(identity, support).body["id"] == second
    assert _decide(identity, support, second, approve=False, reason="x").status == 200
    assert _next(identity, support).status == 404


def test_reviewers_who_ask_at_once_get_different_applications(identity: Identity, reviewers: tuple[Account, Account]) -> None:
    made = {_applied(identity) for _ in range(2)}
    waiting = iter([_principal(identity, reviewer) for reviewer in reviewers])

    def take(context: Context) -> str:
        return str(kyc_claims.claim_next(context, next(waiting), Client("127.0.0.1", "", "")).id)

    assert set(identity.at_once(2, take)) == made


def test_only_staff_with_a_fresh_second_factor_claim_and_none_their_own(identity: Identity, reviewers: tuple[Account, Account]) -> None:
    support, admin = reviewers
    submission = _applied(identity)
    user = identity.member()
    assert _claim(identity, user, submission).code == _next(identity, user).code == "FORBIDDEN"
    own = str(_submit(identity, admin).body["id"])
    _found_clean(identity, own)
    assert _claim(identity, admin, own).code == "FORBIDDEN"
    assert _next(identity, admin).body["id"] == submission, "and not the own one, which is as urgent"
    assert _claim(identity, support, str(uuid4())).status == 404
    identity.owner.execute("UPDATE users SET two_fa_enabled = true WHERE email = %s", (support.email,))
    identity.owner.execute(
        "INSERT INTO two_factor_secrets (user_id, secret_encrypted, verified_at) VALUES (%s, 'x', now())",
        (identity.row(support.email, "id"),),
    )
    assert _claim(identity, support, submission).code == "AUTH_003"


def test_a_repeated_application_is_less_urgent() -> None:
    tiers = [kyc.priority_of(tier, repeated=repeated) for tier in (Tier.VIP, Tier.FREE) for repeated in (False, True)]
    assert tiers == [1, 1, 2, 3]
