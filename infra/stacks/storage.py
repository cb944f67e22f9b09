"""Buckets: engine snapshots, the archive of the command log, identity documents; on AWS also the access logs."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import CfnOutput, Duration, Stack
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra import names
from infra.constructs.bucket import PrivateBucket
from infra.constructs.keys import Purpose, key
from infra.stages import Stage


class StorageStack(Stack):
    """The buckets of a stage."""

    def __init__(self, scope: Construct, construct_id: str, *, stage: Stage) -> None:
        super().__init__(scope, construct_id, description="MyCrypto: buckets", env={"region": stage.region})
        self.access_logs = None if stage.is_local else self._access_logs(stage)
        self.snapshots = self._bucket(
            stage,
            names.BUCKET_SNAPSHOTS,
            s3.LifecycleRule(id="old-snapshots", expiration=Duration.days(30), noncurrent_version_expiration=Duration.days(7)),
        )
        self.archive = self._bucket(
            stage,
            names.BUCKET_ARCHIVE,
            s3.LifecycleRule(
                id="cool-down",
                transitions=[
                    s3.Transition(storage_class=s3.StorageClass.INFREQUENT_ACCESS, transition_after=Duration.days(30)),
                    s3.Transition(storage_class=s3.StorageClass.GLACIER_INSTANT_RETRIEVAL, transition_after=Duration.days(365)),
                ],
            ),
        )
        documents_key = None if stage.is_local else key(self, Purpose.DOCUMENTS, stage=stage)
        self.documents_key_arn = documents_key.key_arn if documents_key else None
        self.kyc_documents = self._bucket(
            stage,
            names.BUCKET_KYC,
            # auth deletes what was kept long enough (functions/auth/kyc_retention.py): the age of a picture does not tell whether it is still a proof
            s3.LifecycleRule(id="deleted", noncurrent_version_expiration=Duration.days(30), expired_object_delete_marker=True),
            s3.LifecycleRule(id="exports", prefix="exports/", expiration=Duration.days(1), noncurrent_version_expiration=Duration.days(1)),
            s3.LifecycleRule(id="uploads", prefix="uploads/", expiration=Duration.days(1), noncurrent_version_expiration=Duration.days(1)),
            encryption=documents_key,
            pages=[origin for origin in (stage.public_url, *stage.allowed_origins.split(",")) if origin],
        )
        CfnOutput(self, "SnapshotBucket", value=self.snapshots.bucket_name)
        CfnOutput(self, "ArchiveBucket", value=self.archive.bucket_name)
        CfnOutput(self, "KycBucket", value=self.kyc_documents.bucket_name)

    def _bucket(
        self, stage: Stage, name: str, *rules: s3.LifecycleRule, encryption: kms.IKey | None = None, pages: Sequence[str] = ()
    ) -> s3.Bucket:
        return PrivateBucket(self, name, stage=stage, lifecycle=rules, key=encryption, access_logs=self.access_logs, pages=pages).bucket

    def _access_logs(self, stage: Stage) -> s3.Bucket:
        """Where buckets, load balancer and CloudFront write; CloudFront still writes through an access list, so lists stay on here."""
        return PrivateBucket(
            self,
            names.BUCKET_ACCESS_LOGS,
            stage=stage,
            lifecycle=[s3.LifecycleRule(id="old-logs", expiration=Duration.days(stage.log_retention_days))],
            access_lists=True,
        ).bucket
