"""``mycrypto keys reseal`` goes on until nothing is left, and says what it could not do."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
import typer

from mycrypto.security import keys
from mycrypto_local import local_secrets, paths, sealing_cli


class Functions:
    """Lambda with answers of auth."""

    def __init__(self, *answers: dict[str, Any]) -> None:
        self.answers = list(answers)
        self.calls: list[tuple[str, Any]] = []

    def invoke(self, FunctionName: str, Payload: bytes) -> dict[str, Any]:  # noqa: N803 - as boto3 spells it
        self.calls.append((FunctionName, json.loads(Payload)))
        answer = self.answers.pop(0)
        error = {"FunctionError": "Unhandled"} if "errorMessage" in answer else {}
        return {"Payload": io.BytesIO(json.dumps(answer).encode()), **error}


def _answer(resealed: int, remaining: int, unreadable: int = 0) -> dict[str, int]:
    return {"resealed": resealed, "remaining": remaining, "unreadable": unreadable}


def test_it_asks_until_nothing_is_left() -> None:
    functions = Functions(_answer(100, 50), _answer(50, 0))
    assert sealing_cli.reseal(functions, "local") == (150, 0, 0)  # type: ignore[arg-type]  # a few methods of Lambda's client
    assert functions.calls == [("mycrypto-local-auth", {"job": "reseal"})] * 2


@pytest.mark.parametrize("answer", [_answer(0, 7), _answer(3, 1, 1)])
def test_it_ends_where_no_call_would_do_more(answer: dict[str, int]) -> None:
    functions = Functions(answer)
    found = sealing_cli.reseal(functions, "dev")  # type: ignore[arg-type]  # a few methods of Lambda's client
    assert found.remaining == answer["remaining"]
    assert functions.calls[0][0] == "mycrypto-dev-auth:live"


def test_a_function_that_failed_is_told(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sealing_cli, "of_stage", lambda *_: Functions({"errorMessage": "no database"}))
    with pytest.raises(typer.Exit):
        sealing_cli.reseal_command(stage="local")
    assert "no database" in capsys.readouterr().err


def test_it_tells_how_far_it_is_and_a_program_reads_one_object(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    told: list[str] = []
    sealing_cli.reseal(Functions(_answer(1_000, 50), _answer(50, 0)), "local", told.append)  # type: ignore[arg-type]  # as above
    assert told == ["1,000 sealed again, 50 left", "1,050 sealed again, 0 left"]
    monkeypatch.setattr(sealing_cli, "of_stage", lambda *_: Functions(_answer(3, 0)))
    sealing_cli.reseal_command(stage="local", as_json=True)
    shown = capsys.readouterr()
    assert (json.loads(shown.out), shown.err) == ({"resealed": 3, "remaining": 0, "unreadable": 0}, "")
    monkeypatch.setattr(sealing_cli, "of_stage", lambda *_: Functions(_answer(3, 1, 1)))
    with pytest.raises(typer.Exit):
        sealing_cli.reseal_command(stage="local", as_json=True)
    shown = capsys.readouterr()
    assert json.loads(shown.out) == {"resealed": 3, "remaining": 1, "unreadable": 1}
    assert "do not open with any key" in shown.err


def test_the_new_key_is_in_the_file_before_anything_can_be_sealed_with_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keys, "KEY_BITS", 2048)
    monkeypatch.setattr(paths, "state_folder", lambda: tmp_path)
    before = local_secrets.ensure(tmp_path)
    seen: list[dict[str, Any]] = []

    class Manager:
        def put_secret_value(self, SecretId: str, SecretString: str) -> None:  # noqa: N803 - as boto3 spells it
            assert local_secrets.read(tmp_path).documents()[SecretId] == json.loads(SecretString)
            seen.append(json.loads(SecretString))

    monkeypatch.setattr(sealing_cli, "of_stage", lambda *_: Manager())
    sealing_cli.new_key("local")
    sealing_cli.new_key("local")
    assert seen[0]["previous"] == [before.two_factor_key]
    assert seen[1]["previous"] == [seen[0]["key"], before.two_factor_key]
    assert local_secrets.ensure(tmp_path).two_factor_key == seen[1]["key"]
