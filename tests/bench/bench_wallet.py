"""How long the wallet takes inside the function: ``python -m tests.bench.bench_wallet``. Prints figures; asserts nothing about time.

The handler as Lambda calls it, in this process, with a PostgreSQL and a Valkey of its own (or DATABASE_URL): from the event to the answer. A withdrawal holds
the check of the second factor, which on AWS is a call of another function.
"""

from __future__ import annotations

import argparse
import copy
import io
import json
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, redirect_stdout
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from aws_lambda_powertools.utilities.typing import LambdaContext
from psycopg.conninfo import make_conninfo

from functions.migrations import service as migrations
from mycrypto_local.parts.spawn import spawned
from mycrypto_local.parts.valkey import Valkey
from mycrypto_local.ports import any_free
from tests.bench.bench_projections import server
from tests.bench.figures import Figure, Figures, percentile, spread
from tests.integration.conftest import EngineLog, TestDatabase
from tests.integration.wallet.conftest import REQUEST, User, Wallet, served

CURRENCIES = ("TRY", "BTC", "ETH", "USDT")


class Direct(TestDatabase):
    """Without the proxy of the tests, which is written in Python."""

    def dsn(self, role: str) -> str:
        return make_conninfo(self.admin_dsn, user=role, password=self.passwords[role])


@contextmanager
def running() -> Iterator[Wallet]:
    with ExitStack() as stack:
        dsn = stack.enter_context(server())
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="mycrypto-bench-", ignore_cleanup_errors=True)))
        folder.chmod(0o755)
        valkey = Valkey(folder, any_free(1)[0], "bench")
        valkey.prepare()
        stack.enter_context(spawned(valkey.part(), folder / "valkey.log"))
        plan = next(plan for plan in migrations.PLANS if plan.name == "exchange_dev")
        name = f"bench_{uuid4().hex[:8]}"
        passwords = dict.fromkeys(migrations.ROLES, "bench")
        plans = [migrations.DatabasePlan(name, plan.owner, plan.applications, plan.folder)]
        migrations.migrate(dsn, passwords, plans)
        database = Direct(make_conninfo(dsn, dbname=name), passwords, proxy_port=0)
        try:
            with pytest.MonkeyPatch.context() as patch, served(database, valkey.url, EngineLog(), patch) as wallet:
                yield wallet
        finally:
            database.close()
            with psycopg.connect(dsn, autocommit=True) as admin:
                admin.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


def milliseconds(wallet: Wallet, user: User, method: str, path: str, body: Any = None) -> float:
    """Of one call."""
    event = copy.deepcopy(REQUEST)
    event |= {"httpMethod": method, "path": path, "queryStringParameters": None, "body": None if body is None else json.dumps(body)}
    event["headers"] |= {"Idempotency-Key": str(uuid4())}
    event["requestContext"]["authorizer"] |= {"user_id": str(user.id), "email": user.email, "kyc_level": "1", "roles": "USER"}
    started = time.perf_counter()
    answer = wallet.module.handler(event, LambdaContext())
    taken = (time.perf_counter() - started) * 1_000
    if answer["statusCode"] >= 400:
        raise RuntimeError(f"{path}: {answer['body']}")
    return taken


def forget(wallet: Wallet, user: User, currency: str) -> None:
    wallet.context.redis.delete(f"balance:{user.id}:{currency}", f"user:balances:{user.id}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--users", type=int, default=40)
    parser.add_argument("--reads", type=int, default=20, help="of each kind and user")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    figures = Figures(as_json=options.json)
    with redirect_stdout(io.StringIO()), running() as wallet:  # metrics of the calls are printed too
        users = [User() for _ in range(options.users)]
        accounts = {}
        for user in users:
            accounts[user.id] = wallet.funded(user)
            wallet.enable_second_factor(user)
        kept, missed, asked = [], [], []
        for number in range(options.reads):
            currency = CURRENCIES[number % len(CURRENCIES)]
            path = f"/api/wallet/balance/{currency}"
            for user in users:
                forget(wallet, user, currency)
                missed.append(milliseconds(wallet, user, "GET", path))
                kept.append(milliseconds(wallet, user, "GET", path))
        for user in users:
            body = {"amount": "100.00", "fiat_account_id": accounts[user.id], "two_fa_code": wallet.code(user)}
            asked.append(milliseconds(wallet, user, "POST", "/api/wallet/withdraw/fiat", body))
    for name, values, target in (
        ("balance from Redis, p99", kept, 50),
        ("balance from PostgreSQL, p99", missed, 150),
        ("withdrawal request, p99", asked, 200),
    ):
        values.sort()
        figures.add(Figure(name, percentile(values, 0.99), "ms", target, more={"count": float(len(values)), **spread(values)}))


if __name__ == "__main__":
    main()
