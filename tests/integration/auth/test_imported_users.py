"""Users of the earlier platform log in with the password that they have, and its bcrypt hash is replaced by today's."""

from __future__ import annotations

from uuid import uuid4

import bcrypt
import psycopg

from mycrypto.kyc import NATIONAL_ID
from mycrypto.security.sealing import Sealer
from mycrypto_local.importing.copy_text import Row
from mycrypto_local.importing.people import NO_PASSWORD, user_of
from mycrypto_local.importing.target import Target

from .conftest import PASSWORD, TWO_FACTOR_KEY, Account, Identity


def _imported(owner: psycopg.Connection, password_hash: str) -> Account:
    account = Account(f"imported-{uuid4()}@example.com")
    row: Row = {
        "id": str(uuid4()),
        "email": account.email.upper(),
        "password_hash": password_hash,
        "email_verified": "t",
        "terms_accepted": "t",
        "kvkk_consent_accepted": "t",
        "status": "ACTIVE",
        "created_at": "2025-01-01 00:00:00+00",
    }
    user, _ = user_of(row)
    Target(owner, Sealer.from_secret({"key": TWO_FACTOR_KEY}, NATIONAL_ID)).add_user(user)
    return account


def test_the_password_of_the_earlier_platform_opens_and_its_hash_is_renewed(
    identity: Identity, owner: psycopg.Connection, real_hashes: None
) -> None:
    earlier = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)).decode()
    account = _imported(owner, earlier)
    assert identity.login(account, "Wrong!passw0rd").code == "AUTH_001"
    assert identity.row(account.email, "password_hash") == earlier
    assert identity.login(account).status == 200
    renewed = identity.row(account.email, "password_hash")
    assert renewed.startswith("$argon2id$v=19$m=47104,t=1,p=1$")
    assert identity.login(account).status == 200
    assert identity.row(account.email, "password_hash") == renewed
    assert identity.row(account.email, "kyc_level") == 1


def test_a_user_whose_hash_could_not_be_read_opens_nothing_until_a_reset(identity: Identity, owner: psycopg.Connection) -> None:
    account = _imported(owner, "md5:0123")
    assert identity.row(account.email, "password_hash") == NO_PASSWORD
    for password in (PASSWORD, "md5:0123"):
        assert identity.login(account, password).code == "AUTH_001"
    assert identity.call("POST", "/api/auth/password/reset", {"email": account.email}).status == 200
    token = identity.token_mailed_to(account.email)
    new = {"token": token, "new_password": PASSWORD, "confirm_password": PASSWORD}
    assert identity.call("POST", "/api/auth/password/reset/confirm", new).status == 200
    assert identity.login(account).status == 200
