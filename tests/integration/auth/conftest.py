"""Auth with a real PostgreSQL and a real Valkey; the AWS services around it are played by moto.

Calls go the way they go in production: through the authorizer where the route asks for it, with the authorizer's context.
"""

from __future__ import annotations

import base64
import importlib
import json
import os
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import ModuleType
from typing import Any, Final, TypeVar
from uuid import uuid4

import boto3
import msgspec
import psycopg
import pytest
from argon2 import PasswordHasher
from aws_lambda_powertools.utilities.typing import LambdaContext
from moto import mock_aws
from psycopg import sql
from psycopg.conninfo import make_conninfo

from functions.auth import backup_codes, openapi
from functions.auth.context import Context
from mycrypto.errors import ProblemError
from mycrypto.mail import MailKind
from mycrypto.security import keys, passwords
from tests.documented import Documented

DOCUMENTED: Final = Documented(openapi.SERVICE.document())
PASSWORD: Final = "Str0ng!passw0rd"
OUTBOX_SECONDS_MAX: Final = 20
Outcome = TypeVar("Outcome")
QUEUES: Final = ("email-notifications", "audit-logs", "kyc-processing")
TWO_FACTOR_KEY: Final = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
ARN: Final = "arn:aws:execute-api:eu-central-1:000000000000:api/v1"


@pytest.fixture(scope="session")
def exchange_dsn(postgres: str, templates: dict[str, str]) -> Iterator[str]:
    """DSN of a superuser in an ``exchange_dev`` that all tests of auth share: each makes users of its own."""
    name = f"auth_{uuid4().hex[:12]}"
    with psycopg.connect(postgres, autocommit=True) as admin:
        admin.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy").format(
                sql.Identifier(name), sql.Identifier(templates["exchange_dev"])
            )
        )
        yield make_conninfo(postgres, dbname=name)
        admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture(scope="session")
