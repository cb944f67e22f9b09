"""Every metric of the catalogue is written by the part that it is said of, and nothing that is secret is written with it."""

from __future__ import annotations

import asyncio
import json
import os
import re
import secrets
import subprocess
import sys
import time
from decimal import Decimal
from uuid import uuid4

import httpx
import psycopg
import pytest

from infra.dashboards import DASHBOARDS
from mycrypto.metrics import CATALOGUE
from mycrypto_local.actors import Exchange
from mycrypto_local.authenticator import Authenticator
from mycrypto_local.client import REQUEST_SECONDS_MAX, Api, ApiError, Trader
from mycrypto_local.dashboard import measures, report
from mycrypto_local.demo_withdrawal import ended
from mycrypto_local.running import Running
from mycrypto_local.simulate import chain_deposit
from mycrypto_local.staff import end_withdrawal_hold, grant_admin

SEEN_SECONDS_MAX = 180
"""The minute job has to come by; what takes longer than this is not emitted."""
NOT_COUNTED_HERE = {("rate_limit_hits_total", "gateway"), ("rate_limit_local_total", "gateway")}
"""In stage local the gateway has no limits; /metrics must know them all the same."""
PICTURE = b"\xff\xd8\xff\xe0" + b"j" * 2_000


class Story:
    """Users who do right and wrong, and what of it must never be found in a log."""

    def __init__(self, platform: Running, api: Api) -> None:
        self.platform = platform
        self.api = api
        self.exchange = Exchange(api, platform.webhooks)
        self.secrets: set[str] = set()

    async def play(self) -> None:
        ayse = await self.newcomer("metrics-ayse")
        staff = await self.newcomer("metrics-staff", admin=True)
        await self.guess_passwords(ayse)
        phone, backup_codes = await self.second_factor(ayse)
        staff_phone, _ = await self.second_factor(staff)
        await self.trade(ayse)
        await self.reverse()
        await self.sockets(ayse)
        await self.identity(ayse, staff, staff_phone)
        await self.withdraw(ayse, phone, staff)
        await self.log_in_again(ayse, phone, backup_codes)
        await asyncio.to_thread(self.archive)

    def archive(self) -> None:
        """What the minute and the hour would do."""
        client = report.client_of("lambda", self.platform)
        jobs = (("maintenance", "archive"), ("maintenance", "liabilities"), ("wallet", "deposits"), ("withdrawals", "reconcile"))
        for name, job in jobs:
            answer = client.invoke(FunctionName=f"mycrypto-local-{name}", Payload=json.dumps({"job": job}))
            assert "FunctionError" not in answer, answer["Payload"].read()

    def keep_secret(self, trader: Trader) -> None:
        self.secrets |= {trader.password, trader.access_token, trader.refresh_token}

    async def refused(self, who: Trader, method: str, path: str, body: object, code: str) -> None:
        with pytest.raises(ApiError, match=code):
            await who.call(method, path, body)

    async def newcomer(self, name: str, *, admin: bool = False) -> Trader:
        trader = self.exchange.stranger(name)
        await trader.register()
        with pytest.raises(ApiError, match="EMAIL_ALREADY_EXISTS"):
            await trader.register()
        await self.refused(trader, "POST", "/api/auth/verify-email", {"token": "0" * 64}, "VERIFICATION_TOKEN_INVALID")
        await trader.verify_email()
        if admin:
            grant_admin(self.platform.accounts_dsn, trader.email)
        await trader.login()
        self.keep_secret(trader)
        return trader

    async def guess_passwords(self, ayse: Trader) -> None:
        wrong = {"email": f"unknown-{uuid4().hex}@example.com", "password": f"Wrong-1-{uuid4().hex}"}
        self.secrets.add(wrong["password"])
        for _ in range(12):
            with pytest.raises(ApiError, match="AUTH_001"):
                await ayse.api.request("POST", "/api/auth/login", wrong)
        for _ in range(3):
            await ayse.api.request("POST", "/api/auth/resend-verification", {"email": wrong["email"]})
        with pytest.raises(ApiError, match="RATE_LIMIT_EXCEEDED"):
            await ayse.api.request("POST", "/api/auth/resend-verification", {"email": wrong["email"]})

    async def second_factor(self, trader: Trader) -> tuple[Authenticator, list[str]]:
        setup = await trader.call("POST", "/api/auth/2fa/setup", {"password": trader.password})
        phone = Authenticator(setup["manual_entry_key"])
        self.secrets |= {phone.secret, setup["setup_token"]}
        enrolment = {"setup_token": setup["setup_token"], "code": phone.wrong()}
        await self.refused(trader, "POST", "/api/auth/2fa/verify-setup", enrolment, "INVALID_2FA_CODE")
        enrolled = await trader.call("POST", "/api/auth/2fa/verify-setup", enrolment | {"code": await phone.code()})
        self.secrets |= set(enrolled["backup_codes"])
        return phone, enrolled["backup_codes"]

    async def trade(self, ayse: Trader) -> None:
        account = await self.exchange.add_bank_account(ayse)
        await self.exchange.deposit_fiat(ayse, "1000.00", account)
        await self.exchange.deposit_crypto(ayse, "BTC", "0.01")
        mehmet = await self.newcomer("metrics-mehmet")
        await self.exchange.deposit_crypto(mehmet, "BTC", "0.01")
        for trader, currency in ((ayse, "TRY"), (mehmet, "BTC"), (ayse, "BTC")):
            await self.exchange.wait_until_tradable(trader, currency, Decimal("0.01"))
        order = {"symbol": "BTC/TRY", "side": "SELL", "type": "LIMIT", "quantity": "0.0002", "price": "3500000.00"}
        await mehmet.place(**order)
        await ayse.place(**order | {"side": "BUY", "quantity": "0.0001"})
        resting = await mehmet.place(**order | {"price": "3600000.00"})
        await mehmet.cancel(resting["order"]["id"])
        await self.refused(ayse, "POST", "/api/v1/orders", order | {"side": "BUY", "quantity": "0.01"}, "WALLET_001")
        for _ in range(6):  # the settlement of what was traded may forget the balance between two of them
            await ayse.wallet_balance("TRY")

    async def reverse(self) -> None:
        """A credited deposit falls out of its chain."""
        payer = await self.newcomer("metrics-reversed")
        address = str((await payer.call("POST", "/api/wallet/deposit/crypto", {"currency": "BTC"}, repeatable=True))["address"])
        tx_hash = secrets.token_hex(32)
        keys = self.platform.webhooks
        await chain_deposit(self.api, keys, address=address, currency="BTC", amount="0.01", tx_hash=tx_hash)
        await self.exchange.wait_until_tradable(payer, "BTC", Decimal("0.01"))
        said = await chain_deposit(
            self.api, keys, address=address, currency="BTC", amount="0.01", tx_hash=tx_hash, confirmations=0, state="GONE"
        )
        assert said["outcome"] == "REVERSED"

    async def sockets(self, ayse: Trader) -> None:
        for _ in range(2):  # the second one within a minute of the first
            async with self.api.session.ws_connect(f"/ws?token={ayse.access_token}") as socket:
                await socket.send_json({"action": "subscribe", "stream": "orderbook", "symbol": "BTC/TRY"})
                while (await socket.receive_json(timeout=20))["type"] != "snapshot":
                    pass
            await asyncio.sleep(0.2)
        async with self.api.session.ws_connect("/ws/orders") as socket:  # without a sign-in: closed by the gateway
            while not socket.closed:
                await socket.receive(timeout=20)

    async def identity(self, ayse: Trader, staff: Trader, phone: Authenticator) -> None:
        fields = {
            "tc_kimlik_no": national_id(),
            "first_name": "Ayşe",
            "last_name": "Yılmaz",
            "date_of_birth": "1990-12-31",
            "phone": "05321234567",
        }
        self.secrets.add(fields["tc_kimlik_no"])
        files = {name: (f"{name}.jpg", PICTURE, "image/jpeg") for name in ("id_front", "id_back", "selfie")}
        async with httpx.AsyncClient(base_url=self.platform.base_url, timeout=REQUEST_SECONDS_MAX) as client:
            answer = await client.post(
                "/api/auth/kyc/submit", data=fields, files=files, headers={"Authorization": f"Bearer {ayse.access_token}"}
            )
        assert answer.status_code == 201, answer.text
        submission = answer.json()["id"]
        await asyncio.to_thread(self.scanned, submission)
        await staff.call("POST", "/api/auth/2fa/verify", {"code": await phone.code()})
        await staff.call("POST", f"/api/auth/admin/kyc/{submission}/decision", {"approve": True})

    def scanned(self, submission: str) -> None:
        """Wait until the worker has judged every picture of an application."""
        deadline = time.monotonic() + SEEN_SECONDS_MAX
        with psycopg.connect(self.platform.accounts_dsn, autocommit=True) as connection:
            while connection.execute(
                "SELECT count(*) FROM kyc_documents WHERE submission_id = %s AND status <> 'CLEAN'", (submission,)
            ).fetchone() != (0,):
                assert time.monotonic() < deadline, "the pictures were not scanned"
                time.sleep(0.2)

    async def withdraw(self, ayse: Trader, phone: Authenticator, staff: Trader) -> None:
        await ayse.refresh()  # the level of identity stands in the token
        self.keep_secret(ayse)
        accounts = await ayse.call("GET", "/api/wallet/bank-accounts")
        asked = {"amount": "150.00", "fiat_account_id": accounts["data"][0]["id"]}
        path = "/api/wallet/withdraw/fiat"
        await self.refused(ayse, "POST", path, asked | {"two_fa_code": phone.wrong()}, "WITHDRAWALS_HELD")
        await asyncio.to_thread(end_withdrawal_hold, self.platform.accounts_dsn, ayse.email)
        withdrawal = await ayse.call("POST", path, asked | {"two_fa_code": await phone.code()})
        for _ in range(3):
            await self.refused(ayse, "POST", path, asked | {"amount": "1.00", "two_fa_code": "123456"}, "INVALID_AMOUNT")
        await self.refused(ayse, "POST", path, asked | {"two_fa_code": "123456"}, "RATE_LIMIT_EXCEEDED")
        await self.approve(staff, withdrawal["id"])
        assert (await ended(ayse, withdrawal["id"]))["status"] == "COMPLETED"

    async def approve(self, staff: Trader, withdrawal_id: str) -> None:
        """As soon as the engine has let the money go."""
        deadline = time.monotonic() + 60
        while True:
            try:
                await staff.call("POST", f"/api/wallet/admin/withdrawals/{withdrawal_id}/approve")
            except ApiError as refused:
                if refused.code != "WITHDRAWAL_STATUS" or time.monotonic() > deadline:
                    raise
                await asyncio.sleep(0.2)
            else:
                return

    async def log_in_again(self, ayse: Trader, phone: Authenticator, backup_codes: list[str]) -> None:
        with pytest.raises(ApiError, match="INVALID_CHALLENGE"):
            await self.api.request("POST", "/api/auth/2fa/verify", {"code": "123456", "challenge_token": "0" * 64})
        password = {"email": ayse.email, "password": ayse.password}
        challenge = (await self.api.request("POST", "/api/auth/login", password))["challenge_token"]
        self.secrets.add(challenge)
        answer = {"challenge_token": challenge, "code": phone.wrong()}
        with pytest.raises(ApiError, match="AUTH_004"):
            await self.api.request("POST", "/api/auth/2fa/verify", answer)
        pair = await self.api.request("POST", "/api/auth/2fa/verify", answer | {"code": backup_codes[0]})
        ayse.access_token, ayse.refresh_token = pair["access_token"], pair["refresh_token"]
        self.keep_secret(ayse)
        await ayse.call("POST", "/api/auth/2fa/disable", {"password": ayse.password, "code": backup_codes[1]})
        phone, _ = await self.second_factor(ayse)
        for _ in range(6):
            with pytest.raises(ApiError, match="AUTH_004"):
                await ayse.call("POST", "/api/auth/2fa/verify", {"code": phone.wrong()})


