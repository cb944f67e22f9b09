"""Buckets: engine snapshots, the archive of the command log, identity documents."""

from __future__ import annotations

from aws_cdk import CfnOutput, Duration, Stack
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra import names
from infra.constructs.bucket import PrivateBucket
from infra.stages import Stage


class StorageStack(Stack):
    """The buckets of a stage."""

    def __init__(self, scope: Construct, construct_id: str, *, stage: Stage) -> None:
        super().__init__(scope, construct_id, description="MyCrypto: buckets")
        self.snapshots = PrivateBucket(
            self,
            names.BUCKET_SNAPSHOTS,
            stage=stage,
            lifecycle=[s3.LifecycleRule(id="old-snapshots", expiration=Duration.days(30), noncurrent_version_expiration=Duration.days(7))],
        ).bucket
        self.archive = PrivateBucket(
            self,
            names.BUCKET_ARCHIVE,
            stage=stage,
            lifecycle=[
                s3.LifecycleRule(
                    id="cool-down",
                    transitions=[
                        s3.Transition(storage_class=s3.StorageClass.INFREQUENT_ACCESS, transition_after=Duration.days(30)),
                        s3.Transition(storage_class=s3.StorageClass.GLACIER_INSTANT_RETRIEVAL, transition_after=Duration.days(365)),
                    ],
                )
            ],
        ).bucket
        self.kyc_documents = PrivateBucket(
            self,
            names.BUCKET_KYC,
            stage=stage,
            lifecycle=[
                s3.LifecycleRule(id="seven-years", expiration=Duration.days(7 * 365), noncurrent_version_expiration=Duration.days(30))
            ],
        ).bucket
        CfnOutput(self, "SnapshotBucket", value=self.snapshots.bucket_name)
        CfnOutput(self, "ArchiveBucket", value=self.archive.bucket_name)
        CfnOutput(self, "KycBucket", value=self.kyc_documents.bucket_name)
