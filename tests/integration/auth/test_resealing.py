"""Everything that is sealed with an earlier key is sealed again with the newest, and is the same when it is opened."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any, cast
from uuid import UUID, uuid4

import boto3
import msgspec
import psycopg
import pytest
from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.auth import closure, resealing
from functions.auth.store import sealed
from mycrypto import secrets
from mycrypto.kyc import NATIONAL_ID
from mycrypto.security import api_keys, second_factor
from mycrypto.security.api_keys import PublishedApiKey, redis_key
from mycrypto.security.sealing import Sealer, mark_of, with_new_key

from .conftest import PASSWORD, TWO_FACTOR_KEY, Identity

SECRET = "mycrypto/local/two-factor"
FIRST = {"key": TWO_FACTOR_KEY}


def _put(document: dict[str, Any]) -> None:
    boto3.client("secretsmanager").put_secret_value(SecretId=SECRET, SecretString=json.dumps(document))
    secrets.forget()


def _run(identity: Identity) -> dict[str, int]:
    found: dict[str, int] = identity.handler({"job": "reseal"}, LambdaContext())
    return found


@pytest.fixture
def renewed(identity: Identity) -> Iterator[dict[str, Any]]:
    """A new key; the other tests have the first one again afterwards."""
    document = with_new_key(FIRST)
    yield document
    _put({"key": TWO_FACTOR_KEY, "previous": [document["key"], TWO_FACTOR_KEY]})
    _run(identity)
    _put(FIRST)


@pytest.fixture
def rows(identity: Identity, owner: psycopg.Connection) -> dict[str, Any]:
    """One sealed text of each kind, by what it says."""
    account = identity.member()
    setup = identity.call("POST", "/api/auth/2fa/setup", {"password": PASSWORD}, token=account.access_token).body
    user_id = identity.row(account.email, "id")
    sealer = Sealer.from_secret(FIRST, second_factor.PURPOSE)
    text = sealer.seal(setup["manual_entry_key"], str(user_id)).partition(".")[2]  # as before there were marks
    owner.execute("INSERT INTO two_factor_secrets (user_id, secret_encrypted, verified_at) VALUES (%s, %s, now())", (user_id, text))
    key = identity.call(
        "POST", "/api/auth/api-keys", {"label": "robot", "scopes": ["read"], "password": PASSWORD}, token=account.access_token
    ).body
    application = uuid4()
    number = Sealer.from_secret(FIRST, NATIONAL_ID)
    owner.execute(
        """INSERT INTO kyc_submissions (id, user_id, level, tc_kimlik_no_encrypted, tc_kimlik_no_fingerprint, first_name, last_name,
                                        date_of_birth, phone)
           VALUES (%s, %s, 2, %s, %s, 'Ada', 'Lovelace', '1990-01-01', '+905321234567')""",
        (application, user_id, number.seal("10000000146", str(application)), number.fingerprint("10000000146")),
    )
    closed = identity.row(identity.verified().email, "id")
    owner.execute(
        "INSERT INTO closed_accounts (user_id, closed_at, keep_until, identity_sealed) VALUES (%s, now(), now() + interval '1 day', %s)",
        (closed, Sealer.from_secret(FIRST, closure.PURPOSE).seal("who it was", str(closed))),
    )
    return {
        "two_factor_secrets": (user_id, setup["manual_entry_key"]),
        "api_keys": (key["key_id"], key["secret"]),
        "kyc_submissions": (application, "10000000146"),
        "closed_accounts": (closed, "who it was"),
    }


def _texts(owner: psycopg.Connection, rows: dict[str, Any]) -> dict[str, tuple[str, str]]:
    """Sealed text and label of each, by purpose."""
    found = {}
    for place, purpose in resealing.PLACES:
        key = rows[place.table][0]
        row = owner.execute(f"SELECT {place.sealed} FROM {place.table} WHERE {place.key} = %s", (key,)).fetchone()
        assert row is not None
        found[purpose] = (row[0], str(key))
    return found


def test_every_kind_is_sealed_with_the_newest_key_and_says_what_it_said(
    identity: Identity, owner: psycopg.Connection, rows: dict[str, Any], renewed: dict[str, Any]
) -> None:
    _put(renewed)
    done = _run(identity)
    assert done["resealed"] >= 4
    assert done["remaining"] == done["unreadable"], "what other tests wrote there that was never sealed"
    newest_alone = {"key": renewed["key"]}
    said = {purpose: Sealer.from_secret(newest_alone, purpose).open(text, label) for purpose, (text, label) in _texts(owner, rows).items()}
    assert list(said.values()) == [rows[place.table][1] for place, _ in resealing.PLACES]
    key_id, secret = rows["api_keys"]
    published = msgspec.json.decode(cast("bytes", identity.auth.context().redis.get(redis_key(key_id))), type=PublishedApiKey)
    assert published.secret(Sealer.from_secret(newest_alone, api_keys.PURPOSE)) == secret.encode()
    assert _run(identity) == done | {"resealed": 0}, "it may be repeated"


def test_what_is_broken_off_goes_on_where_it_was(
    identity: Identity, owner: psycopg.Connection, rows: dict[str, Any], renewed: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    mark = mark_of(base64.b64decode(renewed["key"]))
    _put(renewed)
    monkeypatch.setattr(resealing, "BATCH", 1)
    before, batches = sealed.replace, iter(range(100_000))

    def dies(connection: psycopg.Connection, place: sealed.Place, texts: list[tuple[str, Any]]) -> None:
        before(connection, place, texts)
        if next(batches) == 1:
            raise KeyboardInterrupt

    monkeypatch.setattr(sealed, "replace", dies)
    with pytest.raises(KeyboardInterrupt):
        _run(identity)
    for purpose, (text, label) in _texts(owner, rows).items():
        assert Sealer.from_secret(renewed, purpose).open(text, label), "every text opens in between"
    assert any(not text.startswith(f"{mark}.") for text, _ in _texts(owner, rows).values())
    done = _run(identity)
    assert done["remaining"] == done["unreadable"]
    assert all(text.startswith(f"{mark}.") for text, _ in _texts(owner, rows).values())


def test_without_time_nothing_is_done_and_the_rest_is_counted(identity: Identity, rows: dict[str, Any], renewed: dict[str, Any]) -> None:
    _put(renewed)
    done = resealing.run(identity.auth.context(), lambda: resealing.SECONDS_MAX)
    assert done.resealed == 0
    assert done.remaining >= len(rows)


def test_a_text_that_no_key_opens_stays_and_is_counted(
    identity: Identity, owner: psycopg.Connection, rows: dict[str, Any], renewed: dict[str, Any]
) -> None:
    user_id: UUID = rows["two_factor_secrets"][0]
    before = _run(identity)["unreadable"]
    foreign = Sealer([bytes(32)], second_factor.PURPOSE).seal("x", str(user_id))
    owner.execute("UPDATE two_factor_secrets SET secret_encrypted = %s WHERE user_id = %s", (foreign, user_id))
    _put(renewed)
    done = _run(identity)
    assert done["remaining"] == done["unreadable"] == before + 1
    assert _texts(owner, rows)[second_factor.PURPOSE][0] == foreign
    owner.execute("DELETE FROM two_factor_secrets WHERE user_id = %s", (user_id,))


def test_every_sealed_column_of_the_database_is_known_here(owner: psycopg.Connection) -> None:
    columns = owner.execute(
        """SELECT table_name, column_name FROM information_schema.columns
            WHERE table_schema = 'public' AND (column_name LIKE '%sealed%' OR column_name LIKE '%encrypted%') AND data_type = 'text'"""
    ).fetchall()
    assert set(columns) == {(place.table, place.sealed) for place, _ in resealing.PLACES}
