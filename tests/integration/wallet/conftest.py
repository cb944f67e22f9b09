"""The wallet behind its Lambda handler, with real PostgreSQL and Valkey; what leaves by the outbox is caught and can be fed to an engine."""

from __future__ import annotations

import base64
import copy
import hashlib
import hmac
import importlib
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import msgspec
import pytest
from aws_lambda_powertools.utilities.typing import LambdaContext
from embit import bip32, bip39

from functions.codes import service as codes
from functions.settlement import service as settlement
from functions.wallet import openapi
from mycrypto import balance_cache, cache, outbox, telemetry
from mycrypto.contracts import commands, events
from mycrypto.database import Database
from mycrypto.errors import ProblemError
from mycrypto.security import second_factor, totp
from mycrypto.security.code_check import CodeCheck
from mycrypto.security.sealing import Sealer
from mycrypto.security.second_factor import Check
from mycrypto.withdrawals import payouts
from mycrypto_local.client import MONEY_PATHS
from tests.documented import Documented
from tests.integration.wallet.partners import Partners, jobs

if TYPE_CHECKING:
    from functions.wallet.context import Context
    from functions.withdrawals.service import Payouts
    from tests.integration.conftest import EngineLog, TestDatabase

REQUEST = json.loads((Path(__file__).parents[2] / "events" / "wallet_request.json").read_text())
DOCUMENTED = Documented(openapi.SERVICE.document())
IBAN = "TR330006100519786457841326"
WEBHOOK_SECRETS = {"bank": "bank-secret", "chain": "chain-secret"}


def _account_key(path: str) -> str:
    seed = bip39.mnemonic_to_seed("abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about")
    return str(bip32.HDKey.from_seed(seed).derive(path).to_public().to_base58())


SECRETS: dict[str, dict[str, Any]] = {
    "wallet": {
        "btc_xpub": _account_key("m/44h/0h/0h"),
        "eth_xpub": _account_key("m/44h/60h/0h"),
        "trx_xpub": _account_key("m/44h/195h/0h"),
    },
    "webhooks": WEBHOOK_SECRETS,
}
"""What the wallet can read."""
SEALING = {"key": base64.b64encode(bytes(range(32))).decode()}
"""What it cannot."""


class CheckedHere:
    """The function codes in this process, with its own role in the database; or what becomes of it."""

    def __init__(self, database: Database, now: Callable[[], datetime]) -> None:
        self._database, self._now = database, now
        self._sealer = Sealer.from_secret(SEALING, second_factor.PURPOSE)
        self.problem: ProblemError | None = None
        self.asked = 0

    def check(self, user_id: UUID, code: str, *, ip: str, user_agent: str, trace_id: str) -> Check:
        self.asked += 1
        if self.problem is not None:
            raise self.problem
        asked = CodeCheck(uuid4(), user_id, code, "withdrawal", ip, user_agent, trace_id)
        return codes.check(self._database, asked, self._sealer, self._now()).result


@dataclass
class Caught:
    """A sender that keeps what it is given, or fails on demand."""

    rows: list[outbox.Waiting] = field(default_factory=list)
    failing: bool = False
    dying: bool = False

    def send(self, destination: str, rows: Sequence[outbox.Waiting]) -> Sequence[UUID]:
        if self.failing:
            raise ConnectionError(f"{destination} is out of reach")
        self.rows += rows
        if self.dying:
            raise KeyboardInterrupt
        return [row.id for row in rows]

    def messages(self) -> list[dict[str, Any]]:
        return [json.loads(row.payload) for row in self.rows]


@dataclass(frozen=True)
class Answer:
    status: int
    body: Any
    headers: dict[str, str]

    @property
    def code(self) -> str:
        return str(self.body.get("code", ""))


@dataclass
class User:
    id: UUID = field(default_factory=uuid4)
    kyc_level: int = 1
    roles: str = "USER"
    second_factor: str = ""

    @property
    def email(self) -> str:
        return f"{self.id.hex[:8]}@example.com"


