"""A private bucket."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import Aws
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra import nag, names, retention
from infra.stages import Stage


def bucket_name(stage: Stage, name: str) -> str:
    """Bucket names are unique in all of AWS: account and region are part of the name, except in stage local, which has no other accounts."""
    plain = names.resource(stage.name, name)
    return plain if stage.is_local else f"{plain}-{Aws.ACCOUNT_ID}-{stage.region}"


def allow(role: iam.IRole, stage: Stage, name: str, *actions: str, key_arn: str | None = None) -> None:
    """Let ``role`` do ``actions`` with the objects of a bucket; who may read them may list them. ``key_arn``: the key they are encrypted with, used
    by way of S3 only.
    """
    arn = f"arn:{Aws.PARTITION}:s3:::{bucket_name(stage, name)}"
    label = name.title().replace("-", "")
    role.add_to_principal_policy(iam.PolicyStatement(sid=f"Objects{label}", actions=list(actions), resources=[f"{arn}/*"]))
    if "s3:GetObject" in actions:
        role.add_to_principal_policy(iam.PolicyStatement(sid=f"List{label}", actions=["s3:ListBucket"], resources=[arn]))
    if key_arn:
        uses = [action for action, needed in (("kms:Decrypt", True), ("kms:GenerateDataKey", "s3:PutObject" in actions)) if needed]
        role.add_to_principal_policy(
            iam.PolicyStatement(
                sid=f"Key{label}", actions=uses, resources=[key_arn], conditions={"StringLike": {"kms:ViaService": "s3.*.amazonaws.com"}}
            )
        )
    nag.accept(
        role,
        "keys are made of times and offsets; the bucket holds nothing else",
        f"AwsSolutions::AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:s3:::{names.resource(stage.name, name)}-<AWS::AccountId>-{stage.region}/*]",
    )


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
        pages: Sequence[str] = (),
    ) -> None:
        """``pages``: origins whose pages may put objects there, with links that were made for them."""
        super().__init__(scope, name)
        self.bucket = s3.Bucket(
            self,
            "Bucket",
            bucket_name=bucket_name(stage, name),
            encryption=s3.BucketEncryption.KMS if key else s3.BucketEncryption.S3_MANAGED,
            encryption_key=key,
            bucket_key_enabled=True if key else None,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_PREFERRED if access_lists else s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            enforce_ssl=True,
            minimum_tls_version=1.2,
            versioned=True,
            lifecycle_rules=list(lifecycle) or None,
            cors=[s3.CorsRule(allowed_methods=[s3.HttpMethods.PUT], allowed_origins=list(pages), allowed_headers=["*"], max_age=3600)]
            if pages
            else None,
            server_access_logs_bucket=access_logs,
            server_access_logs_prefix=f"{name}/" if access_logs else None,
            removal_policy=retention.kept(stage),
        )