def national_id() -> str:
    """A valid number that no other run uses."""
    digits = [1, *(int(letter) for letter in f"{uuid4().int % 10**8:08d}")]
    digits.append((7 * sum(digits[0:9:2]) - sum(digits[1:8:2])) % 10)
    digits.append(sum(digits) % 10)
    return "".join(map(str, digits))


@pytest.fixture(scope="module")
def story(platform: Running) -> Story:
    async def play() -> Story:
        async with Api(platform.base_url) as api:
            told = Story(platform, api)
            await told.play()
            return told

    return asyncio.run(play())


def declared(platform: Running) -> set[tuple[str, str]]:
    """What /metrics of each process knows."""
    found: set[tuple[str, str]] = set()
    for process in measures.PROCESSES:
        text = httpx.get(f"http://127.0.0.1:{platform.ports[process]}/metrics").text
        found |= {(name, process) for name in re.findall(r"^# TYPE (\w+) ", text, re.MULTILINE)}
    return found


WANTED = {(spec.name, service) for spec in CATALOGUE.values() for service in spec.services}


@pytest.fixture(scope="module")
def emitted(platform: Running, story: Story) -> set[tuple[str, str]]:
    """(metric, service) of everything in the logs, once all that is wanted is there or it has taken too long."""
    deadline = time.monotonic() + SEEN_SECONDS_MAX
    while True:
        found = report.read(platform, 0).names()
        if found >= WANTED - NOT_COUNTED_HERE or time.monotonic() > deadline:
            return found
        time.sleep(5)


