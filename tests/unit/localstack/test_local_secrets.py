"""Secrets are made once, belong to their owner alone, and leave the file only in the forms that others may know."""

from __future__ import annotations

import base64
from pathlib import Path

import msgspec
import pytest
from embit.bip32 import HDKey

from functions.migrations.service import ROLES
from mycrypto.security import keys
from mycrypto_local import local_secrets


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> local_secrets.LocalSecrets:
    monkeypatch.setattr(keys, "KEY_BITS", 2048)
    return local_secrets.ensure(tmp_path)


def test_made_once_and_then_read(tmp_path: Path, made: local_secrets.LocalSecrets) -> None:
    assert local_secrets.ensure(tmp_path) == made == local_secrets.read(tmp_path)


def test_only_the_owner_may_read_the_file(tmp_path: Path, made: local_secrets.LocalSecrets) -> None:
    assert (tmp_path / "secrets.json").stat().st_mode & 0o777 == 0o600


def test_no_two_secrets_are_the_same(made: local_secrets.LocalSecrets) -> None:
    values = [made.postgres_password, made.redis_password, made.webhook_bank, made.webhook_chain, *made.database_passwords.values()]
    assert len(set(values)) == len(values)


def test_a_new_role_gets_a_password_and_the_others_keep_theirs(tmp_path: Path, made: local_secrets.LocalSecrets) -> None:
    former = msgspec.structs.replace(made, database_passwords={k: v for k, v in made.database_passwords.items() if k != "wallet_app"})
    (tmp_path / "secrets.json").write_bytes(msgspec.json.encode(former))
    completed = local_secrets.ensure(tmp_path)
    assert set(completed.database_passwords) == set(ROLES)
    assert all(completed.database_passwords[role] == password for role, password in former.database_passwords.items())


def test_a_damaged_file_is_never_replaced(tmp_path: Path) -> None:
    (tmp_path / "secrets.json").write_text("{}")
    with pytest.raises(local_secrets.LocalSecretsError, match="mycrypto reset"):
        local_secrets.ensure(tmp_path)
    assert (tmp_path / "secrets.json").read_text() == "{}"


def test_documents_for_secrets_manager(made: local_secrets.LocalSecrets) -> None:
    documents = made.documents()
    assert keys.signing_key(documents["mycrypto/local/jwt"]).kid == made.jwt_keys[0].kid
    assert set(keys.parse(documents["mycrypto/local/public-keys"])) == {key.kid for key in made.jwt_keys}
    assert len(base64.b64decode(documents["mycrypto/local/two-factor"]["key"])) == 32
    assert {f"mycrypto/local/database/{role}" for role in ROLES} <= set(documents)
    assert made.wallet_seed not in str(documents)


def test_wallet_keys_are_public_and_those_of_the_standard_vector() -> None:
    """Test vector 1 of BIP 32, seed 000102030405060708090a0b0c0d0e0f."""
    seed = bytes(range(16))
    public = local_secrets.account_keys(seed)
    assert {name: text[:4] for name, text in public.items()} == {"btc_xpub": "zpub", "eth_xpub": "xpub", "trx_xpub": "xpub"}
    assert HDKey.from_base58(public["btc_xpub"]).key == HDKey.from_seed(seed).derive([84 + 2**31, 2**31, 2**31]).to_public().key
    assert len(set(public.values())) == len(public)
