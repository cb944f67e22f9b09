"""Requests drawn from a document by schemathesis, and what their answers are held against.

``python -m tests.e2e.fuzzed SECONDS [SEED]`` goes on for so long against the platform that runs from ``MYCRYPTO_STATE`` (or ``.local``).
"""

from __future__ import annotations

import json
import secrets
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any, Final, cast
from urllib.parse import parse_qsl

import httpx
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from jsonschema import Draft202012Validator, FormatChecker
from schemathesis import GenerationMode
from schemathesis.checks import load_all_checks
from schemathesis.core.failures import FailureGroup

from engine_container.gateway import openapi as trading
from functions.auth import openapi as accounts
from functions.wallet import openapi as wallet
from mycrypto_local.client import REQUEST_SECONDS_MAX
from mycrypto_local.running import Running
from tests.e2e.everybody import Actor, NoLimits, everybody

DOCUMENTS: Final = {"accounts": accounts.SERVICE, "wallet": wallet.SERVICE, "trading": trading.SERVICE}

ENDING: Final = frozenset({"logout", "changePassword"})
"""With them the actor would shut itself out; they are tried with data that does not fit."""
EVERYBODYS: Final = frozenset(
    {"haltAll", "resumeAll", "setBreaker", "setSymbol", "setSymbolStatus", "setRules", "setTier", "setRoles", "setStatus"}
)
"""What would change the markets or the accounts under everybody else's feet: tried with data that does not fit."""
_CHECKS: Final = ("status_code_conformance", "content_type_conformance", "response_schema_conformance")


class Fuzz:
    """One actor before one document."""

    def __init__(self, name: str, door: httpx.Client, actor: Actor, before_each: Callable[[], None]) -> None:
        self._door = door
        self._actor = actor
        self._before_each = before_each
        self._service = DOCUMENTS[name]
        load_all_checks()
        self._checks = schemathesis.checks.CHECKS.get_by_names(_CHECKS)
        document = self._service.document()
        self._components = document["components"]
        schema = schemathesis.openapi.from_dict(document)
        found: list[Any] = [cast("Any", result).ok() for result in schema.get_all_operations()]
        self.operations = [each for each in found if not each.path.startswith("/ws")]
        self.sent = self.accepted = 0

    def run(self, operation: Any, seed_of_run: int, examples: int) -> Iterator[str]:
        """What is wrong with the answers to so many requests of each kind, the first of each kind."""
        name = operation.definition.raw["operationId"]
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            if mode is GenerationMode.POSITIVE and name in ENDING | EVERYBODYS:
                continue
            if mode is GenerationMode.NEGATIVE and not (operation.body or operation.query):
                continue
            if fault := self._fault(operation, mode, seed_of_run, examples):
                yield f"{name}, {mode.value} data, seed {seed_of_run}, as {self._actor.name}: {fault}"

    def _fault(self, operation: Any, mode: GenerationMode, seed_of_run: int, examples: int) -> str:
        found: list[str] = []

        @seed(seed_of_run)
        @settings(
            max_examples=examples,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
            report_multiple_bugs=False,
        )
        @given(case=operation.as_strategy(generation_mode=mode))
        def one(case: Any) -> None:
            if not found and (fault := self._judge(case, mode)):
                found.append(fault)

        one()
        return found[0] if found else ""

    def _judge(self, case: Any, mode: GenerationMode) -> str:
        if mode is GenerationMode.POSITIVE and isinstance(case.query, dict):
            case.query.pop("cursor", None)  # only the server can make one
        asked = self._request(case)
        raw = case.operation.definition.raw
        if mode is GenerationMode.NEGATIVE and self._allows(raw, asked):
            return ""  # on its way it became what the document allows
        self._before_each()
        answer = self._door.send(asked)
        self.sent += 1
        self.accepted += answer.status_code < 400
        told = f"{asked.method} {asked.url.raw_path!r} {asked.content[:600]!r}\n  -> {answer.status_code} {answer.text[:600]}"
        try:
            case.validate_response(answer, checks=self._checks)
        except FailureGroup as failures:
            return f"{told}\n  " + "; ".join(str(failure) for failure in failures.exceptions)
        except AssertionError as failure:
            return f"{told}\n  {failure}"
        if answer.status_code in {500, 502}:
            return f"{told}\n  a fault of ours"
        problem = answer.json() if "problem" in answer.headers.get("content-type", "") else {}
        if mode is GenerationMode.POSITIVE and problem.get("code") in {"VALIDATION_ERROR", "UNSUPPORTED_MEDIA_TYPE"}:
            faults = {error["field"].partition(".")[0].partition("[")[0] for error in problem["errors"]}
            if not faults or not faults <= raw.get("x-rules", {}).keys():
                return f"{told}\n  the document allows it"
        if self._actor.token and raw.get("security") and problem.get("code") in {"UNAUTHORIZED", "INVALID_TOKEN"}:
            return f"{told}\n  the actor is not signed in any more: nothing behind this would say anything"
        if mode is GenerationMode.NEGATIVE and answer.status_code < 400 and not _refused_in_part(answer):
            return f"{told}\n  the document does not allow it"
        return ""

    def _allows(self, raw: Any, asked: httpx.Request) -> bool:
        """Whether a request as it goes out fits the document after all: what is drawn as wrong may be lost in the writing of an address."""
        known = {parameter["name"]: parameter for parameter in raw.get("parameters", ()) if parameter["in"] == "query"}
        given = parse_qsl(asked.url.query.decode(), keep_blank_values=True)
        names = [name for name, _ in given]
        if len(set(names)) < len(names) or any(name not in known for name in names):
            return False
        if any(parameter.get("required") and name not in names for name, parameter in known.items()):
            return False
        if not all(self._fits(known[name]["schema"], _read(known[name]["schema"], value)) for name, value in given):
            return False
        described = raw.get("requestBody")
        if not asked.content:
            return described is None or not described["required"]
        if described is None or asked.headers.get("content-type", "").partition(";")[0] not in described["content"]:
            return False
        try:
            body = json.loads(asked.content)
        except ValueError:
            return False
        return self._fits(described["content"]["application/json"]["schema"], body) if "application/json" in described["content"] else False

    def _fits(self, schema: Any, value: object) -> bool:
        return Draft202012Validator({**schema, "components": self._components}, format_checker=FormatChecker()).is_valid(value)

    def _request(self, case: Any) -> httpx.Request:
        if isinstance(case.body, (dict, list)):
            case.body = _whole(case.body)
        sent = case.as_transport_kwargs(base_url=str(self._door.base_url).rstrip("/"))
        raw = httpx.Request(
            sent["method"],
            sent["url"],
            params=sent.get("params") or None,
            headers={name: str(value).encode() for name, value in (sent.get("headers") or {}).items()},
            cookies=sent.get("cookies"),
            content=sent.get("data") if isinstance(sent.get("data"), (bytes, str)) else None,
            json=sent["json"] if sent.get("json") is not None else None,
            files=sent.get("files"),
        )
        raw.read()
        signed = self._actor.signed(raw.method, raw.url.raw_path.decode(), raw.content)
        raw.headers.update(signed)
        return raw


