"""Backups by AWS Backup: daily and six-hourly, point in time, copied elsewhere, locked in prod."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from aws_cdk import ArnFormat, Duration, Stack
from aws_cdk import aws_backup as backup
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from infra import nag, names, retention
from infra.stages import Stage

VAULT: Final = "backups"
COPY_VAULT: Final = "backup-copies"
POLICIES: Final = (
    "service-role/AWSBackupServiceRolePolicyForBackup",
    "service-role/AWSBackupServiceRolePolicyForRestores",
    "AWSBackupServiceRolePolicyForS3Backup",
    "AWSBackupServiceRolePolicyForS3Restore",
)
POINT_IN_TIME_DAYS_MAX: Final = 35
_COLON: Final = ArnFormat.COLON_RESOURCE_NAME
LOCK_AFTER: Final = Duration.days(3)
"""Grace time in which a vault lock can still be taken back."""


def vault(scope: Construct, name: str, *, stage: Stage, key: kms.IKey | None) -> backup.BackupVault:
    """A vault; in a locked stage its backups cannot be shortened or deleted."""
    plan = stage.on_aws.backup
    return backup.BackupVault(
        scope,
        "Vault",
        backup_vault_name=names.resource(stage.name, name),
        encryption_key=key,
        block_recovery_point_deletion=plan.locked,
        lock_configuration=backup.LockConfiguration(
            min_retention=Duration.days(7), max_retention=Duration.days(365), changeable_for=LOCK_AFTER
        )
        if plan.locked
        else None,
        removal_policy=retention.kept(stage),
    )


class Backups(Construct):
    """The plan and what it covers: the database, and the buckets that cannot be made again."""

    def __init__(
        self, scope: Construct, construct_id: str, *, stage: Stage, key: kms.IKey, resource_arns: Sequence[str], bucket_arns: Sequence[str]
    ) -> None:
        super().__init__(scope, construct_id)
        size = stage.on_aws.backup
        kept = Duration.days(size.days)
        self.vault = vault(self, VAULT, stage=stage, key=key)
        copies = None
        if size.copy_region:
            target = backup.BackupVault.from_backup_vault_arn(
                self,
                "Copies",
                Stack.of(self).format_arn(
                    service="backup",
                    region=size.copy_region,
                    resource="backup-vault",
                    resource_name=names.resource(stage.name, COPY_VAULT),
                    arn_format=_COLON,
                ),
            )
            copies = [backup.BackupPlanCopyActionProps(destination_backup_vault=target, delete_after=kept)]
        self.plan = backup.BackupPlan(
            self,
            "Plan",
            backup_plan_name=names.resource(stage.name, "backups"),
            backup_vault=self.vault,
            backup_plan_rules=[
                backup.BackupPlanRule(
                    rule_name="daily",
                    schedule_expression=events.Schedule.cron(hour="2", minute="0"),
                    start_window=Duration.hours(1),
                    completion_window=Duration.hours(4),
                    delete_after=kept,
                    copy_actions=copies,
                ),
                backup.BackupPlanRule(
                    rule_name="six-hourly",
                    schedule_expression=events.Schedule.cron(hour="8,14,20", minute="0"),
                    start_window=Duration.hours(1),
                    completion_window=Duration.hours(4),
                    delete_after=kept,
                ),
                backup.BackupPlanRule(
                    rule_name="point-in-time",
                    schedule_expression=events.Schedule.cron(hour="3", minute="0"),
                    enable_continuous_backup=True,
                    delete_after=Duration.days(min(size.days, POINT_IN_TIME_DAYS_MAX)),
                ),
            ],
        )
        role = iam.Role(
            self, "Role", assumed_by=iam.ServicePrincipal("backup.amazonaws.com"), description="Backups of database and buckets"
        )
        for policy in POLICIES:
            role.add_managed_policy(iam.ManagedPolicy.from_aws_managed_policy_name(policy))
            nag.accept_managed_policy(role, policy, "AWS Backup's own policy; it follows what the service needs")
        self.plan.add_selection(
            "What",
            backup_selection_name="database-and-buckets",
            role=role,
            disable_default_backup_policy=True,
            resources=[backup.BackupResource.from_arn(arn) for arn in (*resource_arns, *bucket_arns)],
        )
