"""The secrets of one platform: made once, at random, kept in ``STATE/secrets.json`` that only its owner can read."""

from __future__ import annotations

import base64
import os
import secrets
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import msgspec

from functions.migrations.service import ROLES
from mycrypto import networks
from mycrypto.security import keys, sealing

STAGE: Final = "local"
PASSWORD_BYTES: Final = 24
SEED_BYTES: Final = 64


class LocalSecretsError(RuntimeError):
    """The file is there but cannot be used; the message names it and says what to do."""


class LocalSecrets(msgspec.Struct, frozen=True):
    """Everything that must stay the same from one start to the next."""

    postgres_password: str
    redis_password: str
    database_passwords: dict[str, str]
    jwt_keys: list[keys.StoredKey]
    webhook_bank: str
    webhook_chain: str
    two_factor_key: str
    wallet_seed: str
    """Hexadecimal; only its public branches ever leave this file."""
    earlier_two_factor_keys: list[str] = []
    """Newest first; what was sealed with them opens still."""

    def documents(self) -> dict[str, dict[str, Any]]:
        """What goes into Secrets Manager, by name."""
        prefix, private = f"mycrypto/{STAGE}", {"keys": msgspec.to_builtins(self.jwt_keys)}
        return {
            f"{prefix}/jwt": private,
            f"{prefix}/public-keys": keys.publish(keys.public_keys(private)),
            f"{prefix}/webhooks": {"bank": self.webhook_bank, "chain": self.webhook_chain},
            f"{prefix}/wallet": account_keys(bytes.fromhex(self.wallet_seed)),
            f"{prefix}/two-factor": {"key": self.two_factor_key, "previous": self.earlier_two_factor_keys},
            f"{prefix}/redis": {"password": self.redis_password},
            **{f"{prefix}/database/{role}": {"password": password} for role, password in self.database_passwords.items()},
        }


def account_keys(seed: bytes) -> dict[str, str]:
    """The extended public key of each coin's first account, m/44'/coin'/0', Bitcoin's m/84'/0'/0', which is written as zpub: enough to derive deposit
    addresses, not to spend from them.
    """
    from embit.bip32 import HDKey
    from embit.networks import NETWORKS

    def account(coin: int) -> str:
        purpose, version = (84, NETWORKS["main"]["zpub"]) if coin == 0 else (44, None)
        return str(root.derive(f"m/{purpose}h/{coin}h/0h").to_public(version=version).to_base58())

    root = HDKey.from_seed(seed)
    return {name: account(coin) for name, coin in networks.ACCOUNT_KEYS.items()}


def _password() -> str:
    return secrets.token_urlsafe(PASSWORD_BYTES)


def _fresh() -> LocalSecrets:
    return LocalSecrets(
        postgres_password=_password(),
        redis_password=_password(),
        database_passwords={role: _password() for role in ROLES},
        jwt_keys=[keys.generate(datetime.now(UTC).isoformat())],
        webhook_bank=secrets.token_hex(32),
        webhook_chain=secrets.token_hex(32),
        two_factor_key=base64.b64encode(secrets.token_bytes(32)).decode(),
        wallet_seed=secrets.token_hex(SEED_BYTES),
    )


def read(state: Path) -> LocalSecrets:
    """The secrets of a platform that was started before. Raises :class:`LocalSecretsError`."""
    path = state / "secrets.json"
    try:
        return msgspec.json.decode(path.read_bytes(), type=LocalSecrets)
    except FileNotFoundError:
        raise LocalSecretsError(f"{path} does not exist: start the platform first (mycrypto up)") from None
    except msgspec.MsgspecError as error:
        raise LocalSecretsError(
            f"{path} is damaged ({error}): restore it, or give up this platform's data with 'mycrypto reset'"
        ) from error


def ensure(state: Path) -> LocalSecrets:
    """The platform's secrets; made if there are none, completed if a new role has come."""
    path = state / "secrets.json"
    secrets = read(state) if path.exists() else _fresh()
    missing = {role: _password() for role in ROLES if role not in secrets.database_passwords}
    if missing:
        secrets = msgspec.structs.replace(secrets, database_passwords=secrets.database_passwords | missing)
    if missing or not path.exists():
        _write(path, msgspec.json.format(msgspec.json.encode(secrets)))
    return secrets


def renew_sealing(state: Path) -> LocalSecrets:
    """The platform's secrets with a fresh sealing key in front. Raises :class:`LocalSecretsError`."""
    secrets = read(state)
    renewed = sealing.with_new_key(secrets.documents()[f"mycrypto/{STAGE}/two-factor"])
    secrets = msgspec.structs.replace(secrets, two_factor_key=renewed["key"], earlier_two_factor_keys=renewed["previous"])
    _write(state / "secrets.json", msgspec.json.format(msgspec.json.encode(secrets)))
    return secrets


def _write(path: Path, content: bytes) -> None:
    """At once or not at all, and never readable by others, not even for a moment."""
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