def _refused_in_part(answer: httpx.Response) -> bool:
    """Whether it is a batch whose items are judged one by one, and one of them was refused."""
    found = answer.json() if answer.headers.get("content-type") == "application/json" and answer.content else {}
    return isinstance(found, dict) and any(item["status"] >= 400 for item in found.get("results", ()))


def _whole(value: Any) -> Any:
    """With 2 in place of 2.0, which JSON Schema takes for an integer, and no reader of money does."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, dict):
        return {name: _whole(inner) for name, inner in value.items()}
    return [_whole(inner) for inner in value] if isinstance(value, list) else value


def _read(schema: Any, text: str) -> object:
    return int(text) if schema.get("type") == "integer" and text.lstrip("-").isdigit() and text.isascii() else text


def main() -> None:
    seconds, first = float(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else secrets.randbelow(1 << 32)
    platform = Running.load()
    limits, until, runs, sent = NoLimits(platform), time.monotonic() + seconds, 0, 0
    actors = everybody(platform)
    with httpx.Client(base_url=platform.base_url, timeout=REQUEST_SECONDS_MAX) as door:
        while time.monotonic() < until:
            for name in DOCUMENTS:
                for role in ("USER", "ADMIN"):
                    fuzz = Fuzz(name, door, actors[role], limits.forget)
                    for operation in fuzz.operations:
                        if time.monotonic() < until:
                            for fault in fuzz.run(operation, first + runs, 20):
                                print(fault, end="\n\n", flush=True)
                    sent += fuzz.sent
            runs += 1
    print(json.dumps({"seed": first, "runs": runs, "requests": sent}))


if __name__ == "__main__":
    main()
