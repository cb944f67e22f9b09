"""A private bucket."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import RemovalPolicy
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra import names
from infra.stages import Stage


class PrivateBucket(Construct):
    """Versioned, encrypted, TLS only, closed to the public, with its life cycle."""

    def __init__(
        self,
        scope: Construct,
        name: str,
        *,
        stage: Stage,
        lifecycle: Sequence[s3.LifecycleRule] = (),
        key: kms.IKey | None = None,
        access_logs: s3.IBucket | None = None,
        access_lists: bool = False,
    ) -> None:
        super().__init__(scope, name)
        self.bucket = s3.Bucket(
            self,
            "Bucket",
            # bucket names are one space for all of AWS: only stage local, where there is nobody else, fixes them
            bucket_name=names.resource(stage.name, name) if stage.is_local else None,
            encryption=s3.BucketEncryption.KMS if key else s3.BucketEncryption.S3_MANAGED,
            encryption_key=key,
            bucket_key_enabled=True if key else None,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_PREFERRED if access_lists else s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            enforce_ssl=True,
            minimum_tls_version=1.2,
            versioned=True,
            lifecycle_rules=list(lifecycle) or None,
            server_access_logs_bucket=access_logs,
            server_access_logs_prefix=f"{name}/" if access_logs else None,
            removal_policy=RemovalPolicy.RETAIN if stage.keep_data else RemovalPolicy.DESTROY,
        )
