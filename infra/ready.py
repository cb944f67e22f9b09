"""``python -m infra.ready STAGE``: whether a deployment could begin, the account's quotas suffice and the region has the database, said in one sentence when not, before anything is created."""

from __future__ import annotations

import os
import sys

import boto3
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError

from infra import database_engine, quotas, stages
from infra.context import Context
from infra.errors import ConfigurationError
from infra.stages import Stage, regions

BOOTSTRAP: str = "/cdk-bootstrap/hnb659fds/version"
_EXPIRED = {"ExpiredToken", "ExpiredTokenException", "InvalidClientTokenId", "UnrecognizedClientException"}


def account(region: str) -> str:
    """The account of the present credentials."""
    try:
        caller = boto3.client("sts", region_name=region).get_caller_identity()
    except NoCredentialsError:
        raise ConfigurationError("There are no AWS credentials: run 'aws sso login' or set AWS_PROFILE.") from None
    except ClientError as error:
        if error.response["Error"]["Code"] in _EXPIRED:
            raise ConfigurationError("The AWS credentials have expired or are not valid: log in again ('aws sso login').") from None
        raise ConfigurationError(f"AWS refuses these credentials: {error.response['Error']['Message']}") from None
    except BotoCoreError as error:
        raise ConfigurationError(f"AWS cannot be reached: {error}.") from None
    number: str = caller["Account"]
    return number


def require_bootstrap(stage: Stage, number: str) -> None:
    """Each region must have been bootstrapped once."""
    missing = []
    for region in regions(stage):
        try:
            boto3.client("ssm", region_name=region).get_parameter(Name=BOOTSTRAP)
        except ClientError as error:
            if error.response["Error"]["Code"] != "ParameterNotFound":
                raise ConfigurationError(f"Cannot see whether {region} is bootstrapped: {error.response['Error']['Message']}") from None
            missing.append(f"aws://{number}/{region}")
    if missing:
        raise ConfigurationError(f"The CDK is not bootstrapped there: run 'npx cdk bootstrap {' '.join(missing)}'.")


def require_quotas(stage: Stage) -> None:
    """The account must have what the stage takes."""
    try:
        found = list(quotas.missing(stage))
    except ClientError as error:
        raise ConfigurationError(f"The account's quotas cannot be read: {error.response['Error']['Message']}") from None
    if found:
        lines = [
            f"{need.amount} {need.unit} are needed, the account has {available} ({need.why}). Ask for more: {need.how_to_raise(stage.region)}"
            for need, available in found
        ]
        raise ConfigurationError("\n  ".join(("The account's quotas are too small for this stage.", *lines)))


def require_database(stage: Stage) -> None:
    """The region must offer the PostgreSQL that the templates name, and take their parameters for it."""
    try:
        found = list(database_engine.faults(stage.region))
    except ClientError as error:
        raise ConfigurationError(f"RDS does not say what it offers: {error.response['Error']['Message']}") from None
    if found:
        raise ConfigurationError("\n  ".join(("RDS would refuse the database of this stage.", *found)))


def main() -> None:
    """Say what is missing, or which account it will be."""
    if len(sys.argv) != 2:
        sys.exit("usage: python -m infra.ready STAGE")
    try:
        stage = stages.load(Context({"stage": sys.argv[1], "region": os.environ.get("AWS_REGION", "")}.get))
        number = account(stage.region)
        require_bootstrap(stage, number)
        require_quotas(stage)
        require_database(stage)
    except ConfigurationError as error:
        sys.exit(f"error: {error}")
    print(f"ready: stage {stage.name}, account {number}, {', '.join(regions(stage))}")


if __name__ == "__main__":
    main()