@dataclass
class Wallet:
    """What a client, the bank, the chain watcher and the engine see of the wallet."""

    module: Any
    context: Context
    database: TestDatabase
    engine: EngineLog
    kafka: Caught
    sqs: Caught
    now: datetime
    codes: CheckedHere
    partners: Partners = field(default_factory=Partners)
    payouts: Payouts = field(init=False)

    def call(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        user: User | None = None,
        headers: dict[str, str] | None = None,
        query: dict[str, str] | None = None,
    ) -> Answer:
        event = copy.deepcopy(REQUEST)
        event |= {"httpMethod": method, "path": path, "queryStringParameters": query}
        event["body"] = body if isinstance(body, str) or body is None else json.dumps(body)
        event["headers"] |= headers or {}
        if method == "POST" and path in MONEY_PATHS and headers is None:
            event["headers"]["Idempotency-Key"] = str(uuid4())
        if user is None:
            del event["requestContext"]["authorizer"]
        else:
            event["requestContext"]["authorizer"] |= {
                "user_id": str(user.id),
                "email": user.email,
                "kyc_level": str(user.kyc_level),
                "roles": user.roles,
            }
        answer = self.module.handler(event, LambdaContext())
        sent = {name: values[0] for name, values in answer["multiValueHeaders"].items()}
        is_json = "json" in sent.get("Content-Type", "")
        given = Answer(answer["statusCode"], json.loads(answer["body"]) if is_json else answer["body"], sent)
        DOCUMENTED.check(method, path, given.status, given.body)
        return given

    def report(self, sender: str, document: dict[str, Any], *, secret: str = "", seconds: int | None = None) -> Answer:
        """A signed webhook."""
        return self.report_to(sender, sender, document, secret=secret, seconds=seconds)

    def report_to(self, path: str, sender: str, document: dict[str, Any], *, secret: str = "", seconds: int | None = None) -> Answer:
        body = json.dumps(document)
        at = int(self.now.timestamp()) if seconds is None else seconds
        digest = hmac.new((secret or WEBHOOK_SECRETS[sender]).encode(), f"{at}.{body}".encode(), hashlib.sha256).hexdigest()
        return self.call("POST", f"/api/wallet/webhooks/{path}", body, headers={"X-Signature": f"t={at},v1={digest}"})

    def bank_account(self, user: User, iban: str = IBAN) -> str:
        body = {"bank_name": "Banka", "account_holder_name": "Ayşe Yılmaz", "iban": iban, "currency": "TRY"}
        answer = self.call("POST", "/api/wallet/bank-accounts", body, user=user)
        assert answer.status == 201, answer
        return str(answer.body["id"])

    def fiat_deposit(self, user: User, amount: str = "500", **options: Any) -> Answer:
        account = options.pop("account", None) or self.bank_account(user)
        return self.call("POST", "/api/wallet/deposit/fiat", {"amount": amount, "fiat_account_id": account}, user=user, **options)

    def bank_report(self, deposit: dict[str, Any], **changes: Any) -> dict[str, Any]:
        return {
            "transaction_id": f"BANK-{uuid4()}",
            "reference": deposit["reference"],
            "amount": deposit["amount"],
            "sender_iban": IBAN,
            "sender_name": "Ayşe Yılmaz",
        } | changes

    def chain_report(self, address: str, currency: str, amount: str, confirmations: int = 12, **changes: Any) -> dict[str, Any]:
        return {
            "tx_hash": uuid4().hex * 2,
            "output_index": 0,
            "address": address,
            "currency": currency,
            "amount": amount,
            "confirmations": confirmations,
        } | changes

    def run_engine(self) -> None:
        """The engine carries out what is on its log, and settlement settles it. Commands may be there more than once."""
        done: set[bytes] = getattr(self, "_done", set())
        for row in self.kafka.rows:
            for command in commands.decode_record(row.payload):
                assert isinstance(command, commands.Credit | commands.Debit)
                amount = command.amount if isinstance(command, commands.Credit) else -command.amount
                repeated = command.transfer_id in done
                done.add(command.transfer_id)
                if not repeated and self.engine.available(UUID(bytes=command.user_id), command.asset) + amount < 0:
                    refused = events.TransferRefused(command.transfer_id, command.user_id, command.asset, amount, "WALLET_001", {})
                    self.engine.emit(refused)
                    continue
                self.engine.transfer(UUID(bytes=command.transfer_id), UUID(bytes=command.user_id), command.asset, amount, repeated=repeated)
        self._done = done
        self.kafka.rows.clear()
        self.engine.totals()
        connection = self.database.connect("settlement_app")
        with connection.transaction():
            outcome = settlement.settle(connection, 0, self.engine.take_records())
        balance_cache.drop(self.context.cache, outcome.changed)

    def run_payouts(self) -> int:
        """The worker does every job of the payout queue; returns how many there were."""
        self.context.flush()
        done = 0
        while found := jobs(self.sqs):
            for withdrawal_id in found:
                self.payouts.advance(withdrawal_id)
                done += 1
            self.context.flush()
        return done

    def look_again(self, after: timedelta = timedelta(minutes=3)) -> int:
        """Time passes, the minute job queues what is due, and the worker does it."""
        self.pass_time(after)
        connection = self.database.connect("wallet_app")
        with connection.transaction():
            payouts.queue_due(connection, self.now, rows_max=100)
        return self.run_payouts()

    def fail_payout(self, sender: str) -> None:
        """The payout that was approved just now fails for good."""
        self.partners.ledger.plan(sender, "fail", 1)
        self.run_payouts()
        self.look_again()

    def balance(self, user: User, currency: str) -> str:
        answer = self.call("GET", f"/api/wallet/balance/{currency}", user=user)
        return str(answer.body["total_balance"])

    def enable_second_factor(self, user: User) -> None:
        user.second_factor = totp.new_secret()
        sealed = Sealer.from_secret(SEALING, second_factor.PURPOSE).seal(user.second_factor, str(user.id))
        admin = self.database.connect()
        admin.execute(
            """INSERT INTO users (id, email, password_hash, email_verified, terms_accepted, terms_version, kvkk_consent_accepted,
                                  kvkk_consent_version, consented_at, kyc_level, two_fa_enabled)
               VALUES (%s, %s, 'x', true, true, '1', true, '1', now(), 1, true)""",
            (user.id, user.email),
        )
        admin.execute("INSERT INTO two_factor_secrets (user_id, secret_encrypted, verified_at) VALUES (%s, %s, now())", (user.id, sealed))

    def show_second_factor(self) -> None:
        """What auth notes of a step-up, in the session that every call here is made in."""
        session = UUID(REQUEST["requestContext"]["authorizer"]["sid"])
        self.context.redis.set(second_factor.fresh_key(session), "1", ex=second_factor.FRESH_S)

    def code(self, user: User) -> str:
        """A code that has not been used: each call lets half a minute pass."""
        self.pass_time(timedelta(seconds=30))
        return totp.code_at(user.second_factor, int(self.now.timestamp()))

    def funded(self, user: User, amount: str = "1000") -> str:
        """Let TRY come in from a bank account, which that verifies; returns the account's id."""
        account = self.bank_account(user)
        self.report("bank", self.bank_report(self.fiat_deposit(user, amount, account=account).body))
        self.run_engine()
        return account

    def pass_time(self, time: timedelta) -> None:
        self.now += time