def test_every_metric_of_the_catalogue_is_emitted(platform: Running, emitted: set[tuple[str, str]]) -> None:
    assert WANTED - NOT_COUNTED_HERE - emitted == set()
    assert emitted - WANTED == set()
    assert {(name, service) for name, service in WANTED if service in measures.PROCESSES} <= declared(platform)


def test_secrets_are_in_no_log(platform: Running, story: Story) -> None:
    assert len(story.secrets) > 30
    texts = {path.name: path.read_text(errors="replace") for path in (platform.state / "logs").iterdir()}
    for group, events in measures.function_logs(report.logs_client(platform), 0):
        texts[group] = "\n".join(message for _, message in events)
    found = {(name, secret[:4] + "…") for name, text in texts.items() for secret in story.secrets if secret in text}
    assert found == set()


@pytest.mark.usefixtures("emitted")
def test_the_page_draws_every_panel(door: httpx.Client) -> None:
    page = door.get("/local/dashboard").text
    missing = [panel.title for board in DASHBOARDS for panel in board.panels if f"<span>{panel.title}</span>" not in page]
    assert missing == []
    assert page.count("<polyline") + page.count("<circle") > 60
    assert "nothing yet" not in page
    assert not re.search(r'(src|href)="https?:', page), "the page needs nothing but itself"


