"""The earlier platform comes into a running one: killed on the way, repeated, and then every book agrees."""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from mycrypto_local.client import Api, Trader
from mycrypto_local.running import Running
from mycrypto_local.verify import verify
from tests import earlier_platform
from tests.earlier_platform import Places, id_of

RUN = secrets.token_hex(3)


@pytest.fixture(scope="module")
def dumps(platform: Running, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Places]:
    folder = tmp_path_factory.mktemp("earlier")
    with earlier_platform.restored(platform.admin_dsn, RUN) as places:
        yield Places(
            str(earlier_platform.dump(places.accounts, folder / "accounts.sql")),
            str(earlier_platform.dump(places.trading, folder / "trading.sql")),
        )


def _command(platform: Running, dumps: Places, *more: str) -> subprocess.Popen[str]:
    words = [sys.executable, "-m", "mycrypto_local.cli", "import", "--accounts", dumps.accounts, "--trading", dumps.trading, *more]
    environment = os.environ | {"MYCRYPTO_STATE": str(platform.state)}
    return subprocess.Popen(
        words, cwd=Path(dumps.accounts).parent, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def _import(platform: Running, dumps: Places, *more: str) -> Any:
    process = _command(platform, dumps, "--json", *more)
    out, complaint = process.communicate(timeout=300)
    assert (process.returncode, complaint) == (0, "")
    return json.loads(out)


def _users(platform: Running) -> int:
    with psycopg.connect(platform.accounts_dsn) as connection:
        row = connection.execute("SELECT count(*) FROM users WHERE email LIKE %s", (f"%{RUN}@example.com",)).fetchone()
    assert row is not None
    return int(row[0])


def test_the_earlier_platform_is_taken_in(platform: Running, dumps: Places, door: httpx.Client) -> None:
    tried = _import(platform, dumps, "--dry-run")
    assert _users(platform) == 0
    killed = _command(platform, dumps)
    deadline = time.monotonic() + 120
    while _users(platform) == 0 and killed.poll() is None and time.monotonic() < deadline:
        time.sleep(0.01)
    killed.send_signal(signal.SIGKILL)
    killed.communicate()
    done = _import(platform, dumps)
    assert _users(platform) == tried["phases"]["users"]["new"] == 4
    assert done["totals"] == tried["totals"]
    assert "NOT_ANSWERED" not in done["misfits"]
    assert done["misfits"]["REFUSED"] == 1, "the price between two ticks"
    again = _import(platform, dumps)
    assert [phase["new"] for phase in again["phases"].values()] == [0, 0, 0, 0, 0]
    assert asyncio.run(verify(platform)).differences == []
    asyncio.run(_seen_by_its_users(platform))


async def _seen_by_its_users(platform: Running) -> None:
    async with Api(platform.base_url) as api:
        mehmet = Trader(api, f"mehmet{RUN}@example.com", earlier_platform.PASSWORD)
        await mehmet.login()
        assert mehmet.user_id == str(id_of(f"mehmet{RUN}"))
        assert (await mehmet.trading_balance("BTC"))["total"] == "1.50000001"
        found = await mehmet.call("GET", "/api/v1/orders", query={"symbol": "BTC/TRY"})
        open_orders = [order for order in found["data"] if order["status"] == "OPEN"]
        assert [(order["client_order_id"], order["quantity"]) for order in open_orders] == [("own-early", "0.04")]
        records = await mehmet.call("GET", "/api/wallet/earlier-records", query={"kind": "TRADE"})
        assert [record["document"]["side"] for record in records["data"]] == ["SELL"]
        await mehmet.cancel(open_orders[0]["id"])
        ayse = Trader(api, f"ayse{RUN}@example.com", earlier_platform.PASSWORD)
        await ayse.login()
        for order in (await ayse.call("GET", "/api/v1/orders", query={"symbol": "BTC/TRY"}))["data"]:
            await ayse.cancel(order["id"])