def _environment(exchange_dsn: str, valkey: str, role_passwords: dict[str, str]) -> Iterator[None]:
    before = dict(os.environ)
    os.environ.update(
        STAGE="local",
        AWS_DEFAULT_REGION="eu-central-1",
        AWS_ACCESS_KEY_ID="test",
        AWS_SECRET_ACCESS_KEY="test",
        DATABASE_URL=make_conninfo(exchange_dsn, user="auth_app", password=role_passwords["auth_app"]),
        REDIS_URL=valkey,
        JWT_SECRET_NAME="mycrypto/local/jwt",
        PUBLIC_KEYS_SECRET_NAME="mycrypto/local/public-keys",
        TWO_FACTOR_SECRET_NAME="mycrypto/local/two-factor",
        PUBLIC_URL="https://exchange.example",
        MAIL_FROM="no-reply@mycrypto.example",
        KYC_BUCKET="kyc-documents",
        POWERTOOLS_SERVICE_NAME="auth",
    )
    os.environ.pop("AWS_ENDPOINT_URL", None)
    with mock_aws():
        secrets = boto3.client("secretsmanager")
        jwt = {"keys": [msgspec.to_builtins(keys.generate(datetime.now(UTC).isoformat(), bits=2048))]}
        secrets.create_secret(Name="mycrypto/local/jwt", SecretString=json.dumps(jwt))
        secrets.create_secret(Name="mycrypto/local/public-keys", SecretString=json.dumps(keys.publish(keys.public_keys(jwt))))
        secrets.create_secret(Name="mycrypto/local/two-factor", SecretString=json.dumps({"key": TWO_FACTOR_KEY}))
        sqs = boto3.client("sqs")
        for queue in QUEUES:
            sqs.create_queue(QueueName=f"mycrypto-local-{queue}")
        boto3.client("s3").create_bucket(Bucket="kyc-documents", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
        boto3.client("ses").verify_email_identity(EmailAddress="no-reply@mycrypto.example")
        yield
    os.environ.clear()
    os.environ.update(before)


def _module(name: str) -> ModuleType:
    return importlib.import_module(f"functions.{name}.handler")


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: dict[str, Any]
    headers: dict[str, str]
    cookies: tuple[str, ...] = ()
    text: str = ""

    @property
    def code(self) -> str:
        return str(self.body.get("code", ""))


@dataclass
class Account:
    """A registered user of a test, and what the user knows."""

    email: str
    password: str = PASSWORD
    access_token: str = ""
    refresh_token: str = ""


class Identity:
    """The functions of identity as their callers see them."""

    def __init__(self, owner: psycopg.Connection) -> None:
        self.owner = owner
        self.auth = importlib.import_module("functions.auth.app")
        self.handler = _module("auth").handler
        self.authorizer = _module("authorizer")
        self.notifications = _module("notifications")
        self.audit = _module("audit")
        self._sqs = boto3.client("sqs")
        self._mails: list[dict[str, Any]] = []

    def call(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        token: str = "",
        ip: str = "127.0.0.1",
        headers: dict[str, str] | None = None,
        query: dict[str, str] | None = None,
        form: tuple[str, bytes] | None = None,
    ) -> Answer:
        """One request; with a token it passes the authorizer first, as every private route does. ``form``: content type and body."""
        media = form[0] if form else "application/json"
        sent = {"Content-Type": media, "User-Agent": "tests", "X-Forwarded-For": ip} | (headers or {})
        context: dict[str, Any] = {"identity": {"sourceIp": ip}, "requestId": str(uuid4()), "stage": "v1", "path": f"/v1{path}"}
        if token:
            sent["Authorization"] = f"Bearer {token}"
            decision = self.authorize(method, path, sent)
            if decision["policyDocument"]["Statement"][0]["Effect"] != "Allow":
                return Answer(401, {"code": "UNAUTHORIZED"}, {})
            context["authorizer"] = decision["context"]
        event = {
            "httpMethod": method,
            "path": path,
            "headers": sent,
            "queryStringParameters": query,
            "body": base64.b64encode(form[1]).decode() if form else None if body is None else json.dumps(body),
            "requestContext": context,
            "isBase64Encoded": form is not None,
        }
        answer = self.handler(event, LambdaContext())
        headers_out = {name: values[0] for name, values in answer["multiValueHeaders"].items()}
        cookies = tuple(answer["multiValueHeaders"].get("Set-Cookie", ()))
        is_json = "json" in headers_out.get("Content-Type", "json")
        given = Answer(
            answer["statusCode"], json.loads(answer["body"]) if answer["body"] and is_json else {}, headers_out, cookies, answer["body"]
        )
        DOCUMENTED.check(method, path, given.status, given.body if is_json else given.text)
        return given

    def authorize(self, method: str, path: str, headers: dict[str, str]) -> dict[str, Any]:
        event = {"type": "REQUEST", "methodArn": f"{ARN}/{method}{path}", "httpMethod": method, "path": path, "headers": headers}
        decision: dict[str, Any] = self.authorizer.handler(event, LambdaContext())
        return decision

    def drain(self, queue: str) -> list[dict[str, Any]]:
        """Take every message off a queue. On a loaded machine one may have stayed in the outbox: then it is sent as the minute job would."""
        deadline = time.monotonic() + OUTBOX_SECONDS_MAX
        while self._waits(queue) and time.monotonic() < deadline:
            self.auth.context().flush()
            time.sleep(0.1)
        url = self._sqs.get_queue_url(QueueName=f"mycrypto-local-{queue}")["QueueUrl"]
        bodies: list[dict[str, Any]] = []
        while messages := self._sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
            bodies += [json.loads(message["Body"]) for message in messages]
            self._sqs.delete_message_batch(
                QueueUrl=url, Entries=[{"Id": str(n), "ReceiptHandle": message["ReceiptHandle"]} for n, message in enumerate(messages)]
            )
        return bodies

    def forget_messages(self) -> None:
        self._mails = []
        for queue in QUEUES:
            self.drain(queue)

    def _waits(self, queue: str) -> bool:
        row = self.owner.execute("SELECT count(*) FROM outbox WHERE destination = %s AND sent_at IS NULL", (f"sqs:{queue}",)).fetchone()
        return row != (0,)

    def mails_to(self, email: str) -> list[dict[str, Any]]:
        """The e-mail messages for one address, oldest first; those for other addresses are kept for later. What goes nowhere is no mail."""
        self._mails = [*self._mails, *self.drain("email-notifications")]
        return [mail for mail in self._mails if mail["data"]["to"] == email and mail["type"] != MailKind.NO_RECIPIENT]

    def token_mailed_to(self, email: str) -> str:
        return str(self.mails_to(email)[-1]["data"]["link"].rpartition("token=")[2])

    def register(self, address: str = "", changes: dict[str, object] | None = None) -> tuple[Account, Answer]:
        account = Account(address or f"user-{uuid4()}@example.com")
        details = {"email": account.email, "password": PASSWORD, "terms_accepted": True, "kvkk_consent_accepted": True}
        return account, self.call("POST", "/api/auth/register", details | (changes or {}))

    def verified(self) -> Account:
        account, answer = self.register()
        assert answer.status == 201
        confirmed = self.call("POST", "/api/auth/verify-email", {"token": self.token_mailed_to(account.email)})
        assert confirmed.status == 200
        return account

    def login(self, account: Account, password: str = "", **options: Any) -> Answer:
        answer = self.call("POST", "/api/auth/login", {"email": account.email, "password": password or account.password}, **options)
        if "access_token" in answer.body:
            account.access_token, account.refresh_token = answer.body["access_token"], answer.body["refresh_token"]
        return answer

    def member(self, **columns: object) -> Account:
        """A verified user with a session; columns of the row as given, set before the log-in."""
        account = self.verified()
        for name, value in columns.items():
            self.owner.execute(f"UPDATE users SET {name} = %s WHERE email = %s", (value, account.email))
        assert self.login(account).status == 200
        return account

    def at_once(self, count: int, act: Callable[[Context], Outcome]) -> list[Outcome | str]:
        """What as many callers get who call at the same moment, each with connections of its own; a refusal is its code."""
        clock, together = self.auth.context()._clock, threading.Barrier(count)

        def one(_: int) -> Outcome | str:
            context = Context.from_settings(self.auth.context().settings, self.auth.context().logger, self.auth.context().meter)
            context._clock = clock
            try:
                context.db.connection()
                context.redis.ping()
                together.wait()
                return act(context)
            except ProblemError as refused:
                return refused.kind.code
            finally:
                context.db.close()
                context.redis.close()

        with ThreadPoolExecutor(count) as threads:
            return list(threads.map(one, range(count)))

    def row(self, email: str, column: str) -> Any:
        found = self.owner.execute(f"SELECT {column} FROM users WHERE email = %s", (email,)).fetchone()
        assert found is not None
        return found[0]


@pytest.fixture
def owner(exchange_dsn: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(exchange_dsn, autocommit=True) as connection:
        yield connection


@pytest.fixture(scope="session")
def _identity_owner(exchange_dsn: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(exchange_dsn, autocommit=True) as connection:
        yield connection


@pytest.fixture(scope="module", autouse=True)
def _quick_hashes() -> Iterator[None]:
    """Some hundred users register and log in here; what a hash costs is the business of the tests that ask for ``real_hashes``."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "_hasher", PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))
        patch.setattr(backup_codes, "BCRYPT_ROUNDS", 4)
        yield


@pytest.fixture
def real_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    real = PasswordHasher(time_cost=passwords.PASSES, memory_cost=passwords.MEMORY_KIB, parallelism=passwords.LANES)
    monkeypatch.setattr(passwords, "_hasher", real)


@pytest.fixture(scope="session")
def identity(_environment: None, _identity_owner: psycopg.Connection) -> Iterator[Identity]:
    found = Identity(_identity_owner)
    yield found
    found.auth.context().db.close()
    found.auth.context().redis.close()
    found.authorizer.server().close()
    found.notifications.db().close()
    found.audit.db().close()


@pytest.fixture(scope="module", autouse=True)
def _empty_queues(identity: Identity) -> None:
    """moto looks at every message of a queue when one is sent: thousands that are left by other tests make it slower than the outbox waits."""
    identity.forget_messages()


@pytest.fixture
def wait(identity: Identity, monkeypatch: pytest.MonkeyPatch) -> Callable[[timedelta], None]:
    """Let time pass for auth (not for the authorizer, the database or Redis)."""

    def advance(time: timedelta) -> None:
        context = identity.auth.context()
        before = context._clock
        monkeypatch.setattr(context, "_clock", lambda: before() + time)

    return advance


@pytest.fixture
def strict_limits(identity: Identity, monkeypatch: pytest.MonkeyPatch) -> None:
    """The limits per address as everywhere but on one machine."""
    context = identity.auth.context()
    monkeypatch.setattr(context, "settings", msgspec.structs.replace(context.settings, ip_limit_factor=1))
