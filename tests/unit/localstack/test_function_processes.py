"""Functions as processes, as LocalStack runs them where there is no Docker."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from mycrypto_executor.process import FunctionProcess, StartError
from mycrypto_executor.worker import place

CODE = """
import os, sys, time

print("imported")

def handler(event, context):
    print("asked", event)
    match event.get("do"):
        case "raise":
            raise ValueError("it went wrong")
        case "exit":
            os._exit(7)
        case "sleep":
            time.sleep(60)
        case "print":
            sys.stdout.write("no line end")
    return {"event": event, "id": context.aws_request_id, "left": context.get_remaining_time_in_millis() > 0, "user": os.environ["WHO"]}
"""


@pytest.fixture
def code(tmp_path: Path) -> str:
    (tmp_path / "shop.py").write_text(CODE)
    return str(tmp_path)


@pytest.fixture
def function(code: str) -> Iterator[FunctionProcess]:
    process = FunctionProcess(code, {"_HANDLER": "shop.handler", "WHO": "ada"})
    yield process
    process.stop()


def _ask(function: FunctionProcess, event: object, seconds: float = 30) -> tuple[bool, dict[str, object], str]:
    answer = function.invoke(request_id="r-1", arn="arn:shop", payload=json.dumps(event), seconds=seconds)
    return answer.is_error, json.loads(answer.payload), answer.logs


def test_a_function_answers_and_its_prints_are_its_log(function: FunctionProcess) -> None:
    for number in (1, 2):
        is_error, answer, logs = _ask(function, {"n": number})
        assert not is_error
        assert answer == {"event": {"n": number}, "id": "r-1", "left": True, "user": "ada"}
        assert logs == f"START RequestId: r-1\nasked {{'n': {number}}}\n"


def test_a_log_without_a_line_end_is_whole(function: FunctionProcess) -> None:
    assert _ask(function, {"do": "print"})[2].endswith("no line end\n")


def test_an_error_is_told_with_its_kind_and_the_process_goes_on(function: FunctionProcess) -> None:
    is_error, answer, logs = _ask(function, {"do": "raise"})
    assert (is_error, answer["errorType"], answer["errorMessage"]) == (True, "ValueError", "it went wrong")
    assert "it went wrong" in logs
    assert function.alive
    assert _ask(function, {})[0] is False


def test_a_process_that_dies_says_so(function: FunctionProcess) -> None:
    is_error, answer, _ = _ask(function, {"do": "exit"})
    assert (is_error, answer["errorType"]) == (True, "Runtime.ExitError")
    assert not function.alive


def test_one_that_takes_too_long_is_ended(function: FunctionProcess) -> None:
    is_error, answer, _ = _ask(function, {"do": "sleep"}, seconds=0.2)
    assert (is_error, answer["errorType"]) == (True, "Sandbox.Timedout")
    assert not function.alive


@pytest.mark.parametrize(("handler", "told"), [("shop.missing", "missing"), ("absent.handler", "absent")])
def test_a_function_that_cannot_be_imported_does_not_start(code: str, handler: str, told: str) -> None:
    with pytest.raises(StartError, match=told):
        FunctionProcess(code, {"_HANDLER": handler})


def test_a_stopped_process_is_gone(code: str) -> None:
    process = FunctionProcess(code, {"_HANDLER": "shop.handler", "WHO": "ada"})
    process.stop()
    assert not process.alive


def test_an_archive_comes_before_the_project_and_behind_what_is_installed() -> None:
    path = ["/executor", "/usr/lib/python3.11", "/v/lib/python3.11/site-packages", "/repository", "/repository/layers"]
    assert place("/archive", path) == [
        "/usr/lib/python3.11",
        "/v/lib/python3.11/site-packages",
        "/archive",
        "/repository",
        "/repository/layers",
    ]
