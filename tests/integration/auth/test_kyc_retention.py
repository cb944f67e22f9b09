"""Applications and their pictures go seven years after the decision, but for those that prove who a customer is."""

from __future__ import annotations

from typing import Any

import boto3
import psycopg
import pytest
from aws_lambda_powertools.utilities.typing import LambdaContext
from botocore.exceptions import EndpointConnectionError

from functions.auth import kyc_retention

from .conftest import Account, Identity
from .test_kyc import _decide, _found_clean, _submit

BUCKET = "kyc-documents"


@pytest.fixture(scope="module")
def admin(identity: Identity) -> Account:
    return identity.member(roles=["ADMIN"], rate_limit_tier="vip")


def _decided(identity: Identity, admin: Account, account: Account, age: str, *, approve: bool = False) -> str:
    """An application that was decided so long ago."""
    submission = str(_submit(identity, account).body["id"])
    _found_clean(identity, submission)
    assert _decide(identity, admin, submission, approve=approve, reason="x").status == 200
    identity.owner.execute("UPDATE kyc_submissions SET reviewed_at = now() - %s::interval WHERE id = %s", (age, submission))
    return submission


def _kept(identity: Identity, submission: str) -> tuple[bool, int]:
    """Whether the row is there, and how many of its pictures."""
    row = identity.owner.execute("SELECT count(*) FROM kyc_submissions WHERE id = %s", (submission,)).fetchone()
    return row == (1,), len(_keys(identity, submission))


def _keys(identity: Identity, submission: str) -> list[str]:
    return [row[0] for row in identity.owner.execute("SELECT s3_key FROM kyc_documents WHERE submission_id = %s", (submission,))]


def _objects() -> set[str]:
    found = boto3.client("s3").get_paginator("list_objects_v2").paginate(Bucket=BUCKET)
    return {entry["Key"] for page in found for entry in page.get("Contents", ())}


def _run(identity: Identity) -> dict[str, int]:
    found: dict[str, int] = identity.handler({"job": "retention"}, LambdaContext())
    return found


def test_a_rejected_application_goes_after_seven_years_with_its_pictures(identity: Identity, admin: Account) -> None:
    _run(identity)
    old = _decided(identity, admin, identity.member(), "7 years 3 days")
    young = _decided(identity, admin, identity.member(), "6 years 364 days")
    waiting = str(_submit(identity, identity.member()).body["id"])
    gone, kept = set(_keys(identity, old)), {*_keys(identity, young), *_keys(identity, waiting)}
    assert gone | kept <= _objects()
    assert _run(identity) == {"applications": 1, "pictures": 3}
    assert _kept(identity, old) == (False, 0)
    assert (_kept(identity, young), _kept(identity, waiting)) == ((True, 3), (True, 3))
    assert not gone & _objects()
    assert kept <= _objects()
    assert _run(identity) == {"applications": 0, "pictures": 0}
    audited = [message["data"] for message in identity.drain("audit-logs") if message["data"]["action"] == "kyc.forgotten"]
    assert [record["resource"] for record in audited] == [f"kyc:{old}"]


def test_the_proof_of_a_customer_stays_until_another_takes_its_place_or_the_sealed_identity_is_gone(
    identity: Identity, admin: Account
) -> None:
    account = identity.member()
    proof = _decided(identity, admin, account, "20 years", approve=True)
    assert _run(identity)["applications"] == 0
    user_id = identity.row(account.email, "id")
    identity.owner.execute(
        "INSERT INTO closed_accounts (user_id, closed_at, keep_until, identity_sealed) VALUES (%s, now(), now() + interval '1 day', 'x')",
        (user_id,),
    )
    identity.owner.execute("UPDATE users SET status = 'CLOSED' WHERE id = %s", (user_id,))
    assert _run(identity)["applications"] == 0
    identity.owner.execute("DELETE FROM closed_accounts WHERE user_id = %s", (user_id,))
    assert _run(identity)["applications"] == 1
    assert _kept(identity, proof) == (False, 0)

    other = identity.member()
    first = _decided(identity, admin, other, "20 years", approve=True)
    identity.owner.execute("UPDATE users SET kyc_level = 1 WHERE email = %s", (other.email,))
    assert identity.login(other).status == 200
    number = identity.owner.execute("SELECT tc_kimlik_no_fingerprint FROM kyc_submissions WHERE id = %s", (first,)).fetchone()
    second = str(_submit(identity, other).body["id"])
    assert number is not None
    _found_clean(identity, second)
    assert _decide(identity, admin, second, approve=True).status == 200
    assert _run(identity)["applications"] == 0, "what replaced it is young"
    identity.owner.execute("UPDATE kyc_submissions SET reviewed_at = now() - interval '8 years' WHERE id = %s", (second,))
    assert _run(identity)["applications"] == 1
    assert (_kept(identity, first), _kept(identity, second)) == ((False, 0), (True, 3))


def test_while_the_bucket_is_away_the_row_stays_and_a_later_run_ends_it(
    identity: Identity, admin: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = _decided(identity, admin, identity.member(), "8 years")

    class Away:
        def delete_object(self, **_: Any) -> None:
            raise EndpointConnectionError(endpoint_url="https://s3.example")

    with monkeypatch.context() as patch:
        patch.setattr(kyc_retention, "documents_client", Away)
        with pytest.raises(EndpointConnectionError):
            _run(identity)
    assert _kept(identity, old) == (True, 3)
    assert _run(identity) == {"applications": 1, "pictures": 3}


def test_the_table_lets_nothing_younger_go(identity: Identity, admin: Account) -> None:
    young = _decided(identity, admin, identity.member(), "6 years 364 days")
    waiting = str(_submit(identity, identity.member()).body["id"])
    for submission in (young, waiting):
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="seven years"):
            identity.owner.execute("DELETE FROM kyc_submissions WHERE id = %s", (submission,))