@pytest.mark.usefixtures("emitted")
def test_the_command_has_the_same_numbers(platform: Running) -> None:
    command = [sys.executable, "-m", "mycrypto_local.cli", "dashboard", "--json"]
    done = subprocess.run(command, env=os.environ | {"MYCRYPTO_STATE": str(platform.state)}, capture_output=True, check=True)
    boards = json.loads(done.stdout)["dashboards"]
    assert [board["title"] for board in boards] == [board.title for board in DASHBOARDS]
    kept_by_aws = [panel["title"] for board in boards for panel in board["panels"] if not panel["series"]]
    assert kept_by_aws == ["CPU of the server", "Storage left"]
    panels = {panel["title"]: panel["series"] for board in boards for panel in board["panels"]}
    assert {each["label"]: each["latest"] for each in panels["Health"]} == {"engine": 1, "gateway": 1, "publisher": 1}
    assert next(each["latest"] for each in panels["Active traders, 24 h"]) >= 2
    p50, p95, p99 = (each["latest"] for each in panels["Matching latency"])
    assert 0 < p50 <= p95 <= p99


def test_a_time_that_cannot_be_is_refused(door: httpx.Client) -> None:
    for minutes in ("0", "x", "-1", "1" * 30):
        answer = door.get("/local/dashboard", params={"minutes": minutes})
        assert (answer.status_code, answer.json()["code"]) == (400, "VALIDATION_ERROR")
