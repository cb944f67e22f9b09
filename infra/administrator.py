"""``python -m infra.administrator STAGE ADDRESS``: make a registered user the first administrator of a stage on AWS, with the present credentials."""

from __future__ import annotations

import argparse
import json
import os
import sys

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from infra import names, stages
from infra.context import Context
from infra.errors import ConfigurationError
from infra.ready import account


def grant(stage: stages.Stage, address: str) -> str:
    """Invoke the migrations function, which may; returns what to say. Raises ConfigurationError with the reason."""
    account(stage.region)
    caller = boto3.client("sts", region_name=stage.region).get_caller_identity()["Arn"]
    payload = json.dumps({"grant_administrator": address, "invoked_by": caller})
    function = names.resource(stage.name, names.FUNCTION_MIGRATIONS)
    try:
        answer = boto3.client("lambda", region_name=stage.region).invoke(FunctionName=function, Payload=payload)
    except (ClientError, BotoCoreError) as error:
        raise ConfigurationError(f"{function} cannot be invoked: {error}") from None
    said = json.loads(answer["Payload"].read())
    if answer.get("FunctionError"):
        raise ConfigurationError(f"{function} refused: {said.get('errorMessage', 'see its log group')}")
    if not said["changed"]:
        return f"{address} was an administrator of stage {stage.name} before."
    return f"{address} is an administrator of stage {stage.name} from the next log-in on. Switch the second factor on before using staff routes."


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m infra.administrator", description=__doc__)
    parser.add_argument("stage", choices=[str(name) for name in stages.StageName if name is not stages.StageName.LOCAL])
    parser.add_argument("address", help="the e-mail address of a registered, verified user")
    given = parser.parse_args()
    try:
        stage = stages.load(Context({"stage": given.stage, "region": os.environ.get("AWS_REGION", "")}.get))
        print(grant(stage, given.address))
    except ConfigurationError as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
