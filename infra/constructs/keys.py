"""Encryption keys, one per purpose, so that access to one kind of data never opens another."""

from __future__ import annotations

import enum

from aws_cdk import aws_kms as kms
from constructs import Construct

from infra import names, retention
from infra.stages import Stage


class Purpose(enum.StrEnum):
    DATABASE = "database"
    CACHE = "cache"
    STREAM = "stream"
    SECRETS = "secrets"
    DOCUMENTS = "documents"
    BACKUP = "backup"
    ALARMS = "alarms"


def key(scope: Construct, purpose: Purpose, *, stage: Stage) -> kms.Key:
    """A rotating key under the alias ``mycrypto/{stage}/{purpose}``.

    It lives in the stack of what it encrypts: grants write the reader into the key's policy, so readers of other stacks get an IAM
    statement instead.
    """
    return kms.Key(
        scope,
        f"{purpose.capitalize()}Key",
        alias=f"alias/{names.secret(stage.name, purpose)}",
        description=f"MyCrypto {stage.name}: {purpose}",
        enable_key_rotation=True,
        removal_policy=retention.kept(stage),
    )