@pytest.fixture
def wallet(exchange: TestDatabase, valkey: str, engine_log: EngineLog, monkeypatch: pytest.MonkeyPatch) -> Iterator[Wallet]:
    with served(exchange, valkey, engine_log, monkeypatch) as found:
        yield found


@contextmanager
def served(exchange: TestDatabase, valkey: str, engine_log: EngineLog, monkeypatch: pytest.MonkeyPatch) -> Iterator[Wallet]:
    """The function in this process, with this database and this Redis."""
    environment = {
        "STAGE": "local",
        "DATABASE_URL": exchange.dsn("wallet_app"),
        "REDIS_URL": valkey,
        "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1",
        "WALLET_SECRET_NAME": "wallet",
        "WEBHOOKS_SECRET_NAME": "webhooks",
        "CODES_FUNCTION": "codes",
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    module = importlib.import_module("functions.wallet.handler")
    from functions.wallet import app
    from functions.wallet.context import Context
    from functions.wallet.settings import Settings
    from mycrypto import settings

    kafka, sqs = Caught(), Caught()
    server = cache.client(valkey)
    of_auth = Database(exchange.dsn("auth_app"))
    checked_here = CheckedHere(of_auth, lambda: found.now)
    made = Context(
        settings.load(Settings),
        codes=checked_here,
        db=Database(exchange.dsn("wallet_app")),
        server=server,
        relay=outbox.Relay({"kafka": kafka, "sqs": sqs}, lambda _destination, _error: None, clock=lambda: found.now.timestamp()),  # noqa: PLW0108 - 'now' is replaced as time passes
        logger=telemetry.logger("wallet-test"),
        meter=telemetry.Meter("wallet-test"),
        clock=lambda: found.now,
        read_secret=SECRETS.__getitem__,
    )
    found = Wallet(module, made, exchange, engine_log, kafka, sqs, datetime.now(UTC), checked_here)
    found.payouts = found.partners.worker(made.db, made.relay, made.cache, lambda: found.now)
    monkeypatch.setattr(Context, "from_settings", lambda *_: made)
    app.context.cache_clear()
    yield found
    app.context.cache_clear()
    found.partners.ledger.close()
    server.delete(second_factor.fresh_key(UUID(REQUEST["requestContext"]["authorizer"]["sid"])))  # every test calls in this session
    made.db.close()
    of_auth.close()
    server.close()


@pytest.fixture
def new_user() -> Callable[..., User]:
    return User


__all__ = ["Caught", "User", "Wallet", "msgspec"]
