"""Log-ins within the function ``auth``: ``python -m tests.bench.bench_login [--count N]`` beside a running platform.

A fresh process with the function's own environment handles log-ins of a fresh user one after the other, as a warm function does. Their time is from the
event to the answer: password, PostgreSQL and Redis included, API Gateway not. Processor time of the process tells the same on a machine that others keep
busy; what PostgreSQL and Redis spend is not in it.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import importlib
import io
import json
import os
import time
from statistics import median, quantiles

import boto3
from aws_lambda_powertools.utilities.typing import LambdaContext

from mycrypto_local.actors import Exchange
from mycrypto_local.client import Api, Trader
from mycrypto_local.parts.emulator import REGION
from mycrypto_local.running import Running

FUNCTION = "mycrypto-local-auth"
TARGET_MS = 200


async def _user(running: Running) -> Trader:
    async with Api(running.base_url) as api:
        return await Exchange(api, running.webhooks).new_trader("login")


def _enter_environment(running: Running) -> None:
    account = {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ENDPOINT_URL": running.aws_endpoint,
    }
    os.environ.update(account)
    os.environ.update(boto3.client("lambda").get_function_configuration(FunctionName=FUNCTION)["Environment"]["Variables"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=60)
    count = parser.parse_args().count
    running = Running.load()
    user = asyncio.run(_user(running))
    _enter_environment(running)
    handler = importlib.import_module("functions.auth.handler").handler
    body = json.dumps({"email": user.email, "password": user.password})
    took, spent = [], []
    for number in range(count + 5):
        context = {
            "identity": {"sourceIp": f"10.1.{number // 200}.{number % 200 + 1}"},
            "requestId": "1",
            "stage": "v1",
            "path": "/v1/api/auth/login",
        }
        event = {
            "httpMethod": "POST",
            "path": "/api/auth/login",
            "headers": {"Content-Type": "application/json", "User-Agent": "bench"},
            "queryStringParameters": None,
            "body": body,
            "isBase64Encoded": False,
            "requestContext": context,
        }
        began, processor = time.perf_counter(), time.process_time()
        with contextlib.redirect_stdout(io.StringIO()):
            answer = handler(event, LambdaContext())
        if answer["statusCode"] != 200:
            raise RuntimeError(answer["body"])
        took.append((time.perf_counter() - began) * 1e3)
        spent.append((time.process_time() - processor) * 1e3)
    took, spent = took[5:], spent[5:]  # the first ones connect
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores, {count} log-ins, milliseconds (target < {TARGET_MS})")
    for name, values in (("elapsed", took), ("processor time", spent)):
        print(f"{name}: median {median(values):.0f}, p99 {quantiles(values, n=100)[98]:.0f}, least {min(values):.0f}")


if __name__ == "__main__":
    main()
