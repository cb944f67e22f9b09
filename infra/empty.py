"""``python -m infra.empty STAGE``: take everything out of what AWS deletes only when it is empty, before ``cdk destroy``. For stages that keep no data.

Buckets lose every version of every object, the backup vault its recovery points. It may be run again: access logs arrive late.
"""

from __future__ import annotations

import argparse
import sys
from typing import Any, Final

import boto3
from botocore.exceptions import ClientError

from infra import names, ready, stages
from infra.constructs.backup import VAULT
from infra.context import Context
from infra.errors import ConfigurationError
from infra.stages import Stage, StageName

BUCKETS: Final = (names.BUCKET_SNAPSHOTS, names.BUCKET_ARCHIVE, names.BUCKET_KYC, names.BUCKET_WEB, names.BUCKET_ACCESS_LOGS)
THROWN_AWAY: Final = (StageName.DEV,)


def bucket(name: str, region: str) -> int:
    """Delete all versions; how many there were. A bucket that is not there holds nothing."""
    client = boto3.client("s3", region_name=region)
    deleted = 0
    try:
        for page in client.get_paginator("list_object_versions").paginate(Bucket=name):
            entries: list[Any] = [*page.get("Versions", ()), *page.get("DeleteMarkers", ())]
            if entries:
                keys: Any = [{"Key": found["Key"], "VersionId": found["VersionId"]} for found in entries]
                client.delete_objects(Bucket=name, Delete={"Objects": keys, "Quiet": True})
                deleted += len(keys)
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") != "NoSuchBucket":
            raise
    return deleted


def vault(name: str, region: str) -> int:
    """Delete all recovery points; how many there were."""
    client = boto3.client("backup", region_name=region)
    deleted = 0
    try:
        for page in client.get_paginator("list_recovery_points_by_backup_vault").paginate(BackupVaultName=name):
            for point in page["RecoveryPoints"]:
                client.delete_recovery_point(BackupVaultName=name, RecoveryPointArn=point["RecoveryPointArn"])
                deleted += 1
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") != "ResourceNotFoundException":
            raise
    return deleted


def empty(stage: Stage, account: str) -> list[str]:
    """What was taken out, a line each. Raises :class:`ConfigurationError` for a stage that keeps its data."""
    if stage.name not in THROWN_AWAY:
        raise ConfigurationError(f"Stage '{stage.name}' keeps its data: only stage dev is thrown away.")
    told = []
    for name in BUCKETS:
        full = f"{names.resource(stage.name, name)}-{account}-{stage.region}"
        told.append(f"{full}: {bucket(full, stage.region)} versions deleted")
    backups = names.resource(stage.name, VAULT)
    told.append(f"{backups}: {vault(backups, stage.region)} recovery points deleted")
    return told


def main() -> None:
    """Empty the stage that is named."""
    parser = argparse.ArgumentParser(prog="python -m infra.empty", description="Empty a stage before it is destroyed.")
    parser.add_argument("stage", choices=[str(name) for name in THROWN_AWAY])
    try:
        stage = stages.load(Context({"stage": parser.parse_args().stage}.get))
        for line in empty(stage, ready.account(stage.region)):
            print(line)
    except ConfigurationError as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
