"""Rules of the form "only one" (or "only ten"), asked for by many at the same moment."""

from __future__ import annotations

import time
from uuid import UUID

import psycopg
import pytest

from functions.auth import api_keys, kyc, registration, second_factor
from functions.auth.context import Context
from functions.auth.models import ApiKeyRequest, KycDecision, RegisterRequest, TwoFactorEnrolment
from functions.auth.multipart import File, Form
from mycrypto.http.request import Client, Principal
from mycrypto.security import tokens, totp
from mycrypto.security.api_keys import Scope
from tests.integration.auth import test_kyc as forms

from .conftest import PASSWORD, Account, Identity

HERE = Client("127.0.0.1", "", "")


def _principal(identity: Identity, account: Account) -> Principal:
    claims = tokens.verify_access(account.access_token, identity.auth.context().keys.public)
    return Principal(claims.sub, claims.email, claims.roles, claims.tier, claims.kyc_level, claims.jti, claims.sid, claims.exp)


def test_one_national_id_is_approved_for_one_account(identity: Identity) -> None:
    admin = _principal(identity, identity.member(roles=["ADMIN"], rate_limit_tier="vip"))
    for _ in range(3):
        number, accounts = forms._national_id(), [identity.member() for _ in range(3)]
        made = [forms._submit(identity, account, forms.FIELDS | {"tc_kimlik_no": number}).body["id"] for account in accounts]
        for submission in made:
            forms._found_clean(identity, submission)
        waiting = iter(made)

        def approve(context: Context, waiting: object = waiting) -> str:
            return kyc.decide(context, admin, UUID(next(waiting)), KycDecision(approve=True), HERE).status  # type: ignore[call-overload]

        assert sorted(identity.at_once(3, approve)) == ["APPROVED", "KYC_NOT_OPEN", "KYC_NOT_OPEN"]
        levels = [identity.row(account.email, "kyc_level") for account in accounts]
        assert sorted(levels) == [1, 1, 2]


def test_the_database_itself_holds_it_for_every_writer(identity: Identity) -> None:
    """As code of before this rule would: it looked first, and wrote then."""
    number, accounts = forms._national_id(), [identity.member() for _ in range(2)]
    made = [forms._submit(identity, account, forms.FIELDS | {"tc_kimlik_no": number}).body["id"] for account in accounts]
    write = "UPDATE kyc_submissions SET status = 'APPROVED', reviewed_at = now() WHERE id = %s"
    identity.owner.execute(write, (made[0],))
    with pytest.raises(psycopg.errors.UniqueViolation):
        identity.owner.execute(write, (made[1],))


def test_the_same_person_is_approved_for_the_next_level(identity: Identity) -> None:
    admin, account, number = identity.member(roles=["ADMIN"], rate_limit_tier="vip"), identity.member(), forms._national_id()
    for fields, files in (({}, {}), ({"level": "LEVEL_2"}, {"address_proof": forms.JPEG})):
        answer = forms._submit(identity, account, forms.FIELDS | {"tc_kimlik_no": number} | fields, forms.FILES | files)
        forms._found_clean(identity, answer.body["id"])
        assert forms._decide(identity, admin, answer.body["id"], approve=True).status == 200
        identity.login(account)
    assert identity.row(account.email, "kyc_level") == 3


def test_an_address_is_registered_once_in_whatever_case(identity: Identity) -> None:
    spellings = iter(["Ilgin.Isik@Example.com", "ilgin.isik@example.com", "ILGIN.ISIK@EXAMPLE.COM", " İlgin.İsik@EXAMPLE.com "])

    def register(context: Context) -> str:
        return registration.register(context, RegisterRequest(next(spellings), PASSWORD, True, True), HERE, "").user.email

    assert sorted(identity.at_once(4, register)) == ["EMAIL_ALREADY_EXISTS"] * 3 + ["ilgin.isik@example.com"]


@pytest.mark.parametrize("address", ["ılgin@example.com", "ﬁlgin@example.com", "ilgin@example。com", "ilgın@example.com"])
def test_letters_that_fold_into_others_are_no_second_spelling(identity: Identity, address: str) -> None:
    _, answer = identity.register(address)
    assert (answer.status, answer.body.get("errors", [{}])[0].get("field")) == (400, "email"), answer.body


def test_a_user_has_ten_keys_at_most(identity: Identity) -> None:
    account = identity.member(rate_limit_tier="vip")
    principal, request = _principal(identity, account), ApiKeyRequest("x", [Scope.READ], PASSWORD)
    for _ in range(8):
        api_keys.create(identity.auth.context(), principal, request, HERE, fresh=False)
    made = identity.at_once(4, lambda context: api_keys.create(context, principal, request, HERE, fresh=False).label)
    assert sorted(made) == ["API_KEY_LIMIT", "API_KEY_LIMIT", "x", "x"]


def test_a_user_has_one_open_application(identity: Identity) -> None:
    account = identity.member()
    principal = _principal(identity, account)
    files = {name: File(f"{name}.jpg", content) for name, content in forms.FILES.items()}
    form = Form(forms.FIELDS | {"tc_kimlik_no": forms._national_id()}, files)
    made = identity.at_once(3, lambda context: kyc.submit(context, principal, form, HERE).status)
    assert sorted(made) == ["KYC_ALREADY_SUBMITTED", "KYC_ALREADY_SUBMITTED", "PENDING"]


def test_a_second_factor_is_turned_on_once(identity: Identity) -> None:
    account = identity.member()
    setup = identity.call("POST", "/api/auth/2fa/setup", {"password": PASSWORD}, token=account.access_token).body
    principal = _principal(identity, account)
    request = TwoFactorEnrolment(setup["setup_token"], totp.code_at(setup["manual_entry_key"], int(time.time())))
    made = identity.at_once(3, lambda context: len(second_factor.enrol(context, principal, request, HERE).backup_codes))
    assert made.count(10) == 1
    assert set(made) - {10} <= {"2FA_ALREADY_ENABLED", "INVALID_SETUP_TOKEN"}
