"""Backups, and the vault for their copies in a second region."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import CfnOutput, Stack
from constructs import Construct

from infra.constructs import backup
from infra.constructs.keys import Purpose, key
from infra.stages import Stage


class BackupStack(Stack):
    """Vault, plan and selection of a stage."""

    def __init__(
        self, scope: Construct, construct_id: str, *, stage: Stage, resource_arns: Sequence[str], bucket_arns: Sequence[str]
    ) -> None:
        super().__init__(scope, construct_id, description="MyCrypto: backups", env={"region": stage.region})
        self.backups = backup.Backups(
            self, "Backups", stage=stage, key=key(self, Purpose.BACKUP, stage=stage), resource_arns=resource_arns, bucket_arns=bucket_arns
        )
        CfnOutput(self, "BackupVault", value=self.backups.vault.backup_vault_name)


class BackupCopyStack(Stack):
    """The vault in the second region, with a key of its own: a lost region takes its keys with it."""

    def __init__(self, scope: Construct, construct_id: str, *, stage: Stage, region: str) -> None:
        super().__init__(scope, construct_id, description="MyCrypto: copies of backups", env={"region": region})
        backup.vault(self, backup.COPY_VAULT, stage=stage, key=key(self, Purpose.BACKUP, stage=stage))
