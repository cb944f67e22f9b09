"""What the first event of each function costs in a fresh process: ``python -m tests.bench.bench_cold_starts [--rounds N]`` beside a running platform.

Each round starts a process of its own with the environment that the platform gave the function, imports its handler and hands it one event. Processor
time tells the same on a machine that others keep busy; the interpreter's own start is not counted. Database, Redis and the emulator of AWS are the running
platform's. On AWS SnapStart restores functions from behind the import.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from statistics import median
from typing import Any, Final

import boto3

from infra import functions
from mycrypto_local.parts.emulator import REGION
from mycrypto_local.paths import REPOSITORY
from mycrypto_local.running import Running

ARN: Final = "arn:aws:execute-api:eu-central-1:000000000000:api/v1/GET/api/auth/profile"
_UNKNOWN: Final = {
    "Records": [{"messageId": "1", "body": "{}", "attributes": {"ApproximateReceiveCount": "1"}, "eventSourceARN": "a:none"}]
}


def _request(path: str) -> dict[str, Any]:
    context = {"identity": {"sourceIp": "127.0.0.1"}, "requestId": "1", "stage": "v1", "path": f"/v1{path}"}
    return {"httpMethod": "GET", "path": path, "headers": {}, "queryStringParameters": None, "body": None, "requestContext": context}


EVENTS: Final[Mapping[str, dict[str, Any]]] = {
    "auth": _request("/api/auth/health/ready"),
    "wallet": _request("/api/wallet/health/ready"),
    "authorizer": {
        "type": "REQUEST",
        "methodArn": ARN,
        "httpMethod": "GET",
        "path": "/api/auth/profile",
        "headers": {"Authorization": "Bearer x"},
    },
    "notifications": _UNKNOWN,
    "audit": _UNKNOWN,
    "kyc": _UNKNOWN,
    "withdrawals": _UNKNOWN,
    "codes": {
        "id": "00000000-0000-0000-0000-000000000000",
        "user_id": "00000000-0000-0000-0000-000000000000",
        "code": "000000",
        "purpose": "withdrawal",
        "ip": "127.0.0.1",
        "user_agent": "",
        "trace_id": "",
    },
    "maintenance": {},
    "settlement": {"records": {}},
    "history": {"records": {}},
}
"""An event that changes nothing, where there is one; other functions are handed an empty one."""

_CHILD: Final = """
import contextlib, io, json, sys, time
began, spent = time.perf_counter(), time.process_time()
name, event = sys.argv[1], json.loads(sys.argv[2])
import importlib
handler = importlib.import_module(f"functions.{name}.handler").handler
imported, spent_importing = time.perf_counter(), time.process_time()
from aws_lambda_powertools.utilities.typing import LambdaContext
class Context(LambdaContext):
    function_name = memory_limit_in_mb = invoked_function_arn = aws_request_id = "1"
    def get_remaining_time_in_millis(self): return 0
said = "answered"
with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
    try:
        answer = handler(event, Context())
        if isinstance(answer, dict) and "statusCode" in answer:
            said = str(answer["statusCode"])
    except Exception as error:
        said = type(error).__name__
done, spent_all = time.perf_counter(), time.process_time()
print(json.dumps([(imported - began) * 1e3, (done - imported) * 1e3, (spent_importing - spent) * 1e3, (spent_all - spent_importing) * 1e3, said]))
"""


def _rounds(name: str, environment: Mapping[str, str], rounds: int) -> Iterator[list[Any]]:
    for _ in range(rounds):
        command = [sys.executable, "-c", _CHILD, name, json.dumps(EVENTS.get(name, {}))]
        ended = subprocess.run(command, cwd=REPOSITORY, env=dict(environment), capture_output=True, text=True, timeout=120, check=False)
        if ended.returncode:
            raise RuntimeError(f"{name}: {ended.stderr[-2_000:]}")
        yield json.loads(ended.stdout.splitlines()[-1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", nargs="*", default=[], help="names of functions; all without it")
    asked = parser.parse_args()
    rounds = asked.rounds
    running = Running.load()
    account = {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ENDPOINT_URL": running.aws_endpoint,
    }
    lambdas = boto3.client(
        "lambda", endpoint_url=running.aws_endpoint, region_name=REGION, aws_access_key_id="test", aws_secret_access_key="test"
    )
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores; milliseconds, median of {rounds} processes (least)")
    print("| function | import | first event | CPU of import | CPU of first event | it |")
    print("| --- | --- | --- | --- | --- | --- |")
    for spec in functions.ALL:
        if asked.only and spec.name not in asked.only:
            continue
        try:
            found = lambdas.get_function_configuration(FunctionName=f"mycrypto-local-{spec.name}")
        except lambdas.exceptions.ResourceNotFoundException:
            print(f"| {spec.name} | not on this machine | | | | |")
            continue
        environment = {"PATH": os.environ["PATH"], **account, **found["Environment"]["Variables"]}
        environment["PYTHONPATH"] = os.pathsep.join((str(REPOSITORY), str(REPOSITORY / "layers/common/python")))
        seen = list(_rounds(spec.name, environment, rounds))
        cells = [f"{median(column):,.0f} ({min(column):,.0f})" for column in zip(*(row[:4] for row in seen), strict=True)]
        print(f"| {spec.name} | {' | '.join(cells)} | {seen[-1][4]} |", flush=True)


if __name__ == "__main__":
    main()
