"""Custom resources: what a template needs to know or do that no resource type offers. Runs in Lambda, with nothing but its runtime.

``Custom::KafkaBootstrap``  answers with the addresses of an MSK cluster (``Brokers``), which are no attribute of the resource.
``Custom::PrefixList``      answers with the id (``Id``) of a list of addresses that AWS keeps under ``Name``.
``Custom::Invocation``      invokes a function (``FunctionName``, ``Payload``) and fails when it fails; ``Version`` changes when it has to run again.

A delete never does anything, and an update that is rolled back only runs the earlier call again: both calls may be repeated.
"""

from __future__ import annotations

import json
import logging
import urllib.request
from collections.abc import Callable
from typing import Any

import boto3
from botocore.config import Config

_log = logging.getLogger()
_log.setLevel(logging.INFO)


def kafka_bootstrap(properties: dict[str, Any]) -> dict[str, str]:
    """The brokers' addresses for IAM authentication, in one order whatever order they came in."""
    answer = boto3.client("kafka").get_bootstrap_brokers(ClusterArn=properties["ClusterArn"])
    return {"Brokers": ",".join(sorted(answer["BootstrapBrokerStringSaslIam"].split(",")))}


def prefix_list(properties: dict[str, Any]) -> dict[str, str]:
    """The id of a managed prefix list; it differs from region to region."""
    answer = boto3.client("ec2").describe_managed_prefix_lists(Filters=[{"Name": "prefix-list-name", "Values": [properties["Name"]]}])
    if not answer["PrefixLists"]:
        raise LookupError(f"there is no prefix list {properties['Name']} in this region")
    return {"Id": answer["PrefixLists"][0]["PrefixListId"]}


def invocation(properties: dict[str, Any]) -> dict[str, str]:
    """Invoke and wait; an error of the function is an error of the deployment."""
    # no retry of our own: the function may still be at work when the answer is late
    client = boto3.client("lambda", config=Config(read_timeout=890, retries={"max_attempts": 0}))
    answer = client.invoke(FunctionName=properties["FunctionName"], Payload=properties.get("Payload", "{}"))
    text = answer["Payload"].read().decode()
    if answer.get("FunctionError"):
        raise RuntimeError(f"{properties['FunctionName']} failed: {text[:500]}")
    return {}


_KINDS: dict[str, Callable[[dict[str, Any]], dict[str, str]]] = {
    "Custom::KafkaBootstrap": kafka_bootstrap,
    "Custom::PrefixList": prefix_list,
    "Custom::Invocation": invocation,
}


def handler(event: dict[str, Any], _context: object) -> None:
    """One request of CloudFormation. Always answers, else the stack would wait for an hour."""
    _log.info("%s of %s", event["RequestType"], event["LogicalResourceId"])
    data: dict[str, str] = {}
    reason = ""
    if event["RequestType"] != "Delete":
        try:
            data = _KINDS[event["ResourceType"]](event["ResourceProperties"])
        except Exception as error:  # noqa: BLE001 - whatever it is, CloudFormation has to hear of it
            _log.exception("failed")
            reason = f"{type(error).__name__}: {error}"
    _answer(event, "FAILED" if reason else "SUCCESS", reason, data)


def _answer(event: dict[str, Any], status: str, reason: str, data: dict[str, str]) -> None:
    body = {
        "Status": status,
        "Reason": reason or "done",
        "PhysicalResourceId": event.get("PhysicalResourceId", event["LogicalResourceId"]),
        "StackId": event["StackId"],
        "RequestId": event["RequestId"],
        "LogicalResourceId": event["LogicalResourceId"],
        "Data": data,
    }
    request = urllib.request.Request(event["ResponseURL"], data=json.dumps(body).encode(), method="PUT", headers={"Content-Type": ""})  # noqa: S310 - CloudFormation's own address
    with urllib.request.urlopen(request, timeout=30):  # noqa: S310 - the same
        pass
