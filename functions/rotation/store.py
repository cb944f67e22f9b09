"""Secrets Manager."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import TYPE_CHECKING

import boto3
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient


class SecretsManager:
    """The store that :mod:`functions.rotation.service` works on."""

    def __init__(self) -> None:
        self._client: SecretsManagerClient = boto3.client("secretsmanager")

    def read(self, secret: str, label: str, version: str = "") -> str | None:
        try:
            if version:
                return self._client.get_secret_value(SecretId=secret, VersionId=version, VersionStage=label)["SecretString"]
            return self._client.get_secret_value(SecretId=secret, VersionStage=label)["SecretString"]
        except ClientError as error:
            if error.response["Error"]["Code"] == "ResourceNotFoundException":
                return None
            raise

    def write(self, secret: str, text: str, label: str, version: str = "") -> None:
        self._client.put_secret_value(
            SecretId=secret, SecretString=text, ClientRequestToken=version or str(uuid.uuid4()), VersionStages=[label]
        )

    def labels(self, secret: str) -> Mapping[str, list[str]]:
        return self._client.describe_secret(SecretId=secret).get("VersionIdsToStages", {})

    def make_current(self, secret: str, version: str, instead_of: str) -> None:
        if instead_of:
            self._client.update_secret_version_stage(
                SecretId=secret, VersionStage="AWSCURRENT", MoveToVersionId=version, RemoveFromVersionId=instead_of
            )
        else:
            self._client.update_secret_version_stage(SecretId=secret, VersionStage="AWSCURRENT", MoveToVersionId=version)
