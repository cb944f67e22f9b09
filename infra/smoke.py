"""``python -m infra.smoke URL``: the few questions that a deployed platform must answer, through its front, without an account on it."""

from __future__ import annotations

import dataclasses
import sys
from typing import Final

import httpx

ATTEMPTS: Final = 5
TIMEOUT_S: Final = 10
PROBLEM: Final = "application/problem+json"


@dataclasses.dataclass(frozen=True, slots=True)
class Question:
    method: str
    path: str
    status: int
    media_type: str = "application/json"
    member: str = ""


QUESTIONS: Final = (
    Question("GET", "/api/auth/health", 200),
    Question("GET", "/api/auth/health/ready", 200),
    Question("GET", "/api/wallet/health/ready", 200),
    Question("GET", "/api/auth/.well-known/jwks.json", 200, member="keys"),
    Question("GET", "/.well-known/jwks.json", 200, member="keys"),
    Question("GET", "/api/v1/markets", 200),
    Question("GET", "/api/auth/profile", 401, PROBLEM, "trace_id"),
    Question("GET", "/api/wallet/balances", 401, PROBLEM, "trace_id"),
    Question("POST", "/api/v1/orders", 401, PROBLEM, "trace_id"),
)


def ask(client: httpx.Client, question: Question) -> str:
    """What is wrong with the answer; empty when nothing is."""
    try:
        answer = client.request(question.method, question.path, json={} if question.method == "POST" else None)
    except httpx.HTTPError as error:
        return f"no answer ({type(error).__name__}: {error})"
    media_type = answer.headers.get("content-type", "").partition(";")[0]
    if answer.status_code != question.status:
        return f"{answer.status_code}, not {question.status}"
    if media_type != question.media_type:
        return f"{media_type or 'no content type'}, not {question.media_type}"
    if question.member and question.member not in answer.json():
        return f"no '{question.member}' in the answer"
    return ""


def main() -> None:
    """Ask; fail if any answer stays wrong."""
    if len(sys.argv) != 2:
        sys.exit("usage: python -m infra.smoke URL")
    failed = 0
    with httpx.Client(base_url=sys.argv[1], timeout=TIMEOUT_S) as client:
        for question in QUESTIONS:
            wrong = ""
            for _ in range(ATTEMPTS):
                wrong = ask(client, question)
                if not wrong:
                    break
            print(f"{'ok  ' if not wrong else 'FAIL'} {question.method} {question.path}{': ' + wrong if wrong else ''}")
            failed += bool(wrong)
    if failed:
        sys.exit(f"{failed} of {len(QUESTIONS)} answers are wrong")


if __name__ == "__main__":
    main()
